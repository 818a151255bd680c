/* SPDX-License-Identifier: MIT */
/*
 * How long others wait for a movement (detection.md 7.1). A hold is told when it has lasted hold_min_s, unless rolling may be
 * coming; the wait is over when the roll rule holds, when the movement has rested for 6 s, or when what it does is plainly no
 * rolling: pin and stretch, circles on a line, a sway that is as large as half a swing, a force that relaxes.
 *
 *      /\  /\  /\           threshold  - - - - - - - - -      1. the last two passes were under it: nothing to wait for
 *   __/  \/  \/  \  ...                     ____             2. no pass over it within twice 6 s: neither
 *                                 ____....-                  3. so many passes, and the rule has not held: neither
 */
#include <math.h>

#include "stroke.h"

#define SHAPE_ONSET_US 300000 /* what came within it after the start is the press itself */
#define SHAPE_US 2400000 /* by then the shape shows ... */
#define SHAPE_MAX_US 5000000 /* ... and from here on a slow pass may have come to its end, and stand */
#define SHAPE_SHARE 0.6 /* of the way, in half of the time: no pass does more */
#define SHAPE_LEAST 0.5 /* of the way of the slowest pass */
#define SHAPE_BACK 0.2 /* of a swing: it has turned */

/* How far the movement has gone from its last reversal. */
static double under_way(const struct stroke *st)
{
	return st->cand && st->turns.count > 0 ? fabsf(st->cand->e.u - st->turns.kept[st->turns.count - 1].u) : 0;
}

/* With one cell, whether the force has gone one way for longer than a swing takes: it relaxes. */
static bool creeps(const struct stroke *st, int64_t t_us)
{
	return !st->positional && st->turns.count > 0 &&
	       knead_us_to_s(t_us - st->turns.kept[st->turns.count - 1].out_us) > TURNS_INTERVAL_MAX_S;
}

/*
 * With one cell, whether what looks like a slow first pass is none. A pass is fastest in its middle: in half of its time half of
 * it is done, or less. A force that relaxes, as that of each hold does, is fastest at first. Or it has come less far by now than
 * half of the slowest pass of a roll would have.
 */
static bool relaxes(const struct stroke *st, int64_t t_us)
{
	struct trail_pass pass;
	double share;

	if (st->positional || t_us - st->since_us < SHAPE_US ||
		!trail_pass(&st->trail, st->since_us + SHAPE_ONSET_US, &pass))
		return false;
	if (pass.us < SHAPE_US || pass.us > SHAPE_MAX_US ||
		pass.most - pass.way > SHAPE_BACK * st->threshold) /* it has turned */
		return false;
	share = knead_us_to_s(pass.us) / TURNS_INTERVAL_MAX_S;
	share *= share * share * (10 - 15 * share + 6 * share * share); /* of a movement of least jerk */
	return pass.half_way > SHAPE_SHARE * pass.way || pass.way < SHAPE_LEAST * share * st->threshold;
}

/* Whether the movement has done enough to show that it is none of rolling. */
static bool futile(const struct stroke *st, int64_t t_us)
{
	const struct turns *t = &st->turns;
	uint32_t enough = 2 * st->swings + 1 < TURNS_KEPT ? 2 * st->swings + 1 : TURNS_KEPT;

	if (turns_orbited(t) || t->count >= enough)
		return true;
	if (under_way(st) >= stroke_small(st) && !creeps(st, t_us))
		return false;
	return st->small_passes >= 2 || (t->count < 2 && relaxes(st, t_us)) ||
	       ((st->small_passes > 0 || t->count < 2) && knead_us_to_s(t_us - st->since_us) >= 2 * STROKE_REST_S);
}

/* Whether the movement went on within the last 6 s. */
static bool lately(const struct stroke *st, int64_t t_us)
{
	int64_t last_us = st->trail.moved_us;

	if (st->turns.count > 1 && st->turns.kept[st->turns.count - 1].out_us > last_us)
		last_us = st->turns.kept[st->turns.count - 1].out_us;
	return st->state != STROKE_OFF && knead_us_to_s(t_us - last_us) < STROKE_REST_S;
}

bool stroke_moving(const struct stroke *st, int64_t t_us)
{
	return lately(st, t_us) && !futile(st, t_us);
}

bool stroke_swinging(const struct stroke *st, uint32_t swings, int64_t t_us)
{
	const struct extreme *last;

	if (st->positional && under_way(st) >= st->threshold)
		return lately(st, t_us) && !turns_orbited(&st->turns);
	if (st->positional)
		swings = 1;
	if (st->state == STROKE_OFF || st->turns.count < swings + 1)
		return false;
	last = &st->turns.kept[st->turns.count - 1];
	for (uint32_t i = 0; i < swings; i++)
		if (fabsf(last[-(int)i].u - last[-(int)i - 1].u) < st->threshold)
			return false;
	return knead_us_to_s(t_us - last->out_us) < STROKE_REST_S;
}
