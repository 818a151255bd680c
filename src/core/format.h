/* SPDX-License-Identifier: MIT */
/*
 * The table of formats. One row per format; frame.c knows no format by name. A new format is a file format_x.c, its state
 * in frame_internal.h and a row in format.c, placed by the order of recognition: what carries a checksum first.
 */
#ifndef CORE_FORMAT_H
#define CORE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <knead/format.h>
#include <knead/sample.h>

struct frame;

enum decode {
	DECODE_SAMPLE, /* *ret holds a sample */
	DECODE_NOTHING, /* understood, but no sample: a description, one of several lines that make a sample */
	DECODE_RESTART, /* the device has started again: nothing taken, recognise again */
	DECODE_RELEARN, /* what was learnt does not hold: nothing taken, recognise again */
	DECODE_REJECT, /* DECODE_REJECT + enum knead_reject: not understood, and why */
};

typedef size_t (*frame_fast_fn)(struct frame *f, const uint8_t *bytes, struct knead_sample *ret);

struct format {
	const char *name;
	bool binary; /* frames that end with 0x00; else lines that end with CR, LF or both */
	bool checked; /* a checksum vouches for each frame: nothing need be dropped at the start, nothing is learnt */
	bool by_name; /* only when the configuration names it */

	/*
	 * Looks at what has been kept (f->look) after each line or frame. Returns true when the format holds and its state
	 * in f is ready to decode from the first kept byte on.
	 */
	bool (*recognise)(struct frame *f);

	/* Makes the state ready without recognition, for checked formats that the configuration names. */
	void (*start)(struct frame *f);

	/* Decodes one line or frame without its end. Sets all of *ret but rx_us when it returns DECODE_SAMPLE. */
	enum decode (*decode)(struct frame *f, const uint8_t *bytes, size_t n, struct knead_sample *ret);

	/*
	 * Optional: decodes a plain sample line that lies whole at bytes, with its end, and sets all of *ret but rx_us.
	 * Returns the bytes taken, or 0 for anything out of the ordinary, which decode() then judges. Must agree with
	 * decode(). FRAME_FAST_MIN bytes can be read: within a line nothing else need be checked.
	 */
	frame_fast_fn fast;
};

/* Format number i in the order of recognition, or NULL. */
const struct format *format_at(size_t i);
/* The format of that name, or NULL. */
const struct format *format_find(const char *name);

extern const struct format format_k1b, format_k1, format_columns, format_labelled, format_template;

#endif
