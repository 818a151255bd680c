/* SPDX-License-Identifier: MIT */
/*
 * Discovery. Who listens for it gets the bridge first and then the devices; each again only when something about it has changed,
 * or when all is sent again: after the broker has lost what it kept, or when Home Assistant has started. A device that is told
 * again while it is still being set up there comes out incomplete, hence the pause.
 *
 * What was told is noted (announced.h). An entity that stands there and no longer applies is taken back with the next message
 * of its device; once that has arrived the next start of the program says nothing of it any more.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "json.h"
#include "publish_internal.h"

#define PAUSE_US 10000000
#define POLL_US 1000000 /* until what was sent has arrived */
#define POLL_AWAY_US 5000000 /* ... while there is no broker */

struct ha_device publish_describe(
	const struct publish *p, const struct publish_device *d, const struct announced_record *r)
{
	const struct knead_k1_info *info = d && d->view.has_info ? &d->view.info : NULL;
	const char *format = d ? d->view.format : NULL;

	return (struct ha_device){
		.base = p->base,
		.prefix = p->prefix,
		.id = d ? d->id : PUBLISH_BRIDGE,
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
		/* before the first samples, as it was: nobody's settings of an entity shall be lost at each start */
		.blink = d && !d->read_only &&
			 (format ? strncmp(format, "k1", 2) == 0
				 : r && !p->announced->blank && announced_has(r, "button/identify")),
	};
}

bool publish_arrived(const struct publish *p)
{
	struct sink_mqtt_stats stats;

	sink_mqtt_stats(p->sink, &stats);
	return stats.connected && stats.pending == 0;
}

int64_t publish_poll_us(const struct publish *p, int64_t now_us)
{
	struct sink_mqtt_stats stats;

	sink_mqtt_stats(p->sink, &stats);
	return now_us + (stats.connected ? POLL_US : POLL_AWAY_US);
}

/* ---- what is told ---- */

static uint32_t hash_on(uint32_t hash, const char *text)
{
	return (hash ^ publish_hash(text)) * 16777619u;
}

static void send_json(struct publish *p, const char *topic, cJSON *json, bool send, uint32_t *hash)
{
	char *text = json ? cJSON_PrintUnformatted(json) : NULL;

	if (text) {
		json_mend(text); /* a name may come from a configuration in another character set */
		*hash = hash_on(*hash, text);
		if (send)
			publish_send_discovery(p, topic, text, strlen(text));
	}
	cJSON_free(text);
	cJSON_Delete(json);
}

static void tell_components(struct publish *p, const struct ha_device *d, bool send, uint32_t *hash)
{
	char topic[HA_TOPIC_MAX], key[HA_KEY_MAX];

	for (const struct ha_entity *e = ha_entities_of(d); e->key; e++)
		if (ha_entity_applies(e, d))
			send_json(p, ha_component_topic(d, ha_key(e, key), topic), ha_component_payload(d, e), send,
				hash);
	for (size_t i = 0; i < d->gone_count; i++) {
		*hash = hash_on(*hash, d->gone[i]);
		if (send)
			publish_send_discovery(p, ha_component_topic(d, d->gone[i], topic), "", 0);
	}
}

/* Works out all messages of one device, and sends them if asked to. Returns their hash. */
static uint32_t tell(struct publish *p, const struct ha_device *d, bool send)
{
	char topic[HA_TOPIC_MAX];
	uint32_t hash = 2166136261u;

	if (strcmp(p->discovery, "device") == 0)
		send_json(p, ha_device_topic(d, topic), ha_device_payload(d), send, &hash);
	else if (strcmp(p->discovery, "components") == 0)
		tell_components(p, d, send, &hash);
	return hash;
}

/* ---- what is noted ---- */

static bool applies(const struct ha_device *d, const char *key)
{
	const struct ha_entity *e = ha_find(d, key);

	return e && ha_entity_applies(e, d);
}

/* The entities that once were and no longer apply. The list is the caller's to free, its texts are not. */
static void list_gone(const struct announced_record *r, struct ha_device *d)
{
	const char **gone = calloc(r->keys_count + 1, sizeof(*gone));

	d->gone = gone;
	for (size_t i = 0; gone && i < r->keys_count; i++)
		if (!applies(d, r->keys[i].name))
			gone[d->gone_count++] = r->keys[i].name;
}

/* Where nothing is known of earlier starts, every entity that could have been there may be. */
static void presume(struct publish *p, struct announced_record *r, const struct ha_device *d)
{
	char key[HA_KEY_MAX];

	for (const struct ha_entity *e = ha_entities_of(d); e->key; e++)
		announced_add(p->announced, r, ha_key(e, key));
}

static void note(
	struct publish *p, struct announced_record *r, const struct ha_device *d, uint32_t hash, int64_t now_us)
{
	char key[HA_KEY_MAX];

	for (const struct ha_entity *e = ha_entities_of(d); e->key && strcmp(p->discovery, "off") != 0; e++)
		if (ha_entity_applies(e, d))
			announced_add(p->announced, r, ha_key(e, key));
	r->teller = p->teller;
	r->told_us = now_us;
	r->hash = hash;
}

/* Notes what has been taken back, once it has arrived. Returns whether that is still to come. */
static bool settle(struct publish *p, struct announced_record *r, const struct ha_device *d)
{
	bool waits = r->scalars && !p->scalars;

	for (size_t i = 0; i < r->keys_count; i++)
		waits |= !r->keys[i].gone && !applies(d, r->keys[i].name);
	if (!waits || !publish_arrived(p))
		return waits;
	announced_set_scalars(p->announced, r, p->scalars);
	for (size_t i = 0; i < r->keys_count; i++)
		if (!applies(d, r->keys[i].name))
			announced_gone(p->announced, &r->keys[i]);
	return false;
}

/* ---- when ---- */

static struct announced_record *need_record(struct publish *p, const struct publish_device *device)
{
	const char *id = device ? device->id : PUBLISH_BRIDGE;
	struct announced_record *r = announced_find(p->announced, p->base, p->prefix, p->discovery, id);
	struct ha_device d;

	if (r)
		return r;
	r = announced_need(p->announced, p->base, p->prefix, p->discovery, id);
	d = publish_describe(p, device, r);
	if (r && p->announced->blank && strcmp(p->discovery, "off") != 0)
		presume(p, r, &d);
	return r;
}

/* Tells of one device if that is news and the pause is over. Returns when it will be, or INT64_MAX. */
static int64_t announce_with(
	struct publish *p, struct announced_record *r, const struct ha_device *d, bool device, int64_t now_us)
{
	uint32_t hash = tell(p, d, false);

	if (r->teller == p->teller && hash == r->hash)
		return settle(p, r, d) ? publish_poll_us(p, now_us) : INT64_MAX;
	if (r->teller != 0 && now_us < r->told_us + PAUSE_US)
		return r->told_us + PAUSE_US;
	tell(p, d, true);
	note(p, r, d, hash, now_us);
	if (device && r->scalars && !p->scalars)
		publish_clear_scalars(p, r->base, r->id);
	return now_us + POLL_US;
}

static int64_t announce(struct publish *p, const struct publish_device *device, int64_t now_us)
{
	struct announced_record *r = need_record(p, device);
	struct ha_device d;
	int64_t next_us;

	if (!r)
		return INT64_MAX;
	d = publish_describe(p, device, r);
	list_gone(r, &d);
	next_us = announce_with(p, r, &d, device != NULL, now_us);
	free((void *)d.gone);
	return next_us;
}

/* At once, whatever discovery is waiting for: the values are there already. */
static void note_scalars(struct publish *p)
{
	for (const struct publish_device *d = p->devices; d && p->scalars; d = d->next) {
		struct announced_record *r = need_record(p, d);

		if (r)
			announced_set_scalars(p->announced, r, true);
	}
}

int64_t publish_announce(struct publish *p, int64_t now_us)
{
	int64_t next_us, due_us;

	if (p->guest)
		return INT64_MAX;
	note_scalars(p);
	next_us = publish_clear(p, now_us);
	if (p->round != PUBLISH_ROUND_MIGRATE) {
		due_us = announce(p, NULL, now_us);
		next_us = due_us < next_us ? due_us : next_us;
		for (struct publish_device *d = p->devices; d; d = d->next) {
			due_us = announce(p, d, now_us);
			next_us = due_us < next_us ? due_us : next_us;
		}
	}
	announced_save(p->announced);
	return next_us;
}

void publish_again(struct publish *p)
{
	sink_mqtt_renew(p->sink);
}
