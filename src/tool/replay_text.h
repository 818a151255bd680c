/* SPDX-License-Identifier: MIT */
/* How the texts of `knead replay` for people look: colours on a terminal only, and what an event is called. */
#ifndef TOOL_REPLAY_TEXT_H
#define TOOL_REPLAY_TEXT_H

#include <stddef.h>
#include <stdio.h>

#include <knead/event.h>

/* Codes to write before and after; all "" where out is no terminal, or NO_COLOR is set. */
struct text_style {
	const char *strong, *faint, *gone, *came, *off;
};

struct text_style text_style_of(FILE *out);

/* When the event began, or the instant it is about. */
int64_t text_event_begin_us(const struct knead_event *e);
/* When it ended; the same instant where it has no length. */
int64_t text_event_end_us(const struct knead_event *e);

/* Seconds between two times as both are written: in whole milliseconds, as the records have it. */
double text_seconds(int64_t from_us, int64_t to_us);

/* "hold 1, lifted: 3.198 s, peak 100.0 N, mean 96.2 N": what the event says, short. Returns buf. */
char *text_event(const struct knead_event *e, char *buf, size_t size);

/* "gap, boot_loaded": the flags of an event; "" without any. Returns buf. */
char *text_flags(uint32_t flags, char *buf, size_t size);

#endif
