/* SPDX-License-Identifier: MIT */
/* The converter of the simulator: what its filter does to time, and what it never gives out. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim_adc.h"

#define STEPS 50

static struct sim_options clean_options(double rate_hz)
{
	return (struct sim_options){
		.stratum = SIM_S0, .rate_hz = rate_hz, .cells = 1, .counts_per_n = 8400, .seed = 1
	};
}

/* An ADC without noise, drift and creep, so that only the filter speaks. */
static void init_silent(struct sim_adc *adc, double rate_hz)
{
	struct sim_options options = clean_options(rate_hz);

	assert_int_equal(sim_adc_init(adc, &options, rate_hz, STEPS), 0);
	adc->white_n = 0;
	adc->cell[0].creep = 0;
}

/* The time for which step of conversion stands, as sim.c has it. */
static double step_s(const struct sim_adc *adc, int conversion, int step)
{
	return (conversion * STEPS + step + 1 - adc->boxes / 2.0) * adc->period_s / STEPS;
}

static double force_n(const struct sim_adc *adc, int32_t counts)
{
	return (counts - adc->cell[0].zero_counts) / adc->cell[0].counts_per_n;
}

static void the_kernel_averages_and_is_symmetric(void **state)
{
	double kernel[SIM_ADC_BOXES_MAX * STEPS], sum = 0;

	(void)state;
	for (uint32_t boxes = 3; boxes <= 4; boxes++) {
		uint32_t n = sim_adc_kernel(boxes, STEPS, kernel);

		assert_int_equal(n, boxes * (STEPS - 1) + 1);
		sum = 0;
		for (uint32_t i = 0; i < n; i++) {
			sum += kernel[i];
			assert_true(fabs(kernel[i] - kernel[n - 1 - i]) < 1e-15);
		}
		assert_true(fabs(sum - 1) < 1e-12);
	}
}

static void a_ramp_comes_out_late_by_exactly_the_delay(void **state)
{
	static const double rates_hz[] = { 10, 80, 320, 1000 };

	(void)state;
	for (size_t i = 0; i < sizeof(rates_hz) / sizeof(rates_hz[0]); i++) {
		struct sim_adc adc;

		init_silent(&adc, rates_hz[i]);
		for (int k = 0; k < 20; k++) {
			double end_s = (k + 1) * adc.period_s, slope = 2 * rates_hz[i];
			int32_t counts;

			for (int j = 0; j < STEPS; j++) {
				double ramp_n = slope * step_s(&adc, k, j);

				sim_adc_push(&adc, (uint32_t)j, &ramp_n);
			}
			sim_adc_convert(&adc, &counts);
			/* A count is 0.12 mN; the ramp rises 2 N in a conversion. */
			if (k >= (int)adc.boxes)
				assert_true(
					fabs(force_n(&adc, counts) - slope * (end_s - sim_adc_delay_s(&adc))) < 2e-4);
		}
		sim_adc_deinit(&adc);
	}
}

static void the_delay_is_two_conversions_up_to_80_and_one_and_a_half_above(void **state)
{
	struct sim_adc adc;

	(void)state;
	init_silent(&adc, 80);
	assert_true(fabs(sim_adc_delay_s(&adc) - 0.025) < 1e-9);
	sim_adc_deinit(&adc);
	init_silent(&adc, 10);
	assert_true(fabs(sim_adc_delay_s(&adc) - 0.2) < 1e-9);
	sim_adc_deinit(&adc);
	init_silent(&adc, 320);
	assert_true(fabs(sim_adc_delay_s(&adc) - 1.5 / 320) < 1e-9);
	sim_adc_deinit(&adc);
}

static void vibration_is_damped_as_the_fourth_power_of_sinc(void **state)
{
	/* 30 Hz at 80 samples/s: 0.38. */
	double expected = pow(sin(M_PI * 30 / 80) / (M_PI * 30 / 80), 4), largest = 0;
	struct sim_adc adc;

	(void)state;
	init_silent(&adc, 80);
	for (int k = 0; k < 2000; k++) {
		int32_t counts;

		for (int j = 0; j < STEPS; j++) {
			double wave_n = 100 * sin(2 * M_PI * 30.01 * step_s(&adc, k, j));

			sim_adc_push(&adc, (uint32_t)j, &wave_n);
		}
		sim_adc_convert(&adc, &counts);
		if (k > 4)
			largest = fmax(largest, force_n(&adc, counts));
	}
	assert_true(fabs(largest - 100 * expected) < 0.3);
	sim_adc_deinit(&adc);
}

static void what_is_beyond_the_scale_is_clipped(void **state)
{
	struct sim_adc adc;
	int32_t counts = 0;

	(void)state;
	init_silent(&adc, 80);
	for (int k = 0; k < 8; k++) {
		for (int j = 0; j < STEPS; j++) {
			double much_n = 5000;

			sim_adc_push(&adc, (uint32_t)j, &much_n);
		}
		sim_adc_convert(&adc, &counts);
	}
	assert_int_equal(counts, 0x7fffff);
	sim_adc_deinit(&adc);
}

static void drift_of_a_day_stays_within_the_scale(void **state)
{
	struct sim_options options = { .stratum = SIM_S3, .rate_hz = 10, .cells = 1, .counts_per_n = 8400, .seed = 3 };
	struct sim_adc adc;
	double least = HUGE_VAL, most = -HUGE_VAL;

	(void)state;
	assert_int_equal(sim_adc_init(&adc, &options, 10, STEPS), 0);
	adc.spike_chance = adc.white_n = 0;
	for (int k = 0; k < 864000; k++) {
		int32_t counts;

		sim_adc_convert(&adc, &counts);
		least = fmin(least, force_n(&adc, counts));
		most = fmax(most, force_n(&adc, counts));
	}
	assert_true(most - least > 5);
	assert_true(most < 300 && least > -300);
	sim_adc_deinit(&adc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_averages_and_is_symmetric),
		cmocka_unit_test(a_ramp_comes_out_late_by_exactly_the_delay),
		cmocka_unit_test(the_delay_is_two_conversions_up_to_80_and_one_and_a_half_above),
		cmocka_unit_test(vibration_is_damped_as_the_fourth_power_of_sinc),
		cmocka_unit_test(what_is_beyond_the_scale_is_clipped),
		cmocka_unit_test(drift_of_a_day_stays_within_the_scale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
