/* SPDX-License-Identifier: MIT */
/* When a hold is one by the prior alone: swings of a size, in a row. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "doubt.h"

/* Cycles of 100 +- half, each of that many seconds; four swings of 15 are asked for. */
static bool doubted(double half, double cycle_s, double cycles)
{
	struct doubt d;

	doubt_begin(&d);
	for (int i = 0; i <= cycles * cycle_s * 100; i++)
		doubt_push(&d, i * 10000LL, 100 - half * cos(2 * M_PI * i / 100 / cycle_s), 15, 4);
	return d.by_prior;
}

static void four_swings_of_the_size_are_doubted_three_are_not(void **state)
{
	(void)state;
	assert_true(doubted(8, 4, 2));
	assert_false(doubted(8, 4, 1.5));
	assert_true(doubted(30, 4, 2));
}

static void smaller_swings_are_not(void **state)
{
	(void)state;
	assert_true(doubted(7.6, 4, 4));
	assert_false(doubted(7.4, 4, 4));
}

static void slower_and_quicker_ones_than_strokes_are_not(void **state)
{
	(void)state;
	assert_true(doubted(8, 12, 4));
	assert_false(doubted(8, 14, 4));
	assert_true(doubted(20, 0.8, 20));
	assert_false(doubted(20, 0.6, 20));
}

static void a_roll_settles_it(void **state)
{
	struct doubt d;

	(void)state;
	doubt_begin(&d);
	for (uint32_t i = 0; i < 8; i++)
		doubt_push(&d, i * 1000000, i % 2 ? 120 : 80, 15, 4);
	assert_true(d.by_prior);
	doubt_settle(&d, false);
	assert_false(d.by_prior);
	doubt_settle(&d, true);
	assert_true(d.by_prior);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(four_swings_of_the_size_are_doubted_three_are_not),
		cmocka_unit_test(smaller_swings_are_not),
		cmocka_unit_test(slower_and_quicker_ones_than_strokes_are_not),
		cmocka_unit_test(a_roll_settles_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
