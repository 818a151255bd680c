/* SPDX-License-Identifier: MIT */
/* What is over at once - taps, drops, handling that must count as nothing - and the massage gun. */
#include <math.h>

#include "sim_adc.h"
#include "sim_draft.h"

/*
 * The least that is left of a tap of 1 N once the ADC has averaged it and a median of three has passed over it, whatever
 * the phase: what the filter shows one conversion beside its peak.
 */
static double tap_remains(double rate_hz, double length_s)
{
	enum { PER_CONVERSION = 16 };
	double kernel[SIM_ADC_BOXES_MAX * PER_CONVERSION], sum = 0;
	uint32_t boxes = sim_adc_boxes(rate_hz);
	uint32_t n = sim_adc_kernel(boxes, PER_CONVERSION, kernel);

	for (uint32_t i = 0; i < n; i++) {
		double t_s = ((i - (n - 1) / 2.0) / PER_CONVERSION + 1) / rate_hz, u = 1 - fabs(t_s) / (length_s / 2);

		if (u > 0)
			sum += kernel[i] * u * u * u * (10 + u * (6 * u - 15));
	}
	return sum;
}

/* Draws taps until one leaves a third more than press_n behind; slow converters leave none, then the firmest serves. */
static void draw_tap(struct sim_draft *d, double *ret_peak_n, double *ret_length_s)
{
	double best = 0;

	for (int i = 0; i < 24 && best < 1.33 * d->limits.press_n; i++) {
		double peak_n = sim_rand_between(&d->rand, 20, 150), length_s = sim_rand_between(&d->rand, 0.05, 0.22);
		double remains_n = peak_n * tap_remains(d->options->rate_hz, length_s);

		if (i == 0 || remains_n > best) {
			*ret_peak_n = peak_n;
			*ret_length_s = length_s;
		}
		best = fmax(best, remains_n);
		if (!d->stratum->margins)
			break;
	}
}

/* A bump of force up to peak_n (or down) and back. */
static void bump(struct sim_draft *d, double peak_n, double length_s)
{
	struct sim_act *act = sim_timeline_begin(d->tl, SIM_ACT_MOVES, d->t_s);

	if (!act)
		return;
	act->place_mm = sim_draft_reach_mm(d) * sim_rand_between(&d->rand, -0.8, 0.8);
	sim_timeline_level(d->tl, d->t_s, length_s / 2, peak_n);
	sim_timeline_level(d->tl, d->t_s + length_s / 2, length_s / 2, 0);
	d->t_s += length_s;
	sim_timeline_end(d->tl, d->t_s);
}

/* Taps stand at least 0.75 s apart: closer than bridge_s (0.5 s) they would be one contact. */
void sim_draft_taps(struct sim_draft *d)
{
	uint32_t taps = sim_rand_count(&d->rand, 1, 5);

	for (uint32_t i = 0; i < taps; i++) {
		double peak_n = 0, length_s = 0;

		if (i > 0)
			d->t_s += sim_rand_between(&d->rand, d->stratum->margins ? 0.75 : 0.62, 1.8);
		draw_tap(d, &peak_n, &length_s);
		bump(d, peak_n, length_s);
	}
}

void sim_draft_drop(struct sim_draft *d)
{
	struct sim_act *act = sim_timeline_begin(d->tl, SIM_ACT_DROP, d->t_s);

	if (!act)
		return;
	act->peak_n = sim_rand_between(&d->rand, 150, 500);
	act->place_mm = sim_draft_reach_mm(d) * sim_rand_between(&d->rand, -0.8, 0.8);
	sim_timeline_mark(d->tl, LABEL_IMPACT, d->t_s, d->t_s + 0.35, 0);
	d->t_s += 0.35;
	sim_timeline_end(d->tl, d->t_s);
}

/* Being picked up and put down: up to two thirds of press_n either way. */
void sim_draft_handling(struct sim_draft *d)
{
	uint32_t bumps = sim_rand_count(&d->rand, 2, 6);

	for (uint32_t i = 0; i < bumps; i++) {
		double force_n = sim_rand_between(&d->rand, 1, 5.5) * d->limits.press_n / 8;
		double way = sim_rand_sign(&d->rand);

		if (i > 0)
			d->t_s += sim_rand_between(&d->rand, 0.3, 3);
		bump(d, force_n * way, sim_rand_between(&d->rand, 0.1, 1.5));
	}
}

/* A gun that runs from start_s to end_s on the newest act. */
static void run_gun(struct sim_draft *d, struct sim_act *act, double start_s, double end_s, double depth)
{
	act->gun = depth;
	act->gun_hz = sim_rand_between(&d->rand, 22, 52);
	act->gun_start_s = start_s;
	act->gun_end_s = end_s;
	sim_timeline_mark(d->tl, LABEL_PERCUSSION, start_s, end_s, 0);
}

void sim_draft_gun(struct sim_draft *d)
{
	double start_s = d->t_s, length_s = sim_rand_between(&d->rand, 4, 15),
	       level_n = sim_rand_between(&d->rand, 30, 90);
	struct sim_act *act = sim_draft_touch(d, level_n, sim_rand_between(&d->rand, 0.15, 0.5), 0);
	double gun_s, gun_end_s;

	if (!act)
		return;
	d->t_s += length_s;
	gun_s = start_s + sim_rand_between(&d->rand, 0.2, 0.6);
	gun_end_s = d->t_s + sim_rand_between(&d->rand, -0.3, 0.1);
	run_gun(d, act, gun_s, gun_end_s, sim_rand_between(&d->rand, 0.3, 0.9));
	sim_draft_lift(d, sim_rand_between(&d->rand, 0.1, 0.4), false);
}

/* A burst well short of half of a hold, which stays one hold. */
void sim_draft_gun_on_hold(struct sim_draft *d)
{
	double level_n = fmax(40, sim_draft_level_n(d)), start_s, length_s = sim_rand_between(&d->rand, 3, 6);
	struct sim_act *act = sim_draft_touch(d, level_n, fmin(1.5, sim_rand_in(&d->rand, d->stratum->rise_s)), 0);

	if (!act)
		return;
	start_s = d->t_s + sim_rand_between(&d->rand, 5, 12);
	run_gun(d, act, start_s, start_s + length_s, sim_rand_between(&d->rand, 0.3, 0.6));
	d->t_s = start_s + length_s + sim_rand_between(&d->rand, 6, 15);
	sim_draft_lift(d, sim_rand_in(&d->rand, d->stratum->fall_s), true);
}
