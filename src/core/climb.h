/* SPDX-License-Identifier: MIT */
/*
 * How the force climbed to its highest: when it passed each of the last levels for the first time, and how low it fell since.
 * People stand at levels that are near each other, so the last part of the climb is kept finer than the rest of it (edges.h);
 * 90 % and 95 % of the hold's own level lie there.
 */
#ifndef CORE_CLIMB_H
#define CORE_CLIMB_H

#include <knead/units.h>

#define CLIMB_RUNGS 24 /* three quarters of an octave up to the highest level, in steps of 1/32 of it */

struct climb {
	int64_t origin_us;
	float origin_n; /* the force then */
	float top_n; /* largest so far, and when, in 0.1 ms from the origin */
	int32_t top;
	int16_t first, highest; /* rung below origin_n, and the highest one reached; -1 under the grid */
	int16_t settled; /* the highest one that the last climb_settle() knew */
	/* of rung i at i % CLIMB_RUNGS */
	uint16_t rose_ms[CLIMB_RUNGS]; /* how long it took from it to the highest before the next one ... */
	uint8_t rose[CLIMB_RUNGS]; /* ... and how far up towards that, of 255 */
	int32_t up[CLIMB_RUNGS]; /* first time upwards */
	float floor_n[CLIMB_RUNGS]; /* smallest force since it passed this one */
};

/* Begins at t_us with force_n: what lies below counts as passed at t_us. */
void climb_init(struct climb *c, int64_t t_us, double force_n);

/* The force went in a straight line from (t0, f0) to (t1, f1), f1 being above all before: see climb_push(). */
void climb_rise(struct climb *c, int64_t t0_us, double f0_n, int64_t t1_us, double f1_n);

/* Next piece of the course of the force. Nothing to do but while it climbs. */
static inline void climb_push(struct climb *c, int64_t t0_us, double f0_n, int64_t t1_us, double f1_n)
{
	if (f1_n > (double)c->top_n)
		climb_rise(c, t0_us, f0_n, t1_us, f1_n);
}

/* The force stands where it belongs again; min_n is the smallest since that was last said. O(CLIMB_RUNGS). */
void climb_settle(struct climb *c, double min_n);

/* First time upwards through level_n. False when it never happened, or so far below the highest that it is no longer known. */
bool climb_up_us(const struct climb *c, double level_n, int64_t *ret_t_us);

/* Smallest force told of since it went up through level_n for the first time; 0 where that is not known. */
double climb_floor_n(const struct climb *c, double level_n);

#endif
