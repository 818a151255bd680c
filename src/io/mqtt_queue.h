/* SPDX-License-Identifier: MIT */
/*
 * What waits for the broker: bounded, in order, and by class (sink_mqtt.h). A pure data structure: no thread, no clock, no
 * library; its owner locks it.
 *
 *	mqtt_queue_put()                      from whoever has something to say
 *	item = mqtt_queue_take()              next to send; it belongs to the queue but stays valid until
 *	mqtt_queue_done(item)                 the broker has it, or never will, or
 *	mqtt_queue_back(item)                 the connection is gone: send it again, in its place
 */
#ifndef IO_MQTT_QUEUE_H
#define IO_MQTT_QUEUE_H

#include "mqtt_item.h"

struct mqtt_queue_limits {
	size_t events; /* events that wait */
	size_t event_bytes; /* what they take in memory, overhead included */
	size_t topics; /* topics of MQTT_NEWEST */
	size_t drops; /* MQTT_DROP messages that wait while online */
	int64_t late_after_us;
};

struct mqtt_queue;

/* Returns 0 and the queue in *ret, or -ENOMEM. mqtt_queue_free() frees what waits; items taken must be done or back before. */
int mqtt_queue_new(const struct mqtt_queue_limits *limits, struct mqtt_queue **ret);
void mqtt_queue_free(struct mqtt_queue *q);

/*
 * Copies m. An event beyond a limit pushes out the oldest that waits. Returns 0, or -ENOMEM, -ENOSPC (too many topics, or one
 * message larger than the limit) with m counted as dropped. now_us and m->decided_us are of one clock.
 */
int mqtt_queue_put(struct mqtt_queue *q, const struct mqtt_message *m, int64_t now_us);

/*
 * The same for an event that is an item already; takes the reference. Its place is that of its key. 0, or -ENOSPC with the
 * item gone and counted, unless it is one that the journal will yet have.
 */
int mqtt_queue_put_item(struct mqtt_queue *q, struct mqtt_item *item);

/*
 * The next message to send, or NULL. Newest values come first by rank, then in turn with fresh events, so that neither
 * starves the other; then MQTT_DROP, then late events. room is how many more messages may be unacknowledged, late_room how
 * many of them may be late; with room 0 only a QoS 0 message that waits first of the MQTT_DROP ones is given.
 */
struct mqtt_item *mqtt_queue_take(struct mqtt_queue *q, int64_t now_us, unsigned room, unsigned late_room);

enum mqtt_fate {
	MQTT_DELIVERED,
	MQTT_REFUSED, /* the broker will not have it: counted as dropped */
};
void mqtt_queue_done(struct mqtt_queue *q, struct mqtt_item *item, enum mqtt_fate fate);
/* Several may come back in any order; they take their old places. A newest value that has a newer one is forgotten. */
void mqtt_queue_back(struct mqtt_queue *q, struct mqtt_item *item);

/*
 * Beside a journal. What is old enough to be late is left to the journal if that has it and its turn is yet to come: its key
 * is above late_key. tail: fresh events lie in the journal that come before whatever is put from now on.
 */
void mqtt_queue_set_journal(struct mqtt_queue *q, int64_t late_key, bool tail);
/* Whether an event was left to the journal since the last call. */
bool mqtt_queue_left(struct mqtt_queue *q);
/* Adds one that the journal says is late; takes the reference. */
void mqtt_queue_put_late(struct mqtt_queue *q, struct mqtt_item *item);
/* Whether the event of that key waits here, or was taken and is neither done nor back. */
bool mqtt_queue_has(const struct mqtt_queue *q, int64_t key);
/* How many fresh, and late, events wait here. */
size_t mqtt_queue_fresh(const struct mqtt_queue *q);
size_t mqtt_queue_late(const struct mqtt_queue *q);
/* An event is lost: counts it as dropped. */
void mqtt_queue_lost(struct mqtt_queue *q);

/* While offline MQTT_DROP messages are dropped. Offline at first. */
void mqtt_queue_set_online(struct mqtt_queue *q, bool online);
/* Sends the newest values again: those of availability, or all. They go out before the next event. */
void mqtt_queue_renew(struct mqtt_queue *q, bool all);

struct mqtt_queue_stats {
	uint64_t published, dropped_live, dropped_event, late;
	uint64_t waiting; /* items of all classes that wait; those taken are not among them */
	uint64_t waiting_late; /* late events among them */
};
void mqtt_queue_stats(const struct mqtt_queue *q, struct mqtt_queue_stats *ret);

#endif
