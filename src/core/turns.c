/* SPDX-License-Identifier: MIT */
/*
 * The rule of a roll (detection.md 9.2). With one cell force swings alone must be told from sway, breathing and dips: 0.35
 * to 6.5 s apart, the longest interval at most 2.6 times the shortest, the largest swing at most 2.5 times the smallest.
 */
#include <math.h>
#include <string.h>

#include "turns.h"

#define INTERVAL_MIN_S 0.35
#define INTERVAL_MAX_S 6.5
#define INTERVAL_RATIO 2.6
#define SWING_RATIO 2.5

void turns_keep(struct turns *t, const struct extreme *e)
{
	if (t->count == TURNS_KEPT) {
		memmove(&t->kept[0], &t->kept[1], (TURNS_KEPT - 1) * sizeof t->kept[0]);
		t->count--;
		t->first = t->first > 0 ? t->first - 1 : 0;
	}
	t->kept[t->count++] = *e;
}

double turns_interval_s(const struct extreme *a, const struct extreme *b)
{
	return knead_us_to_s(b->t_us - a->t_us);
}

bool turns_rested(const struct turns *t, uint32_t i)
{
	return extreme_rest_us(&t->kept[i - 1], &t->kept[i]) >= t->rest_us;
}

static void measure(const struct turns *t, enum knead_measure what, double value, double limit)
{
	emit_measure(t->emit, what, t->kept[t->count - 1].t_us, value, limit);
}

static bool holds(const struct turns *t, const struct turns_rule *rule, double *ret_share)
{
	double longest = 0, shortest = INFINITY, largest = 0, smallest = INFINITY;

	measure(t, KNEAD_MEASURE_SWINGS, t->count - 1, rule->swings);
	if (t->count < rule->swings + 1)
		return false;
	for (uint32_t i = t->count - rule->swings; i < t->count; i++) {
		const struct extreme *a = &t->kept[i - 1], *b = &t->kept[i];
		double swing = fabs(b->u - a->u), interval = turns_interval_s(a, b);

		if (i > t->count - rule->swings && turns_rested(t, i - 1))
			return false;
		longest = interval > longest ? interval : longest;
		shortest = interval < shortest ? interval : shortest;
		largest = swing > largest ? swing : largest;
		smallest = swing < smallest ? swing : smallest;
	}
	measure(t, KNEAD_MEASURE_SMALLEST, smallest / rule->swing, 1);
	measure(t, KNEAD_MEASURE_EVENNESS, largest / smallest, SWING_RATIO);
	measure(t, KNEAD_MEASURE_PACE, longest / shortest, INTERVAL_RATIO);
	measure(t, KNEAD_MEASURE_SHORTEST, shortest, INTERVAL_MIN_S);
	measure(t, KNEAD_MEASURE_LONGEST, longest, INTERVAL_MAX_S);
	if (smallest < rule->swing)
		return false;
	if (!t->positional && (shortest < INTERVAL_MIN_S || longest > INTERVAL_MAX_S ||
				      longest > INTERVAL_RATIO * shortest || largest > SWING_RATIO * smallest))
		return false;
	*ret_share = smallest / rule->swing;
	return true;
}

/* Whether the swing that ends in kept[i] is part of the roll that begins there: a first pass may be larger or longer. */
static bool belongs(const struct turns *t, const struct turns_rule *rule, uint32_t i)
{
	const struct extreme *a = &t->kept[i - 1], *b = &t->kept[i];
	double interval = turns_interval_s(a, b);

	return fabs(b->u - a->u) >= rule->swing && !turns_rested(t, i) && interval >= INTERVAL_MIN_S &&
	       interval <= INTERVAL_MAX_S;
}

bool turns_find(struct turns *t, const struct turns_rule *rule, double *ret_share)
{
	if (!holds(t, rule, ret_share))
		return false;
	t->first = t->count - 1 - rule->swings;
	while (t->first > 0 && belongs(t, rule, t->first))
		t->first--;
	return true;
}
