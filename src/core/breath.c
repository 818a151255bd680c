/* SPDX-License-Identifier: MIT */
/*
 * Sway is slow: its spectrum falls with the square of the frequency, and a level that steps or sinks is slower still. The
 * change from block to block lifts all of that to one height, and turns a step or a dip into a few large values that can be left out:
 *
 *   force   ~~~~/~~~~~      change  ....|.....  none where it is over three times what is usual
 *
 * What breathes stays a line. Its size there grows with the frequency, so that the second harmonic, a quarter in the force,
 * is a half here and never the larger one. Where half the frequency of the line holds so much that in the force it would be
 * the larger one, nobody can tell which of the two it is.
 *
 * After a minute the bank forgets: breathing wanders, and no line of several minutes would be one.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "breath.h"

#define BLOCK_US 200000
#define BLOCK_S (BLOCK_US * 1e-6)
#define LOW_BIN 8 /* of BIN_HZ */
#define BIN_HZ 0.01
#define TURN 4294967296.0
#define CUT 3.0F
#define USUAL_FIRST 0.004F
#define USUAL_BLOCKS 40 /* an exponential mean of so many, of fewer at first */
#define USUAL_BLOCKS_FIRST 4
#define KEEP_ALL_BLOCKS 300
#define KEEP 0.995F /* 40 s */
#define HOLD_MIN_S 30.0
#define AMPLITUDE_MIN 0.0155 /* of 0.02: what a short or wandering line loses to its skirts is up to a fifth */
#define STANDS_OUT 4.5F
#define LINE_BINS 3 /* to either side, into which breathing that wanders spreads */
#define APART 4 /* bins: what lies nearer belongs to the line itself ... */
#define BESIDE 14 /* ... and what lies farther is of another colour */
#define HALF_SHARE 3.0F /* power at half the frequency that leaves it open: a third (in the force 4/3) */

void breath_start(struct breath *b, int64_t t_us, double impulse_ns)
{
	memset(b, 0, sizeof *b);
	b->usual = USUAL_FIRST;
	softening_start(&b->softening);
	b->block_end_us = t_us + BLOCK_US;
	b->block_start_ns = b->last_ns = impulse_ns;
	b->last_us = t_us;
}

/* Adds one change to every bin at its phase: turned to the phase of the lowest, then by the same angle from bin to bin. */
static void ring(struct breath *b, float change)
{
	double low = b->phase_low * (2 * M_PI / TURN), step = b->phase_step * (2 * M_PI / TURN);
	float re = change * (float)cos(low), im = change * (float)sin(low), c = (float)cos(step), s = (float)sin(step);
	float keep = b->blocks < KEEP_ALL_BLOCKS ? 1 : KEEP;

	for (uint32_t i = 0; i < BREATH_BINS; i++) {
		float turned = re * c - im * s;

		b->re[i] = keep * b->re[i] + re;
		b->im[i] = keep * b->im[i] + im;
		im = re * s + im * c;
		re = turned;
	}
	b->weight = keep * keep * b->weight + 1;
	b->blocks++;
	b->phase_low += (uint32_t)(LOW_BIN * BIN_HZ * BLOCK_S * TURN);
	b->phase_step += (uint32_t)(BIN_HZ * BLOCK_S * TURN);
}

/* Takes a block of that mean; 0: nothing is known of it, but time went by. */
static void take(struct breath *b, float mean_n)
{
	float change = 0, limit = CUT * b->usual, size;
	uint32_t blocks = b->blocks + USUAL_BLOCKS_FIRST;

	if (b->level_n > 0 && mean_n > 0) {
		change = 2 * (mean_n - b->level_n) / (mean_n + b->level_n);
		size = fabsf(change) < limit ? fabsf(change) : limit;
		b->usual += (size - b->usual) / (float)(blocks < USUAL_BLOCKS ? blocks : USUAL_BLOCKS);
		change = size < limit ? change : 0;
	}
	b->level_n = mean_n > 0 ? mean_n : 0;
	ring(b, change);
	softening_push(&b->softening, change);
	b->block_end_us += BLOCK_US;
}

void breath_close(struct breath *b, int64_t t_us, double impulse_ns)
{
	double per_us = t_us > b->last_us ? (impulse_ns - b->last_ns) / (double)(t_us - b->last_us) : 0;

	while (t_us >= b->block_end_us) {
		double end_ns = b->last_ns + per_us * (double)(b->block_end_us - b->last_us);

		take(b, b->spoiled ? 0 : (float)((end_ns - b->block_start_ns) / BLOCK_S));
		b->spoiled = false;
		b->block_start_ns = end_ns;
	}
}

void breath_resume(struct breath *b, int64_t t_us, double impulse_ns)
{
	while (t_us >= b->block_end_us)
		take(b, 0);
	b->spoiled = true;
	b->last_us = t_us;
	b->last_ns = impulse_ns;
}

static float power(const struct breath *b, int bin)
{
	return b->re[bin] * b->re[bin] + b->im[bin] * b->im[bin];
}

/* Mean power of the bins beside a line, its second harmonic left out. */
static float power_beside(const struct breath *b, int line)
{
	float sum = 0;
	int n = 0;

	for (int i = 0; i < BREATH_BINS; i++) {
		int away = abs(i - line), from_second = abs(i + LOW_BIN - 2 * (line + LOW_BIN));

		if (away < APART || away > BESIDE || from_second < APART)
			continue;
		sum += power(b, i);
		n++;
	}
	return sum / (float)n; /* a line at either end has as many beside it as APART and BESIDE leave */
}

/* Whether the line may be the second harmonic of one at half its frequency. */
static bool may_be_second(const struct breath *b, int line)
{
	int half = (line + LOW_BIN) / 2 - LOW_BIN;

	for (int i = half - 1; i <= half + 2; i++)
		if (i >= 0 && i < BREATH_BINS && HALF_SHARE * power(b, i) > power(b, line))
			return true;
	return false;
}

/* Where between the bins the line lies: the top of a parabola through three of them. */
static double line_hz(const struct breath *b, int line)
{
	double below = power(b, line - 1), at = power(b, line), above = power(b, line + 1);

	return BIN_HZ * (LOW_BIN + line + 0.5 * (below - above) / (below - 2 * at + above));
}

/* Amplitude of the line, as a part of the load: what its bins hold beyond what is beside them, by Parseval. */
static double amplitude(const struct breath *b, int line, double hz, float beside)
{
	double turn = M_PI * hz * BLOCK_S, sum = 0;

	for (int i = line - LINE_BINS; i <= line + LINE_BINS; i++)
		if (i >= 0 && i < BREATH_BINS)
			sum += power(b, i) - beside;
	if (sum <= 0)
		return 0;
	/* the difference of means over a block is that of a sine by 2 sin(turn), and sin(turn) / turn */
	return 2 * sqrt(sum * BIN_HZ * BLOCK_S / b->weight) * turn / (2 * sin(turn) * sin(turn));
}

struct knead_maybe breath_per_min(const struct breath *b, double duration_s)
{
	float beside;
	double hz;
	int line = 0;

	if (duration_s < HOLD_MIN_S || b->blocks == 0)
		return knead_unknown();
	for (int i = 1; i < BREATH_BINS; i++)
		if (power(b, i) > power(b, line))
			line = i;
	if (line == 0 || line == BREATH_BINS - 1)
		return knead_unknown(); /* its top lies beyond the bank */
	hz = line_hz(b, line);
	beside = power_beside(b, line);
	if (amplitude(b, line, hz, beside) < AMPLITUDE_MIN || power(b, line) < STANDS_OUT * beside ||
		power(b, line) <= 0 || may_be_second(b, line))
		return knead_unknown();
	return knead_known(60 * hz);
}
