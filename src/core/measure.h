/* SPDX-License-Identifier: MIT */
/*
 * The mean of what the cells read during one second, and how steady it was: for a tare or a calibration that was asked for.
 * Judging it is the caller's business.
 */
#ifndef CORE_MEASURE_H
#define CORE_MEASURE_H

#include <knead/sample.h>
#include <knead/settings.h>

struct measure {
	bool running, done, saturated;
	uint32_t cells, count;
	int64_t start_us;
	double mean_raw[KNEAD_CELLS_MAX];
	double mean_n, m2_n2; /* of the sum: Welford's running mean and squares, raw without any zero */
};

/* Begins anew with the next sample. */
void measure_start(struct measure *m);

/* One sample as it came, not despiked: a spike makes it unsteady, and it is tried again. Does nothing unless running. */
void measure_push(struct measure *m, const struct knead_sample *sample, int64_t t_us, const double *n_per_raw);

#endif
