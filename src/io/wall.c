/* SPDX-License-Identifier: MIT */
/*
 * Wall time as text. Days are counted by hand, in the proleptic Gregorian calendar with years that begin in March (so that
 * the leap day is the last of its year): no time zone, no locale, no lock, and the same answer on every machine.
 */
#include "wall.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>

#define MS_PER_DAY (24 * 3600 * 1000LL)
#define DAYS_PER_ERA 146097 /* 400 years */
#define DAYS_TO_1970 719468 /* from 0000-03-01 */
#define DAYS_BEFORE_MONTH(m) ((153 * (m) + 2) / 5) /* m counts from March = 0 */

struct civil {
	int64_t year;
	int month, day; /* from 1 */
};

int64_t wall_us_to_ms(int64_t t_us)
{
	int64_t shifted_us = t_us + 500;

	return shifted_us / 1000 - (shifted_us % 1000 < 0);
}

static int64_t days_of_civil(const struct civil *c)
{
	int64_t year = c->year - (c->month <= 2);
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t year_of_era = year - era * 400;
	int64_t day_of_year = DAYS_BEFORE_MONTH((c->month + 9) % 12) + c->day - 1;

	return era * DAYS_PER_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
	       DAYS_TO_1970;
}

static struct civil civil_of_days(int64_t days)
{
	int64_t shifted = days + DAYS_TO_1970;
	int64_t era = (shifted >= 0 ? shifted : shifted - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
	int64_t day = shifted - era * DAYS_PER_ERA;
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int64_t day_of_year = day - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * day_of_year + 2) / 153;

	return (struct civil){
		.year = year + era * 400 + (month >= 10),
		.month = (int)(month < 10 ? month + 3 : month - 9),
		.day = (int)(day_of_year - DAYS_BEFORE_MONTH(month) + 1),
	};
}

static char *put_digits(char *at, int64_t value, int digits)
{
	for (int i = digits - 1; i >= 0; i--, value /= 10)
		at[i] = (char)('0' + value % 10);
	return at + digits;
}

char *wall_to_iso(int64_t wall_us, char *buf)
{
	int64_t ms = wall_us_to_ms(wall_us);
	int64_t days = ms / MS_PER_DAY - (ms % MS_PER_DAY < 0);
	int64_t rest_ms = ms - days * MS_PER_DAY;
	struct civil c = civil_of_days(days);
	char *at = buf;

	at = put_digits(at, c.year, 4);
	*at++ = '-';
	at = put_digits(at, c.month, 2);
	*at++ = '-';
	at = put_digits(at, c.day, 2);
	*at++ = 'T';
	at = put_digits(at, rest_ms / 3600000, 2);
	*at++ = ':';
	at = put_digits(at, rest_ms / 60000 % 60, 2);
	*at++ = ':';
	at = put_digits(at, rest_ms / 1000 % 60, 2);
	*at++ = '.';
	at = put_digits(at, rest_ms % 1000, 3);
	*at++ = 'Z';
	*at = '\0';
	return buf;
}

static bool take_char(const char **at, char wanted)
{
	return *(*at)++ == wanted;
}

/* Reads exactly so many digits and the character after them. */
static bool take_number(const char **at, int digits, char after, int *ret)
{
	int value = 0;

	for (int i = 0; i < digits; i++, (*at)++) {
		if (!isdigit((unsigned char)**at))
			return false;
		value = value * 10 + (**at - '0');
	}
	*ret = value;
	return after == '\0' || take_char(at, after);
}

/* Reads what follows the seconds: Z, or a dot, 1 to 6 digits and Z. */
static bool take_decimals(const char **at, int *ret_us)
{
	int us = 0, scale = 100000;

	if (**at == '.') {
		(*at)++;
		if (!isdigit((unsigned char)**at))
			return false;
		for (; isdigit((unsigned char)**at) && scale > 0; (*at)++, scale /= 10)
			us += (**at - '0') * scale;
	}
	*ret_us = us;
	return take_char(at, 'Z');
}

int wall_from_iso(const char *text, int64_t *ret_wall_us)
{
	const char *at = text;
	int year, month, day, hour, minute, second, us;

	if (!take_number(&at, 4, '-', &year) || !take_number(&at, 2, '-', &month) || !take_number(&at, 2, 'T', &day) ||
		!take_number(&at, 2, ':', &hour) || !take_number(&at, 2, ':', &minute) ||
		!take_number(&at, 2, '\0', &second) || !take_decimals(&at, &us) || *at != '\0')
		return -EINVAL;
	if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59)
		return -EINVAL;

	struct civil given = { .year = year, .month = month, .day = day };
	int64_t days = days_of_civil(&given);
	struct civil back = civil_of_days(days);
	if (back.year != given.year || back.month != given.month || back.day != given.day)
		return -EINVAL;
	*ret_wall_us = (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000000LL + us;
	return 0;
}
