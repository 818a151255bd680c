/* SPDX-License-Identifier: MIT */
/* labels.csv: what is written is read again, and what is wrong is named with its line. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "labels.h"
#include "scratch.h"

#define HEADER "kind,start_s,end_s,peak_n,count\n"
#define DETAILED                                                                                                       \
	"kind,start_s,end_s,peak_n,count,impulse_ns,first_contact_s,breath_per_min,breath_pct,relax_pct,softening_s,"  \
	"dips,passes,travel_mm,rate_hz,reversals_s\n"

static void what_is_written_is_read_again(void **state)
{
	static const struct label items[_LABEL_KINDS] = {
		{ LABEL_HOLD, -0.0125, 31.5, 140.25, 0, NULL },
		{ LABEL_ROLL, 40, 62.1234, 99, 12, NULL },
		{ LABEL_PRESS, 63, 64, 12, 0, NULL },
		{ LABEL_TAP, 65, 65.1, 20, 0, NULL },
		{ LABEL_IMPACT, 66, 66.1, 300, 0, NULL },
		{ LABEL_PERCUSSION, 67, 72, 80, 0, NULL },
	};
	const char *path = scratch_path(*state, "labels.csv");
	struct labels written = { 0 }, read = { 0 };
	char why[256];

	for (int i = 0; i < _LABEL_KINDS; i++)
		assert_int_equal(labels_add(&written, &items[i]), 0);
	assert_int_equal(labels_write(&written, path, false), 0);
	assert_int_equal(labels_read(path, &read, why, sizeof(why)), 0);
	assert_int_equal(read.count, _LABEL_KINDS);
	for (int i = 0; i < _LABEL_KINDS; i++) {
		assert_int_equal(read.item[i].kind, items[i].kind);
		assert_true(fabs(read.item[i].start_s - items[i].start_s) < 1e-9);
		assert_true(fabs(read.item[i].end_s - items[i].end_s) < 1e-9);
		assert_true(fabs(read.item[i].peak_n - items[i].peak_n) < 1e-9);
		assert_int_equal(read.item[i].count, items[i].count);
		assert_null(read.item[i].details);
	}
	labels_deinit(&written);
	labels_deinit(&read);
}

static void details_are_read_again_and_what_does_not_apply_is_empty(void **state)
{
	static const double turns[] = { 41.5, 43.0625, 44.75 };
	struct label roll = { LABEL_ROLL, 40, 46, 99, 4, label_details_new() },
		     tap = { LABEL_TAP, 50, 50.1, 20, 0, NULL };
	const char *path = scratch_path(*state, "details.csv");
	struct labels written = { 0 }, read = { 0 };
	char why[256];

	assert_non_null(roll.details);
	roll.details->number[LABEL_IMPULSE_NS] = 4321.5;
	roll.details->number[LABEL_FIRST_CONTACT_S] = -0.25;
	roll.details->number[LABEL_RATE_HZ] = 31.25;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(label_details_add_reversal(roll.details, turns[i]), 0);
	assert_int_equal(labels_add(&written, &roll), 0);
	assert_int_equal(labels_add(&written, &tap), 0);
	assert_int_equal(labels_write(&written, path, true), 0);
	assert_int_equal(labels_read(path, &read, why, sizeof(why)), 0);
	assert_int_equal(read.count, 2);
	for (unsigned i = 0; i < _LABEL_NUMBERS; i++) {
		double was = roll.details->number[i];

		assert_true(isnan(was) ? isnan(read.item[0].details->number[i])
				       : fabs(read.item[0].details->number[i] - was) < 1e-9);
		assert_true(isnan(read.item[1].details->number[i]));
	}
	assert_int_equal(read.item[0].details->reversals, 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(fabs(read.item[0].details->reversal_s[i] - turns[i]) < 1e-9);
	assert_int_equal(read.item[1].details->reversals, 0);
	labels_deinit(&written);
	labels_deinit(&read);
}

static void labels_sort_by_start(void **state)
{
	static const struct label late = { LABEL_TAP, 5, 6, 1, 0, NULL }, early = { LABEL_HOLD, 1, 4, 1, 0, NULL };
	struct labels l = { 0 };

	(void)state;
	assert_int_equal(labels_add(&l, &late), 0);
	assert_int_equal(labels_add(&l, &early), 0);
	labels_sort(&l);
	assert_int_equal(l.item[0].kind, LABEL_HOLD);
	assert_int_equal(l.item[1].kind, LABEL_TAP);
	labels_deinit(&l);
}

static void a_file_that_is_wrong_is_refused_with_its_line(void **state)
{
	static const struct {
		const char *text, *line;
	} wrong[] = {
		{ "", ":1: " },
		{ "start,end\n", ":1: " },
		{ HEADER "nap,1,2,3,0\n", ":2: " },
		{ HEADER "hold,1,2,3,0\nhold,1,2,3\n", ":3: " },
		{ HEADER "hold,1,2,3,0,9\n", ":2: " },
		{ HEADER "hold,x,2,3,0\n", ":2: " },
		{ HEADER "hold,1,2,nan,0\n", ":2: " },
		{ HEADER "hold,2,1,3,0\n", ":2: " },
		{ HEADER "roll,1,2,3,1.5\n", ":2: " },
		{ HEADER "roll,1,2,3,-1\n", ":2: " },
		{ HEADER "hold\n", ":2: " },
		{ DETAILED "hold,1,2,3,0\n", ":2: " },
		{ DETAILED "hold,1,2,3,0,,,,,,,,,,\n", ":2: " },
		{ DETAILED "hold,1,2,3,0,,,,,,,,,,,\nhold,1,2,3,0,,,,,x,,,,,,\n", ":3: " },
		{ DETAILED "roll,1,2,3,2,,,,,,,,,,,1.5;\n", ":2: " },
		{ DETAILED "roll,1,2,3,2,,,,,,,,,,,1.5,\n", ":2: " },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct labels l = { .count = 77 };
		char why[256] = "";

		scratch_write(*state, "labels.csv", wrong[i].text);
		assert_true(labels_read(scratch_path(*state, "labels.csv"), &l, why, sizeof(why)) < 0);
		assert_non_null(strstr(why, "labels.csv"));
		assert_non_null(strstr(why, wrong[i].line));
		assert_int_equal(l.count, 77);
	}
}

static void a_file_that_is_not_there_is_named(void **state)
{
	struct labels l = { 0 };
	char why[256] = "";

	assert_int_equal(labels_read(scratch_path(*state, "none.csv"), &l, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "none.csv"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_written_is_read_again, scratch_make, scratch_remove),
		cmocka_unit_test_setup_teardown(
			details_are_read_again_and_what_does_not_apply_is_empty, scratch_make, scratch_remove),
		cmocka_unit_test(labels_sort_by_start),
		cmocka_unit_test_setup_teardown(
			a_file_that_is_wrong_is_refused_with_its_line, scratch_make, scratch_remove),
		cmocka_unit_test_setup_teardown(a_file_that_is_not_there_is_named, scratch_make, scratch_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
