/* SPDX-License-Identifier: MIT */
/*
 * What comes from the broker: Home Assistant's birth message, and commands. Reads the sink's inbox in the loop, drops what is no
 * command of now, and hands the rest on.
 */
#ifndef APP_INBOUND_H
#define APP_INBOUND_H

#include <systemd/sd-event.h>

#include "command.h"
#include "conf.h"
#include "sink_mqtt.h"

#define INBOUND_FILTERS_MAX 5
#define INBOUND_FILTER_MAX 256

/* The topic filters that a configuration asks for; they go into sink_mqtt_options. */
struct inbound_filters {
	char text[INBOUND_FILTERS_MAX][INBOUND_FILTER_MAX];
	const char *list[INBOUND_FILTERS_MAX];
	size_t count;
};
void inbound_filters(const struct conf *conf, struct inbound_filters *ret);

struct inbound_options {
	sd_event *event;
	struct sink_mqtt *sink; /* must outlive the inbound */
	const struct conf *conf; /* read by inbound_new() only */
	/* A command: at most a few a second, none that was retained or is too long. m is valid during the call. */
	void (*command)(void *user, const struct mqtt_received *m);
	/* One that is refused before anybody looks at it. */
	void (*refused)(void *user, const struct mqtt_received *m, enum command_code code);
	void *user;
};

struct inbound;

/* Returns 0 and *ret, or a negative errno. */
int inbound_new(const struct inbound_options *options, struct inbound **ret);
void inbound_free(struct inbound *i); /* NULL is fine */

#endif
