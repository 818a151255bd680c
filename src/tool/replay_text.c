/* SPDX-License-Identifier: MIT */
/* Events as short text. The records themselves are written by event_json.c; this is for reading. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replay_text.h"
#include "wall.h"

struct text_style text_style_of(FILE *out)
{
	const char *no_color = getenv("NO_COLOR");

	if (!isatty(fileno(out)) || (no_color && no_color[0] != '\0'))
		return (struct text_style){ "", "", "", "", "" };
	return (struct text_style){ "\033[1m", "\033[2m", "\033[31m", "\033[32m", "\033[0m" };
}

/* Begin and end of what has a length. */
static bool span_of(const struct knead_event *e, int64_t *ret_begin_us, int64_t *ret_end_us)
{
	switch (e->type) {
	case KNEAD_EVENT_HOLD_END:
		*ret_begin_us = e->hold_end.start_us;
		*ret_end_us = e->hold_end.end_us;
		return true;
	case KNEAD_EVENT_STROKE:
		*ret_begin_us = e->stroke.start_us;
		*ret_end_us = e->stroke.end_us;
		return true;
	case KNEAD_EVENT_ROLL_END:
		*ret_begin_us = e->roll_end.start_us;
		*ret_end_us = e->roll_end.end_us;
		return true;
	case KNEAD_EVENT_PRESS:
	case KNEAD_EVENT_TAP:
	case KNEAD_EVENT_IMPACT:
		*ret_begin_us = e->press.start_us;
		*ret_end_us = e->press.end_us;
		return true;
	case KNEAD_EVENT_PULSE_SET_END:
		*ret_begin_us = e->pulse_set.start_us;
		*ret_end_us = e->pulse_set.end_us;
		return true;
	case KNEAD_EVENT_PRESS_SET_END:
		*ret_begin_us = e->press_set.start_us;
		*ret_end_us = e->press_set.end_us;
		return true;
	case KNEAD_EVENT_PERCUSSION_END:
		*ret_begin_us = e->percussion.start_us;
		*ret_end_us = e->percussion.end_us;
		return true;
	default:
		return false;
	}
}

int64_t text_event_begin_us(const struct knead_event *e)
{
	int64_t begin_us, end_us;

	return span_of(e, &begin_us, &end_us) ? begin_us : e->t_us;
}

int64_t text_event_end_us(const struct knead_event *e)
{
	int64_t begin_us, end_us;

	return span_of(e, &begin_us, &end_us) ? end_us : e->t_us;
}

double text_seconds(int64_t from_us, int64_t to_us)
{
	return (double)(wall_us_to_ms(to_us) - wall_us_to_ms(from_us)) / 1000;
}

static void say(char *buf, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void say(char *buf, size_t size, const char *format, ...)
{
	size_t n = strlen(buf);
	va_list ap;

	va_start(ap, format);
	if (n < size)
		vsnprintf(buf + n, size - n, format, ap);
	va_end(ap);
}

static void say_counts(const struct knead_event *e, char *buf, size_t size)
{
	const struct knead_session_fields *s = &e->session;
	const struct knead_protocol_fields *p = &e->protocol;

	if (e->type == KNEAD_EVENT_PULSE_SET_END)
		say(buf, size, ": %u pulses of %.2f s", e->pulse_set.pulses, e->pulse_set.mean_duration_s);
	else if (e->type == KNEAD_EVENT_PRESS_SET_END)
		say(buf, size, ": %u presses", e->press_set.presses);
	else if (e->type == KNEAD_EVENT_SESSION_END)
		say(buf, size, " %u: %u %s (%u met), %u strokes, %.1f s under load", s->session_id, s->holds,
			s->holds == 1 ? "hold" : "holds", s->holds_met, s->strokes, s->loaded_s);
	else if (e->type == KNEAD_EVENT_SESSION_START)
		say(buf, size, " %u", s->session_id);
	else if (e->type == KNEAD_EVENT_PROTOCOL_STEP || e->type == KNEAD_EVENT_PROTOCOL_DONE)
		say(buf, size, " %s: step %u of %u, %u of %u%s", p->protocol, p->step, p->of, p->done, p->target,
			p->completed ? ", completed" : "");
	else if (e->type == KNEAD_EVENT_WARNING)
		say(buf, size, " %s: %.1f, the limit is %.1f", knead_warning_kind_to_str(e->warning.kind),
			e->warning.value, e->warning.limit);
	else if (e->type == KNEAD_EVENT_FAULT)
		say(buf, size, " %s: %s", knead_fault_kind_to_str(e->fault.kind), e->fault.detail);
}

char *text_event(const struct knead_event *e, char *buf, size_t size)
{
	double seconds = text_seconds(text_event_begin_us(e), text_event_end_us(e));
	const char *type = knead_event_type_to_str(e->type);

	/* a record named after its end is shown as the whole */
	snprintf(buf, size, "%.*s", (int)strcspn(type, "_"), type);
	switch (e->type) {
	case KNEAD_EVENT_HOLD_END:
		say(buf, size, " %u, %s: %.3f s, peak %.1f N, mean %.1f N", e->hold_end.hold_id,
			knead_cause_to_str(e->hold_end.cause), seconds, e->hold_end.peak_n, e->hold_end.mean_n);
		break;
	case KNEAD_EVENT_ROLL_END:
		say(buf, size, " %u, %s: %.3f s, %u strokes, peak %.1f N, mean %.1f N", e->roll_end.roll_id,
			knead_cause_to_str(e->roll_end.cause), seconds, e->roll_end.strokes, e->roll_end.peak_n,
			e->roll_end.mean_n);
		break;
	case KNEAD_EVENT_PRESS:
	case KNEAD_EVENT_TAP:
	case KNEAD_EVENT_IMPACT:
		say(buf, size, ": %.3f s, peak %.1f N", seconds, e->press.peak_n);
		break;
	case KNEAD_EVENT_PERCUSSION_END:
		say(buf, size, ": %.3f s at %.1f Hz, mean %.1f N", seconds, e->percussion.rate_hz,
			e->percussion.mean_n);
		break;
	case KNEAD_EVENT_STROKE:
		say(buf, size, " %u (%s): %.3f s, peak %.1f N", e->stroke.index,
			knead_direction_to_str(e->stroke.direction), seconds, e->stroke.peak_n);
		break;
	default:
		snprintf(buf, size, "%s", type);
		say_counts(e, buf, size);
		break;
	}
	return buf;
}

char *text_flags(uint32_t flags, char *buf, size_t size)
{
	buf[0] = '\0';
	for (unsigned i = 0; i < KNEAD_FLAGS; i++)
		if (flags & 1u << i)
			say(buf, size, "%s%s", buf[0] != '\0' ? ", " : "",
				knead_flag_to_str((enum knead_flag)(1u << i)));
	return buf;
}
