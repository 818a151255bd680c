/* SPDX-License-Identifier: MIT */
/* What the generator knows of an event besides its limits: read off the force that is kept, the act and its body. */
#include <math.h>

#include "sim_truth.h"

#define RELAX_FROM_S 2.0
#define RELAX_MIN_S 10.0
#define PASS_MIN_MM 20.0
#define CROSSING_N 0.5

/* The act in which something happens at t_s, or NULL. */
static const struct sim_act *act_at(const struct sim_truth *t, double t_s)
{
	for (size_t i = 0; i < t->tl->acts; i++)
		if (t_s >= t->tl->act[i].start_s && t_s <= t->tl->act[i].end_s)
			return &t->tl->act[i];
	return NULL;
}

static double force_at(const struct sim_truth *t, double t_s)
{
	double at = fmax(0, (t_s - t->start_s) / t->dt_s), before = floor(at);
	size_t i = (size_t)before;

	if (i + 1 >= t->count)
		return t->kept[t->count - 1].force_n;
	return t->kept[i].force_n + (at - before) * (t->kept[i + 1].force_n - t->kept[i].force_n);
}

/* Trapezoids over [start_s, end_s], both ends cut to the time. */
static double impulse_ns(const struct sim_truth *t, double start_s, double end_s)
{
	double before_s = start_s, before_n = force_at(t, start_s), sum = 0;

	for (size_t i = sim_truth_index(t, start_s); i < t->count && sim_truth_time_s(t, i) < end_s; i++) {
		double now_s = sim_truth_time_s(t, i), now_n = t->kept[i].force_n;

		sum += (now_s - before_s) * (before_n + now_n) / 2;
		before_s = now_s;
		before_n = now_n;
	}
	return sum + (end_s - before_s) * (before_n + force_at(t, end_s)) / 2;
}

/* Drops below release_n within (start_s, end_s) that are over within bridge_s. */
static double count_dips(const struct sim_truth *t, double start_s, double end_s)
{
	size_t i = sim_truth_index(t, start_s), end = sim_truth_index(t, end_s), bridge, dips = 0;

	bridge = (size_t)ceil(t->limits.bridge_s / t->dt_s);
	while (i < end) {
		size_t low = i;

		while (low < end && t->kept[low].force_n >= t->limits.release_n)
			low++;
		for (i = low; i < end && t->kept[i].force_n < t->limits.release_n; i++)
			;
		dips += i > low && i < end && i - low < bridge;
	}
	return (double)dips;
}

static bool is_shaken(const struct sim_truth *t, double start_s, double end_s)
{
	for (size_t i = 0; i < t->tl->marks; i++)
		if (t->tl->mark[i].kind == LABEL_PERCUSSION && t->tl->mark[i].start_s < end_s &&
			t->tl->mark[i].end_s > start_s)
			return true;
	return false;
}

/* Whether the person goes to another level within the event, once it has come to its first. */
static bool has_steps(const struct sim_truth *t, const struct sim_act *act, double start_s, double end_s)
{
	for (size_t i = 1; i < act->levels.count; i++) {
		const struct sim_move *move = &t->tl->level[act->levels.first + i];
		bool lifts = i + 1 == act->levels.count;

		if (!lifts && move->t_s < end_s && move->t_s + move->ramp_s > start_s + RELAX_FROM_S)
			return true;
	}
	return false;
}

static void tell_hold(const struct sim_truth *t, const struct label *l, const struct sim_act *act, double *number)
{
	const struct sim_body *b = &act->body;
	double length_s = l->end_s - l->start_s, since_s = l->start_s - act->start_s;
	size_t first = sim_truth_index(t, l->start_s), last = sim_truth_index(t, l->end_s);

	if (!is_shaken(t, l->start_s, l->end_s))
		number[LABEL_DIPS] = count_dips(t, l->start_s, l->end_s);
	if (b->breath > 0 && last > first) {
		last = last < t->count ? last : t->count - 1;
		number[LABEL_BREATH_PER_MIN] =
			60 * (t->kept[last].turns - t->kept[first].turns) / ((double)(last - first) * t->dt_s);
		number[LABEL_BREATH_PCT] = 100 * b->breath;
	}
	if (b->sway_s <= 0 || length_s < RELAX_MIN_S || has_steps(t, act, l->start_s, l->end_s))
		return;
	number[LABEL_RELAX_PCT] =
		100 * (1 - sim_body_relaxed(b, since_s + length_s) / sim_body_relaxed(b, since_s + RELAX_FROM_S));
	if (b->slope > 0 && b->softens_s > since_s && b->softens_s < since_s + length_s)
		number[LABEL_SOFTENING_S] = b->softens_s - since_s;
}

/* Passes and travel of the body, wherever its movement can be seen. */
static int tell_roll(
	const struct sim_truth *t, const struct label *l, const struct sim_roll *roll, struct label_details *d)
{
	struct sim_turns turns = { 0 };
	int r = sim_turns_find(
		&turns, t->kept, sim_truth_index(t, l->start_s), sim_truth_index(t, l->end_s), false, PASS_MIN_MM);
	double travel_mm = 0;

	for (size_t i = 1; i < turns.count; i++)
		travel_mm += fabs(turns.item[i].value - turns.item[i - 1].value);
	d->number[LABEL_PASSES] = turns.count > 0 ? (double)turns.count - 1 : 0;
	d->number[LABEL_TRAVEL_MM] = travel_mm;
	sim_turns_deinit(&turns);
	for (size_t i = 0; r == 0 && i + 1 < roll->strokes; i++)
		r = label_details_add_reversal(d, roll->reversal_s[i]);
	return r;
}

struct label_details *sim_details_new(
	const struct sim_truth *t, const struct label *label, const struct sim_roll *roll, double contact_s)
{
	const struct sim_act *act = act_at(t, label->start_s);
	struct label_details *d = label_details_new();

	if (!d)
		return NULL;
	d->number[LABEL_IMPULSE_NS] = impulse_ns(t, label->start_s, label->end_s);
	if (!act)
		return d;
	/* A contact that was not seen from its crossing on, or a part of one, has no first touch of its own. */
	if (label->start_s <= contact_s && force_at(t, label->start_s) < t->limits.press_n + CROSSING_N)
		d->number[LABEL_FIRST_CONTACT_S] = act->start_s;
	if (label->kind == LABEL_HOLD)
		tell_hold(t, label, act, d->number);
	if (label->kind == LABEL_PERCUSSION)
		d->number[LABEL_RATE_HZ] = act->gun_hz;
	if (roll && tell_roll(t, label, roll, d) < 0)
		return label_details_free(d);
	return d;
}
