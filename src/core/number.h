/* SPDX-License-Identifier: MIT */
/*
 * Decimal numbers out of bytes: no locale, no NUL needed, nothing beyond end is read.
 */
#ifndef CORE_NUMBER_H
#define CORE_NUMBER_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define NUMBER_DIGITS_MAX 19 /* digits that an unsigned 64-bit integer always holds */
#define NUMBER_POW10_MAX  22 /* the largest power of ten that a double holds exactly */

extern const double number_pow10[NUMBER_POW10_MAX + 1];
extern const uint64_t number_pow10_int[9];

/*
 * Reads a number at p: sign, digits with a point among or before them, exponent. Returns what follows it, or NULL when
 * there is none at p. Beyond the range of double *ret is an infinity. Up to 15 digits are rounded correctly, longer
 * ones to within one unit in the last place. *ret_plain tells that it has neither point nor exponent.
 */
const uint8_t *number_parse(const uint8_t *p, const uint8_t *end, double *ret, bool *ret_plain);

/* Length of the word that stands for "no value" at p (nan, inf, ovf, null, ...; any case, any sign), or 0. */
size_t number_no_value(const uint8_t *p, const uint8_t *end);

/* Appends the digits at p to *mantissa and counts them; eight at a time where there are bytes enough. */
static inline const uint8_t *number_digits(const uint8_t *p, const uint8_t *end, uint64_t *mantissa, unsigned *count)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	while (end - p >= 8) {
		uint64_t x, other;
		unsigned k;

		memcpy(&x, p, 8);
		x ^= 0x3030303030303030u;
		/* bit 7 of each byte that is no digit; wrong only above the lowest such byte */
		other = ((x + 0x7676767676767676u) | x) & 0x8080808080808080u;
		k = other ? (unsigned)__builtin_ctzll(other) / 8 : 8;
		if (k == 0)
			return p;
		x <<= 64 - 8 * k;
		x = (x & 0x0f0f0f0f0f0f0f0fu) * 2561 >> 8;
		x = (x & 0x00ff00ff00ff00ffu) * 6553601 >> 16;
		x = (x & 0x0000ffff0000ffffu) * 42949672960001u >> 32;
		*mantissa = *mantissa * number_pow10_int[k] + x;
		*count += k;
		p += k;
		if (k < 8)
			return p;
	}
#endif
	for (; p < end && (unsigned)(*p - '0') < 10; p++, ++*count)
		*mantissa = *mantissa * 10 + (unsigned)(*p - '0');
	return p;
}

/* The usual shapes of number_parse(), inline: sign, at most 19 digits, point. NULL for all else, good or bad. */
static inline const uint8_t *number_scan(const uint8_t *p, const uint8_t *end, double *ret)
{
	uint64_t mantissa = 0;
	unsigned digits = 0, whole;
	bool minus;
	double value;

	if (p == end)
		return NULL;
	minus = *p == '-';
	p += minus || *p == '+';
	p = number_digits(p, end, &mantissa, &digits);
	whole = digits;
	if (whole == 0)
		return NULL;
	if (p < end && *p == '.')
		p = number_digits(p + 1, end, &mantissa, &digits);
	if (digits > NUMBER_DIGITS_MAX - 1 || (p < end && (*p | 0x20) == 'e'))
		return NULL;
	value = (double)(int64_t)mantissa;
	if (digits > whole)
		value /= number_pow10[digits - whole];
	*ret = minus ? -value : value;
	return p;
}

#endif
