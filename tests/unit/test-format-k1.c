/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "feed.h"

struct wire {
	uint8_t bytes[200000];
	size_t n;
	uint64_t seq, t_us;
};

static void put(struct wire *w, const int32_t *raw, uint32_t cells, bool binary)
{
	w->n += binary ? knead_k1_binary_sample(w->bytes + w->n, w->seq, w->t_us, raw, cells, false)
		       : knead_k1_text_sample((char *)w->bytes + w->n, w->seq, w->t_us, raw, cells);
	w->seq++;
	w->t_us += 12500;
}

static struct wire *make(uint32_t samples, uint32_t cells, bool binary)
{
	struct wire *w = calloc(1, sizeof(*w));
	int32_t raw[KNEAD_CELLS_MAX];

	assert_non_null(w);
	w->seq = 65500;
	w->t_us = UINT32_MAX - 400000;
	for (uint32_t i = 0; i < samples; i++) {
		for (uint32_t k = 0; k < cells; k++)
			raw[k] = (int32_t)(i * 1000 + k) * (k % 2 ? -1 : 1);
		put(w, raw, cells, binary);
	}
	return w;
}

static void check_ramp(const struct feed *d, uint32_t first, uint32_t cells)
{
	for (uint32_t i = 0; i < d->samples; i++) {
		assert_int_equal(d->sample[i].cells, cells);
		for (uint32_t k = 0; k < cells; k++)
			assert_true(d->sample[i].raw[k] == (double)((i + first) * 1000 + k) * (k % 2 ? -1 : 1));
		assert_true(d->sample[i].has_seq && d->sample[i].has_device_us && !d->sample[i].restarted);
		if (i > 0) {
			assert_int_equal(d->sample[i].device_us - d->sample[i - 1].device_us, 12500);
			assert_int_equal(d->sample[i].seq - d->sample[i - 1].seq, 1);
		}
	}
}

static void examples_of_the_contract_are_read(void **state)
{
	struct feed *d = *state;

	feed_text(d, "K1,7,123456,83121*5AA9\r\nKI,1,ball-0.3,1,80,850.2,A1B2*EFFE\r\nK1,8,135956,83127*54C7\r\n");
	assert_string_equal(feed_format(d), "k1");
	assert_int_equal(d->samples, 2);
	assert_true(d->sample[0].raw[0] == 83121 && d->sample[1].raw[0] == 83127);
	assert_int_equal(d->sample[0].device_us, 123456);
	assert_int_equal(d->sample[1].seq, 8);
	assert_non_null(frame_info(d->frame));
	assert_string_equal(frame_info(d->frame)->firmware, "ball-0.3");
	assert_string_equal(frame_info(d->frame)->serial, "A1B2");
	assert_true(frame_info(d->frame)->rate_hz == 80 && frame_info(d->frame)->counts_per_n == 850.2);
	assert_int_equal(frame_stats(d->frame)->rejected_bytes, 0);
}

static void nothing_is_dropped_at_the_start_because_the_crc_vouches(void **state)
{
	struct feed *d = *state;

	feed_text(d, "456,83121*5AA9\nK1,7,123456,83121*5AA9\nK1,8,135956,83127*54C7\n");
	assert_int_equal(d->samples, 2);
	assert_int_equal(feed_rejects(d, KNEAD_REJECT_TEXT), 1);
}

static void lower_case_crc_is_accepted(void **state)
{
	struct feed *d = *state;

	feed_text(d, "K1,7,123456,83121*5aa9\nK1,8,135956,83127*54c7\n");
	assert_int_equal(d->samples, 2);
}

static void binary_examples_are_read(void **state)
{
	static const uint8_t wire[] = { 0x03, 0x01, 0x07, 0x04, 0x40, 0xe2, 0x01, 0x01, 0x05, 0xf8, 0xff, 0x8a, 0xcc, 0,
		0, 0x03, 0x81, 0x07, 0x04, 0x40, 0xe2, 0x01, 0x01, 0x06, 0xf8, 0xff, 0xff, 0x9a, 0x05, 0 };
	struct feed *d = *state;

	feed_bytes(d, wire, sizeof(wire));
	assert_string_equal(feed_format(d), "k1b");
	assert_int_equal(d->samples, 2);
	assert_true(d->sample[0].raw[0] == -2048 && d->sample[1].raw[0] == -2048);
	assert_int_equal(d->sample[0].seq, 7);
	assert_int_equal(d->sample[0].device_us, 123456);
}

static void binary_description_is_kept(void **state)
{
	struct feed *d = *state;
	struct wire *w = make(3, 2, true);
	struct knead_k1_info info = { .schema = 1, .cells = 2, .firmware = "b", .serial = "s", .rate_hz = 320 };

	w->n += knead_k1_binary_info(w->bytes + w->n, &info);
	feed_bytes(d, w->bytes, w->n);
	assert_int_equal(d->samples, 3);
	assert_non_null(frame_info(d->frame));
	assert_true(frame_info(d->frame)->rate_hz == 320 && frame_info(d->frame)->cells == 2);
	free(w);
}

static void counters_unwrap_in_text_and_binary(void **state)
{
	struct feed *d = *state;

	for (unsigned binary = 0; binary < 2; binary++) {
		struct wire *w = make(200, 3, binary);

		feed_restart(d);
		feed_bytes(d, w->bytes, w->n);
		assert_int_equal(d->samples, 200);
		check_ramp(d, 0, 3);
		assert_int_equal(frame_stats(d->frame)->lost_seq, 0);
		assert_int_equal(frame_stats(d->frame)->rejected_bytes, 0);
		free(w);
	}
}

static void any_chunking_gives_the_same_samples(void **state)
{
	static const size_t chunks[] = { 0, 1, 2, 3, 7, 64, 600, 4096 };
	struct feed *d = *state;

	for (unsigned k = 0; k < 2 * sizeof(chunks) / sizeof(chunks[0]); k++) {
		struct wire *w = make(400, 2, k % 2);

		feed_restart(d);
		d->chunk = chunks[k / 2];
		feed_bytes(d, w->bytes, w->n);
		assert_int_equal(d->samples, 400);
		check_ramp(d, 0, 2);
		free(w);
	}
}

static void a_stream_cut_at_any_byte_resyncs_at_the_next_frame(void **state)
{
	struct feed *d = *state;

	for (unsigned binary = 0; binary < 2; binary++)
		for (size_t cut = 0; cut < 60; cut++) {
			struct wire *w = make(8, 1, binary);
			uint32_t whole = 0;

			feed_restart(d);
			feed_bytes(d, w->bytes + cut, w->n - cut);
			/* a cut at the very start of a frame costs nothing, any other the frame it is in */
			for (size_t i = 0; i < w->n; i++)
				whole += w->bytes[i] == (binary ? 0 : '\n') && i >= cut;
			assert_true(d->samples == whole || d->samples + 1 == whole);
			check_ramp(d, 8 - d->samples, 1);
			free(w);
		}
}

static void no_sample_ever_comes_from_a_failed_checksum(void **state)
{
	struct feed *d = *state;
	uint32_t seed = 12345;

	for (unsigned round = 0; round < 400; round++) {
		struct wire *w = make(40, 1, round % 2);

		for (unsigned k = 0; k < 4; k++) {
			seed = seed * 1664525 + 1013904223;
			w->bytes[(seed >> 8) % w->n] ^= (uint8_t)(1u << (seed >> 28 & 7));
		}
		feed_restart(d);
		feed_bytes(d, w->bytes, w->n);
		for (uint32_t i = 0; i < d->samples; i++) {
			assert_int_equal(d->sample[i].cells, 1);
			assert_true(d->sample[i].raw[0] >= 0 && d->sample[i].raw[0] <= 39000);
			assert_true((int32_t)d->sample[i].raw[0] % 1000 == 0);
		}
		assert_in_range(d->samples, 30, 40);
		free(w);
	}
}

static void lines_with_a_wrong_checksum_are_no_other_format_either(void **state)
{
	struct feed *d = *state;

	for (unsigned i = 0; i < 100; i++) {
		char line[64];

		snprintf(line, sizeof(line), "K1,%u,%u,83121*1234\r\n", i, i * 12500);
		feed_text(d, line);
	}
	assert_int_equal(d->samples, 0);
	assert_string_equal(feed_format(d), "none");
}

static void legal_readings_are_samples(void **state) /* T10 */
{
	static const int32_t legal[] = { -1, 0, 8388606, 8388607, -8388608 };
	struct feed *d = *state;

	for (unsigned binary = 0; binary < 2; binary++) {
		struct wire w = { .n = 0 };

		feed_restart(d);
		for (unsigned i = 0; i < 5; i++)
			put(&w, &legal[i], 1, binary);
		feed_bytes(d, w.bytes, w.n);
		assert_int_equal(d->samples, 5);
		for (unsigned i = 0; i < 5; i++)
			assert_true(d->sample[i].raw[0] == legal[i]);
	}
}

static void lost_samples_are_counted_by_seq(void **state)
{
	struct feed *d = *state;
	struct wire w = { .n = 0, .seq = 65530 };
	const int32_t raw = 5;

	put(&w, &raw, 1, false);
	put(&w, &raw, 1, false);
	w.seq += 10;
	w.t_us += 125000;
	put(&w, &raw, 1, false);
	feed_bytes(d, w.bytes, w.n);
	assert_int_equal(d->samples, 3);
	assert_int_equal(frame_stats(d->frame)->lost_seq, 10);
	assert_int_equal(d->sample[2].seq - d->sample[1].seq, 11);
	assert_int_equal(d->sample[2].device_us - d->sample[1].device_us, 137500);
}

static void an_overtaken_frame_is_older_and_no_restart(void **state)
{
	struct feed *d = *state;
	struct wire w = { .n = 0, .seq = 100, .t_us = 5000000 };
	const int32_t raw = 5;

	put(&w, &raw, 1, false);
	put(&w, &raw, 1, false);
	w.seq -= 2;
	w.t_us -= 25000;
	put(&w, &raw, 1, false);
	w.seq += 1;
	w.t_us += 12500;
	put(&w, &raw, 1, false);
	feed_bytes(d, w.bytes, w.n);
	assert_int_equal(d->samples, 4);
	assert_int_equal(d->sample[2].seq, 100);
	assert_int_equal(d->sample[2].device_us, 5000000);
	assert_int_equal(d->sample[3].seq, 102);
	assert_int_equal(frame_stats(d->frame)->restarts, 0);
}

static void a_step_back_of_both_counters_is_a_restart(void **state)
{
	struct feed *d = *state;
	struct wire w = { .n = 0, .seq = 4000, .t_us = 50000000 };
	const int32_t raw = 5;

	put(&w, &raw, 1, true);
	put(&w, &raw, 1, true);
	w.seq = 0;
	w.t_us = 1000;
	put(&w, &raw, 1, true);
	put(&w, &raw, 1, true);
	feed_bytes(d, w.bytes, w.n);
	assert_int_equal(d->samples, 4);
	assert_true(d->sample[2].restarted && !d->sample[3].restarted);
	assert_int_equal(d->sample[3].device_us - d->sample[2].device_us, 12500);
	assert_int_equal(frame_stats(d->frame)->restarts, 1);
	assert_string_equal(feed_format(d), "k1b");
}

/* Restart or 20 minutes of silence across the wrap? The host's clock tells. */
static void a_far_wrap_is_believed_when_the_host_clock_agrees(void **state)
{
	struct feed *d = *state;

	for (unsigned agrees = 0; agrees < 2; agrees++) {
		struct wire w = { .n = 0, .seq = 10, .t_us = UINT32_MAX - 1000000 };
		const int32_t raw = 5;

		strcpy(d->settings.format, "k1");
		feed_restart(d);
		d->rx_us = 1000;
		put(&w, &raw, 1, false);
		put(&w, &raw, 1, false);
		feed_bytes(d, w.bytes, w.n);
		w.n = 0;
		w.t_us += 1200000000;
		w.seq += 96000;
		put(&w, &raw, 1, false);
		d->rx_us += agrees ? 1200012500 : 5000000;
		feed_bytes(d, w.bytes, w.n);
		assert_int_equal(d->samples, 3);
		assert_int_equal(d->sample[2].restarted, !agrees);
		if (agrees)
			assert_int_equal(d->sample[2].device_us - d->sample[1].device_us, 1200012500);
	}
}

static void frames_of_another_size_are_rejected(void **state)
{
	struct feed *d = *state;
	struct wire *w = make(3, 2, false);
	const int32_t raw = 5;

	put(w, &raw, 1, false);
	feed_bytes(d, w->bytes, w->n);
	assert_int_equal(d->samples, 3);
	assert_int_equal(feed_rejects(d, KNEAD_REJECT_COLUMNS), 1);
	free(w);
}

static void an_endless_binary_frame_is_skipped_to_the_next_zero(void **state)
{
	struct feed *d = *state;
	struct wire *w = make(4, 1, true);
	uint8_t junk[1500];

	memset(junk, 0x41, sizeof(junk));
	junk[sizeof(junk) - 1] = 0;
	feed_bytes(d, w->bytes, w->n);
	feed_bytes(d, junk, sizeof(junk));
	assert_int_equal(feed_rejects(d, KNEAD_REJECT_TOO_LONG), 1);
	w->n = 0;
	put(w, (const int32_t[]){ 77 }, 1, true);
	feed_bytes(d, w->bytes, w->n);
	assert_int_equal(d->samples, 5);
	assert_true(d->sample[4].raw[0] == 77);
	free(w);
}

static void a_bad_stretch_does_not_upset_the_device_clock(void **state)
{
	struct feed *d = *state;
	struct wire *w = make(50, 1, false);

	feed_bytes(d, w->bytes, w->n);
	for (unsigned i = 0; i < 30; i++)
		feed_text(d, "K1,1,1,1*0000\r\n");
	assert_string_equal(feed_format(d), "none");
	w->n = 0;
	for (unsigned i = 50; i < 60; i++)
		put(w, (const int32_t[]){ (int32_t)i * 1000 }, 1, false);
	feed_bytes(d, w->bytes, w->n);
	assert_int_equal(d->samples, 60);
	check_ramp(d, 0, 1);
	assert_int_equal(feed_rejects(d, KNEAD_REJECT_BAD_CRC) + feed_rejects(d, KNEAD_REJECT_UNRECOGNISED), 30);
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FEED_TEST(examples_of_the_contract_are_read),
		FEED_TEST(nothing_is_dropped_at_the_start_because_the_crc_vouches),
		FEED_TEST(lower_case_crc_is_accepted),
		FEED_TEST(binary_examples_are_read),
		FEED_TEST(binary_description_is_kept),
		FEED_TEST(counters_unwrap_in_text_and_binary),
		FEED_TEST(any_chunking_gives_the_same_samples),
		FEED_TEST(a_stream_cut_at_any_byte_resyncs_at_the_next_frame),
		FEED_TEST(no_sample_ever_comes_from_a_failed_checksum),
		FEED_TEST(lines_with_a_wrong_checksum_are_no_other_format_either),
		FEED_TEST(legal_readings_are_samples),
		FEED_TEST(lost_samples_are_counted_by_seq),
		FEED_TEST(an_overtaken_frame_is_older_and_no_restart),
		FEED_TEST(a_step_back_of_both_counters_is_a_restart),
		FEED_TEST(a_far_wrap_is_believed_when_the_host_clock_agrees),
		FEED_TEST(frames_of_another_size_are_rejected),
		FEED_TEST(an_endless_binary_frame_is_skipped_to_the_next_zero),
		FEED_TEST(a_bad_stretch_does_not_upset_the_device_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
