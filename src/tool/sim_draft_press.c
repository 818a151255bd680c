/* SPDX-License-Identifier: MIT */
/* Contacts that stay in place: holds, pulses, presses, and the slow movements that are still a hold. */
#include <math.h>

#include "sim_draft.h"

/* Holds begin in earnest at 3 s. Six in ten take the usual half minute or whole one. */
static double draw_hold_s(struct sim_draft *d)
{
	if (sim_rand_chance(&d->rand, 0.6))
		return sim_rand_between(&d->rand, 28, 62);
	return sim_rand_log_between(&d->rand, d->stratum->margins ? 5 : 3.3, 90);
}

static double draw_rise_s(struct sim_draft *d)
{
	return sim_rand_in(&d->rand, d->stratum->rise_s);
}

static double draw_fall_s(struct sim_draft *d)
{
	return sim_rand_in(&d->rand, d->stratum->fall_s);
}

/*
 * In a third of the holds that are long enough the tissue gives way along one slope and then along another, twice to five
 * times as steep or, now and then, as flat; what the second slope changes by the end is 4 % of the load at least. Returns
 * whether it does.
 */
static bool draw_softening(struct sim_draft *d, struct sim_act *act, double length_s)
{
	struct sim_body *b = &act->body;
	double softens_s, slope, steeper, shows;

	if (length_s < 20 || !sim_rand_chance(&d->rand, 0.35))
		return false;
	softens_s = fmax(6, length_s * sim_rand_between(&d->rand, 0.3, 0.6));
	slope = sim_rand_between(&d->rand, 0.008, 0.03);
	steeper = slope * sim_rand_log_between(&d->rand, 2, 5);
	shows = (steeper - slope) * (log1p(length_s) - log1p(softens_s));
	if (shows < 0.04) {
		slope *= 0.04 / shows;
		steeper *= 0.04 / shows;
	}
	b->softens_s = softens_s;
	b->slope = slope;
	b->slope_then = steeper;
	if (sim_rand_chance(&d->rand, 0.2)) {
		b->slope = steeper;
		b->slope_then = slope;
	}
	return true;
}

void sim_draft_hold(struct sim_draft *d)
{
	double level_n = sim_draft_level_n(d), length_s = draw_hold_s(d);
	struct sim_act *act = sim_draft_touch(d, level_n, draw_rise_s(d), 0);

	if (!act)
		return;
	/* A step to another level would hide a break of the slope. */
	sim_draft_stay(d, level_n, length_s, !draw_softening(d, act, length_s));
	sim_draft_lift(d, draw_fall_s(d), true);
}

void sim_draft_pulses(struct sim_draft *d)
{
	uint32_t pulses = sim_rand_count(&d->rand, 2, 5);
	double level_n = sim_draft_level_n(d);

	for (uint32_t i = 0; i < pulses; i++) {
		double this_n = level_n * sim_rand_between(&d->rand, 0.88, 1.12);

		if (i > 0)
			d->t_s += sim_rand_between(&d->rand, d->stratum->margins ? 1.2 : 0.8, 5);
		sim_draft_touch(d, this_n, draw_rise_s(d), 0);
		d->t_s += sim_rand_between(&d->rand, 6, 14);
		sim_draft_lift(d, draw_fall_s(d), true);
	}
}

/*
 * Pulses by easing to 15 to 35 % of the level, never below what still counts as contact, for 1.2 to 5 s. One in four
 * ends with a light load of 12 to 18 s, which is a hold of its own. By force alone three or more of them may be a roll,
 * unless each lasts longer than twice the time that a roll has between reversals.
 */
void sim_draft_eased_pulses(struct sim_draft *d)
{
	uint32_t pulses = sim_rand_count(&d->rand, 2, 4);
	double floor_n = 3 * d->limits.release_n, level_n = fmax(sim_draft_level_n(d), floor_n / 0.3);
	bool long_ones = pulses > 2 && sim_draft_blind(d) && d->stratum->margins;

	sim_draft_touch(d, level_n, draw_rise_s(d), 0);
	for (uint32_t i = 0; i < pulses; i++) {
		double eased_n = fmax(floor_n, level_n * sim_rand_between(&d->rand, 0.15, 0.35)), ramp_s;

		d->t_s += long_ones ? sim_rand_between(&d->rand, 14, 19) : sim_rand_between(&d->rand, 5, 12);
		if (i == pulses - 1 && !sim_rand_chance(&d->rand, 0.25))
			break;
		ramp_s = sim_rand_between(&d->rand, 0.2, 0.8);
		sim_timeline_level(d->tl, d->t_s, ramp_s, eased_n);
		d->t_s += ramp_s;
		if (i == pulses - 1) {
			d->t_s += sim_rand_between(&d->rand, 12, 18);
			break;
		}
		d->t_s += sim_rand_between(&d->rand, 1.2, 5);
		ramp_s = sim_rand_between(&d->rand, 0.2, 1);
		sim_timeline_level(d->tl, d->t_s, ramp_s, level_n * sim_rand_between(&d->rand, 0.92, 1.08));
		d->t_s += ramp_s;
	}
	sim_draft_lift(d, draw_fall_s(d), true);
}

/* Feeling around: 0.7 to 2.6 s from touch to lift, so that neither a tap (0.4 s) nor a hold (3 s) is near. */
void sim_draft_presses(struct sim_draft *d)
{
	uint32_t presses = sim_rand_count(&d->rand, 3, 6);

	for (uint32_t i = 0; i < presses; i++) {
		double length_s = sim_rand_between(&d->rand, 0.7, 2.6);
		double rise_s = fmin(draw_rise_s(d), 0.35 * length_s), fall_s = fmin(draw_fall_s(d), 0.3 * length_s);

		if (i > 0)
			d->t_s += sim_rand_between(&d->rand, 0.8, 2.3);
		sim_draft_touch(d, fmax(25, 0.6 * sim_draft_level_n(d)), rise_s, 0);
		d->t_s += length_s - rise_s - fall_s;
		sim_draft_lift(d, fall_s, false);
	}
}

static void hold_with_movement(struct sim_draft *d, double stretch, double stretch_hz, double orbit_mm, bool round)
{
	double level_n = sim_draft_level_n(d);
	struct sim_act *act = sim_draft_touch(d, level_n, draw_rise_s(d), 2 * stretch);

	if (!act)
		return;
	act->stretch = stretch;
	act->stretch_hz = stretch_hz;
	act->orbit_mm = orbit_mm;
	act->orbit_hz = stretch_hz;
	act->round = round;
	d->t_s += sim_rand_between(&d->rand, 12, 40);
	sim_draft_lift(d, draw_fall_s(d), true);
}

/* A hold while the muscle moves slowly: force swings within 2 to 10 s, the contact travels under 10 mm. */
void sim_draft_pin_and_stretch(struct sim_draft *d)
{
	double stretch =
		sim_draft_blind(d) ? sim_rand_between(&d->rand, 0.02, 0.045) : sim_rand_between(&d->rand, 0.04, 0.12);
	double hz = 1 / sim_rand_between(&d->rand, 2, 10);

	hold_with_movement(d, stretch, hz, sim_rand_between(&d->rand, 1.5, 4.5), false);
}

/*
 * Small circles. Where cells see one axis of them only, they are a movement there and back, and their radius stays where
 * 20 mm of travel cannot come about; a sphere sees them go round.
 */
void sim_draft_circles(struct sim_draft *d)
{
	double most_mm = d->options->geometry == KNEAD_GEOMETRY_SPHERE ? 15 : 8;
	double stretch = sim_rand_between(&d->rand, 0.01, 0.03), hz = sim_rand_between(&d->rand, 0.3, 1);

	hold_with_movement(d, stretch, hz, sim_rand_between(&d->rand, 5, most_mm), true);
}
