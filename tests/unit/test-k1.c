/* SPDX-License-Identifier: MIT */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <knead/k1.h>

#include "cobs.h"
#include "crc16.h"
#include "k1_wire.h"

static void crc_is_ccitt_false(void **state)
{
	assert_int_equal(knead_crc16("123456789", 9), 0x29b1);
	assert_int_equal(knead_crc16("", 0), 0xffff);
	assert_int_equal(knead_crc16("tare", 4), 0xf227);
	assert_int_equal(knead_crc16("info", 4), 0x92ca);
	assert_int_equal(knead_crc16("blink", 5), 0xaaa1);
	assert_int_equal(knead_crc16(K1_TEXT_SAMPLE, K1_TEXT_TAG), CRC16_K1);
}

/* One bit at a time, as the definition says. */
static uint16_t crc_slow(const uint8_t *p, size_t n)
{
	uint16_t crc = 0xffff;

	for (size_t i = 0; i < n; i++) {
		crc ^= (uint16_t)(p[i] << 8);
		for (int k = 0; k < 8; k++)
			crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
	}
	return crc;
}

static void crc_is_the_same_eight_bytes_at_a_time(void **state)
{
	uint8_t bytes[300];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 151 + i / 7);
	for (size_t n = 0; n <= sizeof(bytes); n++)
		assert_int_equal(knead_crc16(bytes, n), crc_slow(bytes, n));
}

static void crc_in_hex_is_four_upper_case_characters(void **state)
{
	char said[5];

	for (uint32_t crc = 0; crc <= 0xffff; crc++) {
		uint32_t hex = crc16_hex(crc);

		snprintf(said, sizeof(said), "%04X", crc);
		assert_memory_equal(&hex, said, 4);
	}
}

static void text_lines_are_those_of_the_contract(void **state)
{
	struct knead_k1_info info = {
		.schema = 1, .cells = 1, .firmware = "ball-0.3", .serial = "A1B2", .rate_hz = 80, .counts_per_n = 850.2
	};
	int32_t raw[2] = { 83121, 82960 };
	char buf[KNEAD_K1_LINE_MAX];

	assert_int_equal(knead_k1_text_sample(buf, 7, 123456, raw, 1), 24);
	assert_string_equal(buf, "K1,7,123456,83121*5AA9\r\n");
	raw[0] = 83127;
	knead_k1_text_sample(buf, 8, 135956, raw, 1);
	assert_string_equal(buf, "K1,8,135956,83127*54C7\r\n");
	knead_k1_text_sample(buf, 8, 135956, raw, 2);
	assert_string_equal(buf, "K1,8,135956,83127,82960*11A4\r\n");
	knead_k1_text_info(buf, &info);
	assert_string_equal(buf, "KI,1,ball-0.3,1,80,850.2,A1B2*EFFE\r\n");
}

static void binary_frames_are_those_of_the_contract(void **state)
{
	static const uint8_t narrow[] = { 0x03, 0x01, 0x07, 0x04, 0x40, 0xe2, 0x01, 0x01, 0x05, 0xf8, 0xff, 0x8a, 0xcc,
		0 };
	static const uint8_t wide[] = { 0x03, 0x81, 0x07, 0x04, 0x40, 0xe2, 0x01, 0x01, 0x06, 0xf8, 0xff, 0xff, 0x9a,
		0x05, 0 };
	const int32_t raw = -2048, large = 8388608;
	uint8_t buf[KNEAD_K1_FRAME_MAX];

	assert_int_equal(knead_k1_binary_sample(buf, 7, 123456, &raw, 1, false), sizeof(narrow));
	assert_memory_equal(buf, narrow, sizeof(narrow));
	assert_int_equal(knead_k1_binary_sample(buf, 7, 123456, &raw, 1, true), sizeof(wide));
	assert_memory_equal(buf, wide, sizeof(wide));
	knead_k1_binary_sample(buf, 7, 123456, &large, 1, false);
	assert_int_equal(buf[1] & K1_TYPE_WIDE, K1_TYPE_WIDE);
}

static void a_command_in_binary_is_the_word_and_its_crc(void **state)
{
	static const uint8_t wire[] = { 0x07, 0x74, 0x61, 0x72, 0x65, 0x27, 0xf2, 0x00 };
	uint8_t content[6] = "tare", buf[COBS_MAX(6)];
	uint16_t crc = knead_crc16(content, 4);

	content[4] = (uint8_t)crc;
	content[5] = (uint8_t)(crc >> 8);
	assert_int_equal(cobs_encode(content, 6, buf), sizeof(wire));
	assert_memory_equal(buf, wire, sizeof(wire));
}

static void counters_are_written_modulo_their_size(void **state)
{
	const int32_t raw = 1;
	char buf[KNEAD_K1_LINE_MAX];

	knead_k1_text_sample(buf, 65536 + 3, (UINT64_C(1) << 32) + 5, &raw, 1);
	assert_memory_equal(buf, "K1,3,5,1*", 9);
}

static void longest_lines_and_frames_fit_their_limits(void **state)
{
	char buf[KNEAD_K1_LINE_MAX];
	uint8_t frame[KNEAD_K1_FRAME_MAX];
	int32_t raw[KNEAD_CELLS_MAX];
	size_t n;

	for (int i = 0; i < KNEAD_CELLS_MAX; i++)
		raw[i] = INT32_MIN;
	n = knead_k1_text_sample(buf, UINT64_MAX, UINT64_MAX, raw, KNEAD_CELLS_MAX);
	assert_in_range(n, 1, KNEAD_K1_LINE_MAX - 1);
	assert_in_range(knead_k1_binary_sample(frame, UINT64_MAX, UINT64_MAX, raw, KNEAD_CELLS_MAX, true), 1,
		KNEAD_K1_FRAME_MAX);
}

static void a_description_fits_160_bytes_and_keeps_its_commas(void **state)
{
	struct knead_k1_info info = {
		.schema = UINT32_MAX, .cells = 16, .rate_hz = 1e12, .counts_per_n = -999999999999.125
	};
	char buf[160];
	uint8_t frame[192];
	unsigned commas = 0;
	size_t n;

	memset(info.firmware, 'f', sizeof(info.firmware) - 1);
	strcpy(info.serial, "a,b*c\n");
	n = knead_k1_text_info(buf, &info);
	assert_in_range(n, 1, sizeof(buf) - 1);
	for (size_t i = 0; i < n; i++)
		commas += buf[i] == ',';
	assert_int_equal(commas, 6);
	assert_non_null(strstr(buf, "abc*"));
	assert_in_range(knead_k1_binary_info(frame, &info), 1, sizeof(frame));
}

static void numbers_do_not_depend_on_the_locale(void **state)
{
	struct knead_k1_info info = {
		.schema = 1, .cells = 1, .firmware = "f", .serial = "s", .rate_hz = 12.5, .counts_per_n = -0.000001
	};
	char buf[160];

	setlocale(LC_ALL, "de_DE.UTF-8");
	knead_k1_text_info(buf, &info);
	setlocale(LC_ALL, "C");
	assert_non_null(strstr(buf, ",12.5,-0.000001,s*"));
}

static void cells_out_of_range_write_nothing(void **state)
{
	struct knead_k1_info info = { .cells = 0 };
	int32_t raw[KNEAD_CELLS_MAX + 1] = { 0 };
	char buf[KNEAD_K1_LINE_MAX] = "x";
	uint8_t frame[KNEAD_K1_FRAME_MAX];

	assert_int_equal(knead_k1_text_sample(buf, 0, 0, raw, 0), 0);
	assert_int_equal(knead_k1_text_sample(buf, 0, 0, raw, KNEAD_CELLS_MAX + 1), 0);
	assert_int_equal(knead_k1_binary_sample(frame, 0, 0, raw, 0, false), 0);
	assert_int_equal(knead_k1_text_info(buf, &info), 0);
	assert_string_equal(buf, "x");
}

static void cobs_takes_back_what_it_wrote(void **state)
{
	uint8_t bytes[600], wire[COBS_MAX(600)], again[COBS_MAX(600)];

	for (unsigned pattern = 0; pattern < 3; pattern++)
		for (size_t n = 0; n <= sizeof(bytes); n++) {
			size_t length;

			for (size_t i = 0; i < n; i++)
				bytes[i] = pattern == 0 ? 0 : pattern == 1 ? 1 : (uint8_t)(i % 5 * (i / 3));
			length = cobs_encode(bytes, n, wire);
			assert_in_range(length, 2, COBS_MAX(n));
			assert_int_equal(wire[length - 1], 0);
			assert_null(memchr(wire, 0, length - 1));
			assert_int_equal(cobs_decode(wire, length - 1, again), n);
			assert_memory_equal(again, bytes, n);
		}
}

static void cobs_refuses_a_block_beyond_the_end(void **state)
{
	static const uint8_t wire[] = { 0x05, 1, 2, 3 };
	uint8_t content[sizeof(wire)];

	assert_int_equal(cobs_decode(wire, sizeof(wire), content), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crc_is_ccitt_false),
		cmocka_unit_test(crc_is_the_same_eight_bytes_at_a_time),
		cmocka_unit_test(crc_in_hex_is_four_upper_case_characters),
		cmocka_unit_test(text_lines_are_those_of_the_contract),
		cmocka_unit_test(binary_frames_are_those_of_the_contract),
		cmocka_unit_test(a_command_in_binary_is_the_word_and_its_crc),
		cmocka_unit_test(counters_are_written_modulo_their_size),
		cmocka_unit_test(longest_lines_and_frames_fit_their_limits),
		cmocka_unit_test(a_description_fits_160_bytes_and_keeps_its_commas),
		cmocka_unit_test(numbers_do_not_depend_on_the_locale),
		cmocka_unit_test(cells_out_of_range_write_nothing),
		cmocka_unit_test(cobs_takes_back_what_it_wrote),
		cmocka_unit_test(cobs_refuses_a_block_beyond_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
