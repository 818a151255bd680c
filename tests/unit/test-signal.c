/* SPDX-License-Identifier: MIT */
/* What the machines look at: slope, crossings, and the place of the contact by each geometry. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "signal.h"

#define SLOPE_N_PER_S 200.0

static void a_ramp_has_the_same_slope_at_every_rate(void **state)
{
	static const double rates_hz[] = { 5, 10, 80, 320, 1000 };

	for (size_t i = 0; i < sizeof rates_hz / sizeof rates_hz[0]; i++) {
		struct knead_settings settings;
		struct signal s;

		knead_settings_init(&settings, KNEAD_PROFILE_BALL);
		signal_init(&s, &settings);
		signal_set_period(&s, 1e6 / rates_hz[i]);
		for (int n = 0; n < 2 * rates_hz[i]; n++) {
			struct force force = { .t_us = (int64_t)(n * 1e6 / rates_hz[i]) };

			force.sum_n = SLOPE_N_PER_S * knead_us_to_s(force.t_us);
			signal_push(&s, &force, false, true);
		}
		assert_true(fabs(s.slope_n_per_s - SLOPE_N_PER_S) < 0.01 * SLOPE_N_PER_S);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ramp_has_the_same_slope_at_every_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
