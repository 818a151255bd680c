/* SPDX-License-Identifier: MIT */
/*
 * Those who count what has happened: sets of pulses and presses, warnings, the guided protocol. They change nothing of what
 * is detected, but for the prior: what the protocol expects.
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

/* settings and emit must outlive it. */
void coach_init(struct coach *c, const struct knead_settings *settings, struct emit *emit);

/* Factor on the size of a stroke by what the protocol expects: above 1 a hold, below 1 strokes, 1 nothing. */
double coach_prior(const struct coach *c);

/* A contact began. */
void coach_contact(struct coach *c, int64_t on_us, uint32_t flags);

/*
 * Next sample of the contact that began at on_us; hold_us: since when a published hold lasts, INT64_MAX without one; loaded_s:
 * time under load of the session before this contact. Returns over_soft and over_hard for the contact's flags.
 */
static inline uint32_t coach_push(
	struct coach *c, const struct signal *s, int64_t on_us, int64_t hold_us, double loaded_s, uint32_t flags)
{
	return warning_push(&c->warning, s, hold_us, loaded_s + knead_us_to_s(s->t_us - on_us), flags);
}

/* A hold, a stroke of a roll, a press ended. */
void coach_hold(struct coach *c, const struct hold_ended *hold, uint32_t flags);
void coach_stroke(struct coach *c, int64_t t_us);
void coach_press(struct coach *c, int64_t start_us, int64_t end_us, uint32_t flags);

/* Whether time alone may end something. */
static inline bool coach_waits(const struct coach *c)
{
	return c->sets.pulses | c->sets.presses | c->protocol.begun;
}

/* It is t_us; loaded: a contact is open, and what may join a set lasts since since_us; else nothing touches since then. */
static inline void coach_time(struct coach *c, int64_t t_us, bool loaded, int64_t since_us)
{
	if (c->sets.pulses | c->sets.presses)
		sets_advance(&c->sets, t_us, loaded, since_us);
	if (c->protocol.begun)
		protocol_advance(&c->protocol, t_us, loaded ? INT64_MAX : since_us);
}

/* Data ended: no set goes on across that. The session ended: nothing does. */
void coach_lost(struct coach *c);
void coach_session_end(struct coach *c);

#endif
