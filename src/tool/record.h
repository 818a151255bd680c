/* SPDX-License-Identifier: MIT */
/* What `knead record` was asked for, and the recording itself. */
#ifndef TOOL_RECORD_H
#define TOOL_RECORD_H

#include "conf.h"

struct record_options {
	const char *config, *device, *port, *baud, *format, *note, *output;
	double for_s; /* 0 = until interrupted */
};

/* Records device, whose port and settings are those in force, to o->output. Returns enum verb_exit, after saying what went wrong. */
int record_run(const struct record_options *o, const struct conf_device *device);

#endif
