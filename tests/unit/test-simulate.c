/* SPDX-License-Identifier: MIT */
/* The simulator as a whole: its bytes against its labels, its scenarios, its faults, its seed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "simulated.h"

/* Stream time at which the force, zeroed by its first second, first rises through PRESS_N after t_s. */
static double crossing_after(const struct capture *c, double rate_hz, double t_s)
{
	double zero = 0, before_n = 0;

	for (size_t i = 0; i < (size_t)rate_hz; i++)
		zero += c->row[i].counts / rate_hz;
	for (size_t i = 0; i < c->rows; i++) {
		double now_s = (c->row[i].clock_us - c->row[0].clock_us) / 1e6;
		double force_n = (c->row[i].counts - zero) / COUNTS_PER_N;

		if (now_s > t_s && before_n < PRESS_N && force_n >= PRESS_N)
			return now_s - (force_n - PRESS_N) / (force_n - before_n) / rate_hz;
		before_n = force_n;
	}
	return NAN;
}

static void a_detector_that_takes_the_delay_off_has_no_error(void **state)
{
	static const struct {
		double rate_hz, near_s;
	} cases[] = { { 1000, 0.0012 }, { 320, 0.003 } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct sim_options o = options_for(SIM_HOLD, SIM_S0, cases[i].rate_hz);
		struct capture c;

		run(&o, &c);
		read_rows(&c);
		assert_true(c.labels.count >= 2);
		/* The first only: later ones start from a zero that the load has moved. */
		assert_true(fabs(crossing_after(&c, o.rate_hz, c.labels.item[0].start_s - 1) - c.delay_s -
				    c.labels.item[0].start_s) < cases[i].near_s);
		done(&c);
	}
}

static void the_same_seed_gives_the_same_bytes_and_another_does_not(void **state)
{
	struct sim_options o = options_for(SIM_MIXED, SIM_S3, 80);
	struct capture a, b, other;

	(void)state;
	run(&o, &a);
	run(&o, &b);
	assert_true(fabs(a.length_s - o.length_s) < 0.2);
	o.seed++;
	run(&o, &other);
	assert_int_equal(a.size, b.size);
	assert_memory_equal(a.bytes, b.bytes, a.size);
	assert_true(other.size != a.size || memcmp(other.bytes, a.bytes, a.size) != 0);
	done(&a);
	done(&b);
	done(&other);
}

static void every_scenario_does_what_its_name_says(void **state)
{
	static const struct {
		enum sim_scenario scenario;
		enum label_kind kind;
		bool alone; /* nothing but this kind */
	} cases[] = {
		{ SIM_HOLD, LABEL_HOLD, true },
		{ SIM_PULSES, LABEL_HOLD, true },
		{ SIM_PRESS_SET, LABEL_PRESS, true },
		{ SIM_STROKES, LABEL_PRESS, true },
		{ SIM_ROLL, LABEL_ROLL, true },
		{ SIM_COMPOSITE, LABEL_ROLL, false },
		{ SIM_COMPOSITE, LABEL_HOLD, false },
		{ SIM_TAPS, LABEL_TAP, false },
		{ SIM_TAPS, LABEL_IMPACT, false },
		{ SIM_PERCUSSION, LABEL_PERCUSSION, false },
		{ SIM_SESSION, LABEL_HOLD, false },
		{ SIM_MIXED, LABEL_HOLD, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (int stratum = 0; stratum <= SIM_S2; stratum += 2) {
			struct sim_options o = options_for(cases[i].scenario, (enum sim_stratum_id)stratum, 320);
			struct capture c;
			size_t n;

			o.length_s = 300;
			run(&o, &c);
			n = count_labels(&c, cases[i].kind);
			assert_true(n >= 1);
			if (cases[i].alone)
				assert_int_equal(n, c.labels.count);
			done(&c);
		}
}

static void idle_and_handling_are_nothing_however_hard(void **state)
{
	(void)state;
	for (int stratum = 0; stratum < _SIM_STRATA; stratum++) {
		struct sim_options idle = options_for(SIM_IDLE, (enum sim_stratum_id)stratum, 80), handling = idle;
		struct capture c;

		handling.scenario = SIM_HANDLING;
		idle.length_s = handling.length_s = 900;
		run(&idle, &c);
		assert_int_equal(c.labels.count, 0);
		done(&c);
		run(&handling, &c);
		assert_int_equal(c.labels.count, 0);
		done(&c);
	}
}

static void three_seconds_of_idle_stand_at_either_end(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct sim_options o = options_for(SIM_MIXED, SIM_S3, 80);
		struct capture c;

		o.seed = seed;
		run(&o, &c);
		for (size_t i = 0; i < c.labels.count; i++) {
			assert_true(c.labels.item[i].start_s >= 3);
			assert_true(c.labels.item[i].end_s <= o.length_s - 3);
		}
		done(&c);
	}
}

/* Nothing is asked of a detector that the definitions leave open: no length is near a limit, no roll is too short. */
static void labels_keep_their_distance_from_the_limits(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 15; seed++) {
		struct sim_options o = options_for(SIM_MIXED, (enum sim_stratum_id)(seed % 3), 320);
		struct capture c;

		o.seed = seed;
		o.length_s = 300;
		run(&o, &c);
		for (size_t i = 0; i < c.labels.count; i++) {
			const struct label *l = &c.labels.item[i];
			double length_s = l->end_s - l->start_s;

			if (l->kind == LABEL_HOLD)
				assert_true(length_s >= 3.3);
			else if (l->kind == LABEL_PRESS)
				assert_true(length_s >= 0.44 && length_s <= 2.7);
			else if (l->kind == LABEL_TAP)
				assert_true(length_s <= 0.3);
			else if (l->kind == LABEL_ROLL)
				assert_true(l->count >= 5 && l->count <= 24);
			if (l->kind != LABEL_IMPACT)
				assert_true(l->peak_n >= 2 * PRESS_N);
		}
		done(&c);
	}
}

static void a_capture_starts_in_the_middle_of_a_frame(void **state)
{
	struct sim_options o = options_for(SIM_IDLE, SIM_S1, 80);
	struct capture c;

	(void)state;
	run(&o, &c);
	assert_true(strncmp(c.bytes, "K1,", 3) != 0);
	assert_non_null(strstr(c.bytes, "\nKI,1,simulate,1,80,8400,"));
	assert_non_null(strstr(c.bytes, "\nK1,"));
	done(&c);
}

static void options_that_do_not_fit_are_refused_by_name(void **state)
{
	struct sim_options few = options_for(SIM_IDLE, SIM_S0, 80), brief = few;
	char why[160] = "";

	(void)state;
	few.geometry = KNEAD_GEOMETRY_RING;
	assert_true(sim_options_check(&few, why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "--cells"));
	brief.length_s = 7.9;
	assert_true(sim_options_check(&brief, why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "--for"));
}

static void every_geometry_and_format_runs_and_names_its_places(void **state)
{
	static const struct {
		enum knead_geometry geometry;
		uint32_t cells;
		const char *key;
	} cases[] = {
		{ KNEAD_GEOMETRY_LINE, 2, "cell_mm" },
		{ KNEAD_GEOMETRY_LINE, 8, "cell_mm" },
		{ KNEAD_GEOMETRY_RING, 3, "cell_deg" },
		{ KNEAD_GEOMETRY_RING, 12, "cell_deg" },
		{ KNEAD_GEOMETRY_SPHERE, 14, "cell_xyz" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (int format = 0; format < _SIM_FORMATS; format++) {
			struct sim_options o = options_for(SIM_ROLL, SIM_S2, 320);
			struct capture c;
			cJSON *header;

			o.geometry = cases[i].geometry;
			o.cells = cases[i].cells;
			o.format = (enum sim_format)format;
			run(&o, &c);
			header = sim_header(c.sim);
			assert_non_null(cJSON_GetObjectItem(cJSON_GetObjectItem(header, "device"), cases[i].key));
			assert_true(count_labels(&c, LABEL_ROLL) >= 1);
			cJSON_Delete(header);
			done(&c);
		}
}

/* Each scenario with each geometry, and the other choices in turn: nothing is too fast for the wire, and time goes on. */
static void every_choice_goes_with_every_other(void **state)
{
	static const double rates_hz[] = { 10, 80, 320, 1000 };
	static const struct {
		enum knead_geometry geometry;
		uint32_t cells;
	} devices[] = { { KNEAD_GEOMETRY_NONE, 1 }, { KNEAD_GEOMETRY_LINE, 2 }, { KNEAD_GEOMETRY_LINE, 4 },
		{ KNEAD_GEOMETRY_RING, 6 }, { KNEAD_GEOMETRY_SPHERE, 8 } };

	(void)state;
	for (int i = 0; i < _SIM_SCENARIOS; i++)
		for (int k = 0; k < 5; k++) {
			struct sim_options o = options_for(
				(enum sim_scenario)i, (enum sim_stratum_id)((i + k) % 4), rates_hz[(i + 2 * k) % 4]);
			struct capture c;

			o.geometry = devices[k].geometry;
			o.cells = devices[k].cells;
			o.format = (enum sim_format)((i / 4 + k) % _SIM_FORMATS);
			o.length_s = 30;
			run(&o, &c);
			assert_true(fabs(c.length_s - o.length_s) < 0.3);
			done(&c);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_detector_that_takes_the_delay_off_has_no_error),
		cmocka_unit_test(the_same_seed_gives_the_same_bytes_and_another_does_not),
		cmocka_unit_test(every_scenario_does_what_its_name_says),
		cmocka_unit_test(idle_and_handling_are_nothing_however_hard),
		cmocka_unit_test(three_seconds_of_idle_stand_at_either_end),
		cmocka_unit_test(labels_keep_their_distance_from_the_limits),
		cmocka_unit_test(a_capture_starts_in_the_middle_of_a_frame),
		cmocka_unit_test(options_that_do_not_fit_are_refused_by_name),
		cmocka_unit_test(every_choice_goes_with_every_other),
		cmocka_unit_test(every_geometry_and_format_runs_and_names_its_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
