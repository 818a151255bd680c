/* SPDX-License-Identifier: MIT */
/* What is asked of a running pipeline: settings, zero, scale, session. Samples are fed; time is theirs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <string.h>

#include <knead/control.h>

#define RATE_HZ 80
#define FAST_HZ 1000 /* where an impact can be told from a tap */
#define OUT_MAX 256

static struct knead_pipeline *pipeline;
static struct knead_event out[OUT_MAX];
static size_t out_count;
static int64_t t_us;
static int rate_hz;

static void begin_at(int rate, double counts_per_n)
{
	struct knead_settings s;

	knead_settings_init(&s, KNEAD_PROFILE_BALL);
	s.cells = 1;
	s.rate_hz = rate;
	s.zero_raw_count = 1;
	s.zero_raw[0] = 1000;
	s.counts_per_n_count = 1;
	s.counts_per_n[0] = counts_per_n;
	assert_int_equal(knead_pipeline_new(&s, &pipeline), 0);
	t_us = 0;
	out_count = 0;
	rate_hz = rate;
}

static void begin(double counts_per_n)
{
	begin_at(RATE_HZ, counts_per_n);
}

static void done(void)
{
	knead_pipeline_free(pipeline);
}

/* Feeds raw for some seconds; every other reading is one count higher, so that the channel lives. */
static void feed(double seconds, double raw)
{
	for (int i = 0; i < seconds * rate_hz; i++, t_us += 1000000 / rate_hz) {
		struct knead_sample sample = {
			.rx_us = t_us, .device_us = t_us, .has_device_us = true, .cells = 1, .raw = { raw + i % 2 }
		};

		assert_true(out_count + KNEAD_EVENTS_MIN <= OUT_MAX);
		out_count += knead_pipeline_push_sample(pipeline, &sample, out + out_count, OUT_MAX - out_count);
	}
}

static bool has(enum knead_event_type type)
{
	for (size_t i = 0; i < out_count; i++)
		if (out[i].type == type)
			return true;
	return false;
}

/* The first event of a type; there must be one. */
static const struct knead_event *find(enum knead_event_type type)
{
	size_t i = 0;

	while (i < out_count && out[i].type != type)
		i++;
	assert_true(i < out_count);
	return &out[i];
}

static double force_n(void)
{
	struct knead_view view;

	knead_pipeline_view(pipeline, &view);
	return view.force_n;
}

static void a_new_target_counts_for_the_hold_under_way(void **state)
{
	struct knead_settings s;

	begin(100);
	knead_settings_init(&s, KNEAD_PROFILE_BALL);
	s.target_s = 5;
	feed(1, 1000);
	feed(4, 6000);
	assert_int_equal(knead_pipeline_configure(pipeline, &s), 0);
	feed(2, 6000);
	assert_true(find(KNEAD_EVENT_HOLD_TARGET)->hold_target.target_s == 5);
	assert_false(has(KNEAD_EVENT_HOLD_END));
	done();
}

static void bad_settings_change_nothing(void **state)
{
	struct knead_settings s;
	struct knead_view view;

	begin(100);
	knead_settings_init(&s, KNEAD_PROFILE_BALL);
	s.target_s = 77;
	s.release_n = s.press_n + 1;
	assert_int_equal(knead_pipeline_configure(pipeline, &s), -EINVAL);
	knead_pipeline_view(pipeline, &view);
	assert_true(view.target_s == 30);
	done();
}

static void a_measurement_is_the_mean_of_one_second(void **state)
{
	struct knead_measurement m;

	begin(100);
	feed(1, 1000);
	knead_pipeline_measure(pipeline);
	feed(0.5, 3000);
	knead_pipeline_measured(pipeline, &m);
	assert_false(m.done);
	feed(0.6, 3000);
	knead_pipeline_measured(pipeline, &m);
	assert_true(m.done);
	assert_int_equal(m.cells, 1);
	assert_true(fabs(m.raw[0] - 3000.5) < 0.1);
	assert_true(fabs(m.force_n - 20) < 0.01);
	assert_true(m.sd_n < 0.01);
	assert_false(m.saturated);
	assert_true(m.loaded);
	done();
}

static void what_moves_while_it_is_measured_shows_in_the_deviation(void **state)
{
	struct knead_measurement m;

	begin(100);
	feed(1, 1000);
	knead_pipeline_measure(pipeline);
	feed(0.5, 3000);
	feed(0.6, 6000);
	knead_pipeline_measured(pipeline, &m);
	assert_true(m.done);
	assert_true(m.sd_n > 10);
	assert_true(m.loaded);
	done();
}

static void a_rail_within_the_second_is_told(void **state)
{
	struct knead_measurement m;

	begin(100);
	feed(1, 1000);
	knead_pipeline_measure(pipeline);
	feed(0.2, 1000);
	feed(1, 8388607 - 1);
	knead_pipeline_measured(pipeline, &m);
	assert_true(m.saturated);
	done();
}

static void a_new_zero_holds_from_the_next_sample(void **state)
{
	begin(100);
	feed(1, 3000);
	assert_true(fabs(force_n() - 20) < 0.1);
	knead_pipeline_set_zero(pipeline, (double[KNEAD_CELLS_MAX]){ 3000 });
	feed(1, 3000);
	assert_true(fabs(force_n()) < 0.05);
	assert_true(has(KNEAD_EVENT_PRESS));
	feed(1, 8000);
	assert_true(fabs(force_n() - 50) < 0.1);
	done();
}

static void a_new_scale_holds_from_the_next_sample(void **state)
{
	double scale[KNEAD_CELLS_MAX];

	begin(100);
	feed(1, 1000);
	assert_int_equal(knead_pipeline_set_scale(pipeline, (double[]){ 0 }, 1), -EINVAL);
	assert_int_equal(knead_pipeline_set_scale(pipeline, (double[]){ 50 }, 1), 0);
	knead_pipeline_scale(pipeline, scale);
	assert_true(scale[0] == 50);
	feed(1, 3000);
	assert_true(fabs(force_n() - 40) < 0.1);
	done();
}

static void a_session_that_is_ended_says_what_was_in_it(void **state)
{
	begin(100);
	feed(1, 1000);
	feed(4, 6000);
	feed(2, 1000);
	out_count = 0;
	out_count = knead_pipeline_end_session(pipeline, out, OUT_MAX);
	assert_int_equal(out_count, 1);
	assert_int_equal(out[0].type, KNEAD_EVENT_SESSION_END);
	assert_int_equal(out[0].session.holds, 1);
	feed(1, 1000);
	feed(4, 6000);
	assert_int_equal(find(KNEAD_EVENT_SESSION_START)->session.session_id, 2);
	assert_int_equal(find(KNEAD_EVENT_SESSION_START)->flags, 0);
	done();
}

static void a_session_that_is_ended_under_load_ends_the_hold_as_lost(void **state)
{
	begin(100);
	feed(1, 1000);
	feed(5, 6000);
	out_count = knead_pipeline_end_session(pipeline, out, OUT_MAX);
	assert_int_equal(find(KNEAD_EVENT_HOLD_END)->hold_end.cause, KNEAD_CAUSE_LOST);
	assert_int_equal(out[out_count - 1].type, KNEAD_EVENT_SESSION_END);
	done();
}

static void a_session_that_is_ended_right_after_an_impact_tells_it_first(void **state)
{
	begin_at(FAST_HZ, 100);
	feed(1, 1000);
	feed(0.008, 21000);
	feed(0.1, 1000);
	assert_false(has(KNEAD_EVENT_IMPACT));
	out_count = knead_pipeline_end_session(pipeline, out, OUT_MAX);
	assert_int_equal(out_count, 2);
	assert_int_equal(out[0].type, KNEAD_EVENT_IMPACT);
	assert_int_equal(out[1].type, KNEAD_EVENT_SESSION_END);
	out_count = 0;
	feed(2, 1000);
	assert_int_equal(out_count, 0);
	done();
}

static void no_session_no_event(void **state)
{
	begin(100);
	feed(1, 1000);
	assert_int_equal(knead_pipeline_end_session(pipeline, out, OUT_MAX), 0);
	done();
}

static void totals_can_be_forgotten_once_the_session_is_over(void **state)
{
	struct knead_view view;

	begin(100);
	feed(1, 1000);
	feed(4, 6000);
	feed(1, 1000);
	knead_pipeline_forget_session(pipeline);
	knead_pipeline_view(pipeline, &view);
	assert_int_equal(view.session.totals.holds, 1);
	knead_pipeline_end_session(pipeline, out, OUT_MAX);
	knead_pipeline_forget_session(pipeline);
	knead_pipeline_view(pipeline, &view);
	assert_int_equal(view.session.totals.holds, 0);
	assert_int_equal(view.session.totals.session_id, 1);
	done();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_target_counts_for_the_hold_under_way),
		cmocka_unit_test(bad_settings_change_nothing),
		cmocka_unit_test(a_measurement_is_the_mean_of_one_second),
		cmocka_unit_test(what_moves_while_it_is_measured_shows_in_the_deviation),
		cmocka_unit_test(a_rail_within_the_second_is_told),
		cmocka_unit_test(a_new_zero_holds_from_the_next_sample),
		cmocka_unit_test(a_new_scale_holds_from_the_next_sample),
		cmocka_unit_test(a_session_that_is_ended_says_what_was_in_it),
		cmocka_unit_test(a_session_that_is_ended_under_load_ends_the_hold_as_lost),
		cmocka_unit_test(a_session_that_is_ended_right_after_an_impact_tells_it_first),
		cmocka_unit_test(no_session_no_event),
		cmocka_unit_test(totals_can_be_forgotten_once_the_session_is_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
