/* SPDX-License-Identifier: MIT */
/* One conditioned sample: newtons, despiked, zero taken off. What detection sees. */
#ifndef CORE_FORCE_H
#define CORE_FORCE_H

#include <knead/units.h>

struct force {
	int64_t t_us;
	double sum_n; /* plain sum over the cells, signed */
	double noise_n; /* standard deviation of the white noise in sum_n, measured while idle; 0 = not known */
	double cell_n[KNEAD_CELLS_MAX]; /* filled for geometry only */
	bool saturated; /* at least one cell sits on its rail: sum_n is a lower bound */
	bool spike; /* a spike was taken out here */
};

/* Stream time at which a straight line from (t0, f0) to (t1, f1) crosses level; between t0 and t1 by construction. */
static inline int64_t force_crossing_us(int64_t t0_us, double f0_n, int64_t t1_us, double f1_n, double level_n)
{
	double share = f1_n != f0_n ? (level_n - f0_n) / (f1_n - f0_n) : 1;

	if (share < 0)
		share = 0;
	if (share > 1)
		share = 1;
	return t0_us + (int64_t)(share * (double)(t1_us - t0_us) + 0.5);
}

#endif
