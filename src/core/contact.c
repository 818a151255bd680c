/* SPDX-License-Identifier: MIT */
/*
 * Contacts. Levels are compared in contact_input_of() alone; the machine knows only their order.
 *
 *  press_n    - - - -/~~~\- - - - - - -      1. touch, confirmed after 20 ms (or one sample): contact since the crossing
 *  release_n  - - - / - - \- - - - - -       2. under release_n for bridge_s: ended at the crossing
 *             ____on      off|bridge_s|
 *
 *  press_n    - -/~\- - - - - - - - - -      3. back under press_n before it was confirmed: handling, nothing
 *
 *  release_n  ~~~~\_/~~~~~~                  4. back over release_n within bridge_s: a dip, the contact goes on
 *
 *  release_n  ~~~~\______/~~~~               5. back over release_n later: ended at the first crossing; the rest is new
 *
 *  (start)    ~~~~~                          6. over press_n at the very first sample: contact from there, open_start
 *
 *  ~~~~|gap|~~~~  ____|gap|~~~~              7. a gap neither starts nor ends nor lengthens: crossings inside it are
 *                                               dated to the last sample before (down) or the first after (up)
 *
 *  ____ late ~~gap~                          8. touched by samples that came late, and it turned out that others were
 *                                               missing before them: touched where time is known again
 */
#include <string.h>

#include "contact.h"

#define CONFIRM_US 20000

const char *contact_state_to_str(enum contact_state state)
{
	static const char *const names[] = { "idle", "touch", "contact", "bridge" };

	return names[state];
}

const char *contact_input_to_str(enum contact_input input)
{
	static const char *const names[] = { "above", "between", "below", "lost" };

	return names[input];
}

void contact_init(struct contact *c, const struct knead_settings *settings)
{
	memset(c, 0, sizeof *c);
	c->settings = settings;
}

static enum contact_input contact_input_of(const struct contact *c, const struct signal *s)
{
	if (s->level_n > c->settings->press_n)
		return CONTACT_IN_ABOVE;
	return s->level_n < c->settings->release_n ? CONTACT_IN_BELOW : CONTACT_IN_BETWEEN;
}

static enum contact_step set_state(struct contact *c, enum contact_state to, enum contact_input input, int64_t t_us,
	struct emit *e, enum contact_step step)
{
	emit_trace(e, "contact", contact_state_to_str(c->state), contact_input_to_str(input), contact_state_to_str(to),
		t_us);
	c->state = to;
	return step;
}

static enum contact_step on_idle(
	struct contact *c, enum contact_input input, const struct signal *s, bool was_lost, struct emit *e)
{
	switch (input) {
	case CONTACT_IN_ABOVE:
		c->open_start = s->prev_t_us == s->t_us || s->prev_level_n > c->settings->press_n;
		c->gap_start = s->gap || (c->open_start && was_lost);
		c->on_us = c->open_start || s->saturated ? s->t_us : signal_crossing_us(s, c->settings->press_n);
		c->touched_us = s->t_us;
		c->unsure = s->unsure;
		c->calmed = c->open_start || c->gap_start;
		return set_state(c, CONTACT_TOUCH, input, c->on_us, e, CONTACT_STEP_TOUCH);
	case CONTACT_IN_BETWEEN:
	case CONTACT_IN_BELOW:
	case CONTACT_IN_LOST:
		break;
	}
	return CONTACT_STEP_NONE;
}

static enum contact_step on_touch(struct contact *c, enum contact_input input, const struct signal *s, struct emit *e)
{
	double confirm_us = s->period_us > CONFIRM_US ? s->period_us : CONFIRM_US;

	switch (input) {
	case CONTACT_IN_ABOVE:
		if (c->unsure && s->gap && s->t_us > c->touched_us) {
			c->on_us = c->touched_us = s->t_us;
			c->gap_start = true;
			return set_state(c, CONTACT_TOUCH, input, c->on_us, e, CONTACT_STEP_TOUCH);
		}
		if (!c->calmed && signal_calm_crossing_us(s, c->settings->press_n, true, &c->on_us)) {
			c->calmed = true;
			return CONTACT_STEP_TOUCH;
		}
		/* a quarter of a period is left to jitter of the stamps */
		if ((double)(s->t_us - c->touched_us) < confirm_us - s->period_us / 4 || (c->unsure && s->unsure))
			break;
		return set_state(c, CONTACT_ON, input, c->on_us, e, CONTACT_STEP_BEGIN);
	case CONTACT_IN_BETWEEN:
	case CONTACT_IN_BELOW:
	case CONTACT_IN_LOST:
		return set_state(c, CONTACT_IDLE, input, s->t_us, e, CONTACT_STEP_UNTOUCH);
	}
	return CONTACT_STEP_NONE;
}

static enum contact_step on_contact(struct contact *c, enum contact_input input, const struct signal *s, struct emit *e)
{
	switch (input) {
	case CONTACT_IN_BELOW:
		c->off_us = signal_crossing_us(s, c->settings->release_n);
		c->calmed = s->gap;
		return set_state(c, CONTACT_BRIDGE, input, c->off_us, e, CONTACT_STEP_RELEASE);
	case CONTACT_IN_ABOVE:
	case CONTACT_IN_BETWEEN:
	case CONTACT_IN_LOST:
		break;
	}
	return CONTACT_STEP_NONE;
}

static enum contact_step on_bridge(struct contact *c, enum contact_input input, const struct signal *s, struct emit *e)
{
	int64_t bridge_us = knead_s_to_us(c->settings->bridge_s);
	int64_t until_us = s->t_us;

	switch (input) {
	case CONTACT_IN_ABOVE:
	case CONTACT_IN_BETWEEN:
		until_us = signal_crossing_us(s, c->settings->release_n);
		if (until_us - c->off_us < bridge_us) {
			c->dip_us = until_us - c->off_us;
			return set_state(c, CONTACT_ON, input, until_us, e, CONTACT_STEP_DIP);
		}
		return set_state(c, CONTACT_IDLE, input, c->off_us, e, CONTACT_STEP_END);
	case CONTACT_IN_BELOW:
		if (!c->calmed && signal_calm_crossing_us(s, c->settings->release_n, false, &c->off_us)) {
			c->calmed = true;
			return CONTACT_STEP_RELEASE;
		}
		if (until_us - s->level_lag_us - c->off_us >= bridge_us)
			return set_state(c, CONTACT_IDLE, input, c->off_us, e, CONTACT_STEP_END);
		break;
	case CONTACT_IN_LOST:
		break;
	}
	return CONTACT_STEP_NONE;
}

enum contact_step contact_next(struct contact *c, const struct signal *s, bool was_lost, struct emit *e)
{
	enum contact_input input = contact_input_of(c, s);

	switch (c->state) {
	case CONTACT_IDLE:
		return on_idle(c, input, s, was_lost, e);
	case CONTACT_TOUCH:
		return on_touch(c, input, s, e);
	case CONTACT_ON:
		return on_contact(c, input, s, e);
	case CONTACT_BRIDGE:
		return on_bridge(c, input, s, e);
	}
	c->impossible++;
	return CONTACT_STEP_NONE;
}

bool contact_lost(struct contact *c, int64_t t_us, struct emit *e)
{
	bool open = c->state == CONTACT_ON || c->state == CONTACT_BRIDGE;

	if (c->state == CONTACT_ON)
		c->off_us = t_us;
	if (c->state != CONTACT_IDLE)
		set_state(c, CONTACT_IDLE, CONTACT_IN_LOST, t_us, e, CONTACT_STEP_NONE);
	return open;
}
