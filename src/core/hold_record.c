/* SPDX-License-Identifier: MIT */
/*
 * What is said of a hold. Onset and release rate are the slopes between 10 % and 90 % of the level (of what really fell,
 * for a partial release), read from the edges; detection.md section 11 defines every field.
 */
#include <math.h>

#include "hold_record.h"

#define LOW_SHARE 0.1
#define HIGH_SHARE 0.9
#define ARRIVE_SHARE 0.95
#define SHOWN_US 1500000
#define BREATH_LATE_US 3000000 /* a hold whose end was found later has swings of the roll in its breathing */

double hold_confidence(const struct hold *h, double level_n)
{
	static const uint32_t spoilers[] = { KNEAD_FLAG_GAP, KNEAD_FLAG_SATURATED, KNEAD_FLAG_BOOT_LOADED,
		KNEAD_FLAG_PRIOR };
	double confidence = level_n > h->settings->press_n ? 1 - 0.5 * h->settings->press_n / level_n : 0.5;

	for (uint32_t i = 0; i < sizeof spoilers / sizeof spoilers[0]; i++)
		if (h->flags & spoilers[i])
			confidence *= 0.8;
	return confidence;
}

void hold_record_start(struct hold *h)
{
	struct knead_event *event;

	h->id = h->next_id++;
	event = emit_event(h->emit, KNEAD_EVENT_HOLD_START, h->start_us,
		hold_confidence(h, tally_level_n(&h->tally.now)), h->flags);
	event->hold_start.hold_id = h->id;
	event->hold_start.start_us = emit_time(h->emit, h->start_us);
}

void hold_record_target(struct hold *h, int64_t target_us)
{
	struct knead_event *event = emit_event(h->emit, KNEAD_EVENT_HOLD_TARGET, target_us,
		hold_confidence(h, tally_level_n(&h->tally.now)), h->flags);

	event->hold_target.hold_id = h->id;
	event->hold_target.target_s = h->settings->target_s;
}

static double seconds_between(int64_t from_us, int64_t to_us)
{
	return to_us > from_us ? knead_us_to_s(to_us - from_us) : 0;
}

/* First time up through a level: known finely near the highest force. */
static bool up_us(const struct hold *h, double level_n, int64_t *ret_t_us)
{
	return climb_up_us(&h->climb, level_n, ret_t_us) || edges_up_us(&h->edges, level_n, ret_t_us);
}

/* Time to 95 % of the level, and the slope from 10 % (or from where the hold began) to 90 %. */
static void record_onset(const struct hold *h, double level_n, struct knead_hold_end_fields *f)
{
	double low_n = LOW_SHARE * level_n, high_n = HIGH_SHARE * level_n;
	int64_t arrive_us, low_us, high_us;

	if (!h->had_onset)
		return;
	if (up_us(h, ARRIVE_SHARE * level_n, &arrive_us))
		f->time_to_peak_s = seconds_between(h->start_us, arrive_us);
	if (low_n < h->edges.origin_n)
		low_n = h->edges.origin_n;
	if (high_n > low_n && up_us(h, low_n, &low_us) && up_us(h, high_n, &high_us) && high_us > low_us)
		f->onset_n_per_s = knead_known((high_n - low_n) / knead_us_to_s(high_us - low_us));
}

/* The level just before the fall; a rolled or lost hold has none, and its level is what it had come to. */
static double from_n(const struct hold *h, const struct tally_mark *end, enum knead_cause cause)
{
	if (cause == KNEAD_CAUSE_EASED)
		return h->eased_level_n;
	return cause == KNEAD_CAUSE_LIFTED ? (double)h->tally.fallen_n : tally_level_n(end);
}

static void record_release(const struct hold *h, const struct signal *s, const struct tally_mark *end,
	const struct knead_hold_end_fields *f, struct knead_release_fields *r)
{
	double residual_n, drop_n, after_s = seconds_between(f->end_us, s->t_us);
	struct edges_fall fall;

	*r = (struct knead_release_fields){
		.hold_id = f->hold_id,
		.cause = f->cause,
		.duration_s = knead_us_to_s(f->end_us - f->start_us),
		.peak_n = f->peak_n,
		.peak_kpa = f->peak_kpa,
		.from_n = from_n(h, end, f->cause),
	};
	/* what the force was in a gap is not known */
	if ((f->cause != KNEAD_CAUSE_LIFTED && f->cause != KNEAD_CAUSE_EASED) || after_s <= 0 || s->gap)
		return;
	residual_n = (s->impulse_ns - end->impulse_ns) / after_s;
	r->residual_n = knead_known(residual_n);
	drop_n = r->from_n - residual_n;
	if (!edges_fall(
		    &h->edges, residual_n + HIGH_SHARE * drop_n, residual_n + LOW_SHARE * drop_n, end->local_n, &fall))
		return;
	r->fall_s = knead_known(knead_us_to_s(fall.low_us - fall.high_us));
	r->release_n_per_s = knead_known((fall.high_n - fall.low_n) / r->fall_s.value);
}

/* Between the arrival at its level and the final fall. */
static double min_n(const struct hold *h, double level_n, double since_onset_n)
{
	return h->had_onset ? fmax(since_onset_n, climb_floor_n(&h->climb, ARRIVE_SHARE * level_n)) : since_onset_n;
}

void hold_record_end(
	struct hold *h, const struct signal *s, const struct tally_mark *end, int64_t end_us, enum knead_cause cause)
{
	double level_n = tally_level_n(end), confidence = hold_confidence(h, level_n);
	struct knead_event *event = emit_event(h->emit, KNEAD_EVENT_HOLD_END, end_us, confidence, h->flags);
	struct knead_hold_end_fields f = { .hold_id = h->id, .cause = cause, .target_s = h->settings->target_s };
	int64_t fall_us = end_us;

	edges_down_us(&h->edges, HIGH_SHARE * end->local_n, &fall_us);
	tally_finish(&h->tally, end, end_us, fall_us < end_us ? fall_us : end_us, cause == KNEAD_CAUSE_ROLLED, &f);
	f.start_us = h->start_us;
	f.min_n = min_n(h, level_n, f.min_n);
	/* marks are taken when a movement has been seen to leave or to rest, a little after it did */
	if (f.peak_t_us > end_us)
		f.peak_t_us = end_us;
	if (f.peak_t_us < f.start_us)
		f.peak_t_us = f.start_us;
	f.peak_kpa = knead_n_to_kpa(f.peak_n, h->settings->contact_cm2);
	f.target_met = end_us - h->start_us >= knead_s_to_us(h->settings->target_s);
	record_onset(h, level_n, &f);
	if (s->t_us - end_us <= BREATH_LATE_US) {
		f.softening_s = softening_s(&h->tally.breath.softening);
		f.breath_per_min = breath_per_min(&h->tally.breath, knead_us_to_s(end_us - h->start_us));
	}
	event->hold_end = f;
	event->hold_end.start_us = emit_time(h->emit, f.start_us);
	event->hold_end.end_us = emit_time(h->emit, f.end_us);
	event->hold_end.peak_t_us = emit_time(h->emit, f.peak_t_us);
	event = emit_event(h->emit, KNEAD_EVENT_RELEASE, end_us, confidence, h->flags);
	record_release(h, s, end, &f, &event->release);
	h->ended[h->holds++ % HOLDS_KEPT] = (struct hold_ended){
		.id = h->id,
		.start_us = h->start_us,
		.end_us = end_us,
		.level_n = (float)level_n,
		.flags = h->flags,
		.cause = cause,
	};
	h->holds_met += f.target_met;
	if (knead_us_to_s(end_us - h->start_us) > h->longest_hold_s)
		h->longest_hold_s = knead_us_to_s(end_us - h->start_us);
}

bool hold_shown(const struct hold *h, int64_t t_us)
{
	switch (h->state) {
	case HOLD_ON:
		return true;
	case HOLD_EASING:
	case HOLD_CANDIDATE:
		return h->published || t_us - h->start_us >= SHOWN_US;
	case HOLD_NONE:
	case HOLD_EASED:
	case HOLD_ROLLING:
		break;
	}
	return false;
}
