/* SPDX-License-Identifier: MIT */
/* The climb: when each of the last levels was first passed, and how low the force fell since. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "climb.h"

static void a_level_reached_after_a_long_stand_just_below_it_is_dated_after_the_stand(void **state)
{
	struct climb c;
	int64_t t_us;

	(void)state;
	climb_init(&c, 0, 8);
	climb_push(&c, 0, 8, 100000, 9);
	climb_push(&c, 100000, 9, 120000000, 9);
	climb_push(&c, 120000000, 9, 120100000, 14);
	assert_true(climb_up_us(&c, 9.1, &t_us));
	assert_in_range(t_us, 120000000, 120010000);
}

static void the_smallest_force_counts_from_any_level_on(void **state)
{
	struct climb c;

	(void)state;
	climb_init(&c, 0, 8);
	for (int i = 8; i < 100; i++) {
		climb_push(&c, i * 100000, i, (i + 1) * 100000, i + 1);
		climb_settle(&c, i);
	}
	climb_push(&c, 11000000, 100, 11100000, 70);
	climb_push(&c, 11100000, 70, 11200000, 100);
	assert_true(fabs(climb_floor_n(&c, 95) - 95) < 0.01); /* not told of yet: it may be the final fall */
	climb_settle(&c, 70);
	assert_true(fabs(climb_floor_n(&c, 95) - 70) < 0.01);
	assert_true(fabs(climb_floor_n(&c, 62) - 62) < 0.01);
	assert_true(climb_floor_n(&c, 20) == 0); /* more than an octave below: not known */
}

static void what_is_far_below_or_never_reached_is_not_known(void **state)
{
	struct climb c;
	int64_t t_us = -1;

	(void)state;
	climb_init(&c, 0, 8);
	climb_push(&c, 0, 8, 1000000, 108);
	assert_false(climb_up_us(&c, 109, &t_us));
	assert_false(climb_up_us(&c, 20, &t_us));
	assert_int_equal(t_us, -1);
	assert_true(climb_up_us(&c, 95, &t_us));
	assert_in_range(t_us, 869000, 871000);
	assert_true(climb_up_us(&c, 7, &t_us));
	assert_int_equal(t_us, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_level_reached_after_a_long_stand_just_below_it_is_dated_after_the_stand),
		cmocka_unit_test(the_smallest_force_counts_from_any_level_on),
		cmocka_unit_test(what_is_far_below_or_never_reached_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
