/* SPDX-License-Identifier: MIT */
/* Sets of pulses and presses: each limit just below and at it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sets.h"
#include "told.h"

static struct told t;
static struct sets s;
static uint32_t id;

static void begin(void)
{
	told_init(&t);
	sets_init(&s, &t.emit);
	id = 0;
}

static void pulse(double start_s, double end_s, double level_n)
{
	id++;
	sets_hold(&s, &(struct hold_ended){ .id = id, .start_us = S(start_s), .end_us = S(end_s), .level_n = level_n });
}

static const char *two(double first_s, double gap_s, double second_s, double second_n)
{
	begin();
	pulse(0, first_s, 100);
	pulse(first_s + gap_s, first_s + gap_s + second_s, second_n);
	sets_close(&s);
	return told(&t);
}

static void a_pulse_lasts_5_to_20_s(void **state)
{
	(void)state;
	assert_string_equal(two(5, 2, 20, 100), "27.000 pulse_set_end 2 from 0.0, mean 12.5\n");
	assert_string_equal(two(4.999, 2, 20, 100), "");
	assert_string_equal(two(5, 2, 20.001, 100), "");
}

static void pulses_rest_for_half_a_second_to_10_s(void **state)
{
	(void)state;
	assert_string_equal(two(6, 0.5, 6, 100), "12.500 pulse_set_end 2 from 0.0, mean 6.0\n");
	assert_string_equal(two(6, 0.499, 6, 100), "");
	assert_string_equal(two(6, 10, 6, 100), "22.000 pulse_set_end 2 from 0.0, mean 6.0\n");
	assert_string_equal(two(6, 10.001, 6, 100), "");
}

static void pulses_are_within_35_percent_of_the_first(void **state)
{
	(void)state;
	assert_string_equal(two(6, 2, 6, 134.9), "14.000 pulse_set_end 2 from 0.0, mean 6.0\n");
	assert_string_equal(two(6, 2, 6, 135.1), "");
	assert_string_equal(two(6, 2, 6, 65.1), "14.000 pulse_set_end 2 from 0.0, mean 6.0\n");
	assert_string_equal(two(6, 2, 6, 64.9), "");
}

static void a_set_carries_the_flags_and_numbers_of_its_pulses_alone(void **state)
{
	const struct knead_pulse_set_fields *f = &t.out[0].pulse_set;

	(void)state;
	begin();
	sets_hold(&s, &(struct hold_ended){ .id = 4, .end_us = S(30), .flags = KNEAD_FLAG_SPIKE });
	for (uint32_t i = 0; i < 3; i++)
		sets_hold(&s, &(struct hold_ended){ .id = 5 + i,
				      .start_us = S(32 + 8 * i),
				      .end_us = S(38 + 8 * i),
				      .level_n = 100,
				      .flags = i == 1 ? KNEAD_FLAG_GAP : 0 });
	sets_close(&s);
	assert_int_equal(t.emit.n, 1);
	assert_int_equal(t.out[0].flags, KNEAD_FLAG_GAP);
	assert_int_equal(f->pulses, 3);
	assert_true(f->hold_ids[0] == 5 && f->hold_ids[1] == 6 && f->hold_ids[2] == 7 && f->hold_ids[3] == 0);
}

static void a_set_is_told_when_nothing_can_join_it(void **state)
{
	(void)state;
	begin();
	pulse(0, 6, 100);
	pulse(8, 14, 100);
	sets_advance(&s, S(24), S(24), S(24)); /* nothing open, 10 s on */
	assert_string_equal(told(&t), "");
	sets_advance(&s, S(35), S(35), S(24)); /* a hold that began then may be a pulse */
	assert_string_equal(told(&t), "");
	sets_advance(&s, S(46.1), S(46.1), S(24)); /* no more */
	assert_string_equal(told(&t), "14.000 pulse_set_end 2 from 0.0, mean 6.0\n");
	sets_close(&s);
	assert_string_equal(told(&t), "");
}

static void presses_follow_within_3_s(void **state)
{
	static const double gaps_s[] = { 3, 3.001 };
	static const char *const expected[] = { "9.000 press_set_end 3 from 0.0\n", "" };

	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		begin();
		sets_press(&s, S(0), S(1), 0);
		sets_press(&s, S(4), S(5), 0);
		sets_press(&s, S(5 + gaps_s[i]), S(9), 0);
		sets_close(&s);
		assert_string_equal(told(&t), expected[i]);
	}
}

static void two_presses_are_no_set(void **state)
{
	(void)state;
	begin();
	sets_press(&s, S(0), S(1), 0);
	sets_press(&s, S(2), S(3), 0);
	sets_advance(&s, S(7), S(7), S(7));
	sets_press(&s, S(7.5), S(8), 0);
	sets_close(&s);
	assert_string_equal(told(&t), "");
}

static void more_pulses_than_have_room_are_counted(void **state)
{
	(void)state;
	begin();
	for (uint32_t i = 0; i < KNEAD_PULSES_MAX + 4; i++)
		pulse(10 * i, 10 * i + 6, 100);
	sets_close(&s);
	assert_int_equal(t.out[0].pulse_set.pulses, KNEAD_PULSES_MAX + 4);
	assert_int_equal(t.out[0].pulse_set.hold_ids[KNEAD_PULSES_MAX - 1], KNEAD_PULSES_MAX);
}

/* Of the first event told, in percent. */
static long sure_pct(void)
{
	return lround(100 * t.out[0].confidence);
}

static void a_set_is_half_sure_at_a_limit_and_wholly_far_from_all(void **state)
{
	(void)state;
	two(10, 2, 10, 100);
	assert_int_equal(sure_pct(), 100);
	two(5, 2, 10, 100);
	assert_int_equal(sure_pct(), 50);
	two(10, 10, 10, 100);
	assert_int_equal(sure_pct(), 50);
	two(10, 2, 10, 135);
	assert_int_equal(sure_pct(), 50);
	two(10, 2, 10, 127);
	assert_in_range(sure_pct(), 70, 76);
	begin();
	for (int i = 0; i < 3; i++)
		sets_press(&s, S(i * 4.0), S(i * 4.0 + 1), 0); /* 3 s between them */
	sets_close(&s);
	assert_int_equal(sure_pct(), 50);
	begin();
	for (int i = 0; i < 3; i++)
		sets_press(&s, S(i * 2.0), S(i * 2.0 + 1), i == 1 ? KNEAD_FLAG_GAP : 0);
	sets_close(&s);
	assert_int_equal(sure_pct(), 80); /* spoilt by a gap in one of them */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pulse_lasts_5_to_20_s),
		cmocka_unit_test(pulses_rest_for_half_a_second_to_10_s),
		cmocka_unit_test(pulses_are_within_35_percent_of_the_first),
		cmocka_unit_test(a_set_carries_the_flags_and_numbers_of_its_pulses_alone),
		cmocka_unit_test(a_set_is_told_when_nothing_can_join_it),
		cmocka_unit_test(presses_follow_within_3_s),
		cmocka_unit_test(two_presses_are_no_set),
		cmocka_unit_test(a_set_is_half_sure_at_a_limit_and_wholly_far_from_all),
		cmocka_unit_test(more_pulses_than_have_room_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
