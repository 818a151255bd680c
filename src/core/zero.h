/* SPDX-License-Identifier: MIT */
/*
 * The zero of each cell: known from before, or the mean of the first quiet seconds; following drift only while idle.
 */
#ifndef CORE_ZERO_H
#define CORE_ZERO_H

#include <knead/settings.h>

#define ZERO_COPIES 5 /* of the tracked zero, a tenth of a second apart: the oldest is the one in use */

/* White noise of a force that is otherwise steady. */
struct noise {
	double sd_n; /* standard deviation of one despiked sample, brought up to date every 50 ms; 0 = not yet known */
	double var_n2;
	double past_n[3]; /* the last samples: those of which the median has none in common are independent */
	uint32_t count; /* of differences, at most NOISE_COUNT */
	uint32_t past;
};

struct zero {
	const struct knead_settings *settings;
	uint32_t cells;
	bool known, implausible;
	const double *use; /* the zero in force, one per cell, in the device's unit */
	double track[KNEAD_CELLS_MAX]; /* follows drift */
	double copies[ZERO_COPIES][KNEAD_CELLS_MAX]; /* ring */
	double start[KNEAD_CELLS_MAX];
	uint32_t newest;
	int64_t copied_us;

	/* one block of idle samples, 50 ms or one sample */
	bool tracking;
	uint32_t block_count;
	int64_t tracked_us, idle_since_us;
	double block_sum[KNEAD_CELLS_MAX];
	double mean_n, var_n2; /* of the idle sum, 0.2 s */
	struct noise noise; /* of the idle sum */

	/* the first two seconds, where no zero is stored */
	uint32_t boot_count, boot_off;
	int64_t boot_start_us;
	double boot_mean[KNEAD_CELLS_MAX], boot_sum_mean_n;
	uint32_t boot_blocks, boot_block_count;
	int64_t boot_block_us;
	double boot_block_n, boot_blocks_mean_n, boot_blocks_m2_n2;
};

/* settings must outlive it; a zero that they know is taken. */
void zero_init(struct zero *z, const struct knead_settings *settings);

/* Sets the zero of all cells, in the device's unit. */
void zero_set(struct zero *z, const double *zero_raw);

/* The same, for a zero that moves in the middle of the stream together with the readings: idle time begins anew. */
void zero_move(struct zero *z, const double *zero_raw);

/*
 * One despiked reading before the zero is known; n_per_raw is the scale of each cell. Two quiet seconds set the zero to
 * their mean: then it returns true.
 */
bool zero_boot(struct zero *z, int64_t t_us, const float *raw, const double *n_per_raw);

/*
 * One despiked reading, the force it gave, and whether it belongs to idle time (or to a fall that may be its beginning):
 * only then does the zero follow. When idle time ends, nothing of the onset stays in the zero.
 */
void zero_track(struct zero *z, int64_t t_us, const float *raw, const double *n_per_raw, double force_n, bool idle);

/* How far the zero has moved since the start, in N. */
double zero_drift_n(const struct zero *z, const double *n_per_raw);

#endif
