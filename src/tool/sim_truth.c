/* SPDX-License-Identifier: MIT */
/*
 * force  ____/~~~~~~\__/~~~~\____      kept until there was none for a second, then read:
 *            |- contact, dip -|        1. contacts: press_n up, release_n down for bridge_s
 *            |-roll-|  hold            2. rolls, vibration and drops where the timeline put them, within the contact
 *                   |- part -|         3. what is left between rolls: holds, split where the load was eased
 *
 * Not done: rolls are not looked for in the force. The timeline knows them, and the force alone does not always.
 */
#include <math.h>
#include <stdlib.h>

#include "array.h"
#include "sim_truth.h"

#define QUIET_S 1.0 /* without force: longer than any bridge */
#define GUN_MIN_S 0.5 /* the least vibration that counts */
#define LIGHT_HOLDS 3 /* a lighter load is a hold after so many times hold_min_s */

/* Samples [first, end) of the force kept, and the exact times of what they make up. */
struct stretch {
	size_t first, end;
	double start_s, end_s;
};

void sim_truth_init(
	struct sim_truth *t, const struct sim_timeline *tl, const struct knead_settings *limits, double dt_s)
{
	*t = (struct sim_truth){ .tl = tl, .limits = *limits, .dt_s = dt_s };
}

void sim_truth_deinit(struct sim_truth *t)
{
	free(t->force_n);
	free(t->blind);
	labels_deinit(&t->labels);
	*t = (struct sim_truth){ 0 };
}

static double time_of(const struct sim_truth *t, size_t i)
{
	return t->start_s + (double)i * t->dt_s;
}

static size_t index_at(const struct sim_truth *t, double t_s)
{
	double at = ceil((t_s - t->start_s) / t->dt_s);

	return at <= 0 ? 0 : at >= (double)t->count ? t->count : (size_t)at;
}

/* When the force passed limit_n between samples i - 1 and i. */
static double crossing_s(const struct sim_truth *t, size_t i, double limit_n)
{
	double before = t->force_n[i - 1], after = t->force_n[i];

	return time_of(t, i) - t->dt_s * (after - limit_n) / (after - before);
}

static double peak_n(const struct sim_truth *t, double from_s, double to_s)
{
	size_t end = index_at(t, to_s);
	double peak = 0;

	for (size_t i = index_at(t, from_s); i < end; i++)
		peak = fmax(peak, t->force_n[i]);
	return peak;
}

static void add(struct sim_truth *t, enum label_kind kind, double start_s, double end_s, uint32_t count)
{
	struct label label = {
		.kind = kind,
		.start_s = start_s,
		.end_s = end_s,
		.peak_n = peak_n(t, start_s, end_s),
		.count = count,
	};

	if (t->error == 0)
		t->error = labels_add(&t->labels, &label);
}

static void add_hold(struct sim_truth *t, double start_s, double end_s)
{
	if (end_s - start_s >= t->limits.hold_min_s)
		add(t, LABEL_HOLD, start_s, end_s, 0);
}

/* The first sample from i on, before end, whose force is at least limit_n. */
static size_t next_above(const struct sim_truth *t, size_t i, size_t end, double limit_n)
{
	while (i < end && t->force_n[i] < limit_n)
		i++;
	return i;
}

/*
 * Whether the force, having fallen below half_n at i, stays between release_n and half_n for bridge_s before it comes back.
 */
static bool eases_at(const struct sim_truth *t, size_t i, size_t end, double half_n)
{
	size_t need = (size_t)ceil(t->limits.bridge_s / t->dt_s), run = 0;

	for (; i < end && t->force_n[i] < half_n; i++) {
		run = t->force_n[i] >= t->limits.release_n ? run + 1 : 0;
		if (run >= need)
			return true;
	}
	return false;
}

/*
 * Follows a hold from sample first on: its level is the mean so far, without dips and without what is below 55 % of it.
 * Returns the sample at which the load is eased, or end; ret_level_n is the level then.
 */
static size_t follow_hold(const struct sim_truth *t, size_t first, size_t end, double *ret_level_n)
{
	double sum = 0, level_n = 0;
	size_t n = 0, i;

	for (i = first; i < end; i++) {
		double force_n = t->force_n[i];

		if (n > 0 && i > first && force_n < 0.5 * level_n && t->force_n[i - 1] >= 0.5 * level_n &&
			eases_at(t, i, end, 0.5 * level_n))
			break;
		if (force_n < t->limits.release_n || force_n < 0.55 * level_n)
			continue;
		sum += force_n;
		n++;
		level_n = sum / (double)n;
	}
	*ret_level_n = level_n;
	return i;
}

/* Whether the load lies still in [first, end): it varies by less than a fifth, a second from either side left out. */
static bool is_steady(const struct sim_truth *t, size_t first, size_t end)
{
	size_t margin = (size_t)(1 / t->dt_s), n = 0;
	double sum = 0, squares = 0, mean;

	for (size_t i = first + margin; i + margin < end; i++, n++) {
		sum += t->force_n[i];
		squares += (double)t->force_n[i] * t->force_n[i];
	}
	if (n == 0)
		return false;
	mean = sum / (double)n;
	return squares / (double)n - mean * mean < 0.04 * mean * mean;
}

/* Holds of a part of a contact without rolling: one after the other, split where the load is eased and pressed again. */
static void label_part(struct sim_truth *t, double start_s, double end_s)
{
	size_t i = index_at(t, start_s), end = index_at(t, end_s);

	while (i < end) {
		double level_n, eased_s;
		size_t eased = follow_hold(t, i, end, &level_n), again;

		if (eased >= end) {
			add_hold(t, start_s, end_s);
			return;
		}
		eased_s = crossing_s(t, eased, 0.5 * level_n);
		add_hold(t, start_s, eased_s);
		again = next_above(t, eased, end, 0.55 * level_n);
		start_s = again < end ? crossing_s(t, again, 0.55 * level_n) : end_s;
		if (start_s - eased_s >= LIGHT_HOLDS * t->limits.hold_min_s && is_steady(t, eased, again))
			add_hold(t, eased_s, start_s);
		i = again;
	}
}

/* Strokes of a roll that lie within [from_s, to_s]: all of them, or by the passes that are more than half inside. */
static uint32_t strokes_within(const struct sim_truth *t, const struct sim_mark *roll, double from_s, double to_s)
{
	uint32_t n = 0;

	if (from_s <= roll->start_s && to_s >= roll->end_s - 0.5)
		return roll->count;
	for (size_t i = 0; i < t->tl->positions; i++) {
		const struct sim_move *pass = &t->tl->position[i];
		double middle_s = pass->t_s + pass->ramp_s / 2;

		n += pass->t_s >= roll->start_s && middle_s < roll->end_s && middle_s > from_s && middle_s < to_s;
	}
	return n;
}

/* The part of a contact between two rolls (or an end of it), unless vibration fills more than half of it. */
static void label_between(struct sim_truth *t, double start_s, double end_s)
{
	double shaken_s = 0;

	for (size_t i = 0; i < t->tl->marks; i++) {
		const struct sim_mark *mark = &t->tl->mark[i];

		if (mark->kind == LABEL_PERCUSSION)
			shaken_s += fmax(0, fmin(mark->end_s, end_s) - fmax(mark->start_s, start_s));
	}
	if (shaken_s <= (end_s - start_s) / 2)
		label_part(t, start_s, end_s);
}

static void label_contact(struct sim_truth *t, const struct stretch *contact)
{
	double from_s = contact->start_s, length_s = contact->end_s - contact->start_s;
	bool marked = false;

	for (size_t i = 0; i < t->tl->marks; i++) {
		const struct sim_mark *mark = &t->tl->mark[i];
		double start_s = fmax(mark->start_s, contact->start_s), end_s = fmin(mark->end_s, contact->end_s);
		uint32_t strokes;

		if (end_s <= start_s)
			continue;
		if (mark->kind == LABEL_IMPACT) {
			add(t, LABEL_IMPACT, contact->start_s, contact->end_s, 0);
			return;
		}
		if (mark->kind == LABEL_PERCUSSION && end_s - start_s >= GUN_MIN_S)
			add(t, LABEL_PERCUSSION, start_s, end_s, 0);
		marked = true;
		strokes = mark->kind == LABEL_ROLL ? strokes_within(t, mark, start_s, end_s) : 0;
		if (strokes < 2)
			continue;
		add(t, LABEL_ROLL, start_s, end_s, strokes);
		label_between(t, from_s, start_s);
		from_s = end_s;
	}
	if (length_s >= t->limits.hold_min_s)
		label_between(t, from_s, contact->end_s);
	else if (!marked)
		add(t, length_s < t->limits.tap_max_s ? LABEL_TAP : LABEL_PRESS, contact->start_s, contact->end_s, 0);
}

/*
 * The next contact within [i, end), or false. It ends where the force falls below release_n for bridge_s, or with the
 * stretch that was seen.
 */
static bool next_contact(const struct sim_truth *t, size_t first, size_t i, size_t end, struct stretch *ret)
{
	size_t bridge = (size_t)ceil(t->limits.bridge_s / t->dt_s), back;

	i = next_above(t, i, end, t->limits.press_n);
	if (i >= end)
		return false;
	ret->first = i;
	ret->start_s = i == first ? time_of(t, i) : crossing_s(t, i, t->limits.press_n);
	for (;;) {
		while (i < end && t->force_n[i] >= t->limits.release_n)
			i++;
		if (i >= end)
			break;
		back = next_above(t, i, end, t->limits.release_n);
		if (back - i >= bridge || back >= end)
			break;
		i = back;
	}
	ret->end = i;
	ret->end_s = i < end ? crossing_s(t, i, t->limits.release_n) : time_of(t, end - 1);
	return true;
}

static void label_seen(struct sim_truth *t, size_t first, size_t end)
{
	struct stretch contact;
	size_t i = first;

	while (next_contact(t, first, i, end, &contact)) {
		label_contact(t, &contact);
		i = contact.end;
	}
}

/* Labels the force kept, stretch by stretch between what could not be seen, and forgets it. */
static void label_all(struct sim_truth *t)
{
	size_t first = 0;

	for (size_t i = 0; i < t->blinds; i++) {
		if (t->blind[i].to_s <= t->start_s || t->blind[i].from_s >= time_of(t, t->count))
			continue;
		label_seen(t, first, index_at(t, t->blind[i].from_s));
		first = index_at(t, t->blind[i].to_s);
	}
	label_seen(t, first, t->count);
	t->count = 0;
}

static void keep(struct sim_truth *t, double force_n)
{
	if (t->error == 0)
		t->error = ARRAY_ADD(t->force_n, t->count, t->size, (float)force_n);
}

void sim_truth_push(struct sim_truth *t, double t_s, double force_n)
{
	if (t->count > 0 && t_s > time_of(t, t->count) + QUIET_S)
		label_all(t);
	if (t->count == 0)
		t->start_s = t_s;
	while (t_s > time_of(t, t->count) + t->dt_s / 2 && t->error == 0)
		keep(t, 0);
	keep(t, force_n);
}

void sim_truth_blind(struct sim_truth *t, double from_s, double to_s)
{
	struct sim_blind blind = { .from_s = from_s, .to_s = to_s };

	if (t->error == 0)
		t->error = ARRAY_ADD(t->blind, t->blinds, t->blinds_size, blind);
}

int sim_truth_finish(struct sim_truth *t, double origin_s)
{
	label_all(t);
	for (size_t i = 0; i < t->labels.count; i++) {
		t->labels.item[i].start_s -= origin_s;
		t->labels.item[i].end_s -= origin_s;
	}
	labels_sort(&t->labels);
	return t->error;
}
