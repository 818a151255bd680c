/* SPDX-License-Identifier: MIT */
/*
 * Template: the user writes the line, with marks in it:
 *
 *	{value}	a number: the cells, in this order		{skip}	anything, up to what follows in the template
 *	{time}	a number: the device's clock
 *
 * "S {skip} {value} kg" reads "S D     12.345 kg". All else must be there as written; a run of blanks matches any run.
 * Only for a configured format: nothing is learnt but the unit of {time}, and that from four lines unless it is said.
 */
#include <math.h>
#include <string.h>

#include "channel_name.h"
#include "look.h"
#include "number.h"

#define TEMPLATE_RUN 4

enum mark { MARK_NONE, MARK_VALUE, MARK_TIME, MARK_SKIP, MARK_END };

struct reading {
	double raw[KNEAD_CELLS_MAX], time;
	uint32_t cells, invalid;
	bool has_time, plain;
};

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static enum mark mark_at(const char *t, size_t *ret_n)
{
	static const char *const words[] = { "", "{value}", "{time}", "{skip}" };

	*ret_n = 0;
	if (*t == '\0')
		return MARK_END;
	for (int i = MARK_VALUE; i <= MARK_SKIP; i++)
		if (strncmp(t, words[i], strlen(words[i])) == 0) {
			*ret_n = strlen(words[i]);
			return (enum mark)i;
		}
	return MARK_NONE;
}

static const uint8_t *skip_blanks(const uint8_t *p, const uint8_t *end)
{
	while (p < end && is_blank(*p))
		p++;
	return p;
}

/* Matches the text at t up to the next mark. Returns what follows it in the line, or NULL; *ret_t stands on the mark. */
static const uint8_t *match_text(const char *t, const uint8_t *p, const uint8_t *end, const char **ret_t)
{
	size_t n;

	while (mark_at(t, &n) == MARK_NONE) {
		if (is_blank((uint8_t)*t)) {
			const uint8_t *after = skip_blanks(p, end);

			while (is_blank((uint8_t)*t))
				t++;
			/* blanks before a number or the end of the line may be missing */
			if (after == p && mark_at(t, &n) == MARK_NONE)
				return NULL;
			p = after;
		} else {
			if (p == end || *p != (uint8_t)*t)
				return NULL;
			p++;
			t++;
		}
	}
	*ret_t = t;
	return p;
}

static bool is_number(const uint8_t *p, const uint8_t *end)
{
	double value;

	return number_parse(p, end, &value, NULL) || number_no_value(p, end) > 0;
}

/* Where the template goes on after {skip}, t standing behind it; NULL when nowhere. A number to be read must be there. */
static const uint8_t *skip_to(const char *t, const uint8_t *p, const uint8_t *end)
{
	const char *mark;
	size_t n;

	if (mark_at(t, &n) == MARK_END)
		return end;
	for (; p <= end; p++) {
		const uint8_t *q = match_text(t, p, end, &mark);
		enum mark next = q ? mark_at(mark, &n) : MARK_NONE;

		if (!q)
			continue;
		if ((next != MARK_VALUE && next != MARK_TIME) || is_number(skip_blanks(q, end), end))
			return p;
	}
	return NULL;
}

static const uint8_t *read_number(struct reading *r, bool time, const uint8_t *p, const uint8_t *end)
{
	double value = 0;
	bool plain = true, valid = true;
	const uint8_t *stop;

	p = skip_blanks(p, end);
	stop = number_parse(p, end, &value, &plain);
	if (!stop || !isfinite(value)) {
		size_t word = number_no_value(p, end);

		valid = false;
		stop = stop ? stop : word > 0 ? p + word : NULL;
	}
	if (!stop || (time && !valid) || (!time && r->cells == KNEAD_CELLS_MAX))
		return NULL;
	if (time) {
		r->time = value;
		r->plain = plain;
		r->has_time = true;
		return stop;
	}
	r->raw[r->cells] = valid ? value : 0;
	if (!valid)
		r->invalid |= 1u << r->cells;
	r->cells++;
	return stop;
}

static bool template_read(const char *t, const uint8_t *line, size_t n, struct reading *ret)
{
	const uint8_t *p = line, *end = line + n;
	size_t length;

	ret->cells = 0;
	ret->invalid = 0;
	ret->time = 0;
	ret->has_time = false;
	for (;;) {
		enum mark mark;

		p = match_text(t, p, end, &t);
		if (!p)
			return false;
		mark = mark_at(t, &length);
		if (mark == MARK_END)
			return skip_blanks(p, end) == end && ret->cells > 0;
		t += length;
		p = mark == MARK_SKIP ? skip_to(t, p, end) : read_number(ret, mark == MARK_TIME, p, end);
		if (!p)
			return false;
	}
}

static bool template_recognise(struct frame *f)
{
	const struct knead_settings *s = f->settings;
	const struct look *l = &f->look;
	struct reading reading = { 0 };
	struct channel time;
	uint32_t run = 0, need;

	if (l->lines == 0)
		return false;
	while (run < l->lines && !l->line[l->lines - 1 - run].torn &&
		template_read(s->line_template, look_text(l, &l->line[l->lines - 1 - run]),
			l->line[l->lines - 1 - run].length, &reading))
		run++;
	need = strstr(s->line_template, "{time}") && s->time_unit == KNEAD_TIME_UNIT_AUTO ? TEMPLATE_RUN : 1;
	if (run < need)
		return false;
	channel_init(&time, "", 0);
	for (uint32_t i = l->lines - run; i < l->lines; i++) {
		template_read(s->line_template, look_text(l, &l->line[i]), l->line[i].length, &reading);
		channel_note(&time, reading.time, reading.plain);
	}
	f->template = (struct template_state){ .cells = reading.cells, .has_time = reading.has_time };
	device_time_init(&f->template.time, choose_time_unit(&time, s, look_arrival(l, run)), channel_step(&time));
	return true;
}

static enum decode template_decode(struct frame *f, const uint8_t *line, size_t n, struct knead_sample *ret)
{
	struct template_state *s = &f->template;
	struct reading reading;

	if (!template_read(f->settings->line_template, line, n, &reading))
		return DECODE_REJECT + KNEAD_REJECT_TEXT;
	if (reading.cells != s->cells || (f->settings->cells > 0 && reading.cells != f->settings->cells))
		return DECODE_REJECT + KNEAD_REJECT_COLUMNS;
	if (reading.invalid == (1u << reading.cells) - 1)
		return DECODE_REJECT + KNEAD_REJECT_BAD_NUMBER;
	sample_begin(ret, reading.cells);
	memcpy(ret->raw, reading.raw, reading.cells * sizeof(ret->raw[0]));
	ret->invalid_cells = reading.invalid;
	ret->has_device_us = s->has_time;
	if (s->has_time && !device_time_push(&s->time, reading.time, &ret->device_us))
		return DECODE_RESTART;
	return DECODE_SAMPLE;
}

const struct format format_template = {
	.name = "template",
	.by_name = true,
	.recognise = template_recognise,
	.decode = template_decode,
};
