/* SPDX-License-Identifier: MIT */
/*
 * The line that tells somebody with both hands on the ball whether the recording will be of use: do samples come, at the rate
 * they should, does the force follow the hand, does anything get lost.
 */
#include <stdarg.h>
#include <string.h>

#include "record_status.h"

#define TERMINAL_US 250000
#define LINES_US 5000000

int record_status_init(struct record_status *s, const struct knead_settings *settings, FILE *out, bool terminal)
{
	*s = (struct record_status){ .out = out, .terminal = terminal, .due_us = terminal ? 0 : LINES_US };
	return knead_pipeline_new(settings, &s->pipeline);
}

static void end_line(struct record_status *s)
{
	if (s->shown)
		fputc('\n', s->out);
	s->shown = false;
}

void record_status_deinit(struct record_status *s)
{
	if (s->out)
		end_line(s);
	knead_pipeline_free(s->pipeline);
	*s = (struct record_status){ 0 };
}

static void count(struct record_status *s, const struct knead_event *events, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		s->holds += events[i].type == KNEAD_EVENT_HOLD_END;
		s->strokes += events[i].type == KNEAD_EVENT_STROKE;
	}
}

void record_status_bytes(struct record_status *s, const void *bytes, size_t n, int64_t t_us)
{
	struct knead_event events[KNEAD_EVENTS_MIN];
	const char *at = bytes;
	size_t used;

	s->bytes += n;
	while (n > 0) {
		count(s, events, knead_pipeline_push(s->pipeline, at, n, t_us, &used, events, KNEAD_EVENTS_MIN));
		at += used;
		n -= used;
	}
}

void record_status_break(struct record_status *s, int64_t t_us)
{
	struct knead_event events[KNEAD_EVENTS_MIN];

	count(s, events, knead_pipeline_advance(s->pipeline, t_us, events, KNEAD_EVENTS_MIN));
	count(s, events, knead_pipeline_gap(s->pipeline, t_us, events, KNEAD_EVENTS_MIN));
}

static uint64_t rejected(const struct knead_view *view)
{
	uint64_t sum = 0;

	for (int i = 0; i < _KNEAD_REJECTS; i++)
		sum += view->stats.rejects[i];
	return sum;
}

char *record_status_line(const struct record_status *s, int64_t t_us, char *buf)
{
	struct knead_view view;
	int n;

	knead_pipeline_view(s->pipeline, &view);
	n = snprintf(buf, RECORD_LINE_SIZE, "%.1f s", knead_us_to_s(t_us));
	if (!view.has_samples) {
		snprintf(buf + n, (size_t)(RECORD_LINE_SIZE - n), "  %s, %llu bytes",
			view.format ? view.format : "no samples yet", (unsigned long long)s->bytes);
		return buf;
	}
	n += snprintf(buf + n, (size_t)(RECORD_LINE_SIZE - n), "  %.1f/s  %.1f %s  %s", view.rate_hz, view.force_n,
		view.calibrated ? "N" : "counts", view.online ? knead_phase_to_str(view.phase) : "silent");
	if (n < RECORD_LINE_SIZE)
		snprintf(buf + n, (size_t)(RECORD_LINE_SIZE - n),
			"  holds %llu strokes %llu  rejected %llu lost %llu gaps %llu", (unsigned long long)s->holds,
			(unsigned long long)s->strokes, (unsigned long long)rejected(&view),
			(unsigned long long)view.stats.lost_seq, (unsigned long long)view.gaps);
	return buf;
}

void record_status_show(struct record_status *s, int64_t t_us)
{
	struct knead_event events[KNEAD_EVENTS_MIN];
	char line[RECORD_LINE_SIZE];

	if (t_us < s->due_us)
		return;
	s->due_us = t_us + (s->terminal ? TERMINAL_US : LINES_US);
	count(s, events, knead_pipeline_advance(s->pipeline, t_us, events, KNEAD_EVENTS_MIN));
	record_status_line(s, t_us, line);
	if (s->terminal)
		fprintf(s->out, "\r%s\033[K", line);
	else
		fprintf(s->out, "%s\n", line);
	s->shown = s->terminal;
	fflush(s->out);
}

void record_status_say(struct record_status *s, const char *format, ...)
{
	va_list args;

	end_line(s);
	fputs("knead: record: ", s->out);
	va_start(args, format);
	vfprintf(s->out, format, args);
	va_end(args);
	fputc('\n', s->out);
	fflush(s->out);
}
