/* SPDX-License-Identifier: MIT */
/* One message on its way to the broker, and lists of them. Nothing here locks: see mqtt_queue.h. */
#ifndef IO_MQTT_ITEM_H
#define IO_MQTT_ITEM_H

#include "sink_mqtt.h"

/* Its fields do not change once it is taken out of the queue. */
struct mqtt_item {
	struct mqtt_item *next; /* of the list that it waits in */
	unsigned refs;
	uint64_t seq; /* order of arrival */
	int64_t since_us; /* decided, or for the other classes put */
	enum mqtt_class cls;
	enum mqtt_rank rank;
	int qos;
	bool retain, json;
	bool late; /* goes to late_topic, without expiry */
	uint32_t expiry_s;
	size_t length, correlation_length, bytes; /* of the payload; of all in memory */
	const char *topic, *late_topic, *payload, *correlation; /* late_topic and correlation may be NULL */
};

/* Copies m. Returns the item with one reference, or NULL without memory. */
struct mqtt_item *mqtt_item_new(const struct mqtt_message *m, int64_t since_us);
/* Another holder; each mqtt_item_ref() has its mqtt_item_unref(), which frees at the last. NULL is fine. */
struct mqtt_item *mqtt_item_ref(struct mqtt_item *item);
void mqtt_item_unref(struct mqtt_item *item);

/* A list owns one reference of each of its items. */
struct mqtt_list {
	struct mqtt_item *first, **end;
	size_t count;
};

void mqtt_list_init(struct mqtt_list *l);
void mqtt_list_append(struct mqtt_list *l, struct mqtt_item *item);
/* Where its seq belongs; quick when that is near the front. */
void mqtt_list_insert(struct mqtt_list *l, struct mqtt_item *item);
struct mqtt_item *mqtt_list_shift(struct mqtt_list *l); /* NULL when empty */
void mqtt_list_clear(struct mqtt_list *l);

#endif
