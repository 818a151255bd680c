/* SPDX-License-Identifier: MIT */
/*
 * Steps of a protocol:
 *
 *   hold A[-B]         one hold; told when it has lasted A, done then, or with B when it ends or has lasted B
 *   pulses NxS         N holds of about S seconds: 0.6 to 1.4 times S count, 0.8 to 1.2 times are good (confidence 1)
 *   strokes A-B        A to B strokes, rolled or lifted; done at B, or when A are done and nothing follows for 3 s
 *      ... within S    A of them before S seconds have gone by since the step before, else the protocol ends unfinished
 *   rest S             S seconds without touch; being touched earlier does not fail it, it goes on counting afterwards
 *
 *   force      ________________                  hold 30, strokes 3-5 within 60
 *             /       :        \  _  _  _        1. protocol_step: the hold has lasted 30 s
 *      ______/        1        2\/ \/ \/ \__     2. the 60 s begin where the hold ends
 *                                  3  3  3   4   3. protocol_step for each   4. nothing follows: completed, protocol_done
 *
 * protocol_step is told for each thing that counts and says how far the step is; protocol_done at the end of the last step,
 * or, unfinished, with the session. Then it starts again from the first step with the next contact; strokes that go on
 * without a pause belong to the ones before.
 */
#include <math.h>
#include <string.h>

#include "protocol.h"

#define PULSE_GOOD 0.2
#define PULSE_COUNTED 0.4
#define STROKES_OVER_S 3.0

static const struct knead_step *step_of(const struct protocol *p)
{
	return p->step < p->protocol->steps ? &p->protocol->step[p->step] : NULL;
}

/* The step under way is another, or further. */
static void set_due(struct protocol *p)
{
	const struct knead_step *step = step_of(p);

	p->due_us = INT64_MAX;
	if (step && !p->finished && step->kind == KNEAD_STEP_HOLD)
		p->due_us = knead_s_to_us(p->done > 0 ? step->seconds_max : step->seconds);
}

static void restart(struct protocol *p)
{
	p->step = p->done = 0;
	p->sure = 1;
	p->begun = p->finished = false;
	set_due(p);
}

void protocol_init(struct protocol *p, const struct knead_protocol *protocol, struct emit *emit)
{
	memset(p, 0, sizeof *p);
	p->protocol = protocol;
	p->emit = emit;
	p->used_us = INT64_MIN;
	restart(p);
}

/* Strokes that follow the last ones without a pause are more of the same. */
static bool continues(const struct protocol *p, const struct knead_step *last, int64_t on_us)
{
	return last->kind == KNEAD_STEP_STROKES && knead_us_to_s(on_us - p->last_us) < STROKES_OVER_S;
}

enum protocol_expects protocol_expects(const struct protocol *p, int64_t on_us)
{
	const struct knead_step *step = step_of(p);

	if (step && p->finished && !continues(p, step, on_us))
		step = p->protocol->step;
	if (!step)
		return PROTOCOL_EXPECTS_NOTHING;
	switch (step->kind) {
	case KNEAD_STEP_HOLD:
	case KNEAD_STEP_PULSES:
		return PROTOCOL_EXPECTS_HOLD;
	case KNEAD_STEP_STROKES:
		return PROTOCOL_EXPECTS_STROKES;
	case KNEAD_STEP_REST:
		break;
	}
	return PROTOCOL_EXPECTS_NOTHING;
}

static uint32_t target_of(const struct knead_step *step)
{
	switch (step->kind) {
	case KNEAD_STEP_PULSES:
	case KNEAD_STEP_STROKES:
		return step->count;
	case KNEAD_STEP_HOLD:
	case KNEAD_STEP_REST:
		break;
	}
	return 1;
}

struct knead_protocol_fields protocol_now(const struct protocol *p)
{
	const struct knead_step *step = step_of(p);

	if (!step)
		return (struct knead_protocol_fields){ 0 };
	return (struct knead_protocol_fields){
		.protocol = p->protocol->name,
		.step = p->step + 1,
		.of = p->protocol->steps,
		.done = p->done,
		.target = target_of(step),
		.completed = p->finished,
	};
}

static void tell(struct protocol *p, enum knead_event_type type, int64_t t_us, double sure, bool completed)
{
	struct knead_event *event = emit_event(p->emit, type, t_us, sure, 0);

	event->protocol = protocol_now(p);
	event->protocol.completed = completed;
}

/* The step under way is done at t_us, with that confidence of its last unit: on to the next, or to the end. */
static void complete(struct protocol *p, int64_t t_us, double sure)
{
	tell(p, KNEAD_EVENT_PROTOCOL_STEP, t_us, sure, true);
	p->last_us = p->since_us = t_us;
	if (p->step + 1 < p->protocol->steps) {
		p->step++;
		p->done = 0;
	} else {
		p->finished = true;
		tell(p, KNEAD_EVENT_PROTOCOL_DONE, t_us, p->sure, true);
	}
	set_due(p);
}

/* One more unit of the step under way; its last one completes it, unless it may go on. */
static void count(struct protocol *p, const struct knead_step *step, int64_t t_us, double sure, bool may_go_on)
{
	p->begun = true;
	p->last_us = t_us;
	p->sure = fmin(p->sure, sure);
	p->done++;
	if (p->done >= target_of(step) && !may_go_on) {
		complete(p, t_us, sure);
	} else {
		tell(p, KNEAD_EVENT_PROTOCOL_STEP, t_us, sure, false);
		set_due(p);
	}
}

void protocol_contact(struct protocol *p, int64_t on_us, int64_t idle_us)
{
	const struct knead_step *step = step_of(p);

	if (!step)
		return;
	if (p->finished && !continues(p, step, on_us))
		restart(p);
	/* a rest to begin with is the one before the first touch */
	step = p->protocol->step;
	if (!p->begun && step->kind == KNEAD_STEP_REST && knead_us_to_s(on_us - idle_us) >= step->seconds)
		count(p, step, on_us, 1, false);
}

int64_t protocol_holding(struct protocol *p, int64_t start_us, int64_t lasted_us)
{
	const struct knead_step *step = step_of(p);
	int64_t told_us = 0;

	while (step == step_of(p) && protocol_due(p, lasted_us) && start_us != p->used_us) {
		told_us = p->due_us;
		if (p->done > 0)
			complete(p, start_us + told_us, 1);
		else
			count(p, step, start_us + told_us, 1, step->seconds_max > step->seconds);
		if (p->finished || step != step_of(p)) {
			p->used_us = start_us;
			p->since_us = INT64_MAX;
		}
	}
	return told_us;
}

static void hold_step(struct protocol *p, const struct knead_step *step, const struct hold_ended *hold)
{
	int64_t lasted_us = hold->end_us - hold->start_us;

	protocol_holding(p, hold->start_us, lasted_us);
	if (hold->start_us != p->used_us && p->done > 0 && lasted_us >= knead_s_to_us(step->seconds))
		complete(p, hold->end_us, 1);
	if (hold->start_us == p->used_us)
		p->since_us = hold->end_us;
}

static void pulse(struct protocol *p, const struct knead_step *step, const struct hold_ended *hold)
{
	double off = fabs(knead_us_to_s(hold->end_us - hold->start_us) / step->seconds - 1);

	if (off <= PULSE_COUNTED)
		count(p, step, hold->end_us,
			off > PULSE_GOOD ? 1 - 0.5 * (off - PULSE_GOOD) / (PULSE_COUNTED - PULSE_GOOD) : 1, false);
}

void protocol_hold(struct protocol *p, const struct hold_ended *hold)
{
	const struct knead_step *step = step_of(p);

	if (!step)
		return;
	if (hold->start_us == p->used_us)
		p->since_us = hold->end_us;
	else if (!p->finished && step->kind == KNEAD_STEP_HOLD)
		hold_step(p, step, hold);
	else if (!p->finished && step->kind == KNEAD_STEP_PULSES)
		pulse(p, step, hold);
}

/* When the strokes of the step under way must be done; INT64_MAX: no matter when. */
static int64_t deadline_us(const struct protocol *p, const struct knead_step *step)
{
	bool runs = p->begun && step->within_s > 0 && p->since_us != INT64_MAX;

	return runs ? p->since_us + knead_s_to_us(step->within_s) : INT64_MAX;
}

/* The strokes of the step are over: enough of them, or too few and too late. */
static void end_strokes(struct protocol *p, const struct knead_step *step)
{
	if (p->done >= step->count_min) {
		complete(p, p->last_us, 1);
		return;
	}
	tell(p, KNEAD_EVENT_PROTOCOL_DONE, deadline_us(p, step), p->sure, false);
	restart(p);
}

void protocol_stroke(struct protocol *p, int64_t t_us)
{
	const struct knead_step *step = step_of(p);

	if (!step || step->kind != KNEAD_STEP_STROKES)
		return;
	if (p->finished)
		p->last_us = t_us;
	else if (t_us > deadline_us(p, step))
		end_strokes(p, step);
	else
		count(p, step, t_us, 1, false);
}

void protocol_advance(struct protocol *p, int64_t t_us, int64_t idle_us, bool stroke_coming)
{
	const struct knead_step *step = step_of(p);

	if (!step || p->finished)
		return;
	if (step->kind == KNEAD_STEP_STROKES && !stroke_coming) {
		bool over = p->done >= step->count_min && knead_us_to_s(t_us - p->last_us) >= STROKES_OVER_S;

		if (over || t_us > deadline_us(p, step))
			end_strokes(p, step);
	} else if (step->kind == KNEAD_STEP_REST && p->begun && idle_us != INT64_MAX &&
		   knead_us_to_s(t_us - idle_us) >= step->seconds) {
		count(p, step, idle_us + knead_s_to_us(step->seconds), 1, false);
	}
}

void protocol_close(struct protocol *p)
{
	if (p->begun && !p->finished)
		tell(p, KNEAD_EVENT_PROTOCOL_DONE, p->last_us, p->sure, false);
	if (step_of(p))
		restart(p);
}
