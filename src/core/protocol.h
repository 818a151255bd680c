/* SPDX-License-Identifier: MIT */
/*
 * Guided protocols: the steps of the device's protocol, in order, against what the person does. Progress and completion are
 * told as events; what is expected next is the prior for telling holds from rolls.
 */
#ifndef CORE_PROTOCOL_H
#define CORE_PROTOCOL_H

#include "emit.h"
#include "sets.h"

enum protocol_expects {
	PROTOCOL_EXPECTS_NOTHING,
	PROTOCOL_EXPECTS_HOLD,
	PROTOCOL_EXPECTS_STROKES,
};

struct protocol {
	const struct knead_protocol *protocol;
	struct emit *emit;
	uint32_t step; /* index of the step under way */
	uint32_t done; /* units of it: holds, pulses, strokes, or 0 and 1 of a rest */
	int64_t last_us; /* end of the last thing that counted */
	bool begun; /* anything has counted since the first step */
};

void protocol_init(struct protocol *p, const struct knead_protocol *protocol, struct emit *emit);

/* What the step under way asks for. */
enum protocol_expects protocol_expects(const struct protocol *p);

/* Number of the step under way, from 1; 0 without a protocol. */
static inline uint32_t protocol_step(const struct protocol *p)
{
	return p->protocol->steps > 0 ? p->step + 1 : 0;
}

/* A hold ended; a stroke or a press (a lifted stroke) ended at t_us. */
void protocol_hold(struct protocol *p, const struct hold_ended *hold);
void protocol_stroke(struct protocol *p, int64_t t_us);

/* It is t_us, and nothing touches the device since idle_us (INT64_MAX: something does). */
void protocol_advance(struct protocol *p, int64_t t_us, int64_t idle_us);

/* The session is over: a protocol that was begun ends unfinished. */
void protocol_close(struct protocol *p);

#endif
