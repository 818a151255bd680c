/* SPDX-License-Identifier: MIT */
/* Touch, contact, bridging: from force levels to the begin and end of contacts. */
#ifndef CORE_CONTACT_H
#define CORE_CONTACT_H

#include "emit.h"
#include "signal.h"

enum contact_state {
	CONTACT_IDLE,
	CONTACT_TOUCH,
	CONTACT_ON,
	CONTACT_BRIDGE,
};

enum contact_input {
	CONTACT_IN_ABOVE, /* over press_n */
	CONTACT_IN_BETWEEN, /* between the two levels */
	CONTACT_IN_BELOW, /* under release_n */
	CONTACT_IN_LOST, /* data ended */
};

/* What a sample brought about; contact_next() returns them one by one. */
enum contact_step {
	CONTACT_STEP_NONE,
	CONTACT_STEP_TOUCH, /* may become a contact; on_us is set */
	CONTACT_STEP_UNTOUCH, /* did not */
	CONTACT_STEP_BEGIN, /* a contact, since on_us */
	CONTACT_STEP_RELEASE, /* fell under release_n at off_us: a dip or the end */
	CONTACT_STEP_DIP, /* it was a dip */
	CONTACT_STEP_END, /* it was the end, at off_us */
};

struct contact {
	const struct knead_settings *settings;
	enum contact_state state;
	int64_t on_us, off_us;
	int64_t touched_us; /* first sample of the touch */
	bool calmed; /* the crossing has been dated anew by the calmer copy of the force */
	int64_t dip_us; /* length of the last dip */
	bool open_start; /* loaded at the first sample: there was no onset to see */
	bool gap_start; /* ... and that sample came after a gap */
	bool unsure; /* touched while time might have jumped */
	uint64_t impossible; /* pairs of state and input that cannot be: counted, 0 in every test */
};

const char *contact_state_to_str(enum contact_state state);
const char *contact_input_to_str(enum contact_input input);

void contact_init(struct contact *c, const struct knead_settings *settings);

/*
 * What the newest sample of the signal means, one step a call; call until CONTACT_STEP_NONE (at most four calls).
 * was_lost: the signal was cut before this sample by a gap (not by the start of the stream).
 */
enum contact_step contact_next(struct contact *c, const struct signal *s, bool was_lost, struct emit *e);

/* Data ended at t_us. Returns true when a contact was open: it ends at off_us (the fall under release_n, if it had begun). */
bool contact_lost(struct contact *c, int64_t t_us, struct emit *e);

#endif
