/* SPDX-License-Identifier: MIT */
/*
 * The rule of a roll (detection.md 9.2). With one cell force swings alone must be told from sway, breathing and dips: 0.35
 * to 6.5 s apart, the longest interval at most 2.6 times the shortest, the largest swing at most 2.5 times the smallest.
 */
#include <math.h>
#include <string.h>

#include "turns.h"

#define INTERVAL_MIN_S 0.35
#define HALF_STEP_S 0.012 /* of the trail, in which times are read */
#define INTERVAL_RATIO 2.6
#define SWING_RATIO 2.5
#define ORBIT_RAD 1.2 /* a stroke: half a circle turns by 3.1; an ellipse a fifth as wide as long by that much */
/* A first pass that took so many times the longest of the next three was none: the force crept; so was a small one. */
#define FIRST_PACE 1.6
#define SMALL_FIRST_PACE 1.3

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

bool turns_may_orbit(const struct turns *t)
{
	return fabsf(t->kept[t->count - 1].turned_rad) >= ORBIT_RAD;
}

bool turns_orbited(const struct turns *t)
{
	return t->count > 2 &&
	       fabsf(t->kept[t->count - 1].turned_rad + t->kept[t->count - 2].turned_rad) >= 2 * ORBIT_RAD;
}

static void measure(const struct turns *t, enum knead_measure what, double value, double limit)
{
	emit_measure(t->emit, what, t->kept[t->count - 1].t_us, value, limit);
}

static bool holds(const struct turns *t, const struct turns_rule *rule, double *ret_share)
{
	double longest = 0, shortest = INFINITY, largest = 0, smallest = INFINITY, turned_rad = 0;

	measure(t, KNEAD_MEASURE_SWINGS, t->count - 1, rule->swings);
	if (t->count < rule->swings + 1)
		return false;
	for (uint32_t i = t->count - rule->swings; i < t->count; i++) {
		const struct extreme *a = &t->kept[i - 1], *b = &t->kept[i];
		double swing = fabsf(b->u - a->u), interval = turns_interval_s(a, b);

		if (i > t->count - rule->swings && turns_rested(t, i - 1))
			return false;
		turned_rad += b->turned_rad;
		longest = interval > longest ? interval : longest;
		shortest = interval < shortest ? interval : shortest;
		largest = swing > largest ? swing : largest;
		smallest = swing < smallest ? swing : smallest;
	}
	measure(t, KNEAD_MEASURE_SMALLEST, smallest / rule->swing, 1);
	measure(t, KNEAD_MEASURE_EVENNESS, largest / smallest, SWING_RATIO);
	measure(t, KNEAD_MEASURE_PACE, longest / shortest, INTERVAL_RATIO);
	measure(t, KNEAD_MEASURE_SHORTEST, shortest, INTERVAL_MIN_S);
	measure(t, KNEAD_MEASURE_LONGEST, longest, TURNS_INTERVAL_MAX_S);
	if (smallest < rule->swing || fabs(turned_rad) >= rule->swings * ORBIT_RAD)
		return false;
	if (!t->positional && (shortest < INTERVAL_MIN_S - HALF_STEP_S || longest > TURNS_INTERVAL_MAX_S ||
				      longest > INTERVAL_RATIO * shortest || largest > SWING_RATIO * smallest))
		return false;
	*ret_share = smallest / rule->swing;
	return true;
}

/* Whether the swing that ends in kept[i], of at least that size, is part of the roll that begins there: it may be larger or longer. */
static bool belongs(const struct turns *t, double least, uint32_t i)
{
	const struct extreme *a = &t->kept[i - 1], *b = &t->kept[i];
	double interval = turns_interval_s(a, b);

	return fabsf(b->u - a->u) >= least && !turns_rested(t, i) && interval >= INTERVAL_MIN_S - HALF_STEP_S &&
	       interval <= TURNS_INTERVAL_MAX_S;
}

/*
 * Whether the swing that ends in kept[i], before which there was none, belongs with the three after it: it may be a little
 * small, but not of another size than they, and it must not have been a force that crept until the movement began.
 */
static bool is_first(struct turns *t, const struct turns_rule *rule, uint32_t i)
{
	struct extreme *from = &t->kept[i - 1];
	int64_t latest_us;
	double size = fabsf(t->kept[i].u - t->kept[i - 1].u), longest = 0, largest = 0, pace;

	for (uint32_t k = i + 1; k < t->count && k <= i + 3; k++) {
		longest = fmax(longest, turns_interval_s(&t->kept[k - 1], &t->kept[k]));
		largest = fmax(largest, fabsf(t->kept[k].u - t->kept[k - 1].u));
	}
	/* where it was seen to leave is known; how long it had been going then is a guess, by how long the others took */
	latest_us = t->kept[i].t_us - knead_s_to_us(SMALL_FIRST_PACE * longest);
	latest_us = latest_us < from->out_us ? latest_us : from->out_us;
	if (from->t_us < latest_us)
		from->t_us = latest_us;
	pace = turns_interval_s(from, &t->kept[i]) / longest;
	return size >= rule->swing ? pace <= FIRST_PACE : pace <= SMALL_FIRST_PACE && SWING_RATIO * size >= largest;
}

bool turns_departs(const struct turns *t, double swing)
{
	return t->count == 1 || (!t->positional && !belongs(t, swing, t->count - 1));
}

bool turns_find(struct turns *t, const struct turns_rule *rule, double *ret_share)
{
	if (!holds(t, rule, ret_share))
		return false;
	t->first = t->count - 1 - rule->swings;
	if (t->positional) {
		while (t->first > 0 && belongs(t, rule->swing, t->first))
			t->first--;
		return true;
	}
	if ((t->first == 0 || !belongs(t, rule->swing, t->first)) && !is_first(t, rule, t->first + 1))
		return false;
	while (t->first > 0 && belongs(t, rule->swing, t->first) &&
		(is_first(t, rule, t->first) || (t->first > 1 && belongs(t, rule->swing, t->first - 1))))
		t->first--;
	if (t->first > 0 && belongs(t, TURNS_FIRST_SHARE * rule->swing, t->first) && is_first(t, rule, t->first))
		t->first--;
	return true;
}
