/* SPDX-License-Identifier: MIT */
/*
 * Everything between the devices and the broker: the connection, the publisher with its clock, and what comes back. Changes as a
 * whole when the configuration of the broker does.
 */
#ifndef APP_OUTPUT_H
#define APP_OUTPUT_H

#include "command.h"
#include "conf.h"
#include "loop.h"
#include "publish.h"

struct output_options {
	struct loop *loop;
	const char *boot; /* borrowed, as all here */
	int64_t started_us, started_wall_us;
	const char *state_directory; /* NULL = none; the journal lies there */
	struct announced *announced; /* goes on from one publisher to the next */
	const struct command_host *host; /* who does what is commanded */
	void *host_user;
	void (*journal_failed)(void *user, const char *why); /* a few words; again when it has worked in between */
	void *user;
};

struct output;

/* Connects as conf says (no host: nowhere). Returns 0 and *ret, or a negative errno, which is logged. */
int output_new(const struct output_options *options, const struct conf *conf, struct output **ret);
/* Says goodbye within timeout_ms and frees. NULL is fine. */
void output_free(struct output *o, int timeout_ms);

/* Whether output_change() would take the configuration; what is wrong is logged. Returns 0 or a negative errno. */
int output_check(const struct conf *conf);
/*
 * Goes over to a new configuration that has been checked: the old connection says goodbye within timeout_ms before the new one
 * begins, as otherwise its "offline" would be the last word. The publisher afterwards is a new one, without devices. Returns 0
 * or a negative errno.
 */
int output_change(struct output *o, const struct conf *conf, int timeout_ms);

/* The outcome of a command that was to come later, as command_answer(). */
void output_answer(struct output *o, command_ticket ticket, struct command_outcome *outcome);

struct publish *output_publish(const struct output *o);
/* From now on the log is published up to this level (log_mqtt of the configuration). */
void output_set_log(struct output *o, int level);
/* Looks soon at what is due, as something about the bridge may have changed. */
void output_wake(struct output *o);

#endif
