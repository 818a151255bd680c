/* SPDX-License-Identifier: MIT */
/* Percussion on scripts of force (script.h): what counts as one, from where to where, and what it makes of the contact. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "script.h"

static struct script s;

static const char *run(double rate_hz, const char *words)
{
	script_init(&s);
	memset(&s.detect, 0, sizeof s.detect);
	s.rate_hz = rate_hz;
	return script_run(&s, words);
}

/* The fields of the percussion_end among the events; none: all 0. */
static struct knead_percussion_fields percussion(double rate_hz, const char *words, uint32_t *ret_count)
{
	struct knead_percussion_fields found = { 0 };
	char copy[512], *save = NULL;

	script_init(&s);
	memset(&s.detect, 0, sizeof s.detect);
	s.rate_hz = rate_hz;
	script_run(&s, "");
	snprintf(copy, sizeof copy, "%s", words);
	*ret_count = 0;
	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		s.length = 0;
		s.text[0] = '\0';
		script_word(&s, word);
		if (strstr(s.text, "percussion_end")) {
			/* the newest events are still in out */
			for (size_t i = 0; i < 8; i++)
				if (s.out[i].type == KNEAD_EVENT_PERCUSSION_END)
					found = s.out[i].percussion;
			++*ret_count;
		}
	}
	return found;
}

static void only_15_to_65_cycles_a_second_are_percussion(void **state)
{
	static const struct {
		double hz;
		uint32_t told;
	} cases[] = { { 13.5, 0 }, { 16, 1 }, { 63, 1 }, { 75, 0 }, { 80, 0 } };
	static const double sample_rates_hz[] = { 400, 1000 };

	(void)state;
	for (uint32_t i = 0; i < 5; i++)
		for (uint32_t k = 0; k < 2; k++) {
			char words[128];
			uint32_t count;

			snprintf(words, sizeof words, "1:0 0.1>30 4~60,30,%.9g 0.1>0 2:0", 1 / cases[i].hz);
			percussion(sample_rates_hz[k], words, &count);
			if (count != cases[i].told)
				fail_msg("%g Hz at %g samples/s", cases[i].hz, sample_rates_hz[k]);
		}
}

static void a_gun_is_told_with_its_rate_load_and_span(void **state)
{
	static const double rates_hz[] = { 20, 33.3, 50 };

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		struct knead_percussion_fields f;
		char words[128];
		uint32_t count;

		snprintf(words, sizeof words, "1:0 0.1>30 4~60,30,%g 0.1>0 2:0", 1 / rates_hz[i]);
		f = percussion(1000, words, &count);
		assert_int_equal(count, 1);
		assert_true(fabs(f.rate_hz - rates_hz[i]) < 0.02 * rates_hz[i]);
		assert_true(fabs(f.mean_n - 60) < 3);
		assert_true(llabs(f.start_us - knead_s_to_us(1.1)) < 100000);
		assert_true(llabs(f.end_us - knead_s_to_us(5.1)) < 100000);
	}
}

static void it_is_neither_hold_nor_roll_nor_press(void **state)
{
	const char *text = run(1000, "1:0 0.1>30 4~60,30,0.03 0.1>0 2:0");

	(void)state;
	assert_non_null(strstr(text, "percussion_end"));
	assert_null(strstr(text, "hold"));
	assert_null(strstr(text, "roll"));
	assert_null(strstr(text, "press"));
}

static void half_a_second_of_it_is_the_least(void **state)
{
	(void)state;
	assert_null(strstr(run(1000, "1:0 0.1>60 1:60 0.36~60,20,0.03 1:60 0.1>0 2:0"), "percussion"));
	assert_non_null(strstr(run(1000, "1:0 0.1>60 1:60 0.69~60,20,0.03 1:60 0.1>0 2:0"), "percussion_end"));
}

static void slower_shaking_and_trembling_are_none(void **state)
{
	(void)state;
	assert_null(strstr(run(1000, "1:0 0.1>60 5~60,10,0.1 0.1>0 2:0"), "percussion"));
	assert_null(strstr(run(1000, "1:0 0.1>60 5~60,2,0.03 0.1>0 2:0"), "percussion"));
}

static void below_200_samples_a_second_it_is_not_looked_for(void **state)
{
	(void)state;
	assert_null(strstr(run(190, "1:0 0.1>30 4~60,30,0.04 0.1>0 2:0"), "percussion"));
	assert_non_null(strstr(run(200, "1:0 0.1>30 4~60,30,0.04 0.1>0 2:0"), "percussion_end"));
}

static void a_hold_that_is_shaken_for_less_than_half_of_it_stays_one_hold(void **state)
{
	const char *text = run(1000, "1:0 0.1>80 8:80 2~80,20,0.03 4:80 0.1>0 2:0");

	(void)state;
	assert_non_null(strstr(text, "percussion_end"));
	assert_non_null(strstr(text, "hold_end 14."));
	assert_null(strstr(strstr(text, "hold_start") + 1, "hold_start"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_15_to_65_cycles_a_second_are_percussion),
		cmocka_unit_test(a_gun_is_told_with_its_rate_load_and_span),
		cmocka_unit_test(it_is_neither_hold_nor_roll_nor_press),
		cmocka_unit_test(half_a_second_of_it_is_the_least),
		cmocka_unit_test(slower_shaking_and_trembling_are_none),
		cmocka_unit_test(below_200_samples_a_second_it_is_not_looked_for),
		cmocka_unit_test(a_hold_that_is_shaken_for_less_than_half_of_it_stays_one_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
