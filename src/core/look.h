/* SPDX-License-Identifier: MIT */
/* What is kept while no format is recognised: raw bytes, where lines and frames end, and what each line looks like. */
#ifndef CORE_LOOK_H
#define CORE_LOOK_H

#include "frame_internal.h"

enum look_event {
	LOOK_NOTHING,
	LOOK_LINE, /* a line that is not empty is complete; it is the last of look.line[] */
	LOOK_FRAME, /* a frame ended by 0x00 is complete, from look.frame_end - length */
	LOOK_BLOCK, /* FRAME_LINE_MAX bytes without an end of line */
};

void look_init(struct look *l, uint32_t skip);

/* Keeps one byte. When there is no more room the older half goes, counted as rejected in f's statistics. */
enum look_event look_add(struct frame *f, uint8_t byte, int64_t rx_us);

/* Remembers in f the text lines before the first line that is data: the device's banner. */
void look_banners(struct frame *f);

/* Remembers in f which firmware the kept lines are of, if they tell. */
void look_sketch(struct frame *f);

static inline const uint8_t *look_text(const struct look *l, const struct look_line *line)
{
	return l->bytes + line->start;
}

/* Whether all bytes may stand in a text line: tab and printable ASCII. */
bool text_is_clean(const uint8_t *line, size_t n);
uint32_t text_hash(const uint8_t *line, size_t n);

#endif
