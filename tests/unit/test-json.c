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

#include "json.h"
#include "wall.h"

static void test_commas_stand_between_values_and_nowhere_else(void **state)
{
	char buf[128];
	struct json j;

	json_init(&j, buf, sizeof(buf));
	json_open(&j, '{');
	json_key(&j, "a");
	json_open(&j, '[');
	json_close(&j, ']');
	json_key(&j, "b");
	json_open(&j, '[');
	json_int(&j, 1);
	json_open(&j, '{');
	json_put_bool(&j, "c", true);
	json_close(&j, '}');
	json_null(&j);
	json_close(&j, ']');
	json_put_text(&j, "d", NULL);
	json_close(&j, '}');
	assert_true(json_finish(&j) > 0);
	assert_string_equal(buf, "{\"a\":[],\"b\":[1,{\"c\":true},null],\"d\":null}");
}

static void test_numbers_are_rounded_once_and_keep_their_decimals(void **state)
{
	static const struct {
		double value;
		int min, max;
		const char *text;
	} cases[] = {
		{ 118, 1, 1, "118.0" },
		{ 0.05, 1, 1, "0.1" },
		{ -0.05, 1, 1, "-0.1" },
		{ -0.049, 1, 1, "0.0" },
		{ 30, 0, 3, "30" },
		{ 30.5, 0, 3, "30.5" },
		{ 0.97, 0, 2, "0.97" },
		{ 0.996, 0, 2, "1" },
		{ 1310, 1, 3, "1310.0" },
		{ 1122.001, 1, 3, "1122.001" },
		{ 22.4, 1, 3, "22.4" },
		{ -0.0, 0, 0, "0" },
		{ 0.0004, 0, 3, "0" },
		{ 999999999999.0, 0, 3, "999999999999" },
		{ 1.1e12, 0, 0, "null" },
		{ NAN, 1, 1, "null" },
		{ -INFINITY, 1, 1, "null" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char buf[64];
		struct json j;

		json_init(&j, buf, sizeof(buf));
		json_number(&j, cases[i].value, cases[i].min, cases[i].max);
		json_finish(&j);
		assert_string_equal(buf, cases[i].text);
	}
}

static void test_texts_are_escaped_and_always_utf8(void **state)
{
	static const struct {
		const char *text, *json;
	} cases[] = {
		{ "a\"b\\c\n\x01", "\"a\\\"b\\\\c\\u000a\\u0001\"" },
		{ "Kugel \xc3\xb6 \xe2\x82\xac \xf0\x9f\x8e\xb1", "\"Kugel \xc3\xb6 \xe2\x82\xac \xf0\x9f\x8e\xb1\"" },
		{ "\xf6 \xc3", "\"? ?\"" }, /* Latin-1, and a character cut short */
		{ "\xc0\x80", "\"??\"" }, /* overlong */
		{ "\xed\xa0\x80", "\"???\"" }, /* half a surrogate pair */
		{ "\xf4\x90\x80\x80", "\"????\"" }, /* beyond the last character */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char buf[64];
		struct json j;

		json_init(&j, buf, sizeof(buf));
		json_text(&j, cases[i].text);
		json_finish(&j);
		assert_string_equal(buf, cases[i].json);
	}
}

static void test_bytes_that_are_no_utf8_are_mended_in_place(void **state)
{
	char text[] = "{\"a\":\"\xf6 \xc3\xb6 \xe2\x82\",\"b\xe9\":1}";

	json_mend(text);
	assert_string_equal(text, "{\"a\":\"? \xc3\xb6 ??\",\"b?\":1}");
}

static void test_wall_time_is_written_and_read_back(void **state)
{
	static const struct {
		int64_t wall_us;
		const char *iso;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ -1000, "1969-12-31T23:59:59.999Z" },
		{ 951782400000000, "2000-02-29T00:00:00.000Z" },
		{ 4107542399999000, "2100-02-28T23:59:59.999Z" },
		{ 4107542400000000, "2100-03-01T00:00:00.000Z" },
		{ 1795163802120000, "2026-11-20T08:36:42.120Z" },
	};
	char buf[WALL_ISO_SIZE];
	int64_t back_us;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(wall_to_iso(cases[i].wall_us, buf), cases[i].iso);
		assert_int_equal(wall_from_iso(cases[i].iso, &back_us), 0);
		assert_int_equal(back_us, cases[i].wall_us);
	}
	assert_string_equal(wall_to_iso(499, buf), "1970-01-01T00:00:00.000Z");
	assert_string_equal(wall_to_iso(500, buf), "1970-01-01T00:00:00.001Z");
	assert_int_equal(wall_from_iso("2026-11-20T08:36:42Z", &back_us), 0);
	assert_int_equal(back_us, 1795163802000000);
	assert_int_equal(wall_from_iso("2026-11-20T08:36:42.123456Z", &back_us), 0);
	assert_int_equal(back_us, 1795163802123456);
}

static void test_what_is_no_wall_time_is_refused(void **state)
{
	static const char *const bad[] = { "", "2026", "2026-11-20", "2026-11-20T08:36:42", "2026-11-20 08:36:42Z",
		"2026-11-20T08:36:42.Z", "2026-11-20T08:36:42.1234567Z", "2026-11-20T08:36:42Z ",
		"2026-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-00-01T00:00:00Z", "2026-13-01T00:00:00Z",
		"2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z",
		"+026-01-01T00:00:00Z", "2026-11-20T08:36:42+01:00" };
	int64_t wall_us = 42;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(wall_from_iso(bad[i], &wall_us), -EINVAL);
	assert_int_equal(wall_us, 42);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commas_stand_between_values_and_nowhere_else),
		cmocka_unit_test(test_numbers_are_rounded_once_and_keep_their_decimals),
		cmocka_unit_test(test_texts_are_escaped_and_always_utf8),
		cmocka_unit_test(test_bytes_that_are_no_utf8_are_mended_in_place),
		cmocka_unit_test(test_wall_time_is_written_and_read_back),
		cmocka_unit_test(test_what_is_no_wall_time_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
