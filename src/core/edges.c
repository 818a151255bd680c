/* SPDX-License-Identifier: MIT */
/* When the force passed each of eight levels to the octave, for the first time upwards and for the last time downwards. */
#include <math.h>
#include <string.h>

#include "edges.h"
#include "force.h"
#include "octave.h"

#define BITS 3 /* EDGES_PER_OCTAVE */
#define TICK_US 100
#define STOOD_US 500000 /* so long at a level in the middle of a fall is no part of it */
#define STEP_ONE 4096u
#define STEP_SHIFTS 14u

_Static_assert(EDGES_PER_OCTAVE == 1 << BITS, "a ladder of as many rungs as there is room for");

/* A step in 16 bits: 12 of it and 4 of how far they are shifted, with the first bit left out as in a float. */
static uint16_t packed(int32_t ticks)
{
	uint32_t rest = ticks > 0 ? (uint32_t)ticks : 0, shift = 0;

	while (rest >= 2 * STEP_ONE && shift < STEP_SHIFTS) {
		rest >>= 1;
		shift++;
	}
	if (rest >= 2 * STEP_ONE)
		rest = 2 * STEP_ONE - 1;
	return (uint16_t)(rest < STEP_ONE ? rest : (shift + 1) * STEP_ONE + (rest - STEP_ONE));
}

static int32_t unpacked(uint16_t step)
{
	uint32_t shift = step / STEP_ONE;

	return (int32_t)(shift == 0 ? step : (step % STEP_ONE + STEP_ONE) << (shift - 1));
}

void edges_init(struct edges *e, int64_t t_us, double force_n)
{
	memset(e, 0, sizeof *e);
	e->origin_us = t_us;
	e->origin_n = (float)force_n;
	e->level = e->highest = (int16_t)octave_rung(force_n, BITS);
}

/* The force went up through the next level: when it last fell through that is of no more interest. */
static void rise(struct edges *e, int32_t ticks)
{
	e->level++;
	if (e->level < e->highest)
		e->down_ticks -= unpacked(e->down[e->level + 1]);
	if (e->level <= e->highest)
		return;
	e->highest = e->level;
	e->up[e->level] = packed(ticks - e->up_ticks);
	e->up_ticks += unpacked(e->up[e->level]);
}

static void fall(struct edges *e, int32_t ticks)
{
	if (e->level < e->highest)
		e->down[e->level + 1] = packed(ticks - e->down_ticks);
	e->down_ticks = ticks;
	e->level--;
}

void edges_push(struct edges *e, int64_t t0_us, double f0_n, int64_t t1_us, double f1_n)
{
	int to = octave_rung(f1_n, BITS);

	while (e->level < to)
		rise(e, octave_tick(e->origin_us,
				force_crossing_us(t0_us, f0_n, t1_us, f1_n, octave_force_n(e->level + 1, BITS)),
				TICK_US));
	while (e->level > to)
		fall(e, octave_tick(e->origin_us,
				force_crossing_us(t0_us, f0_n, t1_us, f1_n, octave_force_n(e->level, BITS)), TICK_US));
}

static int32_t up_ticks(const struct edges *e, int level)
{
	int32_t ticks = e->up_ticks;

	for (int l = e->highest; l > level; l--)
		ticks -= unpacked(e->up[l]);
	return ticks;
}

static int32_t down_ticks(const struct edges *e, int level)
{
	int32_t ticks = e->down_ticks;

	for (int l = e->level + 2; l <= level; l++)
		ticks -= unpacked(e->down[l]);
	return ticks;
}

/* Between the times of the levels low and low + 1. */
static int64_t between(const struct edges *e, int low, int32_t low_ticks, int32_t high_ticks, double level_n)
{
	double share =
		(level_n - octave_force_n(low, BITS)) / (octave_force_n(low + 1, BITS) - octave_force_n(low, BITS));

	return e->origin_us + (int64_t)((low_ticks + share * (high_ticks - low_ticks)) * TICK_US);
}

bool edges_up_us(const struct edges *e, double level_n, int64_t *ret_t_us)
{
	int low = octave_rung(level_n, BITS);

	if (low > e->highest || low >= EDGES_LEVELS - 1)
		return false;
	if (low < 0)
		*ret_t_us = e->origin_us;
	else if (low == e->highest)
		*ret_t_us = e->origin_us + (int64_t)e->up_ticks * TICK_US;
	else
		*ret_t_us = between(e, low, up_ticks(e, low), up_ticks(e, low + 1), level_n);
	return true;
}

bool edges_down_us(const struct edges *e, double level_n, int64_t *ret_t_us)
{
	int low = octave_rung(level_n, BITS);

	if (low < 0 || low < e->level || low > e->highest || low >= EDGES_LEVELS - 1)
		return false;
	if (low == e->level && low == e->highest)
		return false;
	if (low == e->highest)
		*ret_t_us = e->origin_us + (int64_t)down_ticks(e, low) * TICK_US;
	else if (low == e->level)
		*ret_t_us = e->origin_us + (int64_t)e->down_ticks * TICK_US;
	else
		*ret_t_us = between(e, low, down_ticks(e, low), down_ticks(e, low + 1), level_n);
	return true;
}

/* Whether the force stood in the cell above the fall so far: longer than the fall took, and long enough to be no part of it. */
static bool stood(const struct edges *e, const struct edges_fall *fall, double next_n)
{
	int64_t t_us;

	return !edges_down_us(e, next_n, &t_us) ||
	       (fall->high_us - t_us > STOOD_US && fall->high_us - t_us > fall->low_us - fall->high_us);
}

bool edges_fall(const struct edges *e, double high_n, double low_n, double stood_n, struct edges_fall *ret)
{
	struct edges_fall fall = { .high_n = low_n, .low_n = low_n };
	bool standing = false;

	if (!edges_down_us(e, low_n, &fall.low_us))
		return false;
	fall.high_us = fall.low_us;
	for (int i = octave_rung(low_n, BITS) + 1; fall.high_n < high_n && !standing; i++) {
		double next_n = octave_force_n(i, BITS), to_n = fmin(high_n, next_n);

		standing = fall.high_us < fall.low_us && stood(e, &fall, next_n);
		if (standing) {
			/* when it set off is not known, but from where, and how fast it fell then */
			double per_n = (double)(fall.low_us - fall.high_us) / (fall.high_n - fall.low_n);

			to_n = fmin(to_n, fmax(stood_n, fall.high_n));
			fall.high_us -= (int64_t)(per_n * (to_n - fall.high_n));
		} else if (!edges_down_us(e, to_n, &fall.high_us)) {
			return false;
		}
		fall.high_n = to_n;
	}
	if (fall.high_n <= low_n || fall.high_us >= fall.low_us)
		return false;
	*ret = fall;
	return true;
}
