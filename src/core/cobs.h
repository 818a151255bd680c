/* SPDX-License-Identifier: MIT */
/* Consistent Overhead Byte Stuffing: frames without a zero byte inside, so that 0x00 can end them. */
#ifndef CORE_COBS_H
#define CORE_COBS_H

#include <stddef.h>
#include <stdint.h>

/* Room that cobs_encode() needs for n bytes, with the closing 0x00. */
#define COBS_MAX(n) ((n) + (n) / 254 + 2)

/* Writes n bytes and the closing 0x00 to ret; returns the length. */
size_t cobs_encode(const uint8_t *bytes, size_t n, uint8_t *ret);

/* Decodes the n bytes before a closing 0x00 into ret, which has room for n. Returns the length, 0 for a broken frame. */
size_t cobs_decode(const uint8_t *bytes, size_t n, uint8_t *ret);

#endif
