/* SPDX-License-Identifier: MIT */
/* The guided calibration of one device, as asked for on the command line. */
#ifndef TOOL_CALIBRATE_H
#define TOOL_CALIBRATE_H

#include "conf.h"

struct calibrate_options {
	const char *config; /* NULL = the default */
	const char *device;
	const char *state; /* directory of the daemon's state */
	double known_n; /* 0 = ask */
};

/* Guides through it; standard input answers. Returns enum verb_exit. */
int calibrate_run(const struct calibrate_options *o, const struct conf_device *device);

#endif
