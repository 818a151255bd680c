/* SPDX-License-Identifier: MIT */
/*
 * The publisher: its devices, their events and their coming and going. Which topic, which class: publish_send.c. When a
 * document is due: publish_view.c for devices, publish_bridge.c for the bridge.
 */
#include "publish.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event_json.h"
#include "publish_internal.h"

#define BAND 0.005 /* of full scale */
#define HOLD_VALUES 3 /* of the last hold that are shown unasked */
#define CAPACITY_N 500.0 /* full scale where nobody says */

struct sink_mqtt_options publish_sink_options(const struct conf *c)
{
	const struct conf_mqtt *m = &c->mqtt;

	return (struct sink_mqtt_options){
		.host = m->host,
		.port = m->port,
		.base = m->base,
		.client_id = m->client_id,
		.username = m->username,
		.password_file = m->password_file,
		.keepalive_s = m->keepalive_s,
		.protocol = strcmp(m->protocol, "5") == 0 ? 5 : 4,
		.tls = m->tls,
		.ca_file = m->ca_file,
		.cert_file = m->cert_file,
		.key_file = m->key_file,
		.late_after_s = c->late_after_s,
	};
}

static int copy_protocol(struct publish *p, const char *name)
{
	char **more = reallocarray(p->protocols, p->protocols_count + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	p->protocols = more;
	p->protocols[p->protocols_count] = strdup(name);
	if (!p->protocols[p->protocols_count])
		return -ENOMEM;
	p->protocols_count++;
	return 0;
}

/* The names of the built-in protocols, then those of the configuration that are not among them. */
static int copy_protocols(struct publish *p, const struct conf *conf)
{
	struct knead_protocol builtin;
	int r = 0;

	for (size_t i = 0; r == 0 && conf_builtin_name(i); i++)
		r = copy_protocol(p, conf_builtin_name(i));
	for (const struct conf_protocol *c = conf->protocols; r == 0 && c; c = c->next)
		if (!conf_builtin_find(c->protocol.name, &builtin))
			r = copy_protocol(p, c->protocol.name);
	return r;
}

int publish_new(const struct publish_options *options, struct publish **ret)
{
	const struct conf *conf = options->conf;
	struct publish *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->sink = options->sink;
	p->base = strdup(conf->mqtt.base);
	p->discovery = strdup(conf->discovery ? conf->discovery : "off");
	p->prefix = strdup(conf->discovery_prefix ? conf->discovery_prefix : "homeassistant");
	if (!p->base || !p->discovery || !p->prefix || copy_protocols(p, conf) < 0) {
		publish_free(p);
		return -ENOMEM;
	}
	snprintf(p->boot, sizeof(p->boot), "%s", options->boot);
	p->live_hz = conf->mqtt.live_hz;
	p->event_expiry_s = (uint32_t)ceil(conf->late_after_s);
	p->scalars = conf->mqtt.scalars;
	p->guest = options->guest;
	p->started_us = options->started_us;
	p->started_wall_us = options->started_wall_us;
	p->commands = conf->mqtt.commands;
	p->health_at_us = INT64_MIN;
	p->announced = options->announced;
	p->announced_own = !p->announced;
	if (p->announced_own && announced_new(NULL, NULL, NULL, &p->announced) < 0) {
		publish_free(p);
		return -ENOMEM;
	}
	p->teller = ++p->announced->tellers;
	*ret = p;
	return 0;
}

void publish_set_sink(struct publish *p, struct sink_mqtt *sink)
{
	p->sink = sink;
}

static void device_free(struct publish_device *d)
{
	free(d->name);
	free(d->kind);
	free(d);
}

void publish_free(struct publish *p)
{
	if (!p)
		return;
	for (struct publish_device *d = p->devices, *next; d; d = next) {
		next = d->next;
		device_free(d);
	}
	if (p->announced_own)
		announced_free(p->announced);
	free(p->base);
	free(p->discovery);
	free(p->prefix);
	for (size_t i = 0; i < p->protocols_count; i++)
		free(p->protocols[i]);
	free(p->protocols);
	free(p->text);
	free(p->rows);
	free(p);
}

/* Takes over what is needed of a configuration, and publishes it. Returns 0, or -ENOMEM with d as it was. */
int publish_device_configure(struct publish *p, struct publish_device *d, const struct conf_device *conf,
	const struct publish_settings *settings)
{
	const struct knead_settings *s = &conf->settings;
	char *name = strdup(conf->name && *conf->name ? conf->name : conf->id);
	char *kind = strdup(conf->kind ? conf->kind : "");
	char text[DOCUMENT_MAX];

	if (!name || !kind) {
		free(name);
		free(kind);
		return -ENOMEM;
	}
	free(d->name);
	free(d->kind);
	d->name = name;
	d->kind = kind;
	snprintf(d->id, sizeof(d->id), "%s", conf->id);
	snprintf(d->protocol, sizeof(d->protocol), "%s", s->protocol.name);
	d->profile = s->profile;
	d->pressure = s->contact_cm2 > 0;
	d->read_only = conf->read_only;
	d->live_hz = settings && settings->mute ? 0 : conf->live_hz > 0 ? conf->live_hz : p->live_hz;
	d->band_n = BAND * (s->capacity_n > 0 ? s->capacity_n : CAPACITY_N);
	publish_send(p, d, TOPIC_CONFIG, NULL, text,
		document_config(conf, d->live_hz, settings ? settings->changed : NULL,
			settings ? settings->changed_count : 0, text, sizeof(text)));
	return 0;
}

int publish_device_add(struct publish *p, const struct conf_device *conf, const struct publish_settings *settings,
	struct publish_device **ret)
{
	struct publish_device *d = calloc(1, sizeof(*d)), **at = &p->devices;

	if (!d)
		return -ENOMEM;
	d->diag_at_us = INT64_MIN;
	if (publish_device_configure(p, d, conf, settings) < 0) {
		device_free(d);
		return -ENOMEM;
	}
	while (*at)
		at = &(*at)->next;
	*at = d;
	publish_send(p, d, TOPIC_AVAILABILITY, NULL, "offline", 7);
	publish_info(p);
	*ret = d;
	return 0;
}

void publish_device_remove(struct publish *p, struct publish_device *d)
{
	struct publish_device **at = &p->devices;

	while (*at && *at != d)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = d->next;
	publish_send(p, d, TOPIC_AVAILABILITY, NULL, "offline", 7);
	publish_info(p);
	device_free(d);
}

void publish_event(
	struct publish *p, struct publish_device *d, const struct knead_event *e, uint64_t n, int64_t wall_origin_us)
{
	struct event_context context = {
		.device = d->id,
		.boot = p->boot,
		.n = n,
		.wall_origin_us = wall_origin_us,
	};
	char text[EVENT_JSON_MAX];
	int length = event_json(e, &context, text, sizeof(text));

	publish_send_event(p, d, knead_event_group(e->type), n, text, length);
	publish_calm_spend(d, e->type == KNEAD_EVENT_HOLD_END ? 1 + HOLD_VALUES : 1);
	if (e->type == KNEAD_EVENT_HOLD_END && length > 0) {
		publish_send(p, d, TOPIC_HOLD, NULL, text, length);
		publish_scalars(p, d, PUBLISH_SCALARS_HOLD, text);
	}
	length = event_squeeze_json(e, &context, text, sizeof(text));
	publish_send(p, d, TOPIC_SQUEEZE, NULL, text, length);
}

static void go_offline(struct publish *p, struct publish_device *d)
{
	d->online = d->view.online = false;
	d->live.loaded = false;
	publish_send(p, d, TOPIC_AVAILABILITY, NULL, "offline", 7);
}

void publish_offline(struct publish *p, struct publish_device *d, const char *reason, int64_t now_us, int64_t wall_us)
{
	bool news = d->online || strncmp(d->reason, reason, sizeof(d->reason) - 1) != 0;

	snprintf(d->reason, sizeof(d->reason), "%s", reason);
	if (d->online)
		go_offline(p, d);
	if (!news)
		return;
	publish_diag(p, d, now_us, wall_us);
	publish_info(p);
}

void publish_stop(struct publish *p, int64_t now_us, int64_t wall_us)
{
	for (struct publish_device *d = p->devices; d; d = d->next)
		publish_offline(p, d, "kneadd was stopped", now_us, wall_us);
}
