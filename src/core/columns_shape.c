/* SPDX-License-Identifier: MIT */
/*
 * The shape of a line of columns: what separates the fields, how many there are, which are numbers. The first of
 * semicolon, tab, comma and blank that occurs is the separator. A comma inside a field is a decimal comma where semicolon
 * or tab separates, never where commas separate.
 */
#include <math.h>
#include <string.h>

#include "look.h"
#include "number.h"

#define DECIMAL_COMMA_MAX 40 /* longest number with a decimal comma */

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

bool field_next(const uint8_t **p, const uint8_t *end, uint8_t separator, struct field *ret)
{
	const uint8_t *start = *p, *stop;

	if (start > end)
		return false;
	while (start < end && (*start == ' ' || (is_blank(*start) && separator != '\t')))
		start++;
	if (separator == ' ' && start == end)
		return false;
	ret->quoted = start < end && *start == '"';
	stop = start;
	if (ret->quoted) {
		const uint8_t *close = memchr(start + 1, '"', (size_t)(end - start - 1));

		ret->quoted = close != NULL;
		stop = close ? close : start;
	}
	if (separator == 0)
		stop = end;
	while (stop < end && *stop != separator && !(separator == ' ' && *stop == '\t'))
		stop++;
	*p = stop + 1;
	while (stop > start && is_blank(stop[-1]))
		stop--;
	if (ret->quoted && stop - start >= 2 && stop[-1] == '"') {
		start++;
		stop--;
	}
	ret->p = start;
	ret->n = (size_t)(stop - start);
	return true;
}

enum field_kind field_value(const struct field *field, bool decimal_comma, double *ret_value, bool *ret_plain)
{
	const uint8_t *end = field->p + field->n;
	uint8_t copy[DECIMAL_COMMA_MAX], *comma;

	if (field->n == 0)
		return FIELD_EMPTY;
	if (number_parse(field->p, end, ret_value, ret_plain) == end)
		return isfinite(*ret_value) ? FIELD_NUMBER : FIELD_NO_VALUE;
	if (number_no_value(field->p, end) == field->n)
		return FIELD_NO_VALUE;
	if (!decimal_comma || field->n > sizeof(copy) || !memchr(field->p, ',', field->n))
		return FIELD_TEXT;
	memcpy(copy, field->p, field->n);
	comma = memchr(copy, ',', field->n);
	*comma = '.';
	if (number_parse(copy, copy + field->n, ret_value, ret_plain) == copy + field->n)
		return isfinite(*ret_value) ? FIELD_NUMBER : FIELD_NO_VALUE;
	return FIELD_TEXT;
}

static uint8_t find_separator(const uint8_t *line, size_t n)
{
	if (memchr(line, ';', n))
		return ';';
	if (memchr(line, '\t', n))
		return '\t';
	if (memchr(line, ',', n))
		return ',';
	return memchr(line, ' ', n) ? ' ' : 0;
}

void columns_shape(const uint8_t *line, size_t n, struct columns_shape *ret)
{
	const uint8_t *p, *end;
	struct field field;
	uint32_t fields = 0, numbers = 0, texts = 0;
	double value;
	bool plain;

	*ret = (struct columns_shape){ 0 };
	while (n > 0 && is_blank(line[0])) {
		line++;
		n--;
	}
	while (n > 0 && line[n - 1] == ' ')
		n--;
	ret->separator = find_separator(line, n);
	ret->decimal_comma =
		(ret->separator == ';' || ret->separator == '\t') && memchr(line, ',', n) && !memchr(line, '.', n);
	p = line;
	end = line + n;
	while (field_next(&p, end, ret->separator, &field)) {
		enum field_kind kind = field_value(&field, ret->decimal_comma, &value, &plain);

		fields++;
		numbers += kind == FIELD_NUMBER;
		texts += kind == FIELD_TEXT || field.quoted;
	}
	if (n == 0 || fields > COLUMNS_FIELDS_MAX)
		return;
	ret->fields = (uint8_t)fields;
	ret->numbers = (uint8_t)numbers;
	ret->pure = numbers > 0 && texts == 0;
}

bool columns_shape_equal(const struct columns_shape *a, const struct columns_shape *b)
{
	return a->separator == b->separator && a->fields == b->fields;
}

/* Whether a line can be the names over lines of that shape. */
static bool is_header(const struct columns_shape *line, const struct columns_shape *shape)
{
	return line->fields >= 2 && line->numbers == 0 && columns_shape_equal(line, shape);
}

const uint8_t *columns_header(struct frame *f, const struct columns_shape *shape, size_t *ret_n)
{
	const struct look *l = &f->look;
	struct columns_shape header;

	for (uint32_t i = l->lines; i-- > 0;)
		if (is_header(&l->line[i].shape, shape)) {
			*ret_n = l->line[i].length;
			return look_text(l, &l->line[i]);
		}
	columns_shape((const uint8_t *)f->header, f->header_n, &header);
	*ret_n = f->header_n;
	return is_header(&header, shape) ? (const uint8_t *)f->header : NULL;
}
