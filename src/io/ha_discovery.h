/* SPDX-License-Identifier: MIT */
/*
 * What Home Assistant is told, so that it shows a device without any configuration: one retained message a device ("device"),
 * or one a component for systems that know no better ("components"). Pure: from names and settings to topics and payloads. The
 * rules they keep: docs/mqtt and the tests.
 */
#ifndef IO_HA_DISCOVERY_H
#define IO_HA_DISCOVERY_H

#include <cjson/cJSON.h>

#include "ha_entity.h"

/* What is told of a device, or of the bridge (id "bridge"). Strings are borrowed; those marked may be NULL. */
struct ha_device {
	const char *base, *prefix; /* of all topics; of the discovery topics */
	const char *id, *name;
	const char *model, *serial, *firmware; /* each may be NULL */
	const char *const *protocols; /* names for its protocol select */
	size_t protocols_count;
	bool pressure; /* contact_cm2 is not 0 */
	bool commands; /* [mqtt] commands */
	bool blink; /* it can show which one it is */
	const char *const *gone; /* "PLATFORM/KEY" of entities to take back, gone_count of them */
	size_t gone_count;
};

#define HA_TOPIC_MAX 512

/* Whether the entity exists for this device now. */
bool ha_entity_applies(const struct ha_entity *e, const struct ha_device *d);

/* ha_bridge_entities for the bridge, else ha_device_entities. */
const struct ha_entity *ha_entities_of(const struct ha_device *d);

/* "PLATFORM/KEY", which names an entity among all of a device; and the entity of that name, NULL for none. buf of HA_KEY_MAX. */
#define HA_KEY_MAX 96
char *ha_key(const struct ha_entity *e, char *buf);
const struct ha_entity *ha_find(const struct ha_device *d, const char *key);

/* PREFIX/device/BASE_ID/config, and PREFIX/PLATFORM/BASE_ID/KEY/config. buf of HA_TOPIC_MAX bytes. Return buf. */
char *ha_device_topic(const struct ha_device *d, char *buf);
char *ha_component_topic(const struct ha_device *d, const char *key, char *buf);

/*
 * The message for ha_device_topic(): the device, its origin, every entity that applies, and those that are gone by their
 * platform alone, which removes them. Owned by the caller; NULL without memory.
 */
cJSON *ha_device_payload(const struct ha_device *d);

/* The message for ha_component_topic(), complete in itself. NULL without memory. An entity that does not apply has none. */
cJSON *ha_component_payload(const struct ha_device *d, const struct ha_entity *e);

#endif
