/* SPDX-License-Identifier: MIT */
/*
 * Protocols: exercises in steps. Reads and writes their steps, and knows the built-in ones, which are those of the
 * self-massage guides the vocabulary comes from.
 */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_table.h"

#define SECONDS_MAX 3600
#define COUNT_MAX 100

static const struct {
	const char *name, *steps;
} builtins[] = {
	{ "hold30", "hold 30" },
	{ "pulse3x10", "pulses 3x10" },
	{ "stretch3-5", "strokes 3-5" },
	{ "compress-then-stretch", "hold 30, strokes 3-5 within 60" },
	{ "lean30-60", "hold 30-60" },
	{ "gentle", "hold 60-120" },
};

static int read_seconds(const char *text, double *ret)
{
	double value;

	if (conf_number_parse(text, &value) < 0 || value <= 0 || value > SECONDS_MAX)
		return -EINVAL;
	*ret = value;
	return 0;
}

/* Cuts *text in two at the separator, if it is there; *ret_rest is what follows it, or NULL. The copy is of that size. */
static void cut(const char **text, const char *separator, char *copy, size_t size, const char **ret_rest)
{
	const char *at = strstr(*text, separator);

	*ret_rest = at ? at + strlen(separator) : NULL;
	if (!at || (size_t)(at - *text) >= size)
		return;
	snprintf(copy, size, "%.*s", (int)(at - *text), *text);
	*text = copy;
}

/* Seconds, or from so many to so many. */
static int read_range(const char *text, struct knead_step *step)
{
	char copy[CONF_NUMBER_MAX];
	const char *most;

	if (read_seconds(text, &step->seconds) == 0) {
		step->seconds_max = step->seconds;
		return 0;
	}
	cut(&text, "-", copy, sizeof(copy), &most);
	if (!most || read_seconds(text, &step->seconds) < 0 || read_seconds(most, &step->seconds_max) < 0)
		return -EINVAL;
	return step->seconds_max >= step->seconds ? 0 : -EINVAL;
}

/* A whole number 1..COUNT_MAX up to the character stop; moves *text behind it. */
static int read_count(const char **text, char stop, uint32_t *ret)
{
	char *end;
	unsigned long value;

	if (!isdigit((unsigned char)**text))
		return -EINVAL;
	value = strtoul(*text, &end, 10);
	if (*end != stop || value < 1 || value > COUNT_MAX)
		return -EINVAL;
	*text = stop == '\0' ? end : end + 1;
	*ret = (uint32_t)value;
	return 0;
}

static int read_strokes(const char *text, struct knead_step *step)
{
	char copy[CONF_NUMBER_MAX];
	const char *within;

	cut(&text, " within ", copy, sizeof(copy), &within);
	if (within && read_seconds(within, &step->within_s) < 0)
		return -EINVAL;
	if (!strchr(text, '-')) {
		if (read_count(&text, '\0', &step->count) < 0)
			return -EINVAL;
		step->count_min = step->count;
		return 0;
	}
	if (read_count(&text, '-', &step->count_min) < 0 || read_count(&text, '\0', &step->count) < 0)
		return -EINVAL;
	return step->count_min <= step->count ? 0 : -EINVAL;
}

/* One step: a word, blanks, and what belongs to the word. */
static int read_step(char *text, struct knead_step *ret, char *why, size_t size)
{
	struct knead_step step = { 0 };
	const char *amount;
	size_t word;
	int r = -EINVAL;

	text += strspn(text, " \t");
	for (size_t n = strlen(text); n > 0 && isspace((unsigned char)text[n - 1]); n--)
		text[n - 1] = '\0';
	word = strcspn(text, " \t");
	amount = text + word + strspn(text + word, " \t");
	if (word == 4 && strncmp(text, "hold", word) == 0) {
		step.kind = KNEAD_STEP_HOLD;
		r = read_range(amount, &step);
	} else if (word == 4 && strncmp(text, "rest", word) == 0) {
		step.kind = KNEAD_STEP_REST;
		r = read_seconds(amount, &step.seconds);
	} else if (word == 7 && strncmp(text, "strokes", word) == 0) {
		step.kind = KNEAD_STEP_STROKES;
		r = read_strokes(amount, &step);
	} else if (word == 6 && strncmp(text, "pulses", word) == 0) {
		step.kind = KNEAD_STEP_PULSES;
		r = read_count(&amount, 'x', &step.count);
		step.count_min = step.count;
		if (r == 0)
			r = read_seconds(amount, &step.seconds);
	}
	if (r < 0)
		return conf_refuse(why, size,
			"'%s' is no step; write such as hold 30, hold 30-60, pulses 3x10, strokes 3-5, "
			"strokes 3-5 within 60, rest 30",
			text);
	*ret = step;
	return 0;
}

int conf_steps_parse(const char *text, struct knead_protocol *p, char *why, size_t size)
{
	struct knead_step step[KNEAD_STEPS_MAX] = { 0 };
	char copy[CONF_TEXT_MAX];
	char *rest = copy, *word;
	uint32_t n = 0;
	int r;

	if (strlen(text) >= sizeof(copy))
		return conf_refuse(why, size, "too long; name fewer steps");
	strcpy(copy, text);
	while ((word = strsep(&rest, ","))) {
		if (n == KNEAD_STEPS_MAX)
			return conf_refuse(why, size, "more than %d steps; make it shorter", KNEAD_STEPS_MAX);
		r = read_step(word, &step[n++], why, size);
		if (r < 0)
			return r;
	}
	memcpy(p->step, step, sizeof(step));
	p->steps = n;
	return 0;
}

static void format_step(const struct knead_step *step, char *buf, size_t size)
{
	char number[CONF_NUMBER_MAX], more[CONF_NUMBER_MAX];

	conf_number_text(step->seconds, number);
	switch (step->kind) {
	case KNEAD_STEP_HOLD:
		if (step->seconds_max > step->seconds)
			snprintf(buf, size, "hold %s-%s", number, conf_number_text(step->seconds_max, more));
		else
			snprintf(buf, size, "hold %s", number);
		break;
	case KNEAD_STEP_REST:
		snprintf(buf, size, "rest %s", number);
		break;
	case KNEAD_STEP_PULSES:
		snprintf(buf, size, "pulses %ux%s", step->count, number);
		break;
	case KNEAD_STEP_STROKES:
		if (step->count_min == step->count)
			snprintf(buf, size, "strokes %u", step->count);
		else
			snprintf(buf, size, "strokes %u-%u", step->count_min, step->count);
		if (step->within_s > 0) {
			size_t n = strlen(buf);

			snprintf(buf + n, size - n, " within %s", conf_number_text(step->within_s, more));
		}
		break;
	}
}

char *conf_steps_format(const struct knead_protocol *p, char *buf)
{
	size_t n = 0;

	buf[0] = '\0';
	for (uint32_t i = 0; i < p->steps; i++) {
		char text[64];

		format_step(&p->step[i], text, sizeof(text));
		n += (size_t)snprintf(buf + n, CONF_TEXT_MAX - n, "%s%s", i > 0 ? ", " : "", text);
	}
	return buf;
}

const char *conf_builtin_name(size_t i)
{
	return i < sizeof(builtins) / sizeof(builtins[0]) ? builtins[i].name : NULL;
}

bool conf_builtin_find(const char *name, struct knead_protocol *ret)
{
	char why[CONF_WHY_MAX];

	for (size_t i = 0; conf_builtin_name(i); i++) {
		if (strcmp(builtins[i].name, name) != 0)
			continue;
		*ret = (struct knead_protocol){ 0 };
		snprintf(ret->name, sizeof(ret->name), "%s", name);
		return conf_steps_parse(builtins[i].steps, ret, why, sizeof(why)) == 0;
	}
	return false;
}
