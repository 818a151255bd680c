/* SPDX-License-Identifier: MIT */
/*
 * Steps of a protocol:
 *
 *   hold S         one hold of at least S seconds
 *   pulses NxS     N holds of about S seconds: 0.6 to 1.4 times S count
 *   strokes A-B    A to B strokes, rolled or lifted; done at B, or when A are done and nothing follows for 3 s
 *   rest S         S seconds without touch; being touched earlier does not fail it, it goes on counting afterwards
 *
 * protocol_step is told for each thing that counts and says how far the step is; protocol_done at the end of the last step,
 * or, unfinished, with the session. Then it starts again from the first step.
 */
#include <string.h>

#include "protocol.h"

#define PULSE_LOW 0.6
#define PULSE_HIGH 1.4
#define STROKES_OVER_S 3.0

void protocol_init(struct protocol *p, const struct knead_protocol *protocol, struct emit *emit)
{
	memset(p, 0, sizeof *p);
	p->protocol = protocol;
	p->emit = emit;
}

static const struct knead_step *step_of(const struct protocol *p)
{
	return p->step < p->protocol->steps ? &p->protocol->step[p->step] : NULL;
}

enum protocol_expects protocol_expects(const struct protocol *p)
{
	const struct knead_step *step = step_of(p);

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

static void tell(struct protocol *p, enum knead_event_type type, int64_t t_us, bool completed)
{
	const struct knead_step *step = step_of(p);

	emit_event(p->emit, type, t_us, 1, 0)->protocol = (struct knead_protocol_fields){
		.protocol = p->protocol->name,
		.step = p->step + 1,
		.of = p->protocol->steps,
		.done = p->done,
		.target = step ? target_of(step) : 0,
		.completed = completed,
	};
}

static void restart(struct protocol *p)
{
	p->step = p->done = 0;
	p->begun = false;
}

/* The step under way is done at t_us: on to the next, or to the end. */
static void complete(struct protocol *p, int64_t t_us)
{
	tell(p, KNEAD_EVENT_PROTOCOL_STEP, t_us, true);
	if (p->step + 1 >= p->protocol->steps) {
		tell(p, KNEAD_EVENT_PROTOCOL_DONE, t_us, true);
		restart(p);
		return;
	}
	p->step++;
	p->done = 0;
	p->last_us = t_us;
}

/* One more unit of the step under way. */
static void count(struct protocol *p, const struct knead_step *step, int64_t t_us)
{
	p->begun = true;
	p->last_us = t_us;
	p->done++;
	if (p->done >= target_of(step))
		complete(p, t_us);
	else
		tell(p, KNEAD_EVENT_PROTOCOL_STEP, t_us, false);
}

void protocol_hold(struct protocol *p, const struct hold_ended *hold)
{
	const struct knead_step *step = step_of(p);
	double seconds = knead_us_to_s(hold->end_us - hold->start_us);

	if (!step)
		return;
	if ((step->kind == KNEAD_STEP_HOLD && seconds >= step->seconds) ||
		(step->kind == KNEAD_STEP_PULSES && seconds >= PULSE_LOW * step->seconds &&
			seconds <= PULSE_HIGH * step->seconds))
		count(p, step, hold->end_us);
}

void protocol_stroke(struct protocol *p, int64_t t_us)
{
	const struct knead_step *step = step_of(p);

	if (step && step->kind == KNEAD_STEP_STROKES)
		count(p, step, t_us);
}

void protocol_advance(struct protocol *p, int64_t t_us, int64_t idle_us)
{
	const struct knead_step *step = step_of(p);

	if (!step || idle_us == INT64_MAX)
		return;
	if (step->kind == KNEAD_STEP_STROKES && p->done >= step->count_min && p->done > 0 &&
		knead_us_to_s(t_us - p->last_us) >= STROKES_OVER_S)
		complete(p, p->last_us);
	else if (step->kind == KNEAD_STEP_REST && p->begun && knead_us_to_s(t_us - idle_us) >= step->seconds)
		count(p, step, idle_us + knead_s_to_us(step->seconds));
}

void protocol_close(struct protocol *p)
{
	if (p->begun)
		tell(p, KNEAD_EVENT_PROTOCOL_DONE, p->last_us, false);
	restart(p);
}
