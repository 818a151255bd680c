/* SPDX-License-Identifier: MIT */
/*
 * Sets, warnings and protocols, on scripts of force (script.h); only the events of their own kinds are looked at. The numbers
 * of a ramp are those of test-detect.c: 100 N up in 0.1 s is a contact 8 ms later, down it ends 5 ms before the end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "script.h"

#define PRESS " 0.1>80 1:80 0.1>0"
#define PULSE(seconds) " 0.1>100 " #seconds ":100 0.1>0"
#define REST(seconds) " " #seconds ":0"

/* Lines of the text that hold one of the words of `kinds`. */
static const char *lines_of(const char *text, const char *const *kinds)
{
	static char out[1 << 13];
	char copy[1 << 14], *save = NULL;

	out[0] = '\0';
	snprintf(copy, sizeof copy, "%s", text);
	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		for (const char *const *kind = kinds; *kind; kind++)
			if (strstr(line, *kind)) {
				strcat(strcat(out, line), "\n");
				break;
			}
	return out;
}

static void check(struct script *s, const char *words, const char *expected)
{
	static const char *const kinds[] = { "set_end", "warning", "protocol", NULL };

	assert_string_equal(lines_of(script_run(s, words), kinds), expected);
}

static struct script *fresh(void)
{
	static struct script s;

	script_init(&s);
	s.settings.long_hold_s = s.settings.dose_limit_s = s.settings.rest_min_s = s.settings.fast_load_n_per_s = 0;
	return &s;
}

static void use(struct script *s, const char *name, uint32_t steps, const struct knead_step *step)
{
	snprintf(s->settings.protocol.name, sizeof s->settings.protocol.name, "%s", name);
	s->settings.protocol.steps = steps;
	memcpy(s->settings.protocol.step, step, steps * sizeof *step);
}

static void three_presses_within_three_seconds_are_a_set_two_are_not(void **state)
{
	(void)state;
	check(fresh(), "1:0" PRESS REST(2) PRESS REST(2) PRESS REST(5), "8.594 press_set_end 3\n");
	check(fresh(), "1:0" PRESS REST(2) PRESS REST(5), "");
	check(fresh(), "1:0" PRESS REST(2) PRESS REST(3.1) PRESS REST(5), "");
	/* a fourth is pressed in time: the set goes on until it has ended */
	check(fresh(), "1:0" PRESS REST(2) PRESS REST(2) PRESS REST(2.8) PRESS REST(5), "12.594 press_set_end 4\n");
}

static void holds_of_five_to_twenty_seconds_with_short_rests_are_a_pulse_set(void **state)
{
	(void)state;
	check(fresh(), "1:0" PULSE(6) REST(2) PULSE(6) REST(2) PULSE(6) REST(11), "23.595 pulse_set_end 3 6.2\n");
	check(fresh(), "1:0" PULSE(6) REST(11) PULSE(6) REST(11), "");
	check(fresh(), "1:0" PULSE(4) REST(2) PULSE(4) REST(11), "");
	check(fresh(), "1:0" PULSE(6) REST(2) PULSE(21) REST(11), "");
	/* a level that differs by more than 35 % begins another set */
	check(fresh(), "1:0" PULSE(6) REST(2) PULSE(6) REST(2) " 0.1>60 6:60 0.1>0 2:0 0.1>60 6:60 0.1>0 11:0",
		"15.395 pulse_set_end 2 6.2\n31.792 pulse_set_end 2 6.2\n");
}

static void a_set_ends_with_the_data(void **state)
{
	(void)state;
	check(fresh(), "1:0" PULSE(6) REST(2) PULSE(6) REST(1) " lost", "15.395 pulse_set_end 2 6.2\n");
}

/* The lift shows that there was a roll between two holds of six seconds: both are pulses. */
static void of_two_holds_told_by_one_sample_none_is_left_out(void **state)
{
	static const char *const kinds[] = { "hold_end", "set_end", "protocol_step", NULL };
	static const struct knead_step pulses = { .kind = KNEAD_STEP_PULSES, .seconds = 6, .count = 2, .count_min = 2 };
	struct script *s = fresh();

	(void)state;
	use(s, "twice", 1, &pulses);
	assert_string_equal(lines_of(script_run(s, "1:0 0.2>80 6:80 8~100,20,4 6:80 0.1>0 11:0"), kinds),
		"7.237 hold_end 6.217 rolled\n21.294 hold_end 6.151 lifted\n7.237 protocol_step step 1 of 1, 1 of 2\n"
		"21.294 protocol_step step 1 of 1, 2 of 2, completed\n21.294 pulse_set_end 2 6.2\n");
}

static void limits_warn_once_a_contact_and_flag_it(void **state)
{
	struct script *s = fresh();
	const char *text;

	(void)state;
	s->settings.over_soft_n = 90;
	s->settings.over_hard_kpa = 120; /* on 10 cm2: 120 N */
	check(s, "1:0 0.1>100 1:100 0.1>80 0.1>100 3:100 0.1>0 2:0", "1.090 warning over_soft 100 of 90 over_soft\n");
	check(s, "0.1>130 1:130 0.1>0 2:0",
		"7.469 warning over_soft 98 of 90 over_soft\n7.492 warning over_hard 130 of 120 over_soft over_hard\n");
	text = script_run(s, "0.1>130 4:130 0.1>0 2:0");
	assert_non_null(strstr(text, "hold_end 4.190 lifted over_soft over_hard"));
	check(s, "0.1>85 4:85 0.1>0 2:0", "");
}

static void an_overlong_hold_and_the_dose_of_a_session_warn(void **state)
{
	struct script *s = fresh();

	(void)state;
	s->settings.long_hold_s = 90;
	s->settings.dose_limit_s = 150;
	check(s, "1:0 0.1>50 100:50 0.1>0 3:0", "91.016 warning long_hold 90 of 90\n");
	check(s, "0.1>50 60:50 0.1>0 121:0", "154.042 warning dose 150 of 150\n");
	/* the next session begins from nothing */
	check(s, "0.1>50 60:50 0.1>0 3:0", "");
}

static void pressing_again_too_soon_warns_only_after_a_long_hold(void **state)
{
	struct script *s = fresh();

	(void)state;
	s->settings.rest_min_s = 5;
	check(s, "1:0" PULSE(21) REST(3) PULSE(4) REST(3) PULSE(4) REST(8), "25.208 warning repress_early 3 of 5\n");
	check(s, PULSE(21) REST(6) PULSE(4) REST(8), "");
}

static void loading_too_fast_warns(void **state)
{
	struct script *s = fresh();

	(void)state;
	s->settings.fast_load_n_per_s = 1500;
	check(s, "1:0 0.1>120 2:120 0.2>0 3:0", "");
	check(s, "0.05>200 2:200 0.2>0 3:0", "6.338 warning fast_load 2262 of 1500\n");
}

static void a_hold_protocol_is_done_with_one_hold_of_its_length(void **state)
{
	static const struct knead_step hold30 = { .kind = KNEAD_STEP_HOLD, .seconds = 30, .seconds_max = 30 };
	struct script *s = fresh();

	(void)state;
	use(s, "hold30", 1, &hold30);
	check(s, "1:0" PULSE(29) REST(2), "");
	check(s, PULSE(30) REST(2),
		"62.208 protocol_step step 1 of 1, 1 of 1, completed\n62.208 protocol_done step 1 of 1, 1 of 1, completed\n");
}

static void pulses_are_counted_one_by_one(void **state)
{
	static const struct knead_step pulses = {
		.kind = KNEAD_STEP_PULSES, .seconds = 10, .count = 3, .count_min = 3
	};
	struct script *s = fresh();
	static const char *const kinds[] = { "protocol", NULL };

	(void)state;
	use(s, "pulse3x10", 1, &pulses);
	assert_string_equal(
		lines_of(script_run(s, "1:0" PULSE(10) REST(2) PULSE(3) REST(2) PULSE(10) REST(2) PULSE(10) REST(2)),
			kinds),
		"11.195 protocol_step step 1 of 1, 1 of 3\n28.595 protocol_step step 1 of 1, 2 of 3\n"
		"40.795 protocol_step step 1 of 1, 3 of 3, completed\n40.795 protocol_done step 1 of 1, 3 of 3, completed\n");
}

static void stretch_strokes_may_be_lifted_presses_and_end_when_nothing_follows(void **state)
{
	static const struct knead_step steps[] = {
		{ .kind = KNEAD_STEP_HOLD, .seconds = 5, .seconds_max = 5 },
		{ .kind = KNEAD_STEP_REST, .seconds = 2 },
		{ .kind = KNEAD_STEP_STROKES, .count_min = 3, .count = 5 },
	};
	static const char *const kinds[] = { "protocol", NULL };
	struct script *s = fresh();

	(void)state;
	use(s, "compress-then-stretch", 3, steps);
	assert_string_equal(
		lines_of(script_run(s, "1:0" PULSE(5) REST(3) PRESS REST(1) PRESS REST(1) PRESS REST(5)), kinds),
		"6.008 protocol_step step 1 of 3, 1 of 1, completed\n8.195 protocol_step step 2 of 3, 1 of 1, completed\n"
		"10.394 protocol_step step 3 of 3, 1 of 5\n12.594 protocol_step step 3 of 3, 2 of 5\n"
		"14.794 protocol_step step 3 of 3, 3 of 5\n14.794 protocol_step step 3 of 3, 3 of 5, completed\n"
		"14.794 protocol_done step 3 of 3, 3 of 5, completed\n");
}

static void a_protocol_left_off_ends_unfinished_with_the_session(void **state)
{
	static const struct knead_step pulses = {
		.kind = KNEAD_STEP_PULSES, .seconds = 10, .count = 3, .count_min = 3
	};
	struct script *s = fresh();

	(void)state;
	use(s, "pulse3x10", 1, &pulses);
	check(s, "1:0" PULSE(10) REST(121),
		"11.195 protocol_step step 1 of 1, 1 of 3\n11.195 protocol_done step 1 of 1, 1 of 3\n");
}

/* Force that swings by 20 % could be either: what the protocol asks for decides, and the event says so. */
static void the_active_protocol_is_a_prior_and_shows(void **state)
{
	static const struct knead_step hold = { .kind = KNEAD_STEP_HOLD, .seconds = 30, .seconds_max = 30 };
	static const struct knead_step strokes = { .kind = KNEAD_STEP_STROKES, .count_min = 3, .count = 5 };
	static const char words[] = "1:0 0.2>92 24~100,8.5,4 0.1>0 3:0";
	struct script *s = fresh();

	(void)state;
	assert_non_null(strstr(script_run(s, words), "roll_end"));
	s = fresh();
	use(s, "hold30", 1, &hold);
	assert_non_null(strstr(script_run(s, words), "hold_end 24.277 lifted prior"));
	/* a roll in spite of it is none by it, however long it goes on */
	s = fresh();
	use(s, "hold30", 1, &hold);
	assert_non_null(strstr(script_run(s, "1:0 0.2>70 40~100,30,4 0.1>0 3:0"), "roll_end 20 lifted\n"));
	s = fresh();
	use(s, "stretch3-5", 1, &strokes);
	assert_non_null(strstr(script_run(s, "1:0 0.2>93.5 24~100,6.5,4 0.1>0 3:0"), "roll_start prior"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(three_presses_within_three_seconds_are_a_set_two_are_not),
		cmocka_unit_test(holds_of_five_to_twenty_seconds_with_short_rests_are_a_pulse_set),
		cmocka_unit_test(a_set_ends_with_the_data),
		cmocka_unit_test(of_two_holds_told_by_one_sample_none_is_left_out),
		cmocka_unit_test(limits_warn_once_a_contact_and_flag_it),
		cmocka_unit_test(an_overlong_hold_and_the_dose_of_a_session_warn),
		cmocka_unit_test(pressing_again_too_soon_warns_only_after_a_long_hold),
		cmocka_unit_test(loading_too_fast_warns),
		cmocka_unit_test(a_hold_protocol_is_done_with_one_hold_of_its_length),
		cmocka_unit_test(pulses_are_counted_one_by_one),
		cmocka_unit_test(stretch_strokes_may_be_lifted_presses_and_end_when_nothing_follows),
		cmocka_unit_test(a_protocol_left_off_ends_unfinished_with_the_session),
		cmocka_unit_test(the_active_protocol_is_a_prior_and_shows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
