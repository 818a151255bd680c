/* SPDX-License-Identifier: MIT */
/*
 * Recognition works on what lies here. Text lines and binary frames are told apart later: both kinds of ends are noted.
 * What is kept depends on the bytes alone, never on how they were chunked.
 */
#include <string.h>

#include "look.h"

#define ARRIVAL_MIN_US 20000 /* lines that came within less tell nothing of their rate but that it is high */
#define BURST_LINES_MIN 4

#define EACH(byte) ((byte)*0x0101010101010101u)

/* Whether all of eight bytes are 0x20 to 0x7e; a tab is left to a closer look. */
static bool eight_are_clean(const uint8_t *p)
{
	uint64_t x, del;

	memcpy(&x, p, 8);
	del = x ^ EACH(0x7f);
	return ((x | ((x - EACH(0x20)) & ~x) | ((del - EACH(0x01)) & ~del)) & EACH(0x80)) == 0;
}

bool text_is_clean(const uint8_t *line, size_t n)
{
	size_t i = 0;

	while (n - i >= 8 && eight_are_clean(line + i))
		i += 8;
	for (; i < n; i++)
		if (line[i] != '\t' && (unsigned)(line[i] - 0x20) > 0x7e - 0x20)
			return false;
	return true;
}

uint32_t text_hash(const uint8_t *line, size_t n)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ line[i]) * 16777619u;
	return hash ? hash : 1;
}

void look_init(struct look *l, uint32_t skip)
{
	l->n = 0;
	l->marks = 0;
	l->lines = 0;
	l->line_start = 0;
	l->frame_start = 0;
	l->line_overlong = false;
	l->skip = skip;
	l->skip_end = 0;
	l->skipped = 0;
	l->k1b_run = 0;
	l->replay_at = 0;
	l->replay_mark = 0;
}

static uint32_t back(uint32_t offset, uint32_t cut)
{
	return offset > cut ? offset - cut : 0;
}

/* Lets go of everything before byte `cut`. */
static void look_cut(struct frame *f, uint32_t cut)
{
	struct look *l = &f->look;
	uint32_t marks = 0, lines = 0;

	while (marks < l->marks && l->mark[marks].end <= cut)
		marks++;
	while (lines < l->lines && l->line[lines].start < cut)
		lines++;
	f->stats.rejected_bytes += cut;
	f->stats.rejects[KNEAD_REJECT_UNRECOGNISED] += lines > 0 ? lines : 1;
	memmove(l->bytes, l->bytes + cut, l->n - cut);
	memmove(l->mark, l->mark + marks, (l->marks - marks) * sizeof(l->mark[0]));
	memmove(l->line, l->line + lines, (l->lines - lines) * sizeof(l->line[0]));
	l->n -= cut;
	l->marks -= marks;
	l->lines -= lines;
	for (uint32_t i = 0; i < l->marks; i++)
		l->mark[i].end -= cut;
	for (uint32_t i = 0; i < l->lines; i++)
		l->line[i].start = back(l->line[i].start, cut);
	l->line_start = back(l->line_start, cut);
	l->frame_start = back(l->frame_start, cut);
	l->skip_end = back(l->skip_end, cut);
	if (l->skip_end == 0)
		l->skipped = 0;
}

static void look_make_room(struct frame *f)
{
	struct look *l = &f->look;

	if (l->n == LOOK_BYTES || l->marks == LOOK_MARKS)
		look_cut(f, l->mark[l->marks / 2].end);
	if (l->lines == LOOK_LINES)
		look_cut(f, l->line[LOOK_LINES / 2].start);
}

/* What can be said of a line without knowing its neighbours. */
static void look_describe(struct look_line *line, const uint8_t *p, size_t n)
{
	line->k1 = k1_line_is_right(p, n);
	line->shape = (struct columns_shape){ 0 };
	line->skeleton = 0;
	line->text = false;
	if (!text_is_clean(p, n) || k1_line_is_tagged(p, n))
		return;
	if (chatter_is_boot(p, n)) {
		line->text = true;
		return;
	}
	columns_shape(p, n, &line->shape);
	if (!line->shape.pure)
		line->skeleton = skeleton_hash(p, n);
	line->text = line->shape.numbers == 0 && line->skeleton == 0;
}

static enum look_event look_end_line(struct frame *f, uint32_t start, uint32_t end, int64_t rx_us)
{
	struct look *l = &f->look;
	bool overlong = l->line_overlong, torn = l->skip != 0;
	struct look_line *line;

	l->line_overlong = false;
	if (l->skip & LOOK_SKIP_REST)
		l->skip &= ~LOOK_SKIP_REST;
	else if (end > start)
		l->skip = 0;
	if (torn) {
		l->skip_end = l->n;
		l->skipped += end > start;
	}
	if (end == start || overlong)
		return LOOK_NOTHING;
	line = &l->line[l->lines++];
	line->start = start;
	line->length = (uint16_t)(end - start);
	line->torn = torn;
	line->rx_us = rx_us;
	look_describe(line, l->bytes + start, end - start);
	return LOOK_LINE;
}

static void look_mark(struct look *l, int64_t rx_us)
{
	l->mark[l->marks].end = l->n;
	l->mark[l->marks++].rx_us = rx_us;
}

enum look_event look_add(struct frame *f, uint8_t byte, int64_t rx_us)
{
	struct look *l = &f->look;
	uint32_t start;

	look_make_room(f);
	l->bytes[l->n++] = byte;
	if (byte == '\n' || byte == '\r') {
		start = l->line_start;
		l->line_start = l->n;
		look_mark(l, rx_us);
		return look_end_line(f, start, l->n - 1, rx_us);
	}
	if (byte == 0) {
		look_mark(l, rx_us);
		return LOOK_FRAME;
	}
	if (l->n - l->line_start == FRAME_LINE_MAX) {
		look_mark(l, rx_us);
		l->line_start = l->n;
		l->line_overlong = true;
		return LOOK_BLOCK;
	}
	return LOOK_NOTHING;
}

struct arrival look_arrival(const struct look *l, uint32_t run)
{
	int64_t first_us = l->line[l->lines - run].rx_us, last_us = l->line[l->lines - 1].rx_us;
	struct arrival arrival = { 0 };

	if (run < BURST_LINES_MIN || first_us == KNEAD_RX_UNKNOWN || last_us == KNEAD_RX_UNKNOWN || last_us < first_us)
		return arrival;
	arrival.burst = last_us - first_us < ARRIVAL_MIN_US;
	if (!arrival.burst)
		arrival.step_us = (double)(last_us - first_us) / (run - 1);
	return arrival;
}

void look_banners(struct frame *f)
{
	const struct look *l = &f->look;
	uint32_t first = 0;

	while (first < l->lines && l->line[first].text)
		first++;
	if (first == 0 || first == l->lines)
		return;
	f->banners = 0;
	for (uint32_t i = first > FRAME_BANNERS_MAX ? first - FRAME_BANNERS_MAX : 0; i < first; i++)
		if (!l->line[i].torn)
			f->banner[f->banners++] = text_hash(look_text(l, &l->line[i]), l->line[i].length);
}

void look_sketch(struct frame *f)
{
	const struct look *l = &f->look;

	for (uint32_t i = 0; i < l->lines; i++) {
		enum sketch sketch = chatter_sketch(look_text(l, &l->line[i]), l->line[i].length);

		if (sketch != SKETCH_NONE)
			f->sketch = sketch;
	}
}
