/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event_json.h"

/* Stream time 0 of the examples in the topic contract. */
#define ORIGIN "2026-11-20T08:19:20.000Z"

#define HEAD(type, ts, t_s, n, confidence, flags)                                                                      \
	"{\"v\":1,\"event_type\":\"" type "\",\"device\":\"ball-1\",\"ts\":\"2026-11-20T" ts "Z\",\"t_s\":" t_s        \
	",\"boot\":\"5f3a91c2\",\"n\":" n ",\"confidence\":" confidence ",\"flags\":" flags

struct example {
	struct knead_event event;
	uint64_t n;
	const char *record;
};

static const char *write_record(const struct knead_event *e, uint64_t n)
{
	static char buf[EVENT_JSON_MAX];
	struct event_context context = { .device = "ball-1", .boot = "5f3a91c2", .n = n };

	assert_int_equal(wall_from_iso(ORIGIN, &context.wall_origin_us), 0);
	int length = event_json(e, &context, buf, sizeof(buf));
	assert_int_equal(length, strlen(buf));
	return buf;
}

static void assert_examples(const struct example *examples, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_string_equal(write_record(&examples[i].event, examples[i].n), examples[i].record);
}

static void test_hold_records_are_those_of_the_contract(void **state)
{
	static const struct example examples[] = {
		{ { .type = KNEAD_EVENT_HOLD_START,
			  .t_us = 1012040000,
			  .confidence = 0.97,
			  .hold_start = { .hold_id = 17, .start_us = 1012040000 } },
			229,
			HEAD("hold_start", "08:36:12.040", "1012.04", "229", "0.97",
				"[]") ",\"hold_id\":17,\"start_s\":1012.04,\"start\":\"2026-11-20T08:36:12.040Z\"}" },
		{ { .type = KNEAD_EVENT_HOLD_TARGET,
			  .t_us = 1042040000,
			  .confidence = 0.98,
			  .hold_target = { .hold_id = 17, .target_s = 30 } },
			230,
			HEAD("hold_target", "08:36:42.040", "1042.04", "230", "0.98",
				"[]") ",\"hold_id\":17,\"target_s\":30}" },
		{ { .type = KNEAD_EVENT_HOLD_END,
			  .t_us = 1045310000,
			  .confidence = 0.98,
			  .hold_end = { .hold_id = 17,
				  .start_us = 1012040000,
				  .end_us = 1045310000,
				  .peak_n = 92.12,
				  .peak_kpa = { 146.68, true },
				  .peak_t_us = 1021412000,
				  .mean_n = 84.9,
				  .min_n = 79.8,
				  .impulse_ns = 2824.6,
				  .time_to_peak_s = 0.82,
				  .onset_n_per_s = { 118, true },
				  .steadiness_pct = { 96.8, true },
				  .relax_pct = { 3.1, true },
				  .breath_per_min = { 14.2, true },
				  .target_s = 30,
				  .target_met = true,
				  .cause = KNEAD_CAUSE_LIFTED } },
			231,
			HEAD("hold_end", "08:36:45.310", "1045.31", "231", "0.98",
				"[]") ",\"hold_id\":17,\"start_s\":1012.04,\"end_s\":1045.31,\"start\":\"2026-11-20T08:36:12.040Z\","
				      "\"end\":\"2026-11-20T08:36:45.310Z\",\"duration_s\":33.27,\"peak_n\":92.1,\"peak_kpa\":146.7,"
				      "\"peak_t_s\":1021.412,\"mean_n\":84.9,\"min_n\":79.8,\"impulse_ns\":2824.6,\"time_to_peak_s\":0.82,"
				      "\"onset_n_per_s\":118.0,\"steadiness_pct\":96.8,\"relax_pct\":3.1,\"softening_s\":null,"
				      "\"breath_per_min\":14.2,\"dips\":0,\"target_s\":30,\"target_met\":true,\"cause\":\"lifted\"}" },
		{ { .type = KNEAD_EVENT_RELEASE,
			  .t_us = 1045310000,
			  .confidence = 0.98,
			  .release = { .hold_id = 17,
				  .cause = KNEAD_CAUSE_LIFTED,
				  .duration_s = 33.27,
				  .peak_n = 92.1,
				  .peak_kpa = { 146.7, true },
				  .from_n = 82.4,
				  .residual_n = { 0.2, true },
				  .release_n_per_s = { 410, true },
				  .fall_s = { 0.161, true } } },
			232,
			HEAD("release", "08:36:45.310", "1045.31", "232", "0.98",
				"[]") ",\"hold_id\":17,\"cause\":\"lifted\",\"duration_s\":33.27,\"peak_n\":92.1,\"peak_kpa\":146.7,"
				      "\"from_n\":82.4,\"residual_n\":0.2,\"release_n_per_s\":410.0,\"fall_s\":0.161}" },
	};

	assert_examples(examples, sizeof(examples) / sizeof(examples[0]));
}

static void test_roll_records_are_those_of_the_contract(void **state)
{
	static const struct example examples[] = {
		{ { .type = KNEAD_EVENT_ROLL_START,
			  .t_us = 1117700000,
			  .confidence = 0.8,
			  .roll_start = { .roll_id = 4, .start_us = 1117700000 } },
			241,
			HEAD("roll_start", "08:37:57.700", "1117.7", "241", "0.8",
				"[]") ",\"roll_id\":4,\"start_s\":1117.7,\"start\":\"2026-11-20T08:37:57.700Z\"}" },
		{ { .type = KNEAD_EVENT_STROKE,
			  .t_us = 1122001000,
			  .confidence = 0.83,
			  .stroke = { .roll_id = 4,
				  .index = 3,
				  .start_us = 1120581000,
				  .end_us = 1122001000,
				  .peak_n = 71.3,
				  .mean_n = 63 } },
			244,
			HEAD("stroke", "08:38:02.001", "1122.001", "244", "0.83",
				"[]") ",\"roll_id\":4,\"index\":3,\"start_s\":1120.581,\"end_s\":1122.001,\"duration_s\":1.42,"
				      "\"direction\":\"?\",\"travel_mm\":null,\"speed_mm_s\":null,\"peak_n\":71.3,\"mean_n\":63.0}" },
		{ { .type = KNEAD_EVENT_ROLL_END,
			  .t_us = 1140100000,
			  .confidence = 0.86,
			  .roll_end = { .roll_id = 4,
				  .strokes = 16,
				  .start_us = 1117700000,
				  .end_us = 1140100000,
				  .cadence_per_min = 42.857,
				  .peak_n = 78,
				  .mean_n = 62.1,
				  .impulse_ns = 1391,
				  .peak_trend_pct_per_stroke = { -0.6, true },
				  .cause = KNEAD_CAUSE_LIFTED } },
			257,
			HEAD("roll_end", "08:38:20.100", "1140.1", "257", "0.86",
				"[]") ",\"roll_id\":4,\"start_s\":1117.7,\"end_s\":1140.1,\"duration_s\":22.4,\"strokes\":16,"
				      "\"cadence_per_min\":42.9,\"travel_mm\":null,\"speed_mm_s\":null,\"peak_n\":78.0,\"mean_n\":62.1,"
				      "\"impulse_ns\":1391.0,\"peak_trend_pct_per_stroke\":-0.6,\"cause\":\"lifted\"}" },
	};

	assert_examples(examples, sizeof(examples) / sizeof(examples[0]));
}

static void test_press_records_are_those_of_the_contract(void **state)
{
	static const struct example examples[] = {
		{ { .type = KNEAD_EVENT_CONTACT_START, .t_us = 990200000, .confidence = 1 }, 225,
			HEAD("contact_start", "08:35:50.200", "990.2", "225", "1", "[]") "}" },
		{ { .type = KNEAD_EVENT_PRESS,
			  .t_us = 991550000,
			  .confidence = 0.99,
			  .press = { .start_us = 990200000,
				  .end_us = 991550000,
				  .peak_n = 54,
				  .peak_kpa = { 86, true } } },
			226,
			HEAD("press", "08:35:51.550", "991.55", "226", "0.99",
				"[]") ",\"start_s\":990.2,\"end_s\":991.55,\"duration_s\":1.35,\"peak_n\":54.0,\"peak_kpa\":86.0,"
				      "\"travel_mm\":null}" },
		{ { .type = KNEAD_EVENT_TAP,
			  .t_us = 991550000,
			  .confidence = 0.99,
			  .press = { .start_us = 991200000, .end_us = 991550000, .peak_n = 54 } },
			227,
			HEAD("tap", "08:35:51.550", "991.55", "227", "0.99",
				"[]") ",\"start_s\":991.2,\"end_s\":991.55,\"duration_s\":0.35,\"peak_n\":54.0,\"peak_kpa\":null}" },
		{ { .type = KNEAD_EVENT_PULSE_SET_END,
			  .t_us = 1310000000,
			  .confidence = 0.95,
			  .pulse_set = { .start_us = 1271000000,
				  .end_us = 1310000000,
				  .pulses = 3,
				  .mean_duration_s = 10.4,
				  .hold_ids = { 18, 19, 20 } } },
			270,
			HEAD("pulse_set_end", "08:41:10.000", "1310.0", "270", "0.95",
				"[]") ",\"start_s\":1271.0,\"end_s\":1310.0,\"pulses\":3,\"mean_duration_s\":10.4,\"hold_ids\":[18,19,20]}" },
		{ { .type = KNEAD_EVENT_PRESS_SET_END,
			  .t_us = 1310000000,
			  .confidence = 0.95,
			  .press_set = { .start_us = 1271000000, .end_us = 1310000000, .presses = 4 } },
			271,
			HEAD("press_set_end", "08:41:10.000", "1310.0", "271", "0.95",
				"[]") ",\"start_s\":1271.0,\"end_s\":1310.0,\"presses\":4}" },
		{ { .type = KNEAD_EVENT_PERCUSSION_END,
			  .t_us = 1310000000,
			  .confidence = 0.95,
			  .percussion = { .start_us = 1308500000,
				  .end_us = 1310000000,
				  .rate_hz = 38.25,
				  .mean_n = 40 } },
			272,
			HEAD("percussion_end", "08:41:10.000", "1310.0", "272", "0.95",
				"[]") ",\"start_s\":1308.5,\"end_s\":1310.0,\"duration_s\":1.5,\"rate_hz\":38.3,\"mean_n\":40.0}" },
	};

	assert_examples(examples, sizeof(examples) / sizeof(examples[0]));
}

static void test_other_records_are_those_of_the_contract(void **state)
{
	static const struct example examples[] = {
		{ { .type = KNEAD_EVENT_PROTOCOL_STEP,
			  .t_us = 1310000000,
			  .confidence = 1,
			  .protocol = { .protocol = "pulse3x10",
				  .step = 1,
				  .of = 1,
				  .done = 3,
				  .target = 3,
				  .completed = true } },
			271,
			HEAD("protocol_step", "08:41:10.000", "1310.0", "271", "1",
				"[]") ",\"protocol\":\"pulse3x10\",\"step\":1,\"of\":1,\"done\":3,\"target\":3,\"completed\":true}" },
		{ { .type = KNEAD_EVENT_SESSION_START, .t_us = 1000, .confidence = 1, .session = { .session_id = 5 } },
			1, HEAD("session_start", "08:19:20.001", "0.001", "1", "1", "[]") ",\"session_id\":5}" },
		{ { .type = KNEAD_EVENT_SESSION_END,
			  .t_us = 1310000000,
			  .confidence = 1,
			  .session = { .session_id = 5,
				  .holds = 20,
				  .holds_met = 15,
				  .strokes = 79,
				  .rolls = 5,
				  .loaded_s = 456.1,
				  .dose_ns = 36610.4,
				  .peak_n = 118,
				  .longest_hold_s = 41.02 } },
			280,
			HEAD("session_end", "08:41:10.000", "1310.0", "280", "1",
				"[]") ",\"session_id\":5,\"holds\":20,\"holds_met\":15,\"strokes\":79,\"rolls\":5,\"loaded_s\":456.1,"
				      "\"dose_ns\":36610.4,\"peak_n\":118.0,\"longest_hold_s\":41.02}" },
		{ { .type = KNEAD_EVENT_WARNING,
			  .t_us = 1241330000,
			  .confidence = 1,
			  .flags = KNEAD_FLAG_OVER_SOFT,
			  .warning = { .kind = KNEAD_WARNING_OVER_SOFT, .value = 262.4, .limit = 250 } },
			262,
			HEAD("warning", "08:40:01.330", "1241.33", "262", "1",
				"[\"over_soft\"]") ",\"kind\":\"over_soft\",\"value\":262.4,\"limit\":250.0}" },
		{ { .type = KNEAD_EVENT_WARNING,
			  .t_us = 1241330000,
			  .confidence = 1,
			  .warning = { .kind = KNEAD_WARNING_LONG_HOLD, .value = 90.0125, .limit = 90 } },
			263,
			HEAD("warning", "08:40:01.330", "1241.33", "263", "1",
				"[]") ",\"kind\":\"long_hold\",\"value\":90.013,\"limit\":90.0}" },
		{ { .type = KNEAD_EVENT_FAULT,
			  .t_us = 1420000000,
			  .confidence = 1,
			  .fault = { .kind = KNEAD_FAULT_NO_DATA, .detail = "no sample for 2.0 s" } },
			281,
			HEAD("fault", "08:43:00.000", "1420.0", "281", "1",
				"[]") ",\"kind\":\"no_data\",\"detail\":\"no sample for 2.0 s\"}" },
	};

	assert_examples(examples, sizeof(examples) / sizeof(examples[0]));
}

static void test_every_type_has_a_record(void **state)
{
	for (int type = 0; type < _KNEAD_EVENT_TYPES; type++) {
		struct knead_event e = { .type = (enum knead_event_type)type, .confidence = 1 };
		char wanted[64];

		snprintf(wanted, sizeof(wanted), "{\"v\":1,\"event_type\":\"%s\",", knead_event_type_to_str(e.type));
		assert_memory_equal(write_record(&e, 1), wanted, strlen(wanted));
	}
}

static void test_flags_stand_in_the_order_of_the_contract(void **state)
{
	struct knead_event e = { .type = KNEAD_EVENT_CONTACT_START, .confidence = 1, .flags = 0xff };

	assert_non_null(strstr(write_record(&e, 1),
		"\"flags\":[\"gap\",\"saturated\",\"spike\",\"percussion\",\"boot_loaded\",\"over_soft\",\"over_hard\",\"prior\"]"));
}

static void test_what_is_no_number_is_null_and_no_zero_is_negative(void **state)
{
	struct knead_event e = {
		.type = KNEAD_EVENT_HOLD_END,
		.confidence = NAN,
		.hold_end = { .peak_n = INFINITY, .mean_n = -0.04, .min_n = -0.05, .relax_pct = { NAN, true } },
	};
	const char *record = write_record(&e, 1);

	assert_non_null(strstr(record, "\"confidence\":null,"));
	assert_non_null(strstr(record, "\"peak_n\":null,"));
	assert_non_null(strstr(record, "\"mean_n\":0.0,"));
	assert_non_null(strstr(record, "\"min_n\":-0.1,"));
	assert_non_null(strstr(record, "\"relax_pct\":null,"));
}

static void test_time_just_below_zero_is_written_with_its_sign(void **state)
{
	struct knead_event e = { .type = KNEAD_EVENT_CONTACT_START, .t_us = -37500, .confidence = 1 };
	const char *record = write_record(&e, 1);

	assert_non_null(strstr(record, "\"t_s\":-0.037,"));
	assert_non_null(strstr(record, "\"ts\":\"2026-11-20T08:19:19.963Z\""));
}

static double number_after(const char *record, const char *key)
{
	const char *at = strstr(record, key);

	assert_non_null(at);
	return strtod(at + strlen(key), NULL);
}

static void test_duration_is_the_difference_of_the_printed_ends(void **state)
{
	unsigned seed = 20261120;

	for (int i = 0; i < 2000; i++) {
		int64_t start_us = rand_r(&seed) % 100000000 - 500, end_us = start_us + rand_r(&seed) % 50000000;
		struct knead_event hold = {
			.type = KNEAD_EVENT_HOLD_END,
			.t_us = end_us,
			.hold_end = { .start_us = start_us, .end_us = end_us },
		};
		struct knead_event release = {
			.type = KNEAD_EVENT_RELEASE,
			.t_us = end_us,
			.release = { .duration_s = knead_us_to_s(end_us - start_us) },
		};
		const char *record = write_record(&hold, 1);
		double start_s = number_after(record, "\"start_s\":"), end_s = number_after(record, "\"end_s\":");
		double duration_s = number_after(record, "\"duration_s\":");

		if (lround(1000 * duration_s) != lround(1000 * end_s) - lround(1000 * start_s))
			fail_msg("seed 20261120, case %d: %f - %f is not %f", i, end_s, start_s, duration_s);
		assert_float_equal(number_after(write_record(&release, 1), "\"duration_s\":"), duration_s, 1e-9);
	}
}

static void test_record_that_does_not_fit_is_refused(void **state)
{
	struct knead_event e = { .type = KNEAD_EVENT_HOLD_END };
	struct event_context context = { .device = "ball-1", .boot = "replay", .n = 1 };
	char buf[EVENT_JSON_MAX];
	int length = event_json(&e, &context, buf, sizeof(buf));

	assert_true(length > 0);
	for (int size = 0; size <= length; size++)
		assert_int_equal(event_json(&e, &context, buf, (size_t)size), -ENOBUFS);
	assert_int_equal(event_json(&e, &context, buf, (size_t)length + 1), length);
}

static void test_button_words_carry_the_boot_and_n_of_their_source(void **state)
{
	static const struct {
		enum knead_event_type type;
		const char *word;
	} cases[] = {
		{ KNEAD_EVENT_TAP, "press_end" },
		{ KNEAD_EVENT_PRESS, "press_end" },
		{ KNEAD_EVENT_HOLD_START, "long_press_start" },
		{ KNEAD_EVENT_HOLD_END, "long_press_end" },
		{ KNEAD_EVENT_PRESS_SET_END, "multi_press_end" },
		{ KNEAD_EVENT_RELEASE, NULL },
		{ KNEAD_EVENT_STROKE, NULL },
		{ KNEAD_EVENT_SESSION_END, NULL },
	};
	struct event_context context = { .device = "ball-1", .boot = "5f3a91c2", .n = 231 };
	char buf[EVENT_JSON_MAX], wanted[EVENT_JSON_MAX];

	assert_int_equal(wall_from_iso(ORIGIN, &context.wall_origin_us), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct knead_event e = { .type = cases[i].type, .t_us = 1045310000 };
		int length = event_squeeze_json(&e, &context, buf, sizeof(buf));

		if (!cases[i].word) {
			assert_int_equal(length, 0);
			continue;
		}
		snprintf(wanted, sizeof(wanted),
			"{\"v\":1,\"event_type\":\"%s\",\"device\":\"ball-1\",\"ts\":\"2026-11-20T08:36:45.310Z\","
			"\"t_s\":1045.31,\"boot\":\"5f3a91c2\",\"n\":231%s}",
			cases[i].word, e.type == KNEAD_EVENT_PRESS_SET_END ? ",\"multi_press_count\":0" : "");
		assert_string_equal(buf, wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hold_records_are_those_of_the_contract),
		cmocka_unit_test(test_roll_records_are_those_of_the_contract),
		cmocka_unit_test(test_press_records_are_those_of_the_contract),
		cmocka_unit_test(test_other_records_are_those_of_the_contract),
		cmocka_unit_test(test_every_type_has_a_record),
		cmocka_unit_test(test_flags_stand_in_the_order_of_the_contract),
		cmocka_unit_test(test_what_is_no_number_is_null_and_no_zero_is_negative),
		cmocka_unit_test(test_time_just_below_zero_is_written_with_its_sign),
		cmocka_unit_test(test_duration_is_the_difference_of_the_printed_ends),
		cmocka_unit_test(test_record_that_does_not_fit_is_refused),
		cmocka_unit_test(test_button_words_carry_the_boot_and_n_of_their_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
