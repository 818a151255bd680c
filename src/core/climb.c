/* SPDX-License-Identifier: MIT */
/*
 * A ladder of 32 rungs per octave of force. Between two rungs the force may have stood:
 *
 *   next   - - - - - - - /     to top it slowed down, and from there it went on later: what lies above top was passed
 *   top    - -____---___/      at the end
 *   rung   _/
 */
#include <math.h>
#include <string.h>

#include "climb.h"
#include "force.h"
#include "octave.h"

#define BITS 5 /* 32 rungs an octave */
#define TICK_US 100
#define TICKS_PER_MS 10
#define STOOD_TICKS 2500 /* so long from its highest to the next rung is a stand */

void climb_init(struct climb *c, int64_t t_us, double force_n)
{
	memset(c, 0, sizeof *c);
	c->origin_us = t_us;
	c->origin_n = c->top_n = (float)force_n;
	/* of the force as it is kept: rounded, it may lie on the next rung */
	c->first = c->highest = c->settled = (int16_t)octave_rung((double)c->origin_n, BITS);
}

/* The force left a rung for the next one: how it had come to its highest in between. */
static void leave(struct climb *c, int rung, double next_n)
{
	int i = (rung + CLIMB_RUNGS) % CLIMB_RUNGS;
	double low_n = rung > c->first ? octave_force_n(rung, BITS) : (double)c->origin_n;
	int32_t ms = (c->top - (rung > c->first ? c->up[i] : 0)) / TICKS_PER_MS;

	c->rose_ms[i] = ms < UINT16_MAX ? (uint16_t)ms : UINT16_MAX;
	c->rose[i] = (uint8_t)(UINT8_MAX * ((double)c->top_n - low_n) / (next_n - low_n));
}

void climb_rise(struct climb *c, int64_t t0_us, double f0_n, int64_t t1_us, double f1_n)
{
	int to = octave_rung(f1_n, BITS);

	while (c->highest < to) {
		double next_n = octave_force_n(c->highest + 1, BITS);

		leave(c, c->highest++, next_n);
		c->top = octave_tick(c->origin_us, force_crossing_us(t0_us, f0_n, t1_us, f1_n, next_n), TICK_US);
		c->top_n = (float)next_n;
		c->up[c->highest % CLIMB_RUNGS] = c->top;
		c->floor_n[c->highest % CLIMB_RUNGS] = c->top_n;
	}
	c->top_n = (float)f1_n;
	c->top = octave_tick(c->origin_us, t1_us, TICK_US);
}

static bool has_rung(const struct climb *c, int level)
{
	return level > c->first && level <= c->highest && level > c->highest - CLIMB_RUNGS;
}

void climb_settle(struct climb *c, double min_n)
{
	/* what is higher was reached since, after the smallest force as likely as before it */
	for (int i = c->settled; has_rung(c, i); i--)
		if (min_n < (double)c->floor_n[i % CLIMB_RUNGS])
			c->floor_n[i % CLIMB_RUNGS] = (float)min_n;
	c->settled = c->highest;
}

/* When it passed level_n, above a rung that it had passed, or above the origin. */
static double tick_above(const struct climb *c, int low, double level_n)
{
	int i = low % CLIMB_RUNGS;
	bool last = low == c->highest, stood;
	double low_n = low > c->first ? octave_force_n(low, BITS) : (double)c->origin_n,
	       next_n = octave_force_n(low + 1, BITS);
	double from = low > c->first ? c->up[i] : 0, top_n = (double)c->top_n, top = c->top, to = top, share;

	if (!last) {
		top_n = low_n + c->rose[i] * (next_n - low_n) / UINT8_MAX;
		top = from + c->rose_ms[i] * TICKS_PER_MS;
		to = c->up[(low + 1) % CLIMB_RUNGS];
	}
	stood = last || to - top > STOOD_TICKS;
	if (level_n >= top_n)
		return stood ? to : top + (level_n - top_n) / (next_n - top_n) * (to - top);
	share = (level_n - low_n) / (top_n - low_n);
	return from + (stood ? 1 - sqrt(1 - share) : share) * (top - from);
}

bool climb_up_us(const struct climb *c, double level_n, int64_t *ret_t_us)
{
	int low = octave_rung(level_n, BITS);
	double tick = 0;

	if (level_n > (double)c->top_n)
		return false;
	if (level_n > (double)c->origin_n) {
		if (!has_rung(c, low) && !(low == c->first && c->highest - CLIMB_RUNGS < low))
			return false;
		tick = tick_above(c, low < 0 ? 0 : low, level_n);
	}
	*ret_t_us = c->origin_us + (int64_t)(tick * TICK_US);
	return true;
}

double climb_floor_n(const struct climb *c, double level_n)
{
	int low = octave_rung(level_n, BITS);
	double floor_n = level_n; /* there it stood when it passed */

	if (!has_rung(c, low))
		return 0;
	if (has_rung(c, low + 1))
		floor_n = fmin(floor_n, (double)c->floor_n[(low + 1) % CLIMB_RUNGS]);
	/* on its way from this rung up it was lower than level_n, which does not count */
	if ((double)c->floor_n[low % CLIMB_RUNGS] < octave_force_n(low, BITS))
		floor_n = fmin(floor_n, (double)c->floor_n[low % CLIMB_RUNGS]);
	return floor_n;
}
