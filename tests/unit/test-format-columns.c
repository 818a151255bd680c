/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "feed.h"
#include "number.h"

/* Rows made by printf from their number; the first two are dropped by recognition. */
static void rows(struct feed *d, int first, int count, void (*row)(char *line, size_t size, int i))
{
	char line[200];

	for (int i = first; i < first + count; i++) {
		row(line, sizeof(line), i);
		feed_text(d, line);
	}
}

static double wave(int i)
{
	return 100 + 10 * ((i * 37) % 11);
}

static void row_time_value(char *line, size_t size, int i)
{
	snprintf(line, size, "%d,%.2f\r\n", 48231 + i * 12 + i / 2, wave(i));
}

static void row_time_four(char *line, size_t size, int i)
{
	snprintf(line, size, "%d,%.1f,%.1f,%.1f,%.1f\r\n", 20111 + i * 100, wave(i), wave(i + 1), wave(i + 2),
		wave(i + 3));
}

static void row_two_tab(char *line, size_t size, int i)
{
	snprintf(line, size, "%.1f\t%.1f\n", -wave(i), wave(i + 5));
}

static void row_spaces(char *line, size_t size, int i)
{
	snprintf(line, size, "  %8.1f  %8.1f \n", -wave(i), wave(i + 5));
}

static void row_decimal_comma(char *line, size_t size, int i)
{
	snprintf(line, size, "%d,5;%d,25\n", (int)wave(i), (int)wave(i + 1));
}

static void row_counter(char *line, size_t size, int i)
{
	snprintf(line, size, "%.3f, %d\n", wave(i), i);
}

static void row_rising_counter(char *line, size_t size, int i)
{
	snprintf(line, size, "%.3f, %d\n", i < 12 ? i * i * 1.5 : wave(i), i);
}

static void time_and_value_are_told_apart(void **state)
{
	struct feed *d = *state;

	rows(d, 0, 12, row_time_value);
	assert_int_equal(d->samples, 10);
	assert_int_equal(d->sample[0].cells, 1);
	assert_true(d->sample[0].has_device_us);
	assert_int_equal(d->sample[0].device_us, (48231 + 25) * 1000);
	assert_true(d->sample[0].raw[0] == wave(2));
}

static void several_cells_after_a_time(void **state)
{
	struct feed *d = *state;

	rows(d, 0, 12, row_time_four);
	assert_int_equal(d->samples, 10);
	assert_int_equal(d->sample[0].cells, 4);
	assert_true(d->sample[0].raw[3] == wave(5));
	assert_int_equal(d->sample[1].device_us - d->sample[0].device_us, 100000);
}

static void separators_may_be_tab_blank_or_semicolon(void **state)
{
	struct feed *d = *state;

	rows(d, 0, 12, row_two_tab);
	assert_int_equal(d->samples, 10);
	assert_true(d->sample[0].cells == 2 && d->sample[0].raw[0] == -wave(2) && d->sample[0].raw[1] == wave(7));
	feed_restart(d);
	rows(d, 0, 12, row_spaces);
	assert_int_equal(d->samples, 10);
	assert_true(d->sample[0].cells == 2 && d->sample[0].raw[0] == -wave(2));
	feed_restart(d);
	rows(d, 0, 12, row_decimal_comma);
	assert_int_equal(d->samples, 10);
	assert_true(d->sample[0].cells == 2 && d->sample[0].raw[0] == wave(2) + 0.5);
	assert_true(d->sample[0].raw[1] == wave(3) + 0.25);
}

static void a_comma_is_no_decimal_comma_where_commas_separate(void **state)
{
	struct feed *d = *state;

	for (int i = 0; i < 12; i++) {
		char line[32];

		snprintf(line, sizeof(line), "%d,%d\n", 12 + i % 3, 34 - i % 5);
		feed_text(d, line);
	}
	assert_int_equal(d->samples, 10);
	assert_true(d->sample[0].cells == 2 && d->sample[0].raw[0] == 14 && d->sample[0].raw[1] == 32);
}

static void a_counter_is_no_clock_unless_the_settings_say_so(void **state)
{
	struct feed *d = *state;

	rows(d, 0, 12, row_counter);
	assert_int_equal(d->samples, 10);
	assert_true(d->sample[0].cells == 1 && !d->sample[0].has_device_us);
	d->settings.time_unit = KNEAD_TIME_UNIT_MS;
	feed_restart(d);
	rows(d, 0, 12, row_counter);
	assert_int_equal(d->samples, 10);
	assert_true(d->sample[0].has_device_us);
	assert_int_equal(d->sample[9].device_us - d->sample[0].device_us, 9000);
}

static void a_force_that_rises_beside_a_counter_is_no_clock(void **state)
{
	struct feed *d = *state;

	rows(d, 0, 30, row_rising_counter);
	assert_int_equal(d->samples, 28);
	assert_true(d->sample[0].cells == 1 && !d->sample[0].has_device_us);
	assert_true(d->sample[0].raw[0] == 6);
}

static void names_say_what_is_time_and_what_is_force(void **state)
{
	struct feed *d = *state;

	feed_text(d, "Time,X_Position,Y_Position,Grip_Force,Vertical_Error,Grip_Force_Error\n");
	for (int i = 0; i < 12; i++) {
		char line[100];

		snprintf(
			line, sizeof(line), "%.4f,%.3f,%.2f,%.3f,0,0\n", i * 0.012, 0.11 - i * 0.001, 0.5 * i, wave(i));
		feed_text(d, line);
	}
	assert_int_equal(d->samples, 11);
	assert_true(d->sample[0].cells == 1 && d->sample[0].raw[0] == wave(1));
	assert_int_equal(d->sample[1].device_us - d->sample[0].device_us, 12000);
}

static void quoted_and_empty_fields_are_read(void **state)
{
	static const char *const lines[] = { "time,force,other\n", "1741897520.536212,0.500000,\"\"\n",
		"1741897520.621612,0.500000,\"\"\n", "1741897520.697531,,\"TRIG\"\n",
		"1741897520.797494,0.700000,\"\"\n", "1741897520.878143,0.500000,\"\"\n",
		"1741897520.957270,\"0.9\",\"\"\n", "1741897521.057222,0.500000,\"\"\n",
		"1741897521.157222,0.500000,\"\"\n", "1741897521.257222,nan,\"\"\n",
		"1741897521.357222,0.800000,\"a,b\"\n" };
	struct feed *d = *state;

	for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		feed_text(d, lines[i]);
	assert_string_equal(feed_format(d), "columns");
	assert_int_equal(d->samples, 7);
	assert_int_equal(d->sample[0].device_us, 1741897520621612);
	assert_true(d->sample[1].raw[0] == 0.7 && d->sample[3].raw[0] == 0.9 && d->sample[6].raw[0] == 0.8);
	assert_int_equal(feed_rejects(d, KNEAD_REJECT_BAD_NUMBER), 2);
}

static void a_missing_field_is_an_invalid_cell_not_a_zero(void **state)
{
	struct feed *d = *state;

	rows(d, 0, 12, row_time_four);
	feed_text(d, "99000,12,,3,nan\r\n99100,,,,\r\n");
	assert_int_equal(d->samples, 11);
	assert_int_equal(d->sample[10].invalid_cells, 0xa);
	assert_true(d->sample[10].raw[0] == 12 && d->sample[10].raw[2] == 3);
	assert_int_equal(feed_rejects(d, KNEAD_REJECT_BAD_NUMBER), 1);
}

static void a_wrong_number_of_columns_is_rejected(void **state)
{
	struct feed *d = *state;

	rows(d, 0, 12, row_time_four);
	feed_text(d, "21400,1,2,3\r\n21500,1,2,3,4,5\r\n4\r\n");
	assert_int_equal(d->samples, 10);
	assert_int_equal(feed_rejects(d, KNEAD_REJECT_COLUMNS), 3);
}

static void columns_are_configured_by_name_or_number(void **state)
{
	struct feed *d = *state;

	for (unsigned k = 0; k < 2; k++) {
		d->settings.columns = 2;
		strcpy(d->settings.column[0], k ? "1" : "time[S]");
		strcpy(d->settings.column[1], k ? "4" : "Fz");
		feed_restart(d);
		feed_text(d, "Time[s]\tFx[N]\tFy[N]\tFz[N]\r\n");
		for (int i = 0; i < 12; i++) {
			char line[100];

			snprintf(line, sizeof(line), "%.3f\t1.5\t%d.5\t%.3f\r\n", i * 0.01, i % 2, 400 + wave(i));
			feed_text(d, line);
		}
		assert_int_equal(d->samples, 11);
		assert_true(d->sample[0].cells == 1 && d->sample[0].raw[0] == 400 + wave(1));
		assert_int_equal(d->sample[1].device_us - d->sample[0].device_us, 10000);
		assert_int_equal(frame_unit(d->frame), KNEAD_UNIT_N);
	}
}

static void a_dash_means_that_there_is_no_time_column(void **state)
{
	struct feed *d = *state;

	d->settings.columns = 2;
	strcpy(d->settings.column[0], "-");
	strcpy(d->settings.column[1], "1");
	feed_restart(d);
	rows(d, 0, 12, row_time_value);
	assert_int_equal(d->samples, 10);
	assert_true(!d->sample[0].has_device_us && d->sample[0].raw[0] == 48231 + 25);
}

static void ambiguous_columns_are_refused_in_words(void **state)
{
	struct feed *d = *state;

	feed_text(d, "Time[s]\tFx[N]\tFy[N]\tFz[N]\r\n");
	for (int i = 0; i < 300; i++) {
		char line[100];

		snprintf(line, sizeof(line), "%.3f\t%d.5\t%d.25\t%.3f\r\n", i * 0.01, i % 3, i % 5, 400 + wave(i));
		feed_text(d, line);
	}
	assert_int_equal(d->samples, 0);
	assert_string_equal(feed_format(d), "none");
	assert_non_null(frame_problem(d->frame));
	assert_non_null(strstr(frame_problem(d->frame), "Fx[N] Fy[N] Fz[N]"));
	frame_reset(d->frame);
	assert_null(frame_problem(d->frame));
}

static void cells_settle_what_would_be_a_guess(void **state)
{
	struct feed *d = *state;

	d->settings.cells = 3;
	feed_restart(d);
	feed_text(d, "Time[s]\tFx[N]\tFy[N]\tFz[N]\r\n");
	for (int i = 0; i < 12; i++) {
		char line[100];

		snprintf(line, sizeof(line), "%.3f\t%d.5\t%d.25\t%.3f\r\n", i * 0.01, i % 3, i % 5, 400 + wave(i));
		feed_text(d, line);
	}
	assert_int_equal(d->samples, 11);
	assert_int_equal(d->sample[0].cells, 3);
}

static void a_raw_and_a_scaled_column_are_not_added_up(void **state)
{
	struct feed *d = *state;

	for (int i = 0; i < 20; i++) {
		char line[100];

		snprintf(line, sizeof(line), "%d\t%.2f\r\n", 83000 + (i * 7919) % 501, ((i * 7919) % 501) / 100.0);
		feed_text(d, line);
	}
	assert_int_equal(d->samples, 0);
	assert_non_null(frame_problem(d->frame));
}

static void a_header_in_the_middle_is_no_data_and_no_restart(void **state)
{
	struct feed *d = *state;

	feed_text(d, "time,force\n");
	rows(d, 0, 12, row_time_value);
	feed_text(d, "time,force\n");
	rows(d, 12, 3, row_time_value);
	assert_int_equal(d->samples, 14);
	assert_int_equal(feed_rejects(d, KNEAD_REJECT_TEXT), 1);
	assert_int_equal(frame_stats(d->frame)->restarts, 0);
}

static void a_clock_that_steps_back_is_a_restart_and_costs_one_line(void **state)
{
	struct feed *d = *state;

	rows(d, 0, 20, row_time_four);
	for (int i = 0; i < 12; i++) {
		char line[100];

		snprintf(line, sizeof(line), "%d,%.1f,1.5,2.5,3.5\r\n", 50 + i * 100, wave(i));
		feed_text(d, line);
	}
	assert_int_equal(d->samples, 18 + 11);
	assert_true(d->sample[18].restarted && !d->sample[19].restarted);
	assert_int_equal(d->sample[18].device_us, 150000);
	assert_int_equal(frame_stats(d->frame)->restarts, 1);
}

static void clocks_unwrap_at_the_end_of_their_type(void **state)
{
	static const struct {
		double size;
		int step;
		enum knead_time_unit unit;
	} cases[] = { { 65536, 12, KNEAD_TIME_UNIT_MS }, { 4294967296.0, 12, KNEAD_TIME_UNIT_MS },
		{ 4294967296.0, 12500, KNEAD_TIME_UNIT_US } };
	struct feed *d = *state;

	for (unsigned k = 0; k < 3; k++) {
		d->settings.time_unit = cases[k].unit;
		feed_restart(d);
		for (int i = 0; i < 40; i++) {
			double t = fmod(
				cases[k].size - 20 * cases[k].step + 5.0 + (double)i * cases[k].step, cases[k].size);
			char line[100];

			snprintf(line, sizeof(line), "%.0f %.1f\n", t, wave(i));
			feed_text(d, line);
		}
		assert_int_equal(d->samples, 38);
		assert_int_equal(frame_stats(d->frame)->restarts, 0);
		for (unsigned i = 1; i < 38; i++)
			assert_int_equal(d->sample[i].device_us - d->sample[i - 1].device_us,
				cases[k].step * (cases[k].unit == KNEAD_TIME_UNIT_MS ? 1000 : 1));
	}
}

/* Feeds 12 rows with that first time and step (decimals as given); returns the step in microseconds. */
static int64_t unit_found(struct feed *d, double first, double step, int decimals, int64_t arrival_step_us)
{
	feed_restart(d);
	for (int i = 0; i < 14; i++) {
		char line[100];

		if (arrival_step_us > 0)
			d->rx_us = 1000000 + i * arrival_step_us;
		snprintf(line, sizeof(line), "%.*f,%.2f\n", decimals, first + i * step, wave(i));
		feed_text(d, line);
	}
	assert_int_equal(d->samples, 12);
	assert_true(d->sample[0].has_device_us);
	return d->sample[1].device_us - d->sample[0].device_us;
}

static void the_unit_of_time_follows_from_step_arrival_and_rate(void **state)
{
	struct feed *d = *state;

	assert_int_equal(unit_found(d, 0, 0.0125, 4, 0), 12500);
	assert_int_equal(unit_found(d, 42, 95, 0, 0), 95000);
	assert_int_equal(unit_found(d, 42, 3, 0, 0), 3000);
	assert_int_equal(unit_found(d, 5000000, 12500, 0, 0), 12500);
	assert_int_equal(unit_found(d, 1741897520.5, 0.0125, 6, 0), 12500);
	assert_int_equal(unit_found(d, 1741897520500.0, 12, 0, 0), 12000);
	/* 1000 a row is 1 s in ms, or 1 ms in us: only the arrival tells, or the rate */
	assert_int_equal(unit_found(d, 5000, 1000, 0, 0), 1000000);
	assert_int_equal(unit_found(d, 5000, 1000, 0, 1000000), 1000000);
	assert_int_equal(unit_found(d, 5000, 1000, 0, 2000), 1000);
	d->settings.rate_hz = 1000;
	assert_int_equal(unit_found(d, 5000, 1000, 0, 0), 1000);
	d->settings.rate_hz = 0;
	d->settings.time_unit = KNEAD_TIME_UNIT_US;
	assert_int_equal(unit_found(d, 5000, 1000, 0, 1000000), 1000);
}

static void a_guide_column_that_moves_was_none(void **state)
{
	struct feed *d = *state;

	for (int i = 0; i < 60; i++) {
		char line[100];

		snprintf(line, sizeof(line), "%s\t%.1f\n", i < 30 ? "0" : i % 2 ? "3.5" : "4.5", wave(i));
		feed_text(d, line);
	}
	assert_true(d->sample[0].cells == 1 && d->sample[0].raw[0] == wave(2));
	assert_int_equal(d->sample[d->samples - 1].cells, 2);
	assert_in_range(d->samples, 56, 58);
	assert_int_equal(frame_stats(d->frame)->restarts, 0);
}

static void numbers_of_any_length_are_read_or_refused_safely(void **state)
{
	struct feed *d = *state;
	static const struct {
		const char *line;
		double value;
	} cases[] = { { "-0.012169312169342967\n", -0.012169312169342967 }, { "+5\n", 5 }, { ".5\n", 0.5 },
		{ "5.\n", 5 }, { "1e3\n", 1000 }, { "1.5E-3\n", 0.0015 }, { "123456789012345\n", 123456789012345.0 },
		{ "0.000000000000001\n", 1e-15 }, { "-0\n", 0 }, { "100000000000000000000000\n", 1e23 },
		{ "0.1\n", 0.1 }, { "83121.25\n", 83121.25 }, { "12345678901234567890.5\n", 12345678901234567890.5 },
		{ "1e30\n", 1e30 }, { "1e-400\n", 0 }, { "1e-99999999999\n", 0 } };
	static const char *const bad[] = { "1e999\n", "1e99999999999999999999\n", "1e31\n", "-1e308\n", "inf\n",
		"-nan\n", "ovf\n", "null\n" };

	for (int i = 0; i < 12; i++)
		feed_text(d, i % 2 ? "5.5\n" : "6.5\n");
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		double got;

		feed_text(d, cases[i].line);
		assert_int_equal(d->samples, 11 + i);
		got = d->sample[d->samples - 1].raw[0];
		assert_true(fabs(got - cases[i].value) <= 2e-16 * fabs(cases[i].value));
	}
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		feed_text(d, bad[i]);
	assert_int_equal(feed_rejects(d, KNEAD_REJECT_BAD_NUMBER), sizeof(bad) / sizeof(bad[0]));
}

/* Up to 15 digits the result is the nearest double: that of the C library in the C locale. */
static void numbers_are_rounded_correctly(void **state)
{
	uint64_t seed = 99;

	for (unsigned i = 0; i < 200000; i++) {
		char text[NUMBER_ROOM + 24] = "";
		const uint8_t *end;
		double value = 0, scanned = 0;
		bool plain;
		int n, places;

		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
		places = (int)(seed >> 60 & 7);
		n = snprintf(text, 24, "%s%.*f", seed & 1 ? "-" : "", places,
			(double)(seed >> 20 & 0xffffffff) / (1 << (seed >> 8 & 31) % 20));
		end = (const uint8_t *)text + n;
		assert_ptr_equal(number_parse((const uint8_t *)text, end, &value, &plain), end);
		assert_true(value == strtod(text, NULL));
		assert_ptr_equal(number_scan((const uint8_t *)text, &scanned), end);
		assert_true(value == scanned);
		assert_int_equal(plain, places == 0);
	}
}

/* 600 bytes and more at a time may be decoded where they lie, fewer never. */
static void the_short_way_gives_the_same_as_the_long_way(void **state)
{
	void (*const shapes[])(char *line, size_t size, int i) = { row_time_value, row_time_four, row_two_tab,
		row_spaces, row_decimal_comma, row_counter };
	struct feed *d = *state;

	for (unsigned k = 0; k < sizeof(shapes) / sizeof(shapes[0]); k++) {
		static char text[40000];
		static struct knead_sample first[600];
		struct knead_frame_stats stats;
		size_t n = 0;

		for (int i = 0; i < 500; i++) {
			shapes[k](text + n, 100, i);
			n += strlen(text + n);
		}
		d->chunk = 100;
		feed_restart(d);
		feed_bytes(d, text, n);
		assert_int_equal(d->samples, 498);
		memcpy(first, d->sample, 498 * sizeof(first[0]));
		stats = *frame_stats(d->frame);
		d->chunk = 0;
		feed_restart(d);
		feed_bytes(d, text, n);
		assert_memory_equal(frame_stats(d->frame), &stats, sizeof(stats));
		for (unsigned i = 0; i < 498; i++) {
			assert_int_equal(d->sample[i].device_us, first[i].device_us);
			assert_int_equal(d->sample[i].has_device_us, first[i].has_device_us);
			assert_int_equal(d->sample[i].cells, first[i].cells);
			assert_memory_equal(d->sample[i].raw, first[i].raw, first[i].cells * sizeof(double));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FEED_TEST(time_and_value_are_told_apart),
		FEED_TEST(several_cells_after_a_time),
		FEED_TEST(separators_may_be_tab_blank_or_semicolon),
		FEED_TEST(a_comma_is_no_decimal_comma_where_commas_separate),
		FEED_TEST(a_counter_is_no_clock_unless_the_settings_say_so),
		FEED_TEST(a_force_that_rises_beside_a_counter_is_no_clock),
		FEED_TEST(names_say_what_is_time_and_what_is_force),
		FEED_TEST(quoted_and_empty_fields_are_read),
		FEED_TEST(a_missing_field_is_an_invalid_cell_not_a_zero),
		FEED_TEST(a_wrong_number_of_columns_is_rejected),
		FEED_TEST(columns_are_configured_by_name_or_number),
		FEED_TEST(a_dash_means_that_there_is_no_time_column),
		FEED_TEST(ambiguous_columns_are_refused_in_words),
		FEED_TEST(cells_settle_what_would_be_a_guess),
		FEED_TEST(a_raw_and_a_scaled_column_are_not_added_up),
		FEED_TEST(a_header_in_the_middle_is_no_data_and_no_restart),
		FEED_TEST(a_clock_that_steps_back_is_a_restart_and_costs_one_line),
		FEED_TEST(clocks_unwrap_at_the_end_of_their_type),
		FEED_TEST(the_unit_of_time_follows_from_step_arrival_and_rate),
		FEED_TEST(a_guide_column_that_moves_was_none),
		FEED_TEST(numbers_of_any_length_are_read_or_refused_safely),
		cmocka_unit_test(numbers_are_rounded_correctly),
		FEED_TEST(the_short_way_gives_the_same_as_the_long_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
