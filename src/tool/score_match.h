/* SPDX-License-Identifier: MIT */
/* Labels against detections: one-to-one matches by collar, and what is counted from them. */
#ifndef TOOL_SCORE_MATCH_H
#define TOOL_SCORE_MATCH_H

#include <stdbool.h>

#include "labels.h"

/* Absolute errors of one quantity, over all matches. */
struct score_errors {
	double *item; /* owned */
	size_t count, size;
};

/*
 * A side of a hold that borders on a roll has no sharp instant: its error goes to SCORE_BORDER_S instead of start or end, and
 * such a hold has no duration error. Where vibration or a drop lies over an event, its peak is not compared: the filter of
 * the converter takes part of it off.
 */
enum score_quantity {
	SCORE_START_S,
	SCORE_END_S,
	SCORE_DURATION_S,
	SCORE_PEAK_PCT,
	SCORE_BORDER_S,
	_SCORE_QUANTITIES,
};

struct score_kind {
	size_t labelled, detected, matched;
	size_t fragmented; /* labels that two or more detections lie in */
	size_t merged; /* detections that two or more labels lie in */
	size_t counted, exact, within_one; /* stroke counts of matched rolls */
	struct score_errors error[_SCORE_QUANTITIES];
};

struct score {
	double rate_hz, collar_s;
	struct score_kind kind[_LABEL_KINDS];
};

/*
 * rate_hz: of the samples; from 200 on impact and percussion are scored, below they and what is detected over them are left
 * out. collar_s: 0 for the default, 0.25 s up to 12 samples/s and 0.15 s above.
 */
void score_init(struct score *s, double rate_hz, double collar_s);
void score_deinit(struct score *s);

/* Adds one capture to the score. Returns 0 or -ENOMEM, after which the score is of no use. */
int score_add(struct score *s, const struct labels *labels, const struct labels *detections);

/* Fractions in 0..1; NAN where nothing was labelled or detected. */
double score_precision(const struct score_kind *k);
double score_recall(const struct score_kind *k);
double score_f1(const struct score_kind *k);

/* The error that the fraction q of all does not exceed (nearest rank; 0.5 is the median); NAN without any. Sorts them. */
double score_quantile(struct score_errors *e, double q);

#endif
