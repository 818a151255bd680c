/* SPDX-License-Identifier: MIT */
/* Sessions: from the first contact until session_gap_s without one, and what was done in them. */
#ifndef CORE_SESSION_H
#define CORE_SESSION_H

#include "emit.h"

/* What the machines have counted so far, over all sessions; the session's own figures are differences. */
struct session_counts {
	uint32_t holds, holds_met, rolls, strokes;
};

struct session {
	const struct knead_settings *settings;
	struct emit *emit;
	bool known, open;
	uint32_t next_id;
	int64_t start_us, last_us; /* begin of the first contact, end of the last */
	bool in_contact;
	struct session_counts at_start;
	struct knead_session_fields totals;
};

void session_init(struct session *s, const struct knead_settings *settings, struct emit *emit);

/* A contact began at on_us (already confirmed): opens a session where none is open. */
void session_contact(struct session *s, int64_t on_us, const struct session_counts *counts);

/* That contact ended at off_us. */
void session_contact_end(struct session *s, int64_t on_us, int64_t off_us, double impulse_ns, double peak_n);

/*
 * The totals: of the running session, with what the machines counted until now and the longest hold in it; or, when none
 * runs, of the last one as it was sent.
 */
struct knead_session_fields session_totals(
	const struct session *s, const struct session_counts *counts, double longest_hold_s);

/* Stream time at which the session ends if nothing happens; INT64_MAX while none is open or a contact lasts. */
static inline int64_t session_deadline_us(const struct session *s)
{
	return s->open && !s->in_contact ? s->last_us + knead_s_to_us(s->settings->session_gap_s) : INT64_MAX;
}

/* A time that a new contact is dated to, put right where what was told of before was not over yet. */
static inline int64_t session_after_last_us(const struct session *s, int64_t on_us)
{
	return s->known && on_us < s->last_us ? s->last_us : on_us;
}

/* Ends the session, if one is open, with these totals: at its deadline, or at the end of input. */
void session_close(struct session *s, const struct knead_session_fields *totals);

#endif
