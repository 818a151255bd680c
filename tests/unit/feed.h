/* SPDX-License-Identifier: MIT */
/* Bytes into a frame, samples out, in any chunking. Included after cmocka.h. */
#ifndef TEST_FEED_H
#define TEST_FEED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame_internal.h"

#define FEED_MAX 20000

struct feed {
	struct knead_settings settings;
	struct frame *frame;
	size_t chunk; /* bytes per push, 0 = all at once */
	int64_t rx_us; /* arrival of what comes next */
	uint32_t samples;
	struct knead_sample *sample;
};

/* cmocka setup and teardown: *state is the feed, with default settings. */
static inline int feed_make(void **state)
{
	struct feed *d = calloc(1, sizeof(*d));

	assert_non_null(d);
	knead_settings_init(&d->settings, KNEAD_PROFILE_BALL);
	d->frame = calloc(1, frame_size());
	d->sample = calloc(FEED_MAX, sizeof(*d->sample));
	assert_non_null(d->frame);
	assert_non_null(d->sample);
	d->rx_us = KNEAD_RX_UNKNOWN;
	frame_init(d->frame, &d->settings);
	*state = d;
	return 0;
}

static inline int feed_free(void **state)
{
	struct feed *d = *state;

	free(d->frame);
	free(d->sample);
	free(d);
	return 0;
}

/* Starts anew with what the settings say now. */
static inline void feed_restart(struct feed *d)
{
	frame_init(d->frame, &d->settings);
	d->samples = 0;
	d->rx_us = KNEAD_RX_UNKNOWN;
}

static inline void feed_piece(struct feed *d, const uint8_t *bytes, size_t n)
{
	struct knead_sample sample;
	size_t used = 0;
	bool got;

	memset(&sample, 0x5a, sizeof(sample));
	do {
		size_t taken = frame_push(d->frame, bytes + used, n - used, d->rx_us, &sample, &got);

		assert_true(taken <= n - used);
		assert_true(taken > 0 || got || used == n);
		used += taken;
		if (got) {
			assert_true(d->samples < FEED_MAX);
			assert_in_range(sample.cells, 1, KNEAD_CELLS_MAX);
			d->sample[d->samples++] = sample;
		}
	} while (got || used < n);
}

static inline void feed_bytes(struct feed *d, const void *bytes, size_t n)
{
	const struct knead_frame_stats *stats = frame_stats(d->frame);
	const uint8_t *p = bytes;
	size_t chunk = d->chunk > 0 ? d->chunk : n;

	while (n > 0) {
		size_t piece = n < chunk ? n : chunk;

		feed_piece(d, p, piece);
		p += piece;
		n -= piece;
	}
	assert_int_equal(stats->bytes, stats->used_bytes + stats->rejected_bytes + frame_waiting(d->frame));
}

static inline void feed_text(struct feed *d, const char *text)
{
	feed_bytes(d, text, strlen(text));
}

/* Two lines that recognition drops, whatever they say: the rest of a line, and one more. */
static inline void feed_dropped(struct feed *d, const char *line)
{
	feed_text(d, "\n");
	feed_text(d, line);
}

static inline uint64_t feed_rejects(const struct feed *d, enum knead_reject reason)
{
	return frame_stats(d->frame)->rejects[reason];
}

static inline const char *feed_format(const struct feed *d)
{
	return frame_format(d->frame) ? frame_format(d->frame) : "none";
}

#define FEED_TEST(name) cmocka_unit_test_setup_teardown(name, feed_make, feed_free)

#endif
