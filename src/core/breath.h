/* SPDX-License-Identifier: MIT */
/*
 * The rate of breathing under a sustained load: a bank of resonators from 0.08 to 0.50 Hz in steps of 0.01, fed with the
 * change of force from one fifth of a second to the next. Constant work per sample.
 */
#ifndef CORE_BREATH_H
#define CORE_BREATH_H

#include "softening.h"

#define BREATH_BINS 43

struct breath {
	int64_t block_end_us;
	double block_start_ns; /* running impulse at the start of the block under way */
	double last_ns; /* the same at the sample before, which came at last_us */
	int64_t last_us;
	bool spoiled; /* ... is worth nothing: part of it lay in a dip */
	float level_n; /* mean of the block before, 0 = none */
	float usual; /* mean size of a change, as a part of the level */
	uint32_t phase_low, phase_step; /* of the lowest bin, and from bin to bin; 2^32 is a turn */
	uint32_t blocks; /* taken into the bank */
	float weight; /* of them, squared: what is forgotten weighs less */
	struct softening softening; /* fed with the same changes */
	float re[BREATH_BINS], im[BREATH_BINS];
};

/* Begins at t_us, where the running impulse is impulse_ns. */
void breath_start(struct breath *b, int64_t t_us, double impulse_ns);

/* What breath_push() does at the end of a block. */
void breath_close(struct breath *b, int64_t t_us, double impulse_ns);

/* Next sample at t_us, with the running impulse there. */
static inline void breath_push(struct breath *b, int64_t t_us, double impulse_ns)
{
	if (t_us >= b->block_end_us)
		breath_close(b, t_us, impulse_ns);
	b->last_us = t_us;
	b->last_ns = impulse_ns;
}

/* The load was off (a dip, at most bridge_s long) until t_us: what lay in it is worth nothing, but time went by. */
void breath_resume(struct breath *b, int64_t t_us, double impulse_ns);

/*
 * Breaths per minute of what was pushed, for a hold that lasted duration_s: unknown under 30 s, for an amplitude well under
 * 2 % of the load, and where no line stands out of what is beside it.
 */
struct knead_maybe breath_per_min(const struct breath *b, double duration_s);

#endif
