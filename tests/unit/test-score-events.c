/* SPDX-License-Identifier: MIT */
/* Event records as they are read for scoring. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "score_events.h"
#include "scratch.h"

static void read_all(void **state, const char *text, struct labels *ret)
{
	char why[256];

	*ret = (struct labels){ 0 };
	scratch_write(*state, "events.jsonl", text);
	assert_int_equal(score_events_read(scratch_path(*state, "events.jsonl"), ret, why, sizeof(why)), 0);
}

static void a_hold_brings_what_it_says_of_the_body_and_null_is_nothing(void **state)
{
	struct labels l;
	const double *number;

	read_all(state,
		"{\"event_type\":\"hold_end\",\"start_s\":1,\"end_s\":41,\"peak_n\":50,\"impulse_ns\":1800.5,"
		"\"breath_per_min\":14.2,\"relax_pct\":7.5,\"softening_s\":null,\"dips\":1}\n",
		&l);
	assert_int_equal(l.count, 1);
	number = l.item[0].details->number;
	assert_true(fabs(number[LABEL_IMPULSE_NS] - 1800.5) < 1e-9);
	assert_true(fabs(number[LABEL_BREATH_PER_MIN] - 14.2) < 1e-9);
	assert_true(fabs(number[LABEL_RELAX_PCT] - 7.5) < 1e-9);
	assert_true(fabs(number[LABEL_DIPS] - 1) < 1e-9);
	assert_true(isnan(number[LABEL_SOFTENING_S]) && isnan(number[LABEL_TRAVEL_MM]));
	labels_deinit(&l);
}

static void the_turns_of_a_roll_are_the_ends_of_its_strokes_but_the_last(void **state)
{
	struct labels l;

	read_all(state,
		"{\"event_type\":\"stroke\",\"roll_id\":1,\"end_s\":3}\n"
		"{\"event_type\":\"stroke\",\"roll_id\":1,\"end_s\":5}\n"
		"{\"event_type\":\"stroke\",\"roll_id\":1,\"end_s\":7}\n"
		"{\"event_type\":\"roll_end\",\"roll_id\":1,\"start_s\":1,\"end_s\":7,\"strokes\":3,\"travel_mm\":180}\n"
		"{\"event_type\":\"stroke\",\"roll_id\":2,\"end_s\":12}\n"
		"{\"event_type\":\"stroke\",\"roll_id\":2,\"end_s\":14}\n"
		"{\"event_type\":\"roll_end\",\"roll_id\":2,\"start_s\":10,\"end_s\":14,\"strokes\":2,\"travel_mm\":null}\n",
		&l);
	assert_int_equal(l.count, 2);
	assert_int_equal(l.item[0].count, 3);
	assert_int_equal(l.item[0].details->reversals, 2);
	assert_true(fabs(l.item[0].details->reversal_s[1] - 5) < 1e-9);
	assert_true(fabs(l.item[0].details->number[LABEL_TRAVEL_MM] - 180) < 1e-9);
	assert_int_equal(l.item[1].details->reversals, 1);
	assert_true(fabs(l.item[1].details->reversal_s[0] - 12) < 1e-9);
	labels_deinit(&l);
}

static void a_roll_of_another_program_that_knows_no_strokes_has_no_turns(void **state)
{
	struct labels l;

	read_all(state, "{\"event_type\":\"roll_end\",\"start_s\":1,\"end_s\":7}\n", &l);
	assert_int_equal(l.count, 1);
	assert_int_equal(l.item[0].details->reversals, 0);
	labels_deinit(&l);
}

static void what_is_no_whole_event_is_passed_over(void **state)
{
	struct labels l;

	read_all(state,
		"{\"event_type\":\"hold_start\",\"start_s\":1}\n\n{\"event_type\":\"session_start\"}\n"
		"{\"event_type\":\"stroke\"}\n{\"event_type\":\"tap\",\"start_s\":1,\"end_s\":1.2}\n",
		&l);
	assert_int_equal(l.count, 1);
	assert_int_equal(l.item[0].kind, LABEL_TAP);
	labels_deinit(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_hold_brings_what_it_says_of_the_body_and_null_is_nothing, scratch_make, scratch_remove),
		cmocka_unit_test_setup_teardown(
			the_turns_of_a_roll_are_the_ends_of_its_strokes_but_the_last, scratch_make, scratch_remove),
		cmocka_unit_test_setup_teardown(
			a_roll_of_another_program_that_knows_no_strokes_has_no_turns, scratch_make, scratch_remove),
		cmocka_unit_test_setup_teardown(what_is_no_whole_event_is_passed_over, scratch_make, scratch_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
