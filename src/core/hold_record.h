/* SPDX-License-Identifier: MIT */
/* The records of a hold: hold_start, hold_target, hold_end with its release. */
#ifndef CORE_HOLD_RECORD_H
#define CORE_HOLD_RECORD_H

#include "hold.h"

void hold_record_start(struct hold *h);
void hold_record_target(struct hold *h, int64_t target_us);

/* hold_end and release at end_us; end is the state of the tally there. Counts the hold for the session. */
void hold_record_end(
	struct hold *h, const struct signal *s, const struct tally_mark *end, int64_t end_us, enum knead_cause cause);

#endif
