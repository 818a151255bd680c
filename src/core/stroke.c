/* SPDX-License-Identifier: MIT */
/*
 * Strokes and rolls.
 *
 *   place      __           __                 1. an extreme is confirmed when the movement has come back by the
 *   or force  /  \         /  \ __ end            hysteresis; its time is the middle of the time spent near it
 *            /    \       /    \/              2. geometry: two strokes of 20 mm; one cell: four swings of 15 % of the
 *   ___start/      \__   /                        mean, even enough in time and size: a roll, from its first extreme
 *   rest      1       \_/2    3                3. standing for hold_min_s, or no reversal for max(6 s, 2.5 mean
 *                                                 intervals): the roll ended where it came to rest
 *
 *   contact ends while moving: that place counts as the last extreme when it lies a stroke from the last reversal
 *   (one cell: when enough time has gone by, because the fall of the lift hides the swing)
 *
 * The trail (trail.c) keeps onsets, dips and lifts out of it; everything here is 0.3 s late, and dated to when it was.
 */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "stroke.h"
#include "stroke_bounds.h"

#define STROKE_MM 20.0
#define STROKE_DEG 15.0
#define SWING_SHARE 0.15
#define HYSTERESIS_SHARE 0.5 /* of the threshold, with geometry, and at least ... */
#define HYSTERESIS_NOISE 6 /* ... so many standard deviations of a place under that load */
#define HYSTERESIS_SWING 0.10 /* of the mean, with one cell, and at least ... */
#define HYSTERESIS_MIN_N 4.0
#define HYSTERESIS_AMPL 0.35 /* ... and of the roll's own amplitude */
#define NEAR_FIRST 0.30 /* of the threshold: how near an extreme is "there" before any swing is known */
#define NEAR_POSITION 0.06 /* of the swing */
#define NEAR_FORCE 0.18 /* the same with one cell, where sway is in the way */
#define MOVED_FORCE 0.75 /* of the threshold: a force that ranges this far moves; a place by its hysteresis */
#define STILL_POSITION 0.10 /* of the threshold: a place kept within this for STILL_US is a place of rest */
#define STILL_FORCE 0.08
#define STILL_US 500000
#define REST_INTERVALS 2.5
#define ONE_CELL_CONFIDENCE 0.85

const char *stroke_state_to_str(enum stroke_state state)
{
	static const char *const names[] = { "off", "seek", "towards", "roll" };

	return names[state];
}

const char *stroke_input_to_str(enum stroke_input input)
{
	static const char *const names[] = { "begin", "reverse", "rule", "rest", "end" };

	return names[input];
}

static void set_state(struct stroke *st, enum stroke_state to, enum stroke_input input, int64_t t_us)
{
	emit_trace(st->emit, "stroke", stroke_state_to_str(st->state), stroke_input_to_str(input),
		stroke_state_to_str(to), t_us);
	st->state = to;
}

void stroke_configure(struct stroke *st)
{
	st->turns.rest_us = knead_s_to_us(st->settings->hold_min_s);
}

void stroke_init(struct stroke *st, const struct knead_settings *settings, struct emit *emit)
{
	memset(st, 0, sizeof *st);
	st->settings = settings;
	st->emit = emit;
	st->positional = settings->geometry != KNEAD_GEOMETRY_NONE;
	trail_init(&st->trail, st->positional);
	st->turns.positional = st->positional;
	st->turns.emit = emit;
	stroke_configure(st);
	st->swings = st->positional ? 2 : 4;
	st->next_roll_id = 1;
	st->prior = 1;
}

/* Travel has a unit of length: a line, or a ring whose radius is known. */
static bool has_travel(const struct stroke *st)
{
	return st->positional && (st->settings->geometry == KNEAD_GEOMETRY_LINE || st->settings->radius_mm > 0);
}

static void update_thresholds(struct stroke *st, const struct signal *s)
{
	double amplitude = st->state == STROKE_ROLL ? HYSTERESIS_AMPL * st->roll.amplitude : 0, noise;

	if (st->positional) {
		st->threshold = has_travel(st) ? STROKE_MM : STROKE_DEG;
		st->hysteresis = HYSTERESIS_SHARE * st->threshold;
		noise = HYSTERESIS_NOISE * s->u_noise_share * s->noise_n;
		if (st->hysteresis * st->trail.mean_n < noise)
			st->hysteresis = noise / st->trail.mean_n;
	} else {
		st->threshold = SWING_SHARE * st->trail.mean_n;
		st->hysteresis = HYSTERESIS_SWING * st->trail.mean_n;
		if (st->hysteresis < HYSTERESIS_MIN_N)
			st->hysteresis = HYSTERESIS_MIN_N;
	}
	st->threshold *= st->prior;
	st->hysteresis *= st->prior;
	if (st->hysteresis < amplitude)
		st->hysteresis = amplitude;
}

void stroke_begin(struct stroke *st, int64_t t_us, bool onset)
{
	st->turns.count = 0;
	doubt_begin(&st->doubt);
	trail_begin(&st->trail, t_us, onset);
	st->since_us = t_us;
	st->small_passes = 0;
	st->cand = NULL;
	st->travelling = false;
	st->still_u = INFINITY; /* no rest yet */
	st->roll = (struct roll){ 0 }; /* the pace of an earlier contact says nothing of this one */
	set_state(st, STROKE_SEEK, STROKE_IN_BEGIN, t_us);
}

static double near_share(const struct stroke *st)
{
	return st->positional ? NEAR_POSITION : NEAR_FORCE;
}

/* Confirms the candidate as a reversal; what follows runs the other way. */
static void confirm(struct stroke *st, struct signal *s, const struct place *place, const struct tally_mark *mark)
{
	struct reversal *c = st->cand;
	int sign = c->sign;
	struct extreme e = reversal_extreme(c, st->near);
	double after_n = c->after_peak_n, swing;

	if (st->settings->geometry == KNEAD_GEOMETRY_SPHERE)
		e.turned_rad = sphere_turned_rad(&s->sphere);

	if (st->state == STROKE_TOWARDS &&
		turns_departs(&st->turns,
			st->threshold)) /* what came before the first stroke is rest: it departs at the end of it */
		stroke_depart(st, turns_last(&st->turns), &e);
	swing = fabsf(e.u - turns_last(&st->turns)->u);
	st->small_passes = swing < stroke_small(st) ? st->small_passes + 1 : 0;
	st->near = near_share(st) * swing;
	turns_keep(&st->turns, &e);
	reversal_start(c, -sign, place, after_n, mark);
}

static bool find_roll(struct stroke *st, int64_t t_us)
{
	struct turns_rule rule = { .swings = st->swings, .swing = st->threshold };

	if (!turns_find(&st->turns, &rule, &st->rule_share))
		return false;
	if (st->turns.kept[st->turns.count - 2].t_us <= st->told_until_us) /* one stroke alone is left of it */
		return false;
	doubt_settle(&st->doubt, st->rule_share * st->prior < 1);
	set_state(st, STROKE_ROLL, STROKE_IN_RULE, t_us);
	return true;
}

const struct extreme *stroke_first(const struct stroke *st)
{
	return &st->turns.kept[st->turns.first];
}

/* 0.5 at the limit of the roll rule, 1 far from it; with one cell never sure. */
static double confidence(const struct stroke *st)
{
	double margin = st->rule_share - 1;
	double sure = 0.5 + 0.5 * (margin < 0 ? 0 : margin > 1 ? 1 : margin);

	return st->positional || sure < ONE_CELL_CONFIDENCE ? sure : ONE_CELL_CONFIDENCE;
}

/* A stroke from a to b; what of it lies before the roll belongs to a hold that was told. */
static void announce_stroke(struct stroke *st, const struct extreme *a, const struct extreme *b, uint32_t flags)
{
	int64_t start_us = a->t_us > st->roll.start_us ? a->t_us : st->roll.start_us;

	if (b->t_us <= start_us)
		return;
	st->ended_us[st->strokes_total++ % STROKES_KEPT] = b->t_us;
	roll_stroke(&st->roll, st->emit, a, b, start_us, b->t_us, flags);
}

void stroke_announce(struct stroke *st, int64_t start_us, uint32_t flags)
{
	st->roll = (struct roll){
		.id = st->next_roll_id++,
		.positional = st->positional,
		.has_travel = has_travel(st),
		.confidence = confidence(st),
	};
	st->rolls_total++;
	roll_begin(&st->roll, st->emit, start_us, extreme_impulse_ns(stroke_first(st), start_us), flags);
	for (uint32_t i = st->turns.first + 1; i < st->turns.count; i++)
		announce_stroke(st, &st->turns.kept[i - 1], &st->turns.kept[i], flags);
}

static double rest_s(const struct stroke *st)
{
	double by_interval = REST_INTERVALS * roll_mean_interval_s(&st->roll);

	return st->state == STROKE_ROLL && by_interval > STROKE_REST_S ? by_interval : STROKE_REST_S;
}

/* Neither direction is known yet: whichever extreme the movement comes back from first is the place it left. */
static void seek(struct stroke *st, const struct place *place, const struct tally_mark *mark)
{
	struct reversal *high = &st->run, *low = &st->turns.low, from;
	struct extreme e;

	if (!st->cand) {
		reversal_start(high, 1, place, place->peak_n, mark);
		reversal_start(low, -1, place, place->peak_n, mark);
		st->cand = high;
		return;
	}
	st->near = NEAR_FIRST * st->threshold;
	reversal_push(high, place, st->near, mark);
	reversal_push(low, place, st->near, mark);
	if (place->u - low->e.u >= st->hysteresis)
		from = *low;
	else if (high->e.u - place->u >= st->hysteresis)
		from = *high;
	else
		return;
	e = reversal_extreme(&from, st->near);
	e.t_us = e.out_us;
	turns_keep(&st->turns, &e);
	st->near = near_share(st) * st->hysteresis;
	reversal_start(st->cand, -from.sign, place, from.after_peak_n, mark);
	set_state(st, STROKE_TOWARDS, STROKE_IN_REVERSE, e.t_us);
}

/* A reversal was confirmed while rolling: a stroke, or - after a long stay there - the end of the roll. */
static enum stroke_step on_reversal(struct stroke *st, int64_t t_us, uint32_t flags)
{
	struct extreme *a = &st->turns.kept[st->turns.count - 2], *b = &st->turns.kept[st->turns.count - 1];

	emit_trace(st->emit, "stroke", stroke_state_to_str(st->state), stroke_input_to_str(STROKE_IN_REVERSE),
		stroke_state_to_str(st->state), b->t_us);
	emit_measure(st->emit, KNEAD_MEASURE_SWING, b->t_us, stroke_shown(st, fabsf(b->u - a->u)),
		stroke_shown(st, st->threshold));
	st->dwelled = turns_rested(&st->turns, st->turns.count - 1);
	if (st->dwelled) {
		int64_t rest_us = stroke_rested_us(st, a, b);

		b->t_us = rest_us < b->out_us ? rest_us : b->in_us;
	}
	if (st->state == STROKE_TOWARDS) {
		if (find_roll(st, t_us))
			return STROKE_STEP_ROLL;
		st->dwelled = false;
		return STROKE_STEP_NONE;
	}
	announce_stroke(st, a, b, flags);
	return st->dwelled ? STROKE_STEP_STOPPED : STROKE_STEP_NONE;
}

/* With geometry a stroke under way counts from the moment it is long enough; its end is not yet known. */
static bool find_roll_early(struct stroke *st, int64_t t_us)
{
	struct extreme coming;
	bool found;

	if (!st->positional || st->turns.count < 2 ||
		fabsf(st->cand->e.u - turns_last(&st->turns)->u) < fmax(st->threshold, st->hysteresis))
		return false;
	if (turns_may_orbit(&st->turns)) /* the next stroke will tell */
		return false;
	coming = reversal_extreme(st->cand, st->near);
	turns_keep(&st->turns, &coming);
	found = find_roll(st, t_us);
	st->turns.count--;
	return found;
}

/*
 * Before there is a stroke, a rest is where the movement departs from: whatever was an extreme before (a place read under
 * too little force, slow wandering in a hold) is forgotten there.
 */
static void forget_before_rest(struct stroke *st, const struct place *place)
{
	double still = (st->positional ? STILL_POSITION : STILL_FORCE) * st->threshold;

	if (fabs(place->u - st->still_u) > still) {
		st->still_u = place->u;
		st->still_since_us = place->t_us;
		return;
	}
	if (place->t_us - st->still_since_us < STILL_US || st->turns.count > 1)
		return;
	if (st->turns.count == 1 && fabsf(st->cand->e.u - turns_last(&st->turns)->u) >= st->threshold)
		return;
	st->still_since_us = place->t_us;
	st->small_passes += st->turns.count;
	st->turns.count = 0;
	st->cand = NULL;
	if (st->state == STROKE_TOWARDS)
		set_state(st, STROKE_SEEK, STROKE_IN_REST, place->t_us);
}

/* One place further on the way. */
static enum stroke_step follow(
	struct stroke *st, struct signal *s, const struct place *place, const struct tally_mark *mark, uint32_t flags)
{
	if (st->state != STROKE_ROLL && st->positional)
		forget_before_rest(st, place);
	if (st->state == STROKE_SEEK) {
		seek(st, place, mark);
		if (st->state == STROKE_TOWARDS)
			sphere_turned_rad(&s->sphere); /* from here on */
		return STROKE_STEP_NONE;
	}
	assert(st->cand); /* only seeking goes without */
	st->travelling = reversal_push(st->cand, place, st->near, mark);
	if (st->cand->sign * (st->cand->e.u - place->u) >= st->hysteresis) {
		confirm(st, s, place, mark);
		st->travelling = true;
		return on_reversal(st, place->t_us, flags);
	}
	if (st->state == STROKE_TOWARDS && st->travelling && find_roll_early(st, place->t_us))
		return STROKE_STEP_ROLL;
	if (st->state == STROKE_ROLL && knead_us_to_s(place->t_us - turns_last(&st->turns)->t_us) >= rest_s(st))
		return STROKE_STEP_STOPPED;
	return STROKE_STEP_NONE;
}

enum stroke_step stroke_push(
	struct stroke *st, struct signal *s, const struct tally_mark *mark, bool disturbed, uint32_t flags)
{
	struct place place;
	enum trail_step step = trail_push(&st->trail, s, disturbed, &place);

	st->travelling = false;
	if (step == TRAIL_STEP_NONE)
		return STROKE_STEP_NONE;
	update_thresholds(st, s);
	if (st->positional || st->settled) /* a slow onset is a rise of force, but no movement */
		trail_watch(&st->trail, s, st->positional ? st->hysteresis : MOVED_FORCE * st->threshold);
	if (step == TRAIL_STEP_RIPE && st->prior > 1 && st->state != STROKE_ROLL)
		doubt_push(&st->doubt, place.t_us, place.u, st->threshold / st->prior, st->swings);
	return step == TRAIL_STEP_RIPE ? follow(st, s, &place, mark, flags) : STROKE_STEP_NONE;
}

int64_t stroke_rest_since_us(const struct stroke *st)
{
	const struct extreme *from = &st->turns.kept[st->turns.count - 1];
	struct extreme last = reversal_extreme(st->cand, st->near);

	if (from->in_us == last.in_us) /* found at the end: what was kept is this very extreme */
		return last.in_us;
	return last.in_us > from->out_us ? last.in_us : from->out_us;
}

int64_t stroke_stop(struct stroke *st, uint32_t flags)
{
	struct extreme rest = *turns_last(&st->turns), last;

	if (!st->dwelled && stroke_last(st, st->cand->e.out_us, false, &last)) {
		announce_stroke(st, &rest, &last, flags);
		rest = last;
	}
	roll_end(&st->roll, st->emit, rest.t_us, extreme_impulse_ns(&rest, rest.t_us), KNEAD_CAUSE_STOPPED, flags);
	set_state(st, st->dwelled ? STROKE_TOWARDS : STROKE_SEEK, STROKE_IN_REST, rest.t_us);
	if (st->dwelled) {
		/* the movement that follows departs from the place of the rest */
		st->turns.kept[0] = *turns_last(&st->turns);
		st->turns.kept[0].t_us = st->turns.kept[0].out_us;
		st->turns.count = 1;
	} else {
		st->turns.count = 0;
		st->cand = NULL;
	}
	st->dwelled = false;
	st->since_us = rest.t_us;
	st->small_passes = 0;
	return rest.t_us;
}

bool stroke_found_at_end(struct stroke *st, int64_t end_us, double end_impulse_ns)
{
	struct extreme last;

	if (st->state != STROKE_TOWARDS || turns_may_orbit(&st->turns) || !stroke_last(st, end_us, true, &last))
		return false;
	extreme_end_at(&last, end_us, end_impulse_ns);
	if (fabsf(last.u - turns_last(&st->turns)->u) < st->threshold) /* the lift hid the rest of the swing */
		last.u = turns_last(&st->turns)->u + copysign(st->threshold, last.u - turns_last(&st->turns)->u);
	turns_keep(&st->turns, &last);
	return find_roll(st, end_us);
}

void stroke_end(struct stroke *st, int64_t end_us, double end_impulse_ns, enum knead_cause cause, uint32_t flags)
{
	if (st->state == STROKE_ROLL) {
		struct extreme last;
		int64_t end_at_us = turns_last(&st->turns)->t_us;
		double impulse_ns = extreme_impulse_ns(turns_last(&st->turns), end_at_us);

		if (cause != KNEAD_CAUSE_STOPPED && stroke_lifted_on_the_way_back(st, end_us, &last)) {
			announce_stroke(st, turns_last(&st->turns), &last, flags);
			turns_keep(&st->turns, &last);
			last = stroke_cut_off(st, end_us, end_impulse_ns);
			announce_stroke(st, turns_last(&st->turns), &last, flags);
			end_at_us = end_us;
			impulse_ns = end_impulse_ns;
		} else if (st->cand && stroke_last(st, end_us, cause != KNEAD_CAUSE_STOPPED, &last) &&
			   last.t_us > end_at_us) {
			extreme_end_at(&last, end_us, end_impulse_ns);
			announce_stroke(st, turns_last(&st->turns), &last, flags);
			end_at_us = last.t_us;
			impulse_ns = extreme_impulse_ns(&last, end_at_us);
		}
		roll_end(&st->roll, st->emit, end_at_us, impulse_ns, cause, flags);
	}
	if (st->state != STROKE_OFF)
		set_state(st, STROKE_OFF, STROKE_IN_END, end_us);
	st->turns.count = 0;
	st->cand = NULL;
}
