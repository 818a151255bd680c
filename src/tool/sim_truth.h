/* SPDX-License-Identifier: MIT */
/*
 * Labels from the noise-free force. Acausal on purpose: it keeps a whole contact and looks ahead, where the detector has
 * to decide as it goes, and shares no code with it.
 */
#ifndef TOOL_SIM_TRUTH_H
#define TOOL_SIM_TRUTH_H

#include "sim_timeline.h"

/* A stretch without samples, longer than 2 s or with a restart: what is open ends before it, and starts after it. */
struct sim_blind {
	double from_s, to_s;
};

struct sim_truth {
	const struct sim_timeline *tl;
	struct knead_settings limits;
	double dt_s;
	double start_s; /* of the stretch of force kept */
	float *force_n; /* one value per dt_s; owned */
	size_t count, size;
	struct sim_blind *blind; /* owned */
	size_t blinds, blinds_size;
	struct labels labels;
	int error; /* first -ENOMEM */
};

/* tl must outlive t. limits give press_n, release_n and the times of the definitions. */
void sim_truth_init(
	struct sim_truth *t, const struct sim_timeline *tl, const struct knead_settings *limits, double dt_s);
void sim_truth_deinit(struct sim_truth *t);

/* The force at t_s, one dt_s after the last call; or later, and it was 0 in between. */
void sim_truth_push(struct sim_truth *t, double t_s, double force_n);
/* Nothing was seen from from_s (force of the last sample) to to_s (of the next). Before the contact's force is complete. */
void sim_truth_blind(struct sim_truth *t, double from_s, double to_s);

/* Completes the labels, with times from origin_s on. Returns 0 or -ENOMEM. */
int sim_truth_finish(struct sim_truth *t, double origin_s);

#endif
