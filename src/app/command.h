/* SPDX-License-Identifier: MIT */
/*
 * Commands from the broker: from topic and payload to a call, and from its outcome to the answer. Knows the form of commands,
 * and nothing of what they do.
 *
 *   BASE/DEVICE/set/KEY   a value                    BASE/DEVICE/set            {"KEY": value, ...}
 *   BASE/DEVICE/do/VERB   PRESS, a word, or {...}    BASE/bridge/request/VERB   {"transaction": "...", "args": {...}}
 *
 * The answer goes to the response topic of the command if it has a legal one (MQTT 5), else to BASE/DEVICE/result/VERB or
 * BASE/bridge/response/VERB. Every command is logged with its outcome.
 */
#ifndef APP_COMMAND_H
#define APP_COMMAND_H

#include <cjson/cJSON.h>

#include "sink_mqtt.h"

enum command_code {
	COMMAND_OK,
	COMMAND_LATER, /* no outcome yet: command_answer() will follow, once */
	COMMAND_UNKNOWN,
	COMMAND_BAD_VALUE,
	COMMAND_OUT_OF_RANGE,
	COMMAND_LOADED,
	COMMAND_UNSTEADY,
	COMMAND_SATURATED,
	COMMAND_NO_DATA,
	COMMAND_IMPLAUSIBLE,
	COMMAND_NOT_CALIBRATED,
	COMMAND_UNSUPPORTED,
	COMMAND_BUSY,
	COMMAND_RATE_LIMITED,
	COMMAND_RETAINED, /* not answered, only logged */
	_COMMAND_CODES,
};

#define COMMAND_ERROR_MAX 256

/* What came of a command. data belongs to whoever holds the outcome; NULL is an empty object. */
struct command_outcome {
	enum command_code code;
	char error[COMMAND_ERROR_MAX]; /* a sentence, where code is an error */
	cJSON *data;
};

/* Names a device's command under way: handed out with COMMAND_LATER, never 0. */
typedef uint32_t command_ticket;

/*
 * Who carries out. Each fills ret; device is a name that may be of no device. word is the plain text of the payload ("" for
 * PRESS or none), args the JSON object or NULL; valid during the call. ticket is for device_do alone, which may answer later.
 */
struct command_host {
	void (*device_set)(void *user, const char *device, const cJSON *values, struct command_outcome *ret);
	void (*device_do)(void *user, const char *device, const char *verb, const char *word, const cJSON *args,
		command_ticket ticket, struct command_outcome *ret);
	void (*bridge)(void *user, const char *verb, const cJSON *args, struct command_outcome *ret);
};

struct command_options {
	struct sink_mqtt *sink; /* answers go there; may be NULL */
	const char *base; /* copied */
	const struct command_host *host;
	void *host_user;
};

struct command;

/* Returns 0 and *ret, or -ENOMEM. */
int command_new(const struct command_options *options, struct command **ret);
void command_free(struct command *c); /* NULL is fine; commands under way get no answer */

/* A command: carries it out and answers. */
void command_take(struct command *c, const struct mqtt_received *m);
/* One that is not carried out, for that reason. */
void command_refuse(struct command *c, const struct mqtt_received *m, enum command_code code);
/* The outcome of a command that was to come later; takes over outcome->data. An unknown ticket is no error. */
void command_answer(struct command *c, command_ticket ticket, struct command_outcome *outcome);

/* Sets an error with a printf-like sentence. */
void command_fail(struct command_outcome *ret, enum command_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* "ok", "unknown", "bad_value", ... */
const char *command_code_to_str(enum command_code code);

#endif
