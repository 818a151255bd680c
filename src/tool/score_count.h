/* SPDX-License-Identifier: MIT */
/* The score: what is counted from the pairs of labels and detections of any number of captures. */
#ifndef TOOL_SCORE_COUNT_H
#define TOOL_SCORE_COUNT_H

#include "score_body.h"
#include "score_errors.h"
#include "score_match.h"

/*
 * A side of a hold that borders on a roll has no sharp instant: its error goes to SCORE_BORDER_S instead of start or end, and
 * such a hold has no errors of duration, peak and impulse, which lie with that side. Where vibration or a drop lies over an
 * event, its peak is not compared: the filter of the converter takes part of it off.
 */
enum score_quantity {
	SCORE_START_S,
	SCORE_END_S,
	SCORE_DURATION_S,
	SCORE_PEAK_PCT,
	SCORE_IMPULSE_PCT,
	SCORE_BORDER_S,
	SCORE_TRAVEL_PCT, /* of rolls, where geometry is known */
	SCORE_RATE_PCT, /* of percussion */
	_SCORE_QUANTITIES,
};

/* The capture with the lowest F1; of several the one with the most that is wrong, of those the first. */
struct score_worst {
	const char *capture; /* NULL: no capture has events of the kind */
	size_t labelled, detected, matched;
};

struct score_kind {
	size_t labelled, detected, matched;
	size_t overlapped; /* pairs by SCORE_BY_OVERLAP */
	size_t inserted; /* detections that no label of the kind shares any time with */
	size_t deleted; /* labels that no detection of the kind shares any time with */
	size_t fragmented; /* labels that two or more detections lie in */
	size_t merged; /* detections that two or more labels lie in */
	size_t counted, exact, within_one; /* stroke counts of matched rolls */
	struct score_worst worst;
	struct score_errors error[_SCORE_QUANTITIES];
};

/* The row and the column of the confusion table for what only one side has. */
#define SCORE_NOTHING _LABEL_KINDS

struct score {
	struct score_rules rules;
	size_t captures;
	struct score_kind kind[_LABEL_KINDS];
	/* [label][detection]: each label where the detection that agrees best with it is, and detections over no label */
	size_t confusion[_LABEL_KINDS + 1][_LABEL_KINDS + 1];
	struct score_body body;
};

/*
 * rate_hz: of the samples; from 200 on impact and percussion are scored, below they and what is detected over them are left
 * out. collar_s: 0 for the default, 0.25 s up to 12 samples/s and 0.15 s above.
 */
void score_init(struct score *s, double rate_hz, double collar_s);
void score_deinit(struct score *s);

/*
 * Adds one capture to the score. capture: its name, which must outlive the score. Returns 0 or -ENOMEM, after which the score
 * is of no use.
 */
int score_add(struct score *s, const char *capture, const struct labels *labels, const struct labels *detections);

/* Fractions in 0..1; NAN where nothing was labelled or detected. */
double score_precision(const struct score_kind *k);
double score_recall(const struct score_kind *k);
double score_f1(size_t labelled, size_t detected, size_t matched);

/* part / whole; NAN where whole is 0. */
double score_share(size_t part, size_t whole);

#endif
