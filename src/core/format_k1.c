/* SPDX-License-Identifier: MIT */
/*
 * K1 text: the project's own lines, each with a CRC. One pass reads the fields, the CRC runs over what they span. A line
 * whose checksum fails is counted and never decoded, by this format or any other.
 */
#include <math.h>
#include <string.h>

#include "crc16.h"
#include "frame_internal.h"
#include "k1_time.h"
#include "number.h"

#define K1_CELL_DIGITS 15 /* integers of more digits are not all exact */

bool k1_line_is_tagged(const uint8_t *line, size_t n)
{
	return n > K1_TEXT_TAG && line[0] == 'K' && (line[1] == '1' || line[1] == 'I') && line[2] == ',';
}

static int hex_digit(uint8_t c)
{
	if ((unsigned)(c - '0') < 10)
		return c - '0';
	c |= 0x20;
	return (unsigned)(c - 'a') < 6 ? c - 'a' + 10 : -1;
}

/* The four hex digits at p, or -1. */
static int hex_word(const uint8_t *p)
{
	int value = 0;

	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(p[i]);

		if (digit < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

bool k1_line_is_right(const uint8_t *line, size_t n)
{
	size_t length = n - K1_TEXT_CRC;

	if (n < K1_TEXT_TAG + K1_TEXT_CRC || !k1_line_is_tagged(line, n) || line[length] != '*')
		return false;
	return hex_word(line + length + 1) == crc16_update(CRC16_INIT, line, length);
}

/*
 * Reads seq, t_us and the cells of a sample line, up to the star. Returns where the star stands, or NULL. Numbers are only
 * looked at where NUMBER_ROOM bytes can be read.
 */
static inline const uint8_t *k1_fields(
	const uint8_t *p, const uint8_t *end, uint64_t *ret_seq, uint64_t *ret_t_us, struct knead_sample *ret)
{
	uint32_t cells = 0;
	unsigned digits;

	p += K1_TEXT_TAG;
	if (end - p < 2 * NUMBER_ROOM)
		return NULL;
	digits = number_run(p, ret_seq);
	p += digits;
	if (digits == 0 || *p++ != ',')
		return NULL;
	digits = number_run(p, ret_t_us);
	p += digits;
	if (digits == 0)
		return NULL;
	while (*p == ',' && cells < KNEAD_CELLS_MAX && end - p > NUMBER_ROOM) {
		bool minus = *++p == '-';
		uint64_t size;

		p += minus;
		digits = number_run(p, &size);
		p += digits;
		if (digits == 0 || digits > K1_CELL_DIGITS)
			return NULL;
		ret->raw[cells++] = (double)(minus ? -(int64_t)size : (int64_t)size);
	}
	ret->cells = cells;
	return cells > 0 && *p == '*' ? p : NULL;
}

static bool k1_cells_fit(const struct frame *f, uint32_t cells)
{
	return f->k1.cells == 0 || f->k1.cells == cells;
}

/* One field of a description into a name; false when it does not fit. */
static bool info_name(const struct field *field, char *ret)
{
	if (field->n >= sizeof(((struct knead_k1_info *)0)->serial))
		return false;
	memcpy(ret, field->p, field->n);
	ret[field->n] = '\0';
	return true;
}

bool k1_info_read(struct frame *f, const uint8_t *p, size_t n)
{
	struct knead_k1_info info = { 0 };
	const uint8_t *end = p + n;
	double value[6] = { 0 };
	struct field field;
	unsigned i;

	for (i = 0; i < 6 && p <= end; i++) {
		const uint8_t *comma = memchr(p, ',', (size_t)(end - p));

		field.p = p;
		field.n = (size_t)((comma ? comma : end) - p);
		p = comma ? comma + 1 : end + 1;
		if (i == 1 || i == 5) {
			if (!info_name(&field, i == 1 ? info.firmware : info.serial))
				return false;
		} else if (field.n > 0 &&
			   (number_parse(field.p, field.p + field.n, &value[i], NULL) != field.p + field.n ||
				   !isfinite(value[i]))) {
			return false;
		}
	}
	if (i < 5 || value[0] < 0 || value[0] > UINT32_MAX || value[2] < 0 || value[2] > KNEAD_CELLS_MAX)
		return false;
	info.schema = (uint32_t)value[0];
	info.cells = (uint32_t)value[2];
	info.rate_hz = value[3] > 0 ? value[3] : 0;
	info.counts_per_n = value[4];
	f->info = info;
	f->has_info = f->info_is_news = true;
	return true;
}

bool frame_info_news(struct frame *f)
{
	bool news = f->info_is_news;

	f->info_is_news = false;
	return news;
}

static void k1_start(struct frame *f)
{
	f->k1.cells = f->settings->cells;
}

static bool k1_recognise(struct frame *f)
{
	const struct look *l = &f->look;

	if (l->lines < 2 || !l->line[l->lines - 1].k1 || !l->line[l->lines - 2].k1)
		return false;
	k1_start(f);
	return true;
}

static enum decode k1_decode(struct frame *f, const uint8_t *line, size_t n, struct knead_sample *ret)
{
	uint8_t roomy[FRAME_LINE_MAX + 2 * NUMBER_ROOM];
	uint64_t seq, t_us;

	if (!k1_line_is_tagged(line, n))
		return DECODE_REJECT + KNEAD_REJECT_TEXT;
	if (n < K1_TEXT_TAG + K1_TEXT_CRC || line[n - K1_TEXT_CRC] != '*')
		return DECODE_REJECT + KNEAD_REJECT_BAD_FRAME;
	if (!k1_line_is_right(line, n))
		return DECODE_REJECT + KNEAD_REJECT_BAD_CRC;
	if (line[1] == 'I')
		return k1_info_read(f, line + K1_TEXT_TAG, n - K1_TEXT_TAG - K1_TEXT_CRC)
			       ? DECODE_NOTHING
			       : DECODE_REJECT + KNEAD_REJECT_BAD_FRAME;
	memcpy(roomy, line, n);
	memset(roomy + n, 0, 2 * NUMBER_ROOM);
	if (k1_fields(roomy, roomy + n + 2 * NUMBER_ROOM, &seq, &t_us, ret) != roomy + n - K1_TEXT_CRC)
		return DECODE_REJECT + KNEAD_REJECT_BAD_FRAME;
	if (!k1_cells_fit(f, ret->cells))
		return DECODE_REJECT + KNEAD_REJECT_COLUMNS;
	k1_time(f, (uint16_t)seq, (uint32_t)t_us, ret);
	return DECODE_SAMPLE;
}

static size_t k1_fast(struct frame *f, const uint8_t *bytes, struct knead_sample *ret)
{
	const uint8_t *star;
	uint64_t seq, t_us;
	uint32_t said;

	if (memcmp(bytes, K1_TEXT_SAMPLE, K1_TEXT_TAG) != 0)
		return 0;
	star = k1_fields(bytes, bytes + FRAME_LINE_MAX, &seq, &t_us, ret);
	if (!star || (star[K1_TEXT_CRC] != '\r' && star[K1_TEXT_CRC] != '\n'))
		return 0;
	memcpy(&said, star + 1, 4);
	if (said != crc16_hex(crc16_update(CRC16_K1, bytes + K1_TEXT_TAG, (size_t)(star - bytes) - K1_TEXT_TAG)))
		return 0;
	if (!k1_cells_fit(f, ret->cells))
		return 0;
	k1_time(f, (uint16_t)seq, (uint32_t)t_us, ret);
	star += K1_TEXT_CRC;
	return (size_t)(star - bytes) + (*star == '\r' && star[1] == '\n' ? 2 : 1);
}

const struct format format_k1 = {
	.name = "k1",
	.checked = true,
	.recognise = k1_recognise,
	.start = k1_start,
	.decode = k1_decode,
	.fast = k1_fast,
};
