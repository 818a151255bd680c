/* SPDX-License-Identifier: MIT */
/*
 * A scenario is a list of acts with weights; acts are drawn until the capture is full. An act that would reach into the
 * tail of idle is taken back, so that nothing is ever cut off by the end.
 */
#include "sim_scenario.h"
#include "sim_draft.h"

struct choice {
	sim_draft_fn draft;
	double weight;
	enum { ALWAYS, COMPOSITE, EASED, NEEDS_PLACE } how; /* scales the weight, or rules it out */
};

#define CHOICES_MAX 16

struct scenario {
	const char *name;
	double length_s;
	struct sim_range rest_s; /* between acts, drawn evenly in the logarithm */
	struct choice choice[CHOICES_MAX];
};

static const struct scenario scenarios[_SIM_SCENARIOS] = {
	[SIM_IDLE] = { "idle", 300, { 60, 300 }, { { sim_draft_handling, 1, ALWAYS } } },
	[SIM_HOLD] = { "hold", 300, { 5, 30 }, { { sim_draft_hold, 1, ALWAYS } } },
	[SIM_PULSES] = { "pulses", 180, { 12, 30 },
		{ { sim_draft_pulses, 1, ALWAYS }, { sim_draft_eased_pulses, 2, EASED } } },
	[SIM_PRESS_SET] = { "press-set", 120, { 6, 20 }, { { sim_draft_presses, 1, ALWAYS } } },
	[SIM_STROKES] = { "strokes", 120, { 6, 20 }, { { sim_draft_stretch_strokes, 1, ALWAYS } } },
	[SIM_ROLL] = { "roll", 240, { 4, 15 }, { { sim_draft_roll, 1, ALWAYS } } },
	[SIM_COMPOSITE] = { "composite", 300, { 5, 15 },
		{ { sim_draft_roll_hold_roll, 1, ALWAYS }, { sim_draft_roll_then_hold, 1, ALWAYS },
			{ sim_draft_hold_then_roll, 1, ALWAYS }, { sim_draft_eased_pulses, 1, ALWAYS },
			{ sim_draft_pin_and_stretch, 1, ALWAYS }, { sim_draft_circles, 0.5, NEEDS_PLACE },
			{ sim_draft_gun_on_hold, 0.5, ALWAYS } } },
	[SIM_TAPS] = { "taps", 120, { 2, 10 }, { { sim_draft_taps, 3, ALWAYS }, { sim_draft_drop, 1, ALWAYS } } },
	[SIM_HANDLING] = { "handling", 180, { 2, 15 }, { { sim_draft_handling, 1, ALWAYS } } },
	[SIM_PERCUSSION] = { "percussion", 180, { 4, 12 },
		{ { sim_draft_gun, 3, ALWAYS }, { sim_draft_gun_on_hold, 1, ALWAYS } } },
	/* What the exercises ask for: look for the spot, hold, pulse, run over it, roll. */
	[SIM_SESSION] = { "session", 300, { 5, 15 },
		{ { sim_draft_hold, 3, ALWAYS }, { sim_draft_pulses, 1, ALWAYS }, { sim_draft_presses, 1, ALWAYS },
			{ sim_draft_stretch_strokes, 0.7, ALWAYS }, { sim_draft_roll, 1.5, ALWAYS },
			{ sim_draft_taps, 0.4, ALWAYS }, { sim_draft_handling, 0.4, ALWAYS } } },
	[SIM_MIXED] = { "mixed", 300, { 4, 12 },
		{ { sim_draft_hold, 2.5, ALWAYS }, { sim_draft_pulses, 1, ALWAYS },
			{ sim_draft_eased_pulses, 5, EASED }, { sim_draft_presses, 1, ALWAYS },
			{ sim_draft_stretch_strokes, 1, ALWAYS }, { sim_draft_roll, 2, ALWAYS },
			{ sim_draft_taps, 1, ALWAYS }, { sim_draft_drop, 0.7, ALWAYS },
			{ sim_draft_handling, 0.7, ALWAYS }, { sim_draft_gun, 1, ALWAYS },
			{ sim_draft_roll_hold_roll, 0.4, COMPOSITE }, { sim_draft_roll_then_hold, 0.3, COMPOSITE },
			{ sim_draft_hold_then_roll, 0.3, COMPOSITE }, { sim_draft_pin_and_stretch, 0.4, COMPOSITE },
			{ sim_draft_circles, 0.3, NEEDS_PLACE }, { sim_draft_gun_on_hold, 0.3, COMPOSITE } } },
};

const char *sim_scenario_to_str(enum sim_scenario scenario)
{
	return (unsigned)scenario < _SIM_SCENARIOS ? scenarios[scenario].name : NULL;
}

double sim_scenario_length_s(enum sim_scenario scenario)
{
	return scenarios[scenario].length_s;
}

static double weight_of(const struct sim_draft *d, const struct choice *choice)
{
	switch (choice->how) {
	case ALWAYS:
		break;
	case COMPOSITE:
		return choice->weight * d->stratum->composite_weight;
	case EASED:
		return choice->weight * d->stratum->eased_chance;
	case NEEDS_PLACE:
		return sim_draft_blind(d) ? 0 : choice->weight;
	}
	return choice->weight;
}

static sim_draft_fn draw_act(struct sim_draft *d, const struct scenario *s)
{
	double sum = 0, at;
	sim_draft_fn last = NULL;

	for (const struct choice *c = s->choice; c < s->choice + CHOICES_MAX && c->draft; c++)
		sum += weight_of(d, c);
	at = sum * sim_rand_uniform(&d->rand);
	for (const struct choice *c = s->choice; c < s->choice + CHOICES_MAX && c->draft; c++) {
		if (weight_of(d, c) <= 0)
			continue;
		last = c->draft;
		at -= weight_of(d, c);
		if (at < 0)
			break;
	}
	return last;
}

/* Drops what was drafted since the counts of mark. */
static void take_back(struct sim_timeline *tl, const struct sim_timeline *mark)
{
	tl->acts = mark->acts;
	tl->levels = mark->levels;
	tl->positions = mark->positions;
	tl->dips = mark->dips;
	tl->marks = mark->marks;
}

int sim_scenario_draft(const struct sim_options *options, struct sim_timeline *tl)
{
	const struct scenario *s = &scenarios[options->scenario];
	struct sim_draft d = {
		.tl = tl,
		.stratum = sim_stratum(options->stratum),
		.options = options,
		.t_s = SIM_LEAD_S,
	};
	double last_s = options->length_s - SIM_TAIL_S;
	int misses = 0;

	/* A clean idle is nothing at all. */
	if (options->scenario == SIM_IDLE && options->stratum == SIM_S0)
		return 0;
	knead_settings_init(&d.limits, options->profile);
	sim_rand_init(&d.rand, options->seed, 1);
	if (options->scenario == SIM_IDLE)
		d.t_s += sim_rand_in(&d.rand, s->rest_s);
	/* A few misses are granted to find a shorter act for what is left. */
	while (tl->error == 0 && d.t_s < last_s && misses < 8) {
		struct sim_timeline before = *tl;
		double start_s = d.t_s;

		draw_act(&d, s)(&d);
		if (d.t_s > last_s) {
			take_back(tl, &before);
			d.t_s = start_s;
			misses++;
			continue;
		}
		d.t_s += sim_rand_log_between(&d.rand, s->rest_s.lo, s->rest_s.hi);
	}
	return tl->error;
}
