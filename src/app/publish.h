/* SPDX-License-Identifier: MIT */
/*
 * What goes to which topic, and when: retain, QoS, expiry and class of every message, rate limits and dead bands of the
 * documents, availability of the devices. The topic table of docs/mqtt in code; knows no broker and asks no clock.
 *
 *	publish_new(&options, &p)                 at start
 *	publish_device_add(p, conf, &d)           per device; it is offline until its first view that is online
 *	publish_event(p, d, &event, n, ...)       for each event, in the order of n
 *	publish_view(p, d, &view, ...)            after each push that gave events or changed the phase, and when it asks for it
 *	publish_offline(p, d, "unplugged", ...)   when the port is gone
 *	publish_tick(p, ...)                      when it asks for it: bridge/info and bridge/health
 */
#ifndef APP_PUBLISH_H
#define APP_PUBLISH_H

#include <knead/pipeline.h>

#include "announced.h"
#include "conf.h"
#include "sink_mqtt.h"

struct publish;
struct publish_device;

struct publish_options {
	struct sink_mqtt *sink; /* not owned; may be NULL: then nothing is sent */
	const struct conf *conf; /* read by publish_new() only */
	struct announced *announced; /* not owned; NULL: known to this publisher alone, and forgotten with it */
	const char *boot; /* 8 hex digits, or "replay"; copied */
	bool guest; /* beside a daemon: nothing on the bridge's topics */
	int64_t started_us, started_wall_us; /* the two clocks at the start of the program */
};

/*
 * Times: now_us is any monotonic clock, the same in all calls; wall_us is UTC now; wall_origin_us is UTC of stream time 0 of
 * that device. All in microseconds.
 */

/* The broker of the configuration, as the sink wants it: points into c. What is the program's own is left to the caller. */
struct sink_mqtt_options publish_sink_options(const struct conf *c);

int publish_new(const struct publish_options *options, struct publish **ret);
void publish_free(struct publish *p); /* frees its devices too; sends nothing */
/* From now on to this sink, NULL for nowhere. */
void publish_set_sink(struct publish *p, struct sink_mqtt *sink);

/* What of a device's settings does not stand in its configuration; NULL for nothing. */
struct publish_settings {
	bool mute; /* no live messages */
	const char *const *changed; /* names of settings that a command changed */
	size_t changed_count;
};

/*
 * Adds a device, offline, and publishes its settings. conf and settings are not kept. Returns 0 and *ret (owned by p), or
 * -ENOMEM.
 */
int publish_device_add(struct publish *p, const struct conf_device *conf, const struct publish_settings *settings,
	struct publish_device **ret);
/* Its settings have changed: publishes them. Returns 0 or -ENOMEM. */
int publish_device_configure(struct publish *p, struct publish_device *d, const struct conf_device *conf,
	const struct publish_settings *settings);
/* Publishes "offline" for it. What it has told is taken back by publish_tick(), unless it is added again before. */
void publish_device_remove(struct publish *p, struct publish_device *d);

/* Publishes one event: its record, and the messages derived from it. n counts over all devices, from 1. */
void publish_event(
	struct publish *p, struct publish_device *d, const struct knead_event *e, uint64_t n, int64_t wall_origin_us);

/*
 * Publishes of a view what is due: state, live, session, diag, availability. Returns the now_us at which to call again even
 * if nothing happens.
 */
int64_t publish_view(struct publish *p, struct publish_device *d, const struct knead_view *view, int64_t wall_origin_us,
	int64_t now_us, int64_t wall_us);

/*
 * Publishes the totals of a session of an earlier run, for as long as there is none of this one. Its start and end are UTC.
 */
void publish_past_session(struct publish *p, struct publish_device *d, const struct knead_session_fields *totals,
	int64_t start_wall_us, int64_t end_wall_us);

/* The port is closed: offline at once, with the reason (a few words, copied) in diag and bridge/info. */
void publish_offline(struct publish *p, struct publish_device *d, const char *reason, int64_t now_us, int64_t wall_us);

/* Publishes bridge/info when it has changed and bridge/health when it is due. Returns when to call again. */
int64_t publish_tick(struct publish *p, int64_t now_us, int64_t wall_us);

/* Level of the log, for bridge/info; one of the names of the configuration. */
void publish_log_level(struct publish *p, const char *level);
/* Sends everything again, discovery first, as after a start of Home Assistant. */
void publish_again(struct publish *p);
/*
 * Removes all that may stand retained of a device that is not there any more: its topics, value/ too, and its announcements in
 * every style. Does nothing for one that is there.
 */
void publish_forget(struct publish *p, const char *id);
/* Publishes bridge/health now. Returns it as text, valid until the next call, or NULL. */
const char *publish_health(struct publish *p, int64_t now_us, int64_t wall_us);

/* Publishes "offline" for every device; for a clean stop, before sink_mqtt_free(). */
void publish_stop(struct publish *p, int64_t now_us, int64_t wall_us);

#endif
