/* SPDX-License-Identifier: MIT */
/* Where the machines put their events: the caller's array, with delay_ms taken off every time. */
#ifndef CORE_EMIT_H
#define CORE_EMIT_H

#include <stddef.h>

#include <knead/event.h>
#include <knead/pipeline.h>

struct emit {
	struct knead_event *out;
	size_t n, cap;
	uint64_t dropped; /* events that found no place: a mistake of ours, counted and tested to stay 0 */
	struct knead_event scratch; /* receives what found no place */
	int64_t delay_us;
	int64_t origin_rx_us; /* written into every event */
	knead_trace_fn trace;
	void *trace_user;
};

/* Stream time as it stands in a record. */
static inline int64_t emit_time(const struct emit *e, int64_t t_us)
{
	return t_us - e->delay_us;
}

/*
 * Opens an event about the instant t_us (not yet corrected) and returns it to be filled; never NULL. Valid until the next
 * call. The union is zeroed.
 */
struct knead_event *emit_event(
	struct emit *e, enum knead_event_type type, int64_t t_us, double confidence, uint32_t flags);

/* A fault about t_us; detail is printf-like, cut to KNEAD_DETAIL_MAX. */
void emit_fault(struct emit *e, enum knead_fault_kind kind, int64_t t_us, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The one trace hook of the state machines. */
static inline void emit_trace(
	struct emit *e, const char *machine, const char *from, const char *input, const char *to, int64_t t_us)
{
	if (e->trace)
		e->trace(e->trace_user, &(struct knead_trace){ .machine = machine,
						.from = from,
						.input = input,
						.to = to,
						.t_us = emit_time(e, t_us) });
}

/* Tells of a measurement; called through emit_measure(). */
void emit_measured(const struct emit *e, enum knead_measure measure, int64_t t_us, double value, double limit)
	__attribute__((cold));

/* The same hook for a measurement at t_us; value and limit are not worked out while nobody listens. */
#define emit_measure(e, measure, t_us, value, limit)                                                                   \
	do {                                                                                                           \
		if ((e)->trace)                                                                                        \
			emit_measured((e), (measure), (t_us), (value), (limit));                                       \
	} while (0)

#endif
