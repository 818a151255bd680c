/* SPDX-License-Identifier: MIT */
/* Devices that tare themselves, through the whole pipeline: what the force is afterwards, and what is told meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <knead/control.h>
#include <knead/k1.h>
#include <knead/pipeline.h>

#define EVENTS_MAX 64

/* A device on the bench: what it reads is (load - its own zero) x counts per newton. */
struct bench {
	struct knead_settings settings;
	struct knead_pipeline *p;
	double rate_hz, t_s, noise_n;
	double zero_n; /* of the device: what it takes off */
	double clock_s; /* its own clock counts from here */
	uint32_t seq, random;
	enum { K1, K1B, ADC, ADC_TWO, COLUMN } firmware;
	struct knead_event events[EVENTS_MAX];
	size_t count;
};

static void take(struct bench *b, const void *bytes, size_t n)
{
	struct knead_event out[KNEAD_EVENTS_MIN];
	const char *at = bytes;
	size_t used;

	while (n > 0) {
		size_t got = knead_pipeline_push(b->p, at, n, (int64_t)(b->t_s * 1e6), &used, out, KNEAD_EVENTS_MIN);

		for (size_t i = 0; i < got && b->count < EVENTS_MAX; i++)
			b->events[b->count++] = out[i];
		at += used;
		n -= used;
	}
}

static void say(struct bench *b, const char *line)
{
	take(b, line, strlen(line));
}

/* Uniform, which is noise enough. */
static double noise(struct bench *b)
{
	b->random = b->random * 1664525u + 1013904223u;
	return b->noise_n * (((double)(b->random >> 8) / (1 << 24)) - 0.5) * 3.46;
}

static void sample(struct bench *b, double load_n)
{
	int32_t raw = (int32_t)lround((load_n - b->zero_n + noise(b)) * 100);
	uint64_t t_us = (uint64_t)((b->t_s - b->clock_s) * 1e6);
	char line[KNEAD_K1_LINE_MAX];

	switch (b->firmware) {
	case K1:
		take(b, line, knead_k1_text_sample(line, b->seq, t_us, &raw, 1));
		break;
	case K1B:
		take(b, line, knead_k1_binary_sample((uint8_t *)line, b->seq, t_us, &raw, 1, false));
		break;
	case ADC:
		snprintf(line, sizeof(line), "Load_cell output val: %.2f\r\n", raw / 100.0);
		say(b, line);
		break;
	case ADC_TWO: /* the first cell carries it all, the second was tared long ago */
		snprintf(line, sizeof(line), "Load_cell 1 output val: %.2f    Load_cell 2 output val: %.2f\r\n",
			raw / 100.0, noise(b));
		say(b, line);
		break;
	case COLUMN:
		snprintf(line, sizeof(line), "%.2f\r\n", raw / 100.0);
		say(b, line);
		break;
	}
	b->seq++;
	b->t_s += 1 / b->rate_hz;
}

static void hold(struct bench *b, double load_n, double seconds)
{
	for (double end_s = b->t_s + seconds; b->t_s < end_s - 1e-9;)
		sample(b, load_n);
}

/* As a hand presses: within 0.2 s, and not in one step. */
static void press(struct bench *b, double from_n, double to_n)
{
	for (double begin_s = b->t_s; b->t_s < begin_s + 0.2;)
		sample(b, from_n + (to_n - from_n) * sin((b->t_s - begin_s) / 0.2 * M_PI / 2));
}

static void open_bench(struct bench *b)
{
	assert_int_equal(knead_pipeline_new(&b->settings, &b->p), 0);
}

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	knead_settings_init(&b->settings, KNEAD_PROFILE_BALL);
	b->settings.counts_per_n_count = 1;
	b->settings.counts_per_n[0] = 100;
	b->rate_hz = 80;
	b->noise_n = 0.05;
	b->t_s = 1;
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	knead_pipeline_free(b->p);
	free(b);
	return 0;
}

static double force_n(const struct bench *b)
{
	struct knead_view view;

	knead_pipeline_view(b->p, &view);
	return view.force_n;
}

static uint64_t tares(const struct bench *b)
{
	struct knead_view view;

	knead_pipeline_view(b->p, &view);
	return view.tares;
}

static const struct knead_event *find(const struct bench *b, enum knead_event_type type)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->events[i].type == type)
			return &b->events[i];
	return NULL;
}

static void assert_force(const struct bench *b, double expected_n)
{
	assert_true(fabs(force_n(b) - expected_n) < 0.6);
}

/* A hold of 60 N is one of 60 N, and afterwards there is nothing. */
static void assert_right(struct bench *b)
{
	const struct knead_event *e;

	b->count = 0;
	assert_force(b, 0);
	press(b, 0, 60);
	hold(b, 60, 6);
	press(b, 60, 0);
	hold(b, 0, 2);
	e = find(b, KNEAD_EVENT_HOLD_END);
	assert_true(e && fabs(e->hold_end.peak_n - 60) < 1 && fabs(e->hold_end.mean_n - 60) < 4);
	assert_force(b, 0);
}

/* ---- it says nothing of it ---- */

static void a_tare_at_a_button_is_followed_at_any_rate_and_to_either_side(void **state)
{
	static const double rates_hz[] = { 10, 40, 80, 320, 1000 }, zeros_n[] = { -95, 95, 400, -12 };
	struct bench *b = *state;

	for (size_t i = 0; i < 20; i++) {
		knead_pipeline_free(b->p);
		b->rate_hz = rates_hz[i % 5];
		b->zero_n = zeros_n[i / 5];
		open_bench(b);
		b->count = 0;
		hold(b, 0, 6);
		b->zero_n = 0;
		hold(b, 0, 6);
		assert_int_equal(b->count, 0); /* nothing was invented */
		assert_int_equal(tares(b), 1);
		assert_right(b);
	}
}

static void a_jump_beyond_the_capacity_is_followed_too(void **state)
{
	struct bench *b = *state;

	b->settings.capacity_n = 200;
	b->zero_n = -800;
	open_bench(b);
	hold(b, 0, 6);
	b->zero_n = 0;
	hold(b, 0, 3);
	assert_null(find(b, KNEAD_EVENT_TAP));
	assert_right(b);
}

static void a_hand_that_lands_on_the_very_value_is_a_hand(void **state)
{
	struct bench *b = *state;

	b->zero_n = 60; /* with 60 N on it the reading is 0 */
	open_bench(b);
	hold(b, 0, 6);
	assert_right(b);
	assert_int_equal(tares(b), 0);
}

/* Near the device's own zero, noise alone reads 0 now and then, and a press goes through it. */
static void noise_and_a_press_through_it_are_no_tare_however_near_the_zero_lies(void **state)
{
	struct bench *b = *state;
	struct knead_view view;

	b->firmware = K1;
	b->rate_hz = 1000;
	b->noise_n = 2;
	b->zero_n = 10;
	open_bench(b);
	for (int i = 0; i < 20; i++) {
		hold(b, 0, 3);
		press(b, 0, 60);
		hold(b, 60, 1);
		press(b, 60, 0);
	}
	knead_pipeline_view(b->p, &view);
	assert_int_equal(view.tares, 0);
	assert_true(fabs(view.zero_raw[0] + 1000) < 100);
}

static void a_wire_that_is_off_is_no_tare(void **state)
{
	struct bench *b = *state;
	double zero_n = b->zero_n = -95;

	open_bench(b);
	hold(b, 0, 6);
	b->noise_n = 0;
	b->zero_n = 0;
	hold(b, 0, 5);
	assert_int_equal(tares(b), 0);
	assert_non_null(find(b, KNEAD_EVENT_FAULT));
	b->noise_n = 0.05;
	b->zero_n = zero_n;
	hold(b, 0, 5);
	assert_right(b);
}

static void a_tare_under_a_load_that_nobody_told_of_is_the_end_of_it(void **state)
{
	struct bench *b = *state;

	b->zero_n = -95;
	open_bench(b);
	hold(b, 0, 6);
	press(b, 0, 50);
	hold(b, 50, 5);
	b->zero_n = 50; /* looks like a very quick release to far below 0 */
	hold(b, 50, 3);
	assert_non_null(find(b, KNEAD_EVENT_HOLD_END));
}

static void a_device_that_tares_at_its_start_is_followed_through_a_restart(void **state)
{
	struct bench *b = *state;

	b->zero_n = -95;
	open_bench(b);
	hold(b, 0, 6);
	b->clock_s = b->t_s - 0.5; /* its clock steps back */
	b->seq = 0;
	b->zero_n = 0;
	hold(b, 0, 5);
	assert_null(find(b, KNEAD_EVENT_SESSION_START));
	assert_int_equal(tares(b), 1);
	assert_right(b);
}

static void a_kept_zero_gives_way_to_a_device_that_tared_while_nobody_listened(void **state)
{
	struct bench *b = *state;

	b->settings.zero_raw_count = 1;
	b->settings.zero_raw[0] = -9500;
	open_bench(b);
	hold(b, 0, 5);
	assert_int_equal(b->count, 0);
	assert_right(b);
}

static void one_that_was_plugged_in_again_without_taring_keeps_its_zero(void **state)
{
	struct bench *b = *state;
	struct knead_event out[KNEAD_EVENTS_MIN];

	b->zero_n = -95;
	open_bench(b);
	hold(b, 0, 6);
	b->t_s += 3;
	knead_pipeline_gap(b->p, (int64_t)(b->t_s * 1e6), out, KNEAD_EVENTS_MIN);
	hold(b, 0, 3);
	assert_int_equal(tares(b), 0);
	assert_right(b);
}

/* ---- it says so ---- */

static void what_it_says_is_believed_whether_the_reading_falls_before_or_after(void **state)
{
	struct bench *b = *state;

	for (int late = -2; late <= 3; late++) {
		knead_pipeline_free(b->p);
		b->firmware = ADC;
		b->settings.counts_per_n[0] = 1;
		b->zero_n = -4; /* too little for a jump that is certain by itself */
		open_bench(b);
		b->count = 0;
		hold(b, 0, 6);
		if (late > 0)
			say(b, "Tare complete\r\n");
		for (int i = 0; i < late; i++)
			sample(b, 0);
		b->zero_n = 0;
		for (int i = 0; i < -late; i++)
			sample(b, 0);
		if (late <= 0)
			say(b, "Tare complete\r\n");
		hold(b, 0, 0.3);
		assert_force(b, 0);
		assert_int_equal(tares(b), 1);
		assert_right(b);
	}
}

static void a_load_goes_on_being_carried_where_knead_owns_the_zero(void **state)
{
	struct bench *b = *state;
	const struct knead_event *e;

	b->firmware = ADC;
	b->settings.counts_per_n[0] = 1;
	b->zero_n = -20;
	open_bench(b);
	hold(b, 0, 6);
	press(b, 0, 50);
	hold(b, 50, 5);
	b->zero_n = 50;
	sample(b, 50);
	say(b, "Tare complete\r\n");
	hold(b, 50, 5);
	assert_force(b, 50);
	press(b, 50, 0);
	hold(b, 0, 2);
	e = find(b, KNEAD_EVENT_HOLD_END);
	assert_true(e && e->hold_end.cause == KNEAD_CAUSE_LIFTED && fabs(e->hold_end.mean_n - 50) < 2);
	assert_true(e && fabs(knead_us_to_s(e->hold_end.end_us - e->hold_end.start_us) - 10.4) < 0.3);
	assert_right(b);
}

static void a_load_is_lost_where_the_device_owns_it(void **state)
{
	struct bench *b = *state;
	const struct knead_event *e;

	b->firmware = ADC;
	b->settings.counts_per_n_count = 0;
	b->settings.unit = KNEAD_UNIT_N;
	open_bench(b);
	hold(b, 0, 6);
	press(b, 0, 50);
	hold(b, 50, 5);
	b->zero_n = 50;
	say(b, "Tare complete\r\n");
	hold(b, 50, 3);
	e = find(b, KNEAD_EVENT_HOLD_END);
	assert_non_null(e);
	assert_force(b, 0);
}

static void cells_are_tared_one_by_one(void **state)
{
	struct bench *b = *state;

	b->firmware = ADC_TWO;
	b->settings.counts_per_n[0] = 1;
	b->zero_n = -30;
	open_bench(b);
	hold(b, 0, 6);
	b->zero_n = 0;
	say(b, "Tare load cell 1 complete\r\n");
	hold(b, 0, 1);
	assert_int_equal(tares(b), 1);
	assert_right(b);
}

static void a_word_alone_changes_nothing(void **state)
{
	struct bench *b = *state;

	b->firmware = ADC;
	b->settings.counts_per_n[0] = 1;
	b->zero_n = -20;
	open_bench(b);
	hold(b, 0, 6);
	say(b, "Tare complete\r\n");
	hold(b, 0, 4);
	assert_int_equal(tares(b), 0);
	assert_right(b);
}

/* ---- whose zero it is ---- */

static bool owned_by_device(struct bench *b, const char *banner, uint8_t *bytes, size_t *n)
{
	struct knead_view view;

	open_bench(b);
	say(b, banner);
	hold(b, 0, 3);
	knead_pipeline_view(b->p, &view);
	assert_non_null(view.format);
	*n = knead_pipeline_tare_bytes(b->p, bytes);
	knead_pipeline_free(b->p);
	b->p = NULL;
	return view.device_zero;
}

static void the_zero_is_the_devices_where_it_says_a_force_and_can_be_told_to_tare(void **state)
{
	struct bench *b = *state;
	uint8_t bytes[KNEAD_TARE_MAX];
	size_t n;

	assert_false(owned_by_device(b, "", bytes, &n)); /* K1, counts */
	assert_int_equal(n, 11);
	assert_memory_equal(bytes, "tare*F227\r\n", n);
	b->settings.unit = KNEAD_UNIT_G;
	assert_true(owned_by_device(b, "", bytes, &n));
	b->firmware = K1B;
	assert_true(owned_by_device(b, "", bytes, &n));
	assert_int_equal(n, 8);
	assert_memory_equal(bytes, "\x07tare\x27\xf2\x00", n);
	b->firmware = ADC;
	assert_true(owned_by_device(b, "Starting...\r\n", bytes, &n));
	assert_int_equal(n, 1);
	assert_int_equal(bytes[0], 't');
	b->settings.unit = KNEAD_UNIT_UNSET;
	assert_false(owned_by_device(b, "Starting...\r\n", bytes, &n));
	b->settings.unit = KNEAD_UNIT_KG;
	b->firmware = COLUMN; /* nobody knows what that is */
	assert_false(owned_by_device(b, "", bytes, &n));
	assert_int_equal(n, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_tare_at_a_button_is_followed_at_any_rate_and_to_either_side),
		TEST(a_jump_beyond_the_capacity_is_followed_too),
		TEST(a_hand_that_lands_on_the_very_value_is_a_hand),
		TEST(noise_and_a_press_through_it_are_no_tare_however_near_the_zero_lies),
		TEST(a_wire_that_is_off_is_no_tare),
		TEST(a_tare_under_a_load_that_nobody_told_of_is_the_end_of_it),
		TEST(a_device_that_tares_at_its_start_is_followed_through_a_restart),
		TEST(a_kept_zero_gives_way_to_a_device_that_tared_while_nobody_listened),
		TEST(one_that_was_plugged_in_again_without_taring_keeps_its_zero),
		TEST(what_it_says_is_believed_whether_the_reading_falls_before_or_after),
		TEST(a_load_goes_on_being_carried_where_knead_owns_the_zero),
		TEST(a_load_is_lost_where_the_device_owns_it),
		TEST(cells_are_tared_one_by_one),
		TEST(a_word_alone_changes_nothing),
		TEST(the_zero_is_the_devices_where_it_says_a_force_and_can_be_told_to_tare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
