/* SPDX-License-Identifier: MIT */
/*
 * Counts -> newton. The order matters: spikes go first, before anything linear smears them.
 *
 *   raw --median of 3--> --park--> - zero, x scale --> force
 *
 * Median of three takes single spikes, at the price of one sample of delay. Two spikes in a row come out of it as two
 * equal values far from their neighbours; a jump of that look is parked until the next sample tells whether the force
 * stayed there (then it was real) or went back (then both are replaced by a straight line).
 *
 * The zero follows drift only while idle, slowly, in a narrow band, and what is used is the zero of about one second
 * ago, so that the slow beginning of a press is never taken for drift. detection.md sections 5 and 6 give the numbers.
 */
#include <math.h>
#include <string.h>

#include "calib.h"

#define RAIL_HIGH 8388607.0 /* 24-bit converter */
#define RAIL_LOW  (-8388608.0)

#define PARK_JUMP_N	20.0 /* smallest jump of the sum that may be a double spike ... */
#define PARK_SHARE	0.5 /* ... plus this share of the force before it */
#define SPIKE_N		20.0 /* a removed sample this far off is worth the flag */
#define CAPACITY_FACTOR 1.5

#define BLOCK_US       25000
#define ZERO_COPY_US   125000
#define TRACK_TAU_S    8.0
#define TRACK_FAST_S   1.5
#define SETTLE_US      (8 * KNEAD_US_PER_S) /* after a contact the zero may have moved: what is steady then is the zero */
#define SETTLE_TAU_S   0.3
#define SETTLE_SD_N    0.5
#define SETTLE_SLEW    6.0 /* N/s */
#define TRACK_BAND_N   3.0
#define TRACK_GENTLE_N 1.5
#define TRACK_PRESS    0.9 /* share of press_n followed while steady */
#define TRACK_FAST_N   0.6
#define TRACK_SD_N     0.9
#define TRACK_SD_TAU_S 0.35
#define TRACK_SLEW_N_S 1.5
#define BOOT_ZERO_US   (2 * KNEAD_US_PER_S)
#define BOOT_SD_N      1.0
#define BOOT_FAR_N     5.0
#define BOOT_LEARN     8 /* readings before any can be far from their mean */
#define STUCK_US       (2 * KNEAD_US_PER_S)

static bool scale_from_settings(const struct knead_settings *s)
{
	return s->counts_per_n_count > 0 || knead_unit_n(s->unit) > 0;
}

static void set_scale(struct calib *c, enum knead_unit unit, double counts_per_n)
{
	const struct knead_settings *s = c->settings;
	double unit_n = knead_unit_n(s->unit != KNEAD_UNIT_UNSET ? s->unit : unit);

	c->calibrated = scale_from_settings(s) || unit_n > 0 || counts_per_n != 0;
	for (uint32_t i = 0; i < KNEAD_CELLS_MAX; i++) {
		double per_n = counts_per_n != 0 ? counts_per_n : 1;

		if (s->counts_per_n_count == 1)
			per_n = s->counts_per_n[0];
		else if (s->counts_per_n_count > 1)
			per_n = s->counts_per_n[i < s->counts_per_n_count ? i : 0];
		else if (unit_n > 0)
			per_n = 1 / unit_n;
		c->n_per_raw[i] = 1 / per_n;
	}
}

/* A unit of force or mass means that the device has a zero of its own. */
static bool device_has_zero(const struct calib *c, enum knead_unit unit)
{
	enum knead_unit in_force = c->settings->unit != KNEAD_UNIT_UNSET ? c->settings->unit : unit;

	return knead_unit_n(in_force) > 0;
}

static void set_zero(struct calib *c, const double *zero_raw)
{
	memcpy(c->zero_track, zero_raw, sizeof c->zero_track);
	memcpy(c->zero_start, zero_raw, sizeof c->zero_start);
	for (uint32_t i = 0; i < CALIB_ZEROS; i++)
		memcpy(c->zero_copies[i], zero_raw, sizeof c->zero_copies[i]);
	c->zero_newest = 0;
	c->zero_use = c->zero_copies[1];
	c->zero_known = true;
}

void calib_init(struct calib *c, const struct knead_settings *settings)
{
	memset(c, 0, sizeof *c);
	c->settings = settings;
	c->cells = settings->cells;
	c->zero_use = c->zero_copies[0];
	set_scale(c, KNEAD_UNIT_UNSET, 0);
	if (settings->zero_raw_count > 0)
		set_zero(c, settings->zero_raw);
	c->state = CALIB_WAIT_SCALE;
	c->last.t_us = INT64_MIN;
}

void calib_learn(struct calib *c, enum knead_unit unit, double counts_per_n, bool final)
{
	bool known;

	set_scale(c, unit, counts_per_n);
	if (c->state == CALIB_READY)
		return;
	known = c->calibrated || final;
	if (!c->zero_known && known && device_has_zero(c, unit))
		set_zero(c, (const double[KNEAD_CELLS_MAX]){ 0 });
	if (known)
		c->state = c->zero_known ? CALIB_READY : CALIB_WAIT_ZERO;
}

static inline double median3(double a, double b, double c)
{
	double low = a < b ? a : b, high = a < b ? b : a;

	return c < low ? low : c > high ? high : c;
}

static inline bool on_rail(const struct calib *c, double raw)
{
	return (raw == RAIL_HIGH || raw == RAIL_LOW) && knead_unit_n(c->settings->unit) == 0;
}

static inline double sum_n(const struct calib *c, const double *raw)
{
	double sum = (raw[0] - c->zero_use[0]) * c->n_per_raw[0];

	for (uint32_t i = 1; i < c->cells; i++)
		sum += (raw[i] - c->zero_use[i]) * c->n_per_raw[i];
	return sum;
}

static void to_force(struct calib *c, const struct calib_raw *r, struct force *ret)
{
	ret->t_us = r->t_us;
	ret->saturated = r->saturated;
	ret->spike = r->spike;
	ret->sum_n = sum_n(c, r->raw);
	if (c->cells > 1)
		for (uint32_t i = 0; i < c->cells; i++)
			ret->cell_n[i] = (r->raw[i] - c->zero_use[i]) * c->n_per_raw[i];
	c->last_sum_n = ret->sum_n;
}

/* The median of a, b and next, dated b. */
static void take_median(struct calib *c, const double *next, struct calib_raw *ret)
{
	double removed_n = 0, neighbours_n = 0;

	ret->t_us = c->b.t_us;
	ret->saturated = c->b.saturated;
	for (uint32_t i = 0; i < c->cells; i++) {
		ret->raw[i] = median3(c->a.raw[i], c->b.raw[i], next[i]);
		removed_n += fabs((c->b.raw[i] - ret->raw[i]) * c->n_per_raw[i]);
		neighbours_n += fabs((c->a.raw[i] - next[i]) * c->n_per_raw[i]);
		if (on_rail(c, ret->raw[i]))
			ret->saturated = true;
	}
	ret->spike = removed_n > SPIKE_N && neighbours_n < removed_n / 4;
	c->spikes += ret->spike;
}

static bool same_raw(const struct calib *c, const double *x, const double *y)
{
	for (uint32_t i = 0; i < c->cells; i++)
		if (x[i] == y[i])
			return true;
	return false;
}

/* All parked samples but the newest were spikes: put them on the straight line between their neighbours. */
static void straighten(struct calib *c)
{
	const struct calib_raw *after = &c->parked[c->parked_count - 1];
	double steps = c->parked_count;

	for (uint32_t k = 0; k + 1 < c->parked_count; k++) {
		struct calib_raw *r = &c->parked[k];

		for (uint32_t i = 0; i < c->cells; i++)
			r->raw[i] = c->last.raw[i] + (after->raw[i] - c->last.raw[i]) * ((k + 1) / steps);
		r->spike = true;
		r->saturated = after->saturated;
		c->spikes++;
	}
}

static void release_parked(struct calib *c)
{
	c->ready_count = c->parked_count;
	c->ready_next = 0;
	c->parked_count = 0;
}

/* What comes out of the median goes on, or waits where it may be the first of two spikes. True: it goes on, in ret. */
static bool park(struct calib *c, const struct calib_raw *m, struct force *ret)
{
	double jump_n = sum_n(c, m->raw) - c->last_sum_n;
	bool far = fabs(jump_n) > PARK_JUMP_N + PARK_SHARE * fabs(c->last_sum_n);

	if (c->parked_count == 0) {
		if (!far || c->last.t_us == INT64_MIN) {
			c->last = *m;
			to_force(c, m, ret);
			return true;
		}
		c->parked[c->parked_count++] = *m;
		return false;
	}
	c->parked[c->parked_count++] = *m;
	if (c->parked_count < CALIB_PARKED && same_raw(c, m->raw, c->parked[0].raw))
		return false;
	jump_n = sum_n(c, c->parked[0].raw) - c->last_sum_n;
	if (fabs(sum_n(c, m->raw) - c->last_sum_n) < fabs(jump_n) / 4)
		straighten(c);
	release_parked(c);
	return false;
}

bool calib_more(struct calib *c, struct force *ret)
{
	if (c->ready_next >= c->ready_count)
		return false;
	c->last = c->parked[c->ready_next++];
	to_force(c, &c->last, ret);
	return true;
}

static void watch_stuck(struct calib *c, const struct calib_raw *r)
{
	bool changed = false;

	for (uint32_t i = 0; i < c->cells; i++)
		changed |= r->raw[i] != c->b.raw[i];
	if (changed)
		c->stuck_since_us = r->t_us;
	if (changed || c->stuck_change_share < 0.5)
		c->stuck_change_share += ((changed ? 1.0 : 0.0) - c->stuck_change_share) / 128;
}

bool calib_stuck(const struct calib *c, int64_t t_us)
{
	return c->stuck_change_share >= 0.5 && t_us - c->stuck_since_us >= STUCK_US;
}

static void restart_boot(struct calib *c)
{
	c->boot_count = c->boot_off = 0;
	c->boot_sum_mean_n = c->boot_sum_m2_n2 = 0;
	memset(c->boot_mean, 0, sizeof c->boot_mean);
}

/* A reading far from the mean so far: up to two in a row are spikes and left out, more are a load, and quiet begins anew. */
static bool boot_outlier(struct calib *c, double sum_n)
{
	if (c->boot_count < BOOT_LEARN || fabs(sum_n - c->boot_sum_mean_n) < BOOT_FAR_N) {
		c->boot_off = 0;
		return false;
	}
	if (++c->boot_off <= 2)
		return true;
	restart_boot(c);
	return false;
}

/* Mean of the first two quiet seconds, where nothing is stored. Welford's running mean and variance. */
static void boot_zero(struct calib *c, const struct calib_raw *r)
{
	double sum_n = 0, delta_n;

	for (uint32_t i = 0; i < c->cells; i++)
		sum_n += r->raw[i] * c->n_per_raw[i];
	if (boot_outlier(c, sum_n))
		return;
	if (c->boot_count++ == 0)
		c->boot_start_us = r->t_us;
	for (uint32_t i = 0; i < c->cells; i++)
		c->boot_mean[i] += (r->raw[i] - c->boot_mean[i]) / c->boot_count;
	delta_n = sum_n - c->boot_sum_mean_n;
	c->boot_sum_mean_n += delta_n / c->boot_count;
	c->boot_sum_m2_n2 += delta_n * (sum_n - c->boot_sum_mean_n);
	if (r->t_us - c->boot_start_us < BOOT_ZERO_US || c->boot_count < 3)
		return;
	if (sqrt(c->boot_sum_m2_n2 / c->boot_count) < BOOT_SD_N) {
		set_zero(c, c->boot_mean);
		c->zero_implausible = c->settings->capacity_n > 0 && fabs(c->boot_sum_mean_n) > c->settings->capacity_n;
		c->state = CALIB_READY;
	}
	restart_boot(c);
}

/* Copies a sample; cells without a value, beyond 1.5 times the capacity, or missing keep what they had. */
static void read_raw(const struct calib *c, const struct knead_sample *sample, int64_t t_us, struct calib_raw *ret)
{
	double limit_n = c->settings->capacity_n * CAPACITY_FACTOR;

	ret->t_us = t_us;
	ret->saturated = sample->saturated;
	ret->spike = false;
	for (uint32_t i = 0; i < c->cells; i++) {
		double raw = i < sample->cells ? sample->raw[i] : 0;
		bool bad = i >= sample->cells || (sample->invalid_cells >> i & 1);

		if (!bad && limit_n > 0 && c->state == CALIB_READY && !on_rail(c, raw) &&
			fabs((raw - c->zero_use[i]) * c->n_per_raw[i]) > limit_n) {
			bad = true;
			ret->spike = true;
		}
		ret->raw[i] = bad && c->seen > 0 ? c->b.raw[i] : raw;
	}
}

bool calib_push(struct calib *c, const struct knead_sample *sample, int64_t t_us, struct force *ret)
{
	struct calib_raw next, m;
	bool out = false;

	if (c->cells == 0)
		c->cells = sample->cells < KNEAD_CELLS_MAX ? sample->cells : KNEAD_CELLS_MAX;
	read_raw(c, sample, t_us, &next);
	if (c->seen > 0)
		watch_stuck(c, &next);
	else
		c->stuck_since_us = t_us;
	if (c->seen == 1)
		c->a = next; /* the first sample's missing neighbour: mirrored */
	if (c->seen > 0) {
		take_median(c, next.raw, &m);
		if (c->state == CALIB_WAIT_ZERO)
			boot_zero(c, &m);
		else if (c->state == CALIB_READY)
			out = park(c, &m, ret);
		c->a = c->b;
	}
	c->b = next;
	c->seen = c->seen < 2 ? c->seen + 1 : 2;
	return out;
}

bool calib_flush(struct calib *c, struct force *ret)
{
	struct calib_raw m;
	bool out = false;

	if (c->seen > 1 && c->state == CALIB_READY) {
		take_median(c, c->a.raw, &m);
		out = park(c, &m, ret);
		if (!out && c->parked_count > 0)
			release_parked(c);
	}
	c->seen = 0;
	c->last.t_us = INT64_MIN;
	return out;
}

/* One block of idle time: where the sum lies against the zero, how steady it is, and so how fast the zero may follow. */
static void track_block(struct calib *c, double dt_s)
{
	const struct knead_settings *s = c->settings;
	double band_n = s->profile == KNEAD_PROFILE_GENTLE ? TRACK_GENTLE_N : TRACK_BAND_N;
	double off_n = 0, gain = dt_s / TRACK_SD_TAU_S, delta, tau_s, slew_n = TRACK_SLEW_N_S * dt_s;
	bool steady, settling;

	for (uint32_t i = 0; i < c->cells; i++)
		off_n += (c->block_sum[i] / c->block_count - c->zero_track[i]) * c->n_per_raw[i];
	gain = gain < 0.5 ? gain : 0.5;
	delta = off_n - c->track_mean_n;
	c->track_mean_n += gain * delta;
	c->track_var_n2 += gain * (delta * delta * (1 - gain) - c->track_var_n2);
	steady = c->track_var_n2 < TRACK_SD_N * TRACK_SD_N;
	if (!(fabs(off_n) < band_n ||
		    (s->profile != KNEAD_PROFILE_GENTLE && steady && fabs(off_n) < TRACK_PRESS * s->press_n)))
		return;
	tau_s = steady && fabs(off_n) > TRACK_FAST_N ? TRACK_FAST_S : TRACK_TAU_S;
	settling = c->tracked_us - c->idle_since_us < SETTLE_US && fabs(off_n) < band_n &&
		   c->track_var_n2 < SETTLE_SD_N * SETTLE_SD_N;
	if (settling) {
		tau_s = SETTLE_TAU_S;
		slew_n = SETTLE_SLEW * dt_s;
	}
	for (uint32_t i = 0; i < c->cells; i++) {
		double off_raw = c->block_sum[i] / c->block_count - c->zero_track[i];
		double step_n = off_raw * c->n_per_raw[i] * (dt_s < tau_s ? dt_s / tau_s : 1);

		step_n = step_n > slew_n ? slew_n : step_n < -slew_n ? -slew_n : step_n;
		c->zero_track[i] += step_n / c->n_per_raw[i];
		c->track_mean_n -= step_n;
	}
}

static void copy_zero(struct calib *c, int64_t t_us)
{
	if (t_us - c->zero_copied_us < ZERO_COPY_US)
		return;
	c->zero_copied_us = t_us;
	c->zero_newest = (c->zero_newest + 1) % CALIB_ZEROS;
	memcpy(c->zero_copies[c->zero_newest], c->zero_track, sizeof c->zero_track);
	c->zero_use = c->zero_copies[(c->zero_newest + 1) % CALIB_ZEROS];
}

/* A contact begins: nothing of its onset may stay in the zero. */
static void freeze(struct calib *c)
{
	memcpy(c->zero_track, c->zero_use, sizeof c->zero_track);
	for (uint32_t i = 0; i < CALIB_ZEROS; i++)
		if (c->zero_copies[i] != c->zero_use)
			memcpy(c->zero_copies[i], c->zero_track, sizeof c->zero_copies[i]);
	c->tracking = false;
}

void calib_track(struct calib *c, const struct force *force, bool idle)
{
	double step_n;

	if (!idle) {
		if (c->tracking)
			freeze(c);
		return;
	}
	if (force->saturated || force->spike)
		return;
	if (!c->tracking) {
		c->idle_since_us = force->t_us;
		c->tracking = true;
		c->block_count = 0;
		c->tracked_us = force->t_us;
		c->track_prev_n = force->sum_n;
		c->track_mean_n = 0;
		c->track_var_n2 = SETTLE_SD_N * SETTLE_SD_N;
		memset(c->block_sum, 0, sizeof c->block_sum);
	}
	step_n = force->sum_n - c->track_prev_n;
	c->track_prev_n = force->sum_n;
	c->noise_var_n2 += (step_n * step_n / 2 - c->noise_var_n2) / 256;
	for (uint32_t i = 0; i < c->cells; i++)
		c->block_sum[i] += c->last.raw[i];
	c->block_count++;
	if (force->t_us - c->tracked_us < BLOCK_US)
		return;
	track_block(c, knead_us_to_s(force->t_us - c->tracked_us));
	c->tracked_us = force->t_us;
	c->block_count = 0;
	memset(c->block_sum, 0, c->cells * sizeof c->block_sum[0]);
	copy_zero(c, force->t_us);
}

double calib_zero_drift_n(const struct calib *c)
{
	double drift_n = 0;

	for (uint32_t i = 0; i < c->cells; i++)
		drift_n += (c->zero_use[i] - c->zero_start[i]) * c->n_per_raw[i];
	return c->zero_known ? drift_n : 0;
}
