/* SPDX-License-Identifier: MIT */
/*
 * The topic table, and the one way from here to the sink. Events are never retained; what is retained either never expires or
 * is renewed three times within its expiry, so that stale health vanishes by itself.
 */
#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "publish_internal.h"

#define TOPIC_MAX 256
#define EXPIRY_EVENT UINT32_MAX /* as late_after_s says */

static const struct {
	const char *name;
	enum mqtt_class cls;
	enum mqtt_rank rank;
	bool retain;
	int qos;
	bool json;
	uint32_t expiry_s;
} topics[_TOPICS] = {
	[TOPIC_AVAILABILITY] = { "availability", MQTT_NEWEST, MQTT_RANK_AVAILABILITY, true, 1, false, 0 },
	[TOPIC_INFO] = { "info", MQTT_NEWEST, MQTT_RANK_BRIDGE, true, 1, true, 0 },
	[TOPIC_CONFIG] = { "config", MQTT_NEWEST, MQTT_RANK_REST, true, 1, true, 0 },
	[TOPIC_STATE] = { "state", MQTT_NEWEST, MQTT_RANK_STATE, true, 1, true, 0 },
	[TOPIC_HOLD] = { "hold", MQTT_NEWEST, MQTT_RANK_REST, true, 1, true, 0 },
	[TOPIC_SESSION] = { "session", MQTT_NEWEST, MQTT_RANK_REST, true, 1, true, 0 },
	[TOPIC_DIAG] = { "diag", MQTT_NEWEST, MQTT_RANK_REST, true, 0, true, 3 * PUBLISH_DIAG_US / KNEAD_US_PER_S },
	[TOPIC_HEALTH] = { "health", MQTT_NEWEST, MQTT_RANK_REST, true, 0, true,
		3 * PUBLISH_HEALTH_US / KNEAD_US_PER_S },
	[TOPIC_VALUE] = { "value/", MQTT_NEWEST, MQTT_RANK_REST, true, 0, false, 0 },
	[TOPIC_LIVE] = { "live", MQTT_DROP, MQTT_RANK_REST, false, 0, true, 5 },
	[TOPIC_EVENT] = { "event/", MQTT_EVENT, MQTT_RANK_REST, false, 1, true, EXPIRY_EVENT },
	[TOPIC_SQUEEZE] = { "event/squeeze", MQTT_DROP, MQTT_RANK_REST, false, 1, true, 60 },
};

static void send_message(struct publish *p, const struct publish_device *d, enum publish_topic topic, const char *leaf,
	uint64_t n, const char *text, int length)
{
	const char *id = d ? d->id : "bridge";
	char name[TOPIC_MAX], late[TOPIC_MAX];

	if (length <= 0 || (!d && p->guest))
		return;
	snprintf(name, sizeof(name), "%s/%s/%s%s", p->base, id, topics[topic].name, leaf ? leaf : "");
	snprintf(late, sizeof(late), "%s/%s/late/%s", p->base, id, leaf ? leaf : "");
	struct mqtt_message m = {
		.topic = name,
		.late_topic = topic == TOPIC_EVENT ? late : NULL,
		.payload = text,
		.length = (size_t)length,
		.cls = topics[topic].cls,
		.rank = topics[topic].rank,
		.qos = topics[topic].qos,
		.retain = topics[topic].retain,
		.json = topics[topic].json,
		.expiry_s = topics[topic].expiry_s == EXPIRY_EVENT ? p->event_expiry_s : topics[topic].expiry_s,
		.device = topic == TOPIC_EVENT ? id : NULL,
		.group = topic == TOPIC_EVENT ? leaf : NULL,
		.n = n,
	};
	sink_mqtt_send(p->sink, &m);
}

void publish_send(struct publish *p, const struct publish_device *d, enum publish_topic topic, const char *leaf,
	const char *text, int length)
{
	send_message(p, d, topic, leaf, 0, text, length);
}

void publish_send_event(
	struct publish *p, const struct publish_device *d, const char *group, uint64_t n, const char *text, int length)
{
	send_message(p, d, TOPIC_EVENT, group, n, text, length);
}

void publish_send_discovery(struct publish *p, const char *topic, const char *text, size_t length)
{
	struct mqtt_message m = {
		.topic = topic,
		.payload = text,
		.length = length,
		.cls = MQTT_NEWEST,
		.rank = MQTT_RANK_DISCOVERY,
		.qos = 1,
		.retain = true,
		.json = length > 0,
	};

	if (!p->guest)
		sink_mqtt_send(p->sink, &m);
}

void publish_empty(struct publish *p, const char *base, const char *id, enum publish_topic topic, const char *leaf)
{
	char name[TOPIC_MAX];

	snprintf(name, sizeof(name), "%s/%s/%s%s", base, id, topics[topic].name, leaf ? leaf : "");
	struct mqtt_message m = {
		.topic = name,
		.payload = "",
		.cls = topics[topic].cls,
		.rank = topics[topic].rank,
		.qos = topics[topic].qos,
		.retain = topics[topic].retain,
	};
	if (!p->guest && m.retain)
		sink_mqtt_send(p->sink, &m);
}

uint32_t publish_hash(const char *text)
{
	uint32_t hash = 2166136261u;

	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619u;
	return hash;
}

/* Notes what a scalar says now; returns whether that is new. */
static bool scalar_is_new(struct publish_device *d, const char *leaf, const char *value)
{
	struct publish_scalar now = { .topic = publish_hash(leaf), .value = publish_hash(value) };

	for (size_t i = 0; i < d->scalars_count; i++) {
		if (d->scalars[i].topic != now.topic)
			continue;
		bool changed = d->scalars[i].value != now.value;
		d->scalars[i] = now;
		return changed;
	}
	if (d->scalars_count < SCALARS_MAX)
		d->scalars[d->scalars_count++] = now;
	return true;
}

/* Whether a key of a document is copied, and as what: prefix and key, without the noun twice ("last_hold_id"). */
static bool name_scalar(enum publish_scalars of, const cJSON *value, char *leaf, size_t size)
{
	static const struct {
		const char *prefix, *noun;
	} names[] = {
		[PUBLISH_SCALARS_STATE] = { "", "" },
		[PUBLISH_SCALARS_SESSION] = { "session_", "session_" },
		[PUBLISH_SCALARS_HOLD] = { "last_hold_", "hold_" },
	};
	size_t noun = strlen(names[of].noun);
	bool doubled = strncmp(value->string, names[of].noun, noun) == 0;

	snprintf(leaf, size, "%s%s", names[of].prefix, value->string + (doubled ? noun : 0));
	return !cJSON_IsArray(value) && !cJSON_IsObject(value) && strcmp(value->string, "v") != 0;
}

static void send_scalar(struct publish *p, struct publish_device *d, const char *leaf, const cJSON *value)
{
	char text[256];

	if (cJSON_IsString(value))
		snprintf(text, sizeof(text), "%s", value->valuestring);
	else if (!cJSON_PrintPreallocated((cJSON *)value, text, sizeof(text), false))
		return;
	if (scalar_is_new(d, leaf, text))
		publish_send(p, d, TOPIC_VALUE, leaf, text, (int)strlen(text));
}

void publish_scalars(struct publish *p, struct publish_device *d, enum publish_scalars of, const char *text)
{
	cJSON *document = p->scalars ? cJSON_Parse(text) : NULL;
	const cJSON *value;
	char leaf[64];

	cJSON_ArrayForEach(value, document)
	{
		if (name_scalar(of, value, leaf, sizeof(leaf)))
			send_scalar(p, d, leaf, value);
	}
	cJSON_Delete(document);
}

void publish_empty_scalars(
	struct publish *p, const char *base, const char *id, enum publish_scalars of, const char *text)
{
	cJSON *document = cJSON_Parse(text);
	const cJSON *value;
	char leaf[64];

	cJSON_ArrayForEach(value, document)
	{
		if (name_scalar(of, value, leaf, sizeof(leaf)))
			publish_empty(p, base, id, TOPIC_VALUE, leaf);
	}
	cJSON_Delete(document);
}
