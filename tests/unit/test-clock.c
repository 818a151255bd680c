/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "clock.h"

struct bench {
	struct knead_settings settings;
	struct clock clock;
	struct clock_tick tick;
	uint32_t seed;
};

static int bench_make(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	b->seed = 1;
	clock_init(&b->clock, &b->settings);
	*state = b;
	return 0;
}

static int bench_free(void **state)
{
	free(*state);
	return 0;
}

static int64_t push(struct bench *b, const struct knead_sample *sample)
{
	clock_push(&b->clock, sample, &b->tick);
	return b->tick.t_us;
}

static int64_t push_device(struct bench *b, int64_t device_us, int64_t rx_us)
{
	return push(
		b, &(struct knead_sample){ .cells = 1, .has_device_us = true, .device_us = device_us, .rx_us = rx_us });
}

static int64_t push_rx(struct bench *b, int64_t rx_us)
{
	return push(b, &(struct knead_sample){ .cells = 1, .rx_us = rx_us });
}

static double uniform(struct bench *b)
{
	b->seed = b->seed * 1664525 + 1013904223;
	return (b->seed >> 8) / (double)(1 << 24);
}

/* ---- device time ---- */

static void device_time_is_stream_time(void **state)
{
	struct bench *b = *state;

	assert_int_equal(push_device(b, 777000, KNEAD_RX_UNKNOWN), 0);
	assert_int_equal(push_device(b, 789500, KNEAD_RX_UNKNOWN), 12500);
	assert_int_equal(push_device(b, 801900, KNEAD_RX_UNKNOWN), 24900);
	assert_false(clock_rate_assumed(&b->clock));
	assert_int_equal(clock_last_us(&b->clock), 24900);
}

static void arrival_does_not_touch_device_time(void **state)
{
	struct bench *b = *state;

	for (int i = 0; i < 200; i++)
		assert_int_equal(push_device(b, 1000 + i * 12500, 5000000 + i * 12500 + i * 7919 % 16000), i * 12500);
	assert_true(fabs(clock_rate_hz(&b->clock) - 80) < 1e-6);
}

static void doubles_and_overtaken_samples_are_dropped(void **state)
{
	struct bench *b = *state;
	struct knead_sample s = { .cells = 1, .has_device_us = true, .has_seq = true, .rx_us = KNEAD_RX_UNKNOWN };
	static const int order[] = { 0, 1, 1, 3, 2, 4, 4, 5 };
	static const bool drop[] = { 0, 0, 1, 0, 1, 0, 1, 0 };

	for (unsigned i = 0; i < 8; i++) {
		s.seq = order[i];
		s.device_us = order[i] * 12500;
		push(b, &s);
		assert_int_equal(b->tick.drop, drop[i]);
		if (!drop[i])
			assert_int_equal(b->tick.t_us, order[i] * 12500);
	}
}

static void rows_with_the_same_time_are_dropped_same_values_are_not(void **state)
{
	struct bench *b = *state;

	push_device(b, 0, KNEAD_RX_UNKNOWN);
	push_device(b, 11000, KNEAD_RX_UNKNOWN);
	push_device(b, 11000, KNEAD_RX_UNKNOWN);
	assert_true(b->tick.drop);
	push_device(b, 20000, KNEAD_RX_UNKNOWN);
	assert_false(b->tick.drop);
}

static void a_gap_begins_beyond_two_and_a_half_periods(void **state)
{
	struct bench *b = *state;

	for (int i = 0; i < 50; i++)
		push_device(b, i * 10000, KNEAD_RX_UNKNOWN);
	assert_int_equal(push_device(b, 490000 + 25000, KNEAD_RX_UNKNOWN), 515000);
	assert_int_equal(b->tick.gap_us, 0);
	assert_int_equal(push_device(b, 515000 + 26000, KNEAD_RX_UNKNOWN), 541000);
	assert_int_equal(b->tick.gap_us, 26000);
	assert_int_equal(push_device(b, 541000 + 20000000, KNEAD_RX_UNKNOWN), 20541000);
	assert_int_equal(b->tick.gap_us, 20000000);
	push_device(b, 20551000, KNEAD_RX_UNKNOWN);
	assert_int_equal(b->tick.gap_us, 0);
}

static void gaps_do_not_spoil_the_rate(void **state)
{
	struct bench *b = *state;
	int64_t t = 0;

	for (int i = 0; i < 2000; i++) {
		t += i % 10 == 9 ? 50000 : 10000;
		push_device(b, t, KNEAD_RX_UNKNOWN);
	}
	assert_true(fabs(clock_rate_hz(&b->clock) - 100) < 1);
}

static void a_slower_rate_is_followed_and_not_taken_for_gaps(void **state)
{
	struct bench *b = *state;
	unsigned gaps = 0;
	int64_t t = 0;

	for (int i = 0; i < 200; i++) {
		t += i < 20 ? 20000 : 80000;
		push_device(b, t, KNEAD_RX_UNKNOWN);
		gaps += b->tick.gap_us > 0;
	}
	assert_in_range(gaps, 1, 6);
	assert_true(fabs(clock_rate_hz(&b->clock) - 12.5) < 0.1);
}

static void a_restart_goes_on_by_arrival_or_by_one_period(void **state)
{
	struct bench *b = *state;
	struct knead_sample s = { .cells = 1, .has_device_us = true, .restarted = true, .device_us = 40 };

	for (int i = 0; i < 50; i++)
		push_device(b, 90000000 + i * 12500, 1000000 + i * 12500);
	s.rx_us = 1000000 + 49 * 12500 + 3000000;
	assert_int_equal(push(b, &s), 49 * 12500 + 3000000);
	assert_true(b->tick.restarted);
	assert_int_equal(b->tick.gap_us, 3000000);
	assert_int_equal(push_device(b, 12540, s.rx_us + 12000), 49 * 12500 + 3012500);
	s.rx_us = KNEAD_RX_UNKNOWN;
	assert_int_equal(push(b, &s), 49 * 12500 + 3025000);
	assert_true(b->tick.restarted);
	assert_int_equal(b->tick.gap_us, 0);
}

static void a_clock_set_back_far_does_not_silence_the_stream(void **state)
{
	struct bench *b = *state;

	for (int i = 0; i < 50; i++)
		push_device(b, 90000000 + i * 12500, KNEAD_RX_UNKNOWN);
	assert_int_equal(push_device(b, 1000, KNEAD_RX_UNKNOWN), 50 * 12500);
	assert_false(b->tick.drop);
	assert_int_equal(push_device(b, 13500, KNEAD_RX_UNKNOWN), 51 * 12500);
}

/* A crafted device: nearly a year per sample, set back each time, more often than 64 bits of microseconds have years. */
static void a_device_clock_of_year_long_steps_never_overflows_stream_time(void **state)
{
	const int64_t year_us = INT64_C(1000000) * 86400 * 365;
	struct bench *b = *state;
	int64_t before_us = -1;

	for (int i = 0; i < 700000; i++) {
		int64_t t_us = push_device(b, i % 2 ? year_us : 0, KNEAD_RX_UNKNOWN);

		assert_false(b->tick.drop);
		assert_true(t_us > before_us && t_us < 1100 * year_us);
		before_us = t_us;
	}
}

/* ---- no time at all ---- */

static void without_any_time_the_expected_rate_counts(void **state)
{
	struct bench *b = *state;

	b->settings.rate_hz = 30;
	clock_init(&b->clock, &b->settings);
	for (int64_t i = 0; i < 100000; i++)
		assert_int_equal(push_rx(b, KNEAD_RX_UNKNOWN), (i * 1000000 + 15) / 30);
	assert_false(clock_rate_assumed(&b->clock));
}

static void without_even_a_rate_80_are_assumed_and_said_so(void **state)
{
	struct bench *b = *state;

	push_rx(b, KNEAD_RX_UNKNOWN);
	assert_int_equal(push_rx(b, KNEAD_RX_UNKNOWN), 12500);
	assert_true(clock_rate_assumed(&b->clock));
	assert_true(clock_rate_hz(&b->clock) == 80);
}

static void the_counter_counts_what_is_missing(void **state)
{
	struct bench *b = *state;
	struct knead_sample s = { .cells = 1, .has_seq = true, .rx_us = KNEAD_RX_UNKNOWN };

	b->settings.rate_hz = 100;
	clock_init(&b->clock, &b->settings);
	push(b, &s);
	s.seq = 2;
	assert_int_equal(push(b, &s), 20000);
	assert_int_equal(b->tick.gap_us, 0);
	s.seq = 5;
	assert_int_equal(push(b, &s), 50000);
	assert_int_equal(b->tick.gap_us, 30000);
	push(b, &s);
	assert_true(b->tick.drop);
}

/* ---- arrival times ---- */

struct transport {
	double rate_hz, latency_us, jitter_us;
	double offset_us; /* of the latency timer */
	bool timer; /* bytes come when the latency timer fires; else each by itself */
};

/* When sample i arrives: taken at i / rate, sent at the next tick of the latency timer, plus what the host adds. */
static int64_t arrival(struct bench *b, const struct transport *t, int64_t i)
{
	double taken_us = (double)i * 1e6 / t->rate_hz, sent_us = taken_us;

	if (t->timer)
		sent_us = ceil((taken_us - t->offset_us) / t->latency_us) * t->latency_us + t->offset_us;
	return (int64_t)(sent_us + t->jitter_us);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* 95th percentile of the error of time from second 30 to 90, its mean taken off, in microseconds. */
static double p95_error(struct bench *b, const struct transport *t)
{
	static double error[200000];
	int64_t last_rx = INT64_MIN, n = (int64_t)(90 * t->rate_hz), first = (int64_t)(30 * t->rate_hz), batch = 0;
	double mean = 0;
	size_t count = 0;

	clock_init(&b->clock, &b->settings);
	for (int64_t i = 0; i < n; i++) {
		int64_t rx, before_us = clock_last_us(&b->clock), t_us;

		/* one jitter per batch: samples of one batch come together */
		rx = arrival(b, t, i);
		if (rx != last_rx) {
			last_rx = rx;
			batch = (int64_t)(-300 * log(1 - uniform(b)));
		}
		t_us = push_rx(b, rx + batch);
		assert_true(i == 0 || t_us > before_us);
		assert_false(b->tick.drop);
		if (i > first)
			assert_int_equal(b->tick.gap_us, 0);
		if (i >= first)
			error[count++] = (double)t_us - (double)i * 1e6 / t->rate_hz;
	}
	for (size_t i = 0; i < count; i++)
		mean += error[i] / (double)count;
	for (size_t i = 0; i < count; i++)
		error[i] = fabs(error[i] - mean);
	qsort(error, count, sizeof(error[0]), by_size);
	return error[count * 95 / 100];
}

static void jitter_of_16_ms_batches_is_filtered_below_1500_us(void **state)
{
	static const double rates_hz[] = { 10, 10.8, 80, 92, 93.7, 320, 332, 1000 };
	struct bench *b = *state;

	for (unsigned k = 0; k < sizeof(rates_hz) / sizeof(rates_hz[0]); k++)
		for (unsigned phase = 0; phase < 4; phase++) {
			struct transport t = {
				.rate_hz = rates_hz[k], .latency_us = 16000, .timer = true, .offset_us = phase * 4100
			};
			double p95_us = p95_error(b, &t);

			if (p95_us >= 1500)
				fail_msg("%.1f samples/s: p95 %.0f us", rates_hz[k], p95_us);
			assert_true(fabs(clock_rate_hz(&b->clock) / rates_hz[k] - 1) < 1e-3);
		}
}

static void a_nominal_rate_that_is_wrong_by_15_percent_is_corrected(void **state)
{
	struct bench *b = *state;
	struct transport t = { .rate_hz = 92, .latency_us = 16000, .timer = true };

	b->settings.rate_hz = 80;
	assert_true(p95_error(b, &t) < 1500);
	assert_true(fabs(clock_rate_hz(&b->clock) - 92) < 0.1);
	b->settings.rate_hz = 106;
	assert_true(p95_error(b, &t) < 1500);
}

static void times_stay_whole_under_any_shift_of_arrival(void **state)
{
	static const int64_t shifts[] = { 0, 1, 999983, -5000000000, INT64_C(1) << 52 };
	struct bench *b = *state;
	int64_t first[500];

	for (unsigned k = 0; k < 5; k++) {
		b->seed = 3;
		clock_init(&b->clock, &b->settings);
		for (int i = 0; i < 500; i++) {
			int64_t t_us = push_rx(b, shifts[k] + i / 2 * 25000 + (int64_t)(uniform(b) * 9000));

			if (k == 0)
				first[i] = t_us;
			assert_int_equal(t_us, first[i]);
		}
	}
}

/* 80 samples/s, alone each, for 20 s; returns the arrival of the last. */
static int64_t steady(struct bench *b)
{
	for (int i = 0; i < 1600; i++)
		push_rx(b, i * 12500);
	return 1599 * 12500;
}

static void a_stall_with_a_burst_after_it_is_no_gap(void **state)
{
	struct bench *b = *state;
	int64_t rx_us = steady(b), t_us = b->tick.t_us;

	/* 200 ms of silence, then all 16 samples at once */
	for (int i = 1; i <= 16; i++) {
		int64_t next_us = push_rx(b, rx_us + 200000);

		assert_int_equal(b->tick.gap_us, 0);
		assert_in_range(next_us - t_us, 12300, 12700);
		t_us = next_us;
	}
	for (int i = 17; i < 400; i++) {
		push_rx(b, rx_us + i * 12500);
		assert_int_equal(b->tick.gap_us, 0);
	}
	assert_in_range(llabs(b->tick.t_us - (rx_us + 399 * 12500)), 0, 1500);
}

static void a_pause_that_nobody_catches_up_is_a_gap(void **state)
{
	struct bench *b = *state;
	int64_t rx_us = steady(b), gap_us = 0;
	unsigned gaps = 0;

	for (int i = 0; i < 400; i++) {
		push_rx(b, rx_us + 200000 + i * 12500);
		gaps += b->tick.gap_us > 0;
		gap_us += b->tick.gap_us;
	}
	assert_int_equal(gaps, 1);
	assert_in_range(gap_us, 190000, 215000);
	assert_in_range(llabs(b->tick.t_us - (rx_us + 200000 + 399 * 12500)), 0, 2000);
}

static void a_long_pause_is_a_gap_as_soon_as_nobody_catches_up(void **state)
{
	struct bench *b = *state;
	int64_t rx_us = steady(b), gap_us = 0;

	for (int i = 0; i < 5; i++) {
		push_rx(b, rx_us + 700000 + i * 12500);
		gap_us += b->tick.gap_us;
		assert_true((gap_us > 0) == (i > 2));
	}
	assert_in_range(gap_us, 695000, 715000);
	assert_in_range(llabs(b->tick.t_us - (rx_us + 700000 + 4 * 12500)), 0, 1500);
	push_rx(b, rx_us += 3000000);
	assert_in_range(b->tick.gap_us, 2235000, 2265000);
	assert_in_range(llabs(b->tick.t_us - rx_us), 0, 1500);
}

static void a_long_stall_stretches_nothing(void **state)
{
	struct bench *b = *state;
	int64_t rx_us = steady(b);

	/* six times 0.7 s of silence, then all 56 samples at once */
	for (int k = 0; k < 6; k++) {
		for (int i = 1; i <= 56; i++) {
			push_rx(b, rx_us + 700000);
			assert_int_equal(b->tick.gap_us, 0);
		}
		rx_us += 700000;
		for (int i = 0; i < 400; i++) {
			push_rx(b, rx_us += 12500);
			assert_int_equal(b->tick.gap_us, 0);
		}
		assert_in_range(llabs(b->tick.t_us - rx_us), 0, 2000);
	}
}

static void the_rate_survives_a_gap_unstretched(void **state)
{
	struct bench *b = *state;
	int64_t rx_us = steady(b);

	for (int k = 0; k < 5; k++)
		for (int i = 0; i < 200; i++)
			push_rx(b, rx_us += i == 0 ? 1500000 : 12500);
	assert_true(fabs(clock_rate_hz(&b->clock) - 80) < 0.1);
}

static void an_old_buffer_that_is_flushed_does_not_turn_time_back(void **state)
{
	struct bench *b = *state;
	int64_t rx_us = steady(b), before_us = b->tick.t_us;

	for (int i = 0; i < 200; i++) {
		int64_t t_us = push_rx(b, rx_us + 1000);

		assert_true(t_us > before_us);
		before_us = t_us;
	}
	for (int i = 0; i < 1600; i++)
		push_rx(b, rx_us + 12500 + i * 12500);
	assert_true(fabs(clock_rate_hz(&b->clock) - 80) < 0.5);
}

static void another_rate_in_the_middle_is_found(void **state)
{
	static const int64_t steps_us[] = { 100000, 3125 };
	struct bench *b = *state;

	for (unsigned k = 0; k < 2; k++) {
		int64_t rx_us;
		unsigned gaps = 0;

		clock_init(&b->clock, &b->settings);
		rx_us = steady(b);
		for (int i = 0; i < 4000; i++) {
			push_rx(b, rx_us += steps_us[k]);
			gaps += b->tick.gap_us > 0;
		}
		assert_true(fabs(clock_rate_hz(&b->clock) * (double)steps_us[k] / 1e6 - 1) < 0.01);
		assert_in_range(gaps, 0, 8);
	}
}

static void a_closed_port_goes_on_by_the_host_clock(void **state)
{
	struct bench *b = *state;
	int64_t rx_us = steady(b), t_us = b->tick.t_us;

	clock_gap(&b->clock, rx_us + 5000);
	assert_int_equal(push_rx(b, rx_us + 30000000), t_us + 30000000);
	assert_int_equal(b->tick.gap_us, 30000000);
	assert_false(b->tick.restarted);
}

static void a_closed_port_without_arrival_times_costs_one_period(void **state)
{
	struct bench *b = *state;

	for (int i = 0; i < 10; i++)
		push_device(b, i * 20000, KNEAD_RX_UNKNOWN);
	clock_gap(&b->clock, KNEAD_RX_UNKNOWN);
	assert_int_equal(push_device(b, 5, KNEAD_RX_UNKNOWN), 200000);
	assert_int_equal(b->tick.gap_us, 0);
	assert_int_equal(push_device(b, 20005, KNEAD_RX_UNKNOWN), 220000);
}

static void a_gap_before_the_first_sample_is_nothing(void **state)
{
	struct bench *b = *state;

	clock_gap(&b->clock, 5);
	assert_int_equal(push_rx(b, 1000000), 0);
	assert_int_equal(b->tick.gap_us, 0);
}

static void a_change_of_source_keeps_time_rising(void **state)
{
	struct bench *b = *state;
	int64_t rx_us = steady(b), t_us = b->tick.t_us;

	assert_int_equal(push_device(b, 4000000000, rx_us + 15000), t_us + 15000);
	assert_int_equal(push_device(b, 4000012500, rx_us + 30000), t_us + 27500);
	t_us = b->tick.t_us;
	assert_int_equal(push_rx(b, rx_us + 42500), t_us + 12500);
}

#define CLOCK_TEST(name) cmocka_unit_test_setup_teardown(name, bench_make, bench_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLOCK_TEST(device_time_is_stream_time),
		CLOCK_TEST(arrival_does_not_touch_device_time),
		CLOCK_TEST(doubles_and_overtaken_samples_are_dropped),
		CLOCK_TEST(rows_with_the_same_time_are_dropped_same_values_are_not),
		CLOCK_TEST(a_gap_begins_beyond_two_and_a_half_periods),
		CLOCK_TEST(gaps_do_not_spoil_the_rate),
		CLOCK_TEST(a_slower_rate_is_followed_and_not_taken_for_gaps),
		CLOCK_TEST(a_restart_goes_on_by_arrival_or_by_one_period),
		CLOCK_TEST(a_device_clock_of_year_long_steps_never_overflows_stream_time),
		CLOCK_TEST(a_clock_set_back_far_does_not_silence_the_stream),
		CLOCK_TEST(without_any_time_the_expected_rate_counts),
		CLOCK_TEST(without_even_a_rate_80_are_assumed_and_said_so),
		CLOCK_TEST(the_counter_counts_what_is_missing),
		CLOCK_TEST(jitter_of_16_ms_batches_is_filtered_below_1500_us),
		CLOCK_TEST(a_nominal_rate_that_is_wrong_by_15_percent_is_corrected),
		CLOCK_TEST(times_stay_whole_under_any_shift_of_arrival),
		CLOCK_TEST(a_stall_with_a_burst_after_it_is_no_gap),
		CLOCK_TEST(a_pause_that_nobody_catches_up_is_a_gap),
		CLOCK_TEST(a_long_pause_is_a_gap_as_soon_as_nobody_catches_up),
		CLOCK_TEST(a_long_stall_stretches_nothing),
		CLOCK_TEST(the_rate_survives_a_gap_unstretched),
		CLOCK_TEST(an_old_buffer_that_is_flushed_does_not_turn_time_back),
		CLOCK_TEST(another_rate_in_the_middle_is_found),
		CLOCK_TEST(a_closed_port_goes_on_by_the_host_clock),
		CLOCK_TEST(a_closed_port_without_arrival_times_costs_one_period),
		CLOCK_TEST(a_gap_before_the_first_sample_is_nothing),
		CLOCK_TEST(a_change_of_source_keeps_time_rising),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
