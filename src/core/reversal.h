/* SPDX-License-Identifier: MIT */
/* Turning points of a movement: the running extreme, and when the movement came near it and left. */
#ifndef CORE_REVERSAL_H
#define CORE_REVERSAL_H

#include "tally.h"
#include "trail.h"

#define REVERSAL_ANCHORS 4

/* A turning point of the movement. */
struct extreme {
	int64_t t_us; /* its middle; a rest has in_us and out_us far apart */
	int64_t in_us, out_us; /* when the movement came near it, and left */
	double out_impulse_ns; /* running impulse when it left */
	float stay_ns; /* impulse between the two */
	float in_off, out_off; /* how far from it, then */
	float u;
	float turned_rad; /* sphere: by how much the movement that led here turned on its way */
	float peak_n; /* largest force since the extreme before: of the stroke that ends here */
	/* state, when it was seen to have left, of the hold that would end here; how much later that was, and impulse since */
	int32_t noted_late_us;
	float noted_late_ns;
	struct tally_note note;
};

/* The running extreme: highest (sign +1) or lowest (-1) place since the last reversal. */
struct reversal {
	/* the extreme so far, of its fields those that are known by now */
	struct {
		int64_t out_us;
		double out_impulse_ns;
		float u, peak_n;
		int32_t noted_late_us;
		float noted_late_ns;
		struct tally_note note;
	} e;
	/* the last places where it went on by "near", newest first: one of them is where it came near the extreme */
	struct {
		double impulse_ns[REVERSAL_ANCHORS];
		int64_t t_us[REVERSAL_ANCHORS];
		float u[REVERSAL_ANCHORS];
	} anchor;
	float after_peak_n; /* largest force since the place itself */
	float back; /* how far the movement has come back from it */
	int sign;
};

/* Starts to look for an extreme of that sign at place; before_peak_n: largest force so far; mark: state of the hold there. */
void reversal_start(
	struct reversal *r, int sign, const struct place *place, float before_peak_n, const struct tally_mark *mark);

/*
 * Follows the movement one place further. near (in units of u) is how close to the extreme counts as being there; mark is
 * kept with it. Returns true when the place itself went on by more than near.
 */
bool reversal_push(struct reversal *r, const struct place *place, double near, const struct tally_mark *mark);

/* The extreme as it stands, with when it came near it settled. */
struct extreme reversal_extreme(const struct reversal *r, double near);

/* The state noted at the extreme; the present one where a movement that set off before this hold began left a note of another. */
struct tally_mark extreme_mark(const struct extreme *e, const struct tally *tally);

/* Running impulse at t_us, near the extreme, on a straight line through when it came and left. */
double extreme_impulse_ns(const struct extreme *e, int64_t t_us);

/* The movement left the extreme at out_us, impulse_ns after it had been seen to leave; what was noted then stays as it is. */
void extreme_leave(struct extreme *e, int64_t out_us, double impulse_ns);

/*
 * Dates a to the moment the movement left it for b: a little before it was seen to have left. trust: how far the shape of
 * a movement is believed, 0 to 1 (what was seen, what a movement alone would say).
 */
void extreme_depart(struct extreme *a, const struct extreme *b, double trust);

/* An extreme at or after the contact's end is that end. */
void extreme_end_at(struct extreme *e, int64_t end_us, double end_impulse_ns);

/* The moment the movement from a came to rest in b: a little after it was seen to have come near. */
int64_t extreme_arrive_us(const struct extreme *a, const struct extreme *b);

/* How long the movement that came from a rested in b, slowing down and setting off again left out. */
int64_t extreme_rest_us(const struct extreme *a, const struct extreme *b);

#endif
