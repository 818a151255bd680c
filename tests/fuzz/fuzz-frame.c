/* SPDX-License-Identifier: MIT */
/*
 * Any bytes go through framing: each is used, rejected or waiting, what waits is bounded, samples are sound, and the same
 * bytes in other pieces give the same samples and counts. The first byte of the input picks settings and pieces.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "frame_internal.h"
#include "fuzz.h"

struct run {
	struct frame *frame;
	uint64_t samples, sum;
};

static uint64_t mix(uint64_t sum, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < n; i++)
		sum = (sum ^ p[i]) * UINT64_C(1099511628211);
	return sum;
}

static void take(struct run *run, const struct knead_sample *s)
{
	FUZZ_CHECK(s->cells >= 1 && s->cells <= KNEAD_CELLS_MAX);
	FUZZ_CHECK(s->invalid_cells < (1u << s->cells) - 1);
	for (uint32_t i = 0; i < s->cells; i++)
		FUZZ_CHECK(isfinite(s->raw[i]));
	run->samples++;
	run->sum = mix(run->sum, s->raw, s->cells * sizeof(s->raw[0]));
	run->sum = mix(run->sum, &s->invalid_cells, sizeof(s->invalid_cells));
	run->sum = mix(run->sum, &s->restarted, sizeof(s->restarted));
	run->sum = mix(run->sum, &s->rx_us, sizeof(s->rx_us));
	if (s->has_device_us)
		run->sum = mix(run->sum, &s->device_us, sizeof(s->device_us));
	if (s->has_seq)
		run->sum = mix(run->sum, &s->seq, sizeof(s->seq));
}

static void push(struct run *run, const uint8_t *bytes, size_t n)
{
	const struct knead_frame_stats *stats = frame_stats(run->frame);
	struct knead_sample sample;
	size_t used = 0;
	bool got;

	do {
		size_t taken = frame_push(run->frame, bytes + used, n - used, 1000000, &sample, &got);

		FUZZ_CHECK(taken <= n - used && (taken > 0 || got || used == n));
		used += taken;
		if (got)
			take(run, &sample);
	} while (got || used < n);
	FUZZ_CHECK(stats->bytes == stats->used_bytes + stats->rejected_bytes + frame_waiting(run->frame));
	FUZZ_CHECK(frame_waiting(run->frame) <= LOOK_BYTES);
	FUZZ_CHECK(stats->samples == run->samples);
}

static struct run run_all(const struct knead_settings *settings, const uint8_t *data, size_t size, size_t piece)
{
	struct run run = { .frame = malloc(frame_size()) };

	FUZZ_CHECK(run.frame != NULL);
	frame_init(run.frame, settings);
	for (size_t i = 0; i < size; i += piece)
		push(&run, data + i, size - i < piece ? size - i : piece);
	return run;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const formats[] = { "auto", "auto", "auto", "k1", "k1b", "columns", "labelled", "template" };
	static const size_t pieces[] = { 1, 3, 64, 577 };
	struct knead_settings settings;
	struct run whole, cut;

	if (size < 1)
		return 0;
	knead_settings_init(&settings, KNEAD_PROFILE_BALL);
	strcpy(settings.format, formats[data[0] & 7]);
	strcpy(settings.line_template, data[0] & 0x80 ? "{skip}:{value},{value}" : "{time} {value} kg");
	settings.cells = data[0] & 0x40 ? 2 : 0;
	whole = run_all(&settings, data + 1, size - 1, size);
	cut = run_all(&settings, data + 1, size - 1, pieces[data[0] >> 4 & 3]);
	FUZZ_CHECK(whole.samples == cut.samples && whole.sum == cut.sum);
	FUZZ_CHECK(memcmp(frame_stats(whole.frame), frame_stats(cut.frame), sizeof(struct knead_frame_stats)) == 0);
	frame_reset(whole.frame);
	FUZZ_CHECK(frame_waiting(whole.frame) == 0);
	free(whole.frame);
	free(cut.frame);
	return 0;
}
