/* SPDX-License-Identifier: MIT */
/*
 * How long others wait for a movement (detection.md 7.1). A hold is told when it has lasted hold_min_s, unless rolling may be
 * coming; the wait is over when the roll rule holds, when the movement has rested for 6 s, or when what it does is plainly no
 * rolling: pin and stretch, circles on a line, a sway that is as large as half a swing.
 *
 *      /\  /\  /\           threshold  - - - - - - - - -      1. the last two passes were under it: nothing to wait for
 *   __/  \/  \/  \  ...                     ____             2. no pass over it within twice 6 s: neither
 *                                 ____....-                  3. so many passes, and the rule has not held: neither
 */
#include <math.h>

#include "stroke.h"

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

/* Whether the movement has done enough to show that it is none of rolling. */
static bool futile(const struct stroke *st, int64_t t_us)
{
	const struct turns *t = &st->turns;
	uint32_t enough = 2 * st->swings + 1 < TURNS_KEPT ? 2 * st->swings + 1 : TURNS_KEPT;

	if (turns_orbited(t) || t->count >= enough)
		return true;
	if (under_way(st) >= stroke_small(st) && !creeps(st, t_us))
		return false;
	return st->small_passes >= 2 ||
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
