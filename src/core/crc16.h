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

#endif
