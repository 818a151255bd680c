/* SPDX-License-Identifier: MIT */
/*
 * One device of the daemon: its port, opened again whenever it comes back, its pipeline, its recording, its topics and its
 * zero. Everything happens in the loop; nothing here blocks.
 */
#ifndef APP_DEVICE_H
#define APP_DEVICE_H

#include "command.h"
#include "conf.h"
#include "history.h"
#include "loop.h"
#include "publish.h"
#include "state.h"

/* What all devices share. */
struct device_context {
	struct loop *loop;
	struct publish *publish;
	struct state_store *store;
	const char *state_directory; /* NULL = none; relative paths of recordings count from here */
	struct conf *const *conf; /* the configuration in force; read when settings are commanded */
	uint64_t *n; /* number of the last event */
	const char
		*journal; /* where the sessions of earlier runs stand, for devices that are made now; NULL = nowhere */
	void (*changed)(void *user); /* a port was opened or closed */
	void (*answer)(void *user, command_ticket ticket,
		struct command_outcome *outcome); /* of a device_do() that came later */
	void *user;
};

struct device;

/*
 * Makes a device and begins to open its port; that the port is absent is no error. context must outlive it. conf is not owned
 * and must stay until device_free() or device_use_conf(). Returns 0 and *ret, or a negative errno, which is logged.
 */
int device_new(const struct device_context *context, const struct conf_device *conf, struct device **ret);
/*
 * Ends what is open with cause lost, publishes that and the last documents, keeps the zero, closes recording and port. Nothing
 * happens afterwards; may run twice.
 */
void device_stop(struct device *d);
/* Stops and frees; NULL is fine. Its topics stay with the publisher, unless device_leave_publisher() took them away. */
void device_free(struct device *d);

const char *device_id(const struct device *d);
const struct conf_device *device_conf(const struct device *d);
bool device_port_open(const struct device *d);

/* The same configuration at another address. */
void device_use_conf(struct device *d, const struct conf_device *conf);
/*
 * Takes its topics offline and from the publisher: the device is stopped and will be gone, or the publisher is about to change
 * and device_join_publisher() follows.
 */
void device_leave_publisher(struct device *d);
/* Joins the publisher of the context. Returns 0 or -ENOMEM. */
int device_join_publisher(struct device *d);

/*
 * Commands. values: keys of settings and what they are to be; all or none. word and args as in struct command_host. What
 * takes its time comes by the context's answer().
 */
void device_set(struct device *d, const cJSON *values, struct command_outcome *ret);
void device_do(struct device *d, const char *verb, const char *word, const cJSON *args, command_ticket ticket,
	struct command_outcome *ret);

/* Says on its topics that something is wrong beside the device itself; detail as in knead_fault_fields. */
void device_fault(struct device *d, enum knead_fault_kind kind, const char *detail);

/* Whether bytes that waited at the last call have been read since. */
bool device_progress(struct device *d);

#endif
