/* SPDX-License-Identifier: MIT */
/*
 * Counts -> newton, per cell: despiking, zero, scale, saturation.
 */
#ifndef CORE_CALIB_H
#define CORE_CALIB_H

#include <knead/sample.h>
#include <knead/settings.h>

#include "force.h"
#include "zero.h"

#define CALIB_PARKED 7
#define CALIB_MS_SHIFT 10 /* microseconds to milliseconds, nearly */

/* One sample on its way from the median to the scale. */
struct reading {
	int64_t t_us;
	bool saturated, spike;
	float raw[KNEAD_CELLS_MAX]; /* only as many as there are cells; 24 bits, as the best converters have */
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
	bool device_zero; /* the device says a force or a mass, which has a zero of its own */
	bool counts; /* raw values are a converter's, with rails */
	double limit_n; /* readings beyond it are spikes; INFINITY while nothing is known of the capacity */
	struct zero zero;

	/* median of three */
	struct reading window[4];
	struct reading *before, *a, *b, *spare; /* the last three, oldest first, and room for the next */
	uint32_t seen;

	/* newest reading given out, and its force with the zero of that moment */
	struct reading last;
	double last_sum_n;
	bool has_last;

	/* a jump that may be a run of spikes waits here */
	struct reading parked[CALIB_PARKED];
	float parked_raw_n[CALIB_PARKED]; /* their force before the median */
	uint32_t parked_count, ready_count, ready_next;
	double steps_n; /* mean step from one sample to the next, lately */

	/* diagnosis */
	bool idle; /* by the latest sample that came out */
	uint32_t looked; /* idle samples lately */
	uint16_t changes[KNEAD_CELLS_MAX]; /* how many of them differed from the one before, by cell */
	uint32_t changed_ms[KNEAD_CELLS_MAX]; /* last time they did; stream time / 1024 us */
	uint32_t lively, ever; /* cells, one bit each, that usually differ; that ever did */
	uint32_t dead; /* cells that stopped to: they count as unloaded until they move again */
	float dead_raw[KNEAD_CELLS_MAX]; /* what those say all the time */
	uint32_t saturated_run; /* saturated readings in a row, at most a few */
	uint64_t spikes;
	double spike_n; /* how far off the last of them was; 0 = beyond the capacity */
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

/*
 * No neighbour will come (gap, end): the newest sample comes out against the one before it. As calib_push(). lost: what comes
 * next has nothing to do with what was before.
 */
bool calib_flush(struct calib *c, bool lost, struct force *ret);

/* Tells of the conditioned sample that came out last whether it belongs to idle time: then the zero follows. */
static inline void calib_track(struct calib *c, const struct force *force, bool idle)
{
	c->idle = idle;
	if (!idle || (!force->saturated && !force->spike))
		zero_track(&c->zero, force->t_us, c->last.raw, c->n_per_raw, force->sum_n, idle);
}

/* Exactly the largest or smallest count of a 24-bit converter. */
static inline bool calib_on_rail(double raw)
{
	return raw == 8388607.0 || raw == -8388608.0;
}

/* It is another device: its zero is unknown, whatever the settings say, and so is what it says of its own scale. */
void calib_forget(struct calib *c);

/* Zero or scale have changed: what was known of forces is worked out anew, and nothing is taken for a jump. */
void calib_rebase(struct calib *c);

/* The device has tared itself: the zero goes along, and nothing of it is a change of force. No drift counts from here. */
void calib_move_zero(struct calib *c, const double *zero_raw);

/* Force of the newest reading that waits, because it may yet be a spike; false when none does. */
bool calib_waiting(const struct calib *c, double *ret_n);

/* A cell that has said the same for two seconds. */
struct calib_stuck {
	bool rail; /* at the end of its range for half a minute, instead of anywhere for two seconds */
	uint32_t cell;
	int64_t since_us; /* its last real reading */
	double force_n; /* that it would have had all the time */
};

/*
 * Looks for a cell of full resolution (counts) that has said the same for two seconds, where every other reading differs while idle.
 * True when one has just been found: from now on it counts as unloaded. Ask ten times a second.
 */
bool calib_find_stuck(struct calib *c, int64_t t_us, struct calib_stuck *ret);

/* A dead cell has another reading: from this sample on it counts again. Ask before calib_push(). */
bool calib_revive(struct calib *c, const struct knead_sample *sample);

#endif
