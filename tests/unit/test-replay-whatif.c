/* SPDX-License-Identifier: MIT */
/* What else a contact might have been: which verdict is nearest, and the setting that would bring it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "replay_whatif.h"

#define S KNEAD_US_PER_S

static struct knead_settings settings;
static struct story story;
static struct knead_event event;
static struct verdict verdict;
static struct whatif list[WHATIFS_MAX];
static size_t count;

/* A contact of that length and peak, 1 s after the start, that became one event of that type. */
static void contact(enum knead_event_type type, int64_t length_us, double peak_n)
{
	knead_settings_init(&settings, KNEAD_PROFILE_BALL);
	story = (struct story){ .contact = true, .on_us = S, .off_us = S + length_us, .peak_n = peak_n };
	story.apart_s = -1;
	story.valley_share = story.prior = 1;
	event = (struct knead_event){ .type = type };
	if (type == KNEAD_EVENT_HOLD_END)
		event.hold_end = (struct knead_hold_end_fields){ .start_us = S, .end_us = S + length_us };
	verdict = (struct verdict){ .only = &event, .pieces = 1, .number = 1 };
	verdict.holds = type == KNEAD_EVENT_HOLD_END;
	verdict.rolls = type == KNEAD_EVENT_ROLL_END;
}

static const struct whatif *find(const char *other)
{
	count = whatif_list(&story, &verdict, &settings, list);
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].other, other) == 0)
			return &list[i];
	return NULL;
}

static void assert_setting(const char *other, const char *setting)
{
	const struct whatif *w = find(other);

	assert_non_null(w);
	assert_string_equal(w->setting, setting);
}

static void a_setting_is_rounded_to_the_side_that_brings_the_other_verdict(void **state)
{
	(void)state;
	contact(KNEAD_EVENT_PRESS, 2947123, 100);
	assert_setting("a hold", "hold_min_s=2.94");
	assert_setting("a tap", "tap_max_s=2.95");
	contact(KNEAD_EVENT_HOLD_END, 3 * S, 100);
	assert_setting("a press", "hold_min_s=3.01"); /* a contact of just that length would still be a hold */
	contact(KNEAD_EVENT_TAP, 278400, 100);
	assert_setting("a press", "tap_max_s=0.278");
}

static void the_nearest_comes_first(void **state)
{
	(void)state;
	contact(KNEAD_EVENT_PRESS, 2900000, 8.8);
	find("a hold");
	assert_string_equal(list[0].other, "a hold"); /* 3 % away */
	assert_string_equal(list[1].other, "nothing"); /* 10 % */
	assert_string_equal(list[2].other, "a tap");
	for (size_t i = 1; i < count; i++)
		assert_true(list[i - 1].factor <= list[i].factor);
}

static void what_ended_with_the_data_has_no_length_of_its_own(void **state)
{
	(void)state;
	contact(KNEAD_EVENT_PRESS, 2900000, 100);
	story.lost = true;
	assert_null(find("a hold"));
}

static void the_longest_dip_is_the_one_that_would_part_a_contact(void **state)
{
	struct moment dips[] = { { .kind = MOMENT_DIP, .t_us = 3 * S, .a = 0.21 },
		{ .kind = MOMENT_DIP, .t_us = 4 * S, .a = 0.33 }, { .kind = MOMENT_DIP, .t_us = 5 * S, .a = 0.1 } };

	(void)state;
	contact(KNEAD_EVENT_HOLD_END, 20 * S, 100);
	story.moments = dips;
	story.count = 3;
	assert_setting("parted", "bridge_s=0.33");
	assert_non_null(strstr(find("parted")->why, "4.000 s"));
}

static void time_under_release_n_is_what_would_have_to_be_bridged(void **state)
{
	(void)state;
	contact(KNEAD_EVENT_PRESS, S, 100);
	story.apart_s = 0.6;
	assert_null(find("joined")); /* there is no contact before the first one */
	verdict.number = 2;
	assert_setting("joined", "bridge_s=0.601");
}

static void a_far_larger_press_n_is_not_proposed(void **state)
{
	(void)state;
	contact(KNEAD_EVENT_TAP, 200000, 15.9);
	assert_setting("nothing", "press_n=16");
	contact(KNEAD_EVENT_TAP, 200000, 16.1);
	assert_setting("nothing", "");
}

static void look(enum knead_measure worst, double value, double limit, double excess)
{
	story.best = (struct rule_look){ .known = true, .worst = worst, .excess = excess };
	story.best.value[worst] = value;
	story.best.limit[worst] = limit;
	story.swings_needed = 4;
	story.swing_limit = 15;
}

static void a_protocol_is_named_where_the_size_of_the_passes_decides(void **state)
{
	(void)state;
	contact(KNEAD_EVENT_HOLD_END, 20 * S, 100);
	look(KNEAD_MEASURE_SMALLEST, 0.9, 1, 1 / 0.9);
	assert_setting("a roll", "protocol=stretch3-5");
	assert_non_null(strstr(find("a roll")->why, "13.5 %"));
	look(KNEAD_MEASURE_PACE, 2.8, 2.6, 2.8 / 2.6);
	assert_setting("a roll", "");
	look(KNEAD_MEASURE_SMALLEST, 0.5, 1, 2);
	assert_setting("a roll", "");
}

static void a_target_far_away_was_not_aimed_at(void **state)
{
	(void)state;
	contact(KNEAD_EVENT_HOLD_END, 29 * S, 100);
	assert_setting("target met", "target_s=29");
	contact(KNEAD_EVENT_HOLD_END, 14 * S, 100);
	assert_null(find("target met"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_setting_is_rounded_to_the_side_that_brings_the_other_verdict),
		cmocka_unit_test(the_nearest_comes_first),
		cmocka_unit_test(what_ended_with_the_data_has_no_length_of_its_own),
		cmocka_unit_test(the_longest_dip_is_the_one_that_would_part_a_contact),
		cmocka_unit_test(time_under_release_n_is_what_would_have_to_be_bridged),
		cmocka_unit_test(a_far_larger_press_n_is_not_proposed),
		cmocka_unit_test(a_protocol_is_named_where_the_size_of_the_passes_decides),
		cmocka_unit_test(a_target_far_away_was_not_aimed_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
