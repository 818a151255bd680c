/* SPDX-License-Identifier: MIT */
/*
 * xoshiro256** by Blackman and Vigna ("Scrambled linear pseudorandom number generators", 2018), its state filled by
 * splitmix64 as they advise. Normal numbers by Marsaglia's polar method. Nothing here is fit for secrets.
 */
#include <math.h>

#include "sim_rand.h"

static uint64_t splitmix64(uint64_t *x)
{
	uint64_t z = *x += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static uint64_t rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

static uint64_t next(struct sim_rand *r)
{
	uint64_t *s = r->state;
	uint64_t result = rotl(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return result;
}

void sim_rand_init(struct sim_rand *r, uint64_t seed, uint64_t stream)
{
	uint64_t x = seed, mixed = splitmix64(&x) + stream;

	*r = (struct sim_rand){ 0 };
	for (int i = 0; i < 4; i++)
		r->state[i] = splitmix64(&mixed);
}

double sim_rand_uniform(struct sim_rand *r)
{
	return (double)(next(r) >> 11) * 0x1p-53;
}

double sim_rand_between(struct sim_rand *r, double lo, double hi)
{
	return lo + (hi - lo) * sim_rand_uniform(r);
}

double sim_rand_in(struct sim_rand *r, struct sim_range range)
{
	return sim_rand_between(r, range.lo, range.hi);
}

double sim_rand_log_between(struct sim_rand *r, double lo, double hi)
{
	return exp(sim_rand_between(r, log(lo), log(hi)));
}

uint32_t sim_rand_count(struct sim_rand *r, uint32_t lo, uint32_t hi)
{
	return lo + (uint32_t)(sim_rand_uniform(r) * (hi - lo + 1));
}

bool sim_rand_chance(struct sim_rand *r, double p)
{
	return sim_rand_uniform(r) < p;
}

double sim_rand_sign(struct sim_rand *r)
{
	return sim_rand_chance(r, 0.5) ? 1 : -1;
}

double sim_rand_normal(struct sim_rand *r)
{
	double x, y, square;

	if (r->has_spare) {
		r->has_spare = false;
		return r->spare;
	}
	do {
		x = 2 * sim_rand_uniform(r) - 1;
		y = 2 * sim_rand_uniform(r) - 1;
		square = x * x + y * y;
	} while (square >= 1 || square == 0);
	square = sqrt(-2 * log(square) / square);
	r->spare = y * square;
	r->has_spare = true;
	return x * square;
}

double sim_rand_exponential(struct sim_rand *r, double mean)
{
	return -mean * log(1 - sim_rand_uniform(r));
}
