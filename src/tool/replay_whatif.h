/* SPDX-License-Identifier: MIT */
/* What else a contact might have been: how far every other verdict was, and which setting would have brought it. */
#ifndef TOOL_REPLAY_WHATIF_H
#define TOOL_REPLAY_WHATIF_H

#include "replay_story.h"

/* What the events say of a contact. A piece is a hold_end, roll_end, press, tap or impact. */
struct verdict {
	const struct knead_event *only; /* its one piece; NULL with none or several */
	uint32_t holds, rolls, pieces;
	double percussion_s; /* time of percussion in it */
	uint32_t number; /* of the contact */
};

struct whatif {
	double factor; /* by what factor what was measured lies off the limit: 1 at it */
	const char *other; /* the other verdict: "a press", "parted", ... */
	char why[160]; /* a sentence without its full stop */
	char setting[48]; /* "hold_min_s=3.2": with this it would have come so, if the key takes it; "" = none does */
};

#define WHATIFS_MAX 16

/* Fills ret with what else the story might have been, nearest first. Returns how many. */
size_t whatif_list(const struct story *s, const struct verdict *v, const struct knead_settings *settings,
	struct whatif ret[WHATIFS_MAX]);

/* "12 %" or "34 mm": a size of movement as the geometry has it. buf of 32 bytes. Returns buf. */
char *whatif_size(double size, const struct knead_settings *settings, char *buf);

/* "0.198 s", "12.35 s", "184 s". buf of 32 bytes. Returns buf. */
char *whatif_seconds(double seconds, char *buf);

#endif
