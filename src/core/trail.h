/* SPDX-License-Identifier: MIT */
/*
 * The way of the contact, a little late: places (geometry) or forces (one cell) every ten milliseconds, handed on 0.3 s
 * after they happened, so that what turns out to belong to a lift, a dip or an onset can still be dropped.
 */
#ifndef CORE_TRAIL_H
#define CORE_TRAIL_H

#include "signal.h"

#define TRAIL_PLACES 40

/* One place on the way. */
struct place {
	int64_t t_us; /* corrected for the smoothing */
	double u; /* mm, degrees, or N */
	double force_n; /* then */
	double peak_n; /* largest force since the place before */
	double impulse_ns; /* running impulse */
};

struct trail {
	bool positional;
	double mean_n, mean_s; /* force of the contact so far, of the last seconds in a long one */
	int64_t frozen_until_us;
	int64_t last_us;
	double peak_n;
	struct place place[TRAIL_PLACES];
	uint32_t first, count;
};

void trail_init(struct trail *t, bool positional);

/* A contact begins at t_us. */
void trail_begin(struct trail *t, int64_t t_us);

/*
 * Next sample of the contact; disturbed: it says nothing of movement (percussion). Returns true when a place has become old
 * enough: it is in ret. A freeze drops what is younger.
 */
bool trail_push(struct trail *t, struct signal *s, bool disturbed, struct place *ret);

/* Whether the trail is frozen just now. */
static inline bool trail_frozen(const struct trail *t, int64_t t_us)
{
	return t_us < t->frozen_until_us;
}

/* The data ended without a lift: hands on what is left, one by one. */
bool trail_drain(struct trail *t, struct place *ret);

#endif
