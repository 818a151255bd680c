/* SPDX-License-Identifier: MIT */
/* What the simulator tells of an event besides its limits, against the samples it sends and the ranges it is made from. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim_body.h"
#include "sim_cells.h"
#include "simulated.h"

#define SEEDS 6

static double number(const struct label *l, enum label_number which)
{
	return l->details->number[which];
}

/* Newton seconds of the samples that stand for [start_s, end_s], zeroed by the first second. */
static double measured_ns(const struct capture *c, double rate_hz, double start_s, double end_s)
{
	double zero = 0, sum = 0;

	for (size_t i = 0; i < (size_t)rate_hz; i++)
		zero += c->row[i].counts / rate_hz;
	for (size_t i = 1; i < c->rows; i++) {
		double now_s = (c->row[i].clock_us - c->row[0].clock_us) / 1e6 - c->delay_s;

		if (now_s >= start_s && now_s < end_s)
			sum += (c->row[i].counts - zero) / COUNTS_PER_N *
			       (c->row[i].clock_us - c->row[i - 1].clock_us) / 1e6;
	}
	return sum;
}

static void the_impulse_is_that_of_the_samples_and_the_first_touch_lies_before_the_crossing(void **state)
{
	struct sim_options o = options_for(SIM_HOLD, SIM_S0, 320);
	struct capture c;

	(void)state;
	run(&o, &c);
	read_rows(&c);
	assert_true(c.labels.count >= 2);
	for (size_t i = 0; i < c.labels.count; i++) {
		const struct label *l = &c.labels.item[i];
		double impulse_ns = number(l, LABEL_IMPULSE_NS),
		       before_s = l->start_s - number(l, LABEL_FIRST_CONTACT_S);

		assert_true(fabs(measured_ns(&c, 320, l->start_s, l->end_s) - impulse_ns) < 0.02 * impulse_ns);
		assert_true(before_s > 0 && before_s < 1.3);
	}
	done(&c);
}

static void breathing_lies_to_either_side_of_2_percent_and_some_holds_soften(void **state)
{
	size_t shallow = 0, deep = 0, soften = 0, keep = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct sim_options o = options_for(SIM_HOLD, SIM_S1, 80);
		struct capture c;

		o.seed = seed;
		o.length_s = 300;
		run(&o, &c);
		for (size_t i = 0; i < c.labels.count; i++) {
			const struct label *l = &c.labels.item[i];
			double length_s = l->end_s - l->start_s, softening_s = number(l, LABEL_SOFTENING_S);

			if (length_s < 30)
				continue;
			assert_true(number(l, LABEL_BREATH_PER_MIN) > 7 && number(l, LABEL_BREATH_PER_MIN) < 27);
			shallow += number(l, LABEL_BREATH_PCT) < 2;
			deep += number(l, LABEL_BREATH_PCT) >= 2;
			soften += isfinite(softening_s);
			keep += isnan(softening_s);
			if (isfinite(softening_s))
				assert_true(softening_s > 4 && softening_s < length_s - 8 &&
					    number(l, LABEL_RELAX_PCT) > 0);
		}
		done(&c);
	}
	assert_true(shallow >= 3 && deep >= 3 && soften >= 3 && keep >= 3);
}

static void a_slope_that_breaks_is_a_line_before_and_another_after(void **state)
{
	const struct sim_body b = { .slope = 0.02, .softens_s = 12, .slope_then = 0.06 };
	double before, after;

	(void)state;
	assert_true(sim_body_relaxed(&b, 0) == 1);
	before = log(sim_body_relaxed(&b, 11)) - log(sim_body_relaxed(&b, 3));
	after = log(sim_body_relaxed(&b, 40)) - log(sim_body_relaxed(&b, 12));
	assert_true(fabs(before + 0.02 * log(12.0 / 4)) < 1e-9);
	assert_true(fabs(after + 0.06 * log(41.0 / 13)) < 1e-9);
}

static void check_roll(const struct label *l)
{
	const struct label_details *d = l->details;
	double before_s = l->start_s;

	assert_int_equal(d->reversals, l->count - 1);
	assert_true(d->number[LABEL_PASSES] == l->count);
	assert_true(d->number[LABEL_TRAVEL_MM] > 2 * 27 * (l->count - 1.0));
	for (size_t i = 0; i < d->reversals; i++) {
		assert_true(d->reversal_s[i] - before_s > 0.4 && d->reversal_s[i] - before_s < 6.5);
		before_s = d->reversal_s[i];
	}
	assert_true(before_s < l->end_s);
}

/* Strokes by the place and strokes by the force are those the body made, where margins are kept. */
static void a_roll_has_a_turning_point_between_any_two_strokes(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct sim_options o = options_for(SIM_ROLL, (enum sim_stratum_id)(seed % 3), 80);
		struct capture c;

		o.seed = seed;
		if (seed % 2) {
			o.cells = 2;
			o.geometry = KNEAD_GEOMETRY_LINE;
		}
		run(&o, &c);
		assert_true(c.labels.count > 0);
		for (size_t i = 0; i < c.labels.count; i++)
			check_roll(&c.labels.item[i]);
		done(&c);
	}
}

static void percussion_tells_its_rate(void **state)
{
	struct sim_options o = options_for(SIM_PERCUSSION, SIM_S1, 1000);
	struct capture c;
	size_t n = 0;

	(void)state;
	run(&o, &c);
	for (size_t i = 0; i < c.labels.count; i++) {
		const struct label *l = &c.labels.item[i];

		if (l->kind != LABEL_PERCUSSION)
			continue;
		n++;
		assert_true(number(l, LABEL_RATE_HZ) >= 22 && number(l, LABEL_RATE_HZ) <= 52);
	}
	assert_true(n > 0);
	done(&c);
}

static void a_sphere_sees_what_goes_on_across_the_travel_and_a_line_does_not(void **state)
{
	struct sim_rand rand;
	struct sim_cells sphere, line;
	double here_n[KNEAD_CELLS_MAX], aside_n[KNEAD_CELLS_MAX], moved = 0;

	(void)state;
	sim_rand_init(&rand, 1, 1);
	sim_cells_init(&sphere, KNEAD_GEOMETRY_SPHERE, 8, &rand);
	sim_cells_init(&line, KNEAD_GEOMETRY_LINE, 4, &rand);
	sim_cells_share(&sphere, 100, 20, 0, here_n);
	sim_cells_share(&sphere, 100, 20, 15, aside_n);
	for (int i = 0; i < 8; i++)
		moved += fabs(here_n[i] - aside_n[i]);
	assert_true(moved > 10);
	sim_cells_share(&line, 100, 20, 0, here_n);
	sim_cells_share(&line, 100, 20, 15, aside_n);
	for (int i = 0; i < 4; i++)
		assert_true(here_n[i] == aside_n[i]);
}

/* Where the cells together say that the load comes from, against where it does. */
static double seen_off_deg(const struct sim_cells *c, double x_mm, double y_mm)
{
	double parts_n[KNEAD_CELLS_MAX], seen[3] = { 0 }, length = 0, along = 0, sum_n = 0;

	sim_cells_share(c, 100, x_mm, y_mm, parts_n);
	for (uint32_t i = 0; i < c->count; i++) {
		assert_true(parts_n[i] > -1e-6);
		sum_n += parts_n[i];
		for (int k = 0; k < 3; k++)
			seen[k] += parts_n[i] * c->axis[i][k];
	}
	assert_true(fabs(sum_n - 100) < 1e-6);
	for (int k = 0; k < 3; k++) {
		double x = x_mm / SIM_RADIUS_MM, y = y_mm / SIM_RADIUS_MM;

		length += seen[k] * seen[k];
		along +=
			seen[k] * (cos(y) * (cos(x) * c->path[0][k] + sin(x) * c->path[1][k]) + sin(y) * c->path[2][k]);
	}
	return acos(fmin(1, along / sqrt(length))) * 180 / M_PI;
}

static void the_cells_of_a_sphere_together_point_to_the_contact(void **state)
{
	(void)state;
	for (uint32_t cells = 4; cells <= 14; cells++) {
		struct sim_rand rand;
		struct sim_cells sphere;

		sim_rand_init(&rand, cells, 1);
		sim_cells_init(&sphere, KNEAD_GEOMETRY_SPHERE, cells, &rand);
		for (int x_mm = -180; x_mm <= 180; x_mm += 9)
			for (int y_mm = -90; y_mm <= 90; y_mm += 9)
				assert_true(seen_off_deg(&sphere, x_mm, y_mm) < 0.01);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_impulse_is_that_of_the_samples_and_the_first_touch_lies_before_the_crossing),
		cmocka_unit_test(breathing_lies_to_either_side_of_2_percent_and_some_holds_soften),
		cmocka_unit_test(a_slope_that_breaks_is_a_line_before_and_another_after),
		cmocka_unit_test(a_roll_has_a_turning_point_between_any_two_strokes),
		cmocka_unit_test(percussion_tells_its_rate),
		cmocka_unit_test(the_cells_of_a_sphere_together_point_to_the_contact),
		cmocka_unit_test(a_sphere_sees_what_goes_on_across_the_travel_and_a_line_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
