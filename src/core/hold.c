/* SPDX-License-Identifier: MIT */
/*
 * Holds. Levels are compared in hold_push() alone; the machine knows only the order of things.
 *
 *             ______________                1. hold_min_s of contact: hold_start, dated to the contact's start
 *            /:            :\               2. lifted: hold_end and release at the crossing of release_n, bridge_s later
 *     ______/ 1            2 \____
 *
 *             _______                       3. under half of its level, above release_n, for bridge_s: eased, at the
 *            /       3\____4 /~~~              crossing; the contact goes on
 *     ______/               /               4. back above 0.55 of that level: a new candidate from that crossing
 *
 *             _______                       5. a lighter load, steady for three times hold_min_s: a hold of its own,
 *            /       \_____5_____              from the easing crossing
 *     ______/
 *
 *             _______6/\/\/\/\7_____        6. rolling: the hold ends where it began (cause rolled), not before hold_min_s
 *            /                              7. the roll came to rest: a new candidate from there
 *     ______/
 *
 *             ____  ____                    8. a drop under release_n shorter than bridge_s: a dip, the hold goes on
 *     _______/    \/    \___
 *
 *     ~~~~~~~~~~ gap or end                 9. data ended: lost, at the last real sample
 */
#include <math.h>
#include <string.h>

#include "hold.h"
#include "hold_record.h"

#define EASE_SHARE 0.50
#define FIRM_SHARE 0.55
#define STEADY_HOLDS 3 /* times hold_min_s */
#define STEADY_BAND 0.25 /* a lighter load is steady while it stays within this share of its mean */
#define BLOCK_S 0.05 /* weight of a single reading as the level so far */
#define DIP_MIN_US 20000

const char *hold_state_to_str(enum hold_state state)
{
	static const char *const names[] = { "none", "candidate", "hold", "easing", "eased", "rolling" };

	return names[state];
}

const char *hold_input_to_str(enum hold_input input)
{
	static const char *const names[] = { "press", "release", "ease", "firm", "move", "rest", "timeout", "lost" };

	return names[input];
}

void hold_init(struct hold *h, const struct knead_settings *settings, struct emit *emit)
{
	memset(h, 0, sizeof *h);
	h->settings = settings;
	h->emit = emit;
	h->next_id = 1;
	hold_configure(h);
}

static void set_state(struct hold *h, enum hold_state to, enum hold_input input, int64_t t_us)
{
	emit_trace(h->emit, "hold", hold_state_to_str(h->state), hold_input_to_str(input), hold_state_to_str(to), t_us);
	h->state = to;
}

/* A candidate begins at start_us; its tally has been started by the caller. */
static void begin_candidate(struct hold *h, int64_t start_us, bool onset)
{
	h->published = h->target_sent = false;
	h->start_us = h->told_us = start_us;
	h->had_onset = onset;
	h->percussion_before_us = h->percussion_us;
}

static void publish(struct hold *h)
{
	hold_record_start(h);
	h->told_us = h->start_us + h->hold_min_us;
	h->published = h->any = true;
}

static int64_t target_us(const struct hold *h)
{
	return h->target_us < INT64_MAX ? h->start_us + h->target_us : INT64_MAX;
}

static void tell_target(struct hold *h)
{
	if (!h->target_sent)
		hold_record_target(h, target_us(h));
	h->target_sent = true;
	if (h->told_us < target_us(h))
		h->told_us = target_us(h);
}

/* Percussion over more than half of the time since its start: neither hold nor roll, nor a press. */
static bool is_percussion(const struct hold *h, int64_t until_us)
{
	return 2 * (h->percussion_us - h->percussion_before_us) > until_us - h->start_us;
}

/* Ends the hold at end_us with that mark; one that was never published is published first if it lasted long enough. */
static void finish(
	struct hold *h, const struct signal *s, const struct tally_mark *end, int64_t end_us, enum knead_cause cause)
{
	if (!h->published && is_percussion(h, end_us)) {
		h->any = true;
		return;
	}
	if (!h->published && end_us - h->start_us >= h->hold_min_us)
		publish(h);
	if (h->published && end_us >= target_us(h))
		tell_target(h);
	if (h->published)
		hold_record_end(h, s, end, end_us, cause);
	h->published = false;
}

static void on_none(struct hold *h, enum hold_input input, int64_t t_us)
{
	switch (input) {
	case HOLD_IN_PRESS:
		set_state(h, HOLD_CANDIDATE, input, t_us);
		break;
	case HOLD_IN_RELEASE:
	case HOLD_IN_EASE:
	case HOLD_IN_FIRM:
	case HOLD_IN_MOVE:
	case HOLD_IN_REST:
	case HOLD_IN_TIMEOUT:
	case HOLD_IN_LOST:
		h->impossible++;
		break;
	}
}

/* candidate, hold and easing share how they end; the mark says where */
static void on_pressed(
	struct hold *h, enum hold_input input, const struct signal *s, int64_t t_us, const struct tally_mark *mark)
{
	switch (input) {
	case HOLD_IN_RELEASE:
	case HOLD_IN_LOST:
		finish(h, s, mark, t_us, input == HOLD_IN_LOST ? KNEAD_CAUSE_LOST : KNEAD_CAUSE_LIFTED);
		set_state(h, HOLD_NONE, input, t_us);
		break;
	case HOLD_IN_MOVE:
		finish(h, s, mark, t_us, KNEAD_CAUSE_ROLLED);
		set_state(h, HOLD_ROLLING, input, t_us);
		break;
	case HOLD_IN_EASE:
		set_state(h, HOLD_EASING, input, t_us);
		break;
	case HOLD_IN_TIMEOUT:
		publish(h);
		set_state(h, HOLD_ON, input, t_us);
		break;
	case HOLD_IN_PRESS:
	case HOLD_IN_FIRM:
	case HOLD_IN_REST:
		h->impossible++;
		break;
	}
}

static void on_easing(
	struct hold *h, enum hold_input input, const struct signal *s, int64_t t_us, const struct tally_mark *mark)
{
	switch (input) {
	case HOLD_IN_FIRM:
		set_state(h, h->published ? HOLD_ON : HOLD_CANDIDATE, input, t_us);
		break;
	case HOLD_IN_TIMEOUT:
		finish(h, s, mark, h->ease_us, KNEAD_CAUSE_EASED);
		h->steady_since_us = h->ease_us;
		h->steady_n = 0;
		tally_start(&h->tally, h->ease_us, h->ease_impulse_ns, EASE_SHARE * h->eased_level_n);
		set_state(h, HOLD_EASED, input, h->ease_us);
		break;
	case HOLD_IN_RELEASE:
	case HOLD_IN_LOST:
	case HOLD_IN_MOVE:
		on_pressed(h, input, s, t_us, mark);
		break;
	case HOLD_IN_PRESS:
	case HOLD_IN_EASE:
	case HOLD_IN_REST:
		h->impossible++;
		break;
	}
}

static void on_eased(struct hold *h, enum hold_input input, const struct signal *s, int64_t t_us)
{
	switch (input) {
	case HOLD_IN_FIRM:
		tally_start(&h->tally, t_us, signal_impulse_at(s, t_us, FIRM_SHARE * h->eased_level_n),
			FIRM_SHARE * h->eased_level_n);
		edges_init(&h->edges, t_us, FIRM_SHARE * h->eased_level_n);
		climb_init(&h->climb, t_us, FIRM_SHARE * h->eased_level_n);
		begin_candidate(h, t_us, true);
		set_state(h, HOLD_CANDIDATE, input, t_us);
		break;
	case HOLD_IN_TIMEOUT:
		begin_candidate(h, h->ease_us, false);
		publish(h);
		set_state(h, HOLD_ON, input, t_us);
		break;
	case HOLD_IN_RELEASE:
	case HOLD_IN_LOST:
		set_state(h, HOLD_NONE, input, t_us);
		break;
	case HOLD_IN_MOVE:
		set_state(h, HOLD_ROLLING, input, t_us);
		break;
	case HOLD_IN_PRESS:
	case HOLD_IN_EASE:
	case HOLD_IN_REST:
		h->impossible++;
		break;
	}
}

static void on_rolling(struct hold *h, enum hold_input input, int64_t t_us)
{
	switch (input) {
	case HOLD_IN_REST:
		begin_candidate(h, t_us, false);
		set_state(h, HOLD_CANDIDATE, input, t_us);
		break;
	case HOLD_IN_RELEASE:
	case HOLD_IN_LOST:
		set_state(h, HOLD_NONE, input, t_us);
		break;
	case HOLD_IN_PRESS:
	case HOLD_IN_EASE:
	case HOLD_IN_FIRM:
	case HOLD_IN_MOVE:
	case HOLD_IN_TIMEOUT:
		h->impossible++;
		break;
	}
}

static void step(
	struct hold *h, enum hold_input input, const struct signal *s, int64_t t_us, const struct tally_mark *mark)
{
	switch (h->state) {
	case HOLD_NONE:
		on_none(h, input, t_us);
		break;
	case HOLD_CANDIDATE:
	case HOLD_ON:
		on_pressed(h, input, s, t_us, mark);
		break;
	case HOLD_EASING:
		on_easing(h, input, s, t_us, mark);
		break;
	case HOLD_EASED:
		on_eased(h, input, s, t_us);
		break;
	case HOLD_ROLLING:
		on_rolling(h, input, t_us);
		break;
	}
}

void hold_touch(struct hold *h, const struct signal *s, int64_t on_us, double force_n, bool open_start)
{
	tally_start(&h->tally, on_us, signal_impulse_at(s, on_us, force_n), force_n);
	edges_init(&h->edges, on_us, force_n);
	climb_init(&h->climb, on_us, force_n);
	begin_candidate(h, on_us, !open_start);
	h->any = false;
	h->flags = 0;
	h->percussion_us = h->percussion_before_us = 0;
}

void hold_press(struct hold *h)
{
	step(h, HOLD_IN_PRESS, NULL, h->start_us, NULL);
}

/* The load after a partial release: the first of the three hold_min_s may still be settling. */
static bool lighter_and_steady(struct hold *h, const struct signal *s)
{
	double dt_s;

	if (h->steady_n <= 0 || fabs(s->raw_n - h->steady_n) > STEADY_BAND * h->steady_n) {
		h->steady_n = s->raw_n;
		h->steady_since_us = s->t_us;
	}
	dt_s = knead_us_to_s(s->t_us - s->prev_t_us);
	h->steady_n += (s->raw_n - h->steady_n) * (dt_s < 1 ? dt_s : 1);
	return s->t_us - h->ease_us >= knead_s_to_us(STEADY_HOLDS * h->settings->hold_min_s) &&
	       s->t_us - h->steady_since_us >= knead_s_to_us((STEADY_HOLDS - 1) * h->settings->hold_min_s);
}

static void watch_pressed(struct hold *h, const struct signal *s)
{
	int64_t old_enough_us = h->start_us + h->hold_min_us;
	double level_n = h->tally.level_n;

	if (s->level_n >= EASE_SHARE * level_n)
		h->firm_us = s->t_us - s->level_lag_us;
	if (s->t_us - s->level_lag_us < old_enough_us)
		return;
	if (s->level_n < EASE_SHARE * level_n && h->state != HOLD_EASING) {
		if (!h->published && h->firm_us < old_enough_us) {
			/* may be the fall of its end, and then it was what it was before */
			if (s->t_us - s->level_lag_us - h->firm_us < h->bridge_us)
				return;
			/* lighter than its beginning when it becomes old enough: what it is now is its level */
			h->tally.now.level_ns = s->level_n * BLOCK_S;
			h->tally.now.level_s = BLOCK_S;
			h->tally.level_n = s->level_n;
			return;
		}
		h->ease_us = h->ease_since_us = signal_crossing_us(s, EASE_SHARE * level_n);
		h->ease = tally_note(&h->tally.now);
		h->ease_impulse_ns = signal_impulse_at(s, h->ease_us, EASE_SHARE * level_n);
		h->eased_level_n = level_n;
		step(h, HOLD_IN_EASE, s, h->ease_us, NULL);
	} else if (h->state == HOLD_CANDIDATE && !h->moving && !is_percussion(h, s->t_us)) {
		step(h, HOLD_IN_TIMEOUT, s, old_enough_us, NULL);
	}
	if (h->state == HOLD_ON && !h->moving && s->t_us - s->level_lag_us >= target_us(h))
		tell_target(h);
}

static void watch_easing(struct hold *h, const struct signal *s)
{
	if (s->level_n > EASE_SHARE * h->eased_level_n) {
		step(h, HOLD_IN_FIRM, s, s->t_us, NULL);
	} else if (!h->moving && s->t_us - s->level_lag_us - h->ease_since_us >= h->bridge_us) {
		struct tally_mark mark = tally_recall(&h->tally, &h->ease, h->ease_us, h->ease_impulse_ns);

		step(h, HOLD_IN_TIMEOUT, s, s->t_us, &mark);
	}
}

void hold_push(struct hold *h, const struct signal *s, bool in_dip, bool travelling)
{
	int64_t from_us = s->prev_t_us > h->edges.origin_us ? s->prev_t_us : h->edges.origin_us;

	edges_push(&h->edges, from_us, s->prev_raw_n, s->t_us, s->raw_n);
	climb_push(&h->climb, from_us, s->prev_raw_n, s->t_us, s->raw_n);
	if (in_dip) {
		tally_push_dip(&h->tally, s->raw_n);
		return;
	}
	if (h->state == HOLD_ROLLING) {
		h->rest_open |= travelling;
		if (h->rest_open && !travelling) {
			tally_start(&h->tally, s->t_us, s->impulse_ns, s->raw_n);
			h->rest_open = false;
		}
	}
	tally_push(&h->tally, s, &h->climb);
	switch (h->state) {
	case HOLD_CANDIDATE:
	case HOLD_ON:
		watch_pressed(h, s);
		break;
	case HOLD_EASING:
		watch_easing(h, s);
		break;
	case HOLD_EASED:
		if (s->level_n > FIRM_SHARE * h->eased_level_n)
			step(h, HOLD_IN_FIRM, s, signal_crossing_us(s, FIRM_SHARE * h->eased_level_n), NULL);
		else if (lighter_and_steady(h, s))
			step(h, HOLD_IN_TIMEOUT, s, s->t_us, NULL);
		break;
	case HOLD_NONE:
	case HOLD_ROLLING:
		break;
	}
}

void hold_fall(struct hold *h, const struct signal *s, int64_t off_us)
{
	h->off = tally_note(&h->tally.now);
	h->off_us = off_us;
	h->off_impulse_ns = signal_impulse_at(s, off_us, h->settings->release_n);
}

void hold_dip(struct hold *h, const struct signal *s, int64_t dip_us)
{
	if (dip_us >= DIP_MIN_US)
		h->tally.now.dips++;
	h->ease_since_us = s->t_us;
	tally_resume(&h->tally, s->t_us, s->impulse_ns);
}

bool hold_lift(struct hold *h, const struct signal *s, int64_t off_us)
{
	struct tally_mark mark = tally_recall(&h->tally, &h->off, h->off_us, h->off_impulse_ns);

	step(h, HOLD_IN_RELEASE, s, off_us, &mark);
	return h->any;
}

int64_t hold_told_until_us(const struct hold *h)
{
	return h->state == HOLD_EASED ? h->ease_us : h->told_us;
}

int64_t hold_move(struct hold *h, const struct signal *s, int64_t first_us, const struct tally_mark *mark)
{
	int64_t earliest_us = hold_told_until_us(h);
	struct tally_mark end = *mark;

	if (first_us < earliest_us)
		first_us = earliest_us;
	/* the mark was taken a little after the movement had begun */
	end.impulse_ns += tally_level_n(&end) * knead_us_to_s(first_us - end.t_us);
	step(h, HOLD_IN_MOVE, s, first_us, &end);
	h->any = h->rest_open = true;
	return first_us;
}

void hold_rest(struct hold *h, const struct signal *s, int64_t rest_us)
{
	struct tally *t = &h->tally;

	/* the tally began when the movement was seen to have stopped, a little after it did */
	t->start_impulse_ns -= t->now.local_n * knead_us_to_s(t->start_us - rest_us);
	t->start_us = rest_us;
	step(h, HOLD_IN_REST, s, rest_us, NULL);
}

bool hold_lost(struct hold *h, const struct signal *s, int64_t t_us)
{
	struct tally_mark mark = tally_recall(&h->tally, &h->off, h->off_us, h->off_impulse_ns);

	step(h, HOLD_IN_LOST, s, t_us, t_us < h->tally.now.t_us ? &mark : &h->tally.now);
	return h->any;
}
