/* SPDX-License-Identifier: MIT */
/* The options of a sink, checked, completed and kept: what the delivery thread reads. Constant once made. */
#ifndef IO_MQTT_SETTINGS_H
#define IO_MQTT_SETTINGS_H

#include "sink_mqtt.h"

struct mqtt_settings {
	char *host; /* NULL = no broker, but a journal */
	char *client_id;
	char *username, *password_path, *ca_file, *cert_file, *key_file; /* may be NULL */
	char *base, *availability_topic, *info_topic;
	char *journal_path, *journal_boot; /* NULL = no journal */
	bool journal_own;
	int64_t journal_started_us, journal_max_bytes;
	double journal_keep_days;
	char **subscriptions; /* subscriptions_count of them */
	size_t subscriptions_count;
	int port, keepalive_s, protocol;
	bool tls, guest;
	int backoff_min_ms, backoff_max_ms, refused_ms, answer_ms, look_ms;
	size_t events_max, bytes_max;
	int64_t late_after_us;
	uint32_t event_expiry_s; /* of an event that comes from the journal */
};

/*
 * Returns 0, or a negative errno with a sentence in ret_why (see sink_mqtt_new()). mqtt_settings_deinit() is due in both cases.
 */
int mqtt_settings_init(
	struct mqtt_settings *s, const struct sink_mqtt_options *options, char *ret_why, size_t why_size);
void mqtt_settings_deinit(struct mqtt_settings *s);

#endif
