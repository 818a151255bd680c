/* SPDX-License-Identifier: MIT */
/*
 * The entities that Home Assistant gets to see: one row each, for a device and for the bridge. What a row means in a payload is
 * ha_discovery.c's business. A key, once announced, keeps its name: it is part of the unique_id.
 */
#ifndef IO_HA_ENTITY_H
#define IO_HA_ENTITY_H

#include <stdbool.h>
#include <stddef.h>

/* Which message an entity reads. */
enum ha_source {
	HA_NOTHING, /* buttons */
	HA_LIVE,
	HA_STATE,
	HA_HOLD,
	HA_SESSION,
	HA_CONFIG,
	HA_DIAG,
	HA_EVENT, /* event/LEAF */
	HA_AVAILABILITY,
	HA_INFO, /* of the bridge, as the next one */
	HA_HEALTH,
};

/* What must be true of a device for the entity to exist. */
enum ha_when {
	HA_ALWAYS,
	HA_WITH_PRESSURE, /* contact_cm2 is not 0 */
	HA_WITH_BLINK, /* the device can show which one it is */
};

/* No name of a protocol has a space; and "none", in any case, is what Home Assistant shows as unknown. */
#define HA_NO_PROTOCOL "no protocol"

struct ha_entity {
	const char *key; /* [a-z0-9_]: of the component, and the end of unique_id and default_entity_id */
	const char *platform; /* "sensor", "event", "device_automation", ... */
	const char *name; /* the data point, in sentence case, without the device's name */
	enum ha_source source;
	const char *leaf; /* HA_EVENT: the group */
	const char *value; /* expression over value_json, or NULL: the payload itself */
	const char *device_class, *unit, *state_class, *category; /* each may be NULL */
	const char *options; /* of select and enum, event_types of event: "a|b|c" */
	const char
		*command; /* below BASE/DEVICE/, such as "do/tare"; the entity exists only where commands are taken */
	const char *command_template; /* of the payload, or NULL: plain */
	double min, max, step; /* of number */
	int precision; /* decimals to show, -1 = as it comes */
	int expire_s; /* unknown when nothing came for so long; 0 = never */
	bool off; /* not enabled by default */
	bool always_available; /* not bound to the availability topics */
	enum ha_when when;
};

/* The entities of every device, and those of the bridge. Constant; each ends with a row whose key is NULL. */
extern const struct ha_entity ha_device_entities[];
extern const struct ha_entity ha_bridge_entities[];

#endif
