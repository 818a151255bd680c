/* SPDX-License-Identifier: MIT */
/* Events into the caller's array. No allocation; what does not fit is counted, never written beyond the end. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "emit.h"

struct knead_event *emit_event(
	struct emit *e, enum knead_event_type type, int64_t t_us, double confidence, uint32_t flags)
{
	struct knead_event *event = &e->scratch;

	if (e->n < e->cap)
		event = &e->out[e->n++];
	else
		e->dropped++;
	memset(event, 0, sizeof *event);
	event->type = type;
	event->t_us = emit_time(e, t_us);
	event->origin_rx_us = e->origin_rx_us;
	event->confidence = confidence < 0 ? 0 : confidence > 1 ? 1 : confidence;
	event->flags = flags;
	return event;
}

void emit_fault(struct emit *e, enum knead_fault_kind kind, int64_t t_us, const char *format, ...)
{
	struct knead_event *event = emit_event(e, KNEAD_EVENT_FAULT, t_us, 1, 0);
	va_list ap;

	event->fault.kind = kind;
	va_start(ap, format);
	vsnprintf(event->fault.detail, sizeof event->fault.detail, format, ap);
	va_end(ap);
}

void emit_measured(const struct emit *e, enum knead_measure measure, int64_t t_us, double value, double limit)
{
	e->trace(e->trace_user,
		&(struct knead_trace){
			.t_us = emit_time(e, t_us), .measure = measure, .value = value, .limit = limit });
}
