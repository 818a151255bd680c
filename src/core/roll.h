/* SPDX-License-Identifier: MIT */
/* The records of one roll: roll_start, its strokes as they are confirmed, roll_end. */
#ifndef CORE_ROLL_H
#define CORE_ROLL_H

#include "emit.h"
#include "reversal.h"

struct roll {
	uint32_t id;
	int64_t start_us;
	double start_impulse_ns;
	bool positional, has_travel; /* direction, and travel in mm, are known */
	uint32_t strokes;
	double travel_mm, peak_n;
	double sum_p, sum_ip; /* peaks of the strokes against their number, for the trend */
	double interval_sum_s, amplitude; /* of its strokes; amplitude: mean of the last four or so */
	double confidence;
};

/* Begins the roll (id, confidence, positional and has_travel are filled in) at start_us with that running impulse. */
void roll_begin(struct roll *r, struct emit *emit, int64_t start_us, double impulse_ns, uint32_t flags);

/* One stroke from extreme a to b, lasting from start_us to end_us. */
void roll_stroke(struct roll *r, struct emit *emit, const struct extreme *a, const struct extreme *b, int64_t start_us,
	int64_t end_us, uint32_t flags);

void roll_end(const struct roll *r, struct emit *emit, int64_t end_us, double impulse_ns, enum knead_cause cause,
	uint32_t flags);

/* Mean time of its strokes; 0 before the first. */
static inline double roll_mean_interval_s(const struct roll *r)
{
	return r->strokes > 0 ? r->interval_sum_s / r->strokes : 0;
}

#endif
