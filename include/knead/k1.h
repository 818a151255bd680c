/* SPDX-License-Identifier: MIT */
/*
 * The project's own wire format, K1, as text and as binary, for firmware, simulators and tests: the encoding side.
 * Text:   K1,<seq>,<t_us>,<raw1>[,<raw2>...]*<CRC>\r\n      KI,<schema>,<firmware>,<cells>,<rate_hz>,<counts_per_n>,<serial>*<CRC>\r\n
 * Binary: COBS frames ended by 0x00: type u8 (0x01 sample, 0x02 description; bit 7: cells are i32, else i24), seq u16,
 *         t_us u32, cells, CRC u16, all little-endian.
 */
#ifndef KNEAD_K1_H
#define KNEAD_K1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <knead/units.h>

#define KNEAD_K1_LINE_MAX (32 + 12 * KNEAD_CELLS_MAX)
#define KNEAD_K1_FRAME_MAX (16 + 4 * KNEAD_CELLS_MAX)

/* What a device says of itself in a KI line. Strings are printable ASCII without comma and '*'. */
struct knead_k1_info {
	uint32_t schema, cells;
	char firmware[33], serial[33];
	double rate_hz, counts_per_n; /* 0 = not said */
};

/* CRC-16/CCITT-FALSE: poly 0x1021, init 0xffff, not reflected, no final xor; "123456789" gives 0x29b1. */
uint16_t knead_crc16(const void *data, size_t n);

/*
 * Write one text line, CR LF and a NUL, into buf of at least KNEAD_K1_LINE_MAX bytes (info: 160). seq and t_us are written
 * modulo 2^16 and 2^32. Return the length without the NUL; 0 when cells is out of range (1..KNEAD_CELLS_MAX).
 */
size_t knead_k1_text_sample(char *buf, uint64_t seq, uint64_t t_us, const int32_t *raw, uint32_t cells);
size_t knead_k1_text_info(char *buf, const struct knead_k1_info *info);

/*
 * Write one COBS frame with its closing 0x00 into buf of at least KNEAD_K1_FRAME_MAX bytes (info: 192). i24 cells are used
 * when every raw fits, unless wide. Return the length; 0 when cells is out of range.
 */
size_t knead_k1_binary_sample(uint8_t *buf, uint64_t seq, uint64_t t_us, const int32_t *raw, uint32_t cells, bool wide);
size_t knead_k1_binary_info(uint8_t *buf, const struct knead_k1_info *info);

/*
 * Write a word for the device (tare, info, blink; at most 16 letters) in the framing of text or binary, into buf of at least 32
 * bytes; as text with a NUL. Return the length without it.
 */
size_t knead_k1_text_word(char *buf, const char *word);
size_t knead_k1_binary_word(uint8_t *buf, const char *word);

#endif
