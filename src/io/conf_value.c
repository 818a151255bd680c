/* SPDX-License-Identifier: MIT */
/*
 * One value: text to field and back, by the type of its row. Numbers are whole texts in the C locale whatever the
 * program's is, and written with the fewest digits that read back as the same number.
 */
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_table.h"
#include "json.h"

int conf_refuse(char *why, size_t size, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(why, size, format, ap);
	va_end(ap);
	return -EINVAL;
}

static locale_t c_locale(void)
{
	static locale_t locale;

	if (!locale)
		locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	return locale;
}

int conf_number_parse(const char *text, double *ret)
{
	char *end;
	double value;

	/* strtod() would take leading blanks, hexadecimal, inf and nan. */
	if (text[0] == '\0' || text[strspn(text, "0123456789+-.eE")] != '\0')
		return -EINVAL;
	value = strtod_l(text, &end, c_locale());
	if (*end != '\0' || !isfinite(value))
		return -EINVAL;
	*ret = value;
	return 0;
}

char *conf_number_text(double value, char *buf)
{
	locale_t before = uselocale(c_locale());

	if (value == floor(value) && fabs(value) < 1e15) {
		snprintf(buf, CONF_NUMBER_MAX, "%.0f", value + 0.0); /* + 0.0: no minus before 0 */
		uselocale(before);
		return buf;
	}
	for (int digits = 6; digits <= 17; digits++) {
		snprintf(buf, CONF_NUMBER_MAX, "%.*g", digits, value);
		if (strtod(buf, NULL) == value)
			break;
	}
	uselocale(before);
	return buf;
}

static int parse_in_range(const struct conf_key *k, const char *text, double *ret, char *why, size_t size)
{
	char low[CONF_NUMBER_MAX], high[CONF_NUMBER_MAX];
	double value;

	if (conf_number_parse(text, &value) < 0)
		return conf_refuse(why, size,
			"'%s' is not a number; write it with digits and a point, a comment after ' ;'", text);
	if (value < k->min || value > k->max)
		return conf_refuse(why, size, "%s is out of range; use %s to %s", text, conf_number_text(k->min, low),
			conf_number_text(k->max, high));
	*ret = value;
	return 0;
}

static int parse_whole(const struct conf_key *k, const char *text, int *ret, char *why, size_t size)
{
	double value = 0;
	int r;

	r = parse_in_range(k, text, &value, why, size);
	if (r < 0)
		return r;
	if (value != floor(value))
		return conf_refuse(why, size, "'%s' is not a whole number", text);
	*ret = (int)value;
	return 0;
}

/* Index of text in "a|b|c", or -1. */
static int choice_index(const char *choices, const char *text)
{
	size_t n = strlen(text);

	for (int i = 0;; i++) {
		size_t length = strcspn(choices, "|");

		if (length == n && strncmp(choices, text, n) == 0)
			return i;
		if (choices[length] == '\0')
			return -1;
		choices += length + 1;
	}
}

static char *choice_text(const char *choices, int index, char *buf)
{
	while (index-- > 0)
		choices += strcspn(choices, "|") + 1;
	snprintf(buf, CONF_TEXT_MAX, "%.*s", (int)strcspn(choices, "|"), choices);
	return buf;
}

static int parse_choice(const struct conf_key *k, const char *text, int *ret, char *why, size_t size)
{
	char range[160];
	int index = choice_index(k->choices, text);

	if (index < 0)
		return conf_refuse(why, size, "'%s' is not known; use %s", text, conf_range_text(k, range));
	*ret = index;
	return 0;
}

static int parse_bool(const char *text, bool *ret, char *why, size_t size)
{
	static const char *const yes[] = { "yes", "on", "true", "1" }, *const no[] = { "no", "off", "false", "0" };

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		if (strcmp(text, yes[i]) == 0 || strcmp(text, no[i]) == 0) {
			*ret = strcmp(text, yes[i]) == 0;
			return 0;
		}
	}
	return conf_refuse(why, size, "'%s' is neither yes nor no", text);
}

static int parse_string(const char *text, char **field, char *why, size_t size)
{
	char *copy = strdup(text);

	if (!copy) {
		conf_refuse(why, size, "out of memory");
		return -ENOMEM;
	}
	free(*field);
	*field = copy;
	return 0;
}

/* Not repeated in the message: what stands before an @ is often a password. */
static int parse_host(const char *text, char **field, char *why, size_t size)
{
	if (strpbrk(text, "@/ \t"))
		return conf_refuse(why, size,
			"write the name or the address alone; user name and password belong into username and password_file");
	return parse_string(text, field, why, size);
}

static int parse_topic(const char *text, char **field, char *why, size_t size)
{
	size_t n = strlen(text);

	if (!json_is_utf8(text))
		return conf_refuse(why, size, "is not UTF-8, and a topic must be");
	if (n == 0 || n > 128 || strpbrk(text, "+#") || text[0] == '/' || text[0] == '$' || text[n - 1] == '/')
		return conf_refuse(
			why, size, "'%s' cannot begin a topic; use up to 128 characters without + # and outer /", text);
	return parse_string(text, field, why, size);
}

/* NAME, or NAME: STEPS, which is how a capture carries a protocol of its own. */
static int parse_protocol_name(const char *text, char **field, char *why, size_t size)
{
	const char *colon = strchr(text, ':');
	struct knead_protocol p;
	char name[KNEAD_NAME_MAX];
	size_t n = colon ? (size_t)(colon - text) : strlen(text);
	int r;

	if (text[0] != '\0') {
		snprintf(name, sizeof(name), "%.*s", (int)(n < sizeof(name) ? n : 0), text);
		if (!conf_name_valid(CONF_PROTOCOL, name))
			return conf_refuse(
				why, size, "'%s' is no name; use up to %d of a-z 0-9 -", text, KNEAD_NAME_MAX - 1);
	}
	if (colon) {
		r = conf_steps_parse(colon + 1, &p, why, size);
		if (r < 0)
			return r;
	}
	return parse_string(text, field, why, size);
}

/* Splits text at commas and blanks. Returns the words, or -1 when there are more than max. text is cut up. */
static int split_words(char *text, char **ret, int max)
{
	char *save = NULL;
	int n = 0;

	for (char *word = strtok_r(text, ", \t", &save); word; word = strtok_r(NULL, ", \t", &save)) {
		if (n == max)
			return -1;
		ret[n++] = word;
	}
	return n;
}

/* Numbers in groups (3 for directions), at most one group per cell; *ret_cells is the number of groups. */
static int parse_reals(
	const struct conf_key *k, const char *text, double *field, uint32_t *ret_cells, char *why, size_t size)
{
	int group = (int)k->size;
	char copy[CONF_TEXT_MAX];
	char *words[3 * KNEAD_CELLS_MAX];
	double values[3 * KNEAD_CELLS_MAX] = { 0 };
	int n, r;

	snprintf(copy, sizeof(copy), "%s", text);
	n = split_words(copy, words, group * KNEAD_CELLS_MAX);
	if (n < 0)
		return conf_refuse(why, size, "more than %d numbers; there are at most %d cells",
			group * KNEAD_CELLS_MAX, KNEAD_CELLS_MAX);
	if (n % group != 0)
		return conf_refuse(
			why, size, "%d numbers do not make groups of %d; give x y z for each cell", n, group);
	for (int i = 0; i < n; i++) {
		r = parse_in_range(k, words[i], &values[i], why, size);
		if (r < 0)
			return r;
	}
	memcpy(field, values, sizeof(double) * (size_t)(group * KNEAD_CELLS_MAX));
	*ret_cells = (uint32_t)(n / group);
	return 0;
}

static int parse_columns(const char *text, struct knead_settings *s, char *why, size_t size)
{
	char copy[CONF_TEXT_MAX];
	char *words[KNEAD_COLUMNS_MAX];
	int n;

	snprintf(copy, sizeof(copy), "%s", text);
	n = split_words(copy, words, KNEAD_COLUMNS_MAX);
	if (n < 0)
		return conf_refuse(
			why, size, "more than %d columns; name the time and one per cell", KNEAD_COLUMNS_MAX);
	for (int i = 0; i < n; i++)
		if (strlen(words[i]) >= KNEAD_COLUMN_MAX)
			return conf_refuse(why, size, "'%s' is too long; use the number of the column", words[i]);
	memset(s->column, 0, sizeof(s->column));
	for (int i = 0; i < n; i++)
		strcpy(s->column[i], words[i]);
	s->columns = (uint32_t)n;
	return 0;
}

static int parse_buffer(const struct conf_key *k, const char *text, char *field, char *why, size_t size)
{
	if (strlen(text) >= k->size)
		return conf_refuse(why, size, "longer than %zu characters; make it shorter", k->size - 1);
	memset(field, 0, k->size);
	strcpy(field, text);
	return 0;
}

static int parse_enum(const struct conf_key *k, const char *text, void *field, char *why, size_t size)
{
	int value = 0, r;

	r = parse_choice(k, text, &value, why, size);
	if (r < 0)
		return r;
	value += k->first;
	memcpy(field, &value, sizeof(value));
	return 0;
}

int conf_value_parse(const struct conf_key *k, const char *text, void *base, char *why, size_t size)
{
	void *field = (char *)base + k->offset;
	int whole = 0, r;

	if (strlen(text) >= CONF_TEXT_MAX)
		return conf_refuse(why, size, "longer than %d characters; make it shorter", CONF_TEXT_MAX - 1);
	for (const char *at = text; *at; at++) {
		if (((unsigned char)*at < ' ' && *at != '\t') || *at == 0x7f)
			return conf_refuse(why, size, "has a control character in it; write plain text");
		if (*at == ';' && (at == text || at[-1] == ' ' || at[-1] == '\t'))
			return conf_refuse(why, size, "a value cannot have a word that begins with ';'");
	}
	switch (k->type) {
	case CONF_TEXT:
		return parse_string(text, field, why, size);
	case CONF_HOST:
		return parse_host(text, field, why, size);
	case CONF_TOPIC:
		return parse_topic(text, field, why, size);
	case CONF_CHOICE:
		r = parse_choice(k, text, &whole, why, size);
		return r < 0 ? r : parse_string(text, field, why, size);
	case CONF_PROTOCOL_NAME:
		return parse_protocol_name(text, field, why, size);
	case CONF_BUFFER:
		return parse_buffer(k, text, field, why, size);
	case CONF_ENUM:
		return parse_enum(k, text, field, why, size);
	case CONF_BOOL:
		return parse_bool(text, field, why, size);
	case CONF_INT:
		return parse_whole(k, text, field, why, size);
	case CONF_COUNT:
		r = parse_whole(k, text, &whole, why, size);
		if (r == 0)
			*(uint32_t *)field = (uint32_t)whole;
		return r;
	case CONF_REAL:
		return parse_in_range(k, text, field, why, size);
	case CONF_REALS:
		return parse_reals(k, text, field, (uint32_t *)((char *)base + k->count_offset), why, size);
	case CONF_COLUMNS:
		return parse_columns(text, &((struct conf_device *)base)->settings, why, size);
	case CONF_STEPS:
		return conf_steps_parse(text, field, why, size);
	}
	return -EINVAL;
}

static char *format_reals(const double *values, uint32_t cells, size_t group, char *buf)
{
	char number[CONF_NUMBER_MAX];
	size_t n = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < cells * group; i++)
		n += (size_t)snprintf(buf + n, CONF_TEXT_MAX - n, "%s%s",
			i == 0           ? ""
			: i % group == 0 ? ", "
					 : " ",
			conf_number_text(values[i], number));
	return buf;
}

static char *format_columns(const struct knead_settings *s, char *buf)
{
	size_t n = 0;

	buf[0] = '\0';
	for (uint32_t i = 0; i < s->columns; i++)
		n += (size_t)snprintf(buf + n, CONF_TEXT_MAX - n, "%s%s", i > 0 ? ", " : "", s->column[i]);
	return buf;
}

char *conf_value_format(const struct conf_key *k, const void *base, char *buf)
{
	const void *field = (const char *)base + k->offset;
	int whole;

	switch (k->type) {
	case CONF_TEXT:
	case CONF_HOST:
	case CONF_TOPIC:
	case CONF_CHOICE:
	case CONF_PROTOCOL_NAME:
		snprintf(buf, CONF_TEXT_MAX, "%s", *(char *const *)field ? *(char *const *)field : "");
		return buf;
	case CONF_BUFFER:
		snprintf(buf, CONF_TEXT_MAX, "%s", (const char *)field);
		return buf;
	case CONF_ENUM:
		memcpy(&whole, field, sizeof(whole));
		return choice_text(k->choices, whole - k->first, buf);
	case CONF_BOOL:
		return strcpy(buf, *(const bool *)field ? "yes" : "no");
	case CONF_INT:
		return conf_number_text(*(const int *)field, buf);
	case CONF_COUNT:
		return conf_number_text(*(const uint32_t *)field, buf);
	case CONF_REAL:
		return conf_number_text(*(const double *)field, buf);
	case CONF_REALS:
		memcpy(&whole, (const char *)base + k->count_offset, sizeof(whole));
		return format_reals(field, (uint32_t)whole, k->size, buf);
	case CONF_COLUMNS:
		return format_columns(&((const struct conf_device *)base)->settings, buf);
	case CONF_STEPS:
		return conf_steps_format(field, buf);
	}
	return strcpy(buf, "");
}

void conf_value_free(const struct conf_key *k, void *base)
{
	if (k->type == CONF_TEXT || k->type == CONF_HOST || k->type == CONF_TOPIC || k->type == CONF_CHOICE ||
		k->type == CONF_PROTOCOL_NAME) {
		char **field = (char **)((char *)base + k->offset);

		free(*field);
		*field = NULL;
	}
}

char *conf_range_text(const struct conf_key *k, char *buf)
{
	char low[CONF_NUMBER_MAX], high[CONF_NUMBER_MAX];
	size_t n = 0;

	buf[0] = '\0';
	if (k->type == CONF_BOOL)
		return strcpy(buf, "yes or no");
	if (k->choices) {
		for (const char *at = k->choices; n < 140; at++) {
			size_t length = strcspn(at, "|");
			bool last = at[length] == '\0';

			n += (size_t)snprintf(buf + n, 160 - n, "%s%.*s",
				n == 0 ? ""
				: last ? " or "
				       : ", ",
				(int)length, at);
			if (last)
				break;
			at += length;
		}
		return buf;
	}
	if (k->min < k->max)
		snprintf(buf, 160, "%s to %s%s%s", conf_number_text(k->min, low), conf_number_text(k->max, high),
			k->unit ? " " : "", k->unit ? k->unit : "");
	return buf;
}
