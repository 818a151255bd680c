/* SPDX-License-Identifier: MIT */
/*
 * Softening: the moment within a hold from which the force falls on a steeper line in double-logarithmic paper. Keeps the
 * course of the hold in at most 40 pieces, thinned as it goes on; constant work per piece, and a bounded search at the end.
 */
#ifndef CORE_SOFTENING_H
#define CORE_SOFTENING_H

#include <knead/units.h>

#define SOFTENING_PIECES 40

struct softening {
	float height; /* of the logarithm of the force, steps and dips left out */
	float sum; /* of the heights of the piece under way */
	uint32_t blocks, blocks_per_piece; /* blocks in it, and in a whole one */
	uint32_t pieces;
	float piece[SOFTENING_PIECES]; /* mean height of each */
};

void softening_start(struct softening *s);

/* The next fifth of a second: by what part the force has changed since the one before. */
void softening_push(struct softening *s, float change);

/* Seconds from the start to the break; unknown where none stands out of what the body does besides. */
struct knead_maybe softening_s(const struct softening *s);

#endif
