/* SPDX-License-Identifier: MIT */
/*
 * Drafting the timeline: one function per thing a person does. Each begins at d->t_s and leaves d->t_s where it ended;
 * pauses between acts are the scenario's business. What all acts share (levels, touching, lifting) is below.
 */
#ifndef TOOL_SIM_DRAFT_H
#define TOOL_SIM_DRAFT_H

#include "sim_stratum.h"
#include "sim_timeline.h"

struct sim_draft {
	struct sim_timeline *tl;
	const struct sim_stratum *stratum;
	const struct sim_options *options;
	struct knead_settings limits; /* press_n, release_n, ... of the profile: the definitions that labels follow */
	struct sim_rand rand;
	double t_s;
};

typedef void (*sim_draft_fn)(struct sim_draft *d);

/* contacts that stay in place: sim_draft_press.c */
void sim_draft_hold(struct sim_draft *d);
void sim_draft_pulses(struct sim_draft *d); /* lifted in between */
void sim_draft_eased_pulses(struct sim_draft *d); /* partial releases in between, not lifted */
void sim_draft_presses(struct sim_draft *d);
void sim_draft_pin_and_stretch(struct sim_draft *d);
void sim_draft_circles(struct sim_draft *d);

/* contacts that travel: sim_draft_move.c */
void sim_draft_roll(struct sim_draft *d);
void sim_draft_roll_hold_roll(struct sim_draft *d);
void sim_draft_roll_then_hold(struct sim_draft *d);
void sim_draft_hold_then_roll(struct sim_draft *d);
void sim_draft_stretch_strokes(struct sim_draft *d);

/* what is over at once, and vibration: sim_draft_brief.c */
void sim_draft_taps(struct sim_draft *d);
void sim_draft_drop(struct sim_draft *d);
void sim_draft_handling(struct sim_draft *d);
void sim_draft_gun(struct sim_draft *d);
void sim_draft_gun_on_hold(struct sim_draft *d);

/* shared: sim_draft.c */

/* A level for a hold, in newton. */
double sim_draft_level_n(struct sim_draft *d);
/* Half of the stretch of the device that a contact may reach, from its middle, in mm. */
double sim_draft_reach_mm(const struct sim_draft *d);
/* Whether a movement can be told from breathing only by its force: one cell, or cells of unknown places. */
bool sim_draft_blind(const struct sim_draft *d);

/*
 * Opens an act and presses down to level_n, rising for rise_s; d->t_s is then where the rise ends. swing is the part of
 * the load that other things make it swing already. Returns the act, or NULL when out of memory.
 */
struct sim_act *sim_draft_touch(struct sim_draft *d, double level_n, double rise_s, double swing);
/* Holds on at about level_n for length_s, with dips, and with steps to other levels if they may be. */
void sim_draft_stay(struct sim_draft *d, double level_n, double length_s, bool may_step);
/* Lifts off within fall_s and closes the act. settle: whether the load was long enough to move the zero. */
void sim_draft_lift(struct sim_draft *d, double fall_s, bool settle);

#endif
