/* SPDX-License-Identifier: MIT */
/* Noise for tests that has nothing to do with the simulator's: the same for the same seed, on every machine. */
#ifndef TEST_NOISE_H
#define TEST_NOISE_H

#include <math.h>
#include <stdint.h>

struct noise {
	uint64_t state;
};

static inline void noise_init(struct noise *n, uint64_t seed)
{
	n->state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
}

/* Uniform within (0, 1): xorshift64* (Vigna 2016). */
static inline double noise_uniform(struct noise *n)
{
	n->state ^= n->state >> 12;
	n->state ^= n->state << 25;
	n->state ^= n->state >> 27;
	return ((double)((n->state * UINT64_C(0x2545f4914f6cdd1d)) >> 12) + 0.5) * 0x1p-52;
}

/* Of mean 0 and sd 1 (Box and Muller 1958). */
static inline double noise_normal(struct noise *n)
{
	double r = sqrt(-2 * log(noise_uniform(n)));

	return r * cos(2 * M_PI * noise_uniform(n));
}

/* One step of an Ornstein-Uhlenbeck process of sd 1. */
static inline double noise_wander(struct noise *n, double value, double dt_s, double correlation_s)
{
	double keep = exp(-dt_s / correlation_s);

	return keep * value + sqrt(1 - keep * keep) * noise_normal(n);
}

#endif
