/* SPDX-License-Identifier: MIT */
/* Labels from a force and a place that are drawn by hand: each limit of the definitions just below and at it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sim_truth.h"

#define DT_S 0.00025
#define NEAR_S 0.0006 /* straight lines between samples are exact but for the corners of the drawing */
#define POINTS 16
#define EXPECTS 4

struct point {
	double t_s, force_n;
};

struct expect {
	enum label_kind kind;
	double start_s, end_s;
	uint32_t count;
};

struct scene {
	const char *name;
	struct point force[POINTS]; /* straight lines; the last point has t_s 0 */
	struct sim_mark mark[3];
	struct sim_blind blind;
	double stroke_mm; /* of the passes of a roll's mark; 0: 60 */
	bool by_force;
	size_t expects;
	struct expect expect[EXPECTS];
};

/* Ramps take 0.1 s and go to 100 N: they pass press_n (8 N) 8 ms and release_n (5 N) 5 ms from their feet. */
#define UP(t)                                                                                                          \
	{ (t), 0 },                                                                                                    \
	{                                                                                                              \
		(t) + 0.1, 100                                                                                         \
	}
#define DOWN(t)                                                                                                        \
	{ (t), 100 },                                                                                                  \
	{                                                                                                              \
		(t) + 0.1, 0                                                                                           \
	}
#define ON(t) ((t) + 0.008)
#define OFF(t) ((t) + 0.095)

static const struct scene scenes[] = {
	{
		.name = "a contact of 0.39 s is a tap",
		.force = { UP(1), DOWN(1.303) },
		.expects = 1,
		.expect = { { LABEL_TAP, ON(1), OFF(1.303), 0 } },
	},
	{
		.name = "a contact of 0.41 s is a press",
		.force = { UP(1), DOWN(1.323) },
		.expects = 1,
		.expect = { { LABEL_PRESS, ON(1), OFF(1.323), 0 } },
	},
	{
		.name = "a contact of 2.99 s is a press",
		.force = { UP(1), DOWN(3.903) },
		.expects = 1,
		.expect = { { LABEL_PRESS, ON(1), OFF(3.903), 0 } },
	},
	{
		.name = "a contact of 3.01 s is a hold",
		.force = { UP(1), DOWN(3.923) },
		.expects = 1,
		.expect = { { LABEL_HOLD, ON(1), OFF(3.923), 0 } },
	},
	{
		.name = "a force that stays below press_n is nothing",
		.force = { { 1, 0 }, { 1.1, 7.9 }, { 9, 7.9 }, { 9.1, 0 } },
	},
	{
		.name = "a drop of 0.49 s below release_n is a dip",
		.force = { UP(1), DOWN(6), { 6.58, 0 }, { 6.68, 100 }, DOWN(12) },
		.expects = 1,
		.expect = { { LABEL_HOLD, ON(1), OFF(12), 0 } },
	},
	{
		.name = "a drop of 0.51 s below release_n ends the contact",
		.force = { UP(1), DOWN(6), { 6.6, 0 }, { 6.7, 100 }, DOWN(12) },
		.expects = 2,
		.expect = { { LABEL_HOLD, ON(1), OFF(6), 0 }, { LABEL_HOLD, ON(6.6), OFF(12), 0 } },
	},
	{
		.name = "0.45 s below half of the level splits nothing",
		.force = { UP(1), { 6, 100 }, { 6.1, 30 }, { 6.5, 30 }, { 6.5 + 0.07, 100 }, DOWN(12) },
		.expects = 1,
		.expect = { { LABEL_HOLD, ON(1), OFF(12), 0 } },
	},
	{
		.name = "easing to 30 % for longer ends the hold; pressing above 55 % starts the next",
		/* the level is 98.99 N (the rise counts): half of it is passed 51 ms into 70 N / 0.1 s */
		.force = { UP(1), { 6, 100 }, { 6.1, 30 }, { 9, 30 }, { 9.1, 100 }, DOWN(15) },
		.expects = 2,
		.expect = { { LABEL_HOLD, ON(1), 6.0722, 0 }, { LABEL_HOLD, 9.0347, OFF(15), 0 } },
	},
	{
		.name = "a lighter load of 8 s after easing is no hold",
		.force = { UP(1), { 6, 100 }, { 6.1, 30 }, { 14, 30 }, { 14.03, 0 } },
		.expects = 1,
		.expect = { { LABEL_HOLD, ON(1), 6.0722, 0 } },
	},
	{
		.name = "a lighter load that stays for three times hold_min_s is a hold from the easing on",
		.force = { UP(1), { 6, 100 }, { 6.1, 30 }, { 16, 30 }, { 16.03, 0 } },
		.expects = 2,
		.expect = { { LABEL_HOLD, ON(1), 6.0722, 0 }, { LABEL_HOLD, 6.0722, 16.025, 0 } },
	},
	{
		.name = "a lighter load that does not stay steady is no hold",
		.force = { UP(1), { 6, 100 }, { 6.1, 45 }, { 8, 45 }, { 8.2, 20 }, { 10, 20 }, { 10.2, 45 }, { 16, 45 },
			{ 16.03, 0 } },
		.expects = 1,
		.expect = { { LABEL_HOLD, ON(1), 6.0926, 0 } },
	},
	{
		.name = "a lighter hold is eased in its turn",
		.force = { UP(1), { 6, 100 }, { 6.1, 40 }, { 20, 40 }, { 20.1, 10 }, { 22, 10 }, { 22.1, 0 } },
		.expects = 2,
		.expect = { { LABEL_HOLD, ON(1), 6.0843, 0 }, { LABEL_HOLD, 6.0843, 20.0666, 0 } },
	},
	{
		.name = "a fall through half of the level and on below release_n within bridge_s is one release",
		.force = { UP(1), { 6, 100 }, { 6.1, 20 }, { 6.4, 20 }, { 6.42, 0 } },
		.expects = 1,
		.expect = { { LABEL_HOLD, ON(1), 6.415, 0 } },
	},
	{
		.name = "a roll has the strokes that the place makes, and what stands still around it are holds",
		.force = { UP(1), DOWN(30) },
		.mark = { { LABEL_ROLL, 8, 20, 7 } },
		.expects = 3,
		.expect = { { LABEL_HOLD, ON(1), 8, 0 }, { LABEL_ROLL, 8, 20, 7 }, { LABEL_HOLD, 20, OFF(30), 0 } },
	},
	{
		.name = "short rests around a roll are nothing",
		.force = { UP(1), DOWN(20.5) },
		.mark = { { LABEL_ROLL, 3, 20, 7 } },
		.expects = 1,
		.expect = { { LABEL_ROLL, 3, 20, 7 } },
	},
	{
		.name = "strokes of 19 mm are no roll",
		.force = { UP(1), DOWN(20) },
		.mark = { { LABEL_ROLL, 3, 18, 7 } },
		.stroke_mm = 19,
		.expects = 1,
		.expect = { { LABEL_HOLD, ON(1), OFF(20), 0 } },
	},
	{
		.name = "strokes of 21 mm are a roll",
		.force = { UP(1), DOWN(20) },
		.mark = { { LABEL_ROLL, 3, 18, 7 } },
		.stroke_mm = 21,
		.expects = 1,
		.expect = { { LABEL_ROLL, 3, 18, 7 } },
	},
	{
		.name = "one stroke is no roll",
		.force = { UP(1), DOWN(5) },
		.mark = { { LABEL_ROLL, 2, 4, 1 } },
		.expects = 1,
		.expect = { { LABEL_HOLD, ON(1), OFF(5), 0 } },
	},
	{
		.name = "by force alone four swings of 16 % are a roll, from leaving rest to coming to rest",
		.force = { UP(1), { 4, 100 }, { 5.5, 117 }, { 7, 100 }, { 8.5, 117 }, { 10, 100 }, DOWN(14) },
		.by_force = true,
		.expects = 3,
		/* at rest: within 2 % of a swing */
		.expect = { { LABEL_HOLD, ON(1), 4.03, 0 }, { LABEL_ROLL, 4.03, 9.97, 4 },
			{ LABEL_HOLD, 9.97, OFF(14), 0 } },
	},
	{
		.name = "by force alone four swings of 14 % are a hold",
		.force = { UP(1), { 4, 100 }, { 5.5, 114.6 }, { 7, 100 }, { 8.5, 114.6 }, { 10, 100 }, DOWN(14) },
		.by_force = true,
		.expects = 1,
		.expect = { { LABEL_HOLD, ON(1), OFF(14), 0 } },
	},
	{
		.name = "by force alone three swings are a hold",
		.force = { UP(1), { 4, 100 }, { 5.5, 120 }, { 7, 100 }, { 8.5, 120 }, { 14, 120 }, { 14.1, 0 } },
		.by_force = true,
		.expects = 1,
		.expect = { { LABEL_HOLD, ON(1), 14 + 0.1 * 115 / 120, 0 } },
	},
	{
		.name = "by force alone swings of 0.34 s are a hold",
		.force = { UP(1), { 4, 100 }, { 4.34, 130 }, { 4.68, 100 }, { 5.02, 130 }, { 5.36, 100 }, { 5.7, 130 },
			{ 6.04, 100 }, DOWN(14) },
		.by_force = true,
		.expects = 1,
		.expect = { { LABEL_HOLD, ON(1), OFF(14), 0 } },
	},
	{
		.name = "by force alone swings of which one is 2.7 times as long are a hold",
		.force = { UP(1), { 4, 100 }, { 5, 120 }, { 6, 100 }, { 8.7, 120 }, { 9.7, 100 }, { 10.7, 120 },
			{ 11.7, 100 }, DOWN(16) },
		.by_force = true,
		.expects = 1,
		.expect = { { LABEL_HOLD, ON(1), OFF(16), 0 } },
	},
	{
		.name = "by force alone swings of which one is 2.6 times as large are a hold",
		.force = { UP(1), { 4, 100 }, { 5.5, 120 }, { 7, 100 }, { 8.5, 152 }, DOWN(14) },
		.by_force = true,
		.expects = 1,
		.expect = { { LABEL_HOLD, ON(1), OFF(14), 0 } },
	},
	{
		.name = "by force alone rolling that the force does not show is a hold",
		.force = { UP(1), DOWN(20) },
		.mark = { { LABEL_ROLL, 3, 18, 7 } },
		.by_force = true,
		.expects = 1,
		.expect = { { LABEL_HOLD, ON(1), OFF(20), 0 } },
	},
	{
		.name = "vibration over more than half of a contact leaves no hold",
		.force = { UP(1), DOWN(12) },
		.mark = { { LABEL_PERCUSSION, 1.5, 12, 0 } },
		.expects = 1,
		.expect = { { LABEL_PERCUSSION, 1.5, 12, 0 } },
	},
	{
		.name = "a burst of vibration leaves the hold in one piece",
		.force = { UP(1), DOWN(30) },
		.mark = { { LABEL_PERCUSSION, 8, 12, 0 } },
		.expects = 2,
		.expect = { { LABEL_HOLD, ON(1), OFF(30), 0 }, { LABEL_PERCUSSION, 8, 12, 0 } },
	},
	{
		.name = "a drop is an impact whatever its length",
		.force = { UP(1), DOWN(1.15) },
		.mark = { { LABEL_IMPACT, 1, 1.35, 0 } },
		.expects = 1,
		.expect = { { LABEL_IMPACT, ON(1), OFF(1.15), 0 } },
	},
	{
		.name = "a long gap ends what is open and starts what is loaded after it",
		.force = { UP(1), DOWN(20) },
		.blind = { 7, 12 },
		.expects = 2,
		.expect = { { LABEL_HOLD, ON(1), 7, 0 }, { LABEL_HOLD, 12, OFF(20), 0 } },
	},
};

static double force_at(const struct point *p, double t_s)
{
	if (t_s < p->t_s)
		return 0;
	for (; p[1].t_s > 0; p++)
		if (t_s < p[1].t_s)
			return p->force_n + (p[1].force_n - p->force_n) * (t_s - p->t_s) / (p[1].t_s - p->t_s);
	return 0;
}

/* The place: at rest, or going to and fro in straight lines within the mark of a roll. */
static double place_at(const struct scene *scene, double t_s)
{
	const struct sim_mark *mark = scene->mark;
	double stroke_mm = scene->stroke_mm > 0 ? scene->stroke_mm : 60, passes;

	if (mark->kind != LABEL_ROLL || mark->end_s <= 0)
		return 0;
	passes = mark->count * fmax(0, fmin(1, (t_s - mark->start_s) / (mark->end_s - mark->start_s)));
	return stroke_mm * fabs(passes - 2 * round(passes / 2));
}

/* The ramps at either end, which are no swings, as the act would have them. */
static void act_out(const struct scene *scene, struct sim_timeline *tl)
{
	const struct point *p = scene->force, *last = p;

	while (last[1].t_s > 0)
		last++;
	sim_timeline_begin(tl, SIM_ACT_MOVES, p->t_s);
	sim_timeline_level(tl, p->t_s, p[1].t_s - p->t_s, p[1].force_n);
	sim_timeline_level(tl, last[-1].t_s, last->t_s - last[-1].t_s, 0);
	sim_timeline_end(tl, last->t_s);
}

/* Draws the scene in the middle of each step, as physics does, and reads the labels. */
static void label_scene(
	const struct scene *scene, struct sim_truth *truth, const struct sim_timeline *tl, double origin_s)
{
	struct knead_settings limits;

	knead_settings_init(&limits, KNEAD_PROFILE_BALL);
	sim_truth_init(truth, tl, &limits, scene->by_force, DT_S);
	if (scene->blind.to_s > 0) {
		sim_truth_blind(truth, scene->blind.from_s);
		sim_truth_see(truth, scene->blind.to_s);
	}
	for (size_t i = 0; i < (size_t)(40 / DT_S); i++) {
		double t_s = ((double)i + 0.5) * DT_S, force_n = force_at(scene->force, t_s);

		struct sim_moment moment = { .force_n = force_n, .calm_n = force_n, .x_mm = place_at(scene, t_s) };

		if (force_n > 0)
			sim_truth_push(truth, t_s, &moment);
	}
	assert_int_equal(sim_truth_finish(truth, origin_s), 0);
}

static void check_scene(void **state)
{
	const struct scene *scene = *state;
	struct sim_timeline tl = { 0 };
	struct sim_truth truth;

	for (size_t i = 0; i < 3 && scene->mark[i].end_s > 0; i++)
		sim_timeline_mark(
			&tl, scene->mark[i].kind, scene->mark[i].start_s, scene->mark[i].end_s, scene->mark[i].count);
	act_out(scene, &tl);
	label_scene(scene, &truth, &tl, 0);
	assert_int_equal(truth.labels.count, scene->expects);
	for (size_t i = 0; i < scene->expects; i++) {
		const struct label *label = &truth.labels.item[i];

		assert_string_equal(label_kind_to_str(label->kind), label_kind_to_str(scene->expect[i].kind));
		assert_true(fabs(label->start_s - scene->expect[i].start_s) < NEAR_S);
		assert_true(fabs(label->end_s - scene->expect[i].end_s) < NEAR_S);
		assert_int_equal(label->count, scene->expect[i].count);
	}
	sim_truth_deinit(&truth);
	sim_timeline_deinit(&tl);
}

static void times_count_from_the_origin_and_the_peak_is_that_of_the_event(void **state)
{
	struct scene scene = { .force = { UP(1), { 4, 100 }, { 4.2, 130 }, { 4.4, 100 }, DOWN(9) } };
	struct sim_timeline tl = { 0 };
	struct sim_truth truth;

	(void)state;
	label_scene(&scene, &truth, &tl, 0.25);
	assert_int_equal(truth.labels.count, 1);
	assert_true(fabs(truth.labels.item[0].start_s - (ON(1) - 0.25)) < NEAR_S);
	assert_true(fabs(truth.labels.item[0].end_s - (OFF(9) - 0.25)) < NEAR_S);
	assert_true(fabs(truth.labels.item[0].peak_n - 130) < 0.1);
	sim_truth_deinit(&truth);
}

int main(void)
{
	struct CMUnitTest tests[sizeof(scenes) / sizeof(scenes[0]) + 1] = {
		cmocka_unit_test(times_count_from_the_origin_and_the_peak_is_that_of_the_event),
	};

	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++)
		tests[i + 1] = (struct CMUnitTest){
			.name = scenes[i].name,
			.test_func = check_scene,
			.initial_state = (void *)(uintptr_t)&scenes[i],
		};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
