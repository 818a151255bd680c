/* SPDX-License-Identifier: MIT */
/*
 * s0 clean, s1 typical, s2 hard: the published ranges with k = 0.3, 1 and 1.6. s3 goes beyond s2 on each axis: light
 * holds, slow ramps, deep breathing, shallow rolling, partial releases, composites, longer dips and bursts.
 */
#include "sim_stratum.h"

#define BODY(k)                                                                                                        \
	.breath = { 0.003 * (k), 0.03 * (k) }, .sway = { 0.003 * (k), 0.02 * (k) },                                    \
	.tremor = { 0.0005 * (k), 0.008 * (k) }, .heart_n = { 0.05 * (k), 0.8 * (k) }

#define USUAL_PERSON                                                                                                   \
	.margins = true, .level_n = { 25, 420 }, .level_median_n = 140, .level_sigma = 0.55, .rise_s = { 0.15, 1.3 },  \
	.fall_s = { 0.08, 0.7 }, .dip_sigma_s = { 0.06, 0.22 }, .pass_s = { 1.2, 3.6 }, .half_travel_mm = { 30, 100 }, \
	.slope = { 0.10, 0.35 }, .pause_s = { 0, 0.3 }, .pass_spread = 0.15

static const struct sim_stratum strata[_SIM_STRATA] = {
	[SIM_S0] = {
		USUAL_PERSON, BODY(0.3),
		.eased_chance = 0.05, .composite_weight = 0.5,
		.white_n = 0.05, .zero_step_n = 0.9,
	},
	[SIM_S1] = {
		USUAL_PERSON, BODY(1.0),
		.eased_chance = 0.05, .composite_weight = 0.5,
		.white_n = 0.2, .drift = 1, .zero_step_n = 3, .mains_n = 0.05, .spikes = 2e-4,
		.drop_outs = 5e-4, .bursts_per_min = 0.1, .burst_max_s = 0.4, .gain_mismatch = 0.015,
		.slow_batch_chance = 0.5, .stall_chance = 1e-3, .stall_s = { 0.02, 0.06 },
	},
	[SIM_S2] = {
		USUAL_PERSON, BODY(1.6),
		.eased_chance = 0.1, .composite_weight = 1, .lift_moving_chance = 0.15,
		.white_n = 0.6, .drift = 2, .zero_step_n = 3, .mains_n = 0.2, .spikes = 4e-4,
		.drop_outs = 1e-3, .bursts_per_min = 0.3, .burst_max_s = 0.4, .gain_mismatch = 0.03,
		.slow_batch_chance = 1, .stall_chance = 1e-3, .stall_s = { 0.02, 0.06 },
	},
	[SIM_S3] = {
		BODY(2.4),
		.level_n = { 14, 450 }, .level_median_n = 90, .level_sigma = 0.8,
		.rise_s = { 0.06, 3.5 }, .fall_s = { 0.05, 1.8 }, .dip_sigma_s = { 0.06, 0.3 },
		.eased_chance = 0.4, .composite_weight = 3, .lift_moving_chance = 0.3,
		.pass_s = { 0.9, 4.6 }, .half_travel_mm = { 14, 100 }, .slope = { 0.08, 0.4 }, .pause_s = { 0, 1 },
		.pass_spread = 0.22, .deep_breath_chance = 0.35,
		.white_n = 0.9, .drift = 3, .zero_step_n = 4, .mains_n = 0.4, .spikes = 1e-3,
		.drop_outs = 2e-3, .bursts_per_min = 0.6, .burst_max_s = 0.8, .gain_mismatch = 0.05,
		.weak_cell_chance = 0.15, .slow_batch_chance = 1, .stall_chance = 2e-3, .stall_s = { 0.02, 0.15 },
		.duplicate_chance = 2e-4, .reorder_chance = 2e-4,
	},
};

const struct sim_stratum *sim_stratum(enum sim_stratum_id id)
{
	return &strata[id];
}
