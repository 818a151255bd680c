/* SPDX-License-Identifier: MIT */
/*
 * Birth: when Home Assistant says "online", all retained messages are sent again after a random 2 to 10 s, as it asks for, and
 * not more often than every 30 s. Commands: at most ten a second, in a bucket that refills steadily.
 */
#include "inbound.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "log.h"
#include "loop.h"

#define BIRTH_MIN_US 2000000
#define BIRTH_SPAN_US 8000000
#define BIRTH_PAUSE_US 30000000
#define BIRTH_SLACK_US 100000
#define COMMANDS_PER_S 10
#define COMMAND_COST_US (1000000 / COMMANDS_PER_S)

struct inbound {
	struct sink_mqtt *sink;
	void (*command)(void *user, const struct mqtt_received *m);
	void (*refused)(void *user, const struct mqtt_received *m, enum command_code code);
	void *user;
	char status_topic[INBOUND_FILTER_MAX];
	sd_event_source *source, *birth;
	int64_t renewed_us; /* INT64_MIN / 2 = never */
	int64_t credit_us; /* up to one second; each command costs a tenth of it */
	int64_t credit_at_us;
};

static void add_filter(struct inbound_filters *f, const char *first, const char *rest)
{
	snprintf(f->text[f->count], INBOUND_FILTER_MAX, "%s/%s", first, rest);
	f->list[f->count] = f->text[f->count];
	f->count++;
}

void inbound_filters(const struct conf *conf, struct inbound_filters *ret)
{
	ret->count = 0;
	if (conf->discovery && strcmp(conf->discovery, "off") != 0)
		add_filter(ret, conf->discovery_prefix, "status");
	if (!conf->mqtt.commands)
		return;
	add_filter(ret, conf->mqtt.base, "+/set/#");
	add_filter(ret, conf->mqtt.base, "+/do/+");
	add_filter(ret, conf->mqtt.base, "bridge/request/+");
}

/* ---- birth ---- */

static int on_birth_due(sd_event_source *source, uint64_t due_us, void *user)
{
	struct inbound *i = user;

	i->renewed_us = loop_now_us();
	log_line(LOG_INFO, "mqtt: Home Assistant has started; announcing again");
	sink_mqtt_renew(i->sink);
	return 0;
}

static void on_status(struct inbound *i, const struct mqtt_received *m)
{
	int64_t due_us = loop_now_us() + BIRTH_MIN_US;
	uint32_t chance = 0;
	int enabled = SD_EVENT_OFF;

	if (m->length != strlen("online") || memcmp(m->payload, "online", m->length) != 0)
		return;
	if (sd_event_source_get_enabled(i->birth, &enabled) > 0 && enabled != SD_EVENT_OFF)
		return; /* it is coming already */
	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) != sizeof(chance))
		chance = (uint32_t)due_us;
	due_us += chance % BIRTH_SPAN_US;
	if (due_us < i->renewed_us + BIRTH_PAUSE_US)
		due_us = i->renewed_us + BIRTH_PAUSE_US;
	sd_event_source_set_time(i->birth, (uint64_t)due_us);
	sd_event_source_set_enabled(i->birth, SD_EVENT_ONESHOT);
}

/* ---- commands ---- */

static bool may_go_on(struct inbound *i)
{
	int64_t now_us = loop_now_us();

	i->credit_us += now_us - i->credit_at_us;
	i->credit_at_us = now_us;
	if (i->credit_us > KNEAD_US_PER_S)
		i->credit_us = KNEAD_US_PER_S;
	if (i->credit_us < COMMAND_COST_US)
		return false;
	i->credit_us -= COMMAND_COST_US;
	return true;
}

static void take(struct inbound *i, const struct mqtt_received *m)
{
	if (i->status_topic[0] != '\0' && strcmp(m->topic, i->status_topic) == 0)
		on_status(i, m);
	else if (m->retained)
		i->refused(i->user, m, COMMAND_RETAINED);
	else if (m->length > MQTT_PAYLOAD_MAX)
		i->refused(i->user, m, COMMAND_BAD_VALUE);
	else if (!may_go_on(i))
		i->refused(i->user, m, COMMAND_RATE_LIMITED);
	else
		i->command(i->user, m);
}

static int on_readable(sd_event_source *source, int fd, uint32_t events, void *user)
{
	struct inbound *i = user;
	struct mqtt_received *m;
	uint64_t lost;

	while ((m = sink_mqtt_receive(i->sink, &lost)) || lost > 0) {
		if (lost > 0)
			log_line(LOG_WARNING, "mqtt: %llu commands came too fast and were dropped",
				(unsigned long long)lost);
		if (m)
			take(i, m);
		mqtt_received_free(m);
	}
	return 0;
}

/* ---- life ---- */

int inbound_new(const struct inbound_options *options, struct inbound **ret)
{
	const struct conf *conf = options->conf;
	struct inbound *i = calloc(1, sizeof(*i));
	int r = 0;

	if (!i)
		return -ENOMEM;
	i->sink = options->sink;
	i->command = options->command;
	i->refused = options->refused;
	i->user = options->user;
	i->renewed_us = INT64_MIN / 2;
	i->credit_us = KNEAD_US_PER_S;
	i->credit_at_us = loop_now_us();
	if (conf->discovery && strcmp(conf->discovery, "off") != 0)
		snprintf(i->status_topic, sizeof(i->status_topic), "%s/status", conf->discovery_prefix);
	if (i->sink)
		r = sd_event_add_io(options->event, &i->source, sink_mqtt_fd(i->sink), EPOLLIN, on_readable, i);
	if (r >= 0)
		r = sd_event_add_time(options->event, &i->birth, LOOP_CLOCK, 0, BIRTH_SLACK_US, on_birth_due, i);
	if (r >= 0)
		r = sd_event_source_set_enabled(i->birth, SD_EVENT_OFF);
	if (r < 0) {
		inbound_free(i);
		return r;
	}
	*ret = i;
	return 0;
}

void inbound_free(struct inbound *i)
{
	if (!i)
		return;
	sd_event_source_disable_unref(i->source);
	sd_event_source_disable_unref(i->birth);
	free(i);
}
