/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "feed.h"

static double wave(int i)
{
	return 0.25 + 10 * ((i * 37) % 11);
}

/* Feeds count lines of one number each; format has one %f in it. The first two are dropped. */
static void lines(struct feed *d, int first, int count, const char *before, const char *after)
{
	char line[200];

	for (int i = first; i < first + count; i++) {
		snprintf(line, sizeof(line), "%s%.2f%s\r\n", before, wave(i), after);
		feed_text(d, line);
	}
}

/* What the makers' examples print around one number, and the unit that they say. */
static void words_around_a_number_are_learnt(void **state)
{
	static const struct {
		const char *before, *after;
		enum knead_unit unit;
	} cases[] = {
		{ "HX711 reading: ", "", KNEAD_UNIT_UNSET },
		{ "Reading: ", " lbs", KNEAD_UNIT_LB },
		{ "Load_cell output val: ", "", KNEAD_UNIT_UNSET },
		{ "UNITS: ", "", KNEAD_UNIT_UNSET },
		{ "Channel A (Gain 128): ", "", KNEAD_UNIT_UNSET },
		{ "Read ", "", KNEAD_UNIT_UNSET },
		{ "Force: ", "", KNEAD_UNIT_UNSET },
		{ "Gewicht [kg]: ", "", KNEAD_UNIT_KG },
		{ "weight=", "g", KNEAD_UNIT_G },
		{ "F = ", " N (ok)", KNEAD_UNIT_N },
		{ "*", "#", KNEAD_UNIT_UNSET },
		{ "<", ">", KNEAD_UNIT_UNSET },
		{ "sensor1\t", "\tkg", KNEAD_UNIT_KG },
		{ "{\"w\":", "}", KNEAD_UNIT_UNSET },
	};
	struct feed *d = *state;

	for (unsigned k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		feed_restart(d);
		lines(d, 0, 6, cases[k].before, cases[k].after);
		assert_string_equal(feed_format(d), "labelled");
		assert_int_equal(frame_unit(d->frame), cases[k].unit);
		lines(d, 6, 6, cases[k].before, cases[k].after);
		assert_int_equal(d->samples, 10);
		for (int i = 0; i < 10; i++)
			assert_true(d->sample[i].cells == 1 && d->sample[i].raw[0] == wave(i + 2));
	}
}

static void a_digit_glued_to_a_letter_is_text(void **state)
{
	struct feed *d = *state;

	for (int i = 0; i < 30; i++) {
		char line[64];

		snprintf(line, sizeof(line), "ch%d 0x%x HX%d\n", i, i, 700 + i);
		feed_text(d, line);
	}
	assert_int_equal(d->samples, 0);
	for (int i = 0; i < 30; i++)
		feed_text(d, "0123456789abcdef0123456789abcdef\n");
	assert_int_equal(d->samples, 0);
}

static void three_lines_alike_are_not_enough_four_are(void **state)
{
	struct feed *d = *state;

	lines(d, 0, 5, "Force: ", "");
	assert_int_equal(d->samples, 0);
	lines(d, 5, 1, "Force: ", "");
	assert_int_equal(d->samples, 4);
}

static void banners_before_and_markers_between_do_no_harm(void **state)
{
	struct feed *d = *state;

	feed_text(d, "FS Force sensor\r\nInitializing the scale\r\nDone\r\n");
	lines(d, 0, 3, "Force: ", "");
	feed_text(d, "TRIG\r\n");
	lines(d, 3, 3, "Force: ", "");
	feed_text(d, "TRIG\r\n");
	lines(d, 6, 3, "Force: ", "");
	assert_int_equal(d->samples, 9);
	assert_int_equal(frame_stats(d->frame)->restarts, 0);
	assert_int_equal(feed_rejects(d, KNEAD_REJECT_TEXT), 3);
}

/* One line with two numbers: which is the force? */
struct line_of_two {
	const char *before, *between, *after;
	int force; /* 0: the first number, 1: the second */
};

static void feed_two(struct feed *d, const struct line_of_two *l)
{
	feed_restart(d);
	for (int i = 0; i < 14; i++) {
		double other = wave(i + 3) / 2;
		char line[200];

		snprintf(line, sizeof(line), "%s%.3f%s%.3f%s\r\n", l->before, l->force ? other : wave(i), l->between,
			l->force ? wave(i) : other, l->after);
		feed_text(d, line);
	}
	assert_string_equal(feed_format(d), "labelled");
	assert_int_equal(d->samples, 12);
	assert_true(d->sample[0].raw[0] == wave(2));
}

static void the_force_is_chosen_among_several_numbers(void **state)
{
	static const struct line_of_two cases[] = {
		{ "one reading:\t", "\t| average:\t", "", 0 },
		{ "Reading: ", " lbs calibration_factor: ", "", 0 },
		{ "UNITS: ", "\t\tPRICE: ", "", 0 },
		{ "Reading: ", "\tWeight: ", "", 1 },
		{ "Weight: ", "\tAvgWeight: ", "", 0 },
		{ "Reading: ", "\tWeight: ", "\tScale not calibrated. Press 'c'.", 1 },
		{ "temp:", ",force:", "", 1 },
		{ "min:0,max:100,force:", ",mean:", "", 0 },
		{ "load ", " average load ", "", 0 },
	};
	struct feed *d = *state;

	for (unsigned k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		feed_two(d, &cases[k]);
		assert_int_equal(d->sample[0].cells, 1);
	}
}

static void two_cells_on_one_line_are_two_cells(void **state)
{
	static const struct line_of_two cases[] = {
		{ "left:", ",right:", "", 0 },
		{ "Load_cell 1 output val: ", "    Load_cell 2 output val: ", "", 0 },
		{ "lc1 ", " lc2 ", "", 0 },
	};
	struct feed *d = *state;

	for (unsigned k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		feed_two(d, &cases[k]);
		assert_int_equal(d->sample[0].cells, 2);
		assert_true(d->sample[0].raw[1] == wave(5) / 2);
	}
}

static void guide_lines_of_a_plotter_are_ignored(void **state)
{
	struct feed *d = *state;

	for (int i = 0; i < 12; i++) {
		char line[80];

		snprintf(line, sizeof(line), "a:0,b:100,w:%.2f\n", wave(i));
		feed_text(d, line);
	}
	assert_int_equal(d->samples, 10);
	assert_true(d->sample[0].cells == 1 && d->sample[0].raw[0] == wave(2));
}

static void what_cannot_be_told_is_refused(void **state)
{
	struct feed *d = *state;

	for (int i = 0; i < 40; i++) {
		char line[80];

		snprintf(line, sizeof(line), "foo:%.2f,bar:%.2f\n", wave(i), wave(i + 2));
		feed_text(d, line);
	}
	assert_int_equal(d->samples, 0);
	assert_non_null(frame_problem(d->frame));
	assert_non_null(strstr(frame_problem(d->frame), "foo bar"));
}

static void a_channel_may_be_named_in_the_settings(void **state)
{
	struct feed *d = *state;

	d->settings.columns = 2;
	strcpy(d->settings.column[0], "-");
	strcpy(d->settings.column[1], "bar");
	feed_restart(d);
	for (int i = 0; i < 12; i++) {
		char line[80];

		snprintf(line, sizeof(line), "foo:%.2f,bar:%.2f\n", wave(i), wave(i + 2));
		feed_text(d, line);
	}
	assert_int_equal(d->samples, 10);
	assert_true(d->sample[0].cells == 1 && d->sample[0].raw[0] == wave(4));
}

static void alternating_lines_make_one_sample_of_two_cells(void **state)
{
	struct feed *d = *state;

	feed_dropped(d, "Tareing....\n");
	for (int i = 0; i < 12; i++) {
		lines(d, i, 1, "Channel A (Gain 128): ", "");
		lines(d, i + 5, 1, "Channel B (Gain 32): ", "");
	}
	assert_string_equal(feed_format(d), "labelled");
	assert_int_equal(d->samples, 12);
	for (int i = 0; i < 12; i++) {
		assert_int_equal(d->sample[i].cells, 2);
		assert_true(d->sample[i].raw[0] == wave(i) && d->sample[i].raw[1] == wave(i + 5));
	}
	/* one of them missing: the sample goes out without it when the other comes again */
	lines(d, 20, 2, "Channel A (Gain 128): ", "");
	assert_int_equal(d->samples, 13);
	assert_int_equal(d->sample[12].invalid_cells, 2);
	assert_true(d->sample[12].raw[0] == wave(20));
}

static void of_alternating_lines_only_the_force_is_used(void **state)
{
	struct feed *d = *state;

	for (int i = 0; i < 14; i++) {
		lines(d, i, 1, "Temperature: ", " C");
		lines(d, i, 1, "Weight: ", " kg");
	}
	assert_int_equal(d->samples, 13);
	assert_true(d->sample[0].cells == 1 && d->sample[0].raw[0] == wave(1));
	assert_int_equal(frame_unit(d->frame), KNEAD_UNIT_KG);
}

static void a_time_among_the_words_is_the_clock(void **state)
{
	struct feed *d = *state;

	for (int i = 0; i < 14; i++) {
		char line[120];

		snprintf(line, sizeof(line),
			"SensorForce(MainThread) Current time %.2f load %.2f average load 0.00 RFD 0.00\n",
			1623842395.41 + i * 0.09, wave(i));
		feed_text(d, line);
	}
	assert_int_equal(d->samples, 12);
	assert_true(d->sample[0].has_device_us && d->sample[0].raw[0] == wave(2));
	assert_in_range(d->sample[1].device_us - d->sample[0].device_us, 89999, 90001);
}

static void a_date_and_a_time_of_day_are_no_clock_and_no_force(void **state)
{
	struct feed *d = *state;

	for (int i = 0; i < 90; i++) {
		char line[120];

		snprintf(line, sizeof(line), "12:%02d:%02d.%d weight %.2f\n", i / 60, i % 60, i * 7 % 10, wave(i));
		feed_text(d, line);
	}
	assert_int_equal(d->samples, 88);
	assert_true(d->sample[0].cells == 1 && !d->sample[0].has_device_us);
	assert_int_equal(frame_stats(d->frame)->restarts, 0);
}

static void padding_may_change(void **state)
{
	struct feed *d = *state;

	for (int i = 0; i < 12; i++) {
		char line[80];

		snprintf(line, sizeof(line), "Force:%9.2f   N\n", i % 2 ? -1234.5 : 2.5);
		feed_text(d, line);
	}
	assert_int_equal(d->samples, 10);
	assert_true(d->sample[1].raw[0] == -1234.5);
}

static void no_number_is_no_sample(void **state)
{
	static const char *const bad[] = { "Force: nan\r\n", "Force: inf\r\n", "Force: ovf\r\n", "Force: 1e999\r\n" };
	struct feed *d = *state;

	lines(d, 0, 8, "Force: ", "");
	for (unsigned i = 0; i < 4; i++)
		feed_text(d, bad[i]);
	feed_text(d, "HX711 not found.\r\nForce: \r\nForce: x\r\nForce: 1 2\r\n");
	assert_int_equal(d->samples, 6);
	assert_int_equal(feed_rejects(d, KNEAD_REJECT_BAD_NUMBER), 4);
	assert_int_equal(feed_rejects(d, KNEAD_REJECT_TEXT), 4);
}

/* Lines of record-tagged firmware: tag, number of the record, micros, raw, the same scaled, status. */
static void records(struct feed *d, int first, int count)
{
	char line[64];

	for (int i = first; i < first + count; i++) {
		double units = i % 16 < 8 ? -0.01 : wave(i) / 100; /* at rest, then moving, and again */

		snprintf(line, sizeof(line), "D2,%d,%d,%d,%.2f,0\r\n", i, i * 12500, (int)wave(i), units);
		feed_text(d, line);
	}
}

static void the_number_of_a_tagged_record_is_no_force(void **state)
{
	struct feed *d = *state;

	records(d, 0, 7);
	for (uint32_t i = 0; i < d->samples; i++)
		assert_true(d->sample[i].raw[0] == (int)wave((int)i + 2));
	records(d, 7, 3);
	assert_int_equal(d->samples, 6);
	assert_true(d->sample[5].has_device_us);
}

static void what_is_ambiguous_stays_so_while_four_lines_look_plain(void **state)
{
	struct feed *d = *state;

	records(d, 6, 60);
	assert_int_equal(d->samples, 0);
	assert_non_null(frame_problem(d->frame));
}

static void a_stream_without_line_ends_is_split_at_its_label(void **state)
{
	static const size_t chunks[] = { 0, 1, 7 };
	struct feed *d = *state;

	for (unsigned k = 0; k < 3; k++) {
		d->chunk = chunks[k];
		feed_restart(d);
		feed_text(d, "Starting...\r\nStartup is complete\r\n1.5");
		for (int i = 0; i < 80; i++) {
			char line[64];

			snprintf(line, sizeof(line), "Load_cell output val: %.2f", wave(i));
			feed_text(d, line);
		}
		assert_string_equal(feed_format(d), "labelled");
		assert_int_equal(d->samples, 78);
		for (unsigned i = 0; i < 78; i++)
			assert_true(d->sample[i].raw[0] == wave((int)i + 1));
		feed_text(d, "Tare complete\r\n");
		lines(d, 0, 1, "Load_cell output val: ", "");
		assert_int_equal(d->samples, 79);
	}
}

static void an_endless_line_of_numbers_is_nothing(void **state)
{
	struct feed *d = *state;

	for (int i = 0; i < 400; i++) {
		char line[64];

		snprintf(line, sizeof(line), "%.14f", wave(i) - 40);
		feed_text(d, line);
	}
	assert_int_equal(d->samples, 0);
	assert_string_equal(feed_format(d), "none");
}

static void boot_lines_that_come_again_and_again_are_not_learnt(void **state)
{
	struct feed *d = *state;

	for (int i = 0; i < 40; i++)
		feed_text(d, i % 2 ? "load:0x3fff0018,len:4\r\n" : "load:0x3fff001c,len:1044\r\n");
	assert_int_equal(d->samples, 0);
	assert_string_equal(feed_format(d), "none");
}

/* Until these have drivers with their checks, the learner must not read anything else into them than the value. */
static void an_instrument_without_a_format_of_its_own_is_read_right(void **state)
{
	static const struct {
		const char *before, *after;
		enum knead_unit unit;
	} cases[] = {
		{ "S S     ", " kg", KNEAD_UNIT_KG }, /* MT-SICS */
		{ "ST,+00", "  kg", KNEAD_UNIT_KG }, /* A&D */
		{ "ST,GS,+  ", "kg", KNEAD_UNIT_KG }, /* CAS */
		{ "  ", " g", KNEAD_UNIT_G }, /* Ohaus */
		{ ">force:", "", KNEAD_UNIT_UNSET }, /* Teleplot */
	};
	struct feed *d = *state;

	for (unsigned k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		feed_restart(d);
		lines(d, 0, 14, cases[k].before, cases[k].after);
		assert_int_equal(d->samples, 12);
		assert_true(d->sample[0].cells == 1 && d->sample[0].raw[0] == wave(2));
		assert_int_equal(frame_unit(d->frame), cases[k].unit);
	}
}

static void the_number_before_the_unit_is_the_force(void **state) /* OpenScale */
{
	struct feed *d = *state;

	for (int i = 0; i < 14; i++) {
		char line[80];

		snprintf(line, sizeof(line), "%d,%.2f,kg,24.%d0,\r\n", 48231 + i * 200, wave(i), i % 3);
		feed_text(d, line);
	}
	assert_int_equal(d->samples, 12);
	assert_true(d->sample[0].cells == 1 && d->sample[0].raw[0] == wave(2));
	assert_true(d->sample[0].has_device_us);
	assert_int_equal(frame_unit(d->frame), KNEAD_UNIT_KG);
}

static void frames_that_glue_letters_to_digits_are_nothing(void **state) /* LineScale */
{
	struct feed *d = *state;

	for (int i = 0; i < 40; i++)
		feed_text(d, i % 2 ? "R012.34N000.00ONF69\r" : "R-00.07Z001.20HGM71\r");
	assert_int_equal(d->samples, 0);
	assert_string_equal(feed_format(d), "none");
}

static void columns_are_never_read_as_labelled_text(void **state)
{
	struct feed *d = *state;

	for (int i = 0; i < 7; i++)
		feed_text(d, "\n1.5,2.5\n");
	assert_int_equal(d->samples, 0);
	assert_string_equal(feed_format(d), "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FEED_TEST(words_around_a_number_are_learnt),
		FEED_TEST(a_digit_glued_to_a_letter_is_text),
		FEED_TEST(three_lines_alike_are_not_enough_four_are),
		FEED_TEST(banners_before_and_markers_between_do_no_harm),
		FEED_TEST(the_force_is_chosen_among_several_numbers),
		FEED_TEST(two_cells_on_one_line_are_two_cells),
		FEED_TEST(guide_lines_of_a_plotter_are_ignored),
		FEED_TEST(what_cannot_be_told_is_refused),
		FEED_TEST(a_channel_may_be_named_in_the_settings),
		FEED_TEST(alternating_lines_make_one_sample_of_two_cells),
		FEED_TEST(of_alternating_lines_only_the_force_is_used),
		FEED_TEST(a_time_among_the_words_is_the_clock),
		FEED_TEST(a_date_and_a_time_of_day_are_no_clock_and_no_force),
		FEED_TEST(padding_may_change),
		FEED_TEST(no_number_is_no_sample),
		FEED_TEST(the_number_of_a_tagged_record_is_no_force),
		FEED_TEST(what_is_ambiguous_stays_so_while_four_lines_look_plain),
		FEED_TEST(a_stream_without_line_ends_is_split_at_its_label),
		FEED_TEST(an_endless_line_of_numbers_is_nothing),
		FEED_TEST(boot_lines_that_come_again_and_again_are_not_learnt),
		FEED_TEST(an_instrument_without_a_format_of_its_own_is_read_right),
		FEED_TEST(the_number_before_the_unit_is_the_force),
		FEED_TEST(frames_that_glue_letters_to_digits_are_nothing),
		FEED_TEST(columns_are_never_read_as_labelled_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
