/* SPDX-License-Identifier: MIT */
/* Detection on scripts of force: each definition of the contract just below its limit and at it. See script.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "script.h"

struct example {
	const char *name, *script, *expected;
};

/*
 * Straight ramps of 0.1 s to 100 N: press_n (8 N) is crossed 8 ms after the foot, release_n (5 N) 5 ms before the end, so a
 * contact lasts 0.187 s longer than its plateau. Plateaus are whole samples of 12.5 ms: half a millisecond below a limit and
 * 12 ms above it.
 */
static const struct example examples[] = {
	{ "a touch that falls back before 20 ms is handling", "1:0 0.0125:20 3:0", "" },
	{ "a contact under tap_max_s is a tap", "1:0 0.1>100 0.2125:100 0.1>0 3:0",
		"1.008 session_start\n"
		"1.407 tap 0.400\n" },
	{ "a contact of tap_max_s is a press", "1:0 0.1>100 0.225:100 0.1>0 3:0",
		"1.008 session_start\n"
		"1.420 press 0.412\n" },
	{ "a contact just under hold_min_s is a press", "1:0 0.1>100 2.8125:100 0.1>0 3:0",
		"1.008 session_start\n"
		"4.008 press 2.999\n" },
	{ "a contact of hold_min_s is a hold", "1:0 0.1>100 2.825:100 0.1>0 3:0",
		"1.008 session_start\n"
		"1.008 hold_start\n"
		"4.020 hold_end 3.012 lifted\n"
		"4.020 release\n" },
	{ "a hold just under the target does not tell it", "1:0 0.1>100 29.8125:100 0.1>0 3:0",
		"1.008 session_start\n1.008 hold_start\n31.008 hold_end 30.000 lifted\n31.008 release\n" },
	{ "a hold that goes on beyond the target tells it", "1:0 0.1>100 30:100 0.1>0 3:0",
		"1.008 session_start\n"
		"1.008 hold_start\n"
		"31.008 hold_target\n"
		"31.195 hold_end 30.187 lifted\n"
		"31.195 release\n" },
	{ "a drop shorter than bridge_s is a dip", "1:0 0.1>100 5:100 0.0125>0 0.4875:0 0.0125>100 5:100 0.1>0 3:0",
		"1.008 session_start\n"
		"1.008 hold_start\n"
		"11.707 hold_end 10.700 lifted dips\n"
		"11.707 release\n" },
	{ "a drop of bridge_s ends the contact", "1:0 0.1>100 5:100 0.0125>0 0.5:0 0.0125>100 1:100 0.1>0 3:0",
		"1.008 session_start\n"
		"1.008 hold_start\n"
		"6.112 hold_end 5.104 lifted\n"
		"6.112 release\n"
		"7.720 press 1.107\n" },
	{ "under half of the level for bridge_s is a partial release", "1:0 0.1>100 5:100 0.1>40 2:40 0.1>0 3:0",
		"1.008 session_start\n"
		"1.008 hold_start\n"
		"6.184 hold_end 5.176 eased\n"
		"6.184 release\n" },
	{ "a partial fall that goes on within bridge_s is one lift", "1:0 0.1>100 5:100 0.1>40 0.3:40 0.1>0 3:0",
		"1.008 session_start\n"
		"1.008 hold_start\n"
		"6.588 hold_end 5.580 lifted\n"
		"6.588 release\n" },
	{ "one that is being lifted when it becomes old enough is a hold, told when that is certain",
		"1:0 0.5>100 2.35:100 0.25>0 3:0",
		"1.040 session_start\n1.040 hold_start\n4.088 hold_end 3.047 lifted\n4.088 release\n" },
	{ "one that is lighter by then than it began is a hold at that level",
		"1:0 0.1>100 1:100 0.1>30 4:30 0.1>0 3:0",
		"1.008 session_start\n1.008 hold_start\n6.283 hold_end 5.275 lifted\n6.283 release\n" },
	{ "half of the level is still the hold", "1:0 0.1>100 5:100 0.1>51 2:51 0.1>0 3:0",
		"1.008 session_start\n1.008 hold_start\n8.290 hold_end 7.282 lifted\n8.290 release\n" },
	{ "pressing again over 0.55 of the level is a new hold",
		"1:0 0.1>100 5:100 0.1>40 2:40 0.1>100 4:100 0.1>0 3:0",
		"1.008 session_start\n"
		"1.008 hold_start\n"
		"6.184 hold_end 5.176 eased\n"
		"6.184 release\n"
		"8.224 hold_start\n"
		"12.395 hold_end 4.171 lifted\n"
		"12.395 release\n" },
	{ "pressing again to less than that is not", "1:0 0.1>100 5:100 0.1>40 2:40 0.1>54 4:54 0.1>0 3:0",
		"1.008 session_start\n"
		"1.008 hold_start\n"
		"6.184 hold_end 5.176 eased\n"
		"6.184 release\n" },
	{ "a lighter load steady for three times hold_min_s is a hold", "1:0 0.1>100 5:100 0.1>40 10:40 0.1>0 3:0",
		"1.008 session_start\n"
		"1.008 hold_start\n"
		"6.184 hold_end 5.176 eased\n"
		"6.184 release\n"
		"6.184 hold_start\n"
		"16.288 hold_end 10.103 lifted\n"
		"16.288 release\n" },
	{ "four swings of one cell are a roll", "1:0 0.2>80 8~100,20,4 0.1>0 3:0",
		"1.020 session_start\n"
		"1.324 roll_start\n"
		"3.211 stroke ? 0\n"
		"5.174 stroke ? 0\n"
		"7.186 stroke ? 0\n"
		"8.929 stroke ? 0\n"
		"8.929 roll_end 4 lifted\n" },
	{ "a target that was told stays met when rolling has begun before it", "1:0 0.2>80 29:80 12~100,20,4 0.1>0 3:0",
		"1.020 session_start\n"
		"1.020 hold_start\n"
		"31.020 hold_target\n"
		"31.020 hold_end 30.000 rolled\n"
		"31.020 release\n"
		"31.020 roll_start\n"
		"32.211 stroke ? 0\n"
		"34.186 stroke ? 0\n"
		"36.174 stroke ? 0\n"
		"38.199 stroke ? 0\n"
		"40.186 stroke ? 0\n"
		"41.965 stroke ? 0\n"
		"41.965 roll_end 6 lifted\n" },
	{ "a roll is counted the same after a slower one",
		"1:0 0.2>80 24~100,20,8 0.1>0 3:0 0.2>80 4.25~100,20,2 0.05>0 3:0",
		"1.020 session_start\n"
		"1.391 roll_start\n"
		"5.149 stroke ? 0\n"
		"9.174 stroke ? 0\n"
		"13.161 stroke ? 0\n"
		"17.199 stroke ? 0\n"
		"21.161 stroke ? 0\n"
		"24.924 stroke ? 0\n"
		"24.924 roll_end 6 lifted\n"
		"28.681 roll_start\n"
		"29.476 stroke ? 0\n"
		"30.461 stroke ? 0\n"
		"31.499 stroke ? 0\n"
		"32.393 stroke ? 0\n"
		"32.393 roll_end 4 lifted\n" },
	{ "rolling that stops goes over into a hold", "1:0 0.2>80 12~100,20,4 10:80 0.1>0 3:0",
		"1.020 session_start\n"
		"1.324 roll_start\n"
		"3.211 stroke ? 0\n"
		"5.174 stroke ? 0\n"
		"7.186 stroke ? 0\n"
		"9.199 stroke ? 0\n"
		"11.186 stroke ? 0\n"
		"13.245 stroke ? 0\n"
		"13.245 roll_end 6 stopped\n"
		"13.245 hold_start\n"
		"23.294 hold_end 10.048 lifted\n"
		"23.294 release\n" },
	{ "a hold ends where rolling begins", "1:0 0.2>80 8:80 12~100,20,4 0.1>0 3:0",
		"1.020 session_start\n"
		"1.020 hold_start\n"
		"9.224 hold_end 8.204 rolled\n"
		"9.224 release\n"
		"9.224 roll_start\n"
		"11.224 stroke ? 0\n"
		"13.186 stroke ? 0\n"
		"15.174 stroke ? 0\n"
		"17.199 stroke ? 0\n"
		"19.186 stroke ? 0\n"
		"20.965 stroke ? 0\n"
		"20.965 roll_end 6 lifted\n" },
	{ "the target is not told while swings may yet be a roll from before it",
		"1:0 0.2>80 25:80 24~100,20,4 0.1>0 3:0",
		"1.020 session_start\n"
		"1.020 hold_start\n"
		"26.196 hold_end 25.176 rolled\n"
		"26.196 release\n"
		"26.196 roll_start\n"
		"28.211 stroke ? 0\n"
		"30.186 stroke ? 0\n"
		"32.174 stroke ? 0\n"
		"34.199 stroke ? 0\n"
		"36.186 stroke ? 0\n"
		"38.124 stroke ? 0\n"
		"40.124 stroke ? 0\n"
		"42.124 stroke ? 0\n"
		"44.124 stroke ? 0\n"
		"46.124 stroke ? 0\n"
		"48.124 stroke ? 0\n"
		"49.965 stroke ? 0\n"
		"49.965 roll_end 12 lifted\n" },
	{ "swings under 15 % of the mean stay a hold", "1:0 0.2>93.5 24~100,6.5,4 0.1>0 3:0",
		"1.017 session_start\n"
		"1.017 hold_start\n"
		"25.295 hold_end 24.278 lifted\n"
		"25.295 release\n" },
	{ "slow breathing in a hold is no roll", "1:0 0.2>94 40~100,6,5 0.1>0 3:0",
		"1.017 session_start\n"
		"1.017 hold_start\n"
		"31.017 hold_target\n"
		"41.295 hold_end 40.278 lifted\n"
		"41.295 release\n" },
	{ "a slow onset does not delay the hold", "1:0 2.5>100 1:100",
		"1.200 session_start\n"
		"1.200 hold_start\n" },
	{ "three swings of one cell are no roll", "1:0 0.2>80 6~100,20,4 0.1>0 3:0",
		"1.020 session_start\n1.020 hold_start\n7.296 hold_end 6.276 lifted\n7.296 release\n" },
	{ "loaded at the very first sample is boot_loaded", "5:100 0.1>0 3:0",
		"0.013 session_start\n"
		"0.013 hold_start boot_loaded\n"
		"5.095 hold_end 5.082 lifted boot_loaded\n"
		"5.095 release boot_loaded\n" },
	{ "the end of data ends a hold at the last sample, lost", "1:0 0.1>100 5:100 lost",
		"1.008 session_start\n"
		"1.008 hold_start\n"
		"6.100 hold_end 5.092 lost\n"
		"6.100 release\n" },
	{ "what is loaded after lost data starts there, flagged gap", "1:0 0.1>100 5:100 lost gap:5 1:100 0.1>0 3:0",
		"1.008 session_start\n"
		"1.008 hold_start\n"
		"6.100 hold_end 5.092 lost\n"
		"6.100 release\n"
		"12.195 press 1.083 gap\n" },
	{ "a gap inside a hold is bridged and flagged", "1:0 0.1>100 5:100 gap:1.5 5:100 0.1>0 3:0",
		"1.008 session_start\n"
		"1.008 hold_start\n"
		"12.695 hold_end 11.687 lifted gap\n"
		"12.695 release gap\n" },
	{ "a gap does not lengthen a hold", "1:0 0.1>100 5:100 gap:1 3:0",
		"1.008 session_start\n"
		"1.008 hold_start\n"
		"6.100 hold_end 5.092 lifted gap\n"
		"6.100 release gap\n" },
	{ "a gap does not start a hold earlier", "1:0 gap:1 5:100 0.1>0 3:0",
		"2.013 session_start\n"
		"2.013 hold_start gap\n"
		"7.095 hold_end 5.082 lifted gap\n"
		"7.095 release gap\n" },
	{ "a force that relaxes is told as a hold soon after hold_min_s", "1:0 0.2>100 0.8>91 1>87 1>84 1>82 0.5>81",
		"1.016 session_start\n"
		"1.016 hold_start\n" },
	{ "a slow pass, whose force goes as far, may be the first of a roll", "1:0 0.2>100 4.3~92,-8,12.4",
		"1.016 session_start\n" },
	{ "a session ends session_gap_s after the last contact", "1:0 0.1>100 1:100 0.1>0 119.9:0",
		"1.008 session_start\n"
		"2.195 press 1.187\n" },
	{ "and tells when the last contact was", "1:0 0.1>100 1:100 0.1>0 120.1:0",
		"1.008 session_start\n"
		"2.195 press 1.187\n"
		"2.195 session_end\n" },
};

/* The same with two cells, 200 mm apart: the place of the contact is known. */
static const struct example line_examples[] = {
	{ "two strokes of 20 mm are a roll", "1:0 @-30 0.2>100 1:100 1@>-8 1@>-30 1:100 0.1>0 3:0",
		"1.016 session_start\n"
		"2.189 roll_start\n"
		"3.201 stroke + 22\n"
		"4.242 stroke - 22\n"
		"4.242 roll_end 2 lifted\n" },
	{ "strokes under 20 mm stay a hold", "1:0 @-30 0.2>100 1:100 1@>-12 1@>-30 1@>-12 1@>-30 1:100 0.1>0 3:0",
		"1.016 session_start\n"
		"1.016 hold_start\n"
		"7.295 hold_end 6.279 lifted\n"
		"7.295 release\n" },
	{ "one stroke is no roll", "1:0 @-30 0.2>100 2:100 1@>30 2:100 0.1>0 3:0",
		"1.016 session_start\n"
		"1.016 hold_start\n"
		"6.295 hold_end 5.279 lifted\n"
		"6.295 release\n" },
	{ "strokes have a direction and the roll ends at rest",
		"1:0 @-50 0.2>100 0.5:100 2@>50 2@>-50 2@>50 2:100 0.1>0 3:0",
		"1.016 session_start\n"
		"1.645 roll_start\n"
		"3.689 stroke + 100\n"
		"5.714 stroke - 99\n"
		"7.753 stroke + 100\n"
		"7.753 roll_end 3 lifted\n" },
	{ "standing still for hold_min_s ends the roll, and is a hold",
		"1:0 @-50 0.2>100 0.5:100 2@>50 2@>-50 2@>50 3.2:100 0.1>0 3:0",
		"1.016 session_start\n"
		"1.645 roll_start\n"
		"3.689 stroke + 100\n"
		"5.714 stroke - 99\n"
		"7.753 stroke + 100\n"
		"7.753 roll_end 3 stopped\n"
		"7.753 hold_start\n"
		"10.995 hold_end 3.242 lifted\n"
		"10.995 release\n" },
	{ "a pause of hold_min_s parts two rolls with a hold between",
		"1:0 @-50 0.2>100 0.5:100 2@>50 2@>-50 4:100 2@>50 2@>-50 0.5:100 0.1>0 3:0",
		"1.016 session_start\n"
		"1.645 roll_start\n"
		"3.689 stroke + 100\n"
		"5.758 stroke - 100\n"
		"5.758 roll_end 2 stopped\n"
		"5.758 hold_start\n"
		"9.645 hold_end 3.887 rolled\n"
		"9.645 release\n"
		"9.645 roll_start\n"
		"11.689 stroke + 99\n"
		"13.757 stroke - 100\n"
		"13.757 roll_end 2 lifted\n" },
	{ "lifting while moving ends the roll with the contact",
		"1:0 @-50 0.2>100 0.5:100 2@>50 2@>-50 1@>20 0.05>0 3:0",
		"1.016 session_start\n"
		"1.645 roll_start\n"
		"3.689 stroke + 100\n"
		"5.651 stroke - 99\n"
		"6.747 stroke + 50\n"
		"6.747 roll_end 3 lifted\n" },
	{ "a hold before rolling ends where it leaves rest", "1:0 @-50 0.2>100 6:100 2@>50 2@>-50 0.2>0 3:0",
		"1.016 session_start\n"
		"1.016 hold_start\n"
		"7.145 hold_end 6.129 rolled\n"
		"7.145 release\n"
		"7.145 roll_start\n"
		"9.189 stroke + 100\n"
		"11.390 stroke - 95\n"
		"11.390 roll_end 2 lifted\n" },
	{ "a lifted one-way pass is a press", "1:0 @-50 0.2>60 1.5@>50 0.2>0 3:0",
		"1.027 session_start\n"
		"2.883 press 1.857\n" },
};

static uint32_t run_examples(const struct example *table, size_t count, bool line)
{
	uint32_t wrong = 0;

	for (size_t i = 0; i < count; i++) {
		static struct script s;
		const char *text;

		script_init(&s);
		if (line)
			script_line(&s);
		text = script_run(&s, table[i].script);
		if (strcmp(text, table[i].expected) == 0)
			continue;
		wrong++;
		print_error("%s\n  script %s\n  expected:\n%s  got:\n%s\n", table[i].name, table[i].script,
			table[i].expected, text);
	}
	return wrong;
}

static void detection_gives_the_events_of_the_contract(void **state)
{
	(void)state;
	assert_int_equal(run_examples(examples, sizeof examples / sizeof examples[0], false), 0);
}

static void a_place_on_a_line_gives_strokes_with_travel(void **state)
{
	(void)state;
	assert_int_equal(run_examples(line_examples, sizeof line_examples / sizeof line_examples[0], true), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(detection_gives_the_events_of_the_contract),
		cmocka_unit_test(a_place_on_a_line_gives_strokes_with_travel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
