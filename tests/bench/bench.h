/* SPDX-License-Identifier: MIT */
/* What the benchmarks share: the clock, and what a ball feels, one sample at a time. */
#ifndef BENCH_H
#define BENCH_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#define BENCH_RATE_HZ 80
#define BENCH_COUNTS_PER_N 420.0
#define BENCH_ZERO_COUNTS 83000.0

enum bench_load { BENCH_IDLE, BENCH_HOLD, BENCH_ROLL, BENCH_SESSION, _BENCH_LOADS };
static const char *const bench_load_names[_BENCH_LOADS] = { "idle", "hold", "roll", "session" };

static inline int64_t bench_now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* A session is one minute, again and again: idle, a hold of 30 s, idle, a roll of 15 s, idle. What is on at t_s. */
static inline enum bench_load bench_phase(enum bench_load load, double t_s)
{
	double into_s = fmod(t_s, 60);

	if (load != BENCH_SESSION)
		return load;
	if (into_s >= 5 && into_s < 35)
		return BENCH_HOLD;
	return into_s >= 40 && into_s < 55 ? BENCH_ROLL : BENCH_IDLE;
}

/* Force in newton at t_s. */
static inline double bench_force_n(enum bench_load load, double t_s)
{
	double sway_n = 0.4 * sin(6.1 * t_s) + 0.1 * sin(97.0 * t_s);

	switch (bench_phase(load, t_s)) {
	case BENCH_HOLD:
		return 80 + sway_n;
	case BENCH_ROLL:
		return 80 + 40 * sin(2 * M_PI * t_s / 3.0) + sway_n;
	default:
		return 0.1 * sway_n;
	}
}

/* Where on a line of cells the contact is, 0..1: it goes to and fro while rolling. */
static inline double bench_place(enum bench_load load, double t_s)
{
	return bench_phase(load, t_s) == BENCH_ROLL ? 0.5 + 0.4 * sin(2 * M_PI * t_s / 3.0) : 0.5;
}

static inline int32_t bench_counts(double force_n)
{
	return (int32_t)lrint(BENCH_ZERO_COUNTS + force_n * BENCH_COUNTS_PER_N);
}

/* A count from the command line, or otherwise. */
static inline long bench_arg(int argc, char **argv, int at, long otherwise)
{
	return argc > at ? strtol(argv[at], NULL, 10) : otherwise;
}

#endif
