/* SPDX-License-Identifier: MIT */
/* Wall time as text: ISO 8601, UTC, milliseconds. */
#ifndef IO_WALL_H
#define IO_WALL_H

#include <stdint.h>

#define WALL_ISO_SIZE 32

/*
 * Microseconds to milliseconds, to nearest, halves upwards. A shift of both ends by whole milliseconds never changes their
 * difference. Every time in a record goes through here.
 */
int64_t wall_us_to_ms(int64_t t_us);

/* "2026-11-20T08:36:42.120Z" of UTC microseconds, rounded to nearest millisecond. buf of WALL_ISO_SIZE bytes. Returns buf. */
char *wall_to_iso(int64_t wall_us, char *buf);

/*
 * The reverse. Takes YYYY-MM-DDTHH:MM:SS, 0 to 6 decimals, and Z. Returns 0 and UTC microseconds in *ret_wall_us, or
 * -EINVAL for anything else, dates that do not exist and a second of 60 included.
 */
int wall_from_iso(const char *text, int64_t *ret_wall_us);

#endif
