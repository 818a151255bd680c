/* SPDX-License-Identifier: MIT */
/*
 * When the force went up through each level for the first time, and down through it for the last time: what onset, fall and
 * time to peak are read from, whatever level they turn out to refer to.
 */
#ifndef CORE_EDGES_H
#define CORE_EDGES_H

#include <knead/units.h>

#define EDGES_PER_OCTAVE 8
#define EDGES_LEVELS (11 * EDGES_PER_OCTAVE) /* 0.5 N to 1024 N */

/*
 * Times are ticks of 0.1 ms from the origin. Those of neighbouring levels follow one another, so each level keeps the step
 * between: 16 bits, exact up to 0.8 s and to one part in 4000 beyond.
 */
struct edges {
	int64_t origin_us;
	float origin_n; /* the force then */
	int16_t level; /* highest grid level below the force, -1 under the grid */
	int16_t highest; /* highest one reached */
	int32_t up_ticks; /* first time up through the highest level */
	int32_t down_ticks; /* last time down through the lowest level above the force; those above it were left before */
	uint16_t up[EDGES_LEVELS]; /* first time upwards, since that of the level below */
	uint16_t down[EDGES_LEVELS]; /* from the last time downwards to that of the level below */
};

/* A fall as it went between two levels. */
struct edges_fall {
	double high_n, low_n;
	int64_t high_us, low_us;
};

/* Begins at t_us with force_n: levels already below it count as passed at t_us. */
void edges_init(struct edges *e, int64_t t_us, double force_n);

/* The force went in a straight line from (t0, f0) to (t1, f1). O(1) but for the levels really crossed. */
void edges_push(struct edges *e, int64_t t0_us, double f0_n, int64_t t1_us, double f1_n);

/*
 * First time upwards, last time downwards, through any level, interpolated on the grid. Return false when it never
 * happened. The downward time is only meaningful while the force is below that level now.
 */
bool edges_up_us(const struct edges *e, double level_n, int64_t *ret_t_us);
bool edges_down_us(const struct edges *e, double level_n, int64_t *ret_t_us);

/*
 * The final fall from high_n to low_n. Where the force had gone under high_n before, and stood there for longer than the fall
 * took, the fall begins where it stood: stood_n, as far as that is possible. False when it did not fall through low_n, or not
 * from above it.
 */
bool edges_fall(const struct edges *e, double high_n, double low_n, double stood_n, struct edges_fall *ret);

#endif
