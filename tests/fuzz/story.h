/* SPDX-License-Identifier: MIT */
/*
 * The story that events tell must be one that can be true. Every begin has one end, ids count up, intervals run forwards, holds
 * and rolls never share an instant, what was told stays true, every number is a number, and every record that is written of it can
 * be read. Checked with FUZZ_CHECK(), event by event.
 */
#ifndef TEST_FUZZ_STORY_H
#define TEST_FUZZ_STORY_H

#include "pipeline_internal.h"

struct open_span {
	bool open;
	uint32_t id;
	int64_t start_us;
};

struct story {
	uint32_t protocol_steps;
	double hold_min_s; /* the shortest that was in force */
	struct open_span session, hold, roll;
	bool target_told, release_due;
	bool target_moved; /* other settings came while the hold was open: what was told may be of another target */
	uint32_t strokes;
	int64_t loaded_until_us; /* end of the last hold, roll, press or tap */
	int64_t stroke_until_us;
	int64_t view_us; /* stream time of the last view */
	uint64_t events, sum; /* how many, and a sum of all their records */
};

/* Nothing has happened yet. */
void story_init(struct story *s, const struct knead_settings *settings);
/* These settings are in force from now on. */
void story_settings(struct story *s, const struct knead_settings *settings);
/* What one call of the pipeline has told, and how it stands afterwards. */
void story_take(struct story *s, const struct knead_pipeline *p, const struct knead_event *events, size_t n);
/* The input is over: nothing is open any more. */
void story_end(const struct story *s);

#endif
