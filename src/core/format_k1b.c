/* SPDX-License-Identifier: MIT */
/* K1 binary: COBS frames ended by 0x00, with the same CRC as K1 text. */
#include <string.h>

#include "cobs.h"
#include "crc16.h"
#include "frame_internal.h"
#include "k1_time.h"

/* The content of a frame whose checksum is right, without it; 0 and the reason in *ret_bad for anything else. */
static size_t k1b_open(const uint8_t *bytes, size_t n, uint8_t *content, enum knead_reject *ret_bad)
{
	size_t length;

	*ret_bad = n > K1_ENCODED_MAX ? KNEAD_REJECT_TOO_LONG : KNEAD_REJECT_BAD_FRAME;
	if (n > K1_ENCODED_MAX)
		return 0;
	length = cobs_decode(bytes, n, content);
	if (length <= K1_CRC)
		return 0;
	length -= K1_CRC;
	*ret_bad = KNEAD_REJECT_BAD_CRC;
	if (crc16_update(CRC16_INIT, content, length) != (content[length] | content[length + 1] << 8))
		return 0;
	return length;
}

static uint32_t little(const uint8_t *p, unsigned bytes)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < bytes; i++)
		value |= (uint32_t)p[i] << 8 * i;
	return value;
}

static void k1b_start(struct frame *f)
{
	f->k1.cells = f->settings->cells;
}

static bool k1b_recognise(struct frame *f)
{
	struct look *l = &f->look;
	uint8_t content[K1_ENCODED_MAX];
	const uint8_t *frame = l->bytes + l->frame_start;
	size_t n = l->n - 1 - l->frame_start;
	enum knead_reject bad;

	l->frame_start = l->n;
	if (n == 0)
		return false;
	l->k1b_run = k1b_open(frame, n, content, &bad) > 0 ? l->k1b_run + 1 : 0;
	if (l->k1b_run < 2)
		return false;
	k1b_start(f);
	return true;
}

static enum decode k1b_sample(struct frame *f, const uint8_t *content, size_t n, struct knead_sample *ret)
{
	size_t width = content[0] & K1_TYPE_WIDE ? 4 : 3;
	size_t cells = n > K1_HEAD ? (n - K1_HEAD) / width : 0;

	if (cells < 1 || cells > KNEAD_CELLS_MAX || K1_HEAD + cells * width != n)
		return DECODE_REJECT + KNEAD_REJECT_BAD_FRAME;
	if (f->k1.cells != 0 && f->k1.cells != cells)
		return DECODE_REJECT + KNEAD_REJECT_COLUMNS;
	ret->cells = (uint32_t)cells;
	for (size_t i = 0; i < cells; i++) {
		uint32_t bits = little(content + K1_HEAD + i * width, (unsigned)width);

		ret->raw[i] = width == 4 ? (int32_t)bits : (int32_t)(bits << 8) >> 8;
	}
	k1_time(f, (uint16_t)little(content + 1, 2), little(content + 3, 4), ret);
	return DECODE_SAMPLE;
}

static enum decode k1b_decode(struct frame *f, const uint8_t *bytes, size_t n, struct knead_sample *ret)
{
	uint8_t content[K1_ENCODED_MAX];
	enum knead_reject bad;
	size_t length = k1b_open(bytes, n, content, &bad);

	if (length == 0)
		return DECODE_REJECT + bad;
	if ((content[0] & ~K1_TYPE_WIDE) == K1_TYPE_SAMPLE)
		return k1b_sample(f, content, length, ret);
	if (content[0] == K1_TYPE_INFO && length > 1 + K1_TEXT_TAG &&
		memcmp(content + 1, K1_TEXT_INFO, K1_TEXT_TAG) == 0 &&
		k1_info_read(f, content + 1 + K1_TEXT_TAG, length - 1 - K1_TEXT_TAG))
		return DECODE_NOTHING;
	return DECODE_REJECT + KNEAD_REJECT_BAD_FRAME;
}

const struct format format_k1b = {
	.name = "k1b",
	.binary = true,
	.checked = true,
	.recognise = k1b_recognise,
	.start = k1b_start,
	.decode = k1b_decode,
};
