/* SPDX-License-Identifier: MIT */
/*
 * The MQTT sink alone, driven by lines: for the end-to-end tests of the sink, which need no sensor.
 *
 *	mqtt-probe OPTION=VALUE...
 *
 * Lines on standard input:
 *	newest RANK TOPIC PAYLOAD      retained, QoS 1          event TOPIC LATE_TOPIC PAYLOAD     QoS 1
 *	drop TOPIC PAYLOAD             QoS 0, expires in 5 s    stats                              answers with one JSON line
 * At the end of the input: goodbye within 2 s, then "freed MILLISECONDS". The log goes to standard error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sink_mqtt.h"

#define GOODBYE_MS 2000

static void log_line(void *user, int level, const char *line)
{
	fprintf(stderr, "<%d>%s\n", level, line);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static int set_number(struct sink_mqtt_options *o, const char *key, const char *value)
{
	struct {
		const char *key;
		int *at;
	} keys[] = {
		{ "port", &o->port },
		{ "keepalive_s", &o->keepalive_s },
		{ "protocol", &o->protocol },
		{ "backoff_min_ms", &o->backoff_min_ms },
		{ "backoff_max_ms", &o->backoff_max_ms },
		{ "refused_ms", &o->refused_ms },
		{ "answer_ms", &o->answer_ms },
		{ "look_ms", &o->look_ms },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i].key, key) == 0) {
			*keys[i].at = (int)strtol(value, NULL, 10);
			return 0;
		}
	if (strcmp(key, "tls") == 0)
		o->tls = true;
	else if (strcmp(key, "guest") == 0)
		o->guest = true;
	else if (strcmp(key, "late_after_s") == 0)
		o->late_after_s = strtod(value, NULL);
	else if (strcmp(key, "events_max") == 0)
		o->events_max = strtoul(value, NULL, 10);
	else
		return -1;
	return 0;
}

static int set_option(struct sink_mqtt_options *o, char *argument)
{
	char *value = strchr(argument, '=');
	struct {
		const char *key;
		const char **at;
	} keys[] = {
		{ "host", &o->host },
		{ "base", &o->base },
		{ "client_id", &o->client_id },
		{ "username", &o->username },
		{ "password_file", &o->password_file },
		{ "ca_file", &o->ca_file },
	};

	if (!value)
		return -1;
	*value++ = '\0';
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i].key, argument) == 0) {
			*keys[i].at = value;
			return 0;
		}
	return set_number(o, argument, value);
}

static void print_stats(struct sink_mqtt *sink)
{
	struct sink_mqtt_stats s;

	sink_mqtt_stats(sink, &s);
	printf("{\"connected\":%s,\"protocol\":%d,\"reconnects\":%llu,\"published\":%llu,\"dropped_live\":%llu,"
	       "\"dropped_event\":%llu,\"late\":%llu,\"pending\":%llu}\n",
		s.connected ? "true" : "false", s.protocol, (unsigned long long)s.reconnects,
		(unsigned long long)s.published, (unsigned long long)s.dropped_live,
		(unsigned long long)s.dropped_event, (unsigned long long)s.late, (unsigned long long)s.pending);
	fflush(stdout);
}

static void run_line(struct sink_mqtt *sink, char *line)
{
	char *rest, *word = strtok_r(line, " \n", &rest);
	struct mqtt_message m = { .qos = 1, .json = true };

	if (!word)
		return;
	if (strcmp(word, "stats") == 0) {
		print_stats(sink);
		return;
	}
	if (strcmp(word, "newest") == 0) {
		m.cls = MQTT_NEWEST;
		m.retain = true;
		m.rank = (enum mqtt_rank)strtol(strtok_r(NULL, " ", &rest), NULL, 10);
		m.json = m.rank != MQTT_RANK_AVAILABILITY;
	} else if (strcmp(word, "event") == 0) {
		m.cls = MQTT_EVENT;
		m.expiry_s = 60;
	} else {
		m.cls = MQTT_DROP;
		m.qos = 0;
		m.expiry_s = 5;
	}
	m.topic = strtok_r(NULL, " ", &rest);
	if (m.cls == MQTT_EVENT)
		m.late_topic = strtok_r(NULL, " ", &rest);
	m.payload = strtok_r(NULL, "\n", &rest);
	m.length = strlen(m.payload);
	sink_mqtt_send(sink, &m);
}

int main(int argc, char **argv)
{
	struct sink_mqtt_options options = { .host = "127.0.0.1",
		.base = "knead",
		.keepalive_s = 10,
		.protocol = 5,
		.late_after_s = 60,
		.log = log_line };
	struct sink_mqtt *sink;
	char why[256], *line = NULL;
	size_t size = 0;

	for (int i = 1; i < argc; i++)
		if (set_option(&options, argv[i]) < 0) {
			fprintf(stderr, "mqtt-probe: unknown option %s\n", argv[i]);
			return 2;
		}
	if (sink_mqtt_new(&options, &sink, why, sizeof(why)) < 0) {
		fprintf(stderr, "mqtt-probe: %s\n", why);
		return 1;
	}
	while (getline(&line, &size, stdin) > 0)
		run_line(sink, line);
	free(line);

	int64_t before_ms = now_ms();
	sink_mqtt_free(sink, GOODBYE_MS);
	printf("freed %lld\n", (long long)(now_ms() - before_ms));
	return 0;
}
