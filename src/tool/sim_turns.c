/* SPDX-License-Identifier: MIT */
/*
 * Extremes by hysteresis, as in counting the cycles of fatigue: one is confirmed when the value has come back from it by
 * as much as a swing must have. Its time is looked for afterwards, since a rest there has no moment of its own.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "array.h"
#include "sim_turns.h"

#define SWINGS_MIN 4
#define SWING_MIN 0.15 /* of the mean */
#define INTERVAL_MIN_S 0.35
#define INTERVAL_MAX_S 6.5
#define INTERVAL_RATIO 2.6
#define SWING_RATIO 2.5
#define AT_REST 0.02 /* of a swing: so near its extreme it counts as turning */

static double value_of(const struct sim_kept *kept, size_t i, bool by_force)
{
	return by_force ? (double)kept[i].calm_n : (double)kept[i].x_mm;
}

/* How far from i on, upwards (way 1) or downwards (-1), the value stays within `near` of that at i, up to `end`. */
static size_t rest_to(const struct sim_kept *kept, size_t i, int way, size_t end, bool by_force, double near)
{
	double value = value_of(kept, i, by_force);

	while (i != end && fabs(value_of(kept, way > 0 ? i + 1 : i - 1, by_force) - value) <= near)
		i = way > 0 ? i + 1 : i - 1;
	return i;
}

static int add_extreme(struct sim_turns *t, const struct sim_kept *kept, size_t at, bool by_force)
{
	struct sim_extreme extreme = { .at = (double)at, .value = value_of(kept, at, by_force) };

	return ARRAY_ADD(t->item, t->count, t->size, extreme);
}

/* Moves the first extreme to the moment of leaving rest, the last to that of coming to rest, others to the middle of theirs. */
static void settle(struct sim_turns *t, const struct sim_kept *kept, bool by_force)
{
	for (size_t i = 0; i < t->count; i++) {
		size_t at = (size_t)t->item[i].at, left = at, right = at;
		double before = i > 0 ? fabs(t->item[i].value - t->item[i - 1].value) : HUGE_VAL;
		double after = i + 1 < t->count ? fabs(t->item[i + 1].value - t->item[i].value) : HUGE_VAL;
		double near = AT_REST * fmin(before, after);

		if (i > 0)
			left = rest_to(kept, at, -1, (size_t)ceil(t->item[i - 1].at), by_force, near);
		if (i + 1 < t->count)
			right = rest_to(kept, at, 1, (size_t)t->item[i + 1].at, by_force, near);
		t->item[i].at = i == 0 ? (double)right : i + 1 == t->count ? (double)left : (double)(left + right) / 2;
	}
}

int sim_turns_find(
	struct sim_turns *ret, const struct sim_kept *kept, size_t first, size_t end, bool by_force, double least)
{
	size_t high = first, low = first;
	int way = 0, r = 0; /* 1 rising, -1 falling */

	ret->count = 0;
	for (size_t i = first; i < end && r == 0; i++) {
		double value = value_of(kept, i, by_force);

		if (way >= 0 && value > value_of(kept, high, by_force))
			high = i;
		if (way <= 0 && value < value_of(kept, low, by_force))
			low = i;
		if (way >= 0 && value_of(kept, high, by_force) - value >= least) {
			r = add_extreme(ret, kept, high, by_force);
			low = i;
			way = -1;
		} else if (way <= 0 && value - value_of(kept, low, by_force) >= least) {
			r = add_extreme(ret, kept, low, by_force);
			high = i;
			way = 1;
		}
	}
	if (r == 0 && way != 0)
		r = add_extreme(ret, kept, way > 0 ? high : low, by_force);
	settle(ret, kept, by_force);
	return r;
}

void sim_turns_deinit(struct sim_turns *t)
{
	free(t->item);
	*t = (struct sim_turns){ 0 };
}

double sim_turns_mean_n(const struct sim_kept *kept, size_t first, size_t end)
{
	double sum = 0;

	for (size_t i = first; i < end; i++)
		sum += kept[i].calm_n;
	return end > first ? sum / (double)(end - first) : 0;
}

/* The swings from extreme `first` on that keep the rule of intervals and sizes. */
static size_t run_from(const struct sim_turns *t, double dt_s, size_t first)
{
	double shortest_s = HUGE_VAL, longest_s = 0, smallest = HUGE_VAL, largest = 0;
	size_t i = first;

	for (; i + 1 < t->count; i++) {
		double interval_s = (t->item[i + 1].at - t->item[i].at) * dt_s;
		double swing = fabs(t->item[i + 1].value - t->item[i].value);

		shortest_s = fmin(shortest_s, interval_s);
		longest_s = fmax(longest_s, interval_s);
		smallest = fmin(smallest, swing);
		largest = fmax(largest, swing);
		if (shortest_s < INTERVAL_MIN_S || longest_s > INTERVAL_MAX_S ||
			longest_s > INTERVAL_RATIO * shortest_s || largest > SWING_RATIO * smallest)
			break;
	}
	return i - first;
}

/* How many of the swings from extreme `first` on are large enough for the mean of the run they make up. */
static size_t firm(const struct sim_turns *t, const struct sim_kept *kept, size_t first, size_t swings)
{
	double mean_n = sim_turns_mean_n(kept, (size_t)t->item[first].at, (size_t)t->item[first + swings].at);

	for (size_t i = 0; i < swings; i++)
		if (fabs(t->item[first + i + 1].value - t->item[first + i].value) < SWING_MIN * mean_n)
			return i;
	return swings;
}

size_t sim_turns_roll(
	const struct sim_turns *t, const struct sim_kept *kept, double dt_s, size_t from, size_t *ret_first)
{
	for (size_t i = from; i + SWINGS_MIN < t->count; i++) {
		size_t swings = run_from(t, dt_s, i);

		swings = swings >= SWINGS_MIN ? firm(t, kept, i, swings) : 0;
		if (swings < SWINGS_MIN)
			continue;
		*ret_first = i;
		return swings;
	}
	return 0;
}
