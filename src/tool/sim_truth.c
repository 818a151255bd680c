/* SPDX-License-Identifier: MIT */
/*
 * force  ____/~~~~~~\__/~~~~\____      kept until there was none for a second, then read:
 *            |- contact, dip -|        1. contacts: press_n up, release_n down for bridge_s
 *            |-roll-|  hold            2. vibration and drops where the timeline put them; rolls (sim_truth_rolls.c)
 *                   |- part -|         3. what is left between rolls: holds, split where the load was eased
 */
#include <math.h>
#include <stdlib.h>

#include "array.h"
#include "sim_truth.h"

#define QUIET_S 1.0 /* without force: longer than any bridge */
#define GUN_MIN_S 0.5 /* the least vibration that counts */
#define LIGHT_HOLDS 3 /* a lighter load is a hold after so many times hold_min_s */

/* A contact: where it starts and ends, and the sample after its last. */
struct contact {
	size_t end;
	double start_s, end_s;
};

void sim_truth_init(struct sim_truth *t, const struct sim_timeline *tl, const struct knead_settings *limits,
	bool by_force, double dt_s)
{
	*t = (struct sim_truth){ .tl = tl, .limits = *limits, .by_force = by_force, .dt_s = dt_s };
}

void sim_truth_deinit(struct sim_truth *t)
{
	for (size_t i = 0; i < t->rolls; i++)
		free(t->roll[i].reversal_s);
	free(t->roll);
	free(t->kept);
	free(t->blind);
	sim_turns_deinit(&t->turns);
	labels_deinit(&t->labels);
	*t = (struct sim_truth){ 0 };
}

double sim_truth_time_s(const struct sim_truth *t, size_t i)
{
	return t->start_s + (double)i * t->dt_s;
}

size_t sim_truth_index(const struct sim_truth *t, double t_s)
{
	double at = ceil((t_s - t->start_s) / t->dt_s);

	return at <= 0 ? 0 : at >= (double)t->count ? t->count : (size_t)at;
}

/* When the force passed limit_n between samples i - 1 and i. */
static double crossing_s(const struct sim_truth *t, size_t i, double limit_n)
{
	double before = t->kept[i - 1].force_n, after = t->kept[i].force_n;

	return sim_truth_time_s(t, i) - t->dt_s * (after - limit_n) / (after - before);
}

static double peak_n(const struct sim_truth *t, double from_s, double to_s)
{
	size_t end = sim_truth_index(t, to_s);
	double peak = 0;

	for (size_t i = sim_truth_index(t, from_s); i < end; i++)
		peak = fmax(peak, t->kept[i].force_n);
	return peak;
}

static void add(struct sim_truth *t, enum label_kind kind, double start_s, double end_s, const struct sim_roll *roll,
	double contact_s)
{
	struct label label = {
		.kind = kind,
		.start_s = start_s,
		.end_s = end_s,
		.peak_n = peak_n(t, start_s, end_s),
		.count = roll ? (uint32_t)roll->strokes : 0,
	};

	if (t->error < 0)
		return;
	label.details = sim_details_new(t, &label, roll, contact_s);
	t->error = label.details ? labels_add(&t->labels, &label) : -ENOMEM;
	if (t->error < 0)
		label_details_free(label.details);
}

/* Whether vibration fills more than half of [start_s, end_s]. */
static bool is_shaken(const struct sim_truth *t, double start_s, double end_s)
{
	double shaken_s = 0;

	for (size_t i = 0; i < t->tl->marks; i++) {
		const struct sim_mark *mark = &t->tl->mark[i];

		if (mark->kind == LABEL_PERCUSSION)
			shaken_s += fmax(0, fmin(mark->end_s, end_s) - fmax(mark->start_s, start_s));
	}
	return shaken_s > (end_s - start_s) / 2;
}

static void add_hold(struct sim_truth *t, double start_s, double end_s, double contact_s)
{
	if (end_s - start_s >= t->limits.hold_min_s && !is_shaken(t, start_s, end_s))
		add(t, LABEL_HOLD, start_s, end_s, NULL, contact_s);
}

/* The first sample from i on, before end, whose force is at least limit_n. */
static size_t next_above(const struct sim_truth *t, size_t i, size_t end, double limit_n)
{
	while (i < end && t->kept[i].force_n < limit_n)
		i++;
	return i;
}

/*
 * Whether the force, having fallen below half_n at i, stays between release_n and half_n for bridge_s before it comes back.
 */
static bool eases_at(const struct sim_truth *t, size_t i, size_t end, double half_n)
{
	size_t need = (size_t)ceil(t->limits.bridge_s / t->dt_s), run = 0;

	for (; i < end && t->kept[i].force_n < half_n; i++) {
		run = t->kept[i].force_n >= t->limits.release_n ? run + 1 : 0;
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
		double force_n = t->kept[i].force_n;

		if (n > 0 && i > first && force_n < 0.5 * level_n && t->kept[i - 1].force_n >= 0.5 * level_n &&
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

/*
 * Whether the load lies still from first on for as long as makes a lighter load a hold: it varies by less than a fifth, a
 * second from either side left out.
 */
static bool stays_steady(const struct sim_truth *t, size_t first, size_t end)
{
	size_t margin = (size_t)(1 / t->dt_s), n = 0;
	size_t needed = first + (size_t)ceil(LIGHT_HOLDS * t->limits.hold_min_s / t->dt_s);
	double sum = 0, squares = 0, mean;

	if (needed > end)
		return false;
	for (size_t i = first + margin; i + margin < needed; i++, n++) {
		sum += t->kept[i].force_n;
		squares += (double)t->kept[i].force_n * t->kept[i].force_n;
	}
	if (n == 0)
		return false;
	mean = sum / (double)n;
	return squares / (double)n - mean * mean < 0.04 * mean * mean;
}

/*
 * Holds of a part of a contact without rolling: one after the other, split where the load is eased and pressed again. What is
 * lighter and stays is looked at in the same way.
 */
static void label_part(struct sim_truth *t, double start_s, double end_s, double contact_s)
{
	size_t i = sim_truth_index(t, start_s), end = sim_truth_index(t, end_s);

	while (i < end) {
		double level_n, eased_s;
		size_t eased = follow_hold(t, i, end, &level_n), again;

		if (eased >= end) {
			add_hold(t, start_s, end_s, contact_s);
			return;
		}
		eased_s = crossing_s(t, eased, 0.5 * level_n);
		add_hold(t, start_s, eased_s, contact_s);
		again = next_above(t, eased, end, 0.55 * level_n);
		start_s = again < end ? crossing_s(t, again, 0.55 * level_n) : end_s;
		if (stays_steady(t, eased, again))
			label_part(t, eased_s, start_s, contact_s);
		i = again;
	}
}

/* Vibration within a contact. Returns whether there was any. */
static bool label_vibration(struct sim_truth *t, const struct contact *contact)
{
	bool any = false;

	for (size_t i = 0; i < t->tl->marks; i++) {
		const struct sim_mark *mark = &t->tl->mark[i];
		double start_s = fmax(mark->start_s, contact->start_s), end_s = fmin(mark->end_s, contact->end_s);

		if (mark->kind != LABEL_PERCUSSION || end_s - start_s < GUN_MIN_S)
			continue;
		add(t, LABEL_PERCUSSION, start_s, end_s, NULL, contact->start_s);
		any = true;
	}
	return any;
}

static bool is_drop(const struct sim_truth *t, const struct contact *contact)
{
	for (size_t i = 0; i < t->tl->marks; i++)
		if (t->tl->mark[i].kind == LABEL_IMPACT && t->tl->mark[i].start_s < contact->end_s &&
			t->tl->mark[i].end_s > contact->start_s)
			return true;
	return false;
}

static void label_contact(struct sim_truth *t, const struct contact *contact)
{
	double from_s = contact->start_s, length_s = contact->end_s - contact->start_s;
	bool shaken;

	if (is_drop(t, contact)) {
		add(t, LABEL_IMPACT, contact->start_s, contact->end_s, NULL, contact->start_s);
		return;
	}
	shaken = label_vibration(t, contact);
	sim_truth_find_rolls(t, contact->start_s, contact->end_s);
	for (size_t i = 0; i < t->rolls; i++) {
		const struct sim_roll *roll = &t->roll[i];

		add(t, LABEL_ROLL, roll->start_s, roll->end_s, roll, contact->start_s);
		if (roll->start_s - from_s >= t->limits.hold_min_s)
			label_part(t, from_s, roll->start_s, contact->start_s);
		from_s = roll->end_s;
	}
	if (length_s >= t->limits.hold_min_s) {
		label_part(t, from_s, contact->end_s, contact->start_s);
	} else if (t->rolls == 0 && !shaken) {
		enum label_kind kind = length_s < t->limits.tap_max_s ? LABEL_TAP : LABEL_PRESS;

		add(t, kind, contact->start_s, contact->end_s, NULL, contact->start_s);
	}
}

/*
 * The next contact within [i, end), or false. It ends where the force falls below release_n for bridge_s, or with the
 * stretch that was seen.
 */
static bool next_contact(const struct sim_truth *t, size_t first, size_t i, size_t end, struct contact *ret)
{
	size_t bridge = (size_t)ceil(t->limits.bridge_s / t->dt_s), back;

	i = next_above(t, i, end, t->limits.press_n);
	if (i >= end)
		return false;
	ret->start_s = i == first ? sim_truth_time_s(t, i) : crossing_s(t, i, t->limits.press_n);
	for (;;) {
		while (i < end && t->kept[i].force_n >= t->limits.release_n)
			i++;
		if (i >= end)
			break;
		back = next_above(t, i, end, t->limits.release_n);
		if (back - i >= bridge || back >= end)
			break;
		i = back;
	}
	ret->end = i;
	ret->end_s = i < end ? crossing_s(t, i, t->limits.release_n) : sim_truth_time_s(t, end - 1);
	return true;
}

static void label_seen(struct sim_truth *t, size_t first, size_t end)
{
	struct contact contact;
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
		if (t->blind[i].to_s <= t->start_s || t->blind[i].from_s >= sim_truth_time_s(t, t->count))
			continue;
		label_seen(t, first, sim_truth_index(t, t->blind[i].from_s));
		first = sim_truth_index(t, t->blind[i].to_s);
	}
	label_seen(t, first, t->count);
	t->count = 0;
}

static void keep(struct sim_truth *t, const struct sim_moment *moment)
{
	struct sim_kept kept = {
		.force_n = (float)moment->force_n,
		.calm_n = (float)moment->calm_n,
		.x_mm = (float)moment->x_mm,
		.turns = (float)moment->turns,
	};

	if (t->error == 0)
		t->error = ARRAY_ADD(t->kept, t->count, t->size, kept);
}

void sim_truth_push(struct sim_truth *t, double t_s, const struct sim_moment *moment)
{
	static const struct sim_moment nothing = { 0 };

	if (t->count > 0 && t_s > sim_truth_time_s(t, t->count) + QUIET_S)
		label_all(t);
	if (t->count == 0)
		t->start_s = t_s;
	while (t_s > sim_truth_time_s(t, t->count) + t->dt_s / 2 && t->error == 0)
		keep(t, &nothing);
	keep(t, moment);
}

void sim_truth_blind(struct sim_truth *t, double from_s)
{
	struct sim_blind blind = { .from_s = from_s, .to_s = HUGE_VAL };

	if (t->error == 0)
		t->error = ARRAY_ADD(t->blind, t->blinds, t->blinds_size, blind);
}

void sim_truth_see(struct sim_truth *t, double from_s)
{
	if (t->blinds > 0)
		t->blind[t->blinds - 1].to_s = fmin(t->blind[t->blinds - 1].to_s, from_s);
}

int sim_truth_finish(struct sim_truth *t, double origin_s)
{
	label_all(t);
	for (size_t i = 0; i < t->labels.count; i++) {
		struct label *label = &t->labels.item[i];

		label->start_s -= origin_s;
		label->end_s -= origin_s;
		label->details->number[LABEL_FIRST_CONTACT_S] -= origin_s;
		for (size_t k = 0; k < label->details->reversals; k++)
			label->details->reversal_s[k] -= origin_s;
	}
	labels_sort(&t->labels);
	return t->error;
}
