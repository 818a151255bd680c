/* SPDX-License-Identifier: MIT */
/* What is scored inside of events: the turns of rolls; breathing, relaxation, softening and dips of holds; values in percent. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "score_count.h"

/* A label or a detection with details of its own, none of which applies yet. */
struct detailed {
	struct label label;
	struct label_details details;
};

static struct label *detailed(struct detailed *d, enum label_kind kind, double start_s, double end_s)
{
	*d = (struct detailed){ .label = { .kind = kind, .start_s = start_s, .end_s = end_s, .peak_n = 100 } };
	for (int i = 0; i < _LABEL_NUMBERS; i++)
		d->details.number[i] = NAN;
	d->label.details = &d->details;
	return &d->label;
}

static void score_one(struct score *s, double rate_hz, const struct label *label, const struct label *found)
{
	struct label l = *label, f = *found;
	struct labels labels = { .item = &l, .count = 1 }, detections = { .item = &f, .count = 1 };

	score_init(s, rate_hz, 0);
	assert_int_equal(score_add(s, "a", &labels, &detections), 0);
}

/* A hold of so many seconds that breathes, found with what it says of its breath. */
static struct score_breathing breathing_of(double length_s, double pct, double true_per_min, double found_per_min)
{
	struct detailed label, found;
	struct score_breathing b;
	struct score s;

	detailed(&label, LABEL_HOLD, 10, 10 + length_s)->details->number[LABEL_BREATH_PER_MIN] = true_per_min;
	label.details.number[LABEL_BREATH_PCT] = pct;
	detailed(&found, LABEL_HOLD, 10, 10 + length_s)->details->number[LABEL_BREATH_PER_MIN] = found_per_min;
	score_one(&s, 80, &label.label, &found.label);
	b = s.body.breathing;
	score_deinit(&s);
	return b;
}

static void breathing_is_due_from_30_s_and_2_percent_on(void **state)
{
	(void)state;
	assert_int_equal(breathing_of(30, 2, 15, NAN).due, 1);
	assert_int_equal(breathing_of(29.9, 2, 15, NAN).due, 0);
	assert_int_equal(breathing_of(30, 1.9, 15, NAN).due, 0);
	assert_int_equal(breathing_of(30, 2, NAN, 15).holds, 0);
}

static void an_answer_is_good_within_one_per_minute_and_wrong_beyond_two(void **state)
{
	(void)state;
	assert_int_equal(breathing_of(40, 3, 15, 15.9).within_one, 1);
	assert_int_equal(breathing_of(40, 3, 15, 16.1).within_one, 0);
	assert_int_equal(breathing_of(40, 3, 15, 16.1).answered, 1);
	assert_int_equal(breathing_of(40, 3, 15, 16.9).wrong, 0);
	assert_int_equal(breathing_of(40, 3, 15, 17.1).wrong, 1);
}

static void null_is_no_report_and_a_report_that_was_not_due_may_still_be_wrong(void **state)
{
	struct score_breathing silent = breathing_of(40, 3, 15, NAN), early = breathing_of(20, 3, 15, 18);

	(void)state;
	assert_int_equal(silent.reports + silent.answered, 0);
	assert_int_equal(early.answered, 0);
	assert_int_equal(early.reports, 1);
	assert_int_equal(early.wrong, 1);
}

static void relaxation_is_off_by_points_and_a_hold_without_it_is_not_asked(void **state)
{
	struct detailed label, found;
	struct score s;

	(void)state;
	detailed(&label, LABEL_HOLD, 10, 40)->details->number[LABEL_RELAX_PCT] = 20;
	detailed(&found, LABEL_HOLD, 10, 40)->details->number[LABEL_RELAX_PCT] = 18.5;
	score_one(&s, 80, &label.label, &found.label);
	assert_int_equal(s.body.relaxation.answered, 1);
	assert_true(fabs(score_quantile(&s.body.relaxation.error_points, 0.5) - 1.5) < 1e-9);
	score_deinit(&s);
	label.details.number[LABEL_RELAX_PCT] = NAN;
	score_one(&s, 80, &label.label, &found.label);
	assert_int_equal(s.body.relaxation.due, 0);
	score_deinit(&s);
}

static struct score_softening softening_of(double relax_pct, double true_s, double found_s, double *ret_error_s)
{
	struct detailed label, found;
	struct score_softening soft;
	struct score s;

	detailed(&label, LABEL_HOLD, 10, 60)->details->number[LABEL_SOFTENING_S] = true_s;
	label.details.number[LABEL_RELAX_PCT] = relax_pct;
	detailed(&found, LABEL_HOLD, 10, 60)->details->number[LABEL_SOFTENING_S] = found_s;
	score_one(&s, 80, &label.label, &found.label);
	soft = s.body.softening;
	*ret_error_s = score_quantile(&s.body.softening.error_s, 0.5);
	score_deinit(&s);
	return soft;
}

static void a_break_of_slope_that_was_none_is_false_and_one_that_was_is_late_or_missed(void **state)
{
	double error_s;

	(void)state;
	assert_int_equal(softening_of(15, 20, 23, &error_s).answered, 1);
	assert_true(fabs(error_s - 3) < 1e-9);
	assert_int_equal(softening_of(15, 20, NAN, &error_s).answered, 0);
	assert_int_equal(softening_of(15, NAN, 23, &error_s).false_reports, 1);
	assert_int_equal(softening_of(15, NAN, NAN, &error_s).steady, 1);
	assert_int_equal(softening_of(NAN, NAN, 23, &error_s).steady, 0);
}

static void dips_are_counted_exactly_or_not(void **state)
{
	struct detailed label, found;
	struct score s;

	(void)state;
	detailed(&label, LABEL_HOLD, 10, 40)->details->number[LABEL_DIPS] = 2;
	for (int dips = 1; dips <= 2; dips++) {
		detailed(&found, LABEL_HOLD, 10, 40)->details->number[LABEL_DIPS] = dips;
		score_one(&s, 80, &label.label, &found.label);
		assert_int_equal(s.body.dips.counted, 1);
		assert_int_equal(s.body.dips.exact, dips == 2);
		score_deinit(&s);
	}
}

static void impulse_travel_and_rate_are_off_by_percent(void **state)
{
	struct detailed label, found;
	struct score s;

	(void)state;
	detailed(&label, LABEL_ROLL, 10, 40)->details->number[LABEL_IMPULSE_NS] = 1000;
	label.details.number[LABEL_TRAVEL_MM] = 400;
	detailed(&found, LABEL_ROLL, 10, 40)->details->number[LABEL_IMPULSE_NS] = 980;
	found.details.number[LABEL_TRAVEL_MM] = 420;
	score_one(&s, 80, &label.label, &found.label);
	assert_true(fabs(score_quantile(&s.kind[LABEL_ROLL].error[SCORE_IMPULSE_PCT], 0.5) - 2) < 1e-9);
	assert_true(fabs(score_quantile(&s.kind[LABEL_ROLL].error[SCORE_TRAVEL_PCT], 0.5) - 5) < 1e-9);
	score_deinit(&s);
	detailed(&label, LABEL_PERCUSSION, 10, 15)->details->number[LABEL_RATE_HZ] = 40;
	detailed(&found, LABEL_PERCUSSION, 10, 15)->details->number[LABEL_RATE_HZ] = 39;
	score_one(&s, 320, &label.label, &found.label);
	assert_true(fabs(score_quantile(&s.kind[LABEL_PERCUSSION].error[SCORE_RATE_PCT], 0.5) - 2.5) < 1e-9);
	score_deinit(&s);
}

/* Scores the turns of one roll against those of another. */
static struct score_turns turns_of(double *true_s, size_t count, double *found_s, size_t found_count)
{
	struct detailed label, found;
	struct score_turns t;
	struct score s;

	detailed(&label, LABEL_ROLL, 10, 40)->count = (uint32_t)count + 1;
	detailed(&found, LABEL_ROLL, 10, 40)->count = (uint32_t)found_count + 1;
	label.details.reversal_s = true_s;
	label.details.reversals = count;
	found.details.reversal_s = found_s;
	found.details.reversals = found_count;
	score_one(&s, 80, &label.label, &found.label);
	t = s.body.turns;
	score_deinit(&s);
	return t;
}

static void turns_agree_within_350_ms_and_each_is_used_once(void **state)
{
	double three[] = { 12, 14, 16 }, near[] = { 12.34, 13.66, 16.36 }, twice[] = { 11.9, 12.1, 14, 16 };

	(void)state;
	assert_int_equal(turns_of(three, 3, near, 3).matched, 2);
	assert_int_equal(turns_of(three, 3, three, 3).matched, 3);
	assert_int_equal(turns_of(three, 3, twice, 4).matched, 3);
	assert_int_equal(turns_of(three, 3, twice, 4).detected, 4);
	assert_int_equal(turns_of(three, 3, NULL, 0).labelled, 3);
}

static void turns_that_the_labels_do_not_tell_are_not_scored(void **state)
{
	double found_s[] = { 12, 14 };
	struct detailed label, found;
	struct score s;

	(void)state;
	detailed(&label, LABEL_ROLL, 10, 40)->count = 3;
	detailed(&found, LABEL_ROLL, 10, 40)->details->reversal_s = found_s;
	found.details.reversals = 2;
	score_one(&s, 80, &label.label, &found.label);
	assert_int_equal(s.body.turns.detected, 0);
	score_deinit(&s);
	label.label.details = NULL;
	score_one(&s, 80, &label.label, &found.label);
	assert_int_equal(s.body.turns.detected, 0);
	score_deinit(&s);
}

static void plain_labels_tell_nothing_of_the_body(void **state)
{
	struct detailed label, found;
	struct score s;

	(void)state;
	detailed(&label, LABEL_HOLD, 10, 50)->details = NULL;
	detailed(&found, LABEL_HOLD, 10, 50)->details->number[LABEL_BREATH_PER_MIN] = 15;
	found.details.number[LABEL_SOFTENING_S] = 12;
	found.details.number[LABEL_IMPULSE_NS] = 1000;
	score_one(&s, 80, &label.label, &found.label);
	assert_int_equal(s.kind[LABEL_HOLD].matched, 1);
	assert_int_equal(s.kind[LABEL_HOLD].error[SCORE_IMPULSE_PCT].count, 0);
	assert_int_equal(s.body.breathing.reports + s.body.softening.false_reports, 0);
	score_deinit(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(breathing_is_due_from_30_s_and_2_percent_on),
		cmocka_unit_test(an_answer_is_good_within_one_per_minute_and_wrong_beyond_two),
		cmocka_unit_test(null_is_no_report_and_a_report_that_was_not_due_may_still_be_wrong),
		cmocka_unit_test(relaxation_is_off_by_points_and_a_hold_without_it_is_not_asked),
		cmocka_unit_test(a_break_of_slope_that_was_none_is_false_and_one_that_was_is_late_or_missed),
		cmocka_unit_test(dips_are_counted_exactly_or_not),
		cmocka_unit_test(impulse_travel_and_rate_are_off_by_percent),
		cmocka_unit_test(turns_agree_within_350_ms_and_each_is_used_once),
		cmocka_unit_test(turns_that_the_labels_do_not_tell_are_not_scored),
		cmocka_unit_test(plain_labels_tell_nothing_of_the_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
