/* SPDX-License-Identifier: MIT */
/*
 * Any force on any body: a script of bytes is played on a pipeline as samples, and what comes out must be a story that can be
 * true. Every begin has one end, ids count up, intervals run forwards and holds and rolls never share an instant, what was told
 * stays true, every number is a number, no event is lost for want of room, no machine sees an input that it cannot have.
 *
 * Input: body, rate and settings in four bytes, then steps of three (what, how long, how strong). An input that begins with
 * "seed" stands for a few hundred steps drawn from the digits that follow it.
 */
#include <math.h>
#include <string.h>

#include "fuzz.h"
#include "pipeline_internal.h"

#define STEPS_MAX 400
#define SAMPLES_MAX 400000

enum step {
	STEP_STAY,
	STEP_RAMP,
	STEP_LIFT,
	STEP_ROLL,
	STEP_VIBRATE,
	STEP_WALK,
	STEP_MOVE,
	STEP_DROP,
	STEP_SPIKE,
	STEP_RAIL,
	STEP_MISSING,
	STEP_HUGE,
	STEP_GAP,
	STEP_CLOSE,
	STEP_RESTART,
	STEP_RATE,
	_STEPS,
};

struct open_span {
	bool open;
	uint32_t id;
	int64_t start_us;
};

struct player {
	struct knead_settings settings;
	struct knead_pipeline *pipeline;
	struct knead_event out[KNEAD_EVENTS_MIN];
	uint32_t seed, samples;
	double period_us, force_n, place; /* place: 0..1 along or round the body */
	int64_t device_us;
	bool has_device_us, restarted, saturated, missing;
	/* the story so far */
	struct open_span session, hold, roll;
	bool target_told, release_due;
	uint32_t strokes;
	int64_t loaded_until_us; /* end of the last hold, roll, press or tap */
	int64_t stroke_until_us;
};

static double chance(struct player *p)
{
	p->seed = p->seed * 1664525 + 1013904223;
	return (double)(p->seed >> 8) / (1 << 24);
}

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
static void check_loaded(struct player *p, int64_t start_us, int64_t end_us)
{
	FUZZ_CHECK(p->session.open && start_us >= p->session.start_us);
	FUZZ_CHECK(start_us >= p->loaded_until_us && end_us >= start_us);
	p->loaded_until_us = end_us;
}

static void check_hold_end(struct player *p, const struct knead_event *e)
{
	const struct knead_hold_end_fields *f = &e->hold_end;

	close_span(&p->hold, f->hold_id, f->start_us, f->end_us);
	check_loaded(p, f->start_us, f->end_us);
	FUZZ_CHECK(e->t_us == f->end_us && !p->release_due);
	FUZZ_CHECK(f->end_us - f->start_us >= knead_s_to_us(p->settings.hold_min_s));
	FUZZ_CHECK(isfinite(f->peak_n) && isfinite(f->mean_n) && isfinite(f->min_n) && isfinite(f->impulse_ns));
	FUZZ_CHECK(f->peak_t_us >= f->start_us && f->peak_t_us <= f->end_us);
	FUZZ_CHECK(isfinite(f->time_to_peak_s) && f->time_to_peak_s >= 0);
	FUZZ_CHECK(f->target_met == p->target_told);
	check_maybe(f->peak_kpa);
	check_maybe(f->onset_n_per_s);
	check_maybe(f->steadiness_pct);
	check_maybe(f->relax_pct);
	check_maybe(f->softening_s);
	check_maybe(f->breath_per_min);
	p->release_due = true;
}

static void check_release(struct player *p, const struct knead_release_fields *f)
{
	FUZZ_CHECK(p->release_due && f->hold_id == p->hold.id);
	FUZZ_CHECK(isfinite(f->duration_s) && isfinite(f->peak_n) && isfinite(f->from_n));
	check_maybe(f->peak_kpa);
	check_maybe(f->residual_n);
	check_maybe(f->release_n_per_s);
	check_maybe(f->fall_s);
	FUZZ_CHECK(!f->fall_s.known || f->fall_s.value > 0);
	p->release_due = false;
}

static void check_stroke(struct player *p, const struct knead_stroke_fields *f)
{
	FUZZ_CHECK(p->roll.open && f->roll_id == p->roll.id && f->index == ++p->strokes);
	FUZZ_CHECK(f->start_us >= p->stroke_until_us && f->end_us >= f->start_us);
	FUZZ_CHECK(isfinite(f->peak_n) && isfinite(f->mean_n));
	check_maybe(f->travel_mm);
	check_maybe(f->speed_mm_s);
	p->stroke_until_us = f->end_us;
}

static void check_roll_end(struct player *p, const struct knead_roll_end_fields *f)
{
	close_span(&p->roll, f->roll_id, f->start_us, f->end_us);
	check_loaded(p, f->start_us, f->end_us);
	FUZZ_CHECK(f->strokes == p->strokes && f->end_us >= p->stroke_until_us);
	FUZZ_CHECK(
		isfinite(f->cadence_per_min) && isfinite(f->peak_n) && isfinite(f->mean_n) && isfinite(f->impulse_ns));
	check_maybe(f->travel_mm);
	check_maybe(f->speed_mm_s);
	check_maybe(f->peak_trend_pct_per_stroke);
}

static void check_session_end(struct player *p, const struct knead_event *e)
{
	const struct knead_session_fields *f = &e->session;

	close_span(&p->session, f->session_id, p->session.start_us, e->t_us);
	FUZZ_CHECK(!p->hold.open && !p->roll.open);
	FUZZ_CHECK(isfinite(f->loaded_s) && isfinite(f->dose_ns) && isfinite(f->peak_n) && isfinite(f->longest_hold_s));
	FUZZ_CHECK(f->loaded_s >= 0 && f->holds_met <= f->holds && f->holds <= p->hold.id);
}

/* What is told beside the holds, rolls and presses. */
static void check_aside(const struct player *p, const struct knead_event *e)
{
	if (e->type == KNEAD_EVENT_IMPACT) {
		FUZZ_CHECK(p->session.open && e->press.end_us >= e->press.start_us && isfinite(e->press.peak_n));
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
		FUZZ_CHECK(e->protocol.of == p->settings.protocol.steps);
	}
}

static void check_event(struct player *p, const struct knead_event *e)
{
	FUZZ_CHECK(e->confidence >= 0 && e->confidence <= 1 && e->flags < 1u << KNEAD_FLAGS);
	FUZZ_CHECK(!p->release_due || e->type == KNEAD_EVENT_RELEASE);
	switch (e->type) {
	case KNEAD_EVENT_SESSION_START:
		open_span(&p->session, e->session.session_id, e->t_us);
		break;
	case KNEAD_EVENT_SESSION_END:
		check_session_end(p, e);
		break;
	case KNEAD_EVENT_HOLD_START:
		open_span(&p->hold, e->hold_start.hold_id, e->hold_start.start_us);
		FUZZ_CHECK(!p->roll.open && e->t_us >= p->loaded_until_us);
		p->target_told = false;
		break;
	case KNEAD_EVENT_HOLD_TARGET:
		FUZZ_CHECK(p->hold.open && e->hold_target.hold_id == p->hold.id && !p->target_told);
		p->target_told = true;
		break;
	case KNEAD_EVENT_HOLD_END:
		check_hold_end(p, e);
		break;
	case KNEAD_EVENT_RELEASE:
		check_release(p, &e->release);
		break;
	case KNEAD_EVENT_ROLL_START:
		open_span(&p->roll, e->roll_start.roll_id, e->roll_start.start_us);
		FUZZ_CHECK(!p->hold.open && e->t_us >= p->loaded_until_us);
		p->strokes = 0;
		p->stroke_until_us = e->t_us;
		break;
	case KNEAD_EVENT_STROKE:
		check_stroke(p, &e->stroke);
		break;
	case KNEAD_EVENT_ROLL_END:
		check_roll_end(p, &e->roll_end);
		break;
	case KNEAD_EVENT_PRESS:
	case KNEAD_EVENT_TAP:
		check_loaded(p, e->press.start_us, e->press.end_us);
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
		check_aside(p, e);
		break;
	case KNEAD_EVENT_CONTACT_START:
	case KNEAD_EVENT_FAULT:
		break;
	case _KNEAD_EVENT_TYPES:
		FUZZ_CHECK(false);
	}
}

static void take(struct player *p, size_t n)
{
	struct knead_view view;

	FUZZ_CHECK(n <= KNEAD_EVENTS_MIN / 2); /* what knead_pipeline_push() keeps room for */
	for (size_t i = 0; i < n; i++)
		check_event(p, &p->out[i]);
	FUZZ_CHECK(p->pipeline->emit.dropped == 0);
	FUZZ_CHECK(p->pipeline->detect.hold.impossible == 0 && p->pipeline->detect.contact.impossible == 0);
	if (n == 0)
		return;
	knead_pipeline_view(p->pipeline, &view);
	FUZZ_CHECK(isfinite(view.force_n) && isfinite(view.noise_n) && isfinite(view.zero_drift_n));
	FUZZ_CHECK(isfinite(view.cadence_per_min) && isfinite(view.rate_hz));
}

/* How much of the force the cell carries. */
static double share_of(const struct player *p, uint32_t cell)
{
	double away = fabs(p->place - (double)cell / p->settings.cells);

	if (p->settings.geometry == KNEAD_GEOMETRY_RING)
		away = fmin(away, 1 - away);
	return 0.01 + fmax(0, 1 - away * 2);
}

static void play(struct player *p, double force_n)
{
	struct knead_sample s = { .cells = p->settings.cells, .rx_us = KNEAD_RX_UNKNOWN };
	double total = 0;

	if (p->samples++ >= SAMPLES_MAX)
		return;
	for (uint32_t i = 0; i < s.cells; i++)
		total += share_of(p, i);
	for (uint32_t i = 0; i < s.cells; i++)
		s.raw[i] = round(400 * (force_n + 0.1 * chance(p)) * share_of(p, i) / total);
	if (p->missing && s.cells > 1) {
		s.invalid_cells = 1;
		s.raw[0] = 0;
	}
	s.saturated = p->saturated;
	s.restarted = p->restarted;
	s.has_device_us = p->has_device_us;
	s.device_us = p->device_us;
	p->device_us += (int64_t)p->period_us;
	p->restarted = false;
	take(p, knead_pipeline_push_sample(p->pipeline, &s, p->out, KNEAD_EVENTS_MIN));
}

static void play_shape(struct player *p, enum step what, uint8_t length, uint8_t strength)
{
	double to_n = strength * 2.0 - 10, from_n = p->force_n, from = p->place;
	double seconds = what == STEP_STAY || what == STEP_WALK ? length * 0.1 : length * 0.02;
	double hz = what == STEP_ROLL ? 0.1 + (strength & 31) * 0.05 : 10 + (strength & 63);
	uint32_t n;

	if (what == STEP_ROLL || what == STEP_VIBRATE)
		seconds = length * 0.15;
	n = 1 + (uint32_t)fmin(seconds * 1e6 / p->period_us, 20000);
	for (uint32_t i = 1; i <= n; i++) {
		double share = (double)i / n, wave = sin(2 * M_PI * hz * i * p->period_us * 1e-6);

		if (what == STEP_RAMP || what == STEP_LIFT)
			p->force_n = from_n + ((what == STEP_LIFT ? 0 : to_n) - from_n) * share;
		else if (what == STEP_WALK)
			p->force_n = fmax(0, p->force_n + (chance(p) - 0.5) * strength * 0.2);
		else if (what == STEP_MOVE)
			p->place = from + (strength / 255.0 - from) * share;
		else if (what == STEP_ROLL)
			p->place = fmin(1, fmax(0, from + 0.4 * wave));
		play(p, what == STEP_ROLL || what == STEP_VIBRATE ? from_n * (1 + 0.3 * wave) : p->force_n);
	}
}

static void play_step(struct player *p, enum step what, uint8_t length, uint8_t strength)
{
	double force_n = p->force_n;

	switch (what) {
	case STEP_STAY:
	case STEP_RAMP:
	case STEP_LIFT:
	case STEP_ROLL:
	case STEP_VIBRATE:
	case STEP_WALK:
	case STEP_MOVE:
		play_shape(p, what, length, strength);
		return;
	case STEP_DROP:
		for (double x = strength * 4; fabs(x) > 1; x *= -0.6)
			play(p, force_n + x);
		return;
	case STEP_SPIKE:
		for (int i = 0; i < length % 4; i++)
			play(p, force_n + strength * 100.0);
		return;
	case STEP_HUGE:
		play(p, (strength & 1 ? -1e30 : 1e30));
		return;
	case STEP_RAIL:
	case STEP_MISSING:
		*(what == STEP_RAIL ? &p->saturated : &p->missing) = true;
		play_shape(p, STEP_STAY, length % 30, 0);
		p->saturated = p->missing = false;
		return;
	case STEP_GAP:
		p->device_us += length * INT64_C(20000) * (strength & 7);
		return;
	case STEP_CLOSE:
		take(p, knead_pipeline_gap(p->pipeline, KNEAD_RX_UNKNOWN, p->out, KNEAD_EVENTS_MIN));
		return;
	case STEP_RESTART:
		p->restarted = true;
		p->device_us = 0;
		return;
	case STEP_RATE:
		p->period_us = 1e6 / (8 + strength * 4);
		return;
	case _STEPS:
		return;
	}
}

static void set_up(struct player *p, const uint8_t *head)
{
	static const enum knead_geometry geometries[] = { KNEAD_GEOMETRY_NONE, KNEAD_GEOMETRY_LINE, KNEAD_GEOMETRY_RING,
		KNEAD_GEOMETRY_SPHERE };
	struct knead_settings *s = &p->settings;

	knead_settings_init(s, (enum knead_profile)(head[1] % _KNEAD_PROFILES));
	s->geometry = geometries[head[0] & 3];
	s->cells = s->geometry == KNEAD_GEOMETRY_NONE ? 1 + (head[0] >> 2) % 3
						      : 2 + (head[0] >> 2) % (KNEAD_CELLS_MAX - 1);
	for (uint32_t i = 0; i < s->cells; i++) {
		s->cell_mm[i] = 200.0 * i / s->cells;
		s->cell_deg[i] = 360.0 * i / s->cells;
		s->cell_xyz[i][i % 3] = 1;
	}
	s->radius_mm = head[1] & 16 ? 60 : 0;
	s->capacity_n = head[1] & 32 ? 500 : 0;
	s->contact_events = head[1] & 64;
	s->target_s = head[1] & 128 ? 4 : 30;
	s->session_gap_s = 20;
	s->over_soft_n = 100;
	s->over_hard_n = 200;
	if (head[3] & 8)
		s->protocol = (struct knead_protocol){
			.name = "all",
			.steps = 4,
			.step = { { .kind = KNEAD_STEP_HOLD, .seconds = 5 },
				{ .kind = KNEAD_STEP_STROKES, .count_min = 2, .count = 3 },
				{ .kind = KNEAD_STEP_REST, .seconds = 2 },
				{ .kind = KNEAD_STEP_PULSES, .seconds = 5, .count = 2 } },
		};
	s->delay_ms = head[3] & 4 ? 30 : 0;
	s->counts_per_n_count = 1;
	s->counts_per_n[0] = 400;
	s->zero_raw_count = head[3] & 1 ? s->cells : 0;
	p->has_device_us = !(head[3] & 2);
	p->period_us = 1e6 / (10 + head[2] * 4);
	s->rate_hz = p->has_device_us ? 0 : 1e6 / p->period_us;
	p->loaded_until_us = INT64_MIN;
	p->seed = head[0] * 16777619u + head[2];
}

static void run(const uint8_t *data, size_t size)
{
	struct player *p = calloc(1, sizeof *p);

	FUZZ_CHECK(p);
	set_up(p, data);
	FUZZ_CHECK(knead_pipeline_new(&p->settings, &p->pipeline) == 0);
	for (size_t i = 4; i + 3 <= size && i < 3 * STEPS_MAX; i += 3)
		play_step(p, (enum step)(data[i] % _STEPS), data[i + 1], data[i + 2]);
	take(p, knead_pipeline_end(p->pipeline, p->out, KNEAD_EVENTS_MIN));
	FUZZ_CHECK(!p->session.open && !p->hold.open && !p->roll.open && !p->release_due);
	knead_pipeline_free(p->pipeline);
	free(p);
}

/* Steps at random: mostly shapes, as a hand makes them; what a cable or a converter does, now and then. */
static void run_seed(uint32_t seed)
{
	uint8_t script[4 + 3 * STEPS_MAX];
	struct player drawn = { .seed = seed * 2654435761u + 1 };

	for (size_t i = 0; i < sizeof script; i++)
		script[i] = (uint8_t)(chance(&drawn) * 256);
	for (size_t i = 4; i + 3 <= sizeof script; i += 3)
		if (script[i] % _STEPS > STEP_MOVE && chance(&drawn) < 0.7)
			script[i] = (uint8_t)(chance(&drawn) * (STEP_MOVE + 1));
	run(script, sizeof script);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 4 && size < 16 && memcmp(data, "seed", 4) == 0) {
		uint32_t seed = 0;

		for (size_t i = 4; i < size && data[i] >= '0' && data[i] <= '9'; i++)
			seed = seed * 10 + (data[i] - '0');
		run_seed(seed);
	} else if (size >= 4) {
		run(data, size);
	}
	return 0;
}
