/* SPDX-License-Identifier: MIT */
/* A message in memory is one block: the item, then its topic, its payload, its late topic and its correlation data, each with a NUL. */
#include "mqtt_item.h"

#include <stdlib.h>
#include <string.h>

static char *copy_bytes(char **at, const char *from, size_t n)
{
	char *copy = memcpy(*at, from, n);

	copy[n] = '\0';
	*at += n + 1;
	return copy;
}

struct mqtt_item *mqtt_item_new(const struct mqtt_message *m, int64_t since_us)
{
	size_t topic = strlen(m->topic), late = m->late_topic ? strlen(m->late_topic) : 0;
	size_t bytes = sizeof(struct mqtt_item) + topic + late + m->length + m->correlation_length + 4;
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

void mqtt_list_insert(struct mqtt_list *l, struct mqtt_item *item)
{
	struct mqtt_item **at = &l->first;

	while (*at && (*at)->seq < item->seq)
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

void mqtt_list_clear(struct mqtt_list *l)
{
	for (struct mqtt_item *item; (item = mqtt_list_shift(l));)
		mqtt_item_unref(item);
}
