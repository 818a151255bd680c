/* SPDX-License-Identifier: MIT */
/* The daemon as a whole: devices, broker, state, wired together. */
#ifndef APP_APP_H
#define APP_APP_H

#include <stdio.h>

#include "conf.h"

struct app_options {
	const char *file; /* as for conf_load() */
	const char *const *options;
	size_t options_count;
};

/* Reads the configuration and checks what only the daemon asks of it. As conf_load(). */
int app_load_conf(const struct app_options *o, struct conf **ret, char *ret_why, size_t why_size);

/* Writes the configuration in force: with the settings on top that were commanded, as far as their files can be read. */
void app_dump_conf(struct conf *conf, FILE *out);

enum { _APP_SUCCESS, APP_E_RESTART };
/*
 * Runs until SIGTERM or SIGINT. conf is from app_load_conf() and is taken over. Returns 0; APP_E_RESTART when it was commanded
 * to start again; or a negative errno, logged.
 */
int app_run(const struct app_options *o, struct conf *conf);

#endif
