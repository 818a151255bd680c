/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "feed.h"

static void use(struct feed *d, const char *template)
{
	strcpy(d->settings.format, "template");
	strcpy(d->settings.line_template, template);
	feed_restart(d);
	feed_text(d, "\n"); /* ends what may have begun before we listened */
}

static void the_value_is_read_and_the_rest_must_match(void **state)
{
	struct feed *d = *state;

	use(d, "W={value} kg;");
	feed_text(d, "W=12.5 kg;\r\nW= -3 kg;\r\nW=4 lb;\r\nX=4 kg;\r\nW=4 kg; \r\n");
	assert_string_equal(feed_format(d), "template");
	assert_int_equal(d->samples, 3);
	assert_true(d->sample[0].raw[0] == 12.5 && d->sample[1].raw[0] == -3 && d->sample[2].raw[0] == 4);
	assert_int_equal(feed_rejects(d, KNEAD_REJECT_TEXT), 2);
}

static void several_values_are_the_cells_in_their_order(void **state)
{
	struct feed *d = *state;

	use(d, "D2,{skip},{value},{value},{skip}");
	feed_text(d, "D2,77,1.5,2.5,ok\nD2,78,1.5,nan,ok\nD2,78,nan,nan,ok\n");
	assert_int_equal(d->samples, 2);
	assert_int_equal(d->sample[0].cells, 2);
	assert_true(d->sample[0].raw[1] == 2.5);
	assert_int_equal(d->sample[1].invalid_cells, 2);
	assert_int_equal(feed_rejects(d, KNEAD_REJECT_BAD_NUMBER), 1);
}

static void blanks_and_skips_are_loose(void **state)
{
	struct feed *d = *state;

	use(d, "S {skip} {value} kg");
	feed_text(d, "S S     12.345 kg\nS   D    -0.5   kg\nS I\n");
	assert_int_equal(d->samples, 2);
	assert_true(d->sample[0].raw[0] == 12.345 && d->sample[1].raw[0] == -0.5);
}

static void the_unit_of_time_is_said_or_found_in_four_lines(void **state)
{
	struct feed *d = *state;

	use(d, "t{time} f{value}");
	feed_text(d, "t100 f1\nt112 f2\nt125 f3\n");
	assert_int_equal(d->samples, 0);
	feed_text(d, "t137 f4\nt150 f5\n");
	assert_int_equal(d->samples, 5);
	assert_int_equal(d->sample[1].device_us - d->sample[0].device_us, 12000);
	d->settings.time_unit = KNEAD_TIME_UNIT_US;
	use(d, "t{time} f{value}");
	feed_text(d, "t100 f1\n");
	assert_int_equal(d->samples, 1);
	assert_int_equal(d->sample[0].device_us, 100);
}

static void a_step_back_of_the_clock_is_a_restart(void **state)
{
	struct feed *d = *state;

	d->settings.time_unit = KNEAD_TIME_UNIT_MS;
	use(d, "{time} {value}");
	feed_text(d, "5000 1\n5012 2\n5025 3\n10 4\n22 5\n35 6\n");
	assert_int_equal(d->samples, 5);
	assert_true(d->sample[3].restarted && d->sample[3].raw[0] == 5);
	assert_int_equal(frame_stats(d->frame)->restarts, 1);
}

static void a_template_without_a_value_never_matches(void **state)
{
	struct feed *d = *state;

	use(d, "Force: {skip}");
	feed_text(d, "Force: 1\nForce: 2\nForce: 3\n");
	assert_int_equal(d->samples, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FEED_TEST(the_value_is_read_and_the_rest_must_match),
		FEED_TEST(several_values_are_the_cells_in_their_order),
		FEED_TEST(blanks_and_skips_are_loose),
		FEED_TEST(the_unit_of_time_is_said_or_found_in_four_lines),
		FEED_TEST(a_step_back_of_the_clock_is_a_restart),
		FEED_TEST(a_template_without_a_value_never_matches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
