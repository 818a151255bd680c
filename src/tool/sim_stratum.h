/* SPDX-License-Identifier: MIT */
/* What the strata are made of: every range that the simulator draws from and that grows with difficulty. */
#ifndef TOOL_SIM_STRATUM_H
#define TOOL_SIM_STRATUM_H

#include "sim.h"
#include "sim_rand.h"

struct sim_stratum {
	bool margins; /* keep clear of the limits of the definitions, so that one label is the only right one */

	/* what the person does */
	struct sim_range level_n; /* of a hold, clipped to */
	double level_median_n, level_sigma; /* log-normal */
	struct sim_range rise_s, fall_s; /* of a contact */
	struct sim_range dip_sigma_s;
	double eased_chance, composite_weight; /* how common partial releases and composites are in mixed sessions */
	struct sim_range pass_s, half_travel_mm, slope, pause_s;
	double pass_spread; /* of the passes of one roll about their mean */
	double lift_moving_chance; /* a roll lifted off before its last pass is through */

	/* what the body adds, as parts of the load or in newton */
	struct sim_range breath, sway, tremor, heart_n;
	double deep_breath_chance;

	/* what the sensor and the wire add */
	double white_n; /* sd per cell at 80 samples/s */
	double drift; /* factor on all drift */
	double zero_step_n; /* largest, after a load */
	double mains_n;
	double spikes, drop_outs; /* chance per sample */
	double bursts_per_min, burst_max_s;
	double gain_mismatch; /* of cells against one another, largest */
	double weak_cell_chance; /* one of three or more cells reads too little */
	double slow_batch_chance; /* that the port hands over every 16 ms instead of every 1 ms */
	double stall_chance; /* per batch */
	struct sim_range stall_s;
	double duplicate_chance, reorder_chance; /* per frame, only where frames are numbered */
};

const struct sim_stratum *sim_stratum(enum sim_stratum_id id);

#endif
