/* SPDX-License-Identifier: MIT */
/*
 * A grid of eight levels per octave of force, piecewise linear, so that the exponent and the top three bits of the mantissa
 * of a double are the number of its level: no logarithm per sample.
 */
#include <string.h>

#include "edges.h"
#include "force.h"

#define MANTISSA_SHIFT 49 /* 52 bits of mantissa, the top 3 kept */
#define FIRST_LEVEL ((1023 - 1) << 3) /* 0.5 = 2^-1 */
#define TICK_US 100

static int level_of(double force_n)
{
	uint64_t bits;
	int level;

	if (!(force_n >= 0.5))
		return -1;
	memcpy(&bits, &force_n, sizeof bits);
	level = (int)(bits >> MANTISSA_SHIFT) - FIRST_LEVEL;
	return level < EDGES_LEVELS ? level : EDGES_LEVELS - 1;
}

static double force_of(int level)
{
	uint64_t bits = (uint64_t)(level + FIRST_LEVEL) << MANTISSA_SHIFT;
	double force_n;

	memcpy(&force_n, &bits, sizeof force_n);
	return force_n;
}

static int32_t tick_of(const struct edges *e, int64_t t_us)
{
	int64_t tick = (t_us - e->origin_us) / TICK_US;

	return tick > INT32_MAX ? INT32_MAX : (int32_t)tick;
}

void edges_init(struct edges *e, int64_t t_us, double force_n)
{
	memset(e, 0, sizeof *e);
	e->origin_us = t_us;
	e->origin_n = force_n;
	e->level = e->highest = level_of(force_n);
}

void edges_push(struct edges *e, int64_t t0_us, double f0_n, int64_t t1_us, double f1_n)
{
	int to = level_of(f1_n);

	while (e->level < to) {
		e->level++;
		if (e->level > e->highest) {
			e->highest = e->level;
			e->up[e->level] = tick_of(e, force_crossing_us(t0_us, f0_n, t1_us, f1_n, force_of(e->level)));
		}
	}
	while (e->level > to) {
		e->down[e->level] = tick_of(e, force_crossing_us(t0_us, f0_n, t1_us, f1_n, force_of(e->level)));
		e->level--;
	}
}

static int64_t between(const struct edges *e, const int32_t *tick, int low, double level_n)
{
	double share = (level_n - force_of(low)) / (force_of(low + 1) - force_of(low));

	return e->origin_us + (int64_t)((tick[low] + share * (tick[low + 1] - tick[low])) * TICK_US);
}

bool edges_up_us(const struct edges *e, double level_n, int64_t *ret_t_us)
{
	int low = level_of(level_n);

	if (low > e->highest || low >= EDGES_LEVELS - 1)
		return false;
	if (low < 0)
		*ret_t_us = e->origin_us;
	else if (low == e->highest)
		*ret_t_us = e->origin_us + (int64_t)e->up[low] * TICK_US;
	else
		*ret_t_us = between(e, e->up, low, level_n);
	return true;
}

bool edges_down_us(const struct edges *e, double level_n, int64_t *ret_t_us)
{
	int low = level_of(level_n);
	bool above;

	if (low < 0 || low > e->highest || low >= EDGES_LEVELS - 1 || low < e->level)
		return false;
	above = low < e->highest && e->down[low + 1] != 0;
	if (!above && e->down[low] == 0)
		return false;
	if (!above)
		*ret_t_us = e->origin_us + (int64_t)e->down[low] * TICK_US;
	else if (e->down[low] == 0)
		*ret_t_us = e->origin_us + (int64_t)e->down[low + 1] * TICK_US;
	else
		*ret_t_us = between(e, e->down, low, level_n);
	return true;
}
