/* SPDX-License-Identifier: MIT */
/*
 * Relaxing tissue follows a straight line of log force on log time, and one that softens a second, steeper one
 * (detection.md 3.3):
 *
 *   log F  ----___            the break is where a bent line leaves the least of the force unexplained
 *                 \__
 *                    \__      log t
 *
 * Tissue also relaxes on curves, and people step from one level to another. So a bent line has to explain the course better
 * than a line with a step, and better than lines that bend smoothly, by more than sway explains: its variance, times
 * the length over which it keeps its course.
 */
#include <math.h>
#include <string.h>

#include "softening.h"

#define BLOCK_S 0.2
#define BLOCKS_PER_PIECE 5
#define FROM_S 2.0 /* before, the onset is not over */
#define MARGIN_S 4.0 /* a line wants so much to be one */
#define PIECES_MIN 12
#define STEEPER 1.5
#define BETTER 3.5
#define SWAY2_MIN 4e-6 /* 0.2 % of the force: nothing finer than that is said of a body */
#define SMOOTH 4

struct line {
	uint32_t count;
	double t_s[SOFTENING_PIECES], x[SOFTENING_PIECES]; /* time and its logarithm, x less its mean */
	double rest[SOFTENING_PIECES]; /* of the heights, beside the straight line */
	double xx, slope, rest2; /* squares of x; slope of the line; squares of the rest */
};

void softening_start(struct softening *s)
{
	memset(s, 0, sizeof *s);
	s->blocks_per_piece = BLOCKS_PER_PIECE;
}

/* Two pieces become one. */
static void thin(struct softening *s)
{
	for (uint32_t i = 0; i < SOFTENING_PIECES / 2; i++)
		s->piece[i] = (s->piece[2 * i] + s->piece[2 * i + 1]) / 2;
	s->pieces = SOFTENING_PIECES / 2;
	s->blocks_per_piece *= 2;
}

void softening_push(struct softening *s, float change)
{
	s->height += change;
	s->sum += s->height;
	if (++s->blocks < s->blocks_per_piece)
		return;
	s->piece[s->pieces++] = s->sum / (float)s->blocks;
	s->sum = 0;
	s->blocks = 0;
	if (s->pieces == SOFTENING_PIECES)
		thin(s);
}

static void fit_line(const struct softening *s, struct line *l)
{
	double piece_s = s->blocks_per_piece * BLOCK_S, x = 0, y = 0, xy = 0;

	*l = (struct line){ 0 };
	for (uint32_t i = 0; i < s->pieces; i++) {
		double t_s = (i + 0.5) * piece_s;

		if (t_s < FROM_S)
			continue;
		l->t_s[l->count] = t_s;
		l->x[l->count] = log1p(t_s);
		l->rest[l->count] = s->piece[i];
		x += l->x[l->count];
		y += s->piece[i];
		l->count++;
	}
	for (uint32_t i = 0; i < l->count; i++) {
		l->x[i] -= x / l->count;
		l->rest[i] -= y / l->count;
		l->xx += l->x[i] * l->x[i];
		xy += l->x[i] * l->rest[i];
	}
	l->slope = l->xx > 0 ? xy / l->xx : 0;
	for (uint32_t i = 0; i < l->count; i++) {
		l->rest[i] -= l->slope * l->x[i];
		l->rest2 += l->rest[i] * l->rest[i];
	}
}

/*
 * By how much the squares of the rest fall when shape[] is laid beside the line; its factor then, and the slope of the line
 * beside it. shape[] is left without its own mean and line.
 */
static double gain(const struct line *l, double *shape, double *ret_factor, double *ret_slope)
{
	double mean = 0, sx = 0, ss = 0, sr = 0;

	for (uint32_t i = 0; i < l->count; i++)
		mean += shape[i] / l->count;
	for (uint32_t i = 0; i < l->count; i++)
		sx += (shape[i] - mean) * l->x[i];
	for (uint32_t i = 0; i < l->count; i++) {
		shape[i] -= mean + sx / l->xx * l->x[i];
		ss += shape[i] * shape[i];
		sr += shape[i] * l->rest[i];
	}
	*ret_factor = ss > 1e-12 ? sr / ss : 0;
	*ret_slope = l->slope - *ret_factor * sx / l->xx;
	return *ret_factor * sr;
}

static void bend(const struct line *l, uint32_t at, double *ret_shape)
{
	for (uint32_t i = 0; i < l->count; i++)
		ret_shape[i] = i > at ? l->x[i] - l->x[at] : 0;
}

/* What a step somewhere, or a smooth bend, would explain at best. */
static double gain_otherwise(const struct line *l)
{
	static const double fade_s[SMOOTH] = { 0, 5, 10, 20 }; /* 0: straight in time */
	double shape[SOFTENING_PIECES], best = 0, factor, slope;

	for (uint32_t k = 0; k < SMOOTH; k++) {
		for (uint32_t i = 0; i < l->count; i++)
			shape[i] = fade_s[k] > 0 ? exp(-l->t_s[i] / fade_s[k]) : l->t_s[i];
		best = fmax(best, gain(l, shape, &factor, &slope));
	}
	for (uint32_t at = 1; at < l->count; at++) {
		for (uint32_t i = 0; i < l->count; i++)
			shape[i] = i >= at;
		best = fmax(best, gain(l, shape, &factor, &slope));
	}
	return best;
}

/* Variance of the rest beside the best bend, times the number of pieces over which it keeps its course. */
static double sway2(const struct line *l, const double *shape, double factor)
{
	double squares = 0, products = 0, before = 0, keeps;

	for (uint32_t i = 0; i < l->count; i++) {
		double rest = l->rest[i] - factor * shape[i];

		squares += rest * rest;
		products += i > 0 ? rest * before : 0;
		before = rest;
	}
	keeps = squares > 0 ? fmin(0.9, fmax(0, products / squares + 1.5 / l->count)) : 0;
	return fmax(SWAY2_MIN, squares / (l->count - 4) * (1 + keeps) / (1 - keeps));
}
struct knead_maybe softening_s(const struct softening *s)
{
	double gains[SOFTENING_PIECES] = { 0 }, shape[SOFTENING_PIECES], factor, slope, off = 0, better;
	struct line l;
	uint32_t best = 0;

	fit_line(s, &l);
	if (l.count < PIECES_MIN)
		return knead_unknown();
	for (uint32_t at = 1; at + 1 < l.count; at++) {
		if (l.t_s[at] < l.t_s[0] + MARGIN_S || l.t_s[at] > l.t_s[l.count - 1] - MARGIN_S)
			continue;
		bend(&l, at, shape);
		gains[at] = gain(&l, shape, &factor, &slope);
		if (factor >= 0 || slope + factor >= 0 || slope + factor > STEEPER * slope)
			gains[at] = 0;
		if (gains[at] > gains[best])
			best = at;
	}
	if (best == 0)
		return knead_unknown();
	bend(&l, best, shape);
	better = gain(&l, shape, &factor, &slope) - gain_otherwise(&l);
	if (better < BETTER * sway2(&l, shape, factor))
		return knead_unknown();
	if (gains[best - 1] > 0 && gains[best + 1] > 0)
		off = 0.5 * (gains[best - 1] - gains[best + 1]) / (gains[best - 1] - 2 * gains[best] + gains[best + 1]);
	return knead_known(l.t_s[best] + off * s->blocks_per_piece * BLOCK_S);
}
