/* SPDX-License-Identifier: MIT */
/*
 * The rolls of a contact. Where the cells' places are known, a roll is what the place does while the timeline says that the
 * contact rolls: two or more strokes of 20 mm. By force alone a roll is whatever keeps the rule of the swings, be it rolling
 * or very deep breath, and rolling that does not keep it is none: the timeline only says where it leaves rest and where it
 * comes to rest.
 *
 * Looked at is the force without what is quick. Dips are no swings, nor are the ramps at either end of an act.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "array.h"
#include "sim_truth.h"

#define STROKE_MIN_MM 20.0
#define STROKES_MIN 2
#define SWING_MIN 0.15 /* of the mean: what makes a roll by force */
#define STROKE_MIN 0.10 /* of the mean, and ... */
#define STROKE_PART 0.35 /* ... of the swings that make it a roll: what counts as a stroke of one */
#define REST_S 6.5 /* without turning round: it rests */

static double extreme_s(const struct sim_truth *t, size_t i)
{
	return t->start_s + t->turns.item[i].at * t->dt_s;
}

/* Keeps the roll of `strokes` strokes from extreme `first` on, which starts and ends at the times given. */
static void keep(struct sim_truth *t, size_t first, size_t strokes, double start_s, double end_s)
{
	struct sim_roll roll = { .start_s = start_s, .end_s = end_s, .strokes = strokes };

	roll.reversal_s = calloc(strokes, sizeof(*roll.reversal_s));
	if (!roll.reversal_s) {
		t->error = -ENOMEM;
		return;
	}
	for (size_t i = 1; i < strokes; i++)
		roll.reversal_s[i - 1] = extreme_s(t, first + i);
	t->error = ARRAY_ADD(t->roll, t->rolls, t->rolls_size, roll);
	if (t->error < 0)
		free(roll.reversal_s);
}

/* The stretch of an act between its first ramp and its last, cut to [*from_s, *to_s]. */
static void leave_ramps_out(const struct sim_truth *t, double *from_s, double *to_s)
{
	for (size_t i = 0; i < t->tl->acts; i++) {
		const struct sim_act *act = &t->tl->act[i];
		const struct sim_move *move = &t->tl->level[act->levels.first];

		if (act->end_s <= *from_s || act->start_s >= *to_s || act->levels.count < 2)
			continue;
		*from_s = fmax(*from_s, move[0].t_s + move[0].ramp_s);
		*to_s = fmin(*to_s, move[act->levels.count - 1].t_s);
	}
}

/* Keeps the roll that a run of firm swings from run_s on is part of, between rests. Returns where it ends. */
static double keep_around(struct sim_truth *t, double run_s)
{
	double rest = REST_S / t->dt_s;
	size_t first = 0, last;

	while (first + 2 < t->turns.count && extreme_s(t, first + 1) <= run_s)
		first++;
	last = first + 1;
	while (first > 0 && t->turns.item[first].at - t->turns.item[first - 1].at <= rest)
		first--;
	while (last + 1 < t->turns.count && t->turns.item[last + 1].at - t->turns.item[last].at <= rest)
		last++;
	keep(t, first, last - first, extreme_s(t, first), extreme_s(t, last));
	return extreme_s(t, last);
}

static double mean_swing(const struct sim_turns *turns)
{
	double sum = 0;

	for (size_t i = 1; i < turns->count; i++)
		sum += fabs(turns->item[i].value - turns->item[i - 1].value);
	return turns->count > 1 ? sum / (double)(turns->count - 1) : 0;
}

/*
 * Rolls by force within [start_s, end_s], which lies within one rolling of the timeline (marked) or outside of all. A weaker
 * swing does not end what has become a roll: a marked one is a roll from end to end, another goes on for as long as the
 * force does not rest.
 */
static void find_by_force(struct sim_truth *t, double start_s, double end_s, bool marked)
{
	double from_s = start_s, to_s = end_s, mean_n, over_s = start_s;
	struct sim_turns firm = { 0 };
	size_t first, end, at = 0, run = 0, swings;

	leave_ramps_out(t, &from_s, &to_s);
	if (to_s <= from_s || t->error < 0)
		return;
	first = sim_truth_index(t, from_s);
	end = sim_truth_index(t, to_s);
	mean_n = sim_turns_mean_n(t->kept, first, end);
	t->error = sim_turns_find(&firm, t->kept, first, end, true, SWING_MIN * mean_n);
	if (t->error == 0)
		t->error = sim_turns_find(&t->turns, t->kept, first, end, true,
			fmax(STROKE_MIN * mean_n, STROKE_PART * mean_swing(&firm)));
	while (t->error == 0 && (swings = sim_turns_roll(&firm, t->kept, t->dt_s, at, &run)) > 0) {
		double run_s = t->start_s + firm.item[run].at * t->dt_s;

		if (marked) {
			keep(t, 0, t->turns.count - 1, start_s, end_s);
			break;
		}
		if (run_s >= over_s)
			over_s = keep_around(t, run_s);
		at = run + swings;
	}
	sim_turns_deinit(&firm);
}

static void find_by_place(struct sim_truth *t, double start_s, double end_s)
{
	if (t->error == 0)
		t->error = sim_turns_find(&t->turns, t->kept, sim_truth_index(t, start_s), sim_truth_index(t, end_s),
			false, STROKE_MIN_MM);
	if (t->error == 0 && t->turns.count > STROKES_MIN)
		keep(t, 0, t->turns.count - 1, start_s, end_s);
}

void sim_truth_find_rolls(struct sim_truth *t, double start_s, double end_s)
{
	double from_s = start_s;

	for (size_t i = 0; i < t->rolls; i++)
		free(t->roll[i].reversal_s);
	t->rolls = 0;
	for (size_t i = 0; i < t->tl->marks; i++) {
		const struct sim_mark *mark = &t->tl->mark[i];
		double mark_s = fmax(mark->start_s, start_s), mark_end_s = fmin(mark->end_s, end_s);

		if (mark->kind != LABEL_ROLL || mark_end_s <= mark_s)
			continue;
		if (t->by_force) {
			find_by_force(t, from_s, mark_s, false);
			find_by_force(t, mark_s, mark_end_s, true);
		} else {
			find_by_place(t, mark_s, mark_end_s);
		}
		from_s = mark_end_s;
	}
	if (t->by_force)
		find_by_force(t, from_s, end_s, false);
}
