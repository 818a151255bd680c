/* SPDX-License-Identifier: MIT */
/* Who is told of what. A press counts as a lifted stroke: that is how the stretch strokes of a protocol are done. */
#include "coach.h"

#define PRIOR_FACTOR 1.5 /* detection.md 7.3 */

void coach_init(struct coach *c, const struct knead_settings *settings, struct emit *emit)
{
	sets_init(&c->sets, emit);
	warning_init(&c->warning, settings, emit);
	protocol_init(&c->protocol, &settings->protocol, emit);
}

double coach_touch(struct coach *c, int64_t on_us)
{
	warning_touch(&c->warning, on_us);
	switch (protocol_expects(&c->protocol, on_us)) {
	case PROTOCOL_EXPECTS_HOLD:
		return PRIOR_FACTOR;
	case PROTOCOL_EXPECTS_STROKES:
		return 1 / PRIOR_FACTOR;
	case PROTOCOL_EXPECTS_NOTHING:
		break;
	}
	return 1;
}

void coach_contact(struct coach *c, int64_t on_us, int64_t idle_us, uint32_t flags)
{
	protocol_contact(&c->protocol, on_us, idle_us);
	warning_contact(&c->warning, on_us, flags);
}

int64_t coach_holding(struct coach *c, int64_t start_us, int64_t lasted_us, uint32_t flags)
{
	int64_t protocol_us = protocol_holding(&c->protocol, start_us, lasted_us);
	int64_t warning_us = warning_holding(&c->warning, start_us, lasted_us, flags);

	return start_us + (protocol_us > warning_us ? protocol_us : warning_us);
}

void coach_hold(struct coach *c, const struct hold_ended *hold)
{
	sets_hold(&c->sets, hold);
	warning_hold(&c->warning, hold);
	protocol_hold(&c->protocol, hold);
}

void coach_stroke(struct coach *c, int64_t t_us)
{
	protocol_stroke(&c->protocol, t_us);
}

void coach_press(struct coach *c, int64_t start_us, int64_t end_us, uint32_t flags)
{
	sets_press(&c->sets, start_us, end_us, flags);
	protocol_stroke(&c->protocol, end_us);
}

void coach_advance(struct coach *c, const struct coach_time *now)
{
	if (c->sets.pulses | c->sets.presses)
		sets_advance(&c->sets, now->t_us, now->press_us, now->pulse_us);
	if (protocol_waits(&c->protocol))
		protocol_advance(&c->protocol, now->t_us, now->idle_us, now->stroke_coming);
}

void coach_lost(struct coach *c)
{
	sets_close(&c->sets);
	warning_lost(&c->warning);
}

void coach_session_end(struct coach *c)
{
	sets_close(&c->sets);
	protocol_close(&c->protocol);
	warning_session_end(&c->warning);
}
