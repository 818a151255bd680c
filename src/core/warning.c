/* SPDX-License-Identifier: MIT */
/*
 * Limits are compared on the level (above 200 samples/s: low-passed by 4 ms), so that one wild sample does not warn. Where a
 * limit is given in newton and in kilopascal, the lower one counts, and is told in its own unit. Nothing here ends or
 * changes a hold.
 *
 *   limit   - - - - -/~~\- /~~\- - - - - -/~~~      1. told at the crossing, with the force just after it
 *   0.9     - - - - / - -\/- - \- - - - -/- - -     2. not told again: not below 0.9 of the limit for 1 s
 *                   1     2     \___1s__/ 3         3. told again
 *
 * A touch that is not yet a contact may be handling: what is seen in it is told when the contact is confirmed, at most 20 ms
 * later, and dated to when it was seen.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "warning.h"

#define REPRESS_HOLD_S 20.0 /* shorter holds may be pulses */
#define FAST_LOAD_FROM_N 100.0
#define LOOK_US 20000 /* how often time is looked at: as late as a warning may be */
#define AGAIN_SHARE 0.9
#define AGAIN_US 1000000

#define BIT(kind) (1u << (kind))

/* The lower of a limit in N and one in kPa; 0 means none. */
static struct warning_limit limit_of(double force_n, double pressure_kpa, double area_cm2)
{
	struct warning_limit limit = { .at_n = INFINITY, .per_n = 1, .below_us = INT64_MAX };
	double pressure_n = pressure_kpa * area_cm2 / 10;

	if (force_n > 0)
		limit.at_n = limit.at = force_n;
	if (pressure_n > 0 && pressure_n < limit.at_n) {
		limit.at_n = pressure_n;
		limit.at = pressure_kpa;
		limit.per_n = 10 / area_cm2;
	}
	return limit;
}

void warning_configure(struct warning *w)
{
	const struct knead_settings *s = w->settings;

	w->soft = limit_of(s->over_soft_n, s->over_soft_kpa, s->contact_cm2);
	w->hard = limit_of(s->over_hard_n, s->over_hard_kpa, s->contact_cm2);
	w->least_n = fmin(w->soft.at_n, w->hard.at_n);
}

static double dose_of(const struct knead_settings *s)
{
	return s->dose_limit_s > 0 ? s->dose_limit_s : INFINITY;
}

void warning_init(struct warning *w, const struct knead_settings *settings, struct emit *emit)
{
	memset(w, 0, sizeof *w);
	w->settings = settings;
	w->emit = emit;
	warning_configure(w);
	w->fast_n_per_s = settings->fast_load_n_per_s > 0 ? settings->fast_load_n_per_s : INFINITY;
	w->long_us = settings->long_hold_s > 0 ? knead_s_to_us(settings->long_hold_s) : INT64_MAX;
	w->dose_s = dose_of(settings);
	w->rested_us = INT64_MIN;
}

static void emit_warning(struct warning *w, enum knead_warning_kind kind, uint32_t flags)
{
	struct knead_event *event = emit_event(w->emit, KNEAD_EVENT_WARNING, w->seen[kind].t_us, 1, flags);

	event->warning = (struct knead_warning_fields){
		.kind = kind, .value = w->seen[kind].value, .limit = w->seen[kind].limit
	};
}

/* Tells it, unless it has been told; in a touch it waits. */
static void warn(
	struct warning *w, enum knead_warning_kind kind, int64_t t_us, double value, double limit, uint32_t flags)
{
	if (w->told & BIT(kind))
		return;
	w->told |= BIT(kind);
	w->seen[kind].t_us = t_us;
	w->seen[kind].value = (float)fmin(value, (double)FLT_MAX); /* a garbled reading may be any number */
	w->seen[kind].limit = (float)limit;
	if (w->confirmed)
		emit_warning(w, kind, flags);
	else
		w->waiting |= BIT(kind);
}

void warning_touch(struct warning *w, int64_t t_us)
{
	w->told = w->waiting = 0;
	w->confirmed = false;
	w->soft.below_us = w->hard.below_us = INT64_MAX;
	w->look_us = t_us;
}

void warning_brief(struct warning *w, uint32_t flags)
{
	for (uint32_t kind = 0; kind < _KNEAD_WARNING_KINDS; kind++)
		if (w->waiting & BIT(kind))
			emit_warning(w, (enum knead_warning_kind)kind, flags);
	w->waiting = 0;
	w->confirmed = true;
}

void warning_press(struct warning *w, int64_t t_us, uint32_t flags)
{
	double rest_s;

	if (w->rested_us == INT64_MIN)
		return;
	rest_s = knead_us_to_s(t_us - w->rested_us);
	if (w->settings->rest_min_s > 0 && rest_s < w->settings->rest_min_s)
		warn(w, KNEAD_WARNING_REPRESS_EARLY, t_us, rest_s, w->settings->rest_min_s, flags);
	w->rested_us = INT64_MIN;
}

void warning_contact(struct warning *w, int64_t on_us, uint32_t flags)
{
	warning_press(w, on_us, flags);
	warning_brief(w, flags);
}

/* Whether the level is over the limit; what has stayed well below it for a while may be told again. */
static bool is_over(struct warning *w, struct warning_limit *l, enum knead_warning_kind kind, const struct signal *s)
{
	if (s->level_n >= AGAIN_SHARE * l->at_n)
		l->below_us = INT64_MAX;
	else if (l->below_us == INT64_MAX)
		l->below_us = s->t_us;
	else if (w->confirmed && s->t_us - l->below_us >= AGAIN_US)
		w->told &= ~BIT(kind);
	return s->level_n > l->at_n;
}

/* Where the level crossed the limit: with this sample, or with the first one of the touch. */
static void warn_over(struct warning *w, const struct warning_limit *l, enum knead_warning_kind kind,
	const struct signal *s, uint32_t flags)
{
	warn(w, kind, signal_crossing_us(s, l->at_n), s->level_n * l->per_n, l->at, flags);
}

static uint32_t watch_limits(struct warning *w, const struct signal *s, uint32_t flags)
{
	uint32_t over = 0;

	if (is_over(w, &w->soft, KNEAD_WARNING_OVER_SOFT, s))
		over |= KNEAD_FLAG_OVER_SOFT;
	if (is_over(w, &w->hard, KNEAD_WARNING_OVER_HARD, s))
		over |= KNEAD_FLAG_OVER_HARD;
	if (over & KNEAD_FLAG_OVER_SOFT)
		warn_over(w, &w->soft, KNEAD_WARNING_OVER_SOFT, s, flags | over);
	if (over & KNEAD_FLAG_OVER_HARD)
		warn_over(w, &w->hard, KNEAD_WARNING_OVER_HARD, s, flags | over);
	return over;
}

uint32_t warning_push_any(struct warning *w, const struct signal *s, uint32_t flags)
{
	if (s->t_us >= w->look_us)
		w->look_us = s->t_us + LOOK_US;
	if (s->raw_n > FAST_LOAD_FROM_N && s->slope_n_per_s > w->fast_n_per_s)
		warn(w, KNEAD_WARNING_FAST_LOAD, s->t_us, s->slope_n_per_s, w->fast_n_per_s, flags);
	return watch_limits(w, s, flags);
}

void warning_loaded_any(struct warning *w, int64_t t_us, double loaded_s, uint32_t flags)
{
	double limit_s = w->dose_s;

	warn(w, KNEAD_WARNING_DOSE, t_us - knead_s_to_us(loaded_s - limit_s), limit_s, limit_s, flags);
	w->dose_s = INFINITY;
}

int64_t warning_holding(struct warning *w, int64_t start_us, int64_t lasted_us, uint32_t flags)
{
	int64_t told_us = w->long_us;
	double limit_s = w->settings->long_hold_s;

	if (lasted_us < told_us)
		return 0;
	warn(w, KNEAD_WARNING_LONG_HOLD, start_us + told_us, limit_s, limit_s, flags);
	w->long_us = INT64_MAX;
	return told_us;
}

void warning_hold(struct warning *w, const struct hold_ended *hold)
{
	int64_t lasted_us = hold->end_us - hold->start_us;

	warning_holding(w, hold->start_us, lasted_us, hold->flags);
	w->told &= ~BIT(KNEAD_WARNING_LONG_HOLD);
	if (w->settings->long_hold_s > 0)
		w->long_us = knead_s_to_us(w->settings->long_hold_s);
	w->told &= ~BIT(KNEAD_WARNING_REPRESS_EARLY);
	w->rested_us = lasted_us >= knead_s_to_us(REPRESS_HOLD_S) ? hold->end_us : INT64_MIN;
}

void warning_lost(struct warning *w)
{
	w->rested_us = INT64_MIN;
}

void warning_session_end(struct warning *w)
{
	w->dose_s = dose_of(w->settings);
	w->rested_us = INT64_MIN;
}
