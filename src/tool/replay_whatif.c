/* SPDX-License-Identifier: MIT */
/*
 * Each function here knows one way in which a contact might have become something else. A setting is only named where the
 * other verdict follows from it, and is rounded to the safe side, so that trying it out shows what was said.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay_whatif.h"

#define BRIEF_S 0.02 /* of less than that nobody wants to know */
#define ODD_FACTOR 2.0 /* how far what has no measure is taken to be */
#define TARGET_FACTOR 2.0 /* so far below it, nobody aimed at the target */
#define PRESS_FACTOR 2.0 /* a far larger press_n would let the zero follow what is a load now */
#define SMOOTHING_S 0.01 /* room for the delay of the smoothed level */
#define STILL_FACTOR 4.0
#define VALLEY_SHARE 0.75 /* higher valleys are no news */
#define PRIOR_FACTOR 1.4 /* a protocol shifts the size of a stroke by 1.5: with some room */
#define HALF 0.5 /* of its level: a partial release */

struct list {
	const struct story *s;
	const struct verdict *v;
	const struct knead_settings *settings;
	struct whatif *items;
	size_t count;
};

char *whatif_seconds(double seconds, char *buf)
{
	snprintf(buf, 32, seconds < 10 ? "%.3f s" : seconds < 100 ? "%.2f s" : "%.0f s", seconds);
	return buf;
}

char *whatif_size(double size, const struct knead_settings *settings, char *buf)
{
	bool degrees = (settings->geometry == KNEAD_GEOMETRY_RING || settings->geometry == KNEAD_GEOMETRY_SPHERE) &&
		       settings->radius_mm <= 0;

	snprintf(buf, 32, "%.3g %s", size,
		settings->geometry == KNEAD_GEOMETRY_NONE ? "%"
		: degrees                                 ? "degrees"
							  : "mm");
	return buf;
}

static struct whatif *add(struct list *l, double factor, const char *other, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
static struct whatif *add(struct list *l, double factor, const char *other, const char *format, ...)
{
	static struct whatif nowhere;
	struct whatif *w = l->count < WHATIFS_MAX ? &l->items[l->count++] : &nowhere;
	va_list ap;

	*w = (struct whatif){ .factor = factor, .other = other };
	va_start(ap, format);
	vsnprintf(w->why, sizeof(w->why), format, ap);
	va_end(ap);
	return w;
}

static double step_of(double value)
{
	return value < 1 ? 0.001 : 0.01;
}

/* The setting rounded down, or up to more than value. */
static void set_down(struct whatif *w, const char *key, double value)
{
	snprintf(w->setting, sizeof(w->setting), "%s=%.10g", key, floor(value / step_of(value)) * step_of(value));
}

static void set_up(struct whatif *w, const char *key, double value)
{
	snprintf(w->setting, sizeof(w->setting), "%s=%.10g", key, (floor(value / step_of(value)) + 1) * step_of(value));
}

/* "it lasted 3.198 s, hold_min_s is 3 s: 0.198 s to spare" */
static struct whatif *add_length(struct list *l, const char *other, const char *key, double limit_s, double seconds)
{
	char lasted[32], spare[32];
	double factor = seconds > limit_s ? seconds / limit_s : limit_s / seconds;
	double told_s = round(seconds * 1000) / 1000;

	return add(l, factor, other, "it lasted %s, %s is %g s: %s %s", whatif_seconds(told_s, lasted), key, limit_s,
		whatif_seconds(fabs(told_s - limit_s), spare), seconds >= limit_s ? "to spare" : "short");
}

static void by_length(struct list *l)
{
	const struct knead_settings *set = l->settings;
	double seconds = knead_us_to_s(l->s->off_us - l->s->on_us);
	const struct knead_event *only = l->v->only;

	if (!only || l->s->lost)
		return;
	if (only->type == KNEAD_EVENT_HOLD_END && only->hold_end.cause == KNEAD_CAUSE_LIFTED)
		set_up(add_length(l, "a press", "hold_min_s", set->hold_min_s, seconds), "hold_min_s", seconds);
	if (only->type == KNEAD_EVENT_PRESS) {
		struct whatif *w = add_length(l, "a hold", "hold_min_s", set->hold_min_s, seconds);

		set_down(w, "hold_min_s", seconds);
		w = add_length(l, "a tap", "tap_max_s", set->tap_max_s, seconds);
		set_up(w, "tap_max_s", seconds);
	}
	if (only->type == KNEAD_EVENT_TAP && l->s->contact)
		set_down(add_length(l, "a press", "tap_max_s", set->tap_max_s, seconds), "tap_max_s", seconds);
}

static void by_target(struct list *l)
{
	const struct knead_event *only = l->v->only;
	double target_s = l->settings->target_s, seconds;
	struct whatif *w;

	if (!only || only->type != KNEAD_EVENT_HOLD_END || target_s <= 0)
		return;
	seconds = knead_us_to_s(only->hold_end.end_us - only->hold_end.start_us);
	if (seconds < target_s / TARGET_FACTOR)
		return;
	w = add_length(l, only->hold_end.target_met ? "target missed" : "target met", "target_s", target_s, seconds);
	if (only->hold_end.target_met)
		set_up(w, "target_s", seconds);
	else
		set_down(w, "target_s", seconds);
}

static void by_force(struct list *l)
{
	const struct story *s = l->s;
	double press_n = l->settings->press_n;
	struct whatif *w = add(l, s->peak_n / press_n, "nothing", "it reaches %.1f N, press_n is %g N: %.1f N to spare",
		s->peak_n, press_n, s->peak_n - press_n);

	if (w->factor <= PRESS_FACTOR)
		snprintf(w->setting, sizeof(w->setting), "press_n=%.10g", ceil(s->peak_n * 10) / 10 + 0.1);
}

static void by_bridge(struct list *l)
{
	double bridge_s = l->settings->bridge_s, longest_s = 0;
	char length[32];
	struct whatif *w;
	int64_t at_us = 0;

	for (size_t i = 0; i < l->s->count; i++) {
		const struct moment *m = &l->s->moments[i];

		if (m->kind != MOMENT_DIP || m->a < longest_s)
			continue;
		longest_s = m->a;
		at_us = m->t_us;
	}
	if (longest_s >= BRIEF_S) {
		w = add(l, bridge_s / longest_s, "parted", "the dip at %.3f s lasted %s, bridge_s is %g s",
			knead_us_to_s(at_us), whatif_seconds(longest_s, length), bridge_s);
		set_down(w, "bridge_s", longest_s);
	}
	if (l->s->apart_s > 0 && l->v->number > 1) {
		w = add(l, l->s->apart_s / bridge_s, "joined",
			"%s under release_n lie between it and contact %u, bridge_s is %g s",
			whatif_seconds(l->s->apart_s, length), l->v->number - 1, bridge_s);
		set_up(w, "bridge_s", l->s->apart_s);
	}
}

/* A load that was eased off, or nearly. */
static void by_easing(struct list *l)
{
	double bridge_s = l->settings->bridge_s;
	const struct moment *eased = NULL;
	char length[32];

	for (size_t i = 0; i < l->s->count; i++) {
		const struct moment *m = &l->s->moments[i];

		if (m->kind == MOMENT_EASED)
			eased = m;
		if (m->kind == MOMENT_FIRM && eased) {
			double seconds = knead_us_to_s(m->t_us - eased->t_us);
			struct whatif *w = add(l, seconds / bridge_s, "held on",
				"%s under half of its level at %.3f s, bridge_s is %g s",
				whatif_seconds(seconds, length), knead_us_to_s(eased->t_us), bridge_s);

			set_up(w, "bridge_s", seconds);
		}
		if (m->kind == MOMENT_SAGGED && m->a >= BRIEF_S && m->a < bridge_s) {
			struct whatif *w = add(l, bridge_s / m->a, "eased",
				"%s under half of its level at %.3f s, bridge_s is %g s", whatif_seconds(m->a, length),
				knead_us_to_s(m->t_us), bridge_s);

			if (l->s->swings == 0) /* while it may be rolling, nothing is eased */
				set_down(w, "bridge_s", m->a - SMOOTHING_S);
		}
	}
	if (!eased && l->s->valley_share < VALLEY_SHARE && l->v->holds > 0)
		add(l, l->s->valley_share / HALF, "eased",
			"at %.3f s it sank to %.1f N, %.0f %% of its level: %.0f %% to spare",
			knead_us_to_s(l->s->valley_us), l->s->valley_n, 100 * l->s->valley_share,
			100 * (l->s->valley_share - HALF));
}

/* What the rule of a roll measured, in words. */
static const char *rule_text(const struct list *l, char *buf, size_t size)
{
	const struct rule_look *look = &l->s->best;
	double value = look->value[look->worst], limit = look->limit[look->worst];
	char a[32], b[32];

	switch (look->worst) {
	case KNEAD_MEASURE_SMALLEST:
		snprintf(buf, size, "the smallest of %.0f passes is %s, a stroke at least %s", l->s->swings_needed,
			whatif_size(value * l->s->swing_limit, l->settings, a),
			whatif_size(l->s->swing_limit, l->settings, b));
		break;
	case KNEAD_MEASURE_EVENNESS:
		snprintf(buf, size, "the largest of %.0f swings is %.2f times the smallest, rolling up to %g",
			l->s->swings_needed, value, limit);
		break;
	case KNEAD_MEASURE_PACE:
		snprintf(buf, size, "the slowest of %.0f swings takes %.2f times the fastest, rolling up to %g",
			l->s->swings_needed, value, limit);
		break;
	case KNEAD_MEASURE_SHORTEST:
		snprintf(buf, size, "the fastest of %.0f swings takes %.2f s, rolling from %g s on",
			l->s->swings_needed, value, limit);
		break;
	case KNEAD_MEASURE_LONGEST:
	default:
		snprintf(buf, size, "the slowest of %.0f swings takes %.2f s, rolling up to %g s", l->s->swings_needed,
			value, limit);
		break;
	}
	return buf;
}

/* Where the size of the passes decides, a protocol that expects the other thing shifts it enough. */
static void set_protocol(const struct list *l, struct whatif *w, const char *name)
{
	const struct rule_look *look = &l->s->best;

	if (look->worst == KNEAD_MEASURE_SMALLEST && w->factor < PRIOR_FACTOR && l->settings->protocol.steps == 0)
		snprintf(w->setting, sizeof(w->setting), "protocol=%s", name);
}

/* A roll that might have been a hold: the rule was just met when it was found, later passes may have been larger. */
static void by_roll(struct list *l)
{
	const struct story *s = l->s;
	char text[128], size[32], limit[32];

	if (s->best.worst != KNEAD_MEASURE_SMALLEST)
		add(l, 1 / s->best.excess, "a hold", "%s", rule_text(l, text, sizeof(text)));
	else if (s->swing_row > 0) /* else the last pass ended with the contact, and nobody measured it */
		set_protocol(l,
			add(l, fmax(s->swing_row / s->swing_limit, 1 / s->best.excess), "a hold",
				"%.0f passes in a row reach %s, a stroke is %s or more", s->swings_needed,
				whatif_size(fmax(s->swing_row, s->swing_limit / s->best.excess), l->settings, size),
				whatif_size(s->swing_limit, l->settings, limit)),
			"hold30");
}

static void by_movement(struct list *l)
{
	const struct story *s = l->s;
	char text[128], largest[32], limit[32];

	if (s->rolled && l->v->only)
		by_roll(l);
	if (s->rolled || l->v->holds == 0)
		return;
	if (s->best.known && s->best.excess > 1)
		set_protocol(l, add(l, s->best.excess, "a roll", "%s", rule_text(l, text, sizeof(text))), "stretch3-5");
	else if (s->best.known)
		add(l, 1, "a roll", "the passes would do, but it stood still between them, or a hold was already told");
	else if (s->swings > 0 && s->swing_largest > 0)
		add(l, fmax(s->swings_needed / s->swings, s->swing_limit / s->swing_largest), "a roll",
			"%u %s, the largest %s; a roll needs %.0f of %s", s->swings, s->swings == 1 ? "pass" : "passes",
			whatif_size(s->swing_largest, l->settings, largest), s->swings_needed,
			whatif_size(s->swing_limit, l->settings, limit));
	else
		add(l, STILL_FACTOR, "a roll", "nothing went back and forth far enough to be seen");
}

/* Percussion over more than half of it is neither hold nor press. */
static void by_percussion(struct list *l)
{
	double share = l->v->percussion_s / knead_us_to_s(l->s->off_us - l->s->on_us);

	if (l->v->pieces == 0)
		add(l, share / HALF, "not percussion", "percussion fills %.0f %% of it, up to 50 %% would leave it one",
			100 * share);
	else
		add(l, HALF / share, "percussion",
			"percussion fills %.0f %% of it, over 50 %% it would be nothing else", 100 * share);
}

static void by_vibration(struct list *l)
{
	const struct story *s = l->s;

	if (l->v->percussion_s > 0) {
		by_percussion(l);
		return;
	}
	if (l->v->only && l->v->only->type == KNEAD_EVENT_TAP)
		return;
	if (s->vibration_limit_n <= 0 || s->vibration_n < s->vibration_limit_n / 4)
		return;
	if (s->vibration_n < s->vibration_limit_n)
		add(l, s->vibration_limit_n / s->vibration_n, "percussion",
			"it vibrates by %.2f N rms, percussion by %.2f N or more", s->vibration_n,
			s->vibration_limit_n);
	else if (s->cycles_s <= 0)
		add(l, ODD_FACTOR, "percussion", "it vibrates by %.1f N rms, but not regularly at 15 to 65 Hz",
			s->vibration_n);
	else if (s->cycles_s < s->cycles_limit_s)
		add(l, s->cycles_limit_s / s->cycles_s, "percussion",
			"it vibrates regularly for %.3f s, percussion for %g s or more", s->cycles_s,
			s->cycles_limit_s);
}

static void by_drop(struct list *l)
{
	const struct story *s = l->s;
	double rise_s = s->value[KNEAD_MEASURE_RISE], rise_max_s = s->limit[KNEAD_MEASURE_RISE];
	double fade_s = s->value[KNEAD_MEASURE_FADE], fade_max_s = s->limit[KNEAD_MEASURE_FADE];
	double ring_n = s->value[KNEAD_MEASURE_RING], ring_max_n = s->limit[KNEAD_MEASURE_RING];
	const struct knead_event *only = l->v->only;
	const char *other;
	double excess;

	if (!s->drop_known || !only || (only->type != KNEAD_EVENT_TAP && only->type != KNEAD_EVENT_IMPACT))
		return;
	other = only->type == KNEAD_EVENT_TAP ? "an impact" : "a tap";
	excess = fmax(rise_s / rise_max_s, fade_s / fade_max_s);
	if (excess >= 1 && ring_n < ring_max_n)
		add(l, ring_n / ring_max_n, other, "it rang down to %.1f N, a drop goes below %g N", ring_n,
			ring_max_n);
	else
		add(l, excess > 1 ? excess : 1 / excess, other,
			"its peak came after %.1f ms (a drop: under %.0f), it was gone after %.0f ms (under %.0f)",
			1000 * rise_s, 1000 * rise_max_s, 1000 * fade_s, 1000 * fade_max_s);
}

static int by_factor(const void *a, const void *b)
{
	const struct whatif *x = a, *y = b;

	if (x->factor != y->factor)
		return x->factor < y->factor ? -1 : 1;
	return strcmp(x->why, y->why);
}

size_t whatif_list(const struct story *s, const struct verdict *v, const struct knead_settings *settings,
	struct whatif ret[WHATIFS_MAX])
{
	struct list l = { .s = s, .v = v, .settings = settings, .items = ret };

	by_length(&l);
	by_target(&l);
	by_force(&l);
	by_bridge(&l);
	by_easing(&l);
	by_movement(&l);
	by_vibration(&l);
	by_drop(&l);
	qsort(ret, l.count, sizeof(ret[0]), by_factor);
	return l.count;
}
