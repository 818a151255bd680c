/* SPDX-License-Identifier: MIT */
/*
 * Sets, by events.md section 2: a pulse set is two or more holds of 5 to 20 s with gaps of 0.5 to 10 s and levels within
 * 35 % of the first; a press set three or more presses, each within 3 s of the one before. A set is told when nothing can join it any
 * more, about the end of its last member.
 */
#include <math.h>
#include <string.h>

#include "sets.h"

#define PULSE_MIN_S 5.0
#define PULSE_MAX_S 20.0
#define PULSE_LATE_S 2.0
#define PULSE_GAP_MIN_S 0.5
#define PULSE_GAP_MAX_S 10.0
#define PULSE_LEVEL_SHARE 0.35
#define PULSES_MIN 2
#define PRESS_GAP_MAX_S 3.0
#define PRESSES_MIN 3
#define SURE 0.5 /* of a limit: so far from it, nothing speaks for the other verdict */
#define SPOILED 0.8 /* of the confidence, for each flag that spoils a record */

void sets_init(struct sets *s, struct emit *emit)
{
	memset(s, 0, sizeof *s);
	s->emit = emit;
}

/* Margin to the limit that was nearest, 0 to 1: half at it. Lowered by what spoils the members. */
static double confidence(double margin, uint32_t flags)
{
	static const uint32_t spoilers[] = { KNEAD_FLAG_GAP, KNEAD_FLAG_SATURATED, KNEAD_FLAG_BOOT_LOADED,
		KNEAD_FLAG_PRIOR };
	double sure = 0.5 + 0.5 * fmin(1, fmax(0, margin / SURE));

	for (uint32_t i = 0; i < sizeof spoilers / sizeof spoilers[0]; i++)
		if (flags & spoilers[i])
			sure *= SPOILED;
	return sure;
}

static void close_pulses(struct sets *s)
{
	struct knead_event *event;

	if (s->pulses >= PULSES_MIN) {
		event = emit_event(s->emit, KNEAD_EVENT_PULSE_SET_END, s->pulses_end_us,
			confidence(s->pulse_margin, s->pulse_flags), s->pulse_flags);
		event->pulse_set.start_us = emit_time(s->emit, s->pulses_start_us);
		event->pulse_set.end_us = emit_time(s->emit, s->pulses_end_us);
		event->pulse_set.pulses = s->pulses;
		event->pulse_set.mean_duration_s = s->pulses_sum_s / s->pulses;
		for (uint32_t i = 0; i < s->pulses && i < KNEAD_PULSES_MAX; i++)
			event->pulse_set.hold_ids[i] = s->first_pulse_id + i;
	}
	s->pulses = 0;
}

static void close_presses(struct sets *s)
{
	struct knead_event *event;

	if (s->presses >= PRESSES_MIN) {
		event = emit_event(s->emit, KNEAD_EVENT_PRESS_SET_END, s->presses_end_us,
			confidence(s->press_margin, s->press_flags), s->press_flags);
		event->press_set.start_us = emit_time(s->emit, s->presses_start_us);
		event->press_set.end_us = emit_time(s->emit, s->presses_end_us);
		event->press_set.presses = s->presses;
	}
	s->presses = 0;
}

void sets_hold(struct sets *s, const struct hold_ended *hold)
{
	double seconds = knead_us_to_s(hold->end_us - hold->start_us);
	double gap_s = knead_us_to_s(hold->start_us - s->pulses_end_us);
	bool pulse = seconds >= PULSE_MIN_S && seconds <= PULSE_MAX_S;

	if (s->pulses > 0 && (!pulse || gap_s < PULSE_GAP_MIN_S || gap_s > PULSE_GAP_MAX_S ||
				     fabs(hold->level_n - s->pulses_level_n) > PULSE_LEVEL_SHARE * s->pulses_level_n))
		close_pulses(s);
	if (!pulse)
		return;
	if (s->pulses == 0) {
		s->pulses_start_us = hold->start_us;
		s->pulses_level_n = hold->level_n;
		s->pulses_sum_s = 0;
		s->pulse_flags = 0;
		s->pulse_margin = 1;
		s->first_pulse_id = hold->id;
	}
	s->pulse_margin = fmin(s->pulse_margin, fmin(seconds / PULSE_MIN_S - 1, 1 - seconds / PULSE_MAX_S));
	if (s->pulses > 0) {
		s->pulse_margin = fmin(s->pulse_margin, fmin(gap_s / PULSE_GAP_MIN_S - 1, 1 - gap_s / PULSE_GAP_MAX_S));
		s->pulse_margin = fmin(s->pulse_margin,
			1 - fabs(hold->level_n - s->pulses_level_n) / (PULSE_LEVEL_SHARE * s->pulses_level_n));
	}
	s->pulses++;
	s->pulses_sum_s += seconds;
	s->pulses_end_us = hold->end_us;
	s->pulse_flags |= hold->flags;
}

void sets_press(struct sets *s, int64_t start_us, int64_t end_us, uint32_t flags)
{
	if (s->presses > 0 && knead_us_to_s(start_us - s->presses_end_us) > PRESS_GAP_MAX_S)
		close_presses(s);
	if (s->presses == 0) {
		s->presses_start_us = start_us;
		s->press_flags = 0;
		s->press_margin = 1;
	} else {
		s->press_margin =
			fmin(s->press_margin, 1 - knead_us_to_s(start_us - s->presses_end_us) / PRESS_GAP_MAX_S);
	}
	s->presses++;
	s->presses_end_us = end_us;
	s->press_flags |= flags;
}

void sets_advance(struct sets *s, int64_t t_us, int64_t press_us, int64_t pulse_us)
{
	/* what has lasted too long is none, even if it is found to have ended a little while ago */
	if (knead_us_to_s(t_us - pulse_us) > PULSE_MAX_S + PULSE_LATE_S)
		pulse_us = t_us;
	if (s->presses > 0 && knead_us_to_s(press_us - s->presses_end_us) > PRESS_GAP_MAX_S)
		close_presses(s);
	if (s->pulses > 0 && knead_us_to_s(pulse_us - s->pulses_end_us) > PULSE_GAP_MAX_S)
		close_pulses(s);
}

void sets_close(struct sets *s)
{
	close_presses(s);
	close_pulses(s);
}
