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
	/* steadiness is judged on means of 50 ms of the sum: what a converter does from sample to sample is no movement */
	uint32_t block_count, blocks;
	int64_t block_us;
	double block_n, blocks_mean_n,
		blocks_m2_n2; /* sum of the block under way; Welford's mean and squares of the others */
};

/* Begins anew with the next sample. */
void measure_start(struct measure *m);

/* One sample as it came, not despiked: a spike makes it unsteady, and it is tried again. Does nothing unless running. */
void measure_push(struct measure *m, const struct knead_sample *sample, int64_t t_us, const double *n_per_raw);

#endif
