/* SPDX-License-Identifier: MIT */
/*
 * Records of a roll. Mean = impulse / duration; cadence = 60 x strokes / duration; travel = sum over the strokes; the trend of
 * the peaks is a least-squares slope (detection.md 11). What needs a geometry stays unknown without one.
 */
#include <math.h>

#include "roll.h"

void roll_begin(struct roll *r, struct emit *emit, int64_t start_us, double impulse_ns, uint32_t flags)
{
	struct knead_event *event = emit_event(emit, KNEAD_EVENT_ROLL_START, start_us, r->confidence, flags);

	r->start_us = start_us;
	r->start_impulse_ns = impulse_ns;
	event->roll_start.roll_id = r->id;
	event->roll_start.start_us = emit_time(emit, start_us);
}

void roll_stroke(struct roll *r, struct emit *emit, const struct extreme *a, const struct extreme *b, int64_t start_us,
	int64_t end_us, uint32_t flags)
{
	struct knead_event *event = emit_event(emit, KNEAD_EVENT_STROKE, end_us, r->confidence, flags);
	double seconds = knead_us_to_s(end_us - start_us), swing = fabsf(b->u - a->u);

	r->strokes++;
	r->sum_p += b->peak_n;
	r->sum_ip += (double)r->strokes * b->peak_n;
	r->interval_sum_s += seconds;
	r->amplitude += (swing - r->amplitude) / (r->strokes < 4 ? r->strokes : 4);
	if (b->peak_n > r->peak_n)
		r->peak_n = b->peak_n;
	event->stroke = (struct knead_stroke_fields){
		.roll_id = r->id,
		.index = r->strokes,
		.start_us = emit_time(emit, start_us),
		.end_us = emit_time(emit, end_us),
		.peak_n = b->peak_n,
		.mean_n = seconds > 0 ? (extreme_impulse_ns(b, end_us) - extreme_impulse_ns(a, start_us)) / seconds
				      : b->peak_n,
	};
	if (r->positional)
		event->stroke.direction = b->u > a->u ? KNEAD_DIRECTION_PLUS : KNEAD_DIRECTION_MINUS;
	if (r->has_travel) {
		r->travel_mm += swing;
		event->stroke.travel_mm = knead_known(swing);
		if (seconds > 0)
			event->stroke.speed_mm_s = knead_known(swing / seconds);
	}
}

/* Slope of the peaks over their number by least squares, in percent of their mean. */
static struct knead_maybe peak_trend(const struct roll *r)
{
	double n = r->strokes, si = n * (n + 1) / 2, sii = n * (n + 1) * (2 * n + 1) / 6, det = n * sii - si * si;

	if (r->strokes < 3 || det <= 0 || r->sum_p <= 0)
		return knead_unknown();
	return knead_known(100 * ((n * r->sum_ip - si * r->sum_p) / det) / (r->sum_p / n));
}

void roll_end(const struct roll *r, struct emit *emit, int64_t end_us, double impulse_ns, enum knead_cause cause,
	uint32_t flags)
{
	double seconds = knead_us_to_s(end_us - r->start_us);
	struct knead_event *event = emit_event(emit, KNEAD_EVENT_ROLL_END, end_us, r->confidence, flags);

	event->roll_end = (struct knead_roll_end_fields){
		.roll_id = r->id,
		.strokes = r->strokes,
		.start_us = emit_time(emit, r->start_us),
		.end_us = emit_time(emit, end_us),
		.cadence_per_min = seconds > 0 ? 60 * r->strokes / seconds : 0,
		.peak_n = r->peak_n,
		.impulse_ns = impulse_ns - r->start_impulse_ns,
		.peak_trend_pct_per_stroke = peak_trend(r),
		.cause = cause,
	};
	event->roll_end.mean_n = seconds > 0 ? event->roll_end.impulse_ns / seconds : 0;
	if (r->has_travel) {
		event->roll_end.travel_mm = knead_known(r->travel_mm);
		if (seconds > 0)
			event->roll_end.speed_mm_s = knead_known(r->travel_mm / seconds);
	}
}
