/* SPDX-License-Identifier: MIT */
/* Sessions: the machine alone, and (script.h) at the limit of session_gap_s; told says what session_end says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "script.h"
#include "told.h"

static struct told t;
static struct knead_settings settings;
static struct session s;

static void begin(void)
{
	told_init(&t);
	knead_settings_init(&settings, KNEAD_PROFILE_BALL);
	session_init(&s, &settings, &t.emit);
}

static void the_second_session_owes_nothing_to_the_first(void **state)
{
	struct session_counts counts = { .holds = 0 };
	struct knead_session_fields totals;

	(void)state;
	begin();
	session_contact(&s, S(10), &counts);
	session_contact_end(&s, S(10), S(50), 4000, 130);
	counts = (struct session_counts){ .holds = 2, .holds_met = 1, .rolls = 1, .strokes = 6 };
	totals = session_totals(&s, &counts, 35);
	session_close(&s, &totals);
	session_contact(&s, S(200), &counts);
	session_contact_end(&s, S(200), S(204), 200, 60);
	counts.holds++;
	totals = session_totals(&s, &counts, 4);
	session_close(&s, &totals);
	assert_string_equal(told(&t),
		"10.000 session_start 1: 0 holds (0), 0 strokes, 0 rolls, 0.0 s, 0 N s, 0 N, 0.0 s\n"
		"50.000 session_end 1: 2 holds (1), 6 strokes, 1 rolls, 40.0 s, 4000 N s, 130 N, 35.0 s\n"
		"200.000 session_start 2: 0 holds (0), 0 strokes, 0 rolls, 0.0 s, 0 N s, 0 N, 0.0 s\n"
		"204.000 session_end 2: 1 holds (0), 0 strokes, 0 rolls, 4.0 s, 200 N s, 60 N, 4.0 s\n");
}

static void it_ends_only_while_nothing_touches(void **state)
{
	struct session_counts counts = { .holds = 0 };

	(void)state;
	begin();
	assert_true(session_deadline_us(&s) == INT64_MAX);
	session_contact(&s, S(10), &counts);
	assert_true(session_deadline_us(&s) == INT64_MAX);
	session_contact_end(&s, S(10), S(12), 100, 50);
	assert_true(session_deadline_us(&s) == S(132));
	session_contact(&s, S(131), &counts);
	assert_true(session_deadline_us(&s) == INT64_MAX);
}

static void what_is_shown_after_the_end_is_what_was_sent(void **state)
{
	struct session_counts counts = { .holds = 0 };
	struct knead_session_fields totals;

	(void)state;
	begin();
	session_contact(&s, S(10), &counts);
	session_contact_end(&s, S(10), S(20), 1000, 100);
	counts.holds = 1;
	totals = session_totals(&s, &counts, 10);
	session_close(&s, &totals);
	counts.holds = 7;
	totals = session_totals(&s, &counts, 99);
	assert_int_equal(totals.holds, 1);
	assert_true(totals.longest_hold_s == 10);
}

static const char *sessions(struct script *script, const char *words)
{
	static char out[1 << 12];
	char copy[1 << 14], *save = NULL;

	out[0] = '\0';
	snprintf(copy, sizeof copy, "%s", script_run(script, words));
	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (strstr(line, "session"))
			strcat(strcat(out, line), "\n");
	return out;
}

/* Contacts end 5 ms before the force is 0 and begin 8 ms after it rises; gaps of 10.000 and 9.99 s between them. */
static void a_contact_that_begins_within_the_gap_belongs_to_the_session(void **state)
{
	static struct script script;

	(void)state;
	script_init(&script);
	script.settings.session_gap_s = 10;
	assert_string_equal(sessions(&script, "1:0 0.1>80 1:80 0.1>0 9.975:0 0.1>80 1:80 0.1>0 11:0"),
		"1.010 session_start\n13.369 session_end\n");
	script_init(&script);
	script.settings.session_gap_s = 10;
	memset(&script.detect, 0, sizeof script.detect);
	assert_string_equal(sessions(&script, "1:0 0.1>80 1:80 0.1>0 10:0 0.1>80 1:80 0.1>0 11:0"),
		"1.010 session_start\n2.194 session_end\n12.210 session_start\n13.394 session_end\n");
}

static void it_goes_on_across_lost_data_and_counts_both_sides(void **state)
{
	static struct script script;

	(void)state;
	script_init(&script);
	assert_string_equal(sessions(&script, "1:0 0.1>80 5:80 lost gap:5 5:80 0.1>0 121:0"),
		"1.010 session_start\n16.194 session_end\n");
	assert_int_equal(script.detect.session.totals.holds, 2);
	assert_true(fabs(script.detect.session.totals.loaded_s - 10.17) < 0.02);
	assert_true(fabs(script.detect.session.totals.dose_ns - 810) < 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_second_session_owes_nothing_to_the_first),
		cmocka_unit_test(it_ends_only_while_nothing_touches),
		cmocka_unit_test(what_is_shown_after_the_end_is_what_was_sent),
		cmocka_unit_test(a_contact_that_begins_within_the_gap_belongs_to_the_session),
		cmocka_unit_test(it_goes_on_across_lost_data_and_counts_both_sides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
