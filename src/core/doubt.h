/* SPDX-License-Identifier: MIT */
/*
 * Doubt about a contact: whether it is taken for a hold, or for a roll, only because the guided protocol asks for one. While a
 * hold is asked for, counts the swings that would have been strokes without that, by nothing but their size and pace.
 */
#ifndef CORE_DOUBT_H
#define CORE_DOUBT_H

#include <stdbool.h>
#include <stdint.h>

struct doubt {
	bool by_prior; /* the verdict would be another one without the prior */
	bool begun;
	int sign; /* of the last swing; 0: none yet */
	double high, low; /* since the last swing */
	int64_t swing_us; /* when it had reached its size */
	uint32_t swings; /* in a row */
};

/* Another contact. */
void doubt_begin(struct doubt *d);

/*
 * The place (or force) u at t_us; size > 0: of a swing, in the same unit. From that many swings in a row, each within the time
 * that a stroke of a roll may take after the one before, a hold is one by the prior alone.
 */
void doubt_push(struct doubt *d, int64_t t_us, double u, double size, uint32_t swings);

/* It is a roll. */
void doubt_settle(struct doubt *d, bool by_prior);

#endif
