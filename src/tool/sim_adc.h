/* SPDX-License-Identifier: MIT */
/* From the cells' forces to counts: filter of the converter, drift, noise, mains, spikes, quantisation. */
#ifndef TOOL_SIM_ADC_H
#define TOOL_SIM_ADC_H

#include "sim_cells.h"
#include "sim_stratum.h"

#define SIM_ADC_BOXES_MAX 4

/* Moving averages in a row, each one conversion long: 4 up to 80 samples/s nominal, 3 above. */
uint32_t sim_adc_boxes(double rate_hz);

/*
 * The weights of boxes moving averages of steps steps each, one after the other, sum 1; ret of at least boxes * steps.
 * Returns how many there are: boxes * (steps - 1) + 1.
 */
uint32_t sim_adc_kernel(uint32_t boxes, uint32_t steps, double *ret);

struct sim_adc_cell {
	double counts_per_n, zero_counts; /* as this cell truly is */
	double sums[SIM_ADC_BOXES_MAX]; /* conversions under way, the one next to end at .turn */
	double linear_n, linear_n_per_s, thermal_n, wander_n, creep, creep_n;
	double settle_share;
};

struct sim_adc {
	struct sim_rand rand;
	const struct sim_stratum *stratum;
	uint32_t cells, boxes, steps, turn;
	double period_s, t_s; /* of the last conversion */
	double *kernel; /* [m * steps + j]: weight of step j in the conversion m after the running one; owned */
	double white_n, mains_n, mains_hz, mains_phase;
	double settle_left_n, settle_n,
		settle_s; /* zero step after a load: still to come, there now, how fast it goes */
	double settle_sign; /* foam recovers the same way each time */
	double zero_n, rested_zero_n; /* drift of all cells: now, and when nothing had touched them for a while */
	double rested_s;
	double turn_left_s; /* until the linear drift changes direction */
	double spike_chance, double_spike_chance;
	uint32_t dead; /* a cell that reads nothing; cells: none */
	uint32_t swapped[2]; /* cells whose readings are exchanged; equal: none */
	bool spiked; /* the last conversion was a spike, and another may follow */
	struct sim_adc_cell cell[KNEAD_CELLS_MAX];
};

/* steps: physics steps per conversion; rate_hz is the true rate. Returns 0 or -ENOMEM. */
int sim_adc_init(struct sim_adc *a, const struct sim_options *o, double true_rate_hz, uint32_t steps);
void sim_adc_deinit(struct sim_adc *a);

/* Takes the forces at step (0..steps-1) of the running conversion; steps without force need not be told. */
void sim_adc_push(struct sim_adc *a, uint32_t step, const double *parts_n);

/*
 * A load has gone and leaves the zero off by settle_n (0 or more, to the side that this device goes to), or by less: what
 * the load and the drift meanwhile have moved it by stays within the stratum's zero_step_n altogether.
 */
void sim_adc_unload(struct sim_adc *a, double settle_n);

/* Ends the running conversion. */
void sim_adc_convert(struct sim_adc *a, int32_t *ret_counts);

/* How late a conversion is at its end: half the length of its filter. */
double sim_adc_delay_s(const struct sim_adc *a);

#endif
