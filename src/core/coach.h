/* SPDX-License-Identifier: MIT */
/*
 * Those who count what has happened: sets of pulses and presses, warnings, the guided protocol. They change nothing of what
 * is detected, but for the prior (what the protocol expects), and that what they have told of a hold stays true.
 */
#ifndef CORE_COACH_H
#define CORE_COACH_H

#include "protocol.h"
#include "sets.h"
#include "signal.h"
#include "warning.h"

struct coach {
	struct sets sets;
	struct warning warning;
	struct protocol protocol;
};

/* What time alone may bring about is judged by this. */
struct coach_time {
	int64_t t_us; /* now */
	int64_t idle_us; /* nothing touches the device since then; INT64_MAX: something does */
	int64_t press_us, pulse_us; /* begin of what is open and may yet become a press, a pulse; t_us: nothing */
	bool stroke_coming; /* what is open may turn out to hold a stroke that has ended already */
};

/* settings and emit must outlive it. */
void coach_init(struct coach *c, const struct knead_settings *settings, struct emit *emit);

/* A touch begins at on_us. Returns the factor on the size of a stroke: above 1 a hold is expected, below 1 strokes. */
double coach_touch(struct coach *c, int64_t on_us);

/* It is a contact; nothing had touched the device since idle_us. Or it is over and recorded as something shorter. */
void coach_contact(struct coach *c, int64_t on_us, int64_t idle_us, uint32_t flags);
static inline void coach_brief(struct coach *c, uint32_t flags)
{
	warning_brief(&c->warning, flags);
}

/* Next sample of a touch or contact. Returns over_soft and over_hard for its flags. */
static inline uint32_t coach_push(struct coach *c, const struct signal *s, uint32_t flags)
{
	return warning_push(&c->warning, s, flags);
}

/* A contact goes on at t_us, with what the session was loaded by now. Pressed again after a partial release. */
static inline void coach_loaded(struct coach *c, int64_t t_us, double loaded_s, uint32_t flags)
{
	warning_loaded(&c->warning, t_us, loaded_s, flags);
}

static inline void coach_press_again(struct coach *c, int64_t t_us, uint32_t flags)
{
	warning_press(&c->warning, t_us, flags);
}

/* Whether a published hold that has lasted so long may have something to tell: then coach_holding(). */
static inline bool coach_due(const struct coach *c, int64_t lasted_us)
{
	return protocol_due(&c->protocol, lasted_us) || warning_due(&c->warning, lasted_us);
}

/* The hold since start_us has lasted lasted_us for certain. Returns up to when something was told of it, or start_us. */
int64_t coach_holding(struct coach *c, int64_t start_us, int64_t lasted_us, uint32_t flags);

/* A hold, a stroke of a roll, a press ended. */
void coach_hold(struct coach *c, const struct hold_ended *hold);
void coach_stroke(struct coach *c, int64_t t_us);
void coach_press(struct coach *c, int64_t start_us, int64_t end_us, uint32_t flags);

/* Whether time alone may bring anything about. */
static inline bool coach_waits(const struct coach *c)
{
	return (c->sets.pulses | c->sets.presses) > 0 || protocol_waits(&c->protocol);
}

void coach_advance(struct coach *c, const struct coach_time *now);

/* Data ended: no set goes on across that. The session ended: nothing does. */
void coach_lost(struct coach *c);
void coach_session_end(struct coach *c);

#endif
