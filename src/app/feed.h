/* SPDX-License-Identifier: MIT */
/*
 * One device's pipeline, driven: the one way in for the daemon and for `knead replay`, so that a recording gives the events
 * of the live session. Owns the pipeline and the anchor that turns stream time into wall time.
 *
 * All times are microseconds since the start of the device (or of the capture), never going back.
 */
#ifndef APP_FEED_H
#define APP_FEED_H

#include <knead/pipeline.h>

/* Called for each event, in order. wall_origin_us is UTC microseconds of stream time 0. */
typedef void (*feed_event_fn)(void *user, const struct knead_event *e, int64_t wall_origin_us);

struct feed {
	struct knead_pipeline *pipeline;
	feed_event_fn on_event;
	void *user;
	int64_t wall_start_us; /* UTC microseconds of time 0 */
};

/* Returns 0, or what knead_pipeline_new() says. user goes to on_event. */
int feed_init(struct feed *f, const struct knead_settings *settings, int64_t wall_start_us, feed_event_fn on_event,
	void *user);
void feed_deinit(struct feed *f); /* a feed of all zeros is fine */

/* Bytes that arrived at rx_us; KNEAD_RX_UNKNOWN for a file without times. */
void feed_bytes(struct feed *f, const void *bytes, size_t n, int64_t rx_us);
/* It is now_us, and no byte has come. */
void feed_advance(struct feed *f, int64_t now_us);
/* The port was opened or closed, or bytes were lost. */
void feed_break(struct feed *f, int64_t rx_us);
/* The input ends; nothing may follow. rx_us may be KNEAD_RX_UNKNOWN. */
void feed_end(struct feed *f, int64_t rx_us);

/* Ends the running session now. */
void feed_end_session(struct feed *f);

/* The wall clock was wrong by so much: all times from now on are another. What was told keeps its own. */
void feed_shift_wall(struct feed *f, int64_t us);

/* UTC microseconds of stream time 0 as known now; before the first sample the start itself. */
int64_t feed_wall_origin_us(const struct feed *f);

#endif
