/* SPDX-License-Identifier: MIT */
/* Where the first stroke of a movement begins and the last one ends. Part of stroke.c, and of use to nobody else. */
#ifndef CORE_STROKE_BOUNDS_H
#define CORE_STROKE_BOUNDS_H

#include "stroke.h"

/*
 * The movement to e departed from a: a rest is left where the force was last near it, or, where it had crept on before, where
 * it last stood.
 */
void stroke_depart(struct stroke *st, struct extreme *a, const struct extreme *e);

/*
 * When the movement from a came to rest in b. With one cell a force that creeps on hides the end of the pass: one that would
 * have taken much longer than those before it took as long as they did.
 */
int64_t stroke_rested_us(const struct stroke *st, const struct extreme *a, const struct extreme *b);

/* Whether the running extreme, where the movement stopped or was lifted at end_us, ends a stroke; and when. */
bool stroke_last(const struct stroke *st, int64_t end_us, bool lifted, struct extreme *ret);

/*
 * With one cell a lift within a pass hides how far it would have gone: whether the movement was on its way back from the
 * running extreme for long enough. Then that was the last reversal.
 */
bool stroke_lifted_on_the_way_back(const struct stroke *st, int64_t end_us, struct extreme *ret);

/* The stroke that the contact's end cut off at end_us, on the way back from the running extreme. */
struct extreme stroke_cut_off(const struct stroke *st, int64_t end_us, double end_impulse_ns);

#endif
