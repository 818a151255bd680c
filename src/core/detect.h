/* SPDX-License-Identifier: MIT */
/* Detection: conditioned samples in, events out. Owns the machines and knows in which order they see a sample. */
#ifndef CORE_DETECT_H
#define CORE_DETECT_H

#include "coach.h"
#include "contact.h"
#include "hold.h"
#include "impact.h"
#include "percussion.h"
#include "session.h"
#include "signal.h"
#include "stroke.h"

struct detect {
	const struct knead_settings *settings;
	struct emit *emit;
	struct signal signal;
	struct contact contact;
	struct hold hold;
	struct stroke stroke;
	struct impact impact;
	struct percussion percussion;
	struct session session;
	struct coach coach;
	uint32_t holds_told, strokes_told; /* of the counts of hold and stroke, to the coach */
	bool was_lost; /* the next sample is the first after lost data */
	bool implausible_zero;
	double contact_peak_n,
		contact_top_n; /* less what noise owes to a maximum, and as read (for a tap, which is over before noise adds much) */
	double start_u, travel_u; /* geometry: place where the contact began, farthest from it */
	bool start_u_known;
};

/* settings and emit must outlive it. */
void detect_init(struct detect *d, const struct knead_settings *settings, struct emit *emit);

/* Takes over what has changed in the settings; what is open goes on. */
void detect_configure(struct detect *d);

/* Next sample. gap: samples are missing before it, but no more than are bridged. */
void detect_push(struct detect *d, const struct force *force, bool gap);

/* Data ended (unplugged, gap, restart, end): what is open ends at the last sample with cause lost. The session goes on. */
void detect_lost(struct detect *d);

/* The same, but the last sample that can be believed was at since_us: from then on the force only seemed to stay. */
void detect_lost_since(struct detect *d, int64_t since_us);

/* Stream time has come to t_us without a contact: ends the session when it is due. */
void detect_advance(struct detect *d, int64_t t_us);

/* End of input: the session ends too. detect_lost() comes first. */
void detect_end(struct detect *d);

bool detect_idle(const struct detect *d);

/* No load now: idle, or a fall under release_n that may be a dip. */
bool detect_unloaded(const struct detect *d);

enum knead_phase detect_phase(const struct detect *d);

/* Totals of the running session so far, or of the last one. */
struct knead_session_fields detect_session_totals(const struct detect *d);

#endif
