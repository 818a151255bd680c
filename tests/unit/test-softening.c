/* SPDX-License-Identifier: MIT */
/* Softening: found where a line of log force on log time breaks to a steeper one, and not in what relaxes, steps or sways. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "noise.h"
#include "softening.h"

#define BLOCK_S 0.2

/* The logarithm of a force: lines of log time, or curves; with breathing and sway. */
struct course {
	double slope, break_s, slope_then;
	double fade, fade_s; /* part of the force that fades away */
	double step_s, step;
	double breath, sway;
};

static double height(const struct course *c, double t_s)
{
	double y = -c->slope * log1p(t_s);

	if (c->break_s > 0 && t_s > c->break_s)
		y -= (c->slope_then - c->slope) * (log1p(t_s) - log1p(c->break_s));
	if (c->fade > 0)
		y += log(1 - c->fade * (1 - exp(-t_s / c->fade_s)));
	if (c->step_s > 0)
		y += c->step * fmin(1, fmax(0, (t_s - c->step_s) / 1.0));
	return y + c->breath * sin(2 * M_PI * 0.24 * t_s);
}

static struct knead_maybe play(const struct course *c, double length_s, uint64_t seed)
{
	struct noise noise;
	struct softening s;
	double sway = 0, before = 0;

	noise_init(&noise, seed);
	softening_start(&s);
	for (int i = 1; i * BLOCK_S < length_s; i++) {
		double now;

		sway = noise_wander(&noise, sway, BLOCK_S, 2);
		now = height(c, i * BLOCK_S) + c->sway * sway;
		softening_push(&s, i > 1 ? (float)(now - before) : 0);
		before = now;
	}
	return softening_s(&s);
}

static void a_break_to_a_steeper_line_is_dated(void **state)
{
	(void)state;
	for (int break_s = 18; break_s < 42; break_s += 4) {
		struct course c = { .slope = 0.03, .break_s = break_s, .slope_then = 0.2, .breath = 0.01 };
		struct knead_maybe found = play(&c, 60, 1);

		if (!found.known)
			fail_msg("none instead of %d s", break_s);
		if (fabs(found.value - break_s) > 3)
			fail_msg("%.1f s instead of %d s", found.value, break_s);
	}
}

static void a_straight_line_a_fading_curve_and_a_step_have_no_break(void **state)
{
	(void)state;
	assert_false(play(&(struct course){ 0 }, 60, 1).known);
	assert_false(play(&(struct course){ .slope = 0.06 }, 60, 1).known);
	assert_false(play(&(struct course){ .slope = 0.06, .breath = 0.03 }, 60, 1).known);
	for (int fade_s = 4; fade_s < 40; fade_s += 4)
		if (play(&(struct course){ .fade = 0.12, .fade_s = fade_s, .breath = 0.01 }, 60, 1).known)
			fail_msg("fading within %d s has a break", fade_s);
	assert_false(play(&(struct course){ .slope = 0.03, .step_s = 20, .step = -0.08 }, 60, 1).known);
	assert_false(play(&(struct course){ .slope = 0.03, .step_s = 20, .step = 0.08 }, 60, 1).known);
}

static void a_line_that_falls_off_less_is_no_softening(void **state)
{
	(void)state;
	assert_false(play(&(struct course){ .slope = 0.12, .break_s = 20, .slope_then = 0.03 }, 60, 1).known);
}

static void a_short_hold_has_no_break(void **state)
{
	struct course c = { .slope = 0.03, .break_s = 8, .slope_then = 0.3 };

	(void)state;
	assert_true(play(&c, 20, 1).known);
	assert_false(play(&c, 12, 1).known);
}

static void a_long_hold_is_thinned_and_still_dated(void **state)
{
	struct course c = { .slope = 0.03, .break_s = 120, .slope_then = 0.3 };
	struct knead_maybe found = play(&c, 600, 1);

	(void)state;
	assert_true(found.known);
	assert_true(fabs(found.value - 120) < 10);
}

static void sway_is_hardly_ever_taken_for_a_break(void **state)
{
	int told = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct course c = {
			.slope = 0.0004 * (double)seed, .sway = 0.002 + 0.0001 * (double)seed, .breath = 0.02
		};

		told += play(&c, 25 + (double)(seed % 40), seed).known;
	}
	assert_in_range(told, 0, 9); /* under 5 % */
}

static void under_sway_half_of_the_breaks_are_dated_within_three_seconds(void **state)
{
	int told = 0, near = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct course c = { .slope = 0.02,
			.break_s = 15 + 0.2 * (double)seed,
			.slope_then = 0.16,
			.sway = 0.008,
			.breath = 0.02 };
		struct knead_maybe found = play(&c, 60, seed);

		told += found.known;
		near += found.known && fabs(found.value - c.break_s) <= 3;
	}
	assert_in_range(told, 50, 100);
	assert_in_range(near, (told + 1) / 2, told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_break_to_a_steeper_line_is_dated),
		cmocka_unit_test(a_straight_line_a_fading_curve_and_a_step_have_no_break),
		cmocka_unit_test(a_line_that_falls_off_less_is_no_softening),
		cmocka_unit_test(a_short_hold_has_no_break),
		cmocka_unit_test(a_long_hold_is_thinned_and_still_dated),
		cmocka_unit_test(sway_is_hardly_ever_taken_for_a_break),
		cmocka_unit_test(under_sway_half_of_the_breaks_are_dated_within_three_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
