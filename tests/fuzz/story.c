/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "fuzz.h"
#include "story.h"
#include "texts.h"

static void check_maybe(struct knead_maybe m)
{
	FUZZ_CHECK(isfinite(m.value) && (m.known || m.value == 0));
}

static void open_span(struct open_span *s, uint32_t id, int64_t start_us)
{
	FUZZ_CHECK(!s->open && id == s->id + 1);
	*s = (struct open_span){ .open = true, .id = id, .start_us = start_us };
}

static void close_span(struct open_span *s, uint32_t id, int64_t start_us, int64_t end_us)
{
	FUZZ_CHECK(s->open && id == s->id && start_us == s->start_us && end_us >= start_us);
	s->open = false;
}

/* Something loaded from start_us to end_us: it shares no instant with what came before it. */
static void check_loaded(struct story *s, int64_t start_us, int64_t end_us)
{
	FUZZ_CHECK(s->session.open && start_us >= s->session.start_us);
	FUZZ_CHECK(start_us >= s->loaded_until_us && end_us >= start_us);
	s->loaded_until_us = end_us;
}

static void check_hold_end(struct story *s, const struct knead_event *e)
{
	const struct knead_hold_end_fields *f = &e->hold_end;

	close_span(&s->hold, f->hold_id, f->start_us, f->end_us);
	check_loaded(s, f->start_us, f->end_us);
	FUZZ_CHECK(e->t_us == f->end_us && !s->release_due);
	FUZZ_CHECK(f->end_us - f->start_us >= knead_s_to_us(s->hold_min_s));
	FUZZ_CHECK(isfinite(f->peak_n) && isfinite(f->mean_n) && isfinite(f->min_n) && isfinite(f->impulse_ns));
	FUZZ_CHECK(f->peak_t_us >= f->start_us && f->peak_t_us <= f->end_us);
	FUZZ_CHECK(isfinite(f->time_to_peak_s) && f->time_to_peak_s >= 0);
	FUZZ_CHECK(f->target_met == s->target_told || s->target_moved);
	check_maybe(f->peak_kpa);
	check_maybe(f->onset_n_per_s);
	check_maybe(f->steadiness_pct);
	check_maybe(f->relax_pct);
	check_maybe(f->softening_s);
	check_maybe(f->breath_per_min);
	s->release_due = true;
}

static void check_release(struct story *s, const struct knead_release_fields *f)
{
	FUZZ_CHECK(s->release_due && f->hold_id == s->hold.id);
	FUZZ_CHECK(isfinite(f->duration_s) && isfinite(f->peak_n) && isfinite(f->from_n));
	check_maybe(f->peak_kpa);
	check_maybe(f->residual_n);
	check_maybe(f->release_n_per_s);
	check_maybe(f->fall_s);
	FUZZ_CHECK(!f->fall_s.known || f->fall_s.value > 0);
	s->release_due = false;
}

static void check_stroke(struct story *s, const struct knead_stroke_fields *f)
{
	FUZZ_CHECK(s->roll.open && f->roll_id == s->roll.id && f->index == ++s->strokes);
	FUZZ_CHECK(f->start_us >= s->stroke_until_us && f->end_us >= f->start_us);
	FUZZ_CHECK(isfinite(f->peak_n) && isfinite(f->mean_n));
	check_maybe(f->travel_mm);
	check_maybe(f->speed_mm_s);
	s->stroke_until_us = f->end_us;
}

static void check_roll_end(struct story *s, const struct knead_roll_end_fields *f)
{
	close_span(&s->roll, f->roll_id, f->start_us, f->end_us);
	check_loaded(s, f->start_us, f->end_us);
	FUZZ_CHECK(f->strokes == s->strokes && f->end_us >= s->stroke_until_us);
	FUZZ_CHECK(
		isfinite(f->cadence_per_min) && isfinite(f->peak_n) && isfinite(f->mean_n) && isfinite(f->impulse_ns));
	check_maybe(f->travel_mm);
	check_maybe(f->speed_mm_s);
	check_maybe(f->peak_trend_pct_per_stroke);
}

static void check_session_end(struct story *s, const struct knead_event *e)
{
	const struct knead_session_fields *f = &e->session;

	close_span(&s->session, f->session_id, s->session.start_us, e->t_us);
	FUZZ_CHECK(!s->hold.open && !s->roll.open);
	FUZZ_CHECK(isfinite(f->loaded_s) && isfinite(f->dose_ns) && isfinite(f->peak_n) && isfinite(f->longest_hold_s));
	FUZZ_CHECK(f->loaded_s >= 0 && f->holds_met <= f->holds && f->holds <= s->hold.id);
}

/* What is told beside the holds, rolls and presses. */
static void check_aside(const struct story *s, const struct knead_event *e)
{
	if (e->type == KNEAD_EVENT_IMPACT) {
		FUZZ_CHECK(s->session.open && e->press.end_us >= e->press.start_us && isfinite(e->press.peak_n));
	}
	if (e->type == KNEAD_EVENT_PERCUSSION_END) {
		FUZZ_CHECK(e->percussion.end_us > e->percussion.start_us);
		FUZZ_CHECK(isfinite(e->percussion.rate_hz) && isfinite(e->percussion.mean_n));
	}
	if (e->type == KNEAD_EVENT_WARNING) {
		FUZZ_CHECK(isfinite(e->warning.value) && isfinite(e->warning.limit));
	}
	if (e->type == KNEAD_EVENT_PULSE_SET_END) {
		FUZZ_CHECK(e->pulse_set.pulses >= 2 && isfinite(e->pulse_set.mean_duration_s));
		FUZZ_CHECK(e->pulse_set.end_us > e->pulse_set.start_us);
	}
	if (e->type == KNEAD_EVENT_PRESS_SET_END) {
		FUZZ_CHECK(e->press_set.presses >= 3 && e->press_set.end_us > e->press_set.start_us);
	}
	if (e->type == KNEAD_EVENT_PROTOCOL_STEP || e->type == KNEAD_EVENT_PROTOCOL_DONE) {
		FUZZ_CHECK(e->protocol.step >= 1 && e->protocol.step <= e->protocol.of);
		FUZZ_CHECK(e->protocol.of == s->protocol_steps);
	}
}

static void check_event(struct story *s, const struct knead_event *e)
{
	FUZZ_CHECK(e->confidence >= 0 && e->confidence <= 1 && e->flags < 1u << KNEAD_FLAGS);
	FUZZ_CHECK(!s->release_due || e->type == KNEAD_EVENT_RELEASE);
	switch (e->type) {
	case KNEAD_EVENT_SESSION_START:
		open_span(&s->session, e->session.session_id, e->t_us);
		break;
	case KNEAD_EVENT_SESSION_END:
		check_session_end(s, e);
		break;
	case KNEAD_EVENT_HOLD_START:
		open_span(&s->hold, e->hold_start.hold_id, e->hold_start.start_us);
		FUZZ_CHECK(!s->roll.open && e->t_us >= s->loaded_until_us);
		s->target_told = s->target_moved = false;
		break;
	case KNEAD_EVENT_HOLD_TARGET:
		FUZZ_CHECK(s->hold.open && e->hold_target.hold_id == s->hold.id && !s->target_told);
		s->target_told = true;
		break;
	case KNEAD_EVENT_HOLD_END:
		check_hold_end(s, e);
		break;
	case KNEAD_EVENT_RELEASE:
		check_release(s, &e->release);
		break;
	case KNEAD_EVENT_ROLL_START:
		open_span(&s->roll, e->roll_start.roll_id, e->roll_start.start_us);
		FUZZ_CHECK(!s->hold.open && e->t_us >= s->loaded_until_us);
		s->strokes = 0;
		s->stroke_until_us = e->t_us;
		break;
	case KNEAD_EVENT_STROKE:
		check_stroke(s, &e->stroke);
		break;
	case KNEAD_EVENT_ROLL_END:
		check_roll_end(s, &e->roll_end);
		break;
	case KNEAD_EVENT_PRESS:
	case KNEAD_EVENT_TAP:
		check_loaded(s, e->press.start_us, e->press.end_us);
		FUZZ_CHECK(isfinite(e->press.peak_n));
		check_maybe(e->press.travel_mm);
		break;
	case KNEAD_EVENT_IMPACT:
	case KNEAD_EVENT_PERCUSSION_END:
	case KNEAD_EVENT_WARNING:
	case KNEAD_EVENT_PULSE_SET_END:
	case KNEAD_EVENT_PRESS_SET_END:
	case KNEAD_EVENT_PROTOCOL_STEP:
	case KNEAD_EVENT_PROTOCOL_DONE:
		check_aside(s, e);
		break;
	case KNEAD_EVENT_CONTACT_START:
	case KNEAD_EVENT_FAULT:
		break;
	case _KNEAD_EVENT_TYPES:
		FUZZ_CHECK(false);
	}
}

void story_init(struct story *s, const struct knead_settings *settings)
{
	*s = (struct story){
		.protocol_steps = settings->protocol.steps,
		.hold_min_s = settings->hold_min_s,
		.loaded_until_us = INT64_MIN,
		.view_us = INT64_MIN,
	};
}

void story_settings(struct story *s, const struct knead_settings *settings)
{
	s->protocol_steps = settings->protocol.steps;
	s->target_moved = true;
	s->hold_min_s = fmin(s->hold_min_s, settings->hold_min_s);
}

static void check_view(struct story *s, const struct knead_pipeline *p)
{
	struct knead_view view;

	knead_pipeline_view(p, &view);
	FUZZ_CHECK(isfinite(view.force_n) && isfinite(view.noise_n) && isfinite(view.zero_drift_n));
	FUZZ_CHECK(isfinite(view.cadence_per_min) && isfinite(view.rate_hz));
	FUZZ_CHECK(view.in_use == s->session.open);
	if (!view.has_samples)
		return;
	FUZZ_CHECK(view.t_us >= s->view_us);
	s->view_us = view.t_us;
	text_check_view(&view);
}

void story_take(struct story *s, const struct knead_pipeline *p, const struct knead_event *events, size_t n)
{
	FUZZ_CHECK(n <= KNEAD_EVENTS_MIN);
	FUZZ_CHECK(p->emit.dropped == 0);
	FUZZ_CHECK(p->detect.hold.impossible == 0 && p->detect.contact.impossible == 0);
	for (size_t i = 0; i < n; i++) {
		check_event(s, &events[i]);
		s->sum = s->sum * 31 + text_check_event(&events[i], ++s->events);
	}
	if (n > 0)
		check_view(s, p);
}

void story_end(const struct story *s)
{
	FUZZ_CHECK(!s->session.open && !s->hold.open && !s->roll.open && !s->release_due);
}
