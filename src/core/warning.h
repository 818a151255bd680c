/* SPDX-License-Identifier: MIT */
/*
 * Warnings: the person's own limits of force and pressure, an overlong hold, the dose of a session, pressing again too soon,
 * loading too fast. Comfort aids: each is told once per contact (dose: once per session).
 */
#ifndef CORE_WARNING_H
#define CORE_WARNING_H

#include "emit.h"
#include "sets.h"
#include "signal.h"

struct warning {
	const struct knead_settings *settings;
	struct emit *emit;
	double soft_n, hard_n, least_n; /* the limits in force, and the lower of them; INFINITY: none */
	int64_t look_us; /* next look at what grows slowly */
	uint32_t told; /* bits 1 << enum knead_warning_kind, of this contact; dose: of this session */
	int64_t rested_us; /* end of the last hold of 20 s or more; INT64_MIN: none */
};

void warning_init(struct warning *w, const struct knead_settings *settings, struct emit *emit);

/* The limits have changed. */
void warning_configure(struct warning *w);

/* A contact began at on_us. */
void warning_contact(struct warning *w, int64_t on_us, uint32_t flags);

/*
 * Next sample of a contact. hold_us: since when the published hold lasts, INT64_MAX while there is none; loaded_s: time under
 * load of the session so far. Returns flags to be set for the contact (over_soft, over_hard).
 */
uint32_t warning_push_any(struct warning *w, const struct signal *s, int64_t hold_us, double loaded_s, uint32_t flags);

static inline uint32_t warning_push(
	struct warning *w, const struct signal *s, int64_t hold_us, double loaded_s, uint32_t flags)
{
	if (s->t_us < w->look_us && s->level_n <= w->least_n && s->slope_n_per_s < w->settings->fast_load_n_per_s)
		return 0;
	return warning_push_any(w, s, hold_us, loaded_s, flags);
}

/* A hold ended. */
void warning_hold(struct warning *w, const struct hold_ended *hold);

/* The session is over: its dose counts afresh. */
void warning_session_end(struct warning *w);

#endif
