/* SPDX-License-Identifier: MIT */
/* Edges: first time upwards, last time downwards, through any level; and nothing where that never happened. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edges.h"

#define NEAR_US 200 /* two ticks */

static void a_rise_and_a_fall_are_dated_at_any_level(void **state)
{
	struct edges e;
	int64_t t_us;

	(void)state;
	edges_init(&e, 1000000, 0);
	edges_push(&e, 1000000, 0, 2000000, 200);
	edges_push(&e, 2000000, 200, 5000000, 200);
	edges_push(&e, 5000000, 200, 6000000, 0);
	assert_true(edges_up_us(&e, 100, &t_us));
	assert_in_range(t_us, 1500000 - NEAR_US, 1500000 + NEAR_US);
	assert_true(edges_down_us(&e, 50, &t_us));
	assert_in_range(t_us, 5750000 - NEAR_US, 5750000 + NEAR_US);
}

static void the_first_rise_and_the_last_fall_count(void **state)
{
	struct edges e;
	int64_t t_us;

	(void)state;
	edges_init(&e, 0, 0);
	for (int64_t s = 0; s < 8; s += 2) {
		edges_push(&e, s * 1000000, 0, (s + 1) * 1000000, 128);
		edges_push(&e, (s + 1) * 1000000, 128, (s + 2) * 1000000, 0);
	}
	assert_true(edges_up_us(&e, 64, &t_us));
	assert_in_range(t_us, 500000 - NEAR_US, 500000 + NEAR_US);
	assert_true(edges_down_us(&e, 64, &t_us));
	assert_in_range(t_us, 7500000 - NEAR_US, 7500000 + NEAR_US);
}

static void what_never_happened_has_no_time(void **state)
{
	struct edges e;
	int64_t t_us = -1;

	(void)state;
	edges_init(&e, 0, 20);
	edges_push(&e, 0, 20, 1000000, 103);
	edges_push(&e, 1000000, 103, 2000000, 97); /* in the cell of the grid that is the highest one reached */
	assert_false(edges_up_us(&e, 120, &t_us));
	assert_false(edges_down_us(&e, 90, &t_us));
	assert_false(edges_down_us(&e, 99, &t_us));
	assert_int_equal(t_us, -1);
}

static void a_contact_of_a_weekend_still_has_its_onset(void **state)
{
	struct edges e;
	int64_t t_us, hour_us = INT64_C(3600000000);

	(void)state;
	edges_init(&e, 0, 0);
	edges_push(&e, 0, 0, 1000000, 100);
	for (int64_t h = 0; h < 72; h++)
		edges_push(&e, h * hour_us + 1000000, 100, (h + 1) * hour_us, 100);
	edges_push(&e, 72 * hour_us, 100, 72 * hour_us + 1000000, 0);
	assert_true(edges_up_us(&e, 50, &t_us));
	assert_in_range(t_us, 500000 - NEAR_US, 500000 + NEAR_US);
	assert_true(edges_down_us(&e, 50, &t_us)); /* beyond what a tick can say: not after the end, not undefined */
	assert_in_range(t_us, 0, 72 * hour_us + 1000000);
}

static void a_ramp_after_hours_is_as_exact_as_one_at_the_start(void **state)
{
	struct edges e;
	int64_t low_us, high_us, begin_us = INT64_C(3) * 3600000000, end_us = 2 * begin_us;

	(void)state;
	edges_init(&e, 0, 9);
	edges_push(&e, 0, 9, begin_us, 9);
	edges_push(&e, begin_us, 9, begin_us + 1000000, 109);
	edges_push(&e, begin_us + 1000000, 109, end_us, 109);
	edges_push(&e, end_us, 109, end_us + 1000000, 9);
	assert_true(edges_up_us(&e, 20, &low_us));
	assert_true(edges_up_us(&e, 90, &high_us));
	assert_in_range(high_us - low_us, 700000 - 3 * NEAR_US, 700000 + 3 * NEAR_US);
	assert_in_range(low_us, begin_us / 4000 * 3999, begin_us + 110000 + NEAR_US);
	assert_true(edges_down_us(&e, 20, &low_us));
	assert_true(edges_down_us(&e, 90, &high_us));
	assert_in_range(low_us, end_us + 890000 - NEAR_US, end_us + 890000 + NEAR_US);
	assert_in_range(low_us - high_us, 700000 - 3 * NEAR_US, 700000 + 3 * NEAR_US);
}

static void a_fall_begins_where_the_force_stood_before_it(void **state)
{
	struct edges e;
	struct edges_fall fall;

	(void)state;
	edges_init(&e, 0, 0);
	edges_push(&e, 0, 0, 1000000, 120);
	edges_push(&e, 1000000, 120, 2000000, 84); /* 90 of 100 is passed here ... */
	edges_push(&e, 2000000, 84, 9000000, 84);
	edges_push(&e, 9000000, 84, 9200000, 0); /* ... and this is the fall */
	assert_true(edges_fall(&e, 90, 10, 84, &fall));
	assert_true(fabs(fall.high_n - 84) < 0.01);
	assert_in_range(fall.high_us, 8990000, 9010000);
	assert_in_range(fall.low_us, 9170000, 9180000);
}

static void a_slow_fall_is_one(void **state)
{
	struct edges e;
	struct edges_fall fall;

	(void)state;
	edges_init(&e, 0, 0);
	edges_push(&e, 0, 0, 1000000, 100);
	edges_push(&e, 1000000, 100, 9000000, 100);
	edges_push(&e, 9000000, 100, 19000000, 0);
	assert_true(edges_fall(&e, 90, 10, 100, &fall));
	assert_in_range(fall.high_us, 9990000, 10010000);
	assert_in_range(fall.low_us, 17990000, 18010000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rise_and_a_fall_are_dated_at_any_level),
		cmocka_unit_test(the_first_rise_and_the_last_fall_count),
		cmocka_unit_test(what_never_happened_has_no_time),
		cmocka_unit_test(a_fall_begins_where_the_force_stood_before_it),
		cmocka_unit_test(a_slow_fall_is_one),
		cmocka_unit_test(a_contact_of_a_weekend_still_has_its_onset),
		cmocka_unit_test(a_ramp_after_hours_is_as_exact_as_one_at_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
