/* SPDX-License-Identifier: MIT */
/*
 * Outages are drawn so that what is right is beyond doubt: all are longer than the 2 s that are bridged, they keep a second
 * apart, and what the device is switched on or cut off under lasts on for seconds.
 */
#include <math.h>

#include "sim_faults.h"
#include "sim_scenario.h"
#include "sim_stratum.h"

bool sim_has_fault(const struct sim_options *o, enum sim_fault fault)
{
	return o->faults & 1u << fault;
}

static const struct sim_act *longest_act(const struct sim_timeline *tl)
{
	const struct sim_act *longest = NULL;

	for (size_t i = 0; i < tl->acts; i++) {
		const struct sim_act *act = &tl->act[i];

		if (!longest || act->end_s - act->start_s > longest->end_s - longest->start_s)
			longest = act;
	}
	return longest;
}

/* A moment in the middle of the longest act, so that it happens under load; or the one given. */
static double loaded_s(const struct sim_timeline *tl, double otherwise_s)
{
	const struct sim_act *longest = longest_act(tl);

	return longest ? (longest->start_s + longest->end_s) / 2 : otherwise_s;
}

static void add_outage(struct sim_faults *f, const struct sim_options *o, double length_s, struct sim_outage outage)
{
	size_t at = f->outages;

	outage.to_s = outage.from_s + length_s;
	if (outage.from_s < fmax(SIM_LEAD_S / 2, f->boot_s + 1) || outage.to_s > o->length_s - SIM_TAIL_S / 2)
		return;
	for (size_t i = 0; i < f->outages; i++)
		if (outage.from_s < f->outage[i].to_s + 1 && outage.to_s + 1 > f->outage[i].from_s)
			return;
	for (; at > 0 && f->outage[at - 1].from_s > outage.from_s; at--)
		f->outage[at] = f->outage[at - 1];
	f->outage[at] = outage;
	f->outages++;
}

/* Half of the time under load, else anywhere within the parts of the length given. */
static double draw_from_s(
	const struct sim_options *o, const struct sim_timeline *tl, struct sim_rand *rand, double lo, double hi)
{
	double anywhere_s = o->length_s * sim_rand_between(rand, lo, hi);

	return sim_rand_chance(rand, 0.5) ? loaded_s(tl, anywhere_s) : anywhere_s;
}

static void plan_outages(
	struct sim_faults *f, const struct sim_options *o, const struct sim_timeline *tl, struct sim_rand *rand)
{
	double length_s;

	if (sim_has_fault(o, SIM_FAULT_BOOT))
		f->boot_s = fmin(loaded_s(tl, o->length_s / 2), o->length_s - SIM_TAIL_S);
	if (sim_has_fault(o, SIM_FAULT_RESET)) {
		length_s = sim_rand_between(rand, 2.3, 3.2);
		add_outage(f, o, length_s,
			(struct sim_outage){ .from_s = draw_from_s(o, tl, rand, 0.4, 0.6), .restarts = true });
	}
	for (int i = 0; i < 2 && sim_has_fault(o, SIM_FAULT_GAP); i++) {
		double from_s = o->length_s * sim_rand_between(rand, 0.15 + 0.5 * i, 0.35 + 0.5 * i);

		add_outage(f, o, sim_rand_between(rand, 3, 6), (struct sim_outage){ .from_s = from_s });
	}
	for (int i = 0; i < 2 && sim_has_fault(o, SIM_FAULT_RECONNECT); i++) {
		bool restarts = sim_rand_chance(rand, 0.5);
		double from_s = draw_from_s(o, tl, rand, 0.1 + 0.4 * i, 0.4 + 0.4 * i);

		add_outage(f, o, sim_rand_between(rand, 2.5, 8),
			(struct sim_outage){ .from_s = from_s, .restarts = restarts, .unplugged = true });
	}
	if (sim_has_fault(o, SIM_FAULT_STUCK)) {
		length_s = sim_rand_between(rand, 4, 8);
		add_outage(f, o, length_s,
			(struct sim_outage){ .from_s = draw_from_s(o, tl, rand, 0.2, 0.8), .stuck = true });
	}
}

void sim_faults_plan(struct sim_faults *f, const struct sim_options *o, const struct sim_timeline *tl, bool numbered,
	struct sim_rand *rand)
{
	const struct sim_stratum *st = sim_stratum(o->stratum);
	bool drops = sim_has_fault(o, SIM_FAULT_DROPOUT);

	*f = (struct sim_faults){
		.drop_chance = drops ? 0.01 : st->drop_outs,
		.bursts_per_s = drops ? 0.05 : st->bursts_per_min / 60,
		.burst_max_s = drops ? 0.4 : st->burst_max_s,
		/* Without numbers a double or a swap cannot be told from a sample: only what was asked for. */
		.duplicate_chance = sim_has_fault(o, SIM_FAULT_DUPLICATE) ? 0.01
				    : numbered                            ? st->duplicate_chance
									  : 0,
		.reorder_chance = sim_has_fault(o, SIM_FAULT_REORDER) ? 0.01
				  : numbered                          ? st->reorder_chance
								      : 0,
	};
	plan_outages(f, o, tl, rand);
}
