/* SPDX-License-Identifier: MIT */
/* CRC-16/CCITT-FALSE over bytes that lie in one piece, eight at a time. */
#ifndef CORE_CRC16_H
#define CORE_CRC16_H

#include <stddef.h>
#include <stdint.h>

#define CRC16_INIT 0xffff
#define CRC16_K1 0xf28a /* state after the three characters "K1," */

/* crc16_table[k][b]: what byte b adds to the state when k bytes follow it. */
extern const uint16_t crc16_table[8][256];

#define CRC16_AT(k, i) crc16_table[k][p[i]]

static inline uint16_t crc16_update(uint16_t start, const uint8_t *p, size_t n)
{
	uint32_t crc = start;

	for (; n >= 8; p += 8, n -= 8)
		crc = crc16_table[7][p[0] ^ (crc >> 8)] ^ crc16_table[6][p[1] ^ (crc & 0xff)] ^ CRC16_AT(5, 2) ^
		      CRC16_AT(4, 3) ^ CRC16_AT(3, 4) ^ CRC16_AT(2, 5) ^ CRC16_AT(1, 6) ^ CRC16_AT(0, 7);
	if (n & 4) {
		crc = crc16_table[3][p[0] ^ (crc >> 8)] ^ crc16_table[2][p[1] ^ (crc & 0xff)] ^ CRC16_AT(1, 2) ^
		      CRC16_AT(0, 3);
		p += 4;
	}
	if (n & 2) {
		crc = crc16_table[1][p[0] ^ (crc >> 8)] ^ crc16_table[0][p[1] ^ (crc & 0xff)];
		p += 2;
	}
	if (n & 1)
		crc = (crc << 8 & 0xffff) ^ crc16_table[0][p[0] ^ (crc >> 8)];
	return (uint16_t)crc;
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
