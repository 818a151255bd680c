/* SPDX-License-Identifier: MIT */
/*
 * Payloads of Home Assistant's MQTT discovery. Full names instead of abbreviations: both are understood everywhere, and people
 * read these. Nothing may stand at the root of a device's message but what is written here: an unknown key there makes Home
 * Assistant drop the whole of it.
 */
#include "ha_discovery.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_BYTES 160
#define BUTTON_EXPIRY_S 5 /* a press must not take effect long after it was made */

static const char *const source_leaf[] = {
	[HA_NOTHING] = "",
	[HA_LIVE] = "live",
	[HA_STATE] = "state",
	[HA_HOLD] = "hold",
	[HA_SESSION] = "session",
	[HA_CONFIG] = "config",
	[HA_DIAG] = "diag",
	[HA_EVENT] = "event/",
	[HA_AVAILABILITY] = "availability",
	[HA_INFO] = "info",
	[HA_HEALTH] = "health",
};

static bool is_bridge(const struct ha_device *d)
{
	return strcmp(d->id, "bridge") == 0;
}

static bool is(const struct ha_entity *e, const char *platform)
{
	return strcmp(e->platform, platform) == 0;
}

const struct ha_entity *ha_entities_of(const struct ha_device *d)
{
	return is_bridge(d) ? ha_bridge_entities : ha_device_entities;
}

bool ha_entity_applies(const struct ha_entity *e, const struct ha_device *d)
{
	if (e->command && !d->commands)
		return false;
	switch (e->when) {
	case HA_ALWAYS:
		break;
	case HA_WITH_PRESSURE:
		return d->pressure;
	case HA_WITH_BLINK:
		return d->blink;
	}
	return true;
}

/* BASE_ID as Home Assistant takes it for an id: letters, digits, _ and - (a base may have parts, with / between). */
static char *node_id(const struct ha_device *d, const char *id, char *buf)
{
	static const char legal[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

	snprintf(buf, NAME_MAX_BYTES, "%s_%s", d->base, id);
	for (char *p = buf; *p != '\0'; p++)
		if (!strchr(legal, *p))
			*p = '_';
	return buf;
}

char *ha_device_topic(const struct ha_device *d, char *buf)
{
	char node[NAME_MAX_BYTES];

	snprintf(buf, HA_TOPIC_MAX, "%s/device/%s/config", d->prefix, node_id(d, d->id, node));
	return buf;
}

char *ha_key(const struct ha_entity *e, char *buf)
{
	snprintf(buf, HA_KEY_MAX, "%s/%s", e->platform, e->key);
	return buf;
}

const struct ha_entity *ha_find(const struct ha_device *d, const char *key)
{
	char name[HA_KEY_MAX];

	for (const struct ha_entity *e = ha_entities_of(d); e->key; e++)
		if (strcmp(ha_key(e, name), key) == 0)
			return e;
	return NULL;
}

char *ha_component_topic(const struct ha_device *d, const char *key, char *buf)
{
	char node[NAME_MAX_BYTES];
	int platform = (int)strcspn(key, "/");

	snprintf(buf, HA_TOPIC_MAX, "%s/%.*s/%s%s/config", d->prefix, platform, key, node_id(d, d->id, node),
		key + platform);
	return buf;
}

/* ---- parts ---- */

static bool put(cJSON *to, const char *key, const char *text)
{
	return !text || cJSON_AddStringToObject(to, key, text);
}

static bool put_number(cJSON *to, const char *key, double value)
{
	return cJSON_AddNumberToObject(to, key, value) != NULL;
}

/* BASE/ID/LEAF TAIL */
static bool put_topic(cJSON *to, const char *key, const struct ha_device *d, const char *leaf, const char *tail)
{
	char topic[HA_TOPIC_MAX];

	snprintf(topic, sizeof(topic), "%s/%s/%s%s", d->base, d->id, leaf, tail ? tail : "");
	return put(to, key, topic);
}

/* "a|b|c" as an array; more may be appended. */
static cJSON *put_list(cJSON *to, const char *key, const char *words)
{
	cJSON *list = cJSON_AddArrayToObject(to, key);
	char word[NAME_MAX_BYTES];

	while (list && *words != '\0') {
		size_t n = strcspn(words, "|");

		snprintf(word, sizeof(word), "%.*s", (int)n, words);
		if (!cJSON_AddItemToArray(list, cJSON_CreateString(word)))
			return NULL;
		words += n + (words[n] == '|');
	}
	return list;
}

static bool put_options(cJSON *to, const struct ha_device *d, const struct ha_entity *e)
{
	cJSON *list = put_list(to, is(e, "event") ? "event_types" : "options", e->options);

	if (!list)
		return false;
	for (size_t i = 0; i < d->protocols_count && is(e, "select") && strcmp(e->key, "protocol") == 0; i++)
		if (!cJSON_AddItemToArray(list, cJSON_CreateString(d->protocols[i])))
			return false;
	return true;
}

static bool put_availability(cJSON *to, const struct ha_device *d)
{
	const char *const ids[] = { "bridge", d->id };
	cJSON *list = cJSON_AddArrayToObject(to, "availability");
	char topic[HA_TOPIC_MAX];

	for (size_t i = 0; list && i < (is_bridge(d) ? 1 : 2); i++) {
		cJSON *one = cJSON_CreateObject();

		snprintf(topic, sizeof(topic), "%s/%s/availability", d->base, ids[i]);
		if (!cJSON_AddItemToArray(list, one) || !put(one, "topic", topic))
			return false;
	}
	return list && put(to, "availability_mode", "all");
}

static bool put_device(cJSON *to, const struct ha_device *d)
{
	cJSON *device = cJSON_AddObjectToObject(to, "device"), *ids;
	char id[NAME_MAX_BYTES];

	if (!device)
		return false;
	ids = cJSON_AddArrayToObject(device, "identifiers");
	if (!ids || !cJSON_AddItemToArray(ids, cJSON_CreateString(node_id(d, d->id, id))))
		return false;
	return put(device, "name", d->name) && put(device, "manufacturer", "knead") && put(device, "model", d->model) &&
	       put(device, "serial_number", d->serial) && put(device, "sw_version", d->firmware) &&
	       (is_bridge(d) || put(device, "via_device", node_id(d, "bridge", id)));
}

static bool put_origin(cJSON *to)
{
	cJSON *origin = cJSON_AddObjectToObject(to, "origin");

	return origin && put(origin, "name", "knead") && put(origin, "sw_version", KNEAD_VERSION);
}

/* ---- components ---- */

static bool put_trigger(cJSON *to, const struct ha_device *d, const struct ha_entity *e)
{
	return put(to, "automation_type", "trigger") && put(to, "type", e->name) && put(to, "subtype", e->leaf) &&
	       put(to, "payload", e->name) && put_topic(to, "topic", d, source_leaf[e->source], e->leaf) &&
	       put(to, "value_template", "{{ value_json.event_type }}");
}

/* BASE_ID_KEY, and the id under which people see it: PLATFORM.ID_KEY, of the bridge PLATFORM.BASE_bridge_KEY. */
static bool put_identity(cJSON *to, const struct ha_device *d, const struct ha_entity *e)
{
	char node[NAME_MAX_BYTES], id[HA_TOPIC_MAX];

	node_id(d, d->id, node);
	snprintf(id, sizeof(id), "%s_%s", node, e->key);
	if (!put(to, "unique_id", id))
		return false;
	snprintf(id, sizeof(id), "%s.%s_%s", e->platform, is_bridge(d) ? node : d->id, e->key);
	for (char *p = id; *p != '\0'; p++)
		*p = *p == '-' ? '_' : (char)tolower((unsigned char)*p);
	return put(to, "default_entity_id", id);
}

static bool put_value(cJSON *to, const struct ha_entity *e)
{
	char template[NAME_MAX_BYTES];

	if (!e->value)
		return true;
	if (is(e, "binary_sensor") && strcmp(e->value, "problem") == 0)
		snprintf(template, sizeof(template), "{{ 'OFF' if value_json.%s is none else 'ON' }}", e->value);
	else if (is(e, "binary_sensor") || is(e, "switch"))
		snprintf(template, sizeof(template), "{{ 'ON' if value_json.%s else 'OFF' }}", e->value);
	else if (is(e, "select") && strcmp(e->key, "protocol") == 0)
		snprintf(template, sizeof(template), "{{ value_json.%s or '" HA_NO_PROTOCOL "' }}", e->value);
	else if (is(e, "select"))
		snprintf(template, sizeof(template), "{{ value_json.%s or 'none' }}", e->value);
	else
		snprintf(template, sizeof(template), "{{ value_json.%s }}", e->value);
	return put(to, "value_template", template);
}

/* What belongs to one platform alone. */
static bool put_special(cJSON *to, const struct ha_device *d, const struct ha_entity *e)
{
	bool good = true;

	if (e->source == HA_AVAILABILITY)
		good = put(to, "payload_on", "online") && put(to, "payload_off", "offline");
	if (good && e->options)
		good = put_options(to, d, e);
	if (good && is(e, "sensor") && e->precision >= 0)
		good = put_number(to, "suggested_display_precision", e->precision);
	if (good && e->expire_s > 0)
		good = put_number(to, "expire_after", e->expire_s);
	if (good && is(e, "number"))
		good = put_number(to, "min", e->min) && put_number(to, "max", e->max) &&
		       put_number(to, "step", e->step) && put(to, "mode", "box");
	if (good && is(e, "button"))
		good = put(to, "payload_press", "PRESS") && put_number(to, "message_expiry_interval", BUTTON_EXPIRY_S);
	return good;
}

static bool put_component(cJSON *to, const struct ha_device *d, const struct ha_entity *e)
{
	if (!put(to, "platform", e->platform))
		return false;
	if (is(e, "device_automation"))
		return put_trigger(to, d, e);
	if (!put(to, "name", e->name) || !put_identity(to, d, e) ||
		(e->source != HA_NOTHING && !put_topic(to, "state_topic", d, source_leaf[e->source], e->leaf)))
		return false;
	if (e->command && !put_topic(to, "command_topic", d, e->command, NULL))
		return false;
	if (e->always_available && !cJSON_AddArrayToObject(to, "availability"))
		return false;
	if (e->off && !cJSON_AddFalseToObject(to, "enabled_by_default"))
		return false;
	return put_value(to, e) && put_special(to, d, e) && put(to, "command_template", e->command_template) &&
	       put(to, "device_class", e->device_class) && put(to, "unit_of_measurement", e->unit) &&
	       put(to, "state_class", e->state_class) && put(to, "entity_category", e->category);
}

/* ---- messages ---- */

/* Hands to over if all went well. */
static cJSON *whole_or_none(cJSON *to, bool good)
{
	if (good)
		return to;
	cJSON_Delete(to);
	return NULL;
}

/* An entity that is there under the same key with another platform must not be taken back with its forerunner. */
static bool put_gone(cJSON *components, const char *key)
{
	char platform[NAME_MAX_BYTES];
	size_t n = strcspn(key, "/");
	cJSON *component;

	if (key[n] == '\0' || cJSON_GetObjectItemCaseSensitive(components, key + n + 1))
		return true;
	snprintf(platform, sizeof(platform), "%.*s", (int)n, key);
	component = cJSON_AddObjectToObject(components, key + n + 1);
	return component && put(component, "platform", platform);
}

cJSON *ha_device_payload(const struct ha_device *d)
{
	cJSON *to = cJSON_CreateObject(), *components;
	bool good = to && put_device(to, d) && put_origin(to) && put_availability(to, d) && put_number(to, "qos", 1);

	components = good ? cJSON_AddObjectToObject(to, "components") : NULL;
	good = components != NULL;
	for (const struct ha_entity *e = ha_entities_of(d); good && e->key; e++) {
		if (!ha_entity_applies(e, d))
			continue;
		cJSON *component = cJSON_AddObjectToObject(components, e->key);

		good = component && put_component(component, d, e);
	}
	for (size_t i = 0; good && i < d->gone_count; i++)
		good = put_gone(components, d->gone[i]);
	return whole_or_none(to, good);
}

cJSON *ha_component_payload(const struct ha_device *d, const struct ha_entity *e)
{
	cJSON *to = cJSON_CreateObject();
	bool good = to && put_component(to, d, e) && put_device(to, d) && put_origin(to);

	if (good && !is(e, "device_automation"))
		good = put_number(to, "qos", 1) && (e->always_available || put_availability(to, d));
	return whole_or_none(to, good);
}
