/* SPDX-License-Identifier: MIT */
/*
 * knead replay --diff: which events of a capture would change under other settings. The two runs of a file hand in their
 * events; what belongs together is found at its end.
 */
#ifndef TOOL_REPLAY_DIFF_H
#define TOOL_REPLAY_DIFF_H

#include <stdio.h>

#include <knead/event.h>

#include "conf.h"

enum diff_side { DIFF_BEFORE, DIFF_AFTER, _DIFF_SIDES };

struct diff;

struct diff *diff_new(void); /* NULL without memory */
void diff_free(struct diff *d); /* NULL is fine */

/* Takes an event of one run of the file at hand. Returns 0 or -ENOMEM. */
int diff_event(struct diff *d, enum diff_side side, const struct knead_event *e);

/*
 * The file is over: writes what its settings and its events differ in, and is ready for the next one. Returns 0 or a
 * negative errno.
 */
int diff_write(
	struct diff *d, const char *path, const struct conf_device *before, const struct conf_device *after, FILE *out);

/* Writes the counts of all files so far, when there was more than one. */
void diff_write_total(const struct diff *d, FILE *out);

#endif
