/* SPDX-License-Identifier: MIT */
/*
 * MQTT, on a thread of its own: a bounded queue in front, libmosquitto with our own loop and our own back-off behind.
 * sink_mqtt_send() never blocks and never fails for want of a broker.
 */
#ifndef IO_SINK_MQTT_H
#define IO_SINK_MQTT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sink_mqtt_options {
	const char *host, *base, *client_id, *username, *password_file;
	int port, keepalive_s, protocol; /* protocol 5 or 4 (3.1.1) */
	bool tls;
	const char *ca_file, *cert_file, *key_file;
	double late_after_s;
};

enum mqtt_class {
	MQTT_NEWEST, /* only the newest of a topic is kept while offline; sent again when the broker has lost it */
	MQTT_EVENT, /* queued, bounded; older than late_after_s: to late/ instead of event/ */
	MQTT_DROP, /* dropped while offline */
};

struct mqtt_message {
	const char *topic; /* full topic */
	const char *late_topic; /* MQTT_EVENT only, may be NULL: then dropped instead of late */
	const char *payload;
	size_t length;
	enum mqtt_class cls;
	int qos;
	bool retain, json;
	uint32_t expiry_s; /* 0 = none */
	int64_t decided_us; /* CLOCK_MONOTONIC (or BOOTTIME) when an event was decided */
};

struct sink_mqtt_stats {
	bool connected;
	int protocol;
	int64_t connected_since_wall_us;
	uint64_t reconnects, published, dropped_live, dropped_event, late, pending;
};

struct sink_mqtt;

int sink_mqtt_new(const struct sink_mqtt_options *options, struct sink_mqtt **ret, char *ret_why, size_t why_size);
void sink_mqtt_send(struct sink_mqtt *s, const struct mqtt_message *m); /* copies; never blocks */
void sink_mqtt_stats(struct sink_mqtt *s, struct sink_mqtt_stats *ret);
/* Says goodbye: sends what waits, offline, waits for the acknowledgements, at most timeout_ms; then frees. */
void sink_mqtt_free(struct sink_mqtt *s, int timeout_ms);

#endif
