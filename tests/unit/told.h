/* SPDX-License-Identifier: MIT */
/* What a machine has told, one line an event: time, type and what the type is about. For tests of one machine alone. */
#ifndef TESTS_TOLD_H
#define TESTS_TOLD_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "emit.h"

#define S(seconds) knead_s_to_us(seconds)

struct told {
	struct emit emit;
	struct knead_event out[KNEAD_EVENTS_MIN];
	char text[1 << 12];
};

static inline void told_init(struct told *t)
{
	memset(t, 0, sizeof *t);
	t->emit.out = t->out;
	t->emit.cap = KNEAD_EVENTS_MIN;
}

static inline void told_fields(const struct knead_event *e, char *buf, size_t size)
{
	buf[0] = '\0';
	if (e->type == KNEAD_EVENT_PULSE_SET_END)
		snprintf(buf, size, " %u from %.1f, mean %.1f", e->pulse_set.pulses,
			knead_us_to_s(e->pulse_set.start_us), e->pulse_set.mean_duration_s);
	if (e->type == KNEAD_EVENT_PRESS_SET_END)
		snprintf(buf, size, " %u from %.1f", e->press_set.presses, knead_us_to_s(e->press_set.start_us));
	if (e->type == KNEAD_EVENT_PROTOCOL_STEP || e->type == KNEAD_EVENT_PROTOCOL_DONE)
		snprintf(buf, size, " %u/%u %u/%u%s %.2f", e->protocol.step, e->protocol.of, e->protocol.done,
			e->protocol.target, e->protocol.completed ? " completed" : "", e->confidence);
	if (e->type == KNEAD_EVENT_SESSION_START || e->type == KNEAD_EVENT_SESSION_END)
		snprintf(buf, size, " %u: %u holds (%u), %u strokes, %u rolls, %.1f s, %.0f N s, %.0f N, %.1f s",
			e->session.session_id, e->session.holds, e->session.holds_met, e->session.strokes,
			e->session.rolls, e->session.loaded_s, e->session.dose_ns, e->session.peak_n,
			e->session.longest_hold_s);
	if (e->type == KNEAD_EVENT_WARNING)
		snprintf(buf, size, " %s %.1f of %.1f", knead_warning_kind_to_str(e->warning.kind), e->warning.value,
			e->warning.limit);
	if (e->type == KNEAD_EVENT_IMPACT)
		snprintf(buf, size, " from %.3f, %.0f N", knead_us_to_s(e->press.start_us), e->press.peak_n);
	if (e->type == KNEAD_EVENT_PERCUSSION_END)
		snprintf(buf, size, " from %.2f, %.1f Hz, %.0f N", knead_us_to_s(e->percussion.start_us),
			e->percussion.rate_hz, e->percussion.mean_n);
}

/* The text of all events since the last call. */
static inline const char *told(struct told *t)
{
	size_t length = 0;
	char fields[128];

	t->text[0] = '\0';
	for (size_t i = 0; i < t->emit.n; i++) {
		const struct knead_event *e = &t->out[i];

		told_fields(e, fields, sizeof fields);
		length += (size_t)snprintf(t->text + length, sizeof t->text - length, "%.3f %s%s\n",
			knead_us_to_s(e->t_us), knead_event_type_to_str(e->type), fields);
	}
	t->emit.n = 0;
	return t->text;
}

#endif
