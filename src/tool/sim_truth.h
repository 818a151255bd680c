/* SPDX-License-Identifier: MIT */
/*
 * Labels from the noise-free force and place of the contact. Acausal on purpose: it keeps a whole contact and looks ahead,
 * where the detector has to decide as it goes, and shares no code with it.
 */
#ifndef TOOL_SIM_TRUTH_H
#define TOOL_SIM_TRUTH_H

#include "sim_timeline.h"
#include "sim_turns.h"

/* A stretch without samples, longer than 2 s or with a restart: what is open ends before it, and starts after it. */
struct sim_blind {
	double from_s, to_s;
};

/* A part of a contact that is a roll. */
struct sim_roll {
	double start_s, end_s;
	size_t strokes;
	double *reversal_s; /* strokes - 1 of them; owned */
};

struct sim_truth {
	const struct sim_timeline *tl;
	struct knead_settings limits;
	bool by_force; /* rolls are what the force shows, not what the place does */
	double dt_s;
	double start_s; /* of the stretch kept */
	struct sim_kept *kept; /* one per dt_s; owned */
	size_t count, size;
	struct sim_blind *blind; /* owned */
	size_t blinds, blinds_size;
	struct sim_roll *roll; /* of the contact being labelled; owned */
	size_t rolls, rolls_size;
	struct sim_turns turns;
	struct labels labels;
	int error; /* first -ENOMEM */
};

/* tl must outlive t. limits give press_n, release_n and the times of the definitions. */
void sim_truth_init(struct sim_truth *t, const struct sim_timeline *tl, const struct knead_settings *limits,
	bool by_force, double dt_s);
void sim_truth_deinit(struct sim_truth *t);

/* What is at t_s, one dt_s after the last call; or later, and there was no force in between. */
void sim_truth_push(struct sim_truth *t, double t_s, const struct sim_moment *moment);
/* Nothing is seen from from_s (force of the last sample) until sim_truth_see(), or the end. */
void sim_truth_blind(struct sim_truth *t, double from_s);
/* The next sample stands for the force at from_s. */
void sim_truth_see(struct sim_truth *t, double from_s);

/* Completes the labels, with times from origin_s on. Returns 0 or -ENOMEM. */
int sim_truth_finish(struct sim_truth *t, double origin_s);

/* For the files that make up the labels: time of a step of the stretch kept; the first step at or after a time. */
double sim_truth_time_s(const struct sim_truth *t, size_t i);
size_t sim_truth_index(const struct sim_truth *t, double t_s);

/* Finds the rolls of a contact, in order, and keeps them in t->roll: sim_truth_rolls.c. */
void sim_truth_find_rolls(struct sim_truth *t, double start_s, double end_s);

/*
 * Everything that is known of an event, owned by the caller: sim_details.c. roll: NULL for other kinds; contact_s: where the
 * contact that it is part of starts. NULL when out of memory.
 */
struct label_details *sim_details_new(
	const struct sim_truth *t, const struct label *label, const struct sim_roll *roll, double contact_s);

#endif
