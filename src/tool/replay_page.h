/* SPDX-License-Identifier: MIT */
/* The text of one contact, for `knead replay --explain`: what replay_explain.c has collected goes in, a block comes out. */
#ifndef TOOL_REPLAY_PAGE_H
#define TOOL_REPLAY_PAGE_H

#include "conf.h"
#include "replay_story.h"
#include "replay_text.h"

/* An event as it came. */
struct told {
	struct knead_event event;
	int64_t wall_origin_us; /* UTC of stream time 0, as known then */
	size_t order;
};

struct page_line;

struct page {
	FILE *out;
	struct text_style style;
	const struct conf_device *device;
	const struct knead_settings *settings;
	/* the contact at hand */
	const struct story *story;
	const struct told *first, *beyond; /* its events, by when they began */
	uint32_t number; /* from 1 */
	/* its steps, in the making */
	struct page_line *lines;
	size_t lines_count, lines_size;
	bool no_memory;
};

/* Writes the block of the contact at hand; free(lines) when there are no more. */
void page_contact(struct page *x);

/* Begins a line of a block; word "" goes on with the one above. */
void page_label(const struct page *x, const char *word);

/* Whether the device would take "key=value". */
bool page_would_take(const struct page *x, const char *setting);

/* Whether an event says what became of a contact. */
bool page_is_piece(const struct knead_event *e);

#endif
