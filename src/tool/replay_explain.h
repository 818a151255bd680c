/* SPDX-License-Identifier: MIT */
/*
 * knead replay --explain: why every contact became what it became, and how far it was from something else. A capture is
 * listened to, and told of at its end: so the text does not hang on how the bytes came.
 */
#ifndef TOOL_REPLAY_EXPLAIN_H
#define TOOL_REPLAY_EXPLAIN_H

#include <stdio.h>

#include <knead/pipeline.h>

#include "conf.h"

struct explain;

/*
 * Begins to listen to p, the pipeline of a file and of that device; all must outlive it. NULL without memory.
 */
struct explain *explain_new(const char *path, const struct conf_device *device, struct knead_pipeline *p);
void explain_free(struct explain *x); /* NULL is fine */

/* Takes an event of the pipeline. Returns 0 or -ENOMEM. */
int explain_event(struct explain *x, const struct knead_event *e, int64_t wall_origin_us);

/* The file is over: writes everything. Returns 0, -ENOMEM, or -EIO. */
int explain_write(struct explain *x, FILE *out);

#endif
