/* SPDX-License-Identifier: MIT */
/* What the files of `knead replay` share: its options, and where its events go. */
#ifndef TOOL_REPLAY_H
#define TOOL_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <knead/pipeline.h>

#include "conf.h"

struct replay_options {
	const char *conf_file; /* "" = none: a replay does not hang on what is configured on this machine */
	const char **options;
	size_t options_count;
	const char *device; /* NULL = not said */
	const char *rate_hz; /* as written, NULL = not said */
	double speed; /* 0 = as fast as it goes */
	size_t chunk; /* most bytes pushed at once, 0 = as they come */
	bool publish, explain;
	bool diff; /* run the other settings beside: diff_file ("" = none), then diffs, over the ones above */
	const char *diff_file;
	const char **diffs;
	size_t diffs_count;
	char **files;
	int files_count;
};

/* Replays all files as the options say. Returns an exit status of verbs.h. */
int replay_run(const struct replay_options *o);

/* Sees to it that standard output has taken everything. Returns 0, or a negative errno after telling why. */
int replay_flush(void);

/* Where events go: standard output, or the broker. Each function returns 0, or a negative errno after telling why. */
struct replay_output;

int replay_output_new(const struct replay_options *o, const struct conf *conf, struct replay_output **ret);
int replay_output_begin(struct replay_output *out, const struct conf_device *device);
int replay_output_event(struct replay_output *out, const struct knead_event *e, int64_t wall_origin_us);
/* What is true now; for the broker only. */
int replay_output_view(struct replay_output *out, const struct knead_pipeline *p, int64_t wall_origin_us);
void replay_output_end(struct replay_output *out);
/* Waits for what is on its way, and frees. NULL is fine. */
int replay_output_free(struct replay_output *out);

#endif
