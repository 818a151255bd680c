/* SPDX-License-Identifier: MIT */
/*
 * What devices do wrong, from frames to events: the same hold comes out, or an honest flag or fault; nothing is invented,
 * nothing stretched. The hold is 100 N from 2.02 s to 8.2375 s on two cells (a line), without and with the fault.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <knead/pipeline.h>

#define STEP_US 12500
#define SAMPLES 960
#define ZERO 20000
#define COUNTS_PER_N 400

struct row {
	uint64_t seq;
	int64_t t_us;
	int32_t raw[2];
	bool missing;
};

struct rig {
	struct knead_settings settings;
	struct row rows[SAMPLES + 3200];
	uint32_t n;
	char text[4096]; /* events, one line each */
	size_t length;
	uint32_t flags; /* of the holds */
};

static double drawn_n(double t_s)
{
	if (t_s < 2 || t_s > 8.25)
		return 0;
	return 100 * fmin(fmin(1, (t_s - 2) / 0.25), (8.25 - t_s) / 0.25);
}

/* Twelve seconds with the hold in it and a little noise, 60 % on the first cell. */
static void draw(struct rig *r)
{
	uint32_t noise = 1;

	memset(r, 0, sizeof *r);
	knead_settings_init(&r->settings, KNEAD_PROFILE_BALL);
	snprintf(r->settings.format, sizeof r->settings.format, "k1");
	r->settings.cells = r->settings.zero_raw_count = 2;
	r->settings.zero_raw[0] = r->settings.zero_raw[1] = ZERO;
	r->settings.counts_per_n_count = 1;
	r->settings.counts_per_n[0] = COUNTS_PER_N;
	r->settings.geometry = KNEAD_GEOMETRY_LINE;
	r->settings.cell_mm[0] = -100;
	r->settings.cell_mm[1] = 100;
	r->n = SAMPLES;
	for (uint32_t i = 0; i < SAMPLES; i++) {
		double force_n = drawn_n(i * STEP_US * 1e-6);

		r->rows[i] = (struct row){ .seq = 1000 + i, .t_us = 5000000 + (int64_t)i * STEP_US };
		for (int cell = 0; cell < 2; cell++) {
			noise = noise * 1664525u + 1013904223u;
			r->rows[i].raw[cell] = ZERO +
					       (int32_t)lround(COUNTS_PER_N * force_n * (cell == 0 ? 0.6 : 0.4)) +
					       (int32_t)(noise >> 28);
		}
	}
}

static uint32_t row_at(double t_s)
{
	return (uint32_t)lround(t_s * 1e6 / STEP_US);
}

static void note(struct rig *r, const struct knead_event *events, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct knead_event *e = &events[i];
		char *at = r->text + r->length;
		size_t room = sizeof r->text - r->length;

		if (e->type == KNEAD_EVENT_HOLD_END) {
			r->length +=
				(size_t)snprintf(at, room, "hold %.2f-%.2f %s\n", knead_us_to_s(e->hold_end.start_us),
					knead_us_to_s(e->hold_end.end_us), knead_cause_to_str(e->hold_end.cause));
			r->flags |= e->flags;
		} else if (e->type == KNEAD_EVENT_PRESS || e->type == KNEAD_EVENT_TAP ||
			   e->type == KNEAD_EVENT_IMPACT || e->type == KNEAD_EVENT_ROLL_END) {
			r->length += (size_t)snprintf(
				at, room, "%s %.2f\n", knead_event_type_to_str(e->type), knead_us_to_s(e->t_us));
			r->flags |= e->flags;
		} else if (e->type == KNEAD_EVENT_FAULT) {
			r->length += (size_t)snprintf(at, room, "fault %s %.1f %s\n",
				knead_fault_kind_to_str(e->fault.kind), knead_us_to_s(e->t_us), e->fault.detail);
		}
	}
}

/* Pushes all rows that are not missing as K1 text and returns what came of it. */
static const char *play(struct rig *r)
{
	struct knead_event out[KNEAD_EVENTS_MIN];
	struct knead_pipeline *p = NULL;
	char line[KNEAD_K1_LINE_MAX];

	assert_int_equal(knead_pipeline_new(&r->settings, &p), 0);
	r->length = r->flags = 0;
	r->text[0] = '\0';
	for (uint32_t i = 0; i < r->n; i++) {
		const struct row *row = &r->rows[i];
		size_t n, used = 0;

		if (row->missing)
			continue;
		n = knead_k1_text_sample(line, row->seq, (uint64_t)row->t_us, row->raw, 2);
		while (used < n) {
			size_t taken;

			note(r, out,
				knead_pipeline_push(
					p, line + used, n - used, KNEAD_RX_UNKNOWN, &taken, out, KNEAD_EVENTS_MIN));
			used += taken;
		}
	}
	note(r, out, knead_pipeline_end(p, out, KNEAD_EVENTS_MIN));
	knead_pipeline_free(p);
	return r->text;
}

#define HOLD "hold 2.02-8.24 lifted\n"

static void the_hold_itself(void **state)
{
	struct rig r;

	(void)state;
	draw(&r);
	assert_string_equal(play(&r), HOLD);
	assert_int_equal(r.flags, 0);
}

static void doubles_change_nothing(void **state)
{
	static const double at_s[] = { 1, 2.05, 5, 8.2 };
	struct rig r;

	(void)state;
	for (int k = 0; k < 4; k++) {
		draw(&r);
		for (uint32_t i = r.n++; i > row_at(at_s[k]); i--)
			r.rows[i] = r.rows[i - 1];
		assert_string_equal(play(&r), HOLD);
		assert_int_equal(r.flags, 0);
	}
}

static void frames_that_overtake_one_another_change_nothing(void **state)
{
	static const double at_s[] = { 1, 2.0125, 2.05, 5, 8.1, 8.2125 };
	struct rig r;

	(void)state;
	for (int k = 0; k < 6; k++) {
		uint32_t i = row_at(at_s[k]);
		struct row late;

		draw(&r);
		late = r.rows[i];
		r.rows[i] = r.rows[i + 1];
		r.rows[i + 1] = late;
		assert_string_equal(play(&r), HOLD);
	}
}

static void counters_that_wrap_inside_the_hold_change_nothing(void **state)
{
	static const double at_s[] = { 2.0125, 5, 8.2125 };
	struct rig r;

	(void)state;
	for (int k = 0; k < 3; k++) {
		draw(&r);
		for (uint32_t i = 0; i < r.n; i++) {
			r.rows[i].seq = (65536 + i - row_at(at_s[k])) & 0xffff;
			r.rows[i].t_us = (INT64_C(1) << 32) + ((int64_t)i - row_at(at_s[k])) * STEP_US;
			r.rows[i].t_us &= 0xffffffff;
		}
		assert_string_equal(play(&r), HOLD);
		assert_int_equal(r.flags, 0);
	}
}

static void codes_of_ones_change_nothing(void **state)
{
	static const double at_s[] = { 1, 2, 2.025, 2.1, 2.25, 5, 8, 8.1, 8.225, 8.25, 9 };
	struct rig r;

	(void)state;
	for (uint32_t k = 0; k < sizeof at_s / sizeof at_s[0]; k++)
		for (uint32_t power = 16; power <= 23; power++)
			for (uint32_t run = 1; run <= 2; run++) {
				draw(&r);
				for (uint32_t i = 0; i < run; i++)
					r.rows[row_at(at_s[k]) + i].raw[k & 1] = (1 << power) - 1;
				play(&r);
				/* what is lost with the readings themselves: at most one of them at either end */
				assert_non_null(strstr(r.text, "hold 2.0"));
				assert_non_null(strstr(r.text, "-8.2"));
				assert_int_equal(strchr(r.text, '\n') - r.text + 1, (int)r.length);
			}
}

static void missing_frames_stretch_nothing_and_are_flagged(void **state)
{
	struct rig r;

	(void)state;
	draw(&r);
	for (uint32_t i = row_at(4); i < row_at(5); i++)
		r.rows[i].missing = true;
	assert_string_equal(play(&r), HOLD);
	assert_int_equal(r.flags, KNEAD_FLAG_GAP);
	/* pressed in the gap: from the first sample after it; lifted in the gap: until the last before it */
	draw(&r);
	for (uint32_t i = row_at(1.8); i < row_at(2.5); i++)
		r.rows[i].missing = true;
	assert_string_equal(play(&r), "hold 2.50-8.24 lifted\n");
	assert_int_equal(r.flags, KNEAD_FLAG_GAP);
	draw(&r);
	for (uint32_t i = row_at(7.5); i < row_at(9); i++)
		r.rows[i].missing = true;
	assert_string_equal(play(&r), "hold 2.02-7.49 lifted\n");
	assert_int_equal(r.flags, KNEAD_FLAG_GAP);
	/* more than two seconds: nobody knows what was in between */
	draw(&r);
	for (uint32_t i = row_at(5.5); i < row_at(7.6); i++)
		r.rows[i].missing = true;
	assert_string_equal(play(&r), "hold 2.02-5.49 lost\npress 8.24\n");
	assert_int_equal(r.flags, KNEAD_FLAG_GAP);
}

static void a_reading_that_stays_ends_the_hold_where_it_began_to(void **state)
{
	struct rig r;

	(void)state;
	draw(&r);
	for (uint32_t i = row_at(6); i < r.n; i++)
		memcpy(r.rows[i].raw, r.rows[row_at(6)].raw, sizeof r.rows[i].raw);
	play(&r);
	assert_memory_equal(r.text, "hold 2.02-6.00 lost\nfault stuck 8.", 34);
}

static void a_reading_that_stays_for_less_than_two_seconds_is_bridged(void **state)
{
	struct rig r;

	(void)state;
	draw(&r);
	for (uint32_t i = row_at(5); i < row_at(6.8); i++)
		memcpy(r.rows[i].raw, r.rows[row_at(5)].raw, sizeof r.rows[i].raw);
	assert_string_equal(play(&r), HOLD);
}

static void a_channel_that_dies_in_a_hold_ends_it_there_and_the_other_goes_on(void **state)
{
	struct rig r;

	(void)state;
	draw(&r);
	for (uint32_t i = row_at(4); i < r.n; i++)
		r.rows[i].raw[1] = r.rows[row_at(4)].raw[1];
	play(&r);
	/* the first three seconds were told to be a hold before: they stay one */
	assert_non_null(strstr(r.text, "hold 2.02-5.02 lost\nfault stuck 6."));
	assert_non_null(strstr(r.text, "cell 2: the same reading for 2 s\npress 8.23\n"));
	assert_true(r.flags & KNEAD_FLAG_GAP);
}

static void a_channel_that_is_dead_for_good_is_told_and_invents_nothing(void **state)
{
	static const int32_t dead_at[] = { 0, ZERO, -8388608, ZERO + 100 * COUNTS_PER_N };
	struct rig r;

	(void)state;
	for (int k = 0; k < 4; k++) {
		draw(&r);
		for (uint32_t i = 0; i < r.n; i++)
			r.rows[i].raw[1] = dead_at[k];
		play(&r);
		if (k == 3) {
			/* loaded from the start, and never idle: nobody knows that it is not a load, but it says so */
			assert_true(r.flags & KNEAD_FLAG_BOOT_LOADED);
			continue;
		}
		assert_non_null(strstr(r.text, "cell 2: the same reading for 2 s\n"));
		/* the other cell carries 60 N of it */
		if (dead_at[k] == ZERO)
			assert_non_null(strstr(r.text, "hold 2.03-8.23 lifted\n"));
	}
}

static void two_channels_swapped_give_the_same_hold(void **state)
{
	struct rig r;

	(void)state;
	draw(&r);
	for (uint32_t i = 0; i < r.n; i++) {
		int32_t raw = r.rows[i].raw[0];

		r.rows[i].raw[0] = r.rows[i].raw[1];
		r.rows[i].raw[1] = raw;
	}
	assert_string_equal(play(&r), HOLD);
}

static void on_the_rail_for_a_second_it_is_one_hold_that_says_so(void **state)
{
	struct rig r;

	(void)state;
	draw(&r);
	for (uint32_t i = row_at(4); i < row_at(5); i++)
		r.rows[i].raw[0] = 8388607;
	play(&r);
	assert_non_null(strstr(r.text, HOLD));
	assert_non_null(strstr(r.text, "fault saturated"));
	assert_true(r.flags & KNEAD_FLAG_SATURATED);
}

/* Rails both cells from one moment to another. */
static void rail(struct rig *r, double from_s, double to_s)
{
	for (uint32_t i = row_at(from_s); i < row_at(to_s); i++)
		r->rows[i].raw[0] = r->rows[i].raw[1] = 8388607;
}

static void more_load_than_it_can_say_for_seconds_is_no_stuck_reading(void **state)
{
	struct rig r;

	(void)state;
	draw(&r);
	rail(&r, 3, 7.5);
	play(&r);
	assert_non_null(strstr(r.text, HOLD));
	assert_null(strstr(r.text, "fault stuck"));
	assert_true(r.flags & KNEAD_FLAG_SATURATED);
}

static void a_load_about_the_end_of_the_range_is_told_once(void **state)
{
	struct rig r;
	const char *first;

	(void)state;
	draw(&r);
	for (int i = 0; i < 8; i++)
		rail(&r, 3 + 0.5 * i, 3.25 + 0.5 * i);
	play(&r);
	first = strstr(r.text, "fault saturated");
	assert_non_null(first);
	assert_null(strstr(first + 1, "fault saturated"));
	assert_non_null(strstr(r.text, HOLD));
}

static void half_a_minute_at_the_end_of_the_range_is_a_wire_that_is_off(void **state)
{
	struct rig r;

	(void)state;
	draw(&r);
	for (uint32_t i = SAMPLES; i < SAMPLES + 3200; i++)
		r.rows[i] = (struct row){ .seq = 1000 + i, .t_us = 5000000 + (int64_t)i * STEP_US };
	r.n = SAMPLES + 3200;
	r.settings.target_s = 600; /* a target that was told would stand */
	rail(&r, 6, (SAMPLES + 3200) * STEP_US * 1e-6);
	play(&r);
	assert_non_null(strstr(r.text, "cell 1: at the end of its range for 30 s"));
	assert_non_null(strstr(r.text, "hold 2.02-6.0"));
	assert_non_null(strstr(r.text, " lost\n"));
}

static void a_nominal_rate_that_is_wrong_by_15_percent_changes_nothing(void **state)
{
	static const double rates_hz[] = { 68, 92, 94 };
	struct rig r;

	(void)state;
	for (int k = 0; k < 3; k++) {
		draw(&r);
		r.settings.rate_hz = rates_hz[k];
		assert_string_equal(play(&r), HOLD);
		assert_int_equal(r.flags, 0);
	}
}

static void a_restart_in_a_hold_ends_it_at_the_last_reading(void **state)
{
	struct rig r;

	(void)state;
	draw(&r);
	for (uint32_t i = row_at(5.5); i < row_at(6.5); i++)
		r.rows[i].missing = true;
	for (uint32_t i = row_at(6.5); i < r.n; i++) {
		r.rows[i].seq = i - row_at(6.5);
		r.rows[i].t_us = 300000 + (int64_t)(i - row_at(6.5)) * STEP_US;
	}
	play(&r);
	assert_memory_equal(r.text, "hold 2.02-5.49 lost\npress ", 26);
	assert_true(r.flags & KNEAD_FLAG_GAP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hold_itself),
		cmocka_unit_test(doubles_change_nothing),
		cmocka_unit_test(frames_that_overtake_one_another_change_nothing),
		cmocka_unit_test(counters_that_wrap_inside_the_hold_change_nothing),
		cmocka_unit_test(codes_of_ones_change_nothing),
		cmocka_unit_test(missing_frames_stretch_nothing_and_are_flagged),
		cmocka_unit_test(a_reading_that_stays_ends_the_hold_where_it_began_to),
		cmocka_unit_test(a_reading_that_stays_for_less_than_two_seconds_is_bridged),
		cmocka_unit_test(a_channel_that_dies_in_a_hold_ends_it_there_and_the_other_goes_on),
		cmocka_unit_test(a_channel_that_is_dead_for_good_is_told_and_invents_nothing),
		cmocka_unit_test(two_channels_swapped_give_the_same_hold),
		cmocka_unit_test(on_the_rail_for_a_second_it_is_one_hold_that_says_so),
		cmocka_unit_test(more_load_than_it_can_say_for_seconds_is_no_stuck_reading),
		cmocka_unit_test(a_load_about_the_end_of_the_range_is_told_once),
		cmocka_unit_test(half_a_minute_at_the_end_of_the_range_is_a_wire_that_is_off),
		cmocka_unit_test(a_nominal_rate_that_is_wrong_by_15_percent_changes_nothing),
		cmocka_unit_test(a_restart_in_a_hold_ends_it_at_the_last_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
