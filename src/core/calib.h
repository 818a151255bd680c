/* SPDX-License-Identifier: MIT */
/*
 * Counts -> newton, per cell: despiking, zero, scale, saturation, and the zero that follows drift while idle.
 */
#ifndef CORE_CALIB_H
#define CORE_CALIB_H

#include <knead/sample.h>
#include <knead/settings.h>

#include "force.h"

#define CALIB_PARKED 3
#define CALIB_ZEROS  5 /* copies of the tracked zero, an eighth of a second apart: the oldest is the one in use */

/* One sample between the median and the scale. */
struct calib_raw {
	int64_t t_us;
	double raw[KNEAD_CELLS_MAX];
	bool saturated, spike;
};

enum calib_state {
	CALIB_WAIT_SCALE, /* the device may still describe itself (K1) */
	CALIB_WAIT_ZERO, /* mean of the first two quiet seconds */
	CALIB_READY,
};

struct calib {
	const struct knead_settings *settings;
	enum calib_state state;
	uint32_t cells;
	double n_per_raw[KNEAD_CELLS_MAX];
	bool calibrated; /* the scale is known, not assumed */

	/* median of three: a and b are the two samples before the newest */
	uint32_t seen;
	struct calib_raw a, b;
	struct calib_raw last; /* newest one given out; t_us INT64_MIN: none */
	double last_sum_n; /* its force, with the zero of that moment */

	/* a jump that may be a double spike waits here */
	struct calib_raw parked[CALIB_PARKED];
	uint32_t parked_count, ready_count, ready_next;

	/* zero, in the device's unit */
	bool zero_known, zero_implausible;
	double zero_track[KNEAD_CELLS_MAX]; /* follows drift */
	double zero_copies[CALIB_ZEROS][KNEAD_CELLS_MAX]; /* ring; zero_use points at the oldest */
	const double *zero_use;
	uint32_t zero_newest;
	double zero_start[KNEAD_CELLS_MAX];
	int64_t zero_copied_us;

	/* one block of idle samples, 25 ms or one sample */
	uint32_t block_count;
	int64_t tracked_us, idle_since_us;
	double block_sum[KNEAD_CELLS_MAX];
	double track_prev_n, track_mean_n, track_var_n2; /* of the idle sum, 0.35 s */
	bool tracking;

	/* the first two seconds, where no zero is stored */
	uint32_t boot_count, boot_off;
	int64_t boot_start_us;
	double boot_mean[KNEAD_CELLS_MAX], boot_sum_mean_n, boot_sum_m2_n2;

	/* diagnosis */
	double noise_var_n2; /* of the idle force, from sample to sample */
	double stuck_change_share; /* share of samples that differed from the one before, slow mean */
	int64_t stuck_since_us;
	uint64_t spikes;
};

/* settings must outlive the calibration. cells = 0 in the settings: the first sample decides. */
void calib_init(struct calib *c, const struct knead_settings *settings);

/*
 * What the stream says of its own scale: unit named in it, counts per newton of a KI line (0 = none). Settings win. Called
 * before calib_push() whenever it may have changed. final: nothing more is to be expected, do not wait any longer.
 */
void calib_learn(struct calib *c, enum knead_unit unit, double counts_per_n, bool final);

/*
 * Takes one sample at t_us; when a conditioned sample comes out (one sample later, because the median needs its neighbour)
 * returns true and fills ret. While calib_more() returns true, more have been waiting: take them too, in order.
 * Samples with an invalid cell keep that cell's last value.
 */
bool calib_push(struct calib *c, const struct knead_sample *sample, int64_t t_us, struct force *ret);
bool calib_more(struct calib *c, struct force *ret);

/* No neighbour will come (gap, end): the newest sample comes out against the one before it. As calib_push(). */
bool calib_flush(struct calib *c, struct force *ret);

/*
 * Tells of one conditioned sample whether it belongs to idle time (or to a fall that may be its beginning); only then does
 * the zero follow. When idle time ends, nothing of the onset stays in the zero.
 */
void calib_track(struct calib *c, const struct force *force, bool idle);

/* How far the zero has moved since the start, in N. */
double calib_zero_drift_n(const struct calib *c);

/* Same reading for two seconds on a channel that used to change. */
bool calib_stuck(const struct calib *c, int64_t t_us);

#endif
