/* SPDX-License-Identifier: MIT */
/* Conditioning: spikes, rails, missing cells, the first zero, and a zero that follows drift but no load. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "calib.h"

#define RATE_HZ 80
#define STEP_US 12500

struct bench {
	struct knead_settings settings;
	struct calib calib;
	int64_t t_us;
	double out[64]; /* forces that came out of the last call of feed() */
	uint32_t count;
	bool spike, saturated;
};

static void start(struct bench *b)
{
	memset(b, 0, sizeof *b);
	knead_settings_init(&b->settings, KNEAD_PROFILE_BALL);
	b->settings.counts_per_n_count = 1;
	b->settings.counts_per_n[0] = 100;
	b->settings.zero_raw_count = 1;
	b->settings.cells = 1;
	b->settings.zero_raw[0] = 5000;
	calib_init(&b->calib, &b->settings);
	calib_learn(&b->calib, KNEAD_UNIT_UNSET, 0, true);
}

static void take(struct bench *b, const struct force *f, bool idle)
{
	calib_track(&b->calib, f, idle);
	b->spike |= f->spike;
	b->saturated |= f->saturated;
	if (b->count < sizeof b->out / sizeof b->out[0])
		b->out[b->count++] = f->sum_n;
}

static void push(struct bench *b, double raw, bool idle)
{
	struct knead_sample s = { .cells = 1, .raw = { raw }, .rx_us = KNEAD_RX_UNKNOWN };
	struct force f;

	if (calib_push(&b->calib, &s, b->t_us, &f))
		take(b, &f, idle);
	while (calib_more(&b->calib, &f))
		take(b, &f, idle);
	b->t_us += STEP_US;
}

/* Feeds forces in N over the zero of 5000 counts and forgets what came before. */
static void feed(struct bench *b, const double *force_n, uint32_t n)
{
	b->count = 0;
	b->spike = b->saturated = false;
	for (uint32_t i = 0; i < n; i++)
		push(b, 5000 + 100 * force_n[i], false);
}

static void forces_come_out_one_sample_late_and_unchanged(void **state)
{
	static const double ramp[] = { 0, 1, 2, 3, 4, 5 };
	struct bench b;

	(void)state;
	start(&b);
	feed(&b, ramp, 6);
	assert_int_equal(b.count, 5);
	for (uint32_t i = 1; i < 5; i++)
		assert_float_equal(b.out[i], i, 1e-9);
}

static void single_and_double_spikes_are_taken_out_and_flagged(void **state)
{
	static const double single[] = { 10, 10, 10, 500, 10, 10, 10, 10 };
	static const double twin[] = { 10, 10, 10, 900, 700, 10, 10, 10, 10 };
	static const double opposite[] = { 10, 10, 10, 900, -700, 10, 10, 10, 10 };
	struct bench b;

	(void)state;
	start(&b);
	feed(&b, single, 8);
	for (uint32_t i = 0; i < b.count; i++)
		assert_float_equal(b.out[i], 10, 1e-9);
	assert_true(b.spike);
	start(&b);
	feed(&b, twin, 9);
	assert_int_equal(b.count, 8);
	for (uint32_t i = 0; i < b.count; i++)
		assert_float_equal(b.out[i], 10, 1e-9);
	assert_true(b.spike);
	start(&b);
	feed(&b, opposite, 9);
	for (uint32_t i = 0; i < b.count; i++)
		assert_float_equal(b.out[i], 10, 1e-9);
}

/* Feeds forces at a rate other than 80. */
static void feed_at(struct bench *b, int64_t step_us, const double *force_n, uint32_t n)
{
	b->count = 0;
	b->spike = false;
	for (uint32_t i = 0; i < n; i++) {
		push(b, 5000 + 100 * force_n[i], false);
		b->t_us += step_us - STEP_US;
	}
}

static double largest(const struct bench *b)
{
	double most = 0;

	for (uint32_t i = 0; i < b->count; i++)
		most = fmax(most, fabs(b->out[i]));
	return most;
}

static void runs_of_spikes_are_taken_out_at_any_rate(void **state)
{
	static const double runs[][12] = {
		{ 0, 0, 0, 174, 996, 60, 0, 0, 0, 0, 0, 0 },
		{ 0, 0, 0, 500, 400, 450, 0, 0, 0, 0, 0, 0 },
		{ 0, 0, 0, 403, 18, 0, 0, 0, 0, 0, 0, 0 },
		{ 0, 0, 0, 65, 97, 982, -41, 0, 0, 0, 0, 0 },
		{ 0, 0, 0, 300, 0, 700, 200, 0, 0, 0, 0, 0 },
		{ 0, 0, 0, 645, 106, 287, 0, 0, 0, 0, 0, 0 },
		{ 0, 0, 0, 260, 0, 963, 0, 0, 0, 0, 0, 0 },
		{ 1, 1, 1, 26, 154, -2.4, 2.9, -3.7, -2.5, -0.5, 0, 0 },
	};
	static const int64_t step_us[] = { 1000, 3125, 12500 };
	struct bench b;

	(void)state;
	for (uint32_t k = 0; k < 8; k++)
		for (uint32_t r = 0; r < 3; r++) {
			start(&b);
			feed_at(&b, step_us[r], runs[k], 12);
			assert_true(largest(&b) < 8);
			assert_true(b.spike);
		}
}

static void short_taps_and_ringing_drops_are_no_runs_of_spikes(void **state)
{
	/* half a sine of 50 ms without any filter; a drop that rings at 40 Hz */
	static const double tap[] = { 0, 0, 0, 46, 111, 111, 46, 0, 0, 0, 0, 0 };
	static const double drop[] = { 0, 0, 0, 75, 159, 8, -148, -188, -122, 0, 100, 129, 82, 5, -60, -80, -49, 4, 47,
		59, 39, 3, -27, -33 };
	struct bench b;

	(void)state;
	start(&b);
	feed_at(&b, 12500, tap, 12);
	assert_float_equal(largest(&b), 111, 1e-9);
	assert_false(b.spike);
	start(&b);
	feed_at(&b, 3125, drop, 24);
	assert_true(largest(&b) > 120);
	assert_false(b.spike);
}

static void a_tap_that_the_filter_of_a_slow_converter_spread_keeps_its_peak(void **state)
{
	static const double tap[] = { 0, 0, 0, 0, 10, 40, 10, 0, 0, 0 };
	static const double spike[] = { 0, 0, 0, 0, 0, 400, 0, 0, 0, 0 };
	struct bench b;

	(void)state;
	start(&b);
	feed_at(&b, 100000, tap, 10);
	assert_float_equal(largest(&b), 40, 1e-9);
	assert_false(b.spike);
	start(&b);
	feed_at(&b, 100000, spike, 10);
	assert_float_equal(largest(&b), 0, 1e-9);
	assert_true(b.spike);
}

static void a_jump_that_nothing_confirmed_before_a_gap_is_none(void **state)
{
	static const double before[] = { 0, 0, 0, 0, 700, 900 };
	struct force f;
	struct bench b;

	(void)state;
	start(&b);
	feed(&b, before, 6);
	if (calib_flush(&b.calib, false, &f))
		take(&b, &f, false);
	while (calib_more(&b.calib, &f))
		take(&b, &f, false);
	assert_float_equal(largest(&b), 0, 1e-9);
	/* and the first two after it are no better */
	feed(&b, (const double[]){ 800, 600, 0, 0, 0, 0 }, 6);
	assert_float_equal(largest(&b), 0, 1e-9);
}

static void a_real_step_is_kept(void **state)
{
	static const double step[] = { 0, 0, 0, 200, 200, 200, 200, 200 };
	struct bench b;

	(void)state;
	start(&b);
	feed(&b, step, 8);
	assert_int_equal(b.count, 7);
	assert_float_equal(b.out[2], 0, 1e-9);
	for (uint32_t i = 3; i < 7; i++)
		assert_float_equal(b.out[i], 200, 1e-9);
	assert_false(b.spike);
}

static void a_reading_beyond_the_capacity_keeps_the_last_value(void **state)
{
	static const double wild[] = { 10, 10, 900, 900, 900, 10, 10, 10 };
	struct bench b;

	(void)state;
	start(&b);
	b.settings.capacity_n = 500;
	calib_init(&b.calib, &b.settings);
	calib_learn(&b.calib, KNEAD_UNIT_UNSET, 0, true);
	feed(&b, wild, 8);
	for (uint32_t i = 0; i < b.count; i++)
		assert_float_equal(b.out[i], 10, 1e-9);
	assert_true(b.spike);
}

/* Trap T10: nothing but the two rails is special, and those only when they stay. */
static void legal_readings_are_never_sentinels(void **state)
{
	static const double raw[] = { -1, 0, 8388606, -8388607 };
	struct bench b;

	(void)state;
	for (uint32_t k = 0; k < 4; k++) {
		start(&b);
		for (int i = 0; i < 8; i++)
			push(&b, raw[k], false);
		assert_int_equal(b.count, 7);
		assert_false(b.saturated);
		assert_float_equal(b.out[5], (raw[k] - 5000) / 100, 1e-9);
	}
	start(&b);
	for (int i = 0; i < 8; i++)
		push(&b, 8388607, false);
	assert_true(b.saturated);
}

static void a_cell_without_a_value_keeps_its_last(void **state)
{
	struct bench b;
	struct knead_sample s = { .cells = 2, .raw = { 100, 200 }, .rx_us = KNEAD_RX_UNKNOWN };
	struct force f;

	(void)state;
	start(&b);
	b.settings.cells = 2;
	b.settings.zero_raw_count = 2;
	b.settings.zero_raw[0] = b.settings.zero_raw[1] = 0;
	calib_init(&b.calib, &b.settings);
	calib_learn(&b.calib, KNEAD_UNIT_UNSET, 0, true);
	calib_push(&b.calib, &s, 0, &f);
	s.invalid_cells = 2;
	s.raw[1] = 0;
	for (int i = 1; i < 5; i++)
		if (calib_push(&b.calib, &s, i * STEP_US, &f))
			assert_float_equal(f.sum_n, 3, 1e-9);
}

static void the_first_zero_is_the_mean_of_two_quiet_seconds(void **state)
{
	struct bench b;

	(void)state;
	start(&b);
	b.settings.zero_raw_count = 0;
	calib_init(&b.calib, &b.settings);
	calib_learn(&b.calib, KNEAD_UNIT_UNSET, 0, true);
	/* a hand on it first: not quiet; then a pair of spikes, which must not cost another two seconds */
	for (int i = 0; i < RATE_HZ; i++)
		push(&b, 7000 + 40 * i, true);
	assert_false(b.calib.zero.known);
	for (int i = 0; i < 2 * RATE_HZ + 8; i++)
		push(&b, i == 50 || i == 51 ? 90000 : 7000 + (i & 1 ? 20 : -20), true);
	assert_true(b.calib.zero.known);
	assert_float_equal(b.calib.zero.use[0], 7000, 2);
}

/* Reproducible noise of standard deviation 1: the sum of twelve even numbers. */
static double noise(uint32_t *seed)
{
	double sum = -6;

	for (int i = 0; i < 12; i++) {
		*seed = *seed * 1664525u + 1013904223u;
		sum += *seed / 4294967296.0;
	}
	return sum;
}

static void a_noisy_converter_finds_its_first_zero_too(void **state)
{
	uint32_t seed = 1;
	struct bench b;

	(void)state;
	start(&b);
	b.settings.zero_raw_count = 0;
	calib_init(&b.calib, &b.settings);
	calib_learn(&b.calib, KNEAD_UNIT_UNSET, 0, true);
	/* 5 N from sample to sample, as a converter of 1000 samples/s may have it */
	for (int i = 0; i < 2100; i++) {
		push(&b, 7000 + 500 * noise(&seed), true);
		b.t_us += 1000 - STEP_US;
	}
	assert_true(b.calib.zero.known);
	assert_float_equal(b.calib.zero.use[0], 7000, 60);
}

static void the_noise_of_one_despiked_sample_is_measured_while_idle(void **state)
{
	uint32_t seed = 7;
	double m2_n2 = 0;
	struct bench b;

	(void)state;
	start(&b);
	for (int i = 0; i < 4000; i++) {
		bool pressed = i % 1000 >= 800;

		b.count = 0;
		push(&b, 5000 + 100 * noise(&seed) + (pressed ? 20000 : 0) + (i % 97 ? 0 : 90000), !pressed);
		if (!pressed && i % 1000 >= 10)
			m2_n2 += b.out[0] * b.out[0] / 3160;
	}
	/* the median of three leaves 0.67 of it */
	assert_float_equal(sqrt(m2_n2), 0.67, 0.08);
	assert_float_equal(b.calib.zero.noise.sd_n, sqrt(m2_n2), 0.1);
}

static void a_device_that_reports_newton_has_its_own_zero(void **state)
{
	struct knead_settings settings;
	struct calib c;

	(void)state;
	knead_settings_init(&settings, KNEAD_PROFILE_BALL);
	settings.unit = KNEAD_UNIT_KG;
	calib_init(&c, &settings);
	calib_learn(&c, KNEAD_UNIT_UNSET, 0, true);
	assert_int_equal(c.state, CALIB_READY);
	assert_true(c.zero.known);
	assert_float_equal(c.n_per_raw[0], KNEAD_G0_M_PER_S2, 1e-12);
}

static void the_scale_comes_from_settings_then_unit_then_device(void **state)
{
	struct knead_settings settings;
	struct calib c;

	(void)state;
	knead_settings_init(&settings, KNEAD_PROFILE_BALL);
	calib_init(&c, &settings);
	calib_learn(&c, KNEAD_UNIT_UNSET, 850, false);
	assert_true(c.calibrated);
	assert_float_equal(c.n_per_raw[0], 1 / 850.0, 1e-15);
	calib_learn(&c, KNEAD_UNIT_G, 0, false);
	assert_float_equal(c.n_per_raw[0], KNEAD_G0_M_PER_S2 / 1000, 1e-15);
	settings.counts_per_n_count = 1;
	settings.counts_per_n[0] = -420;
	calib_learn(&c, KNEAD_UNIT_G, 850, false);
	assert_float_equal(c.n_per_raw[0], -1 / 420.0, 1e-15);
	knead_settings_init(&settings, KNEAD_PROFILE_BALL);
	calib_init(&c, &settings);
	calib_learn(&c, KNEAD_UNIT_UNSET, 0, true);
	assert_false(c.calibrated);
}

static void the_zero_follows_slow_drift_while_idle(void **state)
{
	struct bench b;

	(void)state;
	start(&b);
	/* 0.02 N/s for ten minutes: 12 N */
	for (int i = 0; i < 600 * RATE_HZ; i++)
		push(&b, 5000 + 100 * 0.02 * i / RATE_HZ, true);
	b.count = 0;
	push(&b, 5000 + 100 * 12, true);
	assert_float_equal(b.out[0], 0, 0.3);
	assert_float_equal(zero_drift_n(&b.calib.zero, b.calib.n_per_raw), 12, 0.3);
}

static void a_load_never_becomes_the_zero(void **state)
{
	struct bench b;

	(void)state;
	start(&b);
	for (int i = 0; i < 10 * RATE_HZ; i++)
		push(&b, 5000, true);
	/* ten minutes of 100 N, told to be a contact; and 8 N more, told to be idle, beyond the band that is followed */
	for (int i = 0; i < 600 * RATE_HZ; i++)
		push(&b, 5000 + 100 * 100, false);
	b.count = 0;
	push(&b, 5000 + 100 * 100, false);
	assert_float_equal(b.out[0], 100, 1e-6);
	for (int i = 0; i < 600 * RATE_HZ; i++)
		push(&b, 5000 + 100 * 8, true);
	b.count = 0;
	push(&b, 5000 + 100 * 8, true);
	assert_float_equal(b.out[0], 8, 1e-6);
}

static void the_slow_beginning_of_a_press_leaves_no_trace_in_the_zero(void **state)
{
	struct bench b;

	(void)state;
	start(&b);
	for (int i = 0; i < 10 * RATE_HZ; i++)
		push(&b, 5000, true);
	/* 8 N in 1.6 s, a ramp of 5 N/s, idle until press_n; then a contact */
	for (int i = 0; i < 128; i++)
		push(&b, 5000 + 100 * 5.0 * i / RATE_HZ, true);
	b.count = 0;
	for (int i = 0; i < 8; i++)
		push(&b, 5000 + 100 * 100, false);
	assert_float_equal(b.out[b.count - 1], 100, 0.1);
}

static void after_a_load_the_zero_finds_its_new_place_within_two_seconds(void **state)
{
	struct bench b;

	(void)state;
	start(&b);
	for (int i = 0; i < 5 * RATE_HZ; i++)
		push(&b, 5000, true);
	for (int i = 0; i < 5 * RATE_HZ; i++)
		push(&b, 5000 + 100 * 100, false);
	for (int i = 0; i < 2 * RATE_HZ; i++)
		push(&b, 5000 + 100 * 2, true);
	b.count = 0;
	push(&b, 5000 + 100 * 2, true);
	assert_float_equal(b.out[0], 0, 0.1);
}

static bool is_stuck(struct bench *b)
{
	struct calib_stuck stuck;

	return calib_find_stuck(&b->calib, b->t_us, &stuck);
}

static void a_lively_channel_that_stops_is_stuck_a_repeating_one_is_not(void **state)
{
	struct bench b;

	(void)state;
	start(&b);
	for (int i = 0; i < 10 * RATE_HZ; i++) {
		push(&b, 5000 + i % 3, true);
		assert_false(is_stuck(&b));
	}
	for (int i = 0; i < 2 * RATE_HZ + 2; i++)
		push(&b, 5001, true);
	assert_true(is_stuck(&b));
	assert_false(is_stuck(&b));
	start(&b);
	for (int i = 0; i < 20 * RATE_HZ; i++) {
		int counts = 5000 + i / 100;

		push(&b, counts, true);
		assert_false(is_stuck(&b));
	}
	for (int i = 0; i < 20 * RATE_HZ; i++)
		push(&b, 5000, true);
	assert_false(is_stuck(&b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forces_come_out_one_sample_late_and_unchanged),
		cmocka_unit_test(single_and_double_spikes_are_taken_out_and_flagged),
		cmocka_unit_test(runs_of_spikes_are_taken_out_at_any_rate),
		cmocka_unit_test(short_taps_and_ringing_drops_are_no_runs_of_spikes),
		cmocka_unit_test(a_tap_that_the_filter_of_a_slow_converter_spread_keeps_its_peak),
		cmocka_unit_test(a_jump_that_nothing_confirmed_before_a_gap_is_none),
		cmocka_unit_test(a_real_step_is_kept),
		cmocka_unit_test(a_reading_beyond_the_capacity_keeps_the_last_value),
		cmocka_unit_test(legal_readings_are_never_sentinels),
		cmocka_unit_test(a_cell_without_a_value_keeps_its_last),
		cmocka_unit_test(the_first_zero_is_the_mean_of_two_quiet_seconds),
		cmocka_unit_test(a_noisy_converter_finds_its_first_zero_too),
		cmocka_unit_test(the_noise_of_one_despiked_sample_is_measured_while_idle),
		cmocka_unit_test(a_device_that_reports_newton_has_its_own_zero),
		cmocka_unit_test(the_scale_comes_from_settings_then_unit_then_device),
		cmocka_unit_test(the_zero_follows_slow_drift_while_idle),
		cmocka_unit_test(a_load_never_becomes_the_zero),
		cmocka_unit_test(the_slow_beginning_of_a_press_leaves_no_trace_in_the_zero),
		cmocka_unit_test(after_a_load_the_zero_finds_its_new_place_within_two_seconds),
		cmocka_unit_test(a_lively_channel_that_stops_is_stuck_a_repeating_one_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
