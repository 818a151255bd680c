/* SPDX-License-Identifier: MIT */
/*
 * Columns: lines of numbers, perhaps under a line of names. Recognised by eight lines of one shape; which column is what
 * is decided by choose.c. Under names, fields that are no numbers may stand in columns that are not used.
 */
#include <math.h>
#include <string.h>

#include "look.h"
#include "number.h"

#define COLUMNS_RUN 8

/* How many of the last lines have one shape. */
static uint32_t columns_run(const struct look *l, bool header)
{
	const struct columns_shape *shape = &l->line[l->lines - 1].shape;
	uint32_t run = 0;

	while (run < l->lines) {
		const struct look_line *line = &l->line[l->lines - 1 - run];

		if (line->torn || !columns_shape_equal(&line->shape, shape) || line->shape.numbers == 0)
			break;
		if (!line->shape.pure && !(header && shape->separator != ' '))
			break;
		run++;
	}
	return run;
}

/* How many lines it takes: one, where the settings leave nothing to find out. */
static uint32_t columns_need(const struct frame *f, const struct columns_shape *shape)
{
	const struct knead_settings *s = f->settings;
	bool timed = s->time_unit != KNEAD_TIME_UNIT_AUTO || strcmp(s->column[0], "-") == 0;

	if (!f->named)
		return COLUMNS_RUN;
	return shape->fields == 1 || (s->columns > s->cells && s->columns > 1 && timed) ? 1 : COLUMNS_RUN;
}

static void columns_names(struct choose *c, const uint8_t *header, size_t n, const struct columns_shape *shape)
{
	const uint8_t *p = header;
	struct field field = { 0 };

	c->channels = shape->fields;
	for (uint32_t i = 0; i < c->channels; i++) {
		bool named = header && field_next(&p, header + n, shape->separator, &field);

		channel_init(&c->channel[i], named ? (const char *)field.p : "", named ? field.n : 0);
	}
}

static void columns_note(struct choose *c, const uint8_t *line, size_t n, const struct columns_shape *shape)
{
	const uint8_t *p = line;
	struct field field;

	for (uint32_t i = 0; i < c->channels && field_next(&p, line + n, shape->separator, &field); i++) {
		double value;
		bool plain;
		enum field_kind kind = field_value(&field, shape->decimal_comma, &value, &plain);

		if (kind == FIELD_TEXT)
			c->channel[i].usable = false;
		else if (kind == FIELD_NUMBER)
			channel_note(&c->channel[i], value, plain);
	}
}

static void columns_set_up(struct frame *f, const struct choose *c, const struct columns_shape *shape)
{
	struct columns_state *s = &f->columns;

	memset(s, 0, sizeof(*s));
	s->shape = *shape;
	s->cells = c->cells;
	s->has_time = c->time >= 0;
	device_time_init(&s->time, c->time_unit_us, c->time_step);
	for (uint32_t i = 0; i < c->channels; i++) {
		s->role[i] = c->role[i];
		s->guide[i] = c->channel[i].last;
	}
	f->unit = c->unit;
}

static bool columns_recognise(struct frame *f)
{
	struct look *l = &f->look;
	struct columns_shape shape;
	struct choose choose;
	const uint8_t *header;
	size_t n = 0;
	uint32_t run;

	if (l->lines == 0 || l->line[l->lines - 1].shape.numbers == 0)
		return false;
	shape = l->line[l->lines - 1].shape;
	header = columns_header(f, &shape, &n);
	run = columns_run(l, header != NULL);
	if (run == 0 || run < columns_need(f, &shape))
		return false;
	columns_names(&choose, header, n, &shape);
	for (uint32_t i = l->lines - run; i < l->lines; i++)
		shape.decimal_comma = shape.decimal_comma || l->line[i].shape.decimal_comma;
	for (uint32_t i = l->lines - run; i < l->lines; i++)
		columns_note(&choose, look_text(l, &l->line[i]), l->line[i].length, &shape);
	for (uint32_t i = 0; i < choose.channels; i++)
		choose.channel[i].usable = choose.channel[i].usable && choose.channel[i].count > 0;
	choose.arrival = look_arrival(l, run);
	if (header && header != (const uint8_t *)f->header) {
		memcpy(f->header, header, n);
		f->header_n = (uint32_t)n;
	}
	if (choose_roles(&choose, f->settings, f->problem, sizeof(f->problem)) < 0)
		return false;
	columns_set_up(f, &choose, &shape);
	return true;
}

/* What a line is that does not fit: words, or numbers in another number of columns. */
static enum decode columns_misfit(const struct columns_state *s, const uint8_t *line, size_t n)
{
	struct columns_shape shape;

	columns_shape(line, n, &shape);
	if (!shape.pure)
		return DECODE_REJECT + KNEAD_REJECT_TEXT;
	return DECODE_REJECT + (shape.fields != s->shape.fields ? KNEAD_REJECT_COLUMNS : KNEAD_REJECT_BAD_NUMBER);
}

/* What one field does to the sample. */
static enum decode columns_field(
	struct columns_state *s, uint32_t i, const struct field *field, struct knead_sample *ret)
{
	enum field_kind kind;
	double value;
	bool plain;

	if (s->role[i] == CHOOSE_IGNORE)
		return DECODE_NOTHING;
	kind = field_value(field, s->shape.decimal_comma, &value, &plain);
	if (kind == FIELD_TEXT)
		return DECODE_REJECT + KNEAD_REJECT_BAD_NUMBER;
	if (s->role[i] == CHOOSE_GUIDE)
		return kind == FIELD_NUMBER && value != s->guide[i] ? DECODE_RELEARN : DECODE_NOTHING;
	if (s->role[i] == CHOOSE_TIME) {
		if (kind != FIELD_NUMBER)
			return DECODE_REJECT + KNEAD_REJECT_BAD_NUMBER;
		ret->has_device_us = true;
		return device_time_push(&s->time, value, &ret->device_us) ? DECODE_NOTHING : DECODE_RESTART;
	}
	if (kind == FIELD_NUMBER) {
		ret->raw[s->role[i]] = value;
	} else {
		ret->raw[s->role[i]] = 0;
		ret->invalid_cells |= 1u << s->role[i];
	}
	return DECODE_NOTHING;
}

/* Whether the line has the columns of the stream; cheaper than its whole shape. */
static bool columns_fit(const struct columns_state *s, const uint8_t *line, size_t n)
{
	const uint8_t *p = line;
	struct field field;
	uint32_t fields = 0;

	while (fields <= s->shape.fields && field_next(&p, line + n, s->shape.separator, &field))
		fields++;
	return fields == s->shape.fields;
}

static enum decode columns_decode(struct frame *f, const uint8_t *line, size_t n, struct knead_sample *ret)
{
	struct columns_state *s = &f->columns;
	struct device_time before = s->time;
	const uint8_t *p = line;
	struct field field;

	while (n > 0 && (line[n - 1] == ' '))
		n--;
	if (!columns_fit(s, line, n))
		return columns_misfit(s, line, n);
	sample_begin(ret, s->cells);
	for (uint32_t i = 0; field_next(&p, line + n, s->shape.separator, &field); i++) {
		enum decode decode = columns_field(s, i, &field, ret);

		if (decode == DECODE_NOTHING)
			continue;
		s->time = before;
		return decode < DECODE_REJECT ? decode : columns_misfit(s, line, n);
	}
	if (ret->invalid_cells == (1u << s->cells) - 1) {
		s->time = before;
		return DECODE_REJECT + KNEAD_REJECT_BAD_NUMBER;
	}
	return DECODE_SAMPLE;
}

/* The fields of a line of plain numbers, the first one read. Returns what follows the last, or NULL. */
static __attribute__((noinline)) const uint8_t *columns_fast_fields(
	struct columns_state *s, const uint8_t *p, const uint8_t *end, double value, struct knead_sample *ret)
{
	struct device_time before = s->time;

	for (uint32_t i = 0;; i++) {
		int8_t role = s->role[i];

		if (role >= 0) {
			ret->raw[role] = value;
		} else if (role == CHOOSE_TIME) {
			ret->has_device_us = true;
			if (!device_time_push(&s->time, value, &ret->device_us))
				break;
		} else if (role == CHOOSE_GUIDE && value != s->guide[i]) {
			break;
		}
		if (i + 1 == s->shape.fields) {
			if (*p == '\r' || *p == '\n')
				return p;
			break;
		}
		if (*p != s->shape.separator || end - p <= NUMBER_ROOM)
			break;
		p = number_scan(p + 1, &value);
		if (!p)
			break;
	}
	s->time = before;
	return NULL;
}

static size_t columns_fast(struct frame *f, const uint8_t *bytes, struct knead_sample *ret)
{
	struct columns_state *s = &f->columns;
	const uint8_t *p;
	double value;

	p = number_scan(bytes, &value);
	if (!p)
		return 0;
	sample_begin(ret, s->cells);
	if (s->shape.fields == 1)
		ret->raw[0] = value;
	else
		p = columns_fast_fields(s, p, bytes + FRAME_LINE_MAX, value, ret);
	if (!p)
		return 0;
	if (*p == '\r')
		return (size_t)(p - bytes) + (p[1] == '\n' ? 2 : 1);
	return *p == '\n' ? (size_t)(p - bytes) + 1 : 0;
}

const struct format format_columns = {
	.name = "columns",
	.recognise = columns_recognise,
	.decode = columns_decode,
	.fast = columns_fast,
};
