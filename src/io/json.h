/* SPDX-License-Identifier: MIT */
/*
 * Writing JSON into a fixed buffer: keys in the order of the calls, numbers with fixed decimals, no allocation, no locale.
 * For records and documents that are written often; whatever reads JSON, or writes it rarely, uses libcjson.
 */
#ifndef IO_JSON_H
#define IO_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <knead/units.h>

/* A text being written. Fields are the module's own. */
struct json {
	char *buf;
	size_t size, length;
	bool comma; /* a value stands before the next one */
	bool full;
};

void json_init(struct json *j, char *buf, size_t size);
/* Ends the text with a NUL. Returns its length, or -ENOBUFS when it did not fit (the content is then undefined). */
int json_finish(struct json *j);

/* Structure. bracket is '{' or '[', and its counterpart. */
void json_open(struct json *j, char bracket);
void json_close(struct json *j, char bracket);
void json_key(struct json *j, const char *key); /* key needs no escape */

/* Values, after a key or in an array. */
void json_null(struct json *j);
void json_bool(struct json *j, bool value);
void json_int(struct json *j, int64_t value);
void json_text(struct json *j, const char *text); /* escaped; bytes that are no UTF-8 become '?'; NULL becomes null */
/*
 * A number rounded once, halves away from zero, to at most max decimals (0 to 6); zeros at its end are dropped down to min
 * decimals. -0 becomes 0; what is not finite or beyond 1e12 becomes null.
 */
void json_number(struct json *j, double value, int min, int max);
void json_ms(struct json *j, int64_t ms); /* milliseconds, written as seconds with one to three decimals */

bool json_is_utf8(const char *text);

/* For JSON that libcjson wrote, which hands bytes on as they are: those that are no UTF-8 become '?' in place. */
void json_mend(char *text);

/* Key and value in one. */
void json_put_text(struct json *j, const char *key, const char *text);
void json_put_bool(struct json *j, const char *key, bool value);
void json_put_int(struct json *j, const char *key, int64_t value);
void json_put_tenths(struct json *j, const char *key, double value); /* one decimal: N, kPa, N s, percent, mm, Hz */
void json_put_maybe(struct json *j, const char *key, struct knead_maybe value); /* the same, or null */
void json_put_seconds(struct json *j, const char *key, double value_s); /* one to three decimals */
void json_put_plain(struct json *j, const char *key, double value); /* none to three decimals: settings, targets */
void json_put_time(struct json *j, const char *key, int64_t t_us); /* stream time, as seconds */
void json_put_wall(struct json *j, const char *key, int64_t wall_us); /* ISO 8601 */

#endif
