/* SPDX-License-Identifier: MIT */
/*
 * A ladder of forces from 0.5 to 1024 N with 2^bits rungs to the octave, piecewise linear: the exponent and the top bits of the
 * mantissa of a double are the number of its rung, so that no logarithm is needed per sample.
 */
#ifndef CORE_OCTAVE_H
#define CORE_OCTAVE_H

#include <stdint.h>
#include <string.h>

#define OCTAVES 11
#define OCTAVE_RUNGS(bits) (OCTAVES << (bits))
#define OCTAVE_FIRST(bits) ((1023 - 1) << (bits)) /* 0.5 = 2^-1, with the bias of a double's exponent */

/* The rung at or below force_n; -1 below the ladder (and for what is no number), the last rung above it. */
static inline int octave_rung(double force_n, int bits)
{
	uint64_t pattern;
	int rung;

	if (!(force_n >= 0.5))
		return -1;
	memcpy(&pattern, &force_n, sizeof pattern);
	rung = (int)(pattern >> (52 - bits)) - OCTAVE_FIRST(bits);
	return rung < OCTAVE_RUNGS(bits) ? rung : OCTAVE_RUNGS(bits) - 1;
}

/* The force of a rung, in newton. */
static inline double octave_force_n(int rung, int bits)
{
	uint64_t pattern = (uint64_t)(rung + OCTAVE_FIRST(bits)) << (52 - bits);
	double force_n;

	memcpy(&force_n, &pattern, sizeof force_n);
	return force_n;
}

/* How many ticks t_us lies after origin_us, at most INT32_MAX. */
static inline int32_t octave_tick(int64_t origin_us, int64_t t_us, int tick_us)
{
	int64_t tick = (t_us - origin_us) / tick_us;

	return tick > INT32_MAX ? INT32_MAX : (int32_t)tick;
}

#endif
