/* SPDX-License-Identifier: MIT */
/* Matching of labels and detections: each rule of the score just inside and just outside of its limit. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "score_count.h"

#define HOLD(start, end)                                                                                               \
	{                                                                                                              \
		LABEL_HOLD, (start), (end), 100, 0, NULL                                                               \
	}
#define ROLL(start, end, n)                                                                                            \
	{                                                                                                              \
		LABEL_ROLL, (start), (end), 100, (n), NULL                                                             \
	}
#define TAP(start, end)                                                                                                \
	{                                                                                                              \
		LABEL_TAP, (start), (end), 100, 0, NULL                                                                \
	}
#define PERCUSSION(start, end)                                                                                         \
	{                                                                                                              \
		LABEL_PERCUSSION, (start), (end), 100, 0, NULL                                                         \
	}
#define LIST(...)                                                                                                      \
	(struct labels)                                                                                                \
	{                                                                                                              \
		.item = (struct label[]){ __VA_ARGS__ },                                                               \
		.count = sizeof((struct label[]){ __VA_ARGS__ }) / sizeof(struct label)                                \
	}

/* Scores one capture at rate_hz and gives the numbers of one kind. */
static struct score_kind score_of(double rate_hz, struct labels labels, struct labels found, enum label_kind kind)
{
	struct score s;
	struct score_kind k;

	score_init(&s, rate_hz, 0);
	assert_int_equal(score_add(&s, "a", &labels, &found), 0);
	k = s.kind[kind];
	score_deinit(&s);
	memset(k.error, 0, sizeof(k.error));
	return k;
}

static size_t matched(double rate_hz, struct labels labels, struct labels found, enum label_kind kind)
{
	return score_of(rate_hz, labels, found, kind).matched;
}

static void a_start_may_be_off_by_the_collar_and_no_more(void **state)
{
	(void)state;
	assert_int_equal(matched(80, LIST(HOLD(10, 15)), LIST(HOLD(10.149, 15)), LABEL_HOLD), 1);
	assert_int_equal(matched(80, LIST(HOLD(10, 15)), LIST(HOLD(10.151, 15)), LABEL_HOLD), 0);
	assert_int_equal(matched(80, LIST(HOLD(10, 15)), LIST(HOLD(9.849, 15)), LABEL_HOLD), 0);
	assert_int_equal(matched(10, LIST(HOLD(10, 15)), LIST(HOLD(10.249, 15)), LABEL_HOLD), 1);
	assert_int_equal(matched(10, LIST(HOLD(10, 15)), LIST(HOLD(10.251, 15)), LABEL_HOLD), 0);
}

static void an_end_may_be_off_by_the_collar_or_2_percent_of_the_length(void **state)
{
	(void)state;
	assert_int_equal(matched(80, LIST(HOLD(10, 15)), LIST(HOLD(10, 15.149)), LABEL_HOLD), 1);
	assert_int_equal(matched(80, LIST(HOLD(10, 15)), LIST(HOLD(10, 15.151)), LABEL_HOLD), 0);
	assert_int_equal(matched(80, LIST(HOLD(10, 60)), LIST(HOLD(10, 60.99)), LABEL_HOLD), 1);
	assert_int_equal(matched(80, LIST(HOLD(10, 60)), LIST(HOLD(10, 61.01)), LABEL_HOLD), 0);
}

static void rolls_and_the_sides_of_holds_at_rolls_have_a_second(void **state)
{
	struct labels labels = LIST(HOLD(10, 15), ROLL(15, 25, 8), HOLD(25, 30));

	(void)state;
	assert_int_equal(matched(80, labels, LIST(ROLL(15.9, 24.1, 8)), LABEL_ROLL), 1);
	assert_int_equal(matched(80, labels, LIST(ROLL(16.1, 25, 8)), LABEL_ROLL), 0);
	assert_int_equal(matched(80, labels, LIST(HOLD(10.1, 15.9)), LABEL_HOLD), 1);
	assert_int_equal(matched(80, labels, LIST(HOLD(10.2, 15)), LABEL_HOLD), 0);
	assert_int_equal(matched(80, labels, LIST(HOLD(25.9, 30.1)), LABEL_HOLD), 1);
	assert_int_equal(matched(80, labels, LIST(HOLD(25, 30.2)), LABEL_HOLD), 0);
}

static void another_kind_is_no_match(void **state)
{
	struct score_kind hold = score_of(80, LIST(HOLD(10, 15)), LIST(ROLL(10, 15, 4)), LABEL_HOLD);
	struct score_kind roll = score_of(80, LIST(HOLD(10, 15)), LIST(ROLL(10, 15, 4)), LABEL_ROLL);

	(void)state;
	assert_int_equal(hold.labelled, 1);
	assert_int_equal(hold.detected, 0);
	assert_int_equal(roll.labelled, 0);
	assert_int_equal(roll.detected, 1);
	assert_int_equal(roll.matched, 0);
}

static void a_label_and_a_detection_are_used_once(void **state)
{
	(void)state;
	assert_int_equal(matched(80, LIST(TAP(1, 1.1)), LIST(TAP(1, 1.1), TAP(1.01, 1.1)), LABEL_TAP), 1);
	assert_int_equal(matched(80, LIST(TAP(1, 1.1), TAP(1.05, 1.1)), LIST(TAP(1, 1.1)), LABEL_TAP), 1);
}

static void as_many_are_matched_as_can_be(void **state)
{
	/* The first label is nearest to the only detection that the second may have. */
	struct labels labels = LIST(TAP(1.0, 1.1), TAP(1.2, 1.3)), found = LIST(TAP(0.86, 1.0), TAP(1.06, 1.16));

	(void)state;
	assert_int_equal(matched(80, labels, found, LABEL_TAP), 2);
}

static void an_overlap_of_95_percent_is_enough_for_the_second_criterion(void **state)
{
	struct labels labels = LIST(HOLD(10, 110));

	(void)state;
	assert_int_equal(score_of(80, labels, LIST(HOLD(14.9, 110)), LABEL_HOLD).overlapped, 1);
	assert_int_equal(score_of(80, labels, LIST(HOLD(15.1, 110)), LABEL_HOLD).overlapped, 0);
	assert_int_equal(score_of(80, labels, LIST(HOLD(10, 115.2)), LABEL_HOLD).overlapped, 1);
	assert_int_equal(score_of(80, labels, LIST(HOLD(10, 115.3)), LABEL_HOLD).overlapped, 0);
	assert_int_equal(score_of(80, labels, LIST(HOLD(14.9, 110)), LABEL_HOLD).matched, 0);
	assert_int_equal(score_of(80, LIST(TAP(1, 1.1)), LIST(TAP(1.01, 1.1)), LABEL_TAP).overlapped, 0);
}

static void an_event_that_shares_no_time_with_its_like_is_inserted_or_deleted_and_a_late_one_neither(void **state)
{
	struct score_kind late = score_of(80, LIST(HOLD(10, 20)), LIST(HOLD(19, 30)), LABEL_HOLD);
	struct score_kind apart = score_of(80, LIST(HOLD(10, 20)), LIST(HOLD(20, 30)), LABEL_HOLD);
	struct score_kind other = score_of(80, LIST(HOLD(10, 20)), LIST(ROLL(10, 20, 4)), LABEL_HOLD);

	(void)state;
	assert_int_equal(late.matched + late.inserted + late.deleted, 0);
	assert_int_equal(apart.inserted, 1);
	assert_int_equal(apart.deleted, 1);
	assert_int_equal(other.inserted, 0);
	assert_int_equal(other.deleted, 1);
}

static void each_label_is_found_as_its_partner_or_as_what_agrees_best_with_it(void **state)
{
	struct labels labels = LIST(HOLD(10, 70), PERCUSSION(20, 25), ROLL(80, 95, 6), TAP(100, 100.1));
	struct labels found = LIST(HOLD(10, 70), PERCUSSION(20.5, 24), HOLD(80, 88), HOLD(88.5, 95), TAP(110, 110.1));
	struct score s;

	(void)state;
	score_init(&s, 320, 0);
	assert_int_equal(score_add(&s, "a", &labels, &found), 0);
	assert_int_equal(s.confusion[LABEL_HOLD][LABEL_HOLD], 1);
	assert_int_equal(s.confusion[LABEL_PERCUSSION][LABEL_PERCUSSION], 1);
	assert_int_equal(s.confusion[LABEL_ROLL][LABEL_HOLD], 1);
	assert_int_equal(s.confusion[LABEL_TAP][SCORE_NOTHING], 1);
	assert_int_equal(s.confusion[SCORE_NOTHING][LABEL_TAP], 1);
	assert_int_equal(s.confusion[SCORE_NOTHING][LABEL_HOLD], 0);
	score_deinit(&s);
}

static void the_worst_capture_has_the_lowest_f1_and_of_equals_the_most_that_is_wrong(void **state)
{
	struct labels two = LIST(HOLD(1, 9), HOLD(20, 29)), one = LIST(HOLD(1, 9)), nothing = { 0 };
	struct score s;

	(void)state;
	score_init(&s, 80, 0);
	assert_int_equal(score_add(&s, "empty", &nothing, &nothing), 0);
	assert_null(s.kind[LABEL_HOLD].worst.capture);
	assert_int_equal(score_add(&s, "good", &two, &two), 0);
	assert_string_equal(s.kind[LABEL_HOLD].worst.capture, "good");
	assert_int_equal(score_add(&s, "half", &two, &one), 0);
	assert_string_equal(s.kind[LABEL_HOLD].worst.capture, "half");
	assert_int_equal(score_add(&s, "none", &one, &nothing), 0);
	assert_int_equal(score_add(&s, "less", &two, &nothing), 0);
	assert_int_equal(score_add(&s, "same", &two, &nothing), 0);
	assert_string_equal(s.kind[LABEL_HOLD].worst.capture, "less");
	score_deinit(&s);
}

static void precision_recall_and_f1_follow_from_the_counts(void **state)
{
	struct score_kind k =
		score_of(80, LIST(HOLD(1, 9), HOLD(20, 29), HOLD(40, 49)), LIST(HOLD(1, 9), HOLD(60, 69)), LABEL_HOLD);
	struct score_kind none = score_of(80, LIST(HOLD(1, 9)), LIST(HOLD(1, 9)), LABEL_TAP);

	(void)state;
	assert_true(fabs(score_precision(&k) - 0.5) < 1e-12);
	assert_true(fabs(score_recall(&k) - 1.0 / 3) < 1e-12);
	assert_true(fabs(score_f1(k.labelled, k.detected, k.matched) - 0.4) < 1e-12);
	assert_true(isnan(score_precision(&none)) && isnan(score_recall(&none)) && isnan(score_f1(0, 0, 0)));
}

static void a_hold_found_in_two_pieces_is_fragmented_and_two_found_as_one_are_merged(void **state)
{
	struct score_kind split = score_of(80, LIST(HOLD(10, 40)), LIST(HOLD(10, 24), HOLD(25, 40)), LABEL_HOLD);
	struct score_kind joined = score_of(80, LIST(HOLD(10, 24), HOLD(25, 40)), LIST(HOLD(10, 40)), LABEL_HOLD);
	struct score_kind right =
		score_of(80, LIST(HOLD(10, 24), HOLD(25, 40)), LIST(HOLD(10, 24), HOLD(25, 40)), LABEL_HOLD);

	(void)state;
	assert_int_equal(split.fragmented, 1);
	assert_int_equal(split.merged, 0);
	assert_int_equal(joined.fragmented, 0);
	assert_int_equal(joined.merged, 1);
	assert_int_equal(right.fragmented + right.merged, 0);
}

static void strokes_are_counted_exact_and_within_one(void **state)
{
	struct score_kind k = score_of(80, LIST(ROLL(1, 9, 8), ROLL(20, 29, 8), ROLL(40, 49, 8)),
		LIST(ROLL(1, 9, 8), ROLL(20, 29, 7), ROLL(40, 49, 10)), LABEL_ROLL);

	(void)state;
	assert_int_equal(k.counted, 3);
	assert_int_equal(k.exact, 1);
	assert_int_equal(k.within_one, 2);
}

static void below_200_samples_a_second_percussion_and_what_lies_over_it_are_left_out(void **state)
{
	struct labels labels = LIST(PERCUSSION(10, 20));
	struct labels found = LIST(HOLD(9.8, 20.1), HOLD(40, 45));

	(void)state;
	assert_int_equal(score_of(199, labels, found, LABEL_PERCUSSION).labelled, 0);
	assert_int_equal(score_of(199, labels, found, LABEL_HOLD).detected, 1);
	assert_int_equal(score_of(200, labels, found, LABEL_PERCUSSION).labelled, 1);
	assert_int_equal(score_of(200, labels, found, LABEL_HOLD).detected, 2);
}

static void a_hold_over_vibration_still_counts_when_it_is_right(void **state)
{
	struct labels labels = LIST(HOLD(5, 25), PERCUSSION(10, 20));

	(void)state;
	assert_int_equal(matched(80, labels, LIST(HOLD(5, 25)), LABEL_HOLD), 1);
	assert_int_equal(score_of(80, labels, LIST(HOLD(5, 25)), LABEL_HOLD).detected, 1);
}

static void a_peak_under_vibration_is_not_compared(void **state)
{
	struct labels shaken = LIST(HOLD(5, 25), PERCUSSION(10, 20)), still = LIST(HOLD(5, 25), PERCUSSION(30, 40));
	struct labels found = LIST(HOLD(5, 25));
	struct score s;

	(void)state;
	score_init(&s, 320, 0);
	assert_int_equal(score_add(&s, "a", &shaken, &found), 0);
	assert_int_equal(s.kind[LABEL_HOLD].error[SCORE_PEAK_PCT].count, 0);
	assert_int_equal(score_add(&s, "a", &still, &found), 0);
	assert_int_equal(s.kind[LABEL_HOLD].error[SCORE_PEAK_PCT].count, 1);
	score_deinit(&s);
}

static void errors_are_absolute_and_their_quantiles_are_nearest_ranks(void **state)
{
	struct labels labels = LIST(HOLD(10, 20), HOLD(30, 40), HOLD(50, 60));
	struct labels found = LIST(HOLD(9.99, 20), HOLD(30.02, 40.02), HOLD(50.03, 59.97));
	struct score s;
	struct score_errors none = { 0 };

	(void)state;
	found.item[0].peak_n = 99;
	score_init(&s, 80, 0);
	assert_int_equal(score_add(&s, "a", &labels, &found), 0);
	assert_true(fabs(score_quantile(&s.kind[LABEL_HOLD].error[SCORE_START_S], 0.5) - 0.02) < 1e-9);
	assert_true(fabs(score_quantile(&s.kind[LABEL_HOLD].error[SCORE_START_S], 0.95) - 0.03) < 1e-9);
	assert_true(fabs(score_quantile(&s.kind[LABEL_HOLD].error[SCORE_DURATION_S], 0.5) - 0.01) < 1e-9);
	assert_true(fabs(score_quantile(&s.kind[LABEL_HOLD].error[SCORE_DURATION_S], 0.95) - 0.06) < 1e-9);
	assert_true(fabs(score_quantile(&s.kind[LABEL_HOLD].error[SCORE_PEAK_PCT], 1) - 1) < 1e-9);
	assert_true(isnan(score_quantile(&none, 0.5)));
	score_deinit(&s);
}

static void the_side_of_a_hold_at_a_roll_has_an_error_of_its_own(void **state)
{
	struct labels labels = LIST(HOLD(10, 15), ROLL(15, 25, 8));
	struct labels found = LIST(HOLD(10.01, 15.5), ROLL(15.5, 25, 8));
	struct score s;

	(void)state;
	score_init(&s, 80, 0);
	assert_int_equal(score_add(&s, "a", &labels, &found), 0);
	assert_int_equal(s.kind[LABEL_HOLD].error[SCORE_START_S].count, 1);
	assert_int_equal(s.kind[LABEL_HOLD].error[SCORE_END_S].count, 0);
	assert_int_equal(s.kind[LABEL_HOLD].error[SCORE_DURATION_S].count, 0);
	assert_int_equal(s.kind[LABEL_HOLD].error[SCORE_PEAK_PCT].count, 0);
	assert_true(fabs(score_quantile(&s.kind[LABEL_HOLD].error[SCORE_BORDER_S], 1) - 0.5) < 1e-9);
	score_deinit(&s);
}

static void captures_add_up_and_do_not_touch_one_another(void **state)
{
	struct labels labels = LIST(HOLD(10, 20)), found = LIST(HOLD(10, 20)), nothing = { 0 };
	struct score s;

	(void)state;
	score_init(&s, 80, 0);
	assert_int_equal(score_add(&s, "a", &labels, &nothing), 0);
	assert_int_equal(score_add(&s, "a", &nothing, &found), 0);
	assert_int_equal(score_add(&s, "a", &labels, &found), 0);
	assert_int_equal(s.kind[LABEL_HOLD].labelled, 2);
	assert_int_equal(s.kind[LABEL_HOLD].detected, 2);
	assert_int_equal(s.kind[LABEL_HOLD].matched, 1);
	score_deinit(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_start_may_be_off_by_the_collar_and_no_more),
		cmocka_unit_test(an_end_may_be_off_by_the_collar_or_2_percent_of_the_length),
		cmocka_unit_test(rolls_and_the_sides_of_holds_at_rolls_have_a_second),
		cmocka_unit_test(another_kind_is_no_match),
		cmocka_unit_test(a_label_and_a_detection_are_used_once),
		cmocka_unit_test(as_many_are_matched_as_can_be),
		cmocka_unit_test(an_overlap_of_95_percent_is_enough_for_the_second_criterion),
		cmocka_unit_test(
			an_event_that_shares_no_time_with_its_like_is_inserted_or_deleted_and_a_late_one_neither),
		cmocka_unit_test(each_label_is_found_as_its_partner_or_as_what_agrees_best_with_it),
		cmocka_unit_test(the_worst_capture_has_the_lowest_f1_and_of_equals_the_most_that_is_wrong),
		cmocka_unit_test(precision_recall_and_f1_follow_from_the_counts),
		cmocka_unit_test(a_hold_found_in_two_pieces_is_fragmented_and_two_found_as_one_are_merged),
		cmocka_unit_test(strokes_are_counted_exact_and_within_one),
		cmocka_unit_test(below_200_samples_a_second_percussion_and_what_lies_over_it_are_left_out),
		cmocka_unit_test(a_hold_over_vibration_still_counts_when_it_is_right),
		cmocka_unit_test(a_peak_under_vibration_is_not_compared),
		cmocka_unit_test(errors_are_absolute_and_their_quantiles_are_nearest_ranks),
		cmocka_unit_test(the_side_of_a_hold_at_a_roll_has_an_error_of_its_own),
		cmocka_unit_test(captures_add_up_and_do_not_touch_one_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
