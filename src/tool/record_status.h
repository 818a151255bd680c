/* SPDX-License-Identifier: MIT */
/* What `knead record` shows while it runs: rate, force, phase and errors, by a pipeline of its own on the same bytes. */
#ifndef TOOL_RECORD_STATUS_H
#define TOOL_RECORD_STATUS_H

#include <stdio.h>

#include <knead/pipeline.h>

struct record_status {
	struct knead_pipeline *pipeline;
	FILE *out;
	bool terminal; /* one line, written over; else a line at a time */
	bool shown; /* a line stands on the terminal that is not ended */
	int64_t due_us; /* when to show next */
	uint64_t bytes, holds, strokes;
};

/* All times are microseconds since the start of the recording. Returns 0, or what knead_pipeline_new() says. */
int record_status_init(struct record_status *s, const struct knead_settings *settings, FILE *out, bool terminal);
void record_status_deinit(struct record_status *s); /* all zeros is fine */

/* What goes into the recording, in the same order: bytes that arrived at t_us, and that the port opened or closed. */
void record_status_bytes(struct record_status *s, const void *bytes, size_t n, int64_t t_us);
void record_status_break(struct record_status *s, int64_t t_us);

/* Shows how it stands when that is due, and sets when it is due next: 4 times a second on a terminal, else each 5 s. */
void record_status_show(struct record_status *s, int64_t t_us);

/* Writes a line of its own beside the status: "knead: record: message". */
void record_status_say(struct record_status *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The status as one line without line end, at most 79 characters and a NUL. Returns buf. */
#define RECORD_LINE_SIZE 80
char *record_status_line(const struct record_status *s, int64_t t_us, char *buf);

#endif
