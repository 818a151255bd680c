/* SPDX-License-Identifier: MIT */
/* Event -> the one-line JSON record of the event contract. The only place where numbers are rounded. */
#ifndef IO_EVENT_JSON_H
#define IO_EVENT_JSON_H

#include <stddef.h>
#include <stdint.h>

#include <knead/event.h>

/* What an event does not know of itself. */
struct event_context {
	const char *device; /* its name */
	const char *boot; /* 8 hex digits, or "replay" */
	uint64_t n; /* number of this event, from 1 */
	int64_t wall_origin_us; /* UTC microseconds since 1970 of stream time 0 */
};

#define EVENT_JSON_MAX 2048

/*
 * Writes the record without a newline into buf and returns its length, or -ENOBUFS. Keys, their order, units and
 * rounding as in the contract: N, kPa and N s to 0.1, s to 0.001, unknown as null, never NaN.
 */
int event_json(const struct knead_event *e, const struct event_context *context, char *buf, size_t size);

/* "2026-11-20T08:36:42.120Z" of UTC microseconds, rounded to nearest millisecond. buf of at least 32 bytes. Returns buf. */
char *wall_to_iso(int64_t wall_us, char *buf);
/* The reverse; returns 0 or -EINVAL. Accepts 0 to 6 decimals and Z. */
int wall_from_iso(const char *text, int64_t *ret_wall_us);

#endif
