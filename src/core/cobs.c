/* SPDX-License-Identifier: MIT */
/*
 * Each block starts with a code: how far the next zero of the content is. Code 0xff is a block of 254 bytes with no zero
 * after it.
 */
#include <string.h>

#include "cobs.h"

size_t cobs_encode(const uint8_t *bytes, size_t n, uint8_t *ret)
{
	uint8_t *code = ret, *out = ret + 1;

	for (size_t i = 0; i < n; i++) {
		if (bytes[i] != 0)
			*out++ = bytes[i];
		if (bytes[i] == 0 || out - code == 0xff) {
			*code = (uint8_t)(out - code);
			code = out++;
			if (bytes[i] != 0 && i + 1 == n) {
				/* a full block ends the content: no further block is needed */
				*code = 0;
				return (size_t)(out - ret);
			}
		}
	}
	*code = (uint8_t)(out - code);
	*out++ = 0;
	return (size_t)(out - ret);
}

size_t cobs_decode(const uint8_t *bytes, size_t n, uint8_t *ret)
{
	size_t length = 0;

	for (size_t i = 0; i < n;) {
		size_t run = bytes[i];

		if (run == 0 || run > n - i)
			return 0;
		memcpy(ret + length, bytes + i + 1, run - 1);
		length += run - 1;
		i += run;
		if (run < 0xff && i < n)
			ret[length++] = 0;
	}
	return length;
}
