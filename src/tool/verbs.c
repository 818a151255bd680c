/* SPDX-License-Identifier: MIT */
/* What all verbs share: how errors are told, and how numbers on the command line are read. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "verbs.h"

void verb_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("knead: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
}

int verb_bad_usage(const char *verb, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "knead: %s: ", verb);
	vfprintf(stderr, format, args);
	fprintf(stderr, "; see 'knead %s --help'\n", verb);
	va_end(args);
	return VERB_BAD_USAGE;
}

/* Neither main() nor anything below it calls setlocale(), so strtod() reads the C locale's point. */
int verb_parse_double(const char *word, double min, double max, double *ret)
{
	char *end;
	double value;

	errno = 0;
	value = strtod(word, &end);
	if (end == word || *end != '\0' || !isfinite(value))
		return -EINVAL;
	if (errno == ERANGE || value < min || value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}

int verb_parse_u64(const char *word, uint64_t min, uint64_t max, uint64_t *ret)
{
	char *end;
	unsigned long long value;

	/* strtoull() would take a sign and leading blanks, and wrap negative numbers round. */
	if (word[0] < '0' || word[0] > '9')
		return -EINVAL;
	errno = 0;
	value = strtoull(word, &end, 10);
	if (*end != '\0')
		return -EINVAL;
	if (errno == ERANGE || value < min || value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}
