/* SPDX-License-Identifier: MIT */
/*
 * Contacts that travel: rolls, what begins or ends as a hold, and lifted one-way strokes. A roll goes between two ends,
 * half_mm to each side of the act's place; the force leans with the position, and may have a bump on the way.
 */
#include <math.h>

#include "sim_draft.h"

/* Least passes of a roll: by force alone four swings must be seen, and the last one may go unconfirmed. */
static uint32_t draw_passes(struct sim_draft *d)
{
	return sim_rand_count(&d->rand, d->stratum->margins && sim_draft_blind(d) ? 5 : 4, 24);
}

/* Opens an act at one end of the path, ready to roll. */
static struct sim_act *touch_to_move(struct sim_draft *d, double level_n, double rise_s)
{
	struct sim_act *act = sim_draft_touch(d, level_n, rise_s, 0);
	double slope, room_mm;

	if (!act)
		return NULL;
	act->half_mm = sim_rand_in(&d->rand, d->stratum->half_travel_mm);
	slope = sim_rand_in(&d->rand, d->stratum->slope);
	/* By force alone a roll must swing 15 %, which two slopes of 9 % and uneven ends just do. */
	if (sim_draft_blind(d))
		slope = fmax(slope, 0.09);
	act->slope = slope * sim_rand_sign(&d->rand);
	if (sim_rand_chance(&d->rand, 0.5))
		act->bump = sim_rand_between(&d->rand, 0, 0.3);
	act->bump_at = sim_rand_between(&d->rand, -0.5, 0.5);
	act->bump_width = sim_rand_between(&d->rand, 10, 30) / act->half_mm;
	if (sim_draft_blind(d) && d->stratum->margins)
		/* A knot that makes a peak of its own would be a swing by force: no label could count on it. */
		act->bump = fmin(act->bump, 0.8 * slope * act->bump_width);
	room_mm = fmax(0, sim_draft_reach_mm(d) - 1.1 * act->half_mm);
	act->place_mm = sim_rand_between(&d->rand, -room_mm, room_mm);
	act->position_mm = act->half_mm * sim_rand_sign(&d->rand);
	return act;
}

/*
 * Rolls from *side (-1 or 1) back and forth, passes times; *side is then where it rests. May lift off within the last
 * pass, if may_lift, when over four fifths of its travel are done. Returns whether it did.
 */
static bool roll_passes(struct sim_draft *d, const struct sim_act *act, uint32_t passes, double *side, bool may_lift)
{
	double pass_s = sim_rand_in(&d->rand, d->stratum->pass_s), start_s = d->t_s;
	double spread = d->stratum->pass_spread, half_mm = act->half_mm;
	bool lift = may_lift && sim_rand_chance(&d->rand, d->stratum->lift_moving_chance);

	for (uint32_t i = 0; i < passes; i++) {
		double this_s = pass_s * sim_rand_between(&d->rand, 1 - spread, 1 + spread);
		double pause_s = fmin(fmin(sim_rand_in(&d->rand, d->stratum->pause_s), 0.5 * pass_s), 6.2 - this_s);

		*side = -*side;
		sim_timeline_position(d->tl, d->t_s, this_s, *side * half_mm * sim_rand_between(&d->rand, 0.94, 1.06));
		if (i == passes - 1 && lift) {
			sim_timeline_mark(d->tl, LABEL_ROLL, start_s, d->t_s + this_s, passes);
			d->t_s += 0.68 * this_s;
			sim_draft_lift(d, fmin(0.3 * this_s, sim_rand_in(&d->rand, d->stratum->fall_s)), true);
			return true;
		}
		d->t_s += this_s + (i < passes - 1 ? pause_s : 0);
	}
	sim_timeline_mark(d->tl, LABEL_ROLL, start_s, d->t_s, passes);
	return false;
}

/* Rolling begins well before the wait counts as a hold (3 s), and is over soon before the lift. */
static void rest(struct sim_draft *d)
{
	d->t_s += sim_rand_between(&d->rand, 0.1, 0.6);
}

static double draw_rise_s(struct sim_draft *d)
{
	return fmin(1.5, sim_rand_in(&d->rand, d->stratum->rise_s));
}

static double draw_stay_s(struct sim_draft *d)
{
	return sim_rand_between(&d->rand, 5, 20);
}

void sim_draft_roll(struct sim_draft *d)
{
	double level_n = sim_draft_level_n(d), side;
	struct sim_act *act = touch_to_move(d, level_n, draw_rise_s(d));

	if (!act)
		return;
	side = act->position_mm > 0 ? 1 : -1;
	rest(d);
	if (roll_passes(d, act, draw_passes(d), &side, true))
		return;
	rest(d);
	sim_draft_lift(d, sim_rand_in(&d->rand, d->stratum->fall_s), true);
}

/* Stays and rolls in turn within one contact: bit i of stays says that part i is a stay. */
static void compose(struct sim_draft *d, uint32_t parts, uint32_t stays)
{
	double level_n = sim_draft_level_n(d), side;
	struct sim_act *act = touch_to_move(d, level_n, draw_rise_s(d));

	if (!act)
		return;
	side = act->position_mm > 0 ? 1 : -1;
	for (uint32_t i = 0; i < parts; i++) {
		if (stays & 1u << i) {
			d->t_s += draw_stay_s(d);
		} else {
			if (i == 0)
				rest(d);
			roll_passes(d, act, sim_rand_count(&d->rand, 6, 14), &side, false);
		}
	}
	rest(d);
	sim_draft_lift(d, sim_rand_in(&d->rand, d->stratum->fall_s), true);
}

void sim_draft_roll_hold_roll(struct sim_draft *d)
{
	compose(d, 3, 2);
}

void sim_draft_roll_then_hold(struct sim_draft *d)
{
	compose(d, 2, 2);
}

void sim_draft_hold_then_roll(struct sim_draft *d)
{
	compose(d, 2, 1);
}

/* Pressing beside the spot and running over it once, lifted in between: presses, by force. */
void sim_draft_stretch_strokes(struct sim_draft *d)
{
	uint32_t strokes = sim_rand_count(&d->rand, 3, 5);
	double level_n = sim_draft_level_n(d), side = sim_rand_sign(&d->rand);

	for (uint32_t i = 0; i < strokes; i++) {
		double length_s = sim_rand_between(&d->rand, 0.9, 2.6), start_s;
		double rise_s = fmin(draw_rise_s(d), 0.3 * length_s);
		double fall_s = fmin(sim_rand_in(&d->rand, d->stratum->fall_s), 0.3 * length_s);
		struct sim_act *act;

		if (i > 0)
			d->t_s += sim_rand_between(&d->rand, 0.8, 1.6);
		start_s = d->t_s;
		act = touch_to_move(d, level_n * sim_rand_between(&d->rand, 0.85, 1.15), rise_s);
		if (!act)
			return;
		act->position_mm = side * act->half_mm;
		sim_timeline_position(d->tl, start_s + 0.1 * length_s, 0.8 * length_s, -side * act->half_mm);
		d->t_s += length_s - rise_s - fall_s;
		sim_draft_lift(d, fall_s, false);
	}
}
