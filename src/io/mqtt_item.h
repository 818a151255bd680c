/* SPDX-License-Identifier: MIT */
/* One message on its way to the broker, and lists of them. Nothing here locks: see mqtt_queue.h. */
#ifndef IO_MQTT_ITEM_H
#define IO_MQTT_ITEM_H

#include "journal.h"
#include "sink_mqtt.h"

/* Its fields do not change once it is taken out of the queue, but for those of the journal, which the outbox's lock guards. */
struct mqtt_item {
	struct mqtt_item *next; /* of the list that it waits in */
	struct mqtt_item *next_unwritten; /* of those that wait for the journal */
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
	const char *device, *group; /* of an event for the journal; else NULL */
	int64_t key; /* of an event for the journal; 0 = none */
	int64_t wall_us; /* UTC at the decision, with key */
	enum journal_fate fate; /* what has become of it */
	bool stored; /* the journal has it */
	bool unwritten; /* waits for the journal, or is just being written */
};

/* Copies m. Returns the item with one reference, or NULL without memory. */
struct mqtt_item *mqtt_item_new(const struct mqtt_message *m, int64_t since_us);
/* Another holder; each mqtt_item_ref() has its mqtt_item_unref(), which frees at the last. NULL is fine. */
struct mqtt_item *mqtt_item_ref(struct mqtt_item *item);
void mqtt_item_unref(struct mqtt_item *item);

/* An event as the journal has it, for topics below base, to be sent within expiry_s. As above. */
struct mqtt_item *mqtt_item_from_journal(const struct journal_record *record, const char *base, uint32_t expiry_s);

/* A list owns one reference of each of its items. */
struct mqtt_list {
	struct mqtt_item *first, **end;
	size_t count;
};

void mqtt_list_init(struct mqtt_list *l);
void mqtt_list_append(struct mqtt_list *l, struct mqtt_item *item);
/* Where its key belongs, or without one its seq; quick when that is near the front. */
void mqtt_list_insert(struct mqtt_list *l, struct mqtt_item *item);
struct mqtt_item *mqtt_list_shift(struct mqtt_list *l); /* NULL when empty */
bool mqtt_list_has(const struct mqtt_list *l, int64_t key);
void mqtt_list_clear(struct mqtt_list *l);

#endif
