/* SPDX-License-Identifier: MIT */
/* What the encoding and the decoding side of K1 share: words, types and limits of the wire. */
#ifndef CORE_K1_WIRE_H
#define CORE_K1_WIRE_H

#include <knead/k1.h>

#define K1_TEXT_SAMPLE "K1,"
#define K1_TEXT_INFO "KI,"
#define K1_TEXT_TAG 3 /* length of both */
#define K1_TEXT_CRC 5 /* '*' and four hex digits */

#define K1_TYPE_SAMPLE 0x01
#define K1_TYPE_INFO 0x02
#define K1_TYPE_WIDE 0x80
#define K1_I24_MAX 8388607
#define K1_I24_MIN (-8388608)
#define K1_HEAD 7 /* type, seq, t_us */
#define K1_CRC 2

#define K1_CONTENT_MAX 188 /* content of a frame with its CRC: a description is the longest */
#define K1_ENCODED_MAX (K1_CONTENT_MAX + 1) /* stuffed, without the closing 0x00 */

#endif
