/* SPDX-License-Identifier: MIT */
/* The last turning points of a movement, and whether the strokes between them make a roll. */
#ifndef CORE_TURNS_H
#define CORE_TURNS_H

#include "emit.h"
#include "reversal.h"

#define TURNS_INTERVAL_MAX_S 6.5
#define TURNS_FIRST_SHARE 0.6 /* a first pass may be this much smaller: a force that sinks by itself takes from it */
#define TURNS_KEPT 8 /* enough to date a roll back to its first */

struct turns {
	struct emit *emit; /* who is told how the rule was measured */
	union {
		struct extreme kept[TURNS_KEPT];
		struct reversal low; /* while none is kept: the movement may leave a low place or a high one */
	};
	uint32_t count;
	uint32_t first; /* index of the first extreme of the roll */
	bool positional;
	int64_t rest_us; /* standing still for this long parts two movements */
};

/* What a roll is made of, in units of u. */
struct turns_rule {
	uint32_t swings; /* how many */
	double swing; /* at least this large */
};

/* Appends a turning point; the oldest goes when there is no room. */
void turns_keep(struct turns *t, const struct extreme *e);

/* The newest; there must be one. */
static inline struct extreme *turns_last(struct turns *t)
{
	return &t->kept[t->count - 1];
}

/* Seconds from a to b. */
double turns_interval_s(const struct extreme *a, const struct extreme *b);

/* Whether the last swing turned as much as a circle does: the next one tells. */
bool turns_may_orbit(const struct turns *t);

/* Whether the last two swings went round in a circle, not to and fro: what turns one way on the way there turns back. */
bool turns_orbited(const struct turns *t);

/* Whether the movement stood still in kept[i] (i > 0) for rest_us. */
bool turns_rested(const struct turns *t, uint32_t i);

/* Whether the next swing departs from the newest turning point as the first one of a movement: what led there was none of swing's size. */
bool turns_departs(const struct turns *t, double swing);

/*
 * Whether the newest swings fulfil the rule, large and (with one cell) even enough in time and size to be one movement. Then
 * first is where the roll begins - earlier swings that belong to it included - and ret_share how far the smallest is above
 * the rule's.
 */
bool turns_find(struct turns *t, const struct turns_rule *rule, double *ret_share);

#endif
