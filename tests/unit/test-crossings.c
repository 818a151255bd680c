/* SPDX-License-Identifier: MIT */
/* How exactly the begin and the end of a contact are dated, for forces of several shapes, without noise and with it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "detect.h"

#define TRIALS 60

static double straight(double x)
{
	return x;
}

static double minimum_jerk(double x)
{
	return x * x * x * (10 - 15 * x + 6 * x * x);
}

static double exponential(double x)
{
	return (1 - exp(-4 * x)) / (1 - exp(-4.0));
}

static double cosine(double x)
{
	return 0.5 - 0.5 * cos(M_PI * x);
}

typedef double shape(double x);

static double force_at(shape *f, double rise_s, double t_s)
{
	if (t_s < 1)
		return 0;
	if (t_s < 4)
		return 100 * f(fmin(1, (t_s - 1) / rise_s));
	return 100 * f(fmax(0, 1 - (t_s - 4) / rise_s));
}

/* When the drawn force goes through level_n after from_s. */
static double crossing_s(shape *f, double rise_s, double level_n, double from_s)
{
	bool above = force_at(f, rise_s, from_s) > level_n;
	double t_s = from_s;

	while ((force_at(f, rise_s, t_s) > level_n) == above)
		t_s += 1e-5;
	return t_s;
}

static double noise(uint32_t *seed)
{
	double sum = -6;

	for (int i = 0; i < 12; i++) {
		*seed = *seed * 1664525u + 1013904223u;
		sum += *seed / 4294967296.0;
	}
	return sum;
}

/* The same behind a converter that averages over four periods, as an HX711 does, centred. */
static double converted_n(shape *f, double rise_s, double t_s, double period_s)
{
	double sum_n = 0;

	for (int i = -80; i < 80; i++) {
		double x = fabs((i + 0.5) / 40);
		double weight = x < 1 ? 2.0 / 3 - x * x + x * x * x / 2 : (2 - x) * (2 - x) * (2 - x) / 6;

		sum_n += weight / 40 * force_at(f, rise_s, t_s - x * (i < 0 ? -1 : 1) * period_s);
	}
	return sum_n;
}

/* Errors of begin and end in ms: root of the mean square over the trials. */
static void errors(shape *f, double rise_s, double rate_hz, double noise_n, bool converter, double ret_ms[2])
{
	double on_s = crossing_s(f, rise_s, 8, 0.9), off_s = crossing_s(f, rise_s, 5, 3.5), sum[2] = { 0 };
	uint32_t seed = 5;

	for (int k = 0; k < TRIALS; k++) {
		struct knead_event out[KNEAD_EVENTS_MIN];
		struct emit emit = { .out = out, .cap = KNEAD_EVENTS_MIN };
		struct knead_settings settings;
		struct detect d;

		knead_settings_init(&settings, KNEAD_PROFILE_BALL);
		if (converter)
			settings.delay_ms = 2e3 / rate_hz;
		detect_init(&d, &settings, &emit);
		signal_set_period(&d.signal, 1e6 / rate_hz);
		for (int n = 0; n < 7 * rate_hz; n++) {
			double t_s = (n + (double)k / TRIALS) / rate_hz;
			struct force force = {
				.t_us = llround(t_s * 1e6),
				.sum_n = (converter ? converted_n(f, rise_s, t_s, 1 / rate_hz)
						    : force_at(f, rise_s, t_s)) +
					 noise_n * noise(&seed),
				.noise_n = noise_n,
			};

			emit.n = 0;
			detect_push(&d, &force, false);
			for (size_t i = 0; i < emit.n; i++)
				if (out[i].type == KNEAD_EVENT_HOLD_END) {
					double on_ms = 1e3 * (knead_us_to_s(out[i].hold_end.start_us) - on_s);
					double off_ms = 1e3 * (knead_us_to_s(out[i].hold_end.end_us) - off_s);

					sum[0] += on_ms * on_ms;
					sum[1] += off_ms * off_ms;
				}
		}
		assert_int_equal(d.hold.holds, 1);
	}
	ret_ms[0] = sqrt(sum[0] / TRIALS);
	ret_ms[1] = sqrt(sum[1] / TRIALS);
}

static void without_noise_any_shape_is_dated_within_a_part_of_a_sample(void **state)
{
	static shape *const shapes[] = { straight, minimum_jerk, exponential, cosine };
	static const double rates_hz[] = { 80, 320, 1000 };
	static const double rise_s[] = { 0.15, 0.5, 1.3 };
	double ms[2];

	(void)state;
	for (int i = 0; i < 36; i++) {
		errors(shapes[i % 4], rise_s[i / 12], rates_hz[i / 4 % 3], 0, false, ms);
		assert_true(ms[0] < 3.5);
		assert_true(ms[1] < 3.5);
	}
}

static void noise_of_a_fast_converter_blurs_slow_crossings_little(void **state)
{
	static shape *const shapes[] = { straight, minimum_jerk, cosine };
	double ms[2];

	(void)state;
	for (int i = 0; i < 3; i++) {
		/* a second for 100 N; 2 N of noise from sample to sample */
		errors(shapes[i], 1, 1000, 2, false, ms);
		assert_true(ms[0] < (i == 0 ? 5 : 7)); /* a low-pass of 4 ms alone: 7 and more */
		assert_true(ms[1] < (i == 0 ? 6 : 12));
	}
}

static void noise_costs_a_fast_crossing_nothing(void **state)
{
	double ms[2];

	(void)state;
	errors(minimum_jerk, 0.15, 1000, 2, false, ms);
	assert_true(ms[0] < 2.5);
	assert_true(ms[1] < 2.5);
}

static void what_a_slow_converter_spread_is_taken_back(void **state)
{
	static shape *const shapes[] = { straight, minimum_jerk, exponential, cosine };
	/* to the second order: least where the force rises within one period. Without it 93, 67 and 41 ms. */
	static const double most_ms[] = { 60, 40, 25 }, rise_s[] = { 0.15, 0.5, 1.3 };
	double ms[2];

	(void)state;
	for (int i = 0; i < 12; i++) {
		errors(shapes[i % 4], rise_s[i / 4], 10, 0.1, true, ms);
		assert_true(ms[0] < most_ms[i / 4]);
		assert_true(ms[1] < most_ms[i / 4]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_noise_any_shape_is_dated_within_a_part_of_a_sample),
		cmocka_unit_test(noise_of_a_fast_converter_blurs_slow_crossings_little),
		cmocka_unit_test(noise_costs_a_fast_crossing_nothing),
		cmocka_unit_test(what_a_slow_converter_spread_is_taken_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
