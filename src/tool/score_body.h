/* SPDX-License-Identifier: MIT */
/*
 * What is scored inside of events, where the labels tell: the turns of a roll, and what the body does during a hold. Labels
 * of the plain form tell nothing of it and add nothing here.
 */
#ifndef TOOL_SCORE_BODY_H
#define TOOL_SCORE_BODY_H

#include "score_errors.h"
#include "score_match.h"

/* True turns of rolls against the ends of detected strokes (the last of a roll is no turn), within 350 ms of one another. */
struct score_turns {
	size_t labelled, detected, matched;
	struct score_errors error_s;
};

/*
 * Breathing is due in a matched hold of 30 s or more whose load swings by 2 % or more with the breath; elsewhere null is
 * right. A report that is more than 2 per minute off is wrong wherever it was made.
 */
struct score_breathing {
	size_t due, answered, within_one; /* answered and within 1 per minute: of those due */
	size_t reports, wrong; /* in any matched hold */
	size_t holds; /* matched holds whose breathing the labels tell */
	struct score_errors error_per_min; /* of the answers that were due */
};

struct score_relaxation {
	size_t due, answered; /* matched holds whose relaxation the labels tell, and those with an answer */
	struct score_errors error_points;
};

/* Where the slope of the relaxation broke; a hold where it did not is steady, and a time reported there is false. */
struct score_softening {
	size_t due, answered, steady, false_reports;
	struct score_errors error_s;
};

struct score_dips {
	size_t counted, exact; /* matched holds where both sides count them */
};

struct score_body {
	struct score_turns turns;
	struct score_breathing breathing;
	struct score_relaxation relaxation;
	struct score_softening softening;
	struct score_dips dips;
};

void score_body_deinit(struct score_body *b);

/* Adds the turns of one capture. Returns 0 or -ENOMEM. */
int score_body_add_turns(struct score_body *b, const struct labels *labels, const struct labels *detections);
/* Adds a matched hold. Returns 0 or -ENOMEM. */
int score_body_add_hold(struct score_body *b, const struct label *label, const struct label *found);

/* The number that a label or detection has of itself, or NAN. */
double score_number(const struct label *label, enum label_number number);

#endif
