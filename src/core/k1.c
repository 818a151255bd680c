/* SPDX-License-Identifier: MIT */
/* K1, the encoding side: text lines and COBS frames. Numbers are written here, so that no locale can change them. */
#include <math.h>
#include <string.h>

#include <knead/k1.h>

#include "cobs.h"
#include "k1_wire.h"

#define DECIMALS_UNIT UINT64_C(1000000) /* six decimals */
#define NUMBER_MAX 1e12 /* larger values of a description are written as this */

static char *put_text(char *p, const char *text)
{
	size_t n = strlen(text);

	memcpy(p, text, n);
	return p + n;
}

static char *put_unsigned(char *p, uint64_t value)
{
	char digits[20];
	size_t n = 0;

	do {
		digits[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	while (n > 0)
		*p++ = digits[--n];
	return p;
}

static char *put_signed(char *p, int64_t value)
{
	if (value < 0)
		*p++ = '-';
	return put_unsigned(p, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

/* Up to six decimals, without trailing zeros. */
static char *put_double(char *p, double value)
{
	double size = fmin(fabs(value), NUMBER_MAX);
	uint64_t scaled = (uint64_t)(size * DECIMALS_UNIT + 0.5);
	uint64_t part = scaled % DECIMALS_UNIT;

	if (!isfinite(value) || scaled == 0)
		return put_text(p, "0");
	if (value < 0)
		*p++ = '-';
	p = put_unsigned(p, scaled / DECIMALS_UNIT);
	if (part > 0)
		*p++ = '.';
	for (; part > 0; part = part * 10 % DECIMALS_UNIT)
		*p++ = (char)('0' + part * 10 / DECIMALS_UNIT);
	return p;
}

/* Names of a description: what is not allowed in a field is left out. */
static char *put_name(char *p, const char *name)
{
	for (size_t i = 0; i < sizeof(((struct knead_k1_info *)0)->firmware) - 1 && name[i] != '\0'; i++)
		if (name[i] >= 0x20 && name[i] <= 0x7e && name[i] != ',' && name[i] != '*')
			*p++ = name[i];
	return p;
}

/* Closes the line that starts at buf: star, checksum, line end, NUL. */
static size_t close_line(char *buf, char *p)
{
	static const char hex[] = "0123456789ABCDEF";
	uint16_t crc = knead_crc16(buf, (size_t)(p - buf));

	*p++ = '*';
	for (int shift = 12; shift >= 0; shift -= 4)
		*p++ = hex[(crc >> shift) & 15];
	p = put_text(p, "\r\n");
	*p = '\0';
	return (size_t)(p - buf);
}

size_t knead_k1_text_sample(char *buf, uint64_t seq, uint64_t t_us, const int32_t *raw, uint32_t cells)
{
	char *p;

	if (cells < 1 || cells > KNEAD_CELLS_MAX)
		return 0;
	p = put_text(buf, K1_TEXT_SAMPLE);
	p = put_unsigned(p, seq & UINT16_MAX);
	*p++ = ',';
	p = put_unsigned(p, t_us & UINT32_MAX);
	for (uint32_t i = 0; i < cells; i++) {
		*p++ = ',';
		p = put_signed(p, raw[i]);
	}
	return close_line(buf, p);
}

/* KI,<schema>,<firmware>,<cells>,<rate_hz>,<counts_per_n>,<serial>; returns what follows it. */
static char *put_info(char *p, const struct knead_k1_info *info)
{
	p = put_text(p, K1_TEXT_INFO);
	p = put_unsigned(p, info->schema);
	*p++ = ',';
	p = put_name(p, info->firmware);
	*p++ = ',';
	p = put_unsigned(p, info->cells);
	*p++ = ',';
	p = put_double(p, info->rate_hz);
	*p++ = ',';
	p = put_double(p, info->counts_per_n);
	*p++ = ',';
	return put_name(p, info->serial);
}

size_t knead_k1_text_info(char *buf, const struct knead_k1_info *info)
{
	if (info->cells < 1 || info->cells > KNEAD_CELLS_MAX)
		return 0;
	return close_line(buf, put_info(buf, info));
}

static uint8_t *put_little(uint8_t *p, uint32_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++, value >>= 8)
		*p++ = (uint8_t)value;
	return p;
}

/* Closes the content that starts at content: checksum, stuffing, 0x00. */
static size_t close_frame(uint8_t *buf, const uint8_t *content, uint8_t *p)
{
	p = put_little(p, knead_crc16(content, (size_t)(p - content)), 2);
	return cobs_encode(content, (size_t)(p - content), buf);
}

size_t knead_k1_binary_sample(uint8_t *buf, uint64_t seq, uint64_t t_us, const int32_t *raw, uint32_t cells, bool wide)
{
	uint8_t content[K1_CONTENT_MAX], *p = content;

	if (cells < 1 || cells > KNEAD_CELLS_MAX)
		return 0;
	for (uint32_t i = 0; i < cells; i++)
		wide = wide || raw[i] > K1_I24_MAX || raw[i] < K1_I24_MIN;
	*p++ = wide ? K1_TYPE_SAMPLE | K1_TYPE_WIDE : K1_TYPE_SAMPLE;
	p = put_little(p, (uint32_t)(seq & UINT16_MAX), 2);
	p = put_little(p, (uint32_t)(t_us & UINT32_MAX), 4);
	for (uint32_t i = 0; i < cells; i++)
		p = put_little(p, (uint32_t)raw[i], wide ? 4 : 3);
	return close_frame(buf, content, p);
}

size_t knead_k1_binary_info(uint8_t *buf, const struct knead_k1_info *info)
{
	uint8_t content[K1_CONTENT_MAX], *p = content;

	if (info->cells < 1 || info->cells > KNEAD_CELLS_MAX)
		return 0;
	*p++ = K1_TYPE_INFO;
	p = (uint8_t *)put_info((char *)p, info);
	return close_frame(buf, content, p);
}

#define WORD_MAX 16

size_t knead_k1_text_word(char *buf, const char *word)
{
	size_t n = strnlen(word, WORD_MAX);

	memcpy(buf, word, n);
	return close_line(buf, buf + n);
}

size_t knead_k1_binary_word(uint8_t *buf, const char *word)
{
	uint8_t content[WORD_MAX + K1_CRC];
	size_t n = strnlen(word, WORD_MAX);

	memcpy(content, word, n);
	return close_frame(buf, content, content + n);
}
