/* SPDX-License-Identifier: MIT */
/*
 * How late the records of a capture come out. A record tells what instant it is about and not when it was made, so this
 * goes through the pipeline line by line and notes the time of the sample with which each record came. Counted from when
 * the contract lets it be known:
 *
 *	session_start, hold_target, percussion_end, impact   the instant itself
 *	hold_start                                           start + hold_min_s
 *	hold_end, press, tap (not those that end lost)       end + bridge_s
 *	stroke, roll_start, roll_end                         their end, or start: a reversal shows only once it is past
 *
 * Both sides are stream time, without the delay of the converter. Writes "TYPE MILLISECONDS" for each.
 *
 * publish-delay CAPTURE
 */
#include <string.h>

#include <knead/pipeline.h>

#include "bench_capture.h"

struct delays {
	const struct knead_settings *settings;
	struct knead_pipeline *pipeline;
};

/* When the record may first be known. Returns false for those that say nothing about it. */
static bool due_us(const struct delays *d, const struct knead_event *e, int64_t *ret)
{
	int64_t bridge_us = (int64_t)(d->settings->bridge_s * 1e6);

	*ret = e->t_us;
	switch (e->type) {
	case KNEAD_EVENT_HOLD_START:
		*ret += (int64_t)(d->settings->hold_min_s * 1e6);
		return true;
	case KNEAD_EVENT_HOLD_END:
		*ret += bridge_us;
		return e->hold_end.cause == KNEAD_CAUSE_LIFTED || e->hold_end.cause == KNEAD_CAUSE_EASED;
	case KNEAD_EVENT_PRESS:
	case KNEAD_EVENT_TAP:
		*ret += bridge_us;
		return true;
	case KNEAD_EVENT_ROLL_END:
		return e->roll_end.cause != KNEAD_CAUSE_LOST;
	case KNEAD_EVENT_SESSION_START:
	case KNEAD_EVENT_HOLD_TARGET:
	case KNEAD_EVENT_ROLL_START:
	case KNEAD_EVENT_STROKE:
	case KNEAD_EVENT_IMPACT:
	case KNEAD_EVENT_PERCUSSION_END:
		return true;
	default:
		return false;
	}
}

static void note(const struct delays *d, const struct knead_event *events, size_t count)
{
	struct knead_view view;
	int64_t due;

	if (count == 0)
		return;
	knead_pipeline_view(d->pipeline, &view);
	for (size_t i = 0; i < count; i++)
		if (due_us(d, &events[i], &due))
			printf("%s %.3f\n", knead_event_type_to_str(events[i].type),
				(double)(view.t_us - due) / 1e3 - d->settings->delay_ms);
}

/* One line, or one binary frame, at a time, so that no record waits for the rest of a batch. */
static void push(const struct delays *d, const struct capture_record *record)
{
	struct knead_event out[KNEAD_EVENTS_MIN];
	size_t at = 0;

	while (at < record->n) {
		size_t n = 1, used = 0;

		while (at + n < record->n && record->bytes[at + n - 1] != '\n' && record->bytes[at + n - 1] != '\0')
			n++;
		note(d, out,
			knead_pipeline_push(
				d->pipeline, record->bytes + at, n, record->t_us, &used, out, KNEAD_EVENTS_MIN));
		at += used;
	}
}

static int run(const struct delays *d, struct capture_reader *reader)
{
	struct knead_event out[KNEAD_EVENTS_MIN];
	struct capture_record record;
	char why[512];
	int r;

	while ((r = capture_read(reader, &record, why, sizeof(why))) == 0 && record.kind != CAPTURE_END) {
		if (record.kind == CAPTURE_RX)
			push(d, &record);
		else if (record.kind != CAPTURE_TX)
			knead_pipeline_gap(d->pipeline, record.t_us, out, KNEAD_EVENTS_MIN);
	}
	if (r < 0)
		fprintf(stderr, "publish-delay: %s\n", why);
	return r < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
	struct capture_reader *reader = NULL;
	struct conf_device *device = conf_device_new("bench");
	struct delays d = { 0 };
	char why[512] = "out of memory";
	int r = -1;

	if (argc != 2)
		fprintf(stderr, "usage: publish-delay CAPTURE\n");
	else if (!device || capture_reader_open(argv[1], &reader, why, sizeof(why)) < 0)
		fprintf(stderr, "publish-delay: %s\n", why);
	else if (bench_capture_device(reader, device) == 0) {
		d.settings = &device->settings;
		if (knead_pipeline_new(d.settings, &d.pipeline) == 0)
			r = run(&d, reader);
	}
	knead_pipeline_free(d.pipeline);
	capture_reader_free(reader);
	conf_device_free(device);
	return r < 0;
}
