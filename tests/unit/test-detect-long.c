/* SPDX-License-Identifier: MIT */
/* What detection keeps of a contact: how much room it takes, and that hours of it do no harm. See script.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "script.h"

#define STATE_BYTES 5632

static void the_state_of_a_device_does_not_grow(void **state)
{
	(void)state;
	if (sizeof(void *) != 8)
		skip();
	assert_true(sizeof(struct detect) <= STATE_BYTES);
}

/* Looks for an event of this type in the last ones that came out. */
static bool came(const struct script *s, enum knead_event_type type, struct knead_event *ret)
{
	for (size_t i = 0; i < KNEAD_EVENTS_MIN; i++) {
		if (s->out[i].type == type && s->out[i].t_us > 0) {
			*ret = s->out[i];
			return true;
		}
	}
	return false;
}

static void near(double value, double expected, double within)
{
	if (fabs(value - expected) > within)
		fail_msg("%.6f is not %.6f", value, expected);
}

/* Three hours at 100 N, with a peak of 120 N in the middle, from 1.008 s on. */
static void hold_for_hours(struct script *s)
{
	script_init(s);
	script_run(s, "1:0 0.1>100 5398.9:100 0.5>120 0.5>100 5399:100");
	memset(s->out, 0, sizeof s->out);
}

static void a_hold_of_three_hours_has_the_figures_of_a_short_one(void **state)
{
	static struct script s;
	struct knead_event event = { 0 };

	(void)state;
	hold_for_hours(&s);
	script_run(&s, "0.1>0 3:0");
	assert_true(came(&s, KNEAD_EVENT_HOLD_END, &event));
	near(knead_us_to_s(event.hold_end.end_us), 10800.095, 0.0015);
	near(knead_us_to_s(event.hold_end.end_us - event.hold_end.start_us), 10799.087, 0.0015);
	near(event.hold_end.peak_n, 120, 0.05);
	near(knead_us_to_s(event.hold_end.peak_t_us), 5400.5, 0.0015);
	near(event.hold_end.mean_n, 100.0, 0.05);
	near(event.hold_end.steadiness_pct.value, 99.9, 0.05);
	near(event.hold_end.time_to_peak_s, 0.087, 0.0015);
	assert_true(came(&s, KNEAD_EVENT_RELEASE, &event));
	near(event.release.fall_s.value, 0.08, 0.0015);
	near(event.release.from_n, 100, 0.2);
}

static void rolling_after_three_hours_ends_the_hold_where_it_begins(void **state)
{
	static struct script s;
	struct knead_event event = { 0 };
	bool ended = false;

	(void)state;
	hold_for_hours(&s);
	for (int i = 0; i < 24 && !ended; i++) {
		script_run(&s, i % 2 ? "0.8>118" : "0.8>70");
		ended = came(&s, KNEAD_EVENT_HOLD_END, &event);
	}
	assert_true(ended);
	assert_int_equal(event.hold_end.cause, KNEAD_CAUSE_ROLLED);
	near(knead_us_to_s(event.hold_end.end_us), 10800.4, 0.5); /* at the start or the end of the first swing */
	near(event.hold_end.peak_n, 120, 0.05);
	near(knead_us_to_s(event.hold_end.peak_t_us), 5400.5, 0.0015);
	near(event.hold_end.mean_n, 100, 0.05);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_state_of_a_device_does_not_grow),
		cmocka_unit_test(a_hold_of_three_hours_has_the_figures_of_a_short_one),
		cmocka_unit_test(rolling_after_three_hours_ends_the_hold_where_it_begins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
