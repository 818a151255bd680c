/* SPDX-License-Identifier: MIT */
/* The trace: every step of the machines and every measurement where a decision falls, on scripts of force. See script.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "script.h"

struct heard {
	struct knead_trace last[_KNEAD_MEASURES]; /* of each measure, the newest */
	uint32_t count[_KNEAD_MEASURES];
	double largest[_KNEAD_MEASURES];
	char steps[4096];
	int64_t sample_us;
	bool past; /* something was told about a sample that had not come yet */
};

static void listen(void *user, const struct knead_trace *t)
{
	struct heard *h = user;

	if (t->measure == KNEAD_MEASURE_FORCE)
		h->sample_us = t->t_us;
	if (t->t_us > h->sample_us)
		h->past = true;
	if (t->measure == KNEAD_MEASURE_NONE) {
		size_t n = strlen(h->steps);

		snprintf(h->steps + n, sizeof h->steps - n, "%s %s>%s ", t->machine, t->from, t->to);
		return;
	}
	assert_null(t->machine);
	if (h->count[t->measure]++ == 0 || t->value > h->largest[t->measure])
		h->largest[t->measure] = t->value;
	h->last[t->measure] = *t;
}

static struct heard heard;
static struct script script;

static void hear(double rate_hz, const char *words)
{
	memset(&heard, 0, sizeof heard);
	script_init(&script);
	script.rate_hz = rate_hz;
	script.emit.trace = listen;
	script.emit.trace_user = &heard;
	script_run(&script, words);
	assert_false(heard.past);
}

static void assert_measured(enum knead_measure measure, double value, double within, double limit)
{
	assert_true(heard.count[measure] > 0);
	assert_true(fabs(heard.last[measure].value - value) <= within);
	assert_true(fabs(heard.last[measure].limit - limit) <= 1e-9);
}

static void a_hold_is_told_step_by_step(void **state)
{
	(void)state;
	hear(80, "1:0 0.1>100 4:100 0.1>0 3:0");
	assert_string_equal(heard.steps, "contact idle>touch contact touch>contact hold none>candidate stroke off>seek "
					 "hold candidate>hold hold hold>easing contact contact>bridge "
					 "contact bridge>idle stroke seek>off hold easing>none ");
}

static void every_sample_is_told_with_the_level_of_the_hold(void **state)
{
	(void)state;
	hear(80, "1:0 0.1>100 4:100");
	assert_int_equal(heard.count[KNEAD_MEASURE_FORCE], 80 + 8 + 320);
	assert_true(fabs(heard.last[KNEAD_MEASURE_FORCE].value - 100) < 1e-9);
	assert_true(fabs(heard.last[KNEAD_MEASURE_FORCE].limit - 100) < 2);
	hear(80, "1:0");
	assert_true(heard.last[KNEAD_MEASURE_FORCE].limit == 0);
}

static void swings_of_one_cell_are_told_in_percent_of_the_mean(void **state)
{
	(void)state;
	hear(80, "1:0 0.2>80 6~100,20,4 0.1>0 3:0");
	assert_measured(KNEAD_MEASURE_SWING, 40, 3, 15);
	assert_true(heard.last[KNEAD_MEASURE_SWINGS].value < 4);
	assert_true(heard.last[KNEAD_MEASURE_SWINGS].limit == 4);
	assert_int_equal(heard.count[KNEAD_MEASURE_SMALLEST], 0); /* of less than four nothing is compared */
}

static void the_rule_of_a_roll_is_told_with_its_limits(void **state)
{
	(void)state;
	hear(80, "1:0 0.2>80 12~100,20,4 0.1>0 3:0");
	assert_measured(KNEAD_MEASURE_SMALLEST, 40.0 / 15, 0.2, 1);
	assert_measured(KNEAD_MEASURE_EVENNESS, 1, 0.1, 2.5);
	assert_measured(KNEAD_MEASURE_PACE, 1, 0.15, 2.6);
	assert_measured(KNEAD_MEASURE_SHORTEST, 2, 0.2, 0.35);
	assert_measured(KNEAD_MEASURE_LONGEST, 2, 0.2, 6.5);
}

static void a_drop_is_told_with_its_rise_and_its_ringing(void **state)
{
	(void)state;
	hear(1000, "1:0 0.005>200 0.05>0 0.01>-20 0.01>0 3:0");
	assert_measured(KNEAD_MEASURE_RISE, 0.005, 0.003, 0.015);
	assert_measured(KNEAD_MEASURE_FADE, 0.054, 0.008, 0.3);
	assert_true(heard.last[KNEAD_MEASURE_RING].limit == -8);
	hear(80, "1:0 0.0125>200 0.05>0 3:0");
	assert_int_equal(heard.count[KNEAD_MEASURE_RISE], 0); /* a rate that cannot tell */
}

static void vibration_is_told_with_what_percussion_needs(void **state)
{
	(void)state;
	hear(1000, "1:0 0.1>50 0.3~50,20,0.033 1:50 0.1>0 3:0");
	assert_true(heard.largest[KNEAD_MEASURE_VIBRATION] > 10);
	assert_true(heard.last[KNEAD_MEASURE_VIBRATION].limit >= 2);
	assert_true(heard.largest[KNEAD_MEASURE_CYCLES] > 0.15 && heard.largest[KNEAD_MEASURE_CYCLES] < 0.5);
	assert_true(heard.last[KNEAD_MEASURE_CYCLES].limit == 0.5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hold_is_told_step_by_step),
		cmocka_unit_test(every_sample_is_told_with_the_level_of_the_hold),
		cmocka_unit_test(swings_of_one_cell_are_told_in_percent_of_the_mean),
		cmocka_unit_test(the_rule_of_a_roll_is_told_with_its_limits),
		cmocka_unit_test(a_drop_is_told_with_its_rise_and_its_ringing),
		cmocka_unit_test(vibration_is_told_with_what_percussion_needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
