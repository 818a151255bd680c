/* SPDX-License-Identifier: MIT */
/*
 * Numbers for the machines. Every smoothing here is a one-pole filter, and its lag on a ramp, dt (1 - g) / g, is known and
 * taken off again where a time is reported.
 */
#include <math.h>
#include <string.h>

#include "signal.h"

#define LEVEL_TAU_S 0.004
#define LEVEL_FROM_HZ 200.0
#define SLOW_US 40000
#define BOXES_MIN 1.5 /* a group delay of so many half periods: the converter averages over several */
#define BOXES_MAX 5.5 /* more than that is a delay of another kind */
#define CALM_TAU_S 0.016
#define NOISY_N 0.25 /* sd of the noise in the level */
#define BLUR_S 0.005 /* by which noise must blur a crossing for the calmer copy to know it better */
#define FAST_TAU_S 0.03
#define SLOPE_TAU_S 0.02 /* above LEVEL_FROM_HZ, where the noise of single samples would look steep */
#define U_FORCE_TAU_S 0.12
#define U_POSITION_TAU_S 0.08
#define CREST_US 12500
#define CREST_SD 1.8 /* by which the largest of a hold's means stands above the force ... */
#define CREST_DELAY_MS 5.0 /* ... less where a converter of that delay averages the force's own peaks away */
#define CREST_SD_AT_MOST 4.5
#define DEG_PER_RAD 57.29577951308232

/* By how much u wanders per newton of noise in the sum, times the load: the spread of the cells round their middle. */
static double spread(const struct signal *s)
{
	const struct knead_settings *o = s->settings;
	double n = o->cells, sum = 0, squares = 0, scale = o->radius_mm > 0 ? o->radius_mm : DEG_PER_RAD;

	if (o->geometry == KNEAD_GEOMETRY_RING)
		return scale * sqrt(1.0 / 2);
	if (o->geometry == KNEAD_GEOMETRY_SPHERE)
		return scale * sqrt(1.0 / 3);
	for (uint32_t i = 0; i < o->cells; i++) {
		sum += o->cell_mm[i];
		squares += o->cell_mm[i] * o->cell_mm[i];
	}
	return s->positional && n > 0 ? sqrt(fmax(0, squares / n - sum / n * (sum / n))) : 0;
}

/* Where cell i is, as the geometry counts it. */
static void put_cell(struct signal *s, uint32_t i)
{
	double angle = s->settings->cell_deg[i] / DEG_PER_RAD;

	switch (s->settings->geometry) {
	case KNEAD_GEOMETRY_LINE:
		s->cell[i][0] = (float)s->settings->cell_mm[i];
		break;
	case KNEAD_GEOMETRY_RING:
		s->cell[i][0] = (float)cos(angle);
		s->cell[i][1] = (float)sin(angle);
		break;
	case KNEAD_GEOMETRY_SPHERE:
		sphere_axis(s->settings->cell_xyz[i], s->cell[i]);
		break;
	case KNEAD_GEOMETRY_NONE:
	case _KNEAD_GEOMETRIES:
		break;
	}
}

void signal_init(struct signal *s, const struct knead_settings *settings)
{
	memset(s, 0, sizeof *s);
	s->settings = settings;
	s->positional = settings->geometry != KNEAD_GEOMETRY_NONE;
	sphere_init(&s->sphere, settings);
	for (uint32_t i = 0; i < KNEAD_CELLS_MAX; i++)
		put_cell(s, i);
	s->u_spread = spread(s);
	s->crest_sd = CREST_SD / (1 + fmax(0, settings->delay_ms) / CREST_DELAY_MS);
	signal_set_period(s, 12500);
}

static double gain_of(double period_s, double tau_s)
{
	return 1 - exp(-period_s / tau_s);
}

static int64_t lag_of(double period_us, double gain)
{
	return (int64_t)(period_us * (1 - gain) / gain + 0.5);
}

void signal_set_period(struct signal *s, double period_us)
{
	double period_s = period_us / KNEAD_US_PER_S, boxes;

	if (!(period_us > 0) || fabs(period_us - s->period_us) < 0.01 * s->period_us)
		return;
	s->period_us = period_us;
	boxes = 2e3 * s->settings->delay_ms / period_us;
	s->spread = period_us >= SLOW_US && boxes >= BOXES_MIN && boxes <= BOXES_MAX ? boxes / 24 : 0;
	s->level_filtered = period_s < 1 / LEVEL_FROM_HZ;
	s->level_gain = s->level_filtered ? gain_of(period_s, LEVEL_TAU_S) : 1;
	s->level_lag_us = s->level_filtered ? lag_of(period_us, s->level_gain) : 0;
	s->calm_gain = gain_of(period_s, CALM_TAU_S);
	s->calm_lag_us = lag_of(period_us, s->calm_gain);
	s->fast_gain = gain_of(period_s, FAST_TAU_S);
	s->fast_lag_us = lag_of(period_us, s->fast_gain);
	s->slope_per_s = s->fast_gain / (1 - s->fast_gain) / period_s;
	s->slope_gain = s->level_filtered ? gain_of(period_s, SLOPE_TAU_S) : 1;
	s->u_gain = gain_of(period_s, s->positional ? U_POSITION_TAU_S : U_FORCE_TAU_S);
	s->u_lag_us = lag_of(period_us, s->u_gain);
	s->u_noise_share = s->u_spread * sqrt(s->u_gain / (2 - s->u_gain));
}

void signal_cut(struct signal *s)
{
	s->has_prev = false;
	s->u_started = false;
	s->level_n = s->raw_n = 0;
}

void signal_touch(struct signal *s, int64_t t_us, double force_n)
{
	s->impulse_ns = (force_n + s->raw_n) / 2 * knead_us_to_s(s->t_us - t_us);
	s->fast_n = s->raw_n;
	s->slope_n_per_s = s->trend_n_per_s = 0;
	s->u_started = s->u_valid = false;
	s->crest_n = s->raw_n - CREST_SD_AT_MOST * s->noise_n;
	s->crest_us = s->t_us;
	s->crest_count = 0;
	sphere_begin(&s->sphere);
}

/* Centre of pressure along the line, or angle round the ring; cells that pull count as 0. */
static bool position(struct signal *s, const struct force *force, double *ret)
{
	double total = 0, x = 0, y = 0, angle;

	for (uint32_t i = 0; i < s->settings->cells; i++) {
		double f = force->cell_n[i] > 0 ? force->cell_n[i] : 0;

		total += f;
		x += f * s->cell[i][0];
		y += f * s->cell[i][1];
	}
	if (!(total >= s->settings->release_n))
		return false;
	if (s->settings->geometry == KNEAD_GEOMETRY_SPHERE)
		return sphere_place(&s->sphere, s->cell, force, s->settings->cells, ret);
	if (s->settings->geometry == KNEAD_GEOMETRY_LINE) {
		*ret = x / total;
		return true;
	}
	if (x == 0 && y == 0)
		return false;
	angle = atan2(y, x);
	s->angle_rad += remainder(angle - s->angle_rad, 2 * M_PI);
	*ret = s->settings->radius_mm > 0 ? s->angle_rad * s->settings->radius_mm : s->angle_rad * DEG_PER_RAD;
	return true;
}

static void push_u(struct signal *s, const struct force *force)
{
	double value = s->raw_n;

	s->u_valid = !s->positional || (!force->saturated && position(s, force, &value)); /* a rail is no place */
	if (!s->u_valid)
		return;
	if (s->u_started) {
		s->u += s->u_gain * (value - s->u);
	} else {
		s->u = value;
		s->u_started = true;
	}
}

/*
 * The largest of many readings stands above the force by what noise adds at its best, some four standard deviations. The mean
 * of 12.5 ms leaves tremor and heartbeat as they are and has less of it; both are lowered by what is usual. A short peak
 * stands out of that mean: then the reading itself counts, lowered by what noise hardly ever adds. Without noise it is exact.
 */
static void push_crest(struct signal *s)
{
	double mean_n;

	s->crest_n = s->raw_n;
	s->crest_us = s->t_us;
	if (s->noise_n <= 0 || s->period_us > 2 * CREST_US)
		return; /* so slow a converter averages peaks away, and what is taken for noise in it may be a movement */
	s->crest_n -= CREST_SD_AT_MOST * s->noise_n;
	if (s->saturated || s->gap)
		s->crest_count = 0;
	if (s->saturated)
		return;
	if (s->crest_count == 0 || s->raw_n > s->crest_top_n) {
		s->crest_top_n = s->raw_n;
		s->crest_top_us = s->t_us;
	}
	s->crest_sum_n = (s->crest_count > 0 ? s->crest_sum_n : 0) + s->raw_n;
	s->crest_count++;
	if (s->crest_count * s->period_us < CREST_US - s->period_us / 2)
		return;
	mean_n = s->crest_sum_n / s->crest_count - s->crest_sd * s->noise_n / sqrt(s->crest_count);
	s->crest_count = 0;
	if (mean_n <= s->crest_n)
		return;
	s->crest_n = mean_n;
	s->crest_us = s->crest_top_us;
}

void signal_push(struct signal *s, const struct force *force, bool gap, bool loaded)
{
	s->prev_t_us = s->t_us;
	s->prev_raw_n = s->raw_n;
	s->older_n = s->prev_level_n;
	s->prev_level_n = s->level_n;
	s->t_us = force->t_us;
	s->saturated = force->saturated;
	s->noise_n = force->noise_n;
	s->gap = gap;
	if (!force->saturated)
		s->raw_n = force->sum_n; /* on the rail the last good value stands in */
	if (!s->has_prev) {
		s->prev_t_us = s->first_us = s->t_us;
		s->prev_raw_n = s->older_n = s->prev_level_n = s->level_n = s->raw_n;
		s->has_prev = true;
		s->calm_n = s->prev_calm_n = s->raw_n;
	} else if (s->level_filtered && !gap) {
		s->level_n += s->level_gain * (s->raw_n - s->level_n);
		s->prev_calm_n = s->calm_n;
		s->calm_n += s->calm_gain * (s->raw_n - s->calm_n);
	} else {
		s->level_n = s->calm_n = s->raw_n;
	}
	if (!loaded)
		return;
	s->impulse_ns += (s->raw_n + s->prev_raw_n) * 0.5e-6 * (double)(s->t_us - s->prev_t_us);
	s->fast_n += s->fast_gain * (s->raw_n - s->fast_n);
	s->slope_n_per_s = (s->raw_n - s->fast_n) * s->slope_per_s;
	s->trend_n_per_s += s->slope_gain * (s->slope_n_per_s - s->trend_n_per_s);
	push_crest(s);
	push_u(s, force);
}

/*
 * A slow converter averages over several periods: n boxes, each a period long, as its group delay of n / 2 periods tells. What
 * went in is what came out less half the filter's variance, n / 24 periods squared, times the curvature: to the second order,
 * whatever its shape. Where the parabola through the last three samples, put right so, goes through level_n, in parts of the
 * period between the last two; share is where a straight line does.
 */
static double sharpened_share(const struct signal *s, double level_n, double share)
{
	double bend_n = s->level_n - 2 * s->prev_level_n + s->older_n, slope_n = (s->level_n - s->older_n) / 2;
	double x = share;

	for (int i = 0; i < 4; i++) {
		double steep_n = slope_n + x * bend_n;

		if (steep_n * (s->level_n - s->prev_level_n) <= 0)
			return share;
		x -= (s->prev_level_n + x * slope_n + (x * x / 2 - s->spread) * bend_n - level_n) / steep_n;
		x = x < -0.5 ? -0.5 : x > 1 ? 1 : x;
	}
	return x;
}

int64_t signal_crossing_us(const struct signal *s, double level_n)
{
	int64_t t_us;

	if (s->gap)
		return s->level_n > s->prev_level_n ? s->t_us : s->prev_t_us;
	t_us = force_crossing_us(s->prev_t_us, s->prev_level_n, s->t_us, s->level_n, level_n) - s->level_lag_us;
	if (s->spread > 0 && s->t_us > s->prev_t_us) {
		double step_us = (double)(s->t_us - s->prev_t_us);
		double share = (double)(t_us - s->prev_t_us) / step_us;

		t_us = s->prev_t_us + (int64_t)floor(sharpened_share(s, level_n, share) * step_us + 0.5);
	}
	return t_us > s->first_us ? t_us : s->first_us;
}

bool signal_calm_crossing_us(const struct signal *s, double level_n, bool up, int64_t *ret_t_us)
{
	/* what the low-pass leaves of white noise */
	double noise_n = s->noise_n * sqrt(s->level_gain / (2 - s->level_gain));
	double ahead_s = knead_us_to_s(s->calm_lag_us - s->level_lag_us);

	if (!s->level_filtered || s->gap || noise_n < NOISY_N || (s->calm_n > level_n) != up ||
		(s->prev_calm_n > level_n) == up || fabs(s->level_n - s->calm_n) * BLUR_S > noise_n * ahead_s)
		return false;
	*ret_t_us = force_crossing_us(s->prev_t_us, s->prev_calm_n, s->t_us, s->calm_n, level_n) - s->calm_lag_us;
	return true;
}
