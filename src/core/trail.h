/* SPDX-License-Identifier: MIT */
/*
 * The way of the contact, a little late: places (geometry) or forces (one cell) every 25 ms, handed on 0.3 s
 * after they happened, so that what turns out to belong to a lift, a dip or an onset can still be dropped.
 */
#ifndef CORE_TRAIL_H
#define CORE_TRAIL_H

#include "signal.h"

#define TRAIL_PLACES 14 /* of 24 ms and more each: 0.3 s, and the two at its ends */
#define TRAIL_STOOD_US 900000 /* a stand shorter than that is not told apart from a slow pass */
#define TRAIL_PAST 32 /* places of the last 9.6 s */

/* One place on the way. */
struct place {
	int64_t t_us; /* corrected for the smoothing */
	double impulse_ns; /* running impulse */
	float u; /* mm, degrees, or N */
	float force_n; /* then */
	float peak_n; /* largest force since the place before */
};

struct trail {
	bool positional;
	double mean_n, mean_s; /* force of the contact so far, of the last seconds in a long one */
	int64_t mean_us; /* up to where it goes, and the running impulse there */
	double mean_from_ns;
	int64_t frozen_until_us;
	int64_t lively_until_us; /* one cell: fast swings are taken for what they are until then; INT64_MIN: not yet */
	int64_t last_us;
	float peak_n;
	bool moved_known;
	double moved_from; /* lower end of a dead band that the movement pushes along */
	int64_t moved_us; /* last time it was left */
	/* places not handed on yet: the low half of the time, and the impulse since the one before */
	struct {
		uint32_t t_us;
		float u, force_n, peak_n, step_ns;
	} place[TRAIL_PLACES];
	double first_ns, last_ns; /* running impulse before the first of them, and at the last */
	/* coarse memory of the places that were handed on: a movement is dated back to where it left a rest */
	float past_u[TRAIL_PAST];
	uint32_t past_next, past_count;
	int64_t past_us; /* of the newest */
	uint32_t first, count;
};

void trail_init(struct trail *t, bool positional);

/* A contact begins at t_us; onset: with a rise of force, rather than loaded at the first sample. */
void trail_begin(struct trail *t, int64_t t_us, bool onset);

enum trail_step {
	TRAIL_STEP_NONE,
	TRAIL_STEP_PLACE, /* a new place was taken, where the signal is */
	TRAIL_STEP_RIPE, /* the same, and one is old enough to be handed on: ret */
};

/*
 * Next sample of the contact; disturbed: it says nothing of movement (percussion). A freeze drops the places that have not
 * been handed on.
 */
enum trail_step trail_push(struct trail *t, struct signal *s, bool disturbed, struct place *ret);

/* The last time between after_us and before_us at which u was still within band of what it was: false when none is known. */
bool trail_left_us(const struct trail *t, int64_t after_us, int64_t before_us, double u, double band, int64_t *ret);

/*
 * The last time before before_us at which the movement towards u stood: where it went on by hardly anything in the 0.9 s
 * before, at least least away from u. Also the place where it stood. False when none is known.
 */
bool trail_stood_us(const struct trail *t, int64_t before_us, double u, double least, int64_t *ret, double *ret_u);

/* The way to the newest place from the one after from_us that is farthest from it. */
struct trail_pass {
	int64_t us; /* how long it took */
	double way, half_way, most; /* how far it is, how far it was after half of that time, and at most */
};

/* False when no place is known. */
bool trail_pass(const struct trail *t, int64_t from_us, struct trail_pass *ret);

/* Looks where the signal is now: something moved when it left a band of that width, which then follows it. Sets moved_us. */
void trail_watch(struct trail *t, const struct signal *s, double band);

#endif
