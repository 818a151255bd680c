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
	double sure; /* lowest confidence of a unit since the first step */
	int64_t last_us; /* end of the last thing that counted */
	int64_t since_us; /* since when the step under way has been due; INT64_MAX while the hold of the one before goes on */
	int64_t used_us; /* start of the hold that completed a step: it counts for no other; INT64_MIN: none */
	int64_t due_us; /* length of a hold at which something is to be told; INT64_MAX: none */
	bool begun; /* anything has counted since the first step */
	bool finished; /* all steps are done; the next contact begins anew */
};

void protocol_init(struct protocol *p, const struct knead_protocol *protocol, struct emit *emit);

/* What a contact that begins at on_us is expected to be. */
enum protocol_expects protocol_expects(const struct protocol *p, int64_t on_us);

/* The step under way as an event would tell it; step 0 without a protocol. completed: the whole protocol is. */
struct knead_protocol_fields protocol_now(const struct protocol *p);

/* A contact began at on_us; nothing had touched the device since idle_us. */
void protocol_contact(struct protocol *p, int64_t on_us, int64_t idle_us);

/* Whether a hold that has lasted so long may have something to tell: then protocol_holding(). */
static inline bool protocol_due(const struct protocol *p, int64_t lasted_us)
{
	return lasted_us >= p->due_us;
}

/* The hold since start_us has lasted lasted_us and goes on. Returns how much of it is told by now, 0 if nothing is. */
int64_t protocol_holding(struct protocol *p, int64_t start_us, int64_t lasted_us);

/* A hold ended; a stroke or a press (a lifted stroke) ended at t_us. */
void protocol_hold(struct protocol *p, const struct hold_ended *hold);
void protocol_stroke(struct protocol *p, int64_t t_us);

/*
 * It is t_us. idle_us: nothing touches the device since then (INT64_MAX: something does); stroke_coming: what touches it may
 * turn out to hold a stroke that has ended already.
 */
void protocol_advance(struct protocol *p, int64_t t_us, int64_t idle_us, bool stroke_coming);

/* Whether time alone may bring it further. */
static inline bool protocol_waits(const struct protocol *p)
{
	return p->begun && !p->finished;
}

/* The session is over: a protocol that was begun ends unfinished. */
void protocol_close(struct protocol *p);

#endif
