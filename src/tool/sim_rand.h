/* SPDX-License-Identifier: MIT */
/*
 * Random numbers of the simulator: the same seed and stream give the same numbers everywhere. Draw one number per statement:
 * C does not say in which order it evaluates arguments, operands and lists of initial values.
 */
#ifndef TOOL_SIM_RAND_H
#define TOOL_SIM_RAND_H

#include <stdbool.h>
#include <stdint.h>

struct sim_rand {
	uint64_t state[4];
	double spare; /* second half of a pair of normal numbers, while has_spare */
	bool has_spare;
};

/* Two numbers of the same parameter, drawn evenly between them. */
struct sim_range {
	double lo, hi;
};

/* Starts stream number stream of seed. Streams of one seed do not depend on how much was drawn from one another. */
void sim_rand_init(struct sim_rand *r, uint64_t seed, uint64_t stream);

double sim_rand_uniform(struct sim_rand *r); /* [0, 1) */
double sim_rand_in(struct sim_rand *r, struct sim_range range);
double sim_rand_between(struct sim_rand *r, double lo, double hi);
double sim_rand_log_between(struct sim_rand *r, double lo, double hi); /* even in the logarithm; 0 < lo <= hi */
uint32_t sim_rand_count(struct sim_rand *r, uint32_t lo, uint32_t hi); /* lo..hi, both included */
bool sim_rand_chance(struct sim_rand *r, double p);
double sim_rand_sign(struct sim_rand *r); /* -1 or 1 */
double sim_rand_normal(struct sim_rand *r); /* mean 0, sd 1 */
double sim_rand_exponential(struct sim_rand *r, double mean);

#endif
