/* SPDX-License-Identifier: MIT */
/* Impacts on scripts of force (script.h), at 1000 samples/s or as said: drops, and what is a tap or a press instead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "script.h"

static const char *run(double rate_hz, const char *words)
{
	static struct script s;

	script_init(&s);
	memset(&s.detect, 0, sizeof s.detect);
	s.rate_hz = rate_hz;
	return script_run(&s, words);
}

static bool is(const char *text, const char *type, const char *other)
{
	return strstr(text, type) && !strstr(text, other);
}

static void a_peak_in_under_15_ms_that_is_gone_is_an_impact(void **state)
{
	(void)state;
	assert_true(is(run(1000, "1:0 0.008>200 0.03>0 2:0"), " impact", " tap"));
	assert_true(is(run(1000, "1:0 0.05>200 0.05>0 2:0"), " tap", " impact"));
}

static void a_quick_peak_that_stays_is_a_press(void **state)
{
	(void)state;
	assert_true(is(run(1000, "1:0 0.008>200 0.2>80 0.4:80 0.05>0 2:0"), " press", " impact"));
}

static void ringing_below_zero_is_an_impact_however_slow_its_peak(void **state)
{
	(void)state;
	assert_true(is(run(1000, "1:0 0.02>150 0.03>-40 0.02>0 2:0"), " impact", " tap"));
	assert_true(is(run(1000, "1:0 0.02>150 0.03>-6 0.02>0 2:0"), " tap", " impact"));
}

static void bounces_are_one_impact(void **state)
{
	const char *text = run(1000, "1:0 0.005>300 0.02>0 0.05:0 0.005>120 0.02>0 0.05:0 0.005>50 0.02>0 2:0");
	const char *first = strstr(text, " impact");

	(void)state;
	assert_non_null(first);
	assert_null(strstr(first + 1, " impact"));
	assert_null(strstr(text, " tap"));
	assert_non_null(strstr(text, "session_start"));
}

static void below_200_samples_a_second_a_drop_is_a_tap(void **state)
{
	(void)state;
	assert_true(is(run(100, "1:0 0.01>200 0.03:150 0.03>0 2:0"), " tap", " impact"));
}

static void a_touch_too_light_for_a_contact_is_handling(void **state)
{
	(void)state;
	assert_string_equal(run(1000, "1:0 0.003>12 0.006>0 2:0"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_peak_in_under_15_ms_that_is_gone_is_an_impact),
		cmocka_unit_test(a_quick_peak_that_stays_is_a_press),
		cmocka_unit_test(ringing_below_zero_is_an_impact_however_slow_its_peak),
		cmocka_unit_test(bounces_are_one_impact),
		cmocka_unit_test(below_200_samples_a_second_a_drop_is_a_tap),
		cmocka_unit_test(a_touch_too_light_for_a_contact_is_handling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
