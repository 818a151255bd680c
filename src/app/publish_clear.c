/* SPDX-License-Identifier: MIT */
/*
 * Taking back. What was announced and is no longer so - a device that is gone, another style, prefix or base - is found in what
 * is noted (announced.h), whenever it changed, and is cleared in a round whose steps wait until what was sent has arrived:
 *
 *	none --stale, another style--> migrate   {"migrate_discovery": true} where the old announcements stand
 *	none --stale------------------> tell     the new ones follow, and "offline" is heard
 *	migrate --arrived--> tell --arrived--> clear   everything old becomes empty
 *	clear --arrived--> none                        and is forgotten
 *
 * A crash or a stop on the way loses nothing: the next start finds the same and begins the round anew.
 */
#include <stdio.h>
#include <string.h>

#include "event_json.h"
#include "publish_internal.h"

#define STEP_US 2000000 /* what listens gets this long to act on a step */

static const char migrate[] = "{\"migrate_discovery\":true}";

static bool is_bridge(const char *id)
{
	return strcmp(id, PUBLISH_BRIDGE) == 0;
}

static bool is_here(const struct publish *p, const char *base, const char *id)
{
	const struct publish_device *d = p->devices;

	while (d && strcmp(d->id, id) != 0)
		d = d->next;
	return strcmp(p->base, base) == 0 && (d || is_bridge(id));
}

static bool is_live(const struct publish *p, const struct announced_record *r)
{
	return is_here(p, r->base, r->id) && strcmp(p->prefix, r->prefix) == 0 && strcmp(p->discovery, r->style) == 0;
}

/* The same device is announced in another style: Home Assistant can be told that it is the same. */
static bool is_migrating(const struct publish *p, const struct announced_record *r)
{
	return is_here(p, r->base, r->id) && strcmp(p->prefix, r->prefix) == 0 && strcmp(p->discovery, "off") != 0 &&
	       strcmp(r->style, "off") != 0;
}

/* Says something wherever a record was announced; length 0 removes it. */
static void say(struct publish *p, const struct announced_record *r, const char *text, size_t length)
{
	struct ha_device d = { .base = r->base, .prefix = r->prefix, .id = r->id, .name = r->id };
	char topic[HA_TOPIC_MAX];

	if (strcmp(r->style, "device") == 0)
		publish_send_discovery(p, ha_device_topic(&d, topic), text, length);
	for (size_t i = 0; strcmp(r->style, "components") == 0 && i < r->keys_count; i++)
		publish_send_discovery(p, ha_component_topic(&d, r->keys[i].name, topic), text, length);
}

/* ---- everything of a device ---- */

/* The documents whose keys are copied to value/ have all their keys always, whatever is known. */
void publish_clear_scalars(struct publish *p, const char *base, const char *id)
{
	const struct knead_event e = { .type = KNEAD_EVENT_HOLD_END };
	const struct event_context context = { .device = id, .boot = "" };
	const struct knead_view view = { .has_samples = true };
	const struct document_calm calm = { 0 };
	char text[EVENT_JSON_MAX > DOCUMENT_MAX ? EVENT_JSON_MAX : DOCUMENT_MAX];

	if (document_state(&view, &calm, 0, KNEAD_PROFILE_BALL, "", text, sizeof(text)) > 0)
		publish_empty_scalars(p, base, id, PUBLISH_SCALARS_STATE, text);
	if (document_session(&view, 0, text, sizeof(text)) > 0)
		publish_empty_scalars(p, base, id, PUBLISH_SCALARS_SESSION, text);
	if (event_json(&e, &context, text, sizeof(text)) > 0)
		publish_empty_scalars(p, base, id, PUBLISH_SCALARS_HOLD, text);
}

static void clear_topics(struct publish *p, const char *base, const char *id, bool scalars)
{
	static const enum publish_topic of_device[] = { TOPIC_AVAILABILITY, TOPIC_STATE, TOPIC_HOLD, TOPIC_SESSION,
		TOPIC_CONFIG, TOPIC_DIAG };
	static const enum publish_topic of_bridge[] = { TOPIC_AVAILABILITY, TOPIC_INFO, TOPIC_HEALTH };

	for (size_t i = 0; is_bridge(id) && i < sizeof(of_bridge) / sizeof(of_bridge[0]); i++)
		publish_empty(p, base, id, of_bridge[i], NULL);
	for (size_t i = 0; !is_bridge(id) && i < sizeof(of_device) / sizeof(of_device[0]); i++)
		publish_empty(p, base, id, of_device[i], NULL);
	if (scalars && !is_bridge(id))
		publish_clear_scalars(p, base, id);
}

static void clear_record(struct publish *p, struct announced_record *r)
{
	say(p, r, "", 0);
	r->teller = 0;
	if (!is_here(p, r->base, r->id))
		clear_topics(p, r->base, r->id, r->scalars);
	else if (r->scalars && !p->scalars)
		publish_clear_scalars(p, r->base, r->id);
}

void publish_forget(struct publish *p, const char *id)
{
	struct ha_device d = { .base = p->base, .prefix = p->prefix, .id = id, .name = id };
	char topic[HA_TOPIC_MAX], key[HA_KEY_MAX];

	if (is_here(p, p->base, id))
		return;
	publish_send_discovery(p, ha_device_topic(&d, topic), "", 0);
	for (const struct ha_entity *e = ha_entities_of(&d); e->key; e++)
		publish_send_discovery(p, ha_component_topic(&d, ha_key(e, key), topic), "", 0);
	clear_topics(p, p->base, id, true);
	for (struct announced_record *r = p->announced->records; r; r = r->next)
		if (strcmp(r->id, id) == 0)
			clear_record(p, r);
}

/* ---- the round ---- */

static void step(struct publish *p, enum publish_round round, int64_t now_us)
{
	p->round = round;
	p->round_us = now_us;
}

static void begin(struct publish *p, int64_t now_us)
{
	bool any = false, migrating = false;

	for (struct announced_record *r = p->announced->records; r; r = r->next) {
		r->stale = !is_live(p, r);
		any |= r->stale;
		migrating |= r->stale && is_migrating(p, r);
		if (r->stale && is_migrating(p, r))
			say(p, r, migrate, sizeof(migrate) - 1);
	}
	if (any)
		step(p, migrating ? PUBLISH_ROUND_MIGRATE : PUBLISH_ROUND_TELL, now_us);
}

static void clear_stale(struct publish *p)
{
	for (struct announced_record *r = p->announced->records; r; r = r->next) {
		r->stale = r->stale && !is_live(p, r); /* it may have come back meanwhile */
		if (r->stale)
			clear_record(p, r);
	}
}

static void forget_stale(struct publish *p)
{
	struct announced_record *next;

	for (struct announced_record *r = p->announced->records; r; r = next) {
		next = r->next;
		if (r->stale && !is_live(p, r))
			announced_remove(p->announced, r);
		else
			r->stale = false;
	}
}

int64_t publish_clear(struct publish *p, int64_t now_us)
{
	bool arrived = now_us >= p->round_us + STEP_US && publish_arrived(p);

	switch (p->round) {
	case PUBLISH_ROUND_NONE:
		begin(p, now_us);
		break;
	case PUBLISH_ROUND_MIGRATE:
		if (arrived)
			step(p, PUBLISH_ROUND_TELL, now_us);
		break;
	case PUBLISH_ROUND_TELL:
		if (arrived) {
			clear_stale(p);
			step(p, PUBLISH_ROUND_CLEAR, now_us);
		}
		break;
	case PUBLISH_ROUND_CLEAR:
		if (arrived) {
			forget_stale(p);
			step(p, PUBLISH_ROUND_NONE, now_us);
		}
		break;
	}
	return p->round == PUBLISH_ROUND_NONE ? INT64_MAX : publish_poll_us(p, now_us);
}
