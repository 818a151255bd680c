/* SPDX-License-Identifier: MIT */
/*
 * Between contacts: how near the force came to one, and how long it stayed under release_n. The rise to a contact passes
 * every level; so a peak counts once the force has sunk to PEAK_BACK of it.
 */
#include <math.h>

#include "replay_story.h"

#define PEAK_BACK 0.7
#define STOOD_US 20000

void telling_end_stretch(struct telling *t, int64_t until_us)
{
	if (t->below)
		t->apart_s = fmax(t->apart_s, knead_us_to_s(until_us - t->below_us));
	t->below = false;
}

/* Lowest force of the last 20 ms, and at least of two samples: what would have been confirmed as a contact. */
static double stood_n(struct telling *t)
{
	const uint32_t places = sizeof(t->recent) / sizeof(t->recent[0]);
	double lowest_n = t->level_n;
	uint32_t at = t->recent_next;

	t->recent[at % places].t_us = t->now_us;
	t->recent[at % places].level_n = t->level_n;
	t->recent_next = (at + 1) % places;
	for (uint32_t i = 1; i < places; i++) {
		uint32_t k = (at + places - i) % places;

		lowest_n = fmin(lowest_n, t->recent[k].level_n);
		if (t->now_us - t->recent[k].t_us >= STOOD_US)
			break;
	}
	return lowest_n;
}

static int64_t crossed_us(const struct telling *t, double line_n)
{
	double share = (line_n - t->prev_level_n) / (t->level_n - t->prev_level_n);

	if (t->before == BEFORE_GAP) /* as the detector has it: what lies in a gap is not known */
		return t->level_n > t->prev_level_n ? t->now_us : t->prev_us;
	return share > 0 && share < 1 ? t->prev_us + (int64_t)(share * (double)(t->now_us - t->prev_us)) : t->prev_us;
}

void telling_watch_idle(struct telling *t)
{
	double stood = stood_n(t), release_n = t->settings->release_n;

	if (stood > t->peak_n) {
		t->peak_n = stood;
		t->peak_us = t->now_us;
	} else if (t->level_n < PEAK_BACK * t->peak_n && t->peak_n > t->idle_peak_n) {
		t->idle_peak_n = t->peak_n;
		t->idle_peak_us = t->peak_us;
	}
	if (t->level_n < PEAK_BACK * t->peak_n)
		t->peak_n = 0;
	if (t->level_n < release_n && !t->below) {
		t->below = true;
		t->below_us = crossed_us(t, release_n);
	} else if (t->level_n >= release_n && t->below) {
		telling_end_stretch(t, crossed_us(t, release_n));
	}
}

void telling_finish(struct telling *t)
{
	if (t->state == TELLING_IDLE && t->peak_n > t->idle_peak_n) {
		t->idle_peak_n = t->peak_n;
		t->idle_peak_us = t->peak_us;
	}
}
