/* SPDX-License-Identifier: MIT */
/* The statistics of a hold: exact on exact shapes, and a peak that owes nothing to noise. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "noise.h"
#include "tally.h"

struct play {
	struct knead_settings settings;
	struct signal signal;
	struct tally tally;
	struct climb climb;
	struct noise noise;
	double rate_hz, noise_n;
	long count;
};

static void begin(struct play *p, double rate_hz, double noise_n, double force_n)
{
	struct force force = { .sum_n = force_n, .noise_n = noise_n };

	memset(p, 0, sizeof *p);
	p->rate_hz = rate_hz;
	p->noise_n = noise_n;
	noise_init(&p->noise, 7);
	knead_settings_init(&p->settings, KNEAD_PROFILE_BALL);
	signal_init(&p->signal, &p->settings);
	signal_set_period(&p->signal, KNEAD_US_PER_S / rate_hz);
	signal_push(&p->signal, &force, false, false);
	signal_touch(&p->signal, 0, force_n);
	tally_start(&p->tally, 0, 0, force_n);
	climb_init(&p->climb, 0, force_n);
}

/* On to to_n in seconds, in a straight line, with a wave of that size and rate on it. */
static void go(struct play *p, double seconds, double to_n, double wave_n, double wave_hz)
{
	double from_n = p->signal.raw_n;
	long steps = lround(seconds * p->rate_hz);

	for (long i = 1; i <= steps; i++) {
		double t_s = (double)++p->count / p->rate_hz;
		struct force force = {
			.t_us = knead_s_to_us(t_s),
			.sum_n = from_n + (to_n - from_n) * (double)i / (double)steps +
				 wave_n * sin(2 * M_PI * wave_hz * t_s) + p->noise_n * noise_normal(&p->noise),
			.noise_n = p->noise_n,
		};

		signal_push(&p->signal, &force, false, true);
		tally_push(&p->tally, &p->signal, &p->climb);
	}
}

static struct knead_hold_end_fields end(struct play *p)
{
	struct knead_hold_end_fields f = { 0 };

	tally_finish(&p->tally, &p->tally.now, p->signal.t_us, p->signal.t_us, false, &f);
	return f;
}

static void assert_near(double found, double expected, double within)
{
	if (!(fabs(found - expected) <= within))
		fail_msg("%.6g instead of %.6g", found, expected);
}

static void a_trapezoid_has_the_impulse_mean_and_peak_of_one(void **state)
{
	struct play p;
	struct knead_hold_end_fields f;

	(void)state;
	begin(&p, 100, 0, 0);
	go(&p, 1, 100, 0, 0);
	go(&p, 8, 100, 0, 0);
	go(&p, 1, 0, 0, 0);
	f = end(&p);
	assert_near(f.impulse_ns, 900, 1e-6);
	assert_near(f.mean_n, 90, 1e-6);
	assert_near(f.peak_n, 100, 1e-9);
	assert_near(knead_us_to_s(f.peak_t_us), 1, 0.0101);
}

static void relaxation_is_told_from_ten_seconds_on(void **state)
{
	struct play p;
	struct knead_hold_end_fields f;
	double then_n = 100 - 5 * log1p(2), end_n;

	(void)state;
	for (int length_s = 9; length_s <= 40; length_s += 31) {
		begin(&p, 100, 0, 100);
		for (int i = 0; i < 10 * length_s; i++)
			go(&p, 0.1, 100 - 5 * log1p((i + 1) * 0.1), 0, 0);
		f = end(&p);
		end_n = 100 - 5 * log1p(length_s);
		assert_int_equal(f.relax_pct.known, length_s >= 10);
		if (f.relax_pct.known)
			assert_near(f.relax_pct.value, 100 * (then_n - end_n) / then_n, 0.3);
		assert_near(f.steadiness_pct.value, 100, 0.3);
	}
}

static void a_wave_about_the_trend_is_all_that_steadiness_loses(void **state)
{
	struct play p;

	(void)state;
	begin(&p, 100, 0, 100);
	go(&p, 30, 100, 5, 0.5);
	assert_near(end(&p).steadiness_pct.value, 100 - 5 / sqrt(2), 0.3);
}

static void without_noise_the_peak_is_the_largest_reading(void **state)
{
	struct play p;

	(void)state;
	begin(&p, 1000, 0, 100);
	go(&p, 1, 100, 0, 0);
	go(&p, 0.001, 137.25, 0, 0);
	go(&p, 0.001, 100, 0, 0);
	go(&p, 1, 100, 0, 0);
	assert_near(end(&p).peak_n, 137.25, 1e-9);
}

static void noise_adds_next_to_nothing_to_the_peak(void **state)
{
	static const double rates_hz[] = { 80, 320, 1000 };
	struct play p;

	(void)state;
	for (size_t i = 0; i < sizeof rates_hz / sizeof *rates_hz; i++) {
		double noise_n = 0.6 * sqrt(rates_hz[i] / 80);

		begin(&p, rates_hz[i], noise_n, 100);
		go(&p, 20, 100, 1.5, 10); /* tremor belongs to the force */
		assert_near(end(&p).peak_n, 101.5, 2 * 0.6);
	}
}

static void a_short_peak_far_above_the_noise_stays(void **state)
{
	struct play p;

	(void)state;
	begin(&p, 1000, 1, 100);
	go(&p, 1, 100, 0, 0);
	go(&p, 0.003, 200, 0, 0);
	go(&p, 0.003, 100, 0, 0);
	go(&p, 1, 100, 0, 0);
	assert_near(end(&p).peak_n, 200, 6);
}

static void a_movement_gives_no_peak_to_the_hold_before_it(void **state)
{
	struct play p;
	struct tally_mark mark;
	struct knead_hold_end_fields f = { 0 };

	(void)state;
	begin(&p, 100, 0, 100);
	go(&p, 5, 102, 0, 0);
	go(&p, 0.5, 140, 0, 0);
	mark = p.tally.now; /* the movement was seen to leave half a second late ... */
	go(&p, 5, 60, 0, 0);
	tally_finish(&p.tally, &mark, 5000000, 5000000, true, &f);
	assert_near(f.peak_n, 102, 0.25); /* ... and is told of later still */
	assert_true(f.peak_t_us <= 5000000);
	assert_near(end(&p).peak_n, 140, 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_trapezoid_has_the_impulse_mean_and_peak_of_one),
		cmocka_unit_test(relaxation_is_told_from_ten_seconds_on),
		cmocka_unit_test(a_wave_about_the_trend_is_all_that_steadiness_loses),
		cmocka_unit_test(without_noise_the_peak_is_the_largest_reading),
		cmocka_unit_test(noise_adds_next_to_nothing_to_the_peak),
		cmocka_unit_test(a_movement_gives_no_peak_to_the_hold_before_it),
		cmocka_unit_test(a_short_peak_far_above_the_noise_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
