/* SPDX-License-Identifier: MIT */
/*
 * Decimal numbers. The digits are gathered as one integer and scaled once by an exact power of ten: for up to 15 digits
 * and 22 places that is the correctly rounded result. What is longer loses its last digits, never its size.
 */
#include <math.h>

#include "number.h"

#define DIGITS_MAX 19 /* digits that an unsigned 64-bit integer always holds */
#define EXPONENT_MAX 9999 /* beyond any double; keeps sums of exponents small */
#define NUMBER_MAX 1e30 /* no reading is larger; its square, summed up for months, is still a number */

const double number_pow10[NUMBER_POW10_MAX + 1] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12,
	1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

const uint64_t number_pow10_int[9] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000 };

static bool is_digit(uint8_t c)
{
	return (unsigned)(c - '0') < 10;
}

static double scale(double value, int exponent)
{
	while (exponent > 0 && value != 0 && isfinite(value)) {
		int k = exponent > NUMBER_POW10_MAX ? NUMBER_POW10_MAX : exponent;

		value *= number_pow10[k];
		exponent -= k;
	}
	while (exponent < 0 && value != 0) {
		int k = -exponent > NUMBER_POW10_MAX ? NUMBER_POW10_MAX : -exponent;

		value /= number_pow10[k];
		exponent += k;
	}
	return value;
}

/* Reads an exponent at p, which stands on 'e' or 'E'. Returns p itself when no exponent follows. */
static const uint8_t *parse_exponent(const uint8_t *p, const uint8_t *end, int *exponent)
{
	const uint8_t *q = p + 1;
	bool minus;
	int value = 0;

	if (q == end)
		return p;
	minus = *q == '-';
	q += *q == '-' || *q == '+';
	if (q == end || !is_digit(*q))
		return p;
	for (; q < end && is_digit(*q); q++)
		if (value < EXPONENT_MAX)
			value = value * 10 + (*q - '0');
	*exponent += minus ? -value : value;
	return q;
}

const uint8_t *number_parse(const uint8_t *p, const uint8_t *end, double *ret, bool *ret_plain)
{
	uint64_t mantissa = 0;
	unsigned kept = 0;
	int exponent = 0;
	bool minus, any = false, point = false, plain;
	double value;

	if (p == end)
		return NULL;
	minus = *p == '-';
	p += minus || *p == '+';
	for (; p < end && (is_digit(*p) || (*p == '.' && !point)); p++) {
		if (*p == '.') {
			point = true;
			continue;
		}
		any = true;
		if (kept < DIGITS_MAX) {
			mantissa = mantissa * 10 + (unsigned)(*p - '0');
			kept += mantissa != 0;
			exponent -= point;
		} else {
			exponent += !point;
		}
	}
	if (!any)
		return NULL;
	plain = !point;
	if (p < end && (*p | 0x20) == 'e') {
		const uint8_t *after = parse_exponent(p, end, &exponent);

		plain = plain && after == p;
		p = after;
	}
	value = scale((double)mantissa, exponent);
	if (value > NUMBER_MAX)
		value = INFINITY;
	*ret = minus ? 0 - value : value; /* there is no negative zero */
	if (ret_plain)
		*ret_plain = plain;
	return p;
}

size_t number_no_value(const uint8_t *p, const uint8_t *end)
{
	static const char *const words[] = { "nan", "infinity", "inf", "ovf", "null", "none", "n/a", "na" };
	const uint8_t *start = p;

	if (p < end && (*p == '-' || *p == '+'))
		p++;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t n = strlen(words[i]), k = 0;

		while (k < n && p + k < end && (p[k] | 0x20) == (words[i][k] | 0x20))
			k++;
		if (k == n && (p + n == end || (unsigned)((p[n] | 0x20) - 'a') >= 26))
			return (size_t)(p + n - start);
	}
	return 0;
}
