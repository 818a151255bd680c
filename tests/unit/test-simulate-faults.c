/* SPDX-License-Identifier: MIT */
/* What goes wrong when the simulator is asked for it, in its bytes and in its labels. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "simulated.h"

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

/* The labels of kind hold that start at start_s, or NULL. */
static const struct label *hold_from(const struct capture *c, double start_s)
{
	for (size_t i = 0; i < c->labels.count; i++)
		if (c->labels.item[i].kind == LABEL_HOLD && fabs(c->labels.item[i].start_s - start_s) < 0.03)
			return &c->labels.item[i];
	return NULL;
}

static void a_port_that_goes_away_is_marked_and_the_hold_is_in_two(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 6; seed++) {
		struct sim_options o = options_for(SIM_HOLD, SIM_S1, 80);
		struct capture c;

		o.seed = seed;
		o.faults = 1u << SIM_FAULT_RECONNECT;
		run(&o, &c);
		assert_true(c.marks == 2 || c.marks == 4);
		for (size_t i = 0; i < c.marks; i += 2) {
			double closed_s = (double)c.mark[i].t_us / 1e6, opened_s = (double)c.mark[i + 1].t_us / 1e6;

			assert_string_equal(c.mark[i].words, "close");
			assert_string_equal(c.mark[i + 1].words, "open");
			assert_true(opened_s - closed_s > 2.4 && opened_s - closed_s < 8.1);
			for (size_t k = 0; k < c.labels.count; k++)
				assert_false(c.labels.item[k].start_s < closed_s - 0.1 &&
					     c.labels.item[k].end_s > closed_s + 0.1);
		}
		done(&c);
	}
}

static void a_device_that_starts_loaded_has_a_hold_from_its_first_sample_and_a_known_zero(void **state)
{
	struct sim_options o = options_for(SIM_HOLD, SIM_S1, 80);
	const struct label *hold;
	struct capture c;
	cJSON *header;

	(void)state;
	o.faults = 1u << SIM_FAULT_BOOT;
	run(&o, &c);
	hold = hold_from(&c, -c.delay_s);
	assert_true(hold && isnan(hold->details->number[LABEL_FIRST_CONTACT_S]));
	header = sim_header(c.sim);
	assert_true(fabs(strtod(cJSON_GetObjectItem(cJSON_GetObjectItem(header, "device"), "zero_raw")->valuestring,
			    NULL)) < 40 * COUNTS_PER_N);
	cJSON_Delete(header);
	done(&c);
}

static void a_reading_that_sticks_hides_what_goes_on(void **state)
{
	struct sim_options o = options_for(SIM_HOLD, SIM_S1, 80);
	struct capture c;
	size_t same = 0, most = 0, last = 0;

	(void)state;
	o.faults = 1u << SIM_FAULT_STUCK;
	run(&o, &c);
	read_rows(&c);
	for (size_t i = 1; i < c.rows; i++) {
		same = c.row[i].counts == c.row[i - 1].counts ? same + 1 : 0;
		if (same > most) {
			most = same;
			last = i;
		}
	}
	assert_true(most > 4 * 80);
	for (size_t i = 0; i < c.labels.count; i++) {
		double middle_s = (c.row[last - most / 2].clock_us - c.row[0].clock_us) / 1e6;

		assert_false(c.labels.item[i].start_s < middle_s && c.labels.item[i].end_s > middle_s);
	}
	done(&c);
}

static double most_counts(const struct capture *c)
{
	double most = c->row[0].counts;

	for (size_t i = 1; i < c->rows; i++)
		most = fmax(most, c->row[i].counts);
	return most;
}

static void a_converter_that_saturates_gives_its_last_code(void **state)
{
	struct sim_options o = options_for(SIM_HOLD, SIM_S0, 80);
	struct capture c;

	(void)state;
	o.faults = 1u << SIM_FAULT_SATURATE;
	run(&o, &c);
	read_rows(&c);
	assert_true(most_counts(&c) == 8388607);
	done(&c);
}

static void a_wrong_rate_is_off_by_more_than_any_crystal(void **state)
{
	struct sim_options o = options_for(SIM_IDLE, SIM_S0, 320);
	struct capture c;
	double rate_hz;

	(void)state;
	o.faults = 1u << SIM_FAULT_RATE;
	run(&o, &c);
	read_rows(&c);
	rate_hz = (double)(c.rows - 1) * 1e6 / (c.row[c.rows - 1].clock_us - c.row[0].clock_us);
	assert_true(rate_hz > 239 && rate_hz < 428 && fabs(rate_hz - 320) > 3);
	done(&c);
}

static void a_dead_cell_says_the_same_whatever_happens(void **state)
{
	struct sim_options o = options_for(SIM_HOLD, SIM_S0, 80);
	struct capture c;
	long first[2] = { 0 }, now[2];
	bool moved[2] = { false, false };
	size_t lines = 0;

	(void)state;
	o.cells = 2;
	o.geometry = KNEAD_GEOMETRY_LINE;
	o.faults = 1u << SIM_FAULT_DEAD;
	o.format = SIM_COLUMNS;
	run(&o, &c);
	for (char *save, *line = strtok_r(c.bytes, "\r\n", &save); line; line = strtok_r(NULL, "\r\n", &save), lines++)
		if (lines > 0 && sscanf(line, "%ld,%ld", &now[0], &now[1]) == 2)
			for (int i = 0; i < 2; i++) {
				first[i] = lines == 1 ? now[i] : first[i];
				moved[i] |= now[i] != first[i];
			}
	assert_true(moved[0] != moved[1]);
	done(&c);
}

static void faults_of_several_cells_are_refused_for_one(void **state)
{
	struct sim_options o = options_for(SIM_HOLD, SIM_S1, 80);
	char why[160] = "";

	(void)state;
	o.faults = 1u << SIM_FAULT_SWAP;
	assert_true(sim_options_check(&o, why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "swap"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clock_and_counter_wrap_when_asked),
		cmocka_unit_test(a_reset_starts_clock_and_counter_again_after_chatter),
		cmocka_unit_test(a_gap_leaves_out_what_the_counter_counts),
		cmocka_unit_test(doubles_and_swaps_show_in_the_counter),
		cmocka_unit_test(a_port_that_goes_away_is_marked_and_the_hold_is_in_two),
		cmocka_unit_test(a_device_that_starts_loaded_has_a_hold_from_its_first_sample_and_a_known_zero),
		cmocka_unit_test(a_reading_that_sticks_hides_what_goes_on),
		cmocka_unit_test(a_converter_that_saturates_gives_its_last_code),
		cmocka_unit_test(a_wrong_rate_is_off_by_more_than_any_crystal),
		cmocka_unit_test(a_dead_cell_says_the_same_whatever_happens),
		cmocka_unit_test(faults_of_several_cells_are_refused_for_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
