/* SPDX-License-Identifier: MIT */
/*
 * What is known of the bytes of a device: which formats there are, and how many bytes, lines and frames were used
 * or rejected, by reason. Nothing a device sends is fatal.
 */
#ifndef KNEAD_FORMAT_H
#define KNEAD_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum knead_reject {
	KNEAD_REJECT_PARTIAL, /* first line after opening, begun before we listened */
	KNEAD_REJECT_TEXT, /* boot chatter, banners, log lines, headers */
	KNEAD_REJECT_BAD_BYTE, /* a byte that no text line may hold */
	KNEAD_REJECT_TOO_LONG, /* line or frame beyond its limit */
	KNEAD_REJECT_BAD_CRC, /* checksum wrong */
	KNEAD_REJECT_BAD_FRAME, /* framing or length wrong */
	KNEAD_REJECT_COLUMNS, /* number of columns differs from the stream's */
	KNEAD_REJECT_BAD_NUMBER, /* nan, inf, overflow, no digits */
	KNEAD_REJECT_UNRECOGNISED, /* seen before a format was recognised, and not used by it */
	_KNEAD_REJECTS,
};

struct knead_frame_stats {
	uint64_t bytes; /* all bytes pushed; = used_bytes + rejected_bytes + what waits in the line buffer */
	uint64_t used_bytes, rejected_bytes;
	uint64_t samples; /* samples decoded */
	uint64_t rejects[_KNEAD_REJECTS]; /* lines or frames, by reason */
	uint64_t resyncs; /* how often framing or recognition started again */
	uint64_t restarts; /* how often the device itself started again */
	uint64_t lost_seq; /* samples missing by the device's own counter */
};

/* Static string such as "bad_crc", or NULL outside the enum. */
const char *knead_reject_to_str(enum knead_reject reject);

/* Name of format number i ("k1", "k1b", "columns", "labelled", ...), or NULL beyond the last. "auto" is not in the list. */
const char *knead_format_name(size_t i);

/* Whether format may be configured: "auto" or any of the names above. */
bool knead_format_known(const char *format);

#endif
