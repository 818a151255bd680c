/* SPDX-License-Identifier: MIT */
/*
 * Reversals of the movement, strokes between them, rolls made of strokes. Watches position (geometry) or force (one cell)
 * while a contact lasts; says when rolling has begun, when it has come to rest, and counts.
 */
#ifndef CORE_STROKE_H
#define CORE_STROKE_H

#include "doubt.h"
#include "emit.h"
#include "reversal.h"
#include "roll.h"
#include "signal.h"
#include "trail.h"
#include "turns.h"

enum stroke_state {
	STROKE_OFF, /* no contact */
	STROKE_SEEK, /* no reversal yet, both directions open */
	STROKE_TOWARDS, /* moving; cand is the extreme in the making */
	STROKE_ROLL, /* the same, and it is a roll */
};

enum stroke_input {
	STROKE_IN_BEGIN, /* contact */
	STROKE_IN_REVERSE, /* an extreme is confirmed */
	STROKE_IN_RULE, /* the strokes so far make a roll */
	STROKE_IN_REST, /* movement has rested long enough */
	STROKE_IN_END, /* contact or data ended */
};

#define STROKE_REST_S 6.0 /* a movement that has not gone on for so long is over */
#define STROKES_KEPT (TURNS_KEPT + 1) /* more than one sample can end */

struct stroke {
	const struct knead_settings *settings;
	struct emit *emit;
	enum stroke_state state;
	bool positional;

	struct trail trail;
	double threshold, hysteresis, near; /* in units of u */

	struct reversal run; /* the extreme under way; SEEK: the high one, and the low one is in turns */
	struct reversal *cand; /* run, or NULL: none is under way */
	struct turns turns; /* confirmed since the contact began or the last roll ended */

	int64_t since_us; /* the contact began, or the last roll ended */
	uint32_t small_passes; /* how many of the newest passes, one after the other, were no stroke */
	double still_u; /* place of the last rest, and since when */
	int64_t still_since_us;

	struct roll roll;
	uint32_t next_roll_id;
	uint32_t swings; /* that make a roll */
	double prior; /* factor on the size of a stroke: what the active protocol expects, told by detect.c */
	struct doubt doubt; /* whether this contact is what it is by the prior alone */
	bool settled; /* the onset of the contact is over, told by detect.c */
	int64_t told_until_us; /* up to here a hold has been told, by detect.c: a roll that is over by then is none */
	bool travelling;
	uint32_t rolls_total, strokes_total; /* announced so far */
	int64_t ended_us
		[STROKES_KEPT]; /* ends of the last strokes, for those who listen: number i at i % STROKES_KEPT */
	bool dwelled; /* the roll stopped at an extreme that is already confirmed */
	double rule_share; /* smallest swing of the rule / threshold, for the confidence */
};

/* What a sample brought about. */
enum stroke_step {
	STROKE_STEP_NONE,
	STROKE_STEP_ROLL, /* rolling since stroke_first(): the caller ends the hold before it, then stroke_announce() */
	STROKE_STEP_STOPPED, /* the roll has come to rest: stroke_stop() */
};

const char *stroke_state_to_str(enum stroke_state state);
const char *stroke_input_to_str(enum stroke_input input);

/* settings and emit must outlive it. */
void stroke_init(struct stroke *st, const struct knead_settings *settings, struct emit *emit);
/* Settings have changed; what is open goes on under the new ones. */
void stroke_configure(struct stroke *st);

/* A contact begins at t_us; onset: with a rise of force, rather than loaded at the first sample. */
void stroke_begin(struct stroke *st, int64_t t_us, bool onset);

/* Next sample of the contact, not inside a dip; mark is the state of the hold now; disturbed: percussion; flags go into stroke events. */
enum stroke_step stroke_push(
	struct stroke *st, struct signal *s, const struct tally_mark *mark, bool disturbed, uint32_t flags);

/* The extreme from which the first stroke of the roll just found departs, with the hold's state there. */
const struct extreme *stroke_first(const struct stroke *st);

/* Announces the roll just found: roll_start at start_us, and its strokes so far. */
void stroke_announce(struct stroke *st, int64_t start_us, uint32_t flags);

/* Whether the place moved in this push: what rests there has not begun. */
static inline bool stroke_travelling(const struct stroke *st)
{
	return st->travelling;
}

/* Under this a pass is none of a roll, whatever the active protocol expects. */
static inline double stroke_small(const struct stroke *st)
{
	return st->prior > 1 ? st->threshold / st->prior : st->threshold;
}

/* A size of u as people are told it: travel, with one cell percent of the mean. */
static inline double stroke_shown(const struct stroke *st, double u)
{
	return st->positional || st->trail.mean_n <= 0 ? u : 100 * u / st->trail.mean_n;
}

/* Whether the roll had already stopped at its last reversal when that was confirmed: then stroke_stop() is due. */
static inline bool stroke_dwelled(const struct stroke *st)
{
	return st->state == STROKE_ROLL && st->dwelled;
}

/*
 * Whether movement has been seen so lately that it may yet become rolling. Not a movement that has gone to and fro without
 * making strokes: the roll rule cannot hold of what it has done so far.
 */
bool stroke_moving(const struct stroke *st, int64_t t_us);

/* The same with better evidence, for what a published hold has still to say: with one cell so many whole swings, not just sway. */
bool stroke_swinging(const struct stroke *st, uint32_t swings, int64_t t_us);

/*
 * The contact ended at end_us with this running impulse. True when only the end makes the strokes so far a roll: then as
 * after STROKE_STEP_ROLL, then stroke_end() again. A running roll is ended with cause.
 */
bool stroke_found_at_end(struct stroke *st, int64_t end_us, double end_impulse_ns);
void stroke_end(struct stroke *st, int64_t end_us, double end_impulse_ns, enum knead_cause cause, uint32_t flags);

/* While a roll runs: since when nothing has moved. */
int64_t stroke_rest_since_us(const struct stroke *st);

/* Ends the running roll where it came to rest, cause stopped; returns that moment. */
int64_t stroke_stop(struct stroke *st, uint32_t flags);

/* Strokes per minute of the running roll so far; 0 when none runs. */
static inline double stroke_cadence_per_min(const struct stroke *st)
{
	double mean_s = roll_mean_interval_s(&st->roll);

	return st->state == STROKE_ROLL && mean_s > 0 ? 60 / mean_s : 0;
}

#endif
