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

struct edges {
	int64_t origin_us;
	double origin_n; /* the force then */
	int level; /* highest grid level below the force, -1 under the grid */
	int highest; /* highest one reached */
	int32_t up[EDGES_LEVELS]; /* first time upwards, 0.1 ms from the origin */
	int32_t down[EDGES_LEVELS]; /* last time downwards, 0 = never: nothing falls within a tick of the origin */
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

#endif
