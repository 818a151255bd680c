/* SPDX-License-Identifier: MIT */
/*
 * Limits are compared on the level (above 200 samples/s: low-passed by 4 ms), so that one wild sample does not warn. Where a
 * limit is given in newton and in kilopascal, the lower one counts. Nothing here ends or changes a hold.
 */
#include <math.h>
#include <string.h>

#include "warning.h"

#define REPRESS_HOLD_S 20.0 /* shorter holds may be pulses */
#define FAST_LOAD_FROM_N 100.0
#define LOOK_US 20000 /* how often time is looked at: as late as a warning may be */

/* The lower of a limit in N and one in kPa; 0 means none. */
static double limit_n(double force_n, double pressure_kpa, double area_cm2)
{
	double limit = force_n > 0 ? force_n : INFINITY;

	if (pressure_kpa > 0 && area_cm2 > 0)
		limit = fmin(limit, pressure_kpa * area_cm2 / 10);
	return limit;
}

void warning_configure(struct warning *w)
{
	const struct knead_settings *s = w->settings;

	w->soft_n = limit_n(s->over_soft_n, s->over_soft_kpa, s->contact_cm2);
	w->hard_n = limit_n(s->over_hard_n, s->over_hard_kpa, s->contact_cm2);
	w->least_n = fmin(w->soft_n, w->hard_n);
}

void warning_init(struct warning *w, const struct knead_settings *settings, struct emit *emit)
{
	memset(w, 0, sizeof *w);
	w->settings = settings;
	w->emit = emit;
	warning_configure(w);
	w->rested_us = INT64_MIN;
}

/* Tells it, unless it has been told. */
static void warn(
	struct warning *w, enum knead_warning_kind kind, int64_t t_us, double value, double limit, uint32_t flags)
{
	struct knead_event *event;

	if (w->told & 1u << kind)
		return;
	w->told |= 1u << kind;
	event = emit_event(w->emit, KNEAD_EVENT_WARNING, t_us, 1, flags);
	event->warning = (struct knead_warning_fields){ .kind = kind, .value = value, .limit = limit };
}

void warning_contact(struct warning *w, int64_t on_us, uint32_t flags)
{
	double rest_s;

	w->told &= 1u << KNEAD_WARNING_DOSE;
	w->look_us = on_us;
	if (w->rested_us == INT64_MIN)
		return;
	rest_s = knead_us_to_s(on_us - w->rested_us);
	if (w->settings->rest_min_s > 0 && rest_s < w->settings->rest_min_s)
		warn(w, KNEAD_WARNING_REPRESS_EARLY, on_us, rest_s, w->settings->rest_min_s, flags);
	w->rested_us = INT64_MIN;
}

static uint32_t watch_limits(struct warning *w, const struct signal *s, uint32_t flags)
{
	uint32_t over = 0;

	if (s->level_n > w->soft_n)
		over |= KNEAD_FLAG_OVER_SOFT;
	if (s->level_n > w->hard_n)
		over |= KNEAD_FLAG_OVER_HARD;
	if (over & KNEAD_FLAG_OVER_SOFT)
		warn(w, KNEAD_WARNING_OVER_SOFT, signal_crossing_us(s, w->soft_n), s->level_n, w->soft_n, flags | over);
	if (over & KNEAD_FLAG_OVER_HARD)
		warn(w, KNEAD_WARNING_OVER_HARD, signal_crossing_us(s, w->hard_n), s->level_n, w->hard_n, flags | over);
	return over;
}

/* What grows slowly. */
static void watch_time(struct warning *w, const struct signal *s, int64_t hold_us, double loaded_s, uint32_t flags)
{
	const struct knead_settings *set = w->settings;

	if (set->long_hold_s > 0 && hold_us != INT64_MAX && s->t_us - hold_us >= knead_s_to_us(set->long_hold_s))
		warn(w, KNEAD_WARNING_LONG_HOLD, hold_us + knead_s_to_us(set->long_hold_s), set->long_hold_s,
			set->long_hold_s, flags);
	if (set->dose_limit_s > 0 && loaded_s >= set->dose_limit_s)
		warn(w, KNEAD_WARNING_DOSE, s->t_us - knead_s_to_us(loaded_s - set->dose_limit_s), set->dose_limit_s,
			set->dose_limit_s, flags);
}

uint32_t warning_push_any(struct warning *w, const struct signal *s, int64_t hold_us, double loaded_s, uint32_t flags)
{
	double fast_n_per_s = w->settings->fast_load_n_per_s;

	if (fast_n_per_s > 0 && s->raw_n > FAST_LOAD_FROM_N && s->slope_n_per_s > fast_n_per_s)
		warn(w, KNEAD_WARNING_FAST_LOAD, s->t_us, s->slope_n_per_s, fast_n_per_s, flags);
	if (s->t_us >= w->look_us) {
		w->look_us = s->t_us + LOOK_US;
		watch_time(w, s, hold_us, loaded_s, flags);
	}
	return s->level_n > w->least_n ? watch_limits(w, s, flags) : 0;
}

void warning_hold(struct warning *w, const struct hold_ended *hold)
{
	w->told &= ~(1u << KNEAD_WARNING_LONG_HOLD);
	w->rested_us = hold->end_us - hold->start_us >= knead_s_to_us(REPRESS_HOLD_S) ? hold->end_us : INT64_MIN;
}

void warning_session_end(struct warning *w)
{
	w->told &= ~(1u << KNEAD_WARNING_DOSE);
	w->rested_us = INT64_MIN;
}
