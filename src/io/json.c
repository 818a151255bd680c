/* SPDX-License-Identifier: MIT */
/*
 * Writing JSON into a fixed buffer. A number is first made an integer of its last decimal, which is where it is rounded, and
 * then written digit by digit: what is printed depends on nothing but the number.
 */
#include "json.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "wall.h"

static const int64_t powers_of_ten[] = { 1, 10, 100, 1000, 10000, 100000, 1000000 };

void json_init(struct json *j, char *buf, size_t size)
{
	*j = (struct json){ .buf = buf, .size = size, .full = size == 0 };
}

int json_finish(struct json *j)
{
	if (j->full || j->length >= j->size)
		return -ENOBUFS;
	j->buf[j->length] = '\0';
	return (int)j->length;
}

static void put(struct json *j, const char *bytes, size_t n)
{
	if (j->full || n >= j->size - j->length) {
		j->full = true;
		return;
	}
	memcpy(j->buf + j->length, bytes, n);
	j->length += n;
}

static void put_value(struct json *j, const char *bytes, size_t n)
{
	if (j->comma)
		put(j, ",", 1);
	put(j, bytes, n);
	j->comma = true;
}

void json_open(struct json *j, char bracket)
{
	put_value(j, &bracket, 1);
	j->comma = false;
}

void json_close(struct json *j, char bracket)
{
	put(j, &bracket, 1);
	j->comma = true;
}

void json_key(struct json *j, const char *key)
{
	if (j->comma)
		put(j, ",", 1);
	put(j, "\"", 1);
	put(j, key, strlen(key));
	put(j, "\":", 2);
	j->comma = false;
}

void json_null(struct json *j)
{
	put_value(j, "null", 4);
}

void json_bool(struct json *j, bool value)
{
	put_value(j, value ? "true" : "false", value ? 4 : 5);
}

/* Writes scaled / 10^max with at least min decimals. */
static void put_scaled(struct json *j, int64_t scaled, int min, int max)
{
	char text[32], *end = text + sizeof(text), *at = end;
	uint64_t rest = scaled < 0 ? -(uint64_t)scaled : (uint64_t)scaled;

	while (max > min && rest % 10 == 0) {
		rest /= 10;
		max--;
	}
	for (int digit = 0; digit < max; digit++, rest /= 10)
		*--at = (char)('0' + rest % 10);
	if (max > 0)
		*--at = '.';
	do {
		*--at = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (scaled < 0)
		*--at = '-';
	put_value(j, at, (size_t)(end - at));
}

void json_int(struct json *j, int64_t value)
{
	put_scaled(j, value, 0, 0);
}

void json_number(struct json *j, double value, int min, int max)
{
	if (!isfinite(value) || fabs(value) > 1e12)
		json_null(j);
	else
		put_scaled(j, llround(value * (double)powers_of_ten[max]), min, max);
}

void json_ms(struct json *j, int64_t ms)
{
	put_scaled(j, ms, 1, 3);
}

/* Length of the UTF-8 character at text (1 to 4), or 0 when there is none: stray, overlong, surrogate, beyond U+10FFFF. */
static size_t utf8_length(const unsigned char *text)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = text[0] < 0x80         ? 1
		   : text[0] >> 5 == 0x6  ? 2
		   : text[0] >> 4 == 0xe  ? 3
		   : text[0] >> 3 == 0x1e ? 4
					  : 0;
	uint32_t code = n == 1 ? text[0] : n == 0 ? 0 : text[0] & (0x7fu >> n);

	for (size_t i = 1; i < n; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (text[i] & 0x3fu);
	}
	if (n > 1 && (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)))
		return 0;
	return n;
}

static void put_escaped(struct json *j, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char escaped[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 0xf] };

	if (c == '"' || c == '\\') {
		escaped[1] = (char)c;
		put(j, escaped, 2);
	} else {
		put(j, escaped, sizeof(escaped));
	}
}

void json_text(struct json *j, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t n;

	if (!text) {
		json_null(j);
		return;
	}
	put_value(j, "\"", 1);
	for (; *at != '\0'; at += n) {
		n = utf8_length(at);
		if (n == 0) {
			put(j, "?", 1);
			n = 1;
		} else if (*at < 0x20 || *at == '"' || *at == '\\' || *at == 0x7f) {
			put_escaped(j, *at);
		} else {
			put(j, (const char *)at, n);
		}
	}
	put(j, "\"", 1);
}

bool json_is_utf8(const char *text)
{
	size_t n = 1;

	for (; n > 0 && *text != '\0'; text += n)
		n = utf8_length((const unsigned char *)text);
	return n > 0;
}

void json_mend(char *text)
{
	while (*text != '\0') {
		size_t n = utf8_length((const unsigned char *)text);

		if (n == 0)
			*text = '?';
		text += n > 0 ? n : 1;
	}
}

void json_put_text(struct json *j, const char *key, const char *text)
{
	json_key(j, key);
	json_text(j, text);
}

void json_put_bool(struct json *j, const char *key, bool value)
{
	json_key(j, key);
	json_bool(j, value);
}

void json_put_int(struct json *j, const char *key, int64_t value)
{
	json_key(j, key);
	json_int(j, value);
}

void json_put_tenths(struct json *j, const char *key, double value)
{
	json_key(j, key);
	json_number(j, value, 1, 1);
}

void json_put_maybe(struct json *j, const char *key, struct knead_maybe value)
{
	json_key(j, key);
	json_number(j, value.known ? value.value : NAN, 1, 1);
}

void json_put_seconds(struct json *j, const char *key, double value_s)
{
	json_key(j, key);
	json_number(j, value_s, 1, 3);
}

void json_put_plain(struct json *j, const char *key, double value)
{
	json_key(j, key);
	json_number(j, value, 0, 3);
}

void json_put_time(struct json *j, const char *key, int64_t t_us)
{
	json_key(j, key);
	json_ms(j, wall_us_to_ms(t_us));
}

void json_put_wall(struct json *j, const char *key, int64_t wall_us)
{
	char iso[WALL_ISO_SIZE];

	json_put_text(j, key, wall_to_iso(wall_us, iso));
}
