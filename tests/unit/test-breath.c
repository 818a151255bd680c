/* SPDX-License-Identifier: MIT */
/* Breathing: found where it is deep and long enough, at any rate of samples, and never found in what only sways or steps. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "breath.h"
#include "noise.h"

#define LEVEL_N 120.0

/* A load with what a body adds to it, each as a part of the load. */
struct load {
	double hz, amplitude, second, wander; /* breathing, its second harmonic, how its rate wanders */
	double sway, sway_s; /* Ornstein-Uhlenbeck */
	double relax; /* of the load, per e-fold of time */
	double step_s, step; /* a step of the level */
	double dip_s; /* without load from here for 0.4 s */
};

struct play {
	struct breath breath;
	struct noise noise;
	double rate_hz, t_s, impulse_ns, last_n, sway, wander, phase;
};

static double force_n(struct play *p, const struct load *l)
{
	double dt_s = 1 / p->rate_hz, part = 1;

	p->wander = noise_wander(&p->noise, p->wander, dt_s, 8);
	p->phase += 2 * M_PI * l->hz * (1 + l->wander * p->wander) * dt_s;
	if (l->sway > 0)
		p->sway = noise_wander(&p->noise, p->sway, dt_s, l->sway_s);
	part += l->amplitude * (sin(p->phase) + l->second * sin(2 * p->phase)) + l->sway * p->sway;
	part *= 1 - l->relax * log1p(p->t_s);
	if (l->step_s > 0 && p->t_s > l->step_s)
		part *= 1 + l->step;
	return LEVEL_N * part;
}

/* Plays the load for length_s. Returns the impulse, for the dip a straight line. */
static void play(struct play *p, const struct load *l, double rate_hz, double length_s, uint64_t seed)
{
	*p = (struct play){ .rate_hz = rate_hz, .last_n = LEVEL_N };
	noise_init(&p->noise, seed);
	breath_start(&p->breath, 0, 0);
	for (long i = 1; i <= (long)(length_s * rate_hz); i++) {
		double now_n;
		int64_t t_us;
		bool dips, dipped;

		dipped = l->dip_s > 0 && p->t_s >= l->dip_s && p->t_s < l->dip_s + 0.4;
		p->t_s = (double)i / rate_hz;
		dips = l->dip_s > 0 && p->t_s >= l->dip_s && p->t_s < l->dip_s + 0.4;
		now_n = dips ? 0 : force_n(p, l);
		p->impulse_ns += (now_n + p->last_n) / 2 / rate_hz;
		p->last_n = now_n;
		t_us = knead_s_to_us(p->t_s);
		if (dips)
			continue;
		if (dipped)
			breath_resume(&p->breath, t_us, p->impulse_ns);
		else
			breath_push(&p->breath, t_us, p->impulse_ns);
	}
}

static void assert_breathes(const struct play *p, double length_s, double per_min, double within)
{
	struct knead_maybe rate = breath_per_min(&p->breath, length_s);

	assert_true(rate.known);
	if (fabs(rate.value - per_min) > within)
		fail_msg("%.2f per minute instead of %.2f", rate.value, per_min);
}

static void breathing_is_told_at_every_rate_of_samples_and_of_breathing(void **state)
{
	static const double rates_hz[] = { 10, 80, 320, 1000 },
			    breaths_hz[] = { 0.10, 0.15, 0.173, 0.25, 0.31, 0.38, 0.45 };
	struct play p;

	(void)state;
	for (size_t i = 0; i < sizeof rates_hz / sizeof *rates_hz; i++)
		for (size_t k = 0; k < sizeof breaths_hz / sizeof *breaths_hz; k++) {
			play(&p, &(struct load){ .hz = breaths_hz[k], .amplitude = 0.025, .second = 0.25 }, rates_hz[i],
				40, 1);
			assert_breathes(&p, 40, 60 * breaths_hz[k], 0.3);
		}
}

static void half_a_minute_is_long_enough_and_less_is_not(void **state)
{
	struct load l = { .hz = 0.25, .amplitude = 0.03 };
	struct play p;

	(void)state;
	play(&p, &l, 80, 30, 1);
	assert_true(breath_per_min(&p.breath, 30).known);
	assert_false(breath_per_min(&p.breath, 29.99).known);
}

static void shallow_breathing_is_unknown(void **state)
{
	struct play p;

	(void)state;
	play(&p, &(struct load){ .hz = 0.25, .amplitude = 0.02, .second = 0.25 }, 80, 45, 1);
	assert_true(breath_per_min(&p.breath, 45).known);
	play(&p, &(struct load){ .hz = 0.25, .amplitude = 0.013, .second = 0.25 }, 80, 45, 1);
	assert_false(breath_per_min(&p.breath, 45).known);
}

static void what_swings_slower_or_faster_than_anybody_breathes_is_unknown(void **state)
{
	struct play p;

	(void)state;
	play(&p, &(struct load){ .hz = 0.06, .amplitude = 0.05 }, 80, 60, 1);
	assert_false(breath_per_min(&p.breath, 60).known);
	play(&p, &(struct load){ .hz = 0.6, .amplitude = 0.05 }, 80, 60, 1);
	assert_false(breath_per_min(&p.breath, 60).known);
}

static void a_load_that_rests_or_only_relaxes_does_not_breathe(void **state)
{
	struct play p;

	(void)state;
	play(&p, &(struct load){ 0 }, 80, 60, 1);
	assert_false(breath_per_min(&p.breath, 60).known);
	play(&p, &(struct load){ .relax = 0.06 }, 80, 60, 1);
	assert_false(breath_per_min(&p.breath, 60).known);
}

static void a_step_and_a_dip_neither_make_breathing_nor_hide_it(void **state)
{
	struct load l = { .relax = 0.04, .step_s = 14, .step = -0.25, .dip_s = 22.3 };
	struct play p;

	(void)state;
	play(&p, &l, 80, 40, 1);
	assert_false(breath_per_min(&p.breath, 40).known);
	l.hz = 0.2;
	l.amplitude = 0.025;
	play(&p, &l, 80, 40, 1);
	assert_breathes(&p, 40, 12, 0.3);
}

static void sway_is_hardly_ever_taken_for_breathing(void **state)
{
	int told = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct load l = { .sway = 0.005 + 0.0001 * (double)seed, .sway_s = 1 + (double)(seed % 4) };
		struct play p;

		play(&p, &l, 80, 35, seed);
		if (breath_per_min(&p.breath, 35).known) {
			print_message("seed %llu: sway taken for breathing\n", (unsigned long long)seed);
			told++;
		}
	}
	assert_in_range(told, 0, 4); /* 2 % */
}

static void breathing_that_wanders_under_sway_is_told_within_one_per_minute(void **state)
{
	int told = 0, near = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct load l = { .hz = 0.15 + 0.0023 * (double)seed,
			.amplitude = 0.02 + 0.0002 * (double)seed,
			.second = 0.25,
			.wander = 0.05,
			.sway = 0.01,
			.sway_s = 1 + (double)(seed % 4),
			.relax = 0.05 };
		struct knead_maybe rate;
		struct play p;

		play(&p, &l, 80, 45, seed);
		rate = breath_per_min(&p.breath, 45);
		told += rate.known;
		near += rate.known && fabs(rate.value - 60 * p.phase / (2 * M_PI) / 45) <= 1;
	}
	assert_in_range(told, 95, 100);
	assert_in_range(near, told - 2, told);
}

static void of_many_minutes_the_last_one_counts(void **state)
{
	struct load l = { .hz = 0.2, .amplitude = 0.03, .second = 0.25, .wander = 0.05, .sway = 0.005, .sway_s = 2 };
	struct play p;

	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		play(&p, &l, 20, 600, seed);
		assert_breathes(&p, 600, 12, 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(breathing_is_told_at_every_rate_of_samples_and_of_breathing),
		cmocka_unit_test(half_a_minute_is_long_enough_and_less_is_not),
		cmocka_unit_test(shallow_breathing_is_unknown),
		cmocka_unit_test(what_swings_slower_or_faster_than_anybody_breathes_is_unknown),
		cmocka_unit_test(a_load_that_rests_or_only_relaxes_does_not_breathe),
		cmocka_unit_test(a_step_and_a_dip_neither_make_breathing_nor_hide_it),
		cmocka_unit_test(sway_is_hardly_ever_taken_for_breathing),
		cmocka_unit_test(breathing_that_wanders_under_sway_is_told_within_one_per_minute),
		cmocka_unit_test(of_many_minutes_the_last_one_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
