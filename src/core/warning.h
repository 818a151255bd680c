/* SPDX-License-Identifier: MIT */
/*
 * Warnings: the person's own limits of force and pressure, an overlong hold, the dose of a session, pressing again too soon,
 * loading too fast. Comfort aids: a limit is told when it is crossed, and again only after the force has stayed well below
 * it; the others once per contact, hold or session.
 */
#ifndef CORE_WARNING_H
#define CORE_WARNING_H

#include "emit.h"
#include "sets.h"
#include "signal.h"

/* A limit of force or pressure. */
struct warning_limit {
	double at_n; /* INFINITY: none */
	double per_n; /* what the person counts in: 1, or kilopascal per newton */
	double at; /* the limit in that */
	int64_t below_us; /* since when the force stays well below; INT64_MAX: it does not */
};

struct warning {
	const struct knead_settings *settings;
	struct emit *emit;
	struct warning_limit soft, hard;
	double least_n, fast_n_per_s; /* the lower of the limits; fast_load_n_per_s; INFINITY: none */
	double dose_s; /* dose_limit_s; INFINITY: none, or told in this session */
	int64_t look_us; /* next look at what changes slowly */
	int64_t long_us; /* length of a hold at which something is to be told; INT64_MAX: none */
	bool confirmed; /* the touch is a contact: what was seen in it is told at once */
	uint32_t told; /* bits 1 << enum knead_warning_kind: not to be told again now */
	uint32_t waiting; /* the same: seen in a touch that is no contact yet */
	struct {
		int64_t t_us;
		float value, limit;
	} seen[_KNEAD_WARNING_KINDS];
	int64_t rested_us; /* end of the last hold of 20 s or more; INT64_MIN: none */
};

void warning_init(struct warning *w, const struct knead_settings *settings, struct emit *emit);

/* The limits of force and pressure, or the area, have changed: the others stay as they are for the life of the machine. */
void warning_configure(struct warning *w);

/* A touch begins: what is seen in it waits until it is known for more than handling. */
void warning_touch(struct warning *w, int64_t t_us);

/* The touch that began at on_us is a contact, or is recorded as something shorter: what waits is told. */
void warning_contact(struct warning *w, int64_t on_us, uint32_t flags);
void warning_brief(struct warning *w, uint32_t flags);

/* Pressed again at t_us, in a new contact or after a partial release. */
void warning_press(struct warning *w, int64_t t_us, uint32_t flags);

/* Next sample of a touch or contact. Returns flags to be set for it (over_soft, over_hard). */
uint32_t warning_push_any(struct warning *w, const struct signal *s, uint32_t flags);

static inline uint32_t warning_push(struct warning *w, const struct signal *s, uint32_t flags)
{
	if (s->t_us < w->look_us && s->level_n <= w->least_n && s->slope_n_per_s < w->fast_n_per_s)
		return 0;
	return warning_push_any(w, s, flags);
}

/* It is t_us, loaded, and the session has been loaded for loaded_s: dose_s or more. */
void warning_loaded_any(struct warning *w, int64_t t_us, double loaded_s, uint32_t flags);

static inline void warning_loaded(struct warning *w, int64_t t_us, double loaded_s, uint32_t flags)
{
	if (loaded_s >= w->dose_s)
		warning_loaded_any(w, t_us, loaded_s, flags);
}

/* Whether a hold that has lasted so long may have something to tell: then warning_holding(). */
static inline bool warning_due(const struct warning *w, int64_t lasted_us)
{
	return lasted_us >= w->long_us;
}

/* The hold since start_us has lasted lasted_us and goes on. Returns how much of it is told by now, 0 if nothing is. */
int64_t warning_holding(struct warning *w, int64_t start_us, int64_t lasted_us, uint32_t flags);

/* A hold ended. */
void warning_hold(struct warning *w, const struct hold_ended *hold);

/* Data ended: nobody knows how long the rest was. The session is over: its dose counts afresh. */
void warning_lost(struct warning *w);
void warning_session_end(struct warning *w);

#endif
