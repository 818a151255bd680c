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

#include "sim.h"

#define COUNTS_PER_N 8400.0
#define PRESS_N 8.0

/* One K1 line as the device sent it. */
struct row {
	unsigned seq;
	double clock_us; /* wraps */
	double counts;
};

struct capture {
	struct labels labels; /* belongs to sim */
	struct sim *sim;
	char *bytes;
	size_t size;
	struct row *row;
	size_t rows;
	double delay_s;
};

static struct sim_options options_for(enum sim_scenario scenario, enum sim_stratum_id stratum, double rate_hz)
{
	return (struct sim_options){
		.scenario = scenario,
		.stratum = stratum,
		.rate_hz = rate_hz,
		.cells = 1,
		.counts_per_n = COUNTS_PER_N,
		.length_s = 120,
		.seed = 11,
	};
}

/* Splits the bytes into the K1 lines that are whole. Spoils the line ends. */
static void read_rows(struct capture *c)
{
	c->row = calloc(c->size / 16 + 1, sizeof(*c->row));
	assert_non_null(c->row);
	for (char *save, *line = strtok_r(c->bytes, "\r\n", &save); line; line = strtok_r(NULL, "\r\n", &save)) {
		struct row *row = &c->row[c->rows];

		c->rows += sscanf(line, "K1,%u,%lf,%lf*", &row->seq, &row->clock_us, &row->counts) == 3;
	}
}

static void run(const struct sim_options *o, struct capture *c)
{
	struct sim_batch batch;
	int64_t last_us = 0;
	size_t room = 0;
	cJSON *header;
	int r;

	*c = (struct capture){ 0 };
	assert_int_equal(sim_new(o, &c->sim), 0);
	while ((r = sim_next(c->sim, &batch)) == 0) {
		assert_true(batch.t_us >= last_us);
		assert_true(batch.n > 0);
		last_us = batch.t_us;
		if (c->size + batch.n + 1 > room) {
			room = 2 * (c->size + batch.n + 1);
			c->bytes = realloc(c->bytes, room);
			assert_non_null(c->bytes);
		}
		memcpy(c->bytes + c->size, batch.bytes, batch.n);
		c->size += batch.n;
		c->bytes[c->size] = '\0';
	}
	assert_int_equal(r, 1);
	assert_true(fabs((double)last_us / 1e6 - o->length_s) < 0.2);
	c->labels = *sim_labels(c->sim);
	header = sim_header(c->sim);
	c->delay_s = cJSON_GetObjectItem(cJSON_GetObjectItem(header, "device"), "delay_ms")->valuedouble / 1000;
	cJSON_Delete(header);
}

static void done(struct capture *c)
{
	free(c->row);
	free(c->bytes);
	sim_free(c->sim);
}

static size_t count_labels(const struct capture *c, enum label_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < c->labels.count; i++)
		n += c->labels.item[i].kind == kind;
	return n;
}

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

static void clock_and_counter_wrap_when_asked(void **state)
{
	struct sim_options o = options_for(SIM_IDLE, SIM_S0, 80);
	struct capture c;
	size_t seq_wraps = 0, clock_wraps = 0;

	(void)state;
	o.faults = 1u << SIM_FAULT_WRAP;
	run(&o, &c);
	read_rows(&c);
	for (size_t i = 1; i < c.rows; i++) {
		seq_wraps += c.row[i].seq == 0 && c.row[i - 1].seq == 65535;
		clock_wraps += c.row[i].clock_us < 20000 && c.row[i - 1].clock_us > 4294900000.0;
	}
	assert_int_equal(seq_wraps, 1);
	assert_int_equal(clock_wraps, 1);
	done(&c);
}

static void a_reset_starts_clock_and_counter_again_after_chatter(void **state)
{
	struct sim_options o = options_for(SIM_HOLD, SIM_S1, 80);
	struct capture c;
	size_t restarts = 0;

	(void)state;
	o.faults = 1u << SIM_FAULT_RESET;
	run(&o, &c);
	assert_non_null(strstr(c.bytes, "POWERON_RESET"));
	read_rows(&c);
	for (size_t i = 1; i < c.rows; i++)
		restarts += c.row[i].clock_us < c.row[i - 1].clock_us && c.row[i].clock_us < 400000;
	assert_int_equal(restarts, 1);
	done(&c);
}

static void a_gap_leaves_out_what_the_counter_counts(void **state)
{
	struct sim_options o = options_for(SIM_IDLE, SIM_S0, 80);
	struct capture c;
	size_t gaps = 0;

	(void)state;
	o.faults = 1u << SIM_FAULT_GAP;
	run(&o, &c);
	read_rows(&c);
	for (size_t i = 1; i < c.rows; i++) {
		double gap_s = (c.row[i].clock_us - c.row[i - 1].clock_us) / 1e6;

		if (gap_s < 1)
			continue;
		gaps++;
		assert_true(gap_s > 2.9 && gap_s < 6.1);
		assert_true((c.row[i].seq - c.row[i - 1].seq) % 65536 > 200);
	}
	assert_int_equal(gaps, 2);
	done(&c);
}

static void doubles_and_swaps_show_in_the_counter(void **state)
{
	struct sim_options o = options_for(SIM_IDLE, SIM_S0, 80);
	struct capture c;
	size_t doubles = 0, swaps = 0;

	(void)state;
	o.faults = 1u << SIM_FAULT_DUPLICATE | 1u << SIM_FAULT_REORDER;
	run(&o, &c);
	read_rows(&c);
	for (size_t i = 1; i < c.rows; i++) {
		doubles += c.row[i].seq == c.row[i - 1].seq;
		swaps += (c.row[i].seq + 1) % 65536 == c.row[i - 1].seq;
	}
	/* One in a hundred of about ten thousand each. */
	assert_true(doubles > 50 && doubles < 200);
	assert_true(swaps > 50 && swaps < 200);
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
		cmocka_unit_test(clock_and_counter_wrap_when_asked),
		cmocka_unit_test(a_reset_starts_clock_and_counter_again_after_chatter),
		cmocka_unit_test(a_gap_leaves_out_what_the_counter_counts),
		cmocka_unit_test(doubles_and_swaps_show_in_the_counter),
		cmocka_unit_test(options_that_do_not_fit_are_refused_by_name),
		cmocka_unit_test(every_geometry_and_format_runs_and_names_its_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
