/* SPDX-License-Identifier: MIT */
/* Lines, recognition and counting, whatever the format. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "feed.h"

static const char esp_boot[] =
	"ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\nconfigsip: 0, SPIWP:0xee\r\n"
	"clk_drv:0x00,q_drv:0x00,d_drv:0x00,cs0_drv:0x00,hd_drv:0x00,wp_drv:0x00\r\nmode:DIO, clock div:1\r\n"
	"load:0x3fff0018,len:4\r\nload:0x3fff001c,len:1044\r\nentry 0x400806b4\r\n";

static void numbers(struct feed *d, int first, int count)
{
	char line[32];

	for (int i = first; i < first + count; i++) {
		snprintf(line, sizeof(line), "%d\r\n", 80000 + i * 7 % 1000);
		feed_text(d, line);
	}
}

static void every_line_end_ends_a_line(void **state)
{
	static const char *const ends[] = { "\r\n", "\n", "\r" };
	struct feed *d = *state;

	for (unsigned k = 0; k < 3; k++) {
		feed_restart(d);
		for (int i = 0; i < 12; i++) {
			char line[16];

			snprintf(line, sizeof(line), "%d%s", 100 + i * i, ends[k]);
			feed_text(d, line);
		}
		assert_int_equal(d->samples, 10);
		assert_true(d->sample[9].raw[0] == 100 + 121);
	}
}

static void recognition_costs_the_first_two_lines_and_no_more(void **state)
{
	struct feed *d = *state;

	numbers(d, 0, 9);
	assert_int_equal(d->samples, 0);
	assert_string_equal(feed_format(d), "none");
	numbers(d, 9, 1);
	assert_string_equal(feed_format(d), "columns");
	assert_int_equal(d->samples, 8);
	assert_true(d->sample[0].raw[0] == 80014);
	assert_int_equal(feed_rejects(d, KNEAD_REJECT_PARTIAL), 2);
	numbers(d, 10, 5);
	assert_int_equal(d->samples, 13);
}

static void a_named_format_drops_the_torn_line_only(void **state)
{
	struct feed *d = *state;

	strcpy(d->settings.format, "columns");
	feed_restart(d);
	numbers(d, 0, 2);
	assert_int_equal(d->samples, 1);
	assert_true(d->sample[0].raw[0] == 80007);
}

static void kept_samples_keep_their_own_arrival_times(void **state)
{
	struct feed *d = *state;

	for (int i = 0; i < 14; i++) {
		d->rx_us = 1000000 + i * 12500;
		numbers(d, i, 1);
	}
	assert_int_equal(d->samples, 12);
	for (int i = 0; i < 12; i++)
		assert_int_equal(d->sample[i].rx_us, 1000000 + (i + 2) * 12500);
}

/* The same bytes one by one, in odd pieces and at once. */
static void any_chunking_gives_the_same_samples_and_counts(void **state)
{
	static const size_t chunks[] = { 1, 2, 5, 13, 600, 1000 };
	struct feed *d = *state;
	struct knead_frame_stats stats;
	struct knead_sample *first;
	char text[8000];
	size_t n = 0;

	n += (size_t)sprintf(text + n, "34\r\n%sStarting...\r\n", esp_boot);
	for (int i = 0; i < 200; i++)
		n += (size_t)sprintf(text + n,
			i % 17 == 3   ? "%d\n"
			: i % 29 == 5 ? "%d\xff\r\n"
				      : "%d.25\r\n",
			i * 31 % 997);
	feed_bytes(d, text, n);
	stats = *frame_stats(d->frame);
	assert_in_range(d->samples, 150, 200);
	first = calloc(d->samples, sizeof(*first));
	assert_non_null(first);
	memcpy(first, d->sample, d->samples * sizeof(*first));
	for (unsigned k = 0; k < sizeof(chunks) / sizeof(chunks[0]); k++) {
		d->chunk = chunks[k];
		feed_restart(d);
		feed_bytes(d, text, n);
		assert_int_equal(d->samples, stats.samples);
		for (uint32_t i = 0; i < d->samples; i++)
			assert_true(d->sample[i].raw[0] == first[i].raw[0]);
		assert_memory_equal(frame_stats(d->frame), &stats, sizeof(stats));
	}
	free(first);
}

static void a_stream_cut_at_any_byte_gives_no_false_number(void **state)
{
	struct feed *d = *state;
	char text[600];
	size_t n = 0;

	for (int i = 0; i < 40; i++)
		n += (size_t)sprintf(text + n, "-53.%d\r\n", i + 10);
	for (size_t cut = 0; cut < 40; cut++) {
		feed_restart(d);
		feed_bytes(d, text + cut, n - cut);
		assert_in_range(d->samples, 30, 39);
		for (uint32_t i = 0; i < d->samples; i++)
			assert_true(d->sample[i].raw[0] < -53 && d->sample[i].raw[0] > -54);
	}
}

static void boot_text_is_never_a_sample(void **state) /* T14 */
{
	struct feed *d = *state;

	for (unsigned round = 0; round < 6; round++)
		feed_text(d, esp_boot);
	feed_text(d,
		"HX711 Demo\r\nInitializing the scale\r\nHX711_LIB_VERSION: 0.6.4\r\nNAU7802\r\nLDO voltage set to 3.0V\r\n"
		"Gain set to 128x\r\nConversion rate set to 10 SPS\r\nZero factor: 8350112\r\n");
	assert_int_equal(d->samples, 0);
	assert_string_equal(feed_format(d), "none");
	numbers(d, 0, 8);
	assert_string_equal(feed_format(d), "columns");
	assert_int_equal(d->samples, 8);
	assert_in_range(feed_rejects(d, KNEAD_REJECT_TEXT), 50, 70);
}

static void boot_text_in_the_middle_is_a_restart(void **state)
{
	struct feed *d = *state;

	numbers(d, 0, 20);
	feed_text(d, "801\r");
	feed_text(d, esp_boot);
	numbers(d, 20, 20);
	assert_int_equal(frame_stats(d->frame)->restarts, 1);
	assert_int_equal(d->samples, 18 + 1 + 20);
	for (uint32_t i = 0; i < d->samples; i++)
		assert_int_equal(d->sample[i].restarted, i == 19);
}

static void a_banner_that_comes_again_is_a_restart(void **state)
{
	struct feed *d = *state;

	feed_text(d, "x\r\nmy ball\r\nfirmware two\r\nready\r\n");
	numbers(d, 0, 20);
	feed_text(d, "ready\r\n"); /* one line of it alone is no restart */
	numbers(d, 20, 5);
	assert_int_equal(frame_stats(d->frame)->restarts, 0);
	feed_text(d, "firmware two\r\nready\r\n");
	numbers(d, 25, 20);
	assert_int_equal(frame_stats(d->frame)->restarts, 1);
	assert_int_equal(d->samples, 45);
	assert_true(d->sample[25].restarted);
}

static void an_endless_line_is_capped_and_counted_once(void **state)
{
	struct feed *d = *state;
	char junk[3000];

	memset(junk, '7', sizeof(junk));
	numbers(d, 0, 12);
	feed_bytes(d, junk, sizeof(junk));
	feed_text(d, "\r\n");
	numbers(d, 12, 1);
	assert_int_equal(d->samples, 11);
	assert_int_equal(feed_rejects(d, KNEAD_REJECT_TOO_LONG), 1);
}

static void bytes_that_no_text_holds_reject_the_line(void **state)
{
	static const char *const lines[] = { "80\x00"
					     "1\r\n",
		"80\x1a\r\n",
		"\x11"
		"801\r\n",
		"80\xc3\xa4\r\n", "8\x7f\r\n" };
	static const size_t sizes[] = { 6, 5, 6, 6, 4 };
	struct feed *d = *state;

	numbers(d, 0, 12);
	for (unsigned i = 0; i < 5; i++)
		feed_bytes(d, lines[i], sizes[i]);
	numbers(d, 12, 1);
	assert_int_equal(d->samples, 11);
	assert_int_equal(feed_rejects(d, KNEAD_REJECT_BAD_BYTE), 5);
}

static void twenty_bad_lines_start_recognition_again_nineteen_do_not(void **state)
{
	struct feed *d = *state;

	numbers(d, 0, 12);
	for (unsigned i = 0; i < 19; i++)
		feed_text(d, "what\n");
	numbers(d, 12, 1);
	assert_string_equal(feed_format(d), "columns");
	for (unsigned i = 0; i < 20; i++)
		feed_text(d, "what\n");
	assert_string_equal(feed_format(d), "none");
	assert_int_equal(frame_stats(d->frame)->resyncs, 1);
	for (unsigned i = 0; i < 12; i++)
		feed_text(d, i % 2 ? "Force: 1.5\n" : "Force: 2.5\n");
	assert_string_equal(feed_format(d), "labelled");
	assert_int_equal(d->samples, 11 + 11);
	assert_int_equal(frame_stats(d->frame)->restarts, 0);
}

static void data_after_a_long_silence_is_recognised_anew(void **state)
{
	struct feed *d = *state;

	d->rx_us = 0;
	numbers(d, 0, 12);
	d->rx_us += 10000000;
	numbers(d, 12, 1);
	assert_string_equal(feed_format(d), "columns");
	d->rx_us += 10000001;
	numbers(d, 13, 1);
	assert_string_equal(feed_format(d), "none");
	numbers(d, 14, 9);
	assert_string_equal(feed_format(d), "columns");
	assert_int_equal(d->samples, 11 + 8);
	assert_int_equal(frame_stats(d->frame)->restarts, 0);
}

static void garbage_of_a_wrong_speed_never_becomes_a_format(void **state)
{
	struct feed *d = *state;
	uint32_t seed = 7;
	uint8_t junk[20000];

	for (size_t i = 0; i < sizeof(junk); i++) {
		seed = seed * 1664525 + 1013904223;
		junk[i] = (uint8_t)(seed >> 24);
	}
	feed_bytes(d, junk, sizeof(junk));
	feed_bytes(d, junk, sizeof(junk));
	assert_int_equal(d->samples, 0);
	assert_string_equal(feed_format(d), "none");
	assert_in_range(frame_waiting(d->frame), 1, LOOK_BYTES);
	assert_true(feed_rejects(d, KNEAD_REJECT_UNRECOGNISED) > 0);
	numbers(d, 0, 12);
	assert_string_equal(feed_format(d), "columns");
}

static void reset_forgets_what_waits_and_keeps_the_counters(void **state)
{
	struct feed *d = *state;

	numbers(d, 0, 12);
	feed_text(d, "800");
	frame_reset(d->frame);
	assert_int_equal(frame_waiting(d->frame), 0);
	assert_string_equal(feed_format(d), "none");
	numbers(d, 0, 12);
	assert_int_equal(d->samples, 20);
	assert_int_equal(frame_stats(d->frame)->samples, 20);
	assert_int_equal(feed_rejects(d, KNEAD_REJECT_PARTIAL), 2 + 1 + 2);
}

static void what_never_was_recognised_is_bounded(void **state)
{
	struct feed *d = *state;
	char line[64];

	for (int i = 0; i < 5000; i++) {
		snprintf(line, sizeof(line), "%.*s words\n", i % 23 + 1, "abcdefghijklmnopqrstuvwxyz");
		feed_text(d, line);
		assert_in_range(frame_waiting(d->frame), 0, LOOK_BYTES);
	}
	assert_int_equal(d->samples, 0);
}

static void every_known_name_may_be_configured(void **state)
{
	static const char *const names[] = { "k1", "k1b", "columns", "labelled", "template" };

	for (unsigned i = 0; i < 5; i++)
		assert_true(knead_format_known(names[i]));
	assert_true(knead_format_known("auto"));
	assert_false(knead_format_known("colums"));
	for (size_t i = 0; knead_format_name(i); i++)
		assert_true(knead_format_known(knead_format_name(i)));
	assert_null(knead_format_name(1000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FEED_TEST(every_line_end_ends_a_line),
		FEED_TEST(recognition_costs_the_first_two_lines_and_no_more),
		FEED_TEST(a_named_format_drops_the_torn_line_only),
		FEED_TEST(kept_samples_keep_their_own_arrival_times),
		FEED_TEST(any_chunking_gives_the_same_samples_and_counts),
		FEED_TEST(a_stream_cut_at_any_byte_gives_no_false_number),
		FEED_TEST(boot_text_is_never_a_sample),
		FEED_TEST(boot_text_in_the_middle_is_a_restart),
		FEED_TEST(a_banner_that_comes_again_is_a_restart),
		FEED_TEST(an_endless_line_is_capped_and_counted_once),
		FEED_TEST(bytes_that_no_text_holds_reject_the_line),
		FEED_TEST(twenty_bad_lines_start_recognition_again_nineteen_do_not),
		FEED_TEST(data_after_a_long_silence_is_recognised_anew),
		FEED_TEST(garbage_of_a_wrong_speed_never_becomes_a_format),
		FEED_TEST(reset_forgets_what_waits_and_keeps_the_counters),
		FEED_TEST(what_never_was_recognised_is_bounded),
		cmocka_unit_test(every_known_name_may_be_configured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
