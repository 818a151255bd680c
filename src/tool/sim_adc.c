/* SPDX-License-Identifier: MIT */
/*
 * The converter. Only the contact force passes through the filter step by step: each step adds to the three or four
 * conversions whose average it is part of. Drift is far too slow for the filter to matter, mains is damped by its known
 * response sinc(f / rate)^boxes, and white noise is what is left behind the filter by definition. So idle costs nothing
 * but one conversion.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim_adc.h"

#define COUNTS_MAX 8388607
#define COUNTS_MIN (-8388608)
#define REST_S 3.0

uint32_t sim_adc_boxes(double rate_hz)
{
	return rate_hz <= 80 ? 4 : 3;
}

uint32_t sim_adc_kernel(uint32_t boxes, uint32_t steps, double *ret)
{
	uint32_t n = 1;

	ret[0] = 1;
	for (uint32_t box = 0; box < boxes; box++) {
		double sum = 0;

		/* From the end, so that the box may be laid over its own input: out[i] = in[i - steps + 1] + ... + in[i]. */
		for (uint32_t i = n + steps - 1; i-- > 0;) {
			sum = 0;
			for (uint32_t k = i >= steps ? i - steps + 1 : 0; k <= i && k < n; k++)
				sum += ret[k];
			ret[i] = sum / steps;
		}
		n += steps - 1;
	}
	return n;
}

static int init_kernel(struct sim_adc *a)
{
	size_t size = (size_t)a->boxes * a->steps;
	double *flat = calloc(size, sizeof(*flat));

	a->kernel = calloc(size, sizeof(*a->kernel));
	if (!flat || !a->kernel) {
		free(flat);
		return -ENOMEM;
	}
	sim_adc_kernel(a->boxes, a->steps, flat);
	/* Step j of a conversion lies steps - 1 - j before its end, and m conversions more before the end of a later one. */
	for (uint32_t m = 0; m < a->boxes; m++)
		for (uint32_t j = 0; j < a->steps; j++)
			a->kernel[m * a->steps + j] = flat[m * a->steps + a->steps - 1 - j];
	free(flat);
	return 0;
}

static void init_cell(struct sim_adc *a, struct sim_adc_cell *c, double counts_per_n)
{
	struct sim_rand *r = &a->rand;
	double drift = a->stratum->drift / a->cells;

	*c = (struct sim_adc_cell){ .counts_per_n = counts_per_n, .settle_share = 1.0 / a->cells };
	c->zero_counts = counts_per_n * sim_rand_between(r, -40, 40);
	c->linear_n_per_s = 0.01 * drift * sim_rand_between(r, -1, 1);
	c->thermal_n = 2 * drift * sim_rand_between(r, -1, 1);
	c->wander_n = 0.15 * drift * sim_rand_normal(r);
	c->creep = sim_rand_between(r, 0.0002, 0.0015);
	if (a->stratum->drift <= 0)
		c->creep = 0.0002;
}

/* Gains differ from cell to cell about the configured mean; of three or more, one may be weak. */
static void init_cells(struct sim_adc *a, double counts_per_n)
{
	double gain[KNEAD_CELLS_MAX] = { 0 }, mean = 0;

	for (uint32_t i = 0; i < a->cells; i++) {
		gain[i] = a->stratum->gain_mismatch * sim_rand_between(&a->rand, -1, 1);
		mean += gain[i] / a->cells;
	}
	for (uint32_t i = 0; i < a->cells; i++)
		init_cell(a, &a->cell[i], counts_per_n * (1 + gain[i] - mean));
	if (a->cells >= 3 && sim_rand_chance(&a->rand, a->stratum->weak_cell_chance)) {
		uint32_t weak = sim_rand_count(&a->rand, 0, a->cells - 1);

		a->cell[weak].counts_per_n *= sim_rand_between(&a->rand, 0.7, 0.9);
	}
}

/* The end of the converter's range lies where half of the presses go beyond it. */
static void saturate(struct sim_adc *a)
{
	for (uint32_t i = 0; i < a->cells; i++)
		a->cell[i].zero_counts = COUNTS_MAX - fabs(a->cell[i].counts_per_n) *
							      sim_rand_between(&a->rand, 40, 120) / sqrt(a->cells);
}

static void init_faults(struct sim_adc *a, uint32_t faults)
{
	uint32_t one = sim_rand_count(&a->rand, 0, a->cells - 1),
		 other = a->cells > 1 ? sim_rand_count(&a->rand, 1, a->cells - 1) : 0;

	a->dead = faults & 1u << SIM_FAULT_DEAD ? one : a->cells;
	a->swapped[0] = one;
	a->swapped[1] = faults & 1u << SIM_FAULT_SWAP ? (one + other) % a->cells : one;
	if (faults & 1u << SIM_FAULT_SATURATE)
		saturate(a);
}

int sim_adc_init(struct sim_adc *a, const struct sim_options *o, double true_rate_hz, uint32_t steps)
{
	const struct sim_stratum *st = sim_stratum(o->stratum);

	*a = (struct sim_adc){
		.stratum = st,
		.cells = o->cells,
		.boxes = sim_adc_boxes(o->rate_hz),
		.steps = steps,
		.period_s = 1 / true_rate_hz,
		.mains_n = st->mains_n,
	};
	sim_rand_init(&a->rand, o->seed, 3);
	/* Stated per cell for up to two; more cells share it, as makers take smaller cells then. */
	a->white_n = st->white_n * sqrt(fmax(1, o->rate_hz / 80)) * sqrt(2.0 / fmax(2, o->cells));
	a->mains_hz = sim_rand_chance(&a->rand, 0.5) ? 50 : 60;
	a->mains_phase = sim_rand_uniform(&a->rand);
	a->mains_n *= pow(fabs(sin(M_PI * a->mains_hz * a->period_s) / (M_PI * a->mains_hz * a->period_s)), a->boxes);
	a->spike_chance = o->faults & 1u << SIM_FAULT_SPIKE ? 0.01 : st->spikes;
	a->double_spike_chance = 0.05;
	a->settle_s = 20;
	a->settle_sign = sim_rand_chance(&a->rand, 0.7) ? 1 : -1;
	a->turn_left_s = sim_rand_between(&a->rand, 600, 1800);
	init_cells(a, o->counts_per_n);
	init_faults(a, o->faults);
	return init_kernel(a);
}

void sim_adc_deinit(struct sim_adc *a)
{
	free(a->kernel);
	a->kernel = NULL;
}

void sim_adc_push(struct sim_adc *a, uint32_t step, const double *parts_n)
{
	for (uint32_t m = 0; m < a->boxes; m++) {
		double weight = a->kernel[m * a->steps + step];
		uint32_t slot = (a->turn + m) % a->boxes;

		for (uint32_t i = 0; i < a->cells; i++)
			a->cell[i].sums[slot] += weight * parts_n[i];
	}
}

void sim_adc_unload(struct sim_adc *a, double settle_n)
{
	double most_n = a->stratum->zero_step_n, moved_n = a->zero_n - a->settle_n - a->rested_zero_n;
	double wanted_n = a->settle_sign * settle_n;

	if (settle_n <= 0)
		return;
	wanted_n = fmax(fmin(0, -most_n - moved_n), fmin(fmax(0, most_n - moved_n), wanted_n));
	a->settle_left_n = wanted_n - a->settle_n;
	a->settle_s = sim_rand_between(&a->rand, 10, 60);
}

/* What all cells share: linear drift that turns round now and then, so that days stay in range, and the zero step. */
static void drift_all(struct sim_adc *a)
{
	double come_n = a->settle_left_n * fmin(1, a->period_s / 0.5);

	a->settle_left_n -= come_n;
	a->settle_n += come_n - a->settle_n * a->period_s / a->settle_s;
	a->turn_left_s -= a->period_s;
	if (a->turn_left_s > 0)
		return;
	a->turn_left_s = sim_rand_between(&a->rand, 600, 1800);
	for (uint32_t i = 0; i < a->cells; i++)
		a->cell[i].linear_n_per_s = -copysign(
			0.01 * a->stratum->drift / a->cells * sim_rand_uniform(&a->rand), a->cell[i].linear_n);
}

/* The drift of one cell, in newton. */
static double drift_cell(struct sim_adc *a, struct sim_adc_cell *c, double force_n)
{
	double drift = a->stratum->drift / a->cells, pull = a->period_s / 300;

	c->linear_n += c->linear_n_per_s * a->period_s;
	c->creep_n += (c->creep * force_n - c->creep_n) * a->period_s / 25;
	/* A random walk that is held back, with sd 0.15 N in the long run. */
	if (drift > 0)
		c->wander_n += -pull * c->wander_n + 0.15 * drift * sqrt(2 * pull) * sim_rand_normal(&a->rand);
	return c->linear_n + c->thermal_n * (1 - exp(-a->t_s / 90)) + c->wander_n + c->creep_n +
	       c->settle_share * a->settle_n;
}

/* A wrong reading: a jump of 60 to 2000 N, or a code of ones as a glitch on the clock line makes it. */
static double spike(struct sim_adc *a, double counts, double counts_per_n)
{
	double sign;

	if (sim_rand_chance(&a->rand, 0.3))
		return (double)((INT64_C(1) << sim_rand_count(&a->rand, 16, 23)) - 1);
	sign = sim_rand_sign(&a->rand);
	return counts + counts_per_n * sign * sim_rand_log_between(&a->rand, 60, 2000);
}

void sim_adc_convert(struct sim_adc *a, int32_t *ret_counts)
{
	double mains_n = a->mains_n / a->cells * sin(2 * M_PI * (a->mains_hz * a->t_s + a->mains_phase));
	bool spiked = sim_rand_chance(&a->rand, a->spiked ? a->double_spike_chance : a->spike_chance);
	uint32_t hit = spiked ? sim_rand_count(&a->rand, 0, a->cells - 1) : 0;

	a->t_s += a->period_s;
	a->rested_s += a->period_s;
	a->zero_n = 0;
	drift_all(a);
	for (uint32_t i = 0; i < a->cells; i++) {
		struct sim_adc_cell *c = &a->cell[i];
		double force_n = c->sums[a->turn], drift_n = drift_cell(a, c, force_n), counts;

		c->sums[a->turn] = 0;
		if (force_n != 0)
			a->rested_s = 0;
		a->zero_n += drift_n;
		force_n += drift_n + mains_n + a->white_n * sim_rand_normal(&a->rand);
		counts = c->zero_counts + c->counts_per_n * force_n;
		if (i == a->dead)
			counts = c->zero_counts;
		if (spiked && i == hit)
			counts = spike(a, counts, c->counts_per_n);
		ret_counts[i] = (int32_t)fmax(COUNTS_MIN, fmin(COUNTS_MAX, round(counts)));
	}
	if (a->swapped[0] != a->swapped[1]) {
		int32_t first = ret_counts[a->swapped[0]];

		ret_counts[a->swapped[0]] = ret_counts[a->swapped[1]];
		ret_counts[a->swapped[1]] = first;
	}
	if (a->rested_s >= REST_S)
		a->rested_zero_n = a->zero_n;
	a->spiked = spiked;
	a->turn = (a->turn + 1) % a->boxes;
}

double sim_adc_delay_s(const struct sim_adc *a)
{
	return a->boxes * a->period_s / 2;
}
