/* SPDX-License-Identifier: MIT */
/* The fields of a device, for device.c (life, topics, zero) and device_port.c (port, time) alone. */
#ifndef APP_DEVICE_INTERNAL_H
#define APP_DEVICE_INTERNAL_H

#include "capture.h"
#include "device.h"
#include "documents.h"
#include "feed.h"
#include "log.h"
#include "port.h"
#include "port_watch.h"

struct device {
	const struct device_context *context;
	const struct conf_device *conf;
	struct knead_settings settings; /* conf's, with what the state directory knows better */
	int64_t start_us,
		wall_start_us; /* the two clocks when the device was made; time of the feed counts from here */
	int64_t clock_fixed_until_us; /* until then a step of the wall clock changes nothing */
	int64_t last_us; /* time of the last input */
	struct feed feed;
	struct capture_writer *capture;

	struct publish_device *publish;
	int64_t publish_due_us;
	enum knead_phase phase; /* as published */
	bool online, had_event;
	struct log_limit fault_limit;

	struct history_session past; /* the last session of an earlier run */
	bool has_past;
	struct conf_device *in_force; /* conf with what was commanded on top; NULL without memory: conf itself */
	struct device_action *action; /* NULL = nothing was ever measured */
	struct state state;
	bool zero_kept;
	bool tare_deaf; /* it was told to tare and did not: its zero is knead's from then on */
	uint64_t tares_seen; /* of the device itself */
	double kept_drift_n; /* zero_drift_n when the zero was kept */
	int64_t keep_due_us;

	struct port *port;
	bool connecting, ended, stopped;
	struct port_watch *watch;
	sd_event_source *port_source, *watch_source, *timer;
	int64_t armed_us; /* when the timer fires, INT64_MAX = not at all */
	uint64_t reads, reads_seen;
};

/* device_settings.c */
void device_settings_load(struct device *d); /* works out in_force anew, from conf and state */
const struct conf_device *device_settings(const struct device *d); /* the configuration in force */
int device_settings_apply(struct device *d); /* to pipeline and topics: 0 or a negative errno */
/* What the publisher wants to know of them; keys has room for STATE_SETTINGS_MAX. */
struct publish_settings device_settings_published(const struct device *d, const char **keys);
void device_actions_free(struct device *d); /* device_actions.c */

/* device_session.c. Each fills ret. */
void device_end_session(struct device *d, bool forget, struct command_outcome *ret); /* forget: its totals too */
/* word: a protocol's name, "" for the one that is chosen, "none" for none. */
void device_guide(struct device *d, const char *word, struct command_outcome *ret);

/* device_words.c: what can be said to the device. */
bool device_owns_zero(const struct device *d); /* the zero is the device's own, and it can be told to tare */
bool device_tell_tare(struct device *d); /* false: nothing could be written */
bool device_tell_blink(struct device *d);

/* device.c: after every input, publishes what is due. */
void device_publish(struct device *d, bool must);
/* Notes in the recording what happened to the port. */
void device_record_mark(struct device *d, int64_t t_us, const char *words);
void device_record_bytes(struct device *d, int64_t t_us, const void *bytes, size_t n);

/* device_port.c */
int device_port_start(struct device *d); /* begins to open the port: 0 or a negative errno */
void device_port_read_out(struct device *d); /* takes what has come already, before a stop */
void device_port_stop(struct device *d); /* closes all, quietly; may run twice */
/* Time of the feed: microseconds since the device was made, different for every input. */
int64_t device_time_us(struct device *d);

#endif
