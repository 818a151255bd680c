/* SPDX-License-Identifier: MIT */
/*
 * Drives a pipeline. Wall time is the start plus arrival times by the monotonic clock: steps of the wall clock later on
 * change nothing unless its owner says so, and a capture, which carries both, gives the same times.
 */
#include "feed.h"

#include <knead/control.h>

int feed_init(struct feed *f, const struct knead_settings *settings, int64_t wall_start_us, feed_event_fn on_event,
	void *user)
{
	*f = (struct feed){ .on_event = on_event, .user = user, .wall_start_us = wall_start_us };
	return knead_pipeline_new(settings, &f->pipeline);
}

void feed_deinit(struct feed *f)
{
	knead_pipeline_free(f->pipeline);
	*f = (struct feed){ 0 };
}

static int64_t wall_origin_us(const struct feed *f, int64_t origin_rx_us)
{
	return origin_rx_us != KNEAD_RX_UNKNOWN ? f->wall_start_us + origin_rx_us : f->wall_start_us;
}

void feed_shift_wall(struct feed *f, int64_t us)
{
	f->wall_start_us += us;
}

int64_t feed_wall_origin_us(const struct feed *f)
{
	struct knead_view view;

	knead_pipeline_view(f->pipeline, &view);
	return wall_origin_us(f, view.origin_rx_us);
}

static void deliver(struct feed *f, const struct knead_event *events, size_t n)
{
	for (size_t i = 0; i < n; i++)
		f->on_event(f->user, &events[i], wall_origin_us(f, events[i].origin_rx_us));
}

void feed_bytes(struct feed *f, const void *bytes, size_t n, int64_t rx_us)
{
	struct knead_event out[KNEAD_EVENTS_MIN];
	const char *at = bytes;
	size_t used;

	while (n > 0) {
		size_t count = knead_pipeline_push(f->pipeline, at, n, rx_us, &used, out, KNEAD_EVENTS_MIN);

		deliver(f, out, count);
		at += used;
		n -= used;
	}
}

void feed_advance(struct feed *f, int64_t now_us)
{
	struct knead_event out[KNEAD_EVENTS_MIN];

	deliver(f, out, knead_pipeline_advance(f->pipeline, now_us, out, KNEAD_EVENTS_MIN));
}

void feed_break(struct feed *f, int64_t rx_us)
{
	struct knead_event out[KNEAD_EVENTS_MIN];

	/* A timer may have been late: what was due by now comes first, as it does in a replay. */
	feed_advance(f, rx_us);
	deliver(f, out, knead_pipeline_gap(f->pipeline, rx_us, out, KNEAD_EVENTS_MIN));
}

void feed_end(struct feed *f, int64_t rx_us)
{
	struct knead_event out[KNEAD_EVENTS_MIN];

	if (rx_us != KNEAD_RX_UNKNOWN)
		feed_advance(f, rx_us);
	deliver(f, out, knead_pipeline_end(f->pipeline, out, KNEAD_EVENTS_MIN));
}

void feed_end_session(struct feed *f)
{
	struct knead_event out[KNEAD_EVENTS_MIN];

	deliver(f, out, knead_pipeline_end_session(f->pipeline, out, KNEAD_EVENTS_MIN));
}
