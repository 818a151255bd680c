/* SPDX-License-Identifier: MIT */
/*
 * What all acts share. Where the stratum asks for margins, whatever would lie within reach of a limit of the
 * definitions is moved away from it:
 *   - a dip stays below half the level for at most 0.38 s (bridging and easing begin at 0.5 s);
 *   - steps keep the level within 25 % of where it began (easing begins at 50 %);
 *   - without known cell places, breathing, heartbeat and sway together swing less than 13 % (rolling begins at 15 %).
 * Without margins they may come near to 15 % and beyond it now and then, but a capture is not made of that alone.
 */
#include <math.h>

#include "sim_draft.h"

double sim_draft_level_n(struct sim_draft *d)
{
	const struct sim_stratum *st = d->stratum;
	struct sim_range range = st->level_n;
	double median_n = st->level_median_n, level_n;

	if (d->options->profile == KNEAD_PROFILE_WALL) {
		range = (struct sim_range){ 20, 150 };
		median_n = fmin(median_n, 70);
	} else if (d->options->profile == KNEAD_PROFILE_GENTLE) {
		range = (struct sim_range){ 10, 40 };
		median_n = 22;
	} else if (d->options->profile == KNEAD_PROFILE_ROLLER) {
		/* On the floor, with a good part of the body's weight. */
		range = (struct sim_range){ 60, 400 };
	}
	level_n = median_n * exp(st->level_sigma * sim_rand_normal(&d->rand));
	return fmax(range.lo, fmin(range.hi, level_n));
}

double sim_draft_reach_mm(const struct sim_draft *d)
{
	return d->options->geometry == KNEAD_GEOMETRY_LINE ? 140 : 110;
}

bool sim_draft_blind(const struct sim_draft *d)
{
	return d->options->geometry == KNEAD_GEOMETRY_NONE;
}

static void draw_body(struct sim_draft *d, struct sim_body *body, double level_n, double swing)
{
	const struct sim_stratum *st = d->stratum;
	struct sim_rand *r = &d->rand;
	double budget = (st->margins ? 0.13 : 0.16) - swing, wanted;

	*body = (struct sim_body){ 0 };
	body->relax = sim_rand_uniform(r);
	body->fast_part = sim_rand_between(r, 0.05, 0.20);
	body->fast_s = sim_rand_between(r, 0.8, 3);
	body->slow_part = sim_rand_between(r, 0.05, 0.25);
	body->slow_s = sim_rand_between(r, 8, 35);
	body->device_part = sim_rand_between(r, 0.02, 0.10);
	body->device_s = sim_rand_between(r, 15, 40);
	body->breath = sim_rand_in(r, st->breath);
	body->breath_hz = sim_rand_between(r, 0.15, 0.38);
	body->sway = sim_rand_in(r, st->sway);
	body->sway_s = sim_rand_between(r, 1, 4);
	body->tremor = sim_rand_in(r, st->tremor);
	body->tremor_hz = sim_rand_between(r, 7.5, 12);
	body->heart_n = sim_rand_in(r, st->heart_n);
	body->heart_hz = sim_rand_between(r, 0.9, 1.7);
	if (sim_rand_chance(r, st->deep_breath_chance)) {
		body->breath = sim_rand_between(r, 0.05, 0.12);
		body->breath_hz = sim_rand_between(r, 0.08, 0.2);
	}
	/* A light touch passes on little of the heartbeat. */
	body->heart_n = fmin(body->heart_n, 0.02 * level_n);
	/* From peak to peak: a breath and a heartbeat with harmonics 2.4 and 2.9 of theirs, sway 2.5 sd most of the time. */
	wanted = 2.4 * body->breath + 2.5 * body->sway + 2.9 * body->heart_n / level_n;
	if (sim_draft_blind(d) && wanted > budget) {
		body->breath *= budget / wanted;
		body->sway *= budget / wanted;
		body->heart_n *= budget / wanted;
	}
}

struct sim_act *sim_draft_touch(struct sim_draft *d, double level_n, double rise_s, double swing)
{
	struct sim_act *act = sim_timeline_begin(d->tl, SIM_ACT_MOVES, d->t_s);

	if (!act)
		return NULL;
	act->place_mm = sim_draft_reach_mm(d) * sim_rand_between(&d->rand, -0.6, 0.6);
	act->settle_n = d->stratum->zero_step_n * sim_rand_uniform(&d->rand) * fmin(1, level_n / 100);
	draw_body(d, &act->body, level_n, swing);
	sim_timeline_level(d->tl, d->t_s, rise_s, level_n);
	d->t_s += rise_s;
	return act;
}

static void draw_dip(struct sim_draft *d, double t_s)
{
	double sigma_s = sim_rand_in(&d->rand, d->stratum->dip_sigma_s), depth = sim_rand_between(&d->rand, 0.3, 1);

	/* A Gaussian dip of that depth is below half for 2 sigma sqrt(2 ln(2 depth)). */
	if (d->stratum->margins && depth > 0.5)
		sigma_s = fmin(sigma_s, 0.38 / (2 * sqrt(2 * log(2 * depth))));
	sim_timeline_dip(d->tl, t_s, sigma_s, depth);
}

void sim_draft_stay(struct sim_draft *d, double level_n, double length_s, bool may_step)
{
	double end_s = d->t_s + length_s, t_s = d->t_s;
	uint32_t dips = sim_rand_count(&d->rand, 0, 3), steps = 0;

	if (may_step && sim_rand_chance(&d->rand, 0.4))
		steps = sim_rand_count(&d->rand, 1, 2);
	/* Each has a stretch of at least 3 s to itself, well inside the contact. */
	while (dips + steps > 0 && (end_s - t_s) / (dips + steps) > 4.5) {
		double share_s = (end_s - t_s - 1) / (dips + steps);
		double at_s = t_s + sim_rand_between(&d->rand, 2, share_s - 1);

		if (sim_rand_uniform(&d->rand) * (dips + steps) < dips) {
			draw_dip(d, at_s);
			dips--;
		} else {
			double way = sim_rand_sign(&d->rand), step = sim_rand_between(&d->rand, 0.05, 0.25);

			sim_timeline_level(d->tl, at_s, sim_rand_between(&d->rand, 0.3, 1), level_n * (1 + way * step));
			steps--;
		}
		t_s += share_s;
	}
	d->t_s = end_s;
}

void sim_draft_lift(struct sim_draft *d, double fall_s, bool settle)
{
	sim_timeline_level(d->tl, d->t_s, fall_s, 0);
	d->t_s += fall_s;
	sim_timeline_end(d->tl, d->t_s);
	if (d->tl->error == 0 && !settle)
		d->tl->act[d->tl->acts - 1].settle_n = 0;
}
