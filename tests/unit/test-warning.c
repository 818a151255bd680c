/* SPDX-License-Identifier: MIT */
/*
 * Warnings, on scripts of force (script.h) at 320 samples/s or as said: when each is told, of which instant, and when not.
 * Ramps of 0.1 s to 100 N cross 8 N after 8 ms and 50 N after 50 ms.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "script.h"

/* All limits off. */
static struct script *quiet(double rate_hz)
{
	static struct script s;

	script_init(&s);
	s.rate_hz = rate_hz;
	s.settings.long_hold_s = s.settings.dose_limit_s = s.settings.rest_min_s = s.settings.fast_load_n_per_s = 0;
	return &s;
}

/* The warnings among what the words bring about, and whatever has the word `also` in it. */
static void check(struct script *s, const char *words, const char *also, const char *expected)
{
	char out[1 << 12] = "", copy[1 << 14], *save = NULL;

	snprintf(copy, sizeof copy, "%s", script_run(s, words));
	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (strstr(line, "warning") || (also && strstr(line, also)))
			strcat(strcat(out, line), "\n");
	assert_string_equal(out, expected);
}

static void no_limit_is_set_by_default(void **state)
{
	static struct script s;

	(void)state;
	script_init(&s);
	check(&s, "1:0 1>1400 4:1400 1>0 3:0", NULL, "");
}

static void a_limit_is_told_at_its_crossing_with_the_force_after_it(void **state)
{
	struct script *s = quiet(80);

	(void)state;
	s->settings.over_soft_n = 50;
	check(s, "1:0 0.1>50 1:50 0.1>0 2:0", NULL, "");
	check(s, "0.1>51 1:51 0.1>0 2:0", "press",
		"4.298 warning over_soft 51 of 50 over_soft\n5.390 press 1.175 over_soft\n");
}

static void a_limit_in_kilopascal_is_told_in_kilopascal(void **state)
{
	struct script *s = quiet(80);

	(void)state;
	s->settings.contact_cm2 = 5;
	s->settings.over_soft_kpa = 100;
	s->settings.over_hard_n = 70;
	s->settings.over_hard_kpa = 150; /* 75 N: the limit in N is the lower one */
	check(s, "1:0 0.1>60 1:60 0.1>0 2:0", NULL, "1.083 warning over_soft 105 of 100 over_soft\n");
	check(s, "0.2>80 1:80 0.1>0 2:0", NULL,
		"4.325 warning over_soft 110 of 100 over_soft\n4.375 warning over_hard 75 of 70 over_soft over_hard\n");
}

static void without_an_area_there_is_no_limit_of_pressure(void **state)
{
	struct script *s = quiet(80);

	(void)state;
	s->settings.contact_cm2 = 0;
	s->settings.over_soft_kpa = 1;
	check(s, "1:0 0.1>100 1:100 0.1>0 2:0", NULL, "");
}

static void swaying_about_a_limit_is_one_warning(void **state)
{
	struct script *s = quiet(80);

	(void)state;
	s->settings.over_soft_n = 100;
	check(s, "1:0 0.1>95 20~100,5,0.8 0.1>0 2:0", NULL, "1.300 warning over_soft 100 of 100 over_soft\n");
}

static void well_below_for_a_second_it_may_be_told_again(void **state)
{
	struct script *s = quiet(80);

	(void)state;
	s->settings.over_soft_n = 100;
	check(s, "1:0 0.1>110 2:110 0.1>85 0.8:85 0.1>110 8:110 0.1>85 1.2:85 0.1>110 2:110 0.1>0 2:0", NULL,
		"1.091 warning over_soft 110 of 100 over_soft\n13.460 warning over_soft 101 of 100 over_soft\n");
}

/* At 320 samples/s the confirmation takes 20 ms; the second contact finds what the first one has told forgotten. */
static void what_is_crossed_before_the_contact_is_certain_is_dated_right_each_time(void **state)
{
	struct script *s = quiet(320);

	(void)state;
	s->settings.over_soft_n = 50;
	check(s, "1:0 0.01>200 1:200 0.1>0 2:0 0.01>200 1:200 0.1>0 2:0", "session",
		"0.998 session_start\n1.001 warning over_soft 89 of 50 over_soft\n4.111 warning over_soft 89 of 50 over_soft\n");
}

static void handling_does_not_warn(void **state)
{
	struct script *s = quiet(320);

	(void)state;
	s->settings.over_soft_n = 10;
	check(s, "1:0 0.008>14 0.005:14 0.005>0 2:0", NULL, "");
}

static void a_drop_over_the_limit_does(void **state)
{
	struct script *s = quiet(1000);

	(void)state;
	s->settings.over_hard_n = 200;
	check(s, "1:0 0.004>400 0.006>0 2:0", "impact",
		"1.001 warning over_hard 212 of 200 over_hard\n1.020 impact 0.023 over_hard\n");
}

static void a_hold_is_overlong_only_while_it_is_held(void **state)
{
	struct script *s = quiet(80);

	(void)state;
	s->settings.long_hold_s = 10;
	/* lifted 9.9 s after it began: that it was the end is known only half a second later */
	check(s, "1:0 0.1>100 9.8:100 0.1>0 3:0", "hold_end", "10.995 hold_end 9.987 lifted\n");
	check(s, "0.1>100 9.9:100 0.1>0 3:0", "hold_end",
		"24.008 warning long_hold 10 of 10\n24.095 hold_end 10.087 lifted\n");
	/* in a dip when it is due: told when it is known for one */
	check(s, "0.1>100 9.8:100 0.1>0 0.1:0 0.1>100 2:100 0.1>0 3:0", "hold_end",
		"37.108 warning long_hold 10 of 10\n39.395 hold_end 12.287 lifted dips\n");
	/* eased before it was due */
	check(s, "0.1>100 9.7:100 0.1>20 5:20 0.1>0 3:0", "hold_end", "52.263 hold_end 9.855 eased\n");
}

static void the_dose_counts_the_load_of_a_session_once(void **state)
{
	struct script *s = quiet(80);

	(void)state;
	s->settings.dose_limit_s = 20;
	check(s, "1:0 0.1>100 9.8:100 0.1>0 3:0 0.1>100 9.8:100 0.1>0 3:0", NULL, "");
	check(s, "0.1>100 9.8:100 0.1>0 3:0", NULL, "27.034 warning dose 20 of 20\n");
	check(s, "0.1>100 9.8:100 0.1>0 3:0 lost 0.1>100 9.8:100 0.1>0 121:0", NULL, "");
	check(s, "0.1>100 19.8:100 0.1>0 3:0", NULL, "");
	check(s, "0.1>100 0.1:100 0.1>0 3:0", NULL, "207.021 warning dose 20 of 20\n");
}

static void pressing_again_too_soon_is_told_after_a_long_hold_alone(void **state)
{
	struct script *s = quiet(80);

	(void)state;
	s->settings.rest_min_s = 5;
	check(s, "1:0 0.1>100 19.9:100 0.1>0 4:0 0.1>50 1:50 0.1>0 30:0", "hold_end",
		"21.095 hold_end 20.087 lifted\n25.116 warning repress_early 4 of 5\n");
	check(s, "0.1>100 19.7:100 0.1>0 4:0 0.1>50 1:50 0.1>0 30:0", "hold_end", "76.195 hold_end 19.887 lifted\n");
	check(s, "0.1>100 21:100 0.1>0 5:0 0.1>50 1:50 0.1>0 30:0", NULL, "");
	/* a second press is no news */
	check(s, "0.1>100 21:100 0.1>0 1:0 0.1>50 0.5:50 0.1>0 1:0 0.1>50 0.5:50 0.1>0 30:0", NULL,
		"191.016 warning repress_early 1 of 5\n");
}

static void pressing_again_after_easing_off_is_pressing_again(void **state)
{
	struct script *s = quiet(80);

	(void)state;
	s->settings.rest_min_s = 5;
	check(s, "1:0 0.1>100 21:100 0.1>20 2:20 0.1>100 4:100 0.1>0 8:0", NULL,
		"24.244 warning repress_early 2 of 5\n");
	check(s, "0.1>100 21:100 0.1>20 6:20 0.1>100 4:100 0.1>0 8:0", NULL, "");
}

static void after_lost_data_nobody_knows_of_a_rest(void **state)
{
	struct script *s = quiet(80);

	(void)state;
	s->settings.rest_min_s = 5;
	check(s, "1:0 0.1>100 25:100 lost gap:2.5 4:100 0.1>0 8:0", "hold_end",
		"26.100 hold_end 25.092 lost\n32.695 hold_end 4.082 lifted gap\n");
}

static void fast_loading_is_told_above_100_n(void **state)
{
	struct script *s = quiet(320);

	(void)state;
	s->settings.fast_load_n_per_s = 1500;
	check(s, "1:0 0.05>90 1:90 0.1>0 2:0 0.2>250 1:250 0.2>0 2:0", NULL, "");
	check(s, "0.1>200 1:200 0.2>0 3:0", NULL, "7.603 warning fast_load 1581 of 1500\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_limit_is_set_by_default),
		cmocka_unit_test(a_limit_is_told_at_its_crossing_with_the_force_after_it),
		cmocka_unit_test(a_limit_in_kilopascal_is_told_in_kilopascal),
		cmocka_unit_test(without_an_area_there_is_no_limit_of_pressure),
		cmocka_unit_test(swaying_about_a_limit_is_one_warning),
		cmocka_unit_test(well_below_for_a_second_it_may_be_told_again),
		cmocka_unit_test(what_is_crossed_before_the_contact_is_certain_is_dated_right_each_time),
		cmocka_unit_test(handling_does_not_warn),
		cmocka_unit_test(a_drop_over_the_limit_does),
		cmocka_unit_test(a_hold_is_overlong_only_while_it_is_held),
		cmocka_unit_test(the_dose_counts_the_load_of_a_session_once),
		cmocka_unit_test(pressing_again_too_soon_is_told_after_a_long_hold_alone),
		cmocka_unit_test(pressing_again_after_easing_off_is_pressing_again),
		cmocka_unit_test(after_lost_data_nobody_knows_of_a_rest),
		cmocka_unit_test(fast_loading_is_told_above_100_n),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
