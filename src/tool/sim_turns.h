/* SPDX-License-Identifier: MIT */
/* Where a movement turns round, and which of its swings make a roll by force alone. Acausal: the whole of it is known. */
#ifndef TOOL_SIM_TURNS_H
#define TOOL_SIM_TURNS_H

#include <stdbool.h>
#include <stddef.h>

/* What is kept of each physics step of a contact. */
struct sim_kept {
	float force_n, calm_n, x_mm, turns; /* as in struct sim_moment */
};

struct sim_extreme {
	double at; /* index of the step; of a rest at the turning point the middle, of the first its end, of the last its start */
	double value;
};

struct sim_turns {
	struct sim_extreme *item; /* owned */
	size_t count, size;
};

/*
 * Fills ret (cleared first) with the extremes of the steps [first, end) of kept: they alternate, and neighbours lie at
 * least `least` apart. The first and the last are those nearest to the ends, which may be the ends themselves. by_force:
 * of calm_n, else of x_mm. Returns 0 or -ENOMEM.
 */
int sim_turns_find(
	struct sim_turns *ret, const struct sim_kept *kept, size_t first, size_t end, bool by_force, double least);
void sim_turns_deinit(struct sim_turns *t);

/* Mean of calm_n over [first, end); 0 when empty. */
double sim_turns_mean_n(const struct sim_kept *kept, size_t first, size_t end);

/*
 * The first run of swings from extreme `from` on that is a roll by force: four or more, each at least 15 % of the mean, 0.35
 * to 6.5 s long, the longest at most 2.6 times the shortest, the largest at most 2.5 times the smallest. Returns the number
 * of swings, 0 for none; *ret_first is its first extreme.
 */
size_t sim_turns_roll(
	const struct sim_turns *t, const struct sim_kept *kept, double dt_s, size_t from, size_t *ret_first);

#endif
