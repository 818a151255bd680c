/* SPDX-License-Identifier: MIT */
/* Where rolls begin and end when the force does more than roll: creeping, swaying, bumps, lifts within a pass, circles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "script.h"

#define RADIUS_MM 60.0

/* The n-th event of that name in what was heard: its time; NAN when there is none. */
static double time_of(const struct script *s, const char *name, int n)
{
	const char *at = s->text;
	char line[128], what[32];
	double t_s;

	for (; sscanf(at, "%127[^\n]", line) == 1; at += strlen(line) + 1)
		if (sscanf(line, "%lf %31s", &t_s, what) == 2 && strcmp(what, name) == 0 && n-- == 0)
			return t_s;
	return NAN;
}

static struct script *play(double rate_hz, const char *words)
{
	static struct script s;

	script_init(&s);
	s.rate_hz = rate_hz;
	script_run(&s, words);
	return &s;
}

static void assert_near(double value, double expected, double tolerance)
{
	if (!(fabs(value - expected) <= tolerance))
		fail_msg("%g is not within %g of %g", value, tolerance, expected);
}

static void a_roll_begins_where_the_pass_does_not_where_the_force_began_to_creep(void **state)
{
	const struct script *s;

	(void)state;
	/* 150 N relax to 120 N in 10 s; the first pass goes on downwards: one swing from the high, by force alone */
	s = play(80, "1:0 0.2>150 10>120 1.5>90 1.5>120 1.5>90 1.5>120 1.5>90 1.5>120 4:120 0.1>0 3:0");
	assert_near(time_of(s, "roll_start", 0), 11.2, 0.6);
	assert_near(time_of(s, "roll_end", 0), 20.2, 0.6);
	assert_non_null(strstr(s->text, "roll_end 6 stopped"));
}

static void small_swings_before_a_roll_are_none_of_its_strokes(void **state)
{
	const struct script *s;

	(void)state;
	s = play(80, "1:0 0.2>100 4:100 1>94 1>106 1>94 1>100 1.5>140 1.5>100 1.5>140 1.5>100 1.5>140 0.2>0 3:0");
	assert_near(time_of(s, "roll_start", 0), 9.2, 0.6);
	assert_non_null(strstr(s->text, "roll_end 5"));
}

static void a_last_pass_is_over_when_a_pass_is_usually_over(void **state)
{
	const struct script *s;

	(void)state;
	/* after the last pass the force creeps on the same way for 8 s */
	s = play(80, "1:0 0.2>100 1.5>130 1.5>100 1.5>130 1.5>100 1.5>130 8>136 4:136 0.1>0 3:0");
	assert_near(time_of(s, "roll_end", 0), 8.7, 0.6);
}

static void a_lift_within_a_pass_ends_a_stroke_of_its_own(void **state)
{
	const struct script *s;

	(void)state;
	s = play(80, "1:0 0.2>100 1.5>150 1.5>100 1.5>150 1.5>100 1.5>150 1.5>100 1.2>135 0.15>0 3:0");
	assert_non_null(strstr(s->text, "roll_end 7 lifted"));
}

static void an_easing_is_told_though_the_force_had_swung_once(void **state)
{
	const struct script *s;

	(void)state;
	s = play(80, "1:0 0.2>100 5:100 1>125 0.5:125 0.3>40 4:40 0.3>100 4:100 0.1>0 3:0");
	assert_near(time_of(s, "hold_end", 0), 7.95, 0.15);
	assert_non_null(strstr(s->text, "eased"));
	assert_false(isnan(time_of(s, "hold_end", 1)));
}

static void a_slow_rate_takes_no_onset_for_a_stroke(void **state)
{
	const struct script *s;

	(void)state;
	s = play(10, "1:0 0.3>100 1.2:100 1.5>130 1.5>100 1.5>130 1.5>100 1.5>130 0.3>0 3:0");
	assert_near(time_of(s, "roll_start", 0), 2.5, 0.5);
	assert_non_null(strstr(s->text, "roll_end 5"));
}

/* Whether a hold has been told once these seconds of it are over. */
static bool told_after(struct script *s, double seconds, const char *words)
{
	char more[64];
	bool told;

	script_run(s, "1:0 0.1>100");
	told = strstr(script_run(s, words), "hold_start") != NULL;
	snprintf(more, sizeof more, "%g:100 0.1>0 1:0", seconds);
	assert_non_null(strstr(script_run(s, more), "hold_end"));
	return told;
}

static void a_hold_is_told_though_it_moves_for_ever_without_a_stroke(void **state)
{
	static struct script s;

	(void)state;
	/* pin and stretch: 16 mm to and fro; two passes, confirmed, take a little over 6 s */
	script_init(&s);
	script_line(&s);
	assert_true(told_after(&s, 0.5, "0.5:100 2@>16 2@>0 2@>16 2@>0"));
	script_init(&s);
	script_line(&s);
	assert_false(told_after(&s, 0.5, "0.5:100 2@>16 1.5@>0"));
	/* with stands between, where what was before is forgotten: twice 6 s at the latest */
	script_init(&s);
	script_line(&s);
	assert_true(told_after(&s, 0.5, "0.5:100 2@>16 1:100 2@>0 1:100 2@>16 1:100 2@>0 1:100"));
	/* one cell: swings of 13 % */
	script_init(&s);
	assert_true(told_after(&s, 0.5, "0.5:100 2>113 2>100 2>113 2>100 2>113"));
	/* one cell: a sway of 9.5 %, too small for a reversal */
	script_init(&s);
	assert_true(told_after(&s, 0.5, "0.5:100 2>109.5 2>100 2>109.5 2>100 2>109.5 2>100 2>109.5"));
}

static void a_hold_is_told_late_while_strokes_may_come(void **state)
{
	static struct script s;

	(void)state;
	/* a slow first pass of 25 mm that goes on */
	script_init(&s);
	script_line(&s);
	assert_false(told_after(&s, 0.5, "0.5:100 6@>24 4@>30"));
	/* one cell: three swings of 20 %, the fourth to come */
	script_init(&s);
	assert_false(told_after(&s, 9, "0.5:100 4>120 4>100 4>120"));
}

/* ---- circles: six cells on the axes of a sphere; the contact round its top ---- */

static void push_sphere(struct script *s, double t_s, double force_n, double x_mm, double y_mm)
{
	double at[3] = { x_mm / RADIUS_MM, y_mm / RADIUS_MM, 1 }, sum = 0;
	struct force force = { .t_us = (int64_t)(t_s * 1e6), .sum_n = force_n };

	for (int i = 0; i < 6; i++) {
		double cosine = (i < 3 ? 1 : -1) * at[i % 3];

		force.cell_n[i] = cosine > 0 ? cosine : 0;
		sum += force.cell_n[i];
	}
	for (int i = 0; i < 6; i++)
		force.cell_n[i] *= force_n / sum;
	detect_push(&s->detect, &force, false);
	script_take(s);
}

/* Thirty seconds of contact that goes round (or, with across_mm 0, to and fro) at half a cycle a second. */
static struct script *circle(double along_mm, double across_mm)
{
	static struct script s;

	script_init(&s);
	s.settings.geometry = KNEAD_GEOMETRY_SPHERE;
	s.settings.cells = 6;
	s.settings.radius_mm = RADIUS_MM;
	for (int i = 0; i < 6; i++)
		s.settings.cell_xyz[i][i % 3] = i < 3 ? 1 : -1;
	detect_init(&s.detect, &s.settings, &s.emit);
	signal_set_period(&s.detect.signal, 12500);
	for (int n = 0; n < 40 * 80; n++) {
		double t_s = n / 80.0, since_s = t_s - 2, turn = M_PI * since_s;
		double force_n = since_s < 0 || since_s > 30 ? 0 : fmin(1, fmin(since_s, 30 - since_s) / 0.3) * 100;

		push_sphere(&s, t_s, force_n, along_mm * sin(turn), across_mm * (1 - cos(turn)));
	}
	return &s;
}

static void a_circle_on_a_sphere_is_a_hold(void **state)
{
	const struct script *s = circle(15, 15);

	(void)state;
	assert_null(strstr(s->text, "roll"));
	assert_near(time_of(s, "hold_end", 0), 32, 0.1);
}

static void to_and_fro_on_a_sphere_is_a_roll(void **state)
{
	const struct script *s = circle(15, 2);

	(void)state;
	assert_non_null(strstr(s->text, "roll_end"));
	assert_true(isnan(time_of(s, "hold_end", 0)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_roll_begins_where_the_pass_does_not_where_the_force_began_to_creep),
		cmocka_unit_test(small_swings_before_a_roll_are_none_of_its_strokes),
		cmocka_unit_test(a_last_pass_is_over_when_a_pass_is_usually_over),
		cmocka_unit_test(a_lift_within_a_pass_ends_a_stroke_of_its_own),
		cmocka_unit_test(an_easing_is_told_though_the_force_had_swung_once),
		cmocka_unit_test(a_slow_rate_takes_no_onset_for_a_stroke),
		cmocka_unit_test(a_hold_is_told_though_it_moves_for_ever_without_a_stroke),
		cmocka_unit_test(a_hold_is_told_late_while_strokes_may_come),
		cmocka_unit_test(a_circle_on_a_sphere_is_a_hold),
		cmocka_unit_test(to_and_fro_on_a_sphere_is_a_roll),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
