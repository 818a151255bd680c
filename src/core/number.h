/* SPDX-License-Identifier: MIT */
/*
 * Decimal numbers out of bytes: no locale, no NUL needed, nothing beyond end is read.
 */
#ifndef CORE_NUMBER_H
#define CORE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define NUMBER_POW10_MAX 22 /* the largest power of ten that a double holds exactly */
#define NUMBER_ROOM 40 /* bytes that must be readable for number_scan() and number_run() */
#define NUMBER_RUN_MAX 16

extern const double number_pow10[NUMBER_POW10_MAX + 1];
extern const uint64_t number_pow10_int[9];

/*
 * Reads a number at p: sign, digits with a point among or before them, exponent. Returns what follows it, or NULL when
 * there is none at p. Beyond 1e30 *ret is an infinity. Up to 15 digits are rounded correctly, longer
 * ones to within one unit in the last place. *ret_plain tells that it has neither point nor exponent.
 */
const uint8_t *number_parse(const uint8_t *p, const uint8_t *end, double *ret, bool *ret_plain);

/* Length of the word that stands for "no value" at p (nan, inf, ovf, null, ...; any case, any sign), or 0. */
size_t number_no_value(const uint8_t *p, const uint8_t *end);

/* Value of the digits at p, at most eight of them, and how many there are. Reads eight bytes. */
static inline unsigned number_eight(const uint8_t *p, uint64_t *ret)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uint64_t x, other;
	unsigned digits = 8;

	memcpy(&x, p, 8);
	x ^= 0x3030303030303030u;
	/* bit 7 of each byte that is no digit; wrong only above the lowest such byte */
	other = ((x + 0x7676767676767676u) | x) & 0x8080808080808080u;
	if (other) {
		unsigned bit = (unsigned)__builtin_ctzll(other);

		/* the digits go to the top, as if zeros stood before them */
		x = x << (63 - bit) << 8;
		digits = bit / 8;
	}
	x = (x & 0x0f0f0f0f0f0f0f0fu) * 2561 >> 8;
	x = (x & 0x00ff00ff00ff00ffu) * 6553601 >> 16;
	*ret = (x & 0x0000ffff0000ffffu) * 42949672960001u >> 32;
	return digits;
#else
	unsigned digits = 0;

	for (*ret = 0; digits < 8 && (unsigned)(p[digits] - '0') < 10; digits++)
		*ret = *ret * 10 + (unsigned)(p[digits] - '0');
	return digits;
#endif
}

/* The same for at most 16 digits; reads 16 bytes. A 17th digit is left standing. */
static inline unsigned number_run(const uint8_t *p, uint64_t *ret)
{
	unsigned digits = number_eight(p, ret);

	if (digits == 8) {
		uint64_t more;
		unsigned k = number_eight(p + 8, &more);

		*ret = *ret * number_pow10_int[k] + more;
		digits += k;
	}
	return digits;
}

/*
 * The usual numbers, fast: sign, up to 16 digits, point, up to 18 digits in all. Returns what follows, or NULL for all
 * other shapes, good or bad; the caller checks that what follows ends a number. Reads up to NUMBER_ROOM bytes.
 */
static inline const uint8_t *number_scan(const uint8_t *p, double *ret)
{
	bool minus = *p == '-';
	uint64_t mantissa;
	unsigned digits;

	p += minus;
	digits = number_run(p, &mantissa);
	if (digits == 0)
		return NULL;
	p += digits;
	if (*p != '.') {
		*ret = (double)(minus ? -(int64_t)mantissa : (int64_t)mantissa);
	} else {
		uint64_t part;
		unsigned places = number_eight(++p, &part);

		if (digits + places > 18 || places == 8)
			return NULL;
		p += places;
		mantissa = mantissa * number_pow10_int[places] + part;
		*ret = (double)(minus ? -(int64_t)mantissa : (int64_t)mantissa) / number_pow10[places];
	}
	return p;
}

#endif
