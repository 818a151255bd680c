/* SPDX-License-Identifier: MIT */
/* Which detection is which label: one-to-one pairs within one capture, one kind at a time. */
#ifndef TOOL_SCORE_MATCH_H
#define TOOL_SCORE_MATCH_H

#include <stdbool.h>

#include "labels.h"

/* No label, no detection: an index that nothing has. */
#define SCORE_NONE SIZE_MAX

struct score_rules {
	double rate_hz; /* from 200 on impact and percussion are scored */
	double collar_s; /* for all but rolls and the sides of holds that border on one, which have 1 s */
};

enum score_criterion {
	SCORE_BY_COLLAR, /* start within the collar, end within the collar or 2 % of the length */
	SCORE_BY_OVERLAP, /* what both share is at least 95 % of what both cover together */
};

/* One capture while it is scored. */
struct score_match {
	const struct score_rules *rules;
	const struct labels *labels, *detections;
	size_t *label_of; /* for each detection: its label, or SCORE_NONE; owned */
	bool *tried; /* detections seen by the search under way; owned */
};

/* All pointers must outlive the match. Returns 0 or -ENOMEM, after which it may be deinitialised all the same. */
int score_match_init(struct score_match *m, const struct score_rules *rules, const struct labels *labels,
	const struct labels *detections);
void score_match_deinit(struct score_match *m);

/* Pairs the labels and detections of one kind, as many as can be, in m->label_of; detections of other kinds are left alone. */
void score_match_kind(struct score_match *m, enum label_kind kind, enum score_criterion criterion);

/* Whether a kind can be told at all at this rate. */
bool score_is_scored(const struct score_rules *rules, enum label_kind kind);
/* Whether a detection lies over what cannot be told at this rate, so that it is neither right nor wrong. */
bool score_is_left_out(const struct score_match *m, const struct label *detection);

/* Whether a labelled hold begins where a labelled roll ends, or ends where one begins. */
bool score_starts_at_roll(const struct score_match *m, const struct label *hold);
bool score_ends_at_roll(const struct score_match *m, const struct label *hold);
/* Whether vibration or a drop lies over a label: its peak is the converter's affair, whose filter takes off what it will. */
bool score_is_shaken(const struct score_match *m, const struct label *label);

/* Seconds that both share; negative: how far they are apart. */
double score_shared_s(const struct label *a, const struct label *b);
/* Shared length over the length of both together, 0..1. */
double score_overlap(const struct label *a, const struct label *b);

#endif
