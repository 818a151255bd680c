/* SPDX-License-Identifier: MIT */
/*
 * Turns conditioned samples into what the machines look at: the level, where it crosses a line, the position of the contact,
 * a smooth copy for reversals, the slope, the running impulse.
 */
#ifndef CORE_SIGNAL_H
#define CORE_SIGNAL_H

#include <knead/settings.h>

#include "force.h"
#include "sphere.h"

struct signal {
	const struct knead_settings *settings;

	int64_t t_us, prev_t_us;
	double raw_n, prev_raw_n; /* despiked, unsmoothed: peak, mean, impulse */
	double older_n; /* level of the sample before the one before; only where spread > 0 */
	double level_n, prev_level_n; /* for levels; above 200 samples/s through a low-pass of 4 ms */
	int64_t level_lag_us; /* how late level_n is against raw_n */
	double calm_n, prev_calm_n; /* through a low-pass of 16 ms, for the times of slow crossings in noise */
	int64_t calm_lag_us;
	bool has_prev; /* there is a sample before this one, without loss between */
	int64_t first_us; /* the first sample since the start or the last loss: nothing is dated before it */
	bool gap; /* samples are missing just before this one */
	bool unsure; /* set by the pipeline: time may yet jump, because samples came late and nobody knows why */
	bool saturated;
	double noise_n; /* standard deviation of the white noise in raw_n, measured while idle; 0 = not known */

	/* raw_n less what noise owes to a maximum: the largest of it inside an event is the event's peak */
	double crest_n;
	int64_t crest_us;

	double impulse_ns; /* running integral of raw_n since the touch */

	/* samples of 12.5 ms, for the crest: their sum, number, and the largest of them */
	double crest_sum_n, crest_top_n;
	int64_t crest_top_us;
	uint32_t crest_count;
	double crest_sd; /* by how many of its standard deviations such a mean is lowered */

	double fast_n, slope_n_per_s; /* 30 ms mean and the slope against it */
	int64_t fast_lag_us;
	double trend_n_per_s; /* the same slope, smoothed where single samples are noisy */

	/* reversals: force (one cell) or position (geometry), smoothed */
	bool positional;
	double u; /* N or mm (degrees where a ring has no radius) */
	int64_t u_lag_us;
	bool u_valid; /* false while the position means nothing (too little force) */
	bool u_started;
	double u_spread, u_noise_share; /* geometry: noise of a place = its share x noise_n / load, raw and smoothed */
	double angle_rad; /* unwrapped, ring */

	/* gains, for the period in force */
	double period_us;
	double level_gain, calm_gain, fast_gain, slope_per_s, slope_gain, u_gain;
	bool level_filtered;
	double spread; /* of the converter's filter at a few samples/s: half its variance, in sample periods squared */
	struct sphere sphere;
	float cell[KNEAD_CELLS_MAX][3]; /* line: x is the place; ring and sphere: unit vector */
};

void signal_init(struct signal *s, const struct knead_settings *settings);

/* The sample period has become known or has changed; cheap when it has not. */
void signal_set_period(struct signal *s, double period_us);

/* Takes the next sample. gap: samples are missing before it (bridged); loaded: in a touch or contact, smoothing matters. */
void signal_push(struct signal *s, const struct force *force, bool gap, bool loaded);

/* Data was lost: the next sample has no neighbour before it. */
void signal_cut(struct signal *s);

/* A touch begins at t_us: the impulse counts from there, smoothing starts afresh. */
void signal_touch(struct signal *s, int64_t t_us, double force_n);

/* The smoothing for reversals starts again from the next sample (after a freeze, at a new movement). */
static inline void signal_restart_u(struct signal *s)
{
	s->u_started = false;
}

/* When the level crossed level_n between the sample before and this one; across a gap upwards this one, downwards the one before. */
int64_t signal_crossing_us(const struct signal *s, double level_n);

/*
 * A better time for a crossing of level_n that level_n has gone through a little before, where noise blurs it and the force goes
 * slowly: the crossing of the calmer copy. False as long as that one has not crossed (up: upwards), and where it would do no good.
 */
bool signal_calm_crossing_us(const struct signal *s, double level_n, bool up, int64_t *ret_t_us);

/* Running impulse at t_us, a little before now, by a straight line. */
static inline double signal_impulse_at(const struct signal *s, int64_t t_us, double force_n)
{
	/* what lies in a gap belongs to nobody who ended before it */
	if (s->gap && t_us <= s->prev_t_us)
		force_n = s->prev_raw_n;
	return s->impulse_ns - (force_n + s->raw_n) / 2 * knead_us_to_s(s->t_us - t_us);
}

#endif
