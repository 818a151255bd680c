/* SPDX-License-Identifier: MIT */
/*
 * Real recordings, as their loggers stored them: each is recognised without being told anything, and each line is used or
 * counted as rejected. They lie in KNEAD_SHARED, or in the folder given as argument.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "feed.h"

static const char *shared_dir = "../shared";

/* Reads captures/name; NULL when it is not there. */
static char *load(const char *name, size_t *ret_n)
{
	char path[512], *text;
	struct stat st;
	FILE *file;

	snprintf(path, sizeof(path), "%s/captures/%s", shared_dir, name);
	file = fopen(path, "re");
	if (!file)
		return NULL;
	assert_int_equal(fstat(fileno(file), &st), 0);
	text = malloc((size_t)st.st_size + 1);
	assert_non_null(text);
	*ret_n = fread(text, 1, (size_t)st.st_size, file);
	fclose(file);
	return text;
}

/* Feeds a recording in pieces of that size; skips the test when it is not there. */
static void replay(struct feed *d, const char *name, size_t chunk)
{
	size_t n = 0;
	char *text = load(name, &n);

	if (!text) {
		print_message("no recording %s in %s\n", name, shared_dir);
		skip();
	}
	d->chunk = chunk;
	feed_restart(d);
	feed_bytes(d, text, n);
	free(text);
}

static uint64_t lines_counted(const struct feed *d)
{
	uint64_t lines = frame_stats(d->frame)->samples;

	for (unsigned i = 0; i < _KNEAD_REJECTS; i++)
		lines += feed_rejects(d, i);
	return lines;
}

/* What is recognised in one recording. */
struct expected {
	const char *name, *format;
	uint32_t samples, cells;
	bool timed;
	double first; /* first cell of the first sample */
	uint64_t lines; /* that are not empty and end */
};

static void check(struct feed *d, const struct expected *e, size_t count)
{
	static const size_t chunks[] = { 0, 1, 61 };

	for (size_t k = 0; k < count * 3; k++) {
		const struct expected *want = &e[k / 3];

		replay(d, want->name, chunks[k % 3]);
		assert_string_equal(feed_format(d), want->format);
		assert_int_equal(d->samples, want->samples);
		assert_int_equal(d->sample[0].cells, want->cells);
		assert_int_equal(d->sample[0].has_device_us, want->timed);
		assert_true(fabs(d->sample[0].raw[0] - want->first) <= 1e-15 * fabs(want->first));
		assert_int_equal(lines_counted(d), want->lines);
		assert_null(frame_problem(d->frame));
	}
}

static void values_beside_a_counter_are_read(void **state)
{
	static const struct expected expected[] = {
		{ "pi-hx711/run-10.txt", "columns", 945, 1, false, -1.0093610093608198, 947 },
		{ "pi-hx711/run-11.txt", "columns", 1016, 1, false, 12.231990231990373, 1018 },
		{ "pi-hx711/run-14.txt", "columns", 766, 1, false, 1.7191697191698614, 768 },
		{ "pi-hx711/run-15.txt", "columns", 826, 1, false, -2.118030118030213, 828 },
		{ "pi-hx711/test6.txt", "columns", 27, 1, false, 0.3207163207163444, 29 },
		{ "pi-hx711/haha2.txt", "columns", 30, 1, false, -0.11746031746034055, 32 },
	};

	check(*state, expected, sizeof(expected) / sizeof(expected[0]));
}

static void an_endless_line_gives_nothing(void **state)
{
	struct feed *d = *state;

	replay(d, "pi-hx711/haha.txt", 0);
	assert_int_equal(d->samples, 0);
	assert_string_equal(feed_format(d), "none");
}

static void unix_time_with_quoted_and_empty_fields_is_read(void **state)
{
	static const struct expected expected[] = {
		{ "hand-grip/LogFile_2025-03-13_21.21.22.txt", "columns", 576, 1, true, 0.5, 578 },
		{ "hand-grip/LogFile_2025-03-13_21.28.49.txt", "columns", 116, 1, true, 0.3, 125 },
	};
	struct feed *d = *state;

	check(d, expected, 2);
	assert_int_equal(feed_rejects(d, KNEAD_REJECT_BAD_NUMBER), 7);
	assert_int_equal(d->sample[0].device_us, 1741897731395340);
}

static void fixed_words_around_seven_numbers_are_learnt(void **state)
{
	static const struct expected expected[] = {
		{ "hangboard/hang_left_right_slowpull_fastpull.txt", "labelled", 694, 1, true, 0, 696 },
	};
	struct feed *d = *state;
	double peak = 0;

	check(d, expected, 1);
	for (uint32_t i = 0; i < d->samples; i++)
		peak = d->sample[i].raw[0] > peak ? d->sample[i].raw[0] : peak;
	assert_true(peak > 82.8 && peak < 83);
}

static void four_cells_with_and_without_a_time_are_read(void **state)
{
	static const struct expected expected[] = {
		{ "four-cell-plate/LC1432021-235247.csv", "columns", 43, 4, false, -4.56, 45 },
		{ "four-cell-plate/LC1432021-235516.csv", "columns", 66, 4, true, 26.57, 68 },
		{ "four-cell-plate/LC1532021-0255.csv", "columns", 27, 4, true, -18.84, 29 },
		{ "four-cell-plate/LC1532021-041.csv", "columns", 55, 4, true, -2.56, 57 },
		{ "four-cell-plate/LC1532021-143726.csv", "columns", 163, 4, true, 470.9, 165 },
	};
	struct feed *d = *state;

	check(d, expected, 5);
	assert_int_equal(d->sample[1].device_us - d->sample[0].device_us, 98000);
}

/* Six trials in one file, each with its own time: five restarts, one line each. */
static void grip_force_is_found_among_positions_and_errors(void **state)
{
	static const struct expected expected[] = {
		{ "grip-pulses/P1-pinch-easy.csv", "columns", 1758, 1, true, 7.46515, 1765 },
		{ "grip-pulses/P3-power-hard.csv", "columns", 1758, 1, true, 0, 1765 },
	};
	struct feed *d = *state;

	check(d, expected, 1);
	assert_int_equal(frame_stats(d->frame)->restarts, 5);
	replay(d, expected[1].name, 0);
	assert_int_equal(d->samples, expected[1].samples);
	assert_int_equal(d->sample[0].cells, 1);
}

static void two_force_plates_are_two_cells(void **state)
{
	static const struct expected expected[] = {
		{ "jumps/Dual-CMJ-Fz.txt", "columns", 4999, 2, false, 304.102, 5001 },
		{ "jumps/Dual-DJ-Fz.txt", "columns", 4998, 2, false, 0, 5000 },
		{ "jumps/Dual-SJ-Fz.txt", "columns", 4998, 2, false, 309.682, 5000 },
	};

	check(*state, expected, 3);
}

static void three_force_components_are_refused_until_one_is_named(void **state)
{
	struct feed *d = *state;

	replay(d, "standing/BDS00020.txt", 0);
	assert_int_equal(d->samples, 0);
	assert_non_null(frame_problem(d->frame));
	d->settings.columns = 2;
	strcpy(d->settings.column[0], "Time[s]");
	strcpy(d->settings.column[1], "Fz[N]");
	replay(d, "standing/BDS00020.txt", 0);
	assert_int_equal(d->samples, 5999);
	assert_int_equal(frame_unit(d->frame), KNEAD_UNIT_N);
	assert_true(d->sample[0].raw[0] > 437 && d->sample[0].raw[0] < 454);
}

int main(int argc, char **argv)
{
	struct stat st;
	const struct CMUnitTest tests[] = {
		FEED_TEST(values_beside_a_counter_are_read),
		FEED_TEST(an_endless_line_gives_nothing),
		FEED_TEST(unix_time_with_quoted_and_empty_fields_is_read),
		FEED_TEST(fixed_words_around_seven_numbers_are_learnt),
		FEED_TEST(four_cells_with_and_without_a_time_are_read),
		FEED_TEST(grip_force_is_found_among_positions_and_errors),
		FEED_TEST(two_force_plates_are_two_cells),
		FEED_TEST(three_force_components_are_refused_until_one_is_named),
	};

	if (argc > 1)
		shared_dir = argv[1];
	if (getenv("KNEAD_SHARED"))
		shared_dir = getenv("KNEAD_SHARED");
	if (!shared_dir || stat(shared_dir, &st) < 0) {
		printf("1..0 # SKIP no recordings: there is no %s\n", shared_dir ? shared_dir : "folder of recordings");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
