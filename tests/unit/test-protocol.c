/* SPDX-License-Identifier: MIT */
/* Guided protocols, step by step; told says: time, event, step/of, done/target, completed, confidence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocol.h"
#include "told.h"

static struct told t;
static struct knead_protocol settings;
static struct protocol p;

static void begin(uint32_t steps, const struct knead_step *step)
{
	told_init(&t);
	memset(&settings, 0, sizeof settings);
	snprintf(settings.name, sizeof settings.name, "mine");
	settings.steps = steps;
	memcpy(settings.step, step, steps * sizeof *step);
	protocol_init(&p, &settings, &t.emit);
}

static void hold(double start_s, double end_s)
{
	protocol_hold(&p, &(struct hold_ended){ .start_us = S(start_s), .end_us = S(end_s) });
}

/* Strokes that end at these times, the last one 0. */
static void strokes(const double *end_s)
{
	for (; *end_s > 0; end_s++)
		protocol_stroke(&p, S(*end_s));
}

static const struct knead_step hold30 = { .kind = KNEAD_STEP_HOLD, .seconds = 30, .seconds_max = 30 };
static const struct knead_step lean = { .kind = KNEAD_STEP_HOLD, .seconds = 30, .seconds_max = 60 };
static const struct knead_step stretch = { .kind = KNEAD_STEP_STROKES, .count_min = 3, .count = 5 };
static const struct knead_step compress_stretch[] = {
	{ .kind = KNEAD_STEP_HOLD, .seconds = 30, .seconds_max = 30 },
	{ .kind = KNEAD_STEP_STROKES, .count_min = 3, .count = 5, .within_s = 60 },
};

static void a_hold_is_done_when_it_has_lasted_its_time_and_not_before(void **state)
{
	(void)state;
	begin(1, &hold30);
	assert_false(protocol_due(&p, S(29.999)));
	assert_true(protocol_due(&p, S(30)));
	assert_true(protocol_holding(&p, S(10), S(30.01)) == S(30));
	assert_string_equal(
		told(&t), "40.000 protocol_step 1/1 1/1 completed 1.00\n40.000 protocol_done 1/1 1/1 completed 1.00\n");
	assert_true(protocol_now(&p).completed && protocol_now(&p).done == 1);
	hold(10, 55);
	assert_string_equal(told(&t), "");
	hold(60, 89.9);
	assert_string_equal(told(&t), "");
}

static void a_hold_that_could_not_be_told_while_it_lasted_is_told_at_its_end(void **state)
{
	(void)state;
	begin(1, &hold30);
	hold(10, 39.999);
	assert_string_equal(told(&t), "");
	hold(50, 85);
	assert_string_equal(
		told(&t), "80.000 protocol_step 1/1 1/1 completed 1.00\n80.000 protocol_done 1/1 1/1 completed 1.00\n");
}

static void a_range_is_told_at_its_least_and_done_at_its_most_or_at_the_end(void **state)
{
	(void)state;
	begin(1, &lean);
	assert_true(protocol_holding(&p, S(10), S(30)) == S(30));
	assert_string_equal(told(&t), "40.000 protocol_step 1/1 1/1 1.00\n");
	assert_false(protocol_now(&p).completed);
	hold(10, 50);
	assert_string_equal(
		told(&t), "50.000 protocol_step 1/1 1/1 completed 1.00\n50.000 protocol_done 1/1 1/1 completed 1.00\n");
	protocol_contact(&p, S(60), S(50));
	assert_true(protocol_holding(&p, S(60), S(30)) == S(30));
	assert_true(protocol_holding(&p, S(60), S(60)) == S(60));
	hold(60, 200);
	assert_string_equal(told(&t),
		"90.000 protocol_step 1/1 1/1 1.00\n120.000 protocol_step 1/1 1/1 completed 1.00\n"
		"120.000 protocol_done 1/1 1/1 completed 1.00\n");
}

static void one_hold_counts_for_one_step(void **state)
{
	static const struct knead_step twice[] = {
		{ .kind = KNEAD_STEP_HOLD, .seconds = 5, .seconds_max = 5 },
		{ .kind = KNEAD_STEP_HOLD, .seconds = 10, .seconds_max = 10 },
	};

	(void)state;
	begin(2, twice);
	assert_true(protocol_holding(&p, S(1), S(5)) == S(5));
	assert_true(protocol_holding(&p, S(1), S(30)) == 0);
	hold(1, 31);
	assert_string_equal(told(&t), "6.000 protocol_step 1/2 1/1 completed 1.00\n");
	hold(40, 50);
	assert_string_equal(told(&t), "50.000 protocol_step 2/2 1/1 completed 1.00\n"
				      "50.000 protocol_done 2/2 1/1 completed 1.00\n");
}

static void pulses_near_their_length_are_good_and_far_from_it_none(void **state)
{
	static const struct knead_step pulses = {
		.kind = KNEAD_STEP_PULSES, .seconds = 10, .count = 9, .count_min = 9
	};
	static const double lengths_s[] = { 5.999, 6, 8, 10, 12, 13, 14, 14.001 };

	(void)state;
	begin(1, &pulses);
	for (uint32_t i = 0; i < sizeof lengths_s / sizeof lengths_s[0]; i++)
		hold(20 * i, 20 * i + lengths_s[i]);
	assert_string_equal(told(&t), "26.000 protocol_step 1/1 1/9 0.50\n48.000 protocol_step 1/1 2/9 1.00\n"
				      "70.000 protocol_step 1/1 3/9 1.00\n92.000 protocol_step 1/1 4/9 1.00\n"
				      "113.000 protocol_step 1/1 5/9 0.75\n134.000 protocol_step 1/1 6/9 0.50\n");
}

static void strokes_are_done_at_the_most_or_when_nothing_follows_the_least(void **state)
{
	(void)state;
	begin(1, &stretch);
	strokes((const double[]){ 1, 2, 0 });
	protocol_advance(&p, S(20), S(2), false);
	told(&t);
	strokes((const double[]){ 21, 0 });
	told(&t);
	protocol_advance(&p, S(23.9), S(21), false);
	assert_string_equal(told(&t), "");
	protocol_advance(&p, S(24), INT64_MAX, true);
	assert_string_equal(told(&t), "");
	protocol_advance(&p, S(24), S(21), false);
	assert_string_equal(told(&t), "21.000 protocol_step 1/1 3/5 completed 1.00\n"
				      "21.000 protocol_done 1/1 3/5 completed 1.00\n");
}

static void strokes_that_go_on_after_the_last_belong_to_the_same(void **state)
{
	(void)state;
	begin(1, &stretch);
	strokes((const double[]){ 1, 2, 3, 4, 5, 0 });
	assert_non_null(strstr(told(&t), "5.000 protocol_done 1/1 5/5 completed"));
	protocol_contact(&p, S(6), S(5));
	strokes((const double[]){ 7, 0 });
	protocol_contact(&p, S(9.9), S(7));
	strokes((const double[]){ 11, 0 });
	assert_string_equal(told(&t), "");
	protocol_close(&p);
	assert_string_equal(told(&t), "");
	/* after a pause it begins anew */
	protocol_contact(&p, S(14), S(11));
	strokes((const double[]){ 15, 0 });
	assert_string_equal(told(&t), "15.000 protocol_step 1/1 1/5 1.00\n");
}

static void strokes_in_time_are_counted_from_the_end_of_the_hold(void **state)
{
	(void)state;
	begin(2, compress_stretch);
	protocol_holding(&p, S(0), S(30));
	protocol_advance(&p, S(100), INT64_MAX, false); /* it is still held: the time has not begun */
	hold(0, 101);
	strokes((const double[]){ 159, 160, 161, 0 });
	protocol_advance(&p, S(161.1), S(161), false);
	assert_non_null(strstr(told(&t), "161.000 protocol_done 2/2 3/5 completed"));
}

static void strokes_too_late_end_the_protocol_unfinished(void **state)
{
	(void)state;
	begin(2, compress_stretch);
	hold(0, 31);
	told(&t);
	strokes((const double[]){ 89, 90, 0 });
	told(&t);
	protocol_advance(&p, S(91), S(90), false);
	assert_string_equal(told(&t), "");
	/* what is open may hold a stroke that ended in time */
	protocol_advance(&p, S(91.1), INT64_MAX, true);
	assert_string_equal(told(&t), "");
	strokes((const double[]){ 91.2, 0 });
	assert_string_equal(told(&t), "91.000 protocol_done 2/2 2/5 1.00\n");
	assert_int_equal(protocol_now(&p).step, 1);
	/* the same without any further touch */
	begin(2, compress_stretch);
	hold(0, 31);
	told(&t);
	protocol_advance(&p, S(91.1), S(31), false);
	assert_string_equal(told(&t), "91.000 protocol_done 2/2 0/5 1.00\n");
}

static void a_rest_lasts_without_touch_and_may_come_first(void **state)
{
	static const struct knead_step steps[] = {
		{ .kind = KNEAD_STEP_REST, .seconds = 5 },
		{ .kind = KNEAD_STEP_HOLD, .seconds = 4, .seconds_max = 4 },
		{ .kind = KNEAD_STEP_REST, .seconds = 3 },
	};

	(void)state;
	begin(3, steps);
	protocol_advance(&p, S(100), S(0), false); /* nobody is there: nothing to tell */
	protocol_contact(&p, S(4.9), S(0));
	hold(4.9, 10);
	assert_string_equal(told(&t), "");
	protocol_contact(&p, S(15), S(10));
	assert_string_equal(told(&t), "15.000 protocol_step 1/3 1/1 completed 1.00\n");
	hold(15, 20);
	assert_string_equal(told(&t), "19.000 protocol_step 2/3 1/1 completed 1.00\n");
	protocol_advance(&p, S(22.9), S(20), false);
	protocol_advance(&p, S(23.5), INT64_MAX, false); /* touched: the rest begins again */
	protocol_advance(&p, S(25.9), S(23), false);
	assert_string_equal(told(&t), "");
	protocol_advance(&p, S(26), S(23), false);
	assert_string_equal(told(&t), "26.000 protocol_step 3/3 1/1 completed 1.00\n"
				      "26.000 protocol_done 3/3 1/1 completed 1.00\n");
}

static void the_end_of_the_session_ends_it_unfinished_and_the_next_begins_anew(void **state)
{
	(void)state;
	begin(1, &stretch);
	protocol_close(&p);
	assert_string_equal(told(&t), "");
	strokes((const double[]){ 1, 0 });
	told(&t);
	protocol_close(&p);
	assert_string_equal(told(&t), "1.000 protocol_done 1/1 1/5 1.00\n");
	strokes((const double[]){ 200, 0 });
	assert_string_equal(told(&t), "200.000 protocol_step 1/1 1/5 1.00\n");
}

static void what_is_expected_is_what_the_next_contact_is_for(void **state)
{
	(void)state;
	begin(0, &hold30);
	assert_int_equal(protocol_expects(&p, 0), PROTOCOL_EXPECTS_NOTHING);
	assert_int_equal(protocol_now(&p).step, 0);
	begin(2, compress_stretch);
	assert_int_equal(protocol_expects(&p, 0), PROTOCOL_EXPECTS_HOLD);
	hold(0, 31);
	assert_int_equal(protocol_expects(&p, S(32)), PROTOCOL_EXPECTS_STROKES);
	strokes((const double[]){ 33, 34, 35, 36, 37, 0 });
	assert_int_equal(protocol_expects(&p, S(38)), PROTOCOL_EXPECTS_STROKES);
	assert_int_equal(protocol_expects(&p, S(40)), PROTOCOL_EXPECTS_HOLD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hold_is_done_when_it_has_lasted_its_time_and_not_before),
		cmocka_unit_test(a_hold_that_could_not_be_told_while_it_lasted_is_told_at_its_end),
		cmocka_unit_test(a_range_is_told_at_its_least_and_done_at_its_most_or_at_the_end),
		cmocka_unit_test(one_hold_counts_for_one_step),
		cmocka_unit_test(pulses_near_their_length_are_good_and_far_from_it_none),
		cmocka_unit_test(strokes_are_done_at_the_most_or_when_nothing_follows_the_least),
		cmocka_unit_test(strokes_that_go_on_after_the_last_belong_to_the_same),
		cmocka_unit_test(strokes_in_time_are_counted_from_the_end_of_the_hold),
		cmocka_unit_test(strokes_too_late_end_the_protocol_unfinished),
		cmocka_unit_test(a_rest_lasts_without_touch_and_may_come_first),
		cmocka_unit_test(the_end_of_the_session_ends_it_unfinished_and_the_next_begins_anew),
		cmocka_unit_test(what_is_expected_is_what_the_next_contact_is_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
