/* SPDX-License-Identifier: MIT */
/*
 * Between those who have something to say and the thread that delivers it: the queue with its lock, the wake-up, the wish to
 * stop, and the numbers. Callers and thread meet here and nowhere else. The lock is held for moves in memory only.
 */
#ifndef IO_MQTT_OUTBOX_H
#define IO_MQTT_OUTBOX_H

#include "mqtt_queue.h"

struct mqtt_outbox;

int mqtt_outbox_new(const struct mqtt_queue_limits *limits, int protocol, struct mqtt_outbox **ret);
void mqtt_outbox_free(struct mqtt_outbox *o); /* nobody uses it any more; NULL is fine */

/* CLOCK_BOOTTIME: goes on while the machine sleeps, as the age of an event does. */
int64_t mqtt_outbox_now_us(void);

/* ---- for callers ---- */
void mqtt_outbox_put(struct mqtt_outbox *o, const struct mqtt_message *m);
void mqtt_outbox_stats(struct mqtt_outbox *o, struct sink_mqtt_stats *ret);
void mqtt_outbox_renew(struct mqtt_outbox *o, bool all); /* from either side; see mqtt_queue_renew() */
void mqtt_outbox_stop(struct mqtt_outbox *o, int64_t by_us);

/* ---- for the delivery thread; items as in mqtt_queue.h ---- */
int mqtt_outbox_fd(const struct mqtt_outbox *o); /* readable when there is news */
void mqtt_outbox_woken(struct mqtt_outbox *o); /* the news is being looked at */
bool mqtt_outbox_stopping(struct mqtt_outbox *o, int64_t *ret_by_us); /* *ret_by_us: INT64_MAX while not */
bool mqtt_outbox_empty(struct mqtt_outbox *o);
void mqtt_outbox_online(struct mqtt_outbox *o, int protocol);
void mqtt_outbox_offline(struct mqtt_outbox *o);
struct mqtt_item *mqtt_outbox_take(struct mqtt_outbox *o, unsigned room, unsigned late_room);
void mqtt_outbox_done(struct mqtt_outbox *o, struct mqtt_item *item, enum mqtt_fate fate);
void mqtt_outbox_back(struct mqtt_outbox *o, struct mqtt_item *item);
/* Lets go of *held and holds item (NULL: nothing) instead. */
void mqtt_outbox_hold(struct mqtt_outbox *o, struct mqtt_item **held, struct mqtt_item *item);

#endif
