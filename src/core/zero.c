/* SPDX-License-Identifier: MIT */
/*
 * The zero follows drift only while idle, slowly, in a narrow band, and what is used is the zero of half a second ago, so
 * that the slow beginning of a press is never taken for drift. In the seconds after a load, while foam and cell recover, what
 * is steady near it is the zero, and it follows quickly. It is never set at the start under load. detection.md section 6.
 */
#include <math.h>
#include <string.h>

#include "zero.h"

#define BLOCK_US 50000
#define ZERO_COPY_US 100000
#define TRACK_TAU_S 8.0
#define TRACK_SLOW_S 60.0 /* near the zero but rising: hardly */
#define TRACK_RISE_N_S 2.0
#define STEADY_STEP_N 2.0
#define TRACK_FAST_S 1.5
#define SETTLE_US (8 * KNEAD_US_PER_S) /* after a contact the zero may have moved: what is steady then is the zero */
#define SETTLE_TAU_S 0.3
#define SETTLE_SD_N 0.5
#define SETTLE_SLEW 6.0 /* N/s */
#define TRACK_BAND_N 3.0
#define TRACK_GENTLE_N 1.5
#define TRACK_PRESS 0.9 /* share of press_n followed while steady */
#define TRACK_FAST_N 0.6
#define TRACK_SD_N 0.9
#define TRACK_SD_TAU_S 0.2
#define TRACK_SLEW_N_S 1.5
#define BOOT_ZERO_US (2 * KNEAD_US_PER_S)
#define BOOT_SD_N 1.0
#define BOOT_BLOCK_US 50000
#define BOOT_FAR_N 5.0
#define BOOT_FAR_NOISE 6.0 /* ... or this many standard deviations of the noise */
#define BOOT_LEARN 8 /* readings before any can be far from their mean */
#define NOISE_COUNT 512
#define NOISE_MIN 16 /* differences before the noise is known */
#define NOISE_CLIP 8.0 /* what differs by more than this many variances is a movement, and counts as that much */
#define NOISE_FLOOR_N2 1e-4

void zero_init(struct zero *z, const struct knead_settings *settings)
{
	memset(z, 0, sizeof *z);
	z->settings = settings;
	z->cells = settings->cells;
	z->use = z->copies[0];
	if (settings->zero_raw_count > 0)
		zero_set(z, settings->zero_raw);
}

void zero_set(struct zero *z, const double *zero_raw)
{
	memcpy(z->track, zero_raw, sizeof z->track);
	memcpy(z->start, zero_raw, sizeof z->start);
	for (uint32_t i = 0; i < ZERO_COPIES; i++)
		memcpy(z->copies[i], zero_raw, sizeof z->copies[i]);
	z->newest = 0;
	z->use = z->copies[1];
	z->known = true;
}

void zero_move(struct zero *z, const double *zero_raw)
{
	zero_set(z, zero_raw);
	z->tracking = false;
	z->implausible = false;
}

static void noise_restart(struct noise *n)
{
	n->past = 0;
}

/*
 * Half the mean square of the difference to the third sample before: neighbours share readings through the median of three,
 * and over so short a time what is not noise changes little.
 */
static void noise_push(struct noise *n, double force_n)
{
	double step_n = force_n - n->past_n[2], half_n2 = step_n * step_n / 2;

	n->past_n[2] = n->past_n[1];
	n->past_n[1] = n->past_n[0];
	n->past_n[0] = force_n;
	if (n->past < 3) {
		n->past++;
		return;
	}
	n->count += n->count < NOISE_COUNT;
	/* a mean at first, which lets the clip grow quickly */
	n->var_n2 += (fmin(half_n2, NOISE_CLIP * (n->var_n2 + NOISE_FLOOR_N2)) - n->var_n2) / n->count;
}

static void noise_settle(struct noise *n)
{
	n->sd_n = n->count >= NOISE_MIN ? sqrt(n->var_n2) : 0;
}

static void restart_boot(struct zero *z)
{
	z->boot_count = z->boot_off = z->boot_blocks = z->boot_block_count = 0;
	z->boot_sum_mean_n = z->boot_block_n = z->boot_blocks_mean_n = z->boot_blocks_m2_n2 = 0;
	memset(z->boot_mean, 0, sizeof z->boot_mean);
}

/* A reading far from the mean so far: up to two in a row are spikes and left out, more are a load, and quiet begins anew. */
static bool boot_outlier(struct zero *z, double sum_n)
{
	double far_n = fmax(BOOT_FAR_N, BOOT_FAR_NOISE * z->noise.sd_n);

	if (z->boot_count < BOOT_LEARN || fabs(sum_n - z->boot_sum_mean_n) < far_n) {
		z->boot_off = 0;
		return false;
	}
	if (++z->boot_off <= 2)
		return true;
	restart_boot(z);
	return false;
}

/* Quiet is judged on means of 50 ms: what a noisy converter does from sample to sample is no load. */
static void boot_block(struct zero *z, int64_t t_us, double sum_n)
{
	double mean_n, delta_n;

	z->boot_block_n += sum_n;
	z->boot_block_count++;
	if (t_us - z->boot_block_us < BOOT_BLOCK_US)
		return;
	noise_settle(&z->noise);
	mean_n = z->boot_block_n / z->boot_block_count;
	z->boot_blocks++;
	delta_n = mean_n - z->boot_blocks_mean_n;
	z->boot_blocks_mean_n += delta_n / z->boot_blocks;
	z->boot_blocks_m2_n2 += delta_n * (mean_n - z->boot_blocks_mean_n);
	z->boot_block_us = t_us;
	z->boot_block_n = z->boot_block_count = 0;
}

bool zero_boot(struct zero *z, int64_t t_us, const float *raw, const double *n_per_raw)
{
	double sum_n = 0;
	bool quiet;

	for (uint32_t i = 0; i < z->cells; i++)
		sum_n += (double)raw[i] * n_per_raw[i];
	noise_push(&z->noise, sum_n);
	if (boot_outlier(z, sum_n))
		return false;
	if (z->boot_count++ == 0)
		z->boot_start_us = z->boot_block_us = t_us;
	for (uint32_t i = 0; i < z->cells; i++)
		z->boot_mean[i] += ((double)raw[i] - z->boot_mean[i]) / z->boot_count;
	z->boot_sum_mean_n += (sum_n - z->boot_sum_mean_n) / z->boot_count;
	boot_block(z, t_us, sum_n);
	if (t_us - z->boot_start_us < BOOT_ZERO_US || z->boot_blocks < 3)
		return false;
	/* Welford's running mean and variance, over the blocks */
	quiet = sqrt(z->boot_blocks_m2_n2 / z->boot_blocks) < BOOT_SD_N;
	if (quiet) {
		zero_set(z, z->boot_mean);
		z->implausible = z->settings->capacity_n > 0 && fabs(z->boot_sum_mean_n) > z->settings->capacity_n;
	}
	restart_boot(z);
	return quiet;
}

/* Mean and variance of the idle sum, lately. Returns how fast it rises, N/s. */
static double watch_steadiness(struct zero *z, double off_n, double dt_s)
{
	double gain = dt_s < TRACK_SD_TAU_S / 2 ? dt_s / TRACK_SD_TAU_S : 0.5;
	double delta_n = off_n - z->mean_n;

	/* the end of a load must not count for seconds */
	delta_n = delta_n > STEADY_STEP_N ? STEADY_STEP_N : delta_n < -STEADY_STEP_N ? -STEADY_STEP_N : delta_n;
	z->mean_n = off_n - (1 - gain) * delta_n;
	z->var_n2 += gain * (delta_n * delta_n * (1 - gain) - z->var_n2);
	return delta_n / TRACK_SD_TAU_S;
}

/* Time constant with which the zero may follow what lies off_n from it and rises that fast; 0: not at all. */
static double follow_tau_s(const struct zero *z, double off_n, double rise_n_per_s)
{
	bool gentle = z->settings->profile == KNEAD_PROFILE_GENTLE;
	bool near = fabs(off_n) < (gentle ? TRACK_GENTLE_N : TRACK_BAND_N);
	bool steady = z->var_n2 < TRACK_SD_N * TRACK_SD_N && fabs(rise_n_per_s) < TRACK_RISE_N_S;

	if (near && steady && z->tracked_us - z->idle_since_us < SETTLE_US && z->var_n2 < SETTLE_SD_N * SETTLE_SD_N)
		return SETTLE_TAU_S;
	if (!steady)
		return near ? TRACK_SLOW_S : 0;
	if (!near && (gentle || fabs(off_n) >= TRACK_PRESS * z->settings->press_n))
		return 0;
	return fabs(off_n) > TRACK_FAST_N ? TRACK_FAST_S : TRACK_TAU_S;
}

/* One block of idle time: the zero follows its mean. */
static void track_block(struct zero *z, const double *n_per_raw, double dt_s)
{
	double off_n = 0, tau_s, slew_n;

	for (uint32_t i = 0; i < z->cells; i++)
		off_n += (z->block_sum[i] / z->block_count - z->track[i]) * n_per_raw[i];
	tau_s = follow_tau_s(z, off_n, watch_steadiness(z, off_n, dt_s));
	if (tau_s <= 0)
		return;
	slew_n = (tau_s <= SETTLE_TAU_S ? SETTLE_SLEW : TRACK_SLEW_N_S) * dt_s;
	for (uint32_t i = 0; i < z->cells; i++) {
		double off_raw = z->block_sum[i] / z->block_count - z->track[i];
		double step_n = off_raw * n_per_raw[i] * (dt_s < tau_s ? dt_s / tau_s : 1);

		step_n = step_n > slew_n ? slew_n : step_n < -slew_n ? -slew_n : step_n;
		z->track[i] += step_n / n_per_raw[i];
		z->mean_n -= step_n;
	}
}

static void copy_zero(struct zero *z, int64_t t_us)
{
	if (t_us - z->copied_us < ZERO_COPY_US)
		return;
	z->copied_us = t_us;
	z->newest = (z->newest + 1) % ZERO_COPIES;
	memcpy(z->copies[z->newest], z->track, sizeof z->track);
	z->use = z->copies[(z->newest + 1) % ZERO_COPIES];
}

/* A contact begins: nothing of its onset may stay in the zero. */
static void freeze(struct zero *z)
{
	memcpy(z->track, z->use, sizeof z->track);
	for (uint32_t i = 0; i < ZERO_COPIES; i++)
		if (z->copies[i] != z->use)
			memcpy(z->copies[i], z->track, sizeof z->copies[i]);
	z->tracking = false;
}

/* Idle time begins. */
static void thaw(struct zero *z, int64_t t_us, double force_n)
{
	z->tracking = true;
	z->idle_since_us = z->tracked_us = t_us;
	z->block_count = 0;
	noise_restart(&z->noise);
	z->mean_n = force_n;
	z->var_n2 = SETTLE_SD_N * SETTLE_SD_N;
	memset(z->block_sum, 0, sizeof z->block_sum);
}

void zero_track(struct zero *z, int64_t t_us, const float *raw, const double *n_per_raw, double force_n, bool idle)
{
	if (!idle) {
		if (z->tracking)
			freeze(z);
		return;
	}
	if (!z->tracking)
		thaw(z, t_us, force_n);
	noise_push(&z->noise, force_n);
	for (uint32_t i = 0; i < z->cells; i++)
		z->block_sum[i] += (double)raw[i];
	z->block_count++;
	if (t_us - z->tracked_us < BLOCK_US)
		return;
	noise_settle(&z->noise);
	track_block(z, n_per_raw, knead_us_to_s(t_us - z->tracked_us));
	z->tracked_us = t_us;
	z->block_count = 0;
	memset(z->block_sum, 0, z->cells * sizeof z->block_sum[0]);
	copy_zero(z, t_us);
}

double zero_drift_n(const struct zero *z, const double *n_per_raw)
{
	double drift_n = 0;

	for (uint32_t i = 0; i < z->cells; i++)
		drift_n += (z->use[i] - z->start[i]) * n_per_raw[i];
	return z->known ? drift_n : 0;
}
