/* SPDX-License-Identifier: MIT */
/*
 * Any force on any body: a script of bytes is played on a pipeline as samples, and what comes out must be a story that can be
 * true. Every begin has one end, ids count up, intervals run forwards and holds and rolls never share an instant, what was told
 * stays true, every number is a number, no event is lost for want of room, no machine sees an input that it cannot have, and no memory
 * is asked for on the way.
 *
 * Input: body, rate and settings in four bytes, then steps of three (what, how long, how strong). An input that begins with
 * "seed" stands for a few hundred steps drawn from the digits that follow it.
 */
#include <math.h>
#include <string.h>

#include "allocations.h"
#include "fuzz.h"
#include "story.h"

#define STEPS_MAX 400
#ifdef KNEAD_FUZZER
#define SAMPLES_MAX 20000 /* the fuzzer lives on many short runs */
#else
#define SAMPLES_MAX 400000
#endif

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

struct player {
	struct knead_settings settings;
	struct knead_pipeline *pipeline;
	struct knead_event out[KNEAD_EVENTS_MIN];
	uint32_t seed, samples;
	double period_us, force_n, place; /* place: 0..1 along or round the body */
	int64_t device_us;
	bool has_device_us, restarted, saturated, missing;
	struct story story;
};

static double chance(struct player *p)
{
	p->seed = p->seed * 1664525 + 1013904223;
	return (double)(p->seed >> 8) / (1 << 24);
}

static void take(struct player *p, size_t n)
{
	FUZZ_CHECK(n <= KNEAD_EVENTS_MIN / 2); /* what knead_pipeline_push() keeps room for */
	story_take(&p->story, p->pipeline, p->out, n);
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
	story_init(&p->story, s);
	p->seed = head[0] * 16777619u + head[2];
}

static void run(const uint8_t *data, size_t size)
{
	struct player *p = calloc(1, sizeof *p);
	uint64_t allocated;

	FUZZ_CHECK(p);
	set_up(p, data);
	FUZZ_CHECK(knead_pipeline_new(&p->settings, &p->pipeline) == 0);
	allocated = allocations();
	for (size_t i = 4; i + 3 <= size && i < 3 * STEPS_MAX; i += 3)
		play_step(p, (enum step)(data[i] % _STEPS), data[i + 1], data[i + 2]);
	take(p, knead_pipeline_end(p->pipeline, p->out, KNEAD_EVENTS_MIN));
	story_end(&p->story);
	FUZZ_CHECK(allocations() == allocated);
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
