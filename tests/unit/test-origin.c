/* SPDX-License-Identifier: MIT */
/* Where stream time 0 lies on the host's clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "origin.h"

#define SECOND KNEAD_US_PER_S

/* Samples every 12.5 ms by the device's clock, read every 16 ms; from_s to to_s of stream time. rate: host per device time. */
static void play(struct origin *o, double from_s, double to_s, int64_t origin_us, double rate, bool idle)
{
	for (int64_t t_us = (int64_t)(from_s * SECOND); t_us < (int64_t)(to_s * SECOND); t_us += 12500) {
		int64_t taken_us = origin_us + (int64_t)((double)t_us * rate);

		origin_push(o, t_us, taken_us + 15999 - taken_us % 16000, idle);
	}
}

static void the_first_sample_sets_it_and_batches_do_not_move_it(void **state)
{
	struct origin o;
	int64_t first_us;

	(void)state;
	origin_init(&o);
	assert_true(o.rx_us == KNEAD_RX_UNKNOWN);
	play(&o, 0, 1, 5 * SECOND, 1, true);
	first_us = o.rx_us;
	assert_in_range(first_us, 5 * SECOND, 5 * SECOND + 16000);
	play(&o, 1, 600, 5 * SECOND, 1, true);
	assert_int_equal(o.rx_us, first_us);
}

static void bytes_that_waited_before_the_port_was_opened_do_not_make_times_late(void **state)
{
	struct origin o;

	(void)state;
	origin_init(&o);
	/* a second of samples that all came at 3 s, when the port was opened */
	for (int i = 0; i < 80; i++)
		origin_push(&o, i * 12500, 3 * SECOND, true);
	assert_int_equal(o.rx_us, 3 * SECOND);
	play(&o, 1, 2, 2 * SECOND, 1, true);
	assert_in_range(o.rx_us, 2 * SECOND, 2 * SECOND + 16000);
}

static void a_single_early_arrival_changes_nothing(void **state)
{
	struct origin o;

	(void)state;
	origin_init(&o);
	play(&o, 0, 10, SECOND, 1, true);
	origin_push(&o, 10 * SECOND, 10 * SECOND + SECOND / 2, true);
	assert_in_range(o.rx_us, SECOND, SECOND + 16000);
}

static void a_device_clock_that_is_off_is_followed_while_idle(void **state)
{
	struct origin o;

	(void)state;
	for (int slow = 0; slow < 2; slow++) {
		double rate = slow ? 1.005 : 0.995; /* half a percent: 18 s an hour */
		int64_t now_us;

		origin_init(&o);
		play(&o, 0, 3600, SECOND, rate, true);
		now_us = o.rx_us + (int64_t)3600 * SECOND;
		assert_true(llabs(now_us - (SECOND + (int64_t)(3600 * rate * SECOND))) < SECOND);
	}
}

static void times_hold_still_during_a_contact(void **state)
{
	struct origin o;
	int64_t before_us;

	(void)state;
	origin_init(&o);
	play(&o, 0, 100, SECOND, 1.005, true);
	before_us = o.rx_us;
	play(&o, 100, 400, SECOND, 1.005, false);
	assert_int_equal(o.rx_us, before_us);
}

static void a_file_without_arrival_times_has_none(void **state)
{
	struct origin o;

	(void)state;
	origin_init(&o);
	origin_push(&o, 0, KNEAD_RX_UNKNOWN, true);
	origin_push(&o, 12500, KNEAD_RX_UNKNOWN, true);
	assert_true(o.rx_us == KNEAD_RX_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_sample_sets_it_and_batches_do_not_move_it),
		cmocka_unit_test(bytes_that_waited_before_the_port_was_opened_do_not_make_times_late),
		cmocka_unit_test(a_single_early_arrival_changes_nothing),
		cmocka_unit_test(a_device_clock_that_is_off_is_followed_while_idle),
		cmocka_unit_test(times_hold_still_during_a_contact),
		cmocka_unit_test(a_file_without_arrival_times_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
