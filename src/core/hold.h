/* SPDX-License-Identifier: MIT */
/* Holds and their releases inside a contact: full and partial release, pulses without lifting off, holds before and after rolls. */
#ifndef CORE_HOLD_H
#define CORE_HOLD_H

#include "climb.h"
#include "edges.h"
#include "emit.h"
#include "sets.h"
#include "signal.h"
#include "tally.h"

enum hold_state {
	HOLD_NONE, /* no contact */
	HOLD_CANDIDATE, /* pressed; a hold once it has lasted hold_min_s and nothing speaks for rolling */
	HOLD_ON, /* published */
	HOLD_EASING, /* under half of its level, not yet for bridge_s */
	HOLD_EASED, /* ended by a partial release; the contact goes on */
	HOLD_ROLLING, /* the movement belongs to a roll */
};

enum hold_input {
	HOLD_IN_PRESS,
	HOLD_IN_RELEASE, /* the contact ended */
	HOLD_IN_EASE, /* fell under 0.5 of the level */
	HOLD_IN_FIRM, /* back above (easing: 0.5, eased: 0.55 of the level) */
	HOLD_IN_MOVE, /* rolling began */
	HOLD_IN_REST, /* rolling ended, the load stayed */
	HOLD_IN_TIMEOUT, /* hold_min_s, bridge_s of easing, or three times hold_min_s of a steady lighter load */
	HOLD_IN_LOST, /* data ended */
};

#define HOLDS_KEPT 4 /* more than one sample can end */

struct hold {
	const struct knead_settings *settings;
	struct emit *emit;
	enum hold_state state;
	int64_t hold_min_us, target_us, bridge_us; /* of the settings; target INT64_MAX: none */
	bool moving; /* rolling may be coming: nothing is told that it would contradict; set by detect.c */

	uint32_t id, next_id; /* id: of the published hold */
	bool published, target_sent;
	bool had_onset; /* the start of this hold was seen as a rise of force */
	bool any; /* the contact has had a hold or a roll */
	int64_t start_us;
	uint32_t flags; /* of the contact so far */
	int64_t percussion_us; /* time of percussion in the contact so far, told by detect.c */
	int64_t percussion_before_us; /* of it, what lay before this candidate */

	struct edges edges;
	struct climb climb;
	struct tally tally;
	struct tally_note off; /* at the fall under release_n, at off_us with that running impulse */
	int64_t off_us;
	double off_impulse_ns;

	/* partial release */
	struct tally_note ease; /* at ease_us */
	double ease_impulse_ns;
	int64_t firm_us; /* when it last stood over half of its level */
	int64_t ease_us, ease_since_us; /* the crossing; since when it stays between */
	double eased_level_n; /* level of the hold before */
	double steady_n;
	int64_t steady_since_us;

	bool rest_open; /* rolling: the tally restarts once the movement stops */

	int64_t told_us; /* up to here something was told of it, here or (detect.c) by others; its start before that */

	struct hold_ended ended[HOLDS_KEPT]; /* the last ones, for those who listen: number i at i % HOLDS_KEPT */
	uint32_t holds, holds_met; /* ended so far, over all sessions */
	double longest_hold_s; /* of the session: detect.c sets it to 0 where one begins */
	uint64_t impossible; /* pairs of state and input that cannot be */
};

const char *hold_state_to_str(enum hold_state state);
const char *hold_input_to_str(enum hold_input input);

/* settings and emit must outlive it. */
void hold_init(struct hold *h, const struct knead_settings *settings, struct emit *emit);
/* Settings have changed; what is open goes on under the new ones. */
static inline void hold_configure(struct hold *h)
{
	const struct knead_settings *settings = h->settings;

	h->hold_min_us = knead_s_to_us(settings->hold_min_s);
	h->bridge_us = knead_s_to_us(settings->bridge_s);
	h->target_us = settings->target_s > 0 ? knead_s_to_us(settings->target_s) : INT64_MAX;
}

/* A touch at on_us with force_n there: statistics begin. The hold is a candidate when the contact is confirmed. */
void hold_touch(struct hold *h, const struct signal *s, int64_t on_us, double force_n, bool open_start);
void hold_press(struct hold *h);

/* Next sample: of the touch or the contact, or (in_dip) of a fall under release_n. travelling: the roll goes on. */
void hold_push(struct hold *h, const struct signal *s, bool in_dip, bool travelling);

/* The force fell under release_n at off_us; it came back after dip_us (counted as a dip from 20 ms on). */
void hold_fall(struct hold *h, const struct signal *s, int64_t off_us);
void hold_dip(struct hold *h, const struct signal *s, int64_t dip_us);

/* The contact ended at off_us. Returns false when it had neither hold nor roll: a press or a tap. */
bool hold_lift(struct hold *h, const struct signal *s, int64_t off_us);

/* Up to here what was told of the hold makes it a hold: its first hold_min_s, its target, its easing, what others told. */
int64_t hold_told_until_us(const struct hold *h);

/*
 * Rolling began at first_us, with the hold's state mark there: ends, or publishes and ends, what was held before. Returns where
 * the roll starts: first_us, but never before hold_told_until_us().
 */
int64_t hold_move(struct hold *h, const struct signal *s, int64_t first_us, const struct tally_mark *mark);

/* Rolling came to rest at rest_us; the load stayed. */
void hold_rest(struct hold *h, const struct signal *s, int64_t rest_us);

/* Data ended at t_us, the last real sample (or at the fall under release_n before it). Returns as hold_lift(). */
bool hold_lost(struct hold *h, const struct signal *s, int64_t t_us);

/* Whether a hold is to be shown: published, or a candidate of 1.5 s at t_us. */
bool hold_shown(const struct hold *h, int64_t t_us);

/* Margin of the level over press_n, lowered by what spoils the record. */
double hold_confidence(const struct hold *h, double level_n);

#endif
