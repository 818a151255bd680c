/* SPDX-License-Identifier: MIT */
/*
 * Discovery. Who listens for it gets the bridge first and then the devices; each again only when something about it has changed,
 * or when all is sent again: after the broker has lost what it kept, or when Home Assistant has started. A device that is told
 * again while it is still being set up there comes out incomplete, hence the pause.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "ha_discovery.h"
#include "publish_internal.h"

#define PAUSE_US 10000000

static struct ha_device describe(const struct publish *p, const struct publish_device *d)
{
	const struct knead_k1_info *info = d && d->view.has_info ? &d->view.info : NULL;

	return (struct ha_device){
		.base = p->base,
		.prefix = p->prefix,
		.id = d ? d->id : "bridge",
		.name = d ? d->name : "knead",
		.model = !d                               ? "kneadd"
			 : strcmp(d->kind, "roller") == 0 ? "Foam roller"
							  : "Massage ball",
		.serial = info && info->serial[0] != '\0' ? info->serial : NULL,
		.firmware = d ? info && info->firmware[0] != '\0' ? info->firmware : NULL : KNEAD_VERSION,
		.protocols = (const char *const *)p->protocols,
		.protocols_count = p->protocols_count,
		.pressure = d && d->pressure,
		.commands = p->commands,
		.blink = d && d->view.format && strcmp(d->view.format, "k1") == 0 && !d->read_only,
	};
}

static uint32_t hash_on(uint32_t hash, const char *text)
{
	return (hash ^ publish_hash(text)) * 16777619u;
}

static void send_json(struct publish *p, const char *topic, cJSON *json, bool send, uint32_t *hash)
{
	char *text = json ? cJSON_PrintUnformatted(json) : NULL;

	if (text) {
		*hash = hash_on(*hash, text);
		if (send)
			publish_send_discovery(p, topic, text, strlen(text));
	}
	cJSON_free(text);
	cJSON_Delete(json);
}

/* Works out all messages of one device, and sends them if asked to. Returns their hash. */
static uint32_t tell(struct publish *p, const struct ha_device *d, bool send)
{
	char topic[HA_TOPIC_MAX];
	uint32_t hash = 2166136261u;

	if (strcmp(p->discovery, "device") == 0) {
		send_json(p, ha_device_topic(d, topic), ha_device_payload(d), send, &hash);
		return hash;
	}
	for (const struct ha_entity *e = ha_entities_of(d); e->key; e++) {
		ha_component_topic(d, e, topic);
		if (ha_entity_applies(e, d))
			send_json(p, topic, ha_component_payload(d, e), send, &hash);
		else if (send)
			publish_send_discovery(p, topic, "", 0);
	}
	return hash;
}

/* Tells of one device if that is news and the pause is over. Returns when it will be, or INT64_MAX. */
static int64_t announce(
	struct publish *p, const struct publish_device *device, struct publish_announced *last, int64_t now_us)
{
	struct ha_device d = describe(p, device);
	uint32_t hash = tell(p, &d, false);

	if (last->at_us != INT64_MIN && hash == last->hash)
		return INT64_MAX;
	if (last->at_us != INT64_MIN && now_us < last->at_us + PAUSE_US)
		return last->at_us + PAUSE_US;
	tell(p, &d, true);
	*last = (struct publish_announced){ .at_us = now_us, .hash = hash };
	return INT64_MAX;
}

int64_t publish_announce(struct publish *p, int64_t now_us)
{
	int64_t due_us, next_us;

	if (strcmp(p->discovery, "off") == 0 || p->guest)
		return INT64_MAX;
	next_us = announce(p, NULL, &p->announced, now_us);
	for (struct publish_device *d = p->devices; d; d = d->next) {
		due_us = announce(p, d, &d->announced, now_us);
		next_us = due_us < next_us ? due_us : next_us;
	}
	return next_us;
}

void publish_again(struct publish *p)
{
	sink_mqtt_renew(p->sink);
}

void publish_unannounce(struct publish *p, const struct publish_device *device)
{
	struct ha_device d = describe(p, device);
	char topic[HA_TOPIC_MAX];

	if (device->announced.at_us == INT64_MIN)
		return;
	if (strcmp(p->discovery, "device") == 0) {
		publish_send_discovery(p, ha_device_topic(&d, topic), "", 0);
		return;
	}
	for (const struct ha_entity *e = ha_entities_of(&d); e->key; e++)
		publish_send_discovery(p, ha_component_topic(&d, e, topic), "", 0);
}

/* Takes back all that discovery may have said of a device in either style. */
static void unannounce_all(struct publish *p, const char *id)
{
	struct ha_device d = { .base = p->base, .prefix = p->prefix, .id = id, .name = id };
	char topic[HA_TOPIC_MAX];

	publish_send_discovery(p, ha_device_topic(&d, topic), "", 0);
	for (const struct ha_entity *e = ha_entities_of(&d); e->key; e++)
		publish_send_discovery(p, ha_component_topic(&d, e, topic), "", 0);
}

void publish_forget(struct publish *p, const char *id)
{
	static const char *const leaves[] = { "availability", "state", "hold", "session", "config", "diag" };
	char topic[HA_TOPIC_MAX];

	unannounce_all(p, id);
	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		snprintf(topic, sizeof(topic), "%s/%s/%s", p->base, id, leaves[i]);
		publish_send_discovery(p, topic, "", 0);
	}
}
