/* SPDX-License-Identifier: MIT */
/* CRC-16/CCITT-FALSE over bytes that lie in one piece, eight at a time. */
#ifndef CORE_CRC16_H
#define CORE_CRC16_H

#include <stddef.h>
#include <stdint.h>

#define CRC16_INIT 0xffff
#define CRC16_K1   0xf28a /* state after the three characters "K1," */

/* crc16_table[k][b]: what byte b adds to the state when k bytes follow it. */
extern const uint16_t crc16_table[8][256];

static inline uint16_t crc16_update(uint16_t crc, const uint8_t *p, size_t n)
{
	for (; n >= 8; p += 8, n -= 8) {
		crc = (uint16_t)(crc16_table[7][p[0] ^ (crc >> 8)] ^ crc16_table[6][p[1] ^ (crc & 0xff)] ^
				 crc16_table[5][p[2]] ^ crc16_table[4][p[3]] ^ crc16_table[3][p[4]] ^
				 crc16_table[2][p[5]] ^ crc16_table[1][p[6]] ^ crc16_table[0][p[7]]);
	}
	for (; n > 0; p++, n--)
		crc = (uint16_t)((crc << 8) ^ crc16_table[0][p[0] ^ (crc >> 8)]);
	return crc;
}

/* The four characters of crc in upper-case hex, as they lie in memory. */
static inline uint32_t crc16_hex(uint32_t crc)
{
	/* one nibble per byte, first digit in the lowest byte */
	uint32_t x = (crc >> 12 & 0xf) | (crc & 0xf00) | (crc & 0xf0) << 12 | (crc & 0xf) << 24;
	uint32_t letter = (x + 0x06060606) >> 4 & 0x01010101;

	x += 0x30303030 + letter * 7;
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
	x = __builtin_bswap32(x);
#endif
	return x;
}

#endif
