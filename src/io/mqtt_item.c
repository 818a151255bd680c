/* SPDX-License-Identifier: MIT */
/* A message in memory is one block: the item, then its topic, its payload and what else it has, each with a NUL. */
#include "mqtt_item.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOPIC_MAX 256

static char *copy_bytes(char **at, const char *from, size_t n)
{
	char *copy = memcpy(*at, from, n);

	copy[n] = '\0';
	*at += n + 1;
	return copy;
}

static size_t length_of(const char *text)
{
	return text ? strlen(text) : 0;
}

struct mqtt_item *mqtt_item_new(const struct mqtt_message *m, int64_t since_us)
{
	size_t topic = strlen(m->topic), late = length_of(m->late_topic);
	size_t device = length_of(m->device), group = length_of(m->group);
	size_t bytes = sizeof(struct mqtt_item) + topic + late + m->length + m->correlation_length + device + group + 6;
	struct mqtt_item *item = malloc(bytes);

	if (!item)
		return NULL;
	*item = (struct mqtt_item){
		.refs = 1,
		.since_us = since_us,
		.cls = m->cls,
		.rank = m->rank,
		.qos = m->qos,
		.retain = m->retain,
		.json = m->json,
		.expiry_s = m->expiry_s,
		.length = m->length,
		.correlation_length = m->correlation_length,
		.bytes = bytes,
	};
	char *at = (char *)(item + 1);
	item->topic = copy_bytes(&at, m->topic, topic);
	item->payload = copy_bytes(&at, m->payload, m->length);
	if (m->late_topic)
		item->late_topic = copy_bytes(&at, m->late_topic, late);
	if (m->correlation)
		item->correlation = copy_bytes(&at, m->correlation, m->correlation_length);
	if (m->device)
		item->device = copy_bytes(&at, m->device, device);
	if (m->group)
		item->group = copy_bytes(&at, m->group, group);
	return item;
}

struct mqtt_item *mqtt_item_from_journal(const struct journal_record *record, const char *base, uint32_t expiry_s)
{
	char topic[TOPIC_MAX], late[TOPIC_MAX];
	struct mqtt_message m = {
		.topic = topic,
		.late_topic = late,
		.payload = record->payload,
		.length = record->length,
		.cls = MQTT_EVENT,
		.rank = MQTT_RANK_REST,
		.qos = 1,
		.json = true,
		.expiry_s = expiry_s,
	};
	struct mqtt_item *item;

	snprintf(topic, sizeof(topic), "%s/%s/event/%s", base, record->device, record->group);
	snprintf(late, sizeof(late), "%s/%s/late/%s", base, record->device, record->group);
	item = mqtt_item_new(&m, record->decided_us);
	if (item) {
		item->key = record->key;
		item->stored = true;
	}
	return item;
}

struct mqtt_item *mqtt_item_ref(struct mqtt_item *item)
{
	if (item)
		item->refs++;
	return item;
}

void mqtt_item_unref(struct mqtt_item *item)
{
	if (item && --item->refs == 0)
		free(item);
}

void mqtt_list_init(struct mqtt_list *l)
{
	*l = (struct mqtt_list){ .end = &l->first };
}

void mqtt_list_append(struct mqtt_list *l, struct mqtt_item *item)
{
	item->next = NULL;
	*l->end = item;
	l->end = &item->next;
	l->count++;
}

static bool is_before(const struct mqtt_item *a, const struct mqtt_item *b)
{
	return a->key != 0 && b->key != 0 ? a->key < b->key : a->seq < b->seq;
}

void mqtt_list_insert(struct mqtt_list *l, struct mqtt_item *item)
{
	struct mqtt_item **at = &l->first;

	while (*at && is_before(*at, item))
		at = &(*at)->next;
	item->next = *at;
	*at = item;
	if (!item->next)
		l->end = &item->next;
	l->count++;
}

struct mqtt_item *mqtt_list_shift(struct mqtt_list *l)
{
	struct mqtt_item *item = l->first;

	if (!item)
		return NULL;
	l->first = item->next;
	if (!l->first)
		l->end = &l->first;
	l->count--;
	return item;
}

bool mqtt_list_has(const struct mqtt_list *l, int64_t key)
{
	for (const struct mqtt_item *item = l->first; item; item = item->next)
		if (item->key == key)
			return true;
	return false;
}

void mqtt_list_clear(struct mqtt_list *l)
{
	for (struct mqtt_item *item; (item = mqtt_list_shift(l));)
		mqtt_item_unref(item);
}
