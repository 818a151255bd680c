/* SPDX-License-Identifier: MIT */
/* What a detector said, as far as it is scored: read from the JSON lines of event records. */
#ifndef TOOL_SCORE_EVENTS_H
#define TOOL_SCORE_EVENTS_H

#include "labels.h"

/*
 * Reads the records of path ("-": standard input) and adds those that are about a whole hold, roll, press, tap, impact
 * or percussion to *l, whose count then is the number of strokes; all have details, with the ends of a roll's strokes before
 * its own end as its turns. The rest is passed over. peak_n is 0 where the record has none. Returns 0, or a negative errno
 * with "file:line: what is wrong" in ret_why.
 */
int score_events_read(const char *path, struct labels *l, char *ret_why, size_t why_size);

#endif
