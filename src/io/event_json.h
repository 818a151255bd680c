/* SPDX-License-Identifier: MIT */
/* Event -> the one-line JSON record of the event contract. The only place where numbers are rounded. */
#ifndef IO_EVENT_JSON_H
#define IO_EVENT_JSON_H

#include <stddef.h>
#include <stdint.h>

#include <knead/event.h>

#include "wall.h"

/* What an event does not know of itself. */
struct event_context {
	const char *device; /* its name */
	const char *boot; /* 8 hex digits, or "replay" */
	uint64_t n; /* number of this event, from 1 */
	int64_t wall_origin_us; /* UTC microseconds since 1970 of stream time 0 */
};

#define EVENT_JSON_MAX 2048

/*
 * Writes the record without a newline, NUL-terminated, into buf and returns its length, or -ENOBUFS. Keys, their order,
 * units and rounding as in the contract: N, kPa and N s to 0.1, s to 0.001, unknown (and what is no number) as null. Times are
 * rounded from their microseconds; a duration is the difference of its two rounded ends, so that the record agrees with itself.
 */
int event_json(const struct knead_event *e, const struct event_context *context, char *buf, size_t size);

/*
 * Writes what a home automation's button would call this event ("press_end", "long_press_start", ...), with the boot and n
 * of its source. Returns the length, 0 when there is no such word for it, or -ENOBUFS.
 */
int event_squeeze_json(const struct knead_event *e, const struct event_context *context, char *buf, size_t size);

#endif
