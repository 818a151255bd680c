/* SPDX-License-Identifier: MIT */
/*
 * The statistics of one hold, from its start to any later instant: peak, mean, level, impulse, smallest force, steadiness,
 * relaxation, breathing. Constant work per sample; levels and what needs logarithms work on blocks of 50 ms.
 */
#ifndef CORE_TALLY_H
#define CORE_TALLY_H

#include <knead/event.h>

#include "breath.h"
#include "climb.h"
#include "signal.h"

#define TALLY_PENDING 16 /* blocks kept back, 0.8 s, so that the final fall can be left out of the fit */
#define TALLY_CRESTS 4 /* of 0.2 s each, kept back so that the first swing of a roll can be left out of the peak */

/* Everything that is summed up: the state of the hold at an instant. */
struct tally_mark {
	int64_t began_us; /* when its tally began */
	uint16_t tally; /* number of the tally: tells marks of different ones apart */
	int64_t t_us;
	double impulse_ns; /* running impulse of the signal at t_us */
	double peak_n; /* of the blocks that are not kept back */
	int64_t peak_us;
	double level_ns, level_s; /* force x time and time, dips and what is under 0.55 of the level left out */
	double min_n; /* smallest force since the onset was over, before the last time it stood at its own level */
	bool min_known;
	uint32_t dips;
	double local_n; /* the level of the last second or so, frozen while the force falls */
	/* least squares of force on ln(1 + t): count, means, sums of squares and products about the means */
	double fit_count, fit_x, fit_y, fit_xx, fit_xy, fit_yy;
};

/*
 * A mark made small, to be kept with whatever may turn out to be the end of the hold; its time and running impulse are kept
 * beside it.
 */
struct tally_note {
	uint16_t tally;
	uint16_t dips : 15;
	uint16_t min_known : 1;
	int32_t peak_ticks; /* since the tally began */
	float peak_n, level_n, min_n, local_n;
	uint32_t fit_count;
	float fit_x, fit_y, fit_xx, fit_xy, fit_yy;
};

/* The peak of a few blocks. */
struct tally_crest {
	float force_n;
	int32_t ticks; /* since the tally began */
};

struct tally {
	int64_t start_us;
	double start_impulse_ns;
	struct tally_mark now;
	int64_t local_ok_us; /* last time the force stood near the local level */
	double recent_min_n; /* smallest force since then */
	int64_t settle_us; /* the onset is over */
	int64_t block_start_us; /* the block under way, and the running impulse at its start */
	double block_start_ns;
	double level_n; /* of now, brought up to date with every block */
	float fallen_n; /* level of the hold when the force last stood near the local level */
	struct {
		int32_t ticks; /* to its middle, since the tally began */
		float mean_n;
	} pending[TALLY_PENDING];
	uint32_t pending_count, pending_next;
	struct tally_crest crest[TALLY_CRESTS]; /* the peaks kept back, the one under way first */
	uint32_t crest_blocks; /* in that */
	struct breath breath;
};

/* Starts at start_us with the signal's running impulse there and the force then. */
void tally_start(struct tally *t, int64_t start_us, double impulse_ns, double force_n);

/* Next sample; saturated ones give no peak. climb is told where the force stands at its level. */
void tally_push(struct tally *t, const struct signal *s, struct climb *climb);

/* After a dip: what lay in it stays out of level and trend. */
void tally_resume(struct tally *t, int64_t t_us, double impulse_ns);

/* A sample inside a dip: counts for the smallest force alone. */
void tally_push_dip(struct tally *t, double force_n);

/* The rise of force at the start is over. */
static inline bool tally_settled(const struct tally *t)
{
	return t->settle_us > t->start_us;
}

/* Level of the hold: mean so far without dips; 0 before there is one. */
static inline double tally_level_n(const struct tally_mark *m)
{
	return m->level_s > 0 ? m->level_ns / m->level_s : 0;
}

/* The mark made small. */
struct tally_note tally_note(const struct tally_mark *m);

/*
 * The mark that was noted at t_us, where the running impulse was impulse_ns; the present one where that was of another tally.
 */
struct tally_mark tally_recall(const struct tally *t, const struct tally_note *note, int64_t t_us, double impulse_ns);

/* The largest force until now. */
double tally_peak_n(const struct tally *t);

/*
 * Fills what the tally knows of a hold that ended with mark end at end_us: peak, mean, min, impulse, steadiness,
 * relaxation, dips. Blocks after fall_us (begin of the final fall) are left out of the fit. moved: it ended by a movement that was
 * seen later; the mark was taken when that had been under way for less than what is kept back.
 */
void tally_finish(const struct tally *t, const struct tally_mark *end, int64_t end_us, int64_t fall_us, bool moved,
	struct knead_hold_end_fields *ret);

#endif
