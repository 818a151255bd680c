/* SPDX-License-Identifier: MIT */
/*
 * Between those who have something to say and the thread that delivers it: the queue with its lock, the wake-up, the wish to
 * stop, and the numbers. Callers and thread meet here and nowhere else. The lock is held for moves in memory only.
 */
#ifndef IO_MQTT_OUTBOX_H
#define IO_MQTT_OUTBOX_H

#include "mqtt_spool.h"

struct mqtt_outbox;

enum mqtt_outbox_journal {
	MQTT_OUTBOX_WITHOUT_JOURNAL,
	MQTT_OUTBOX_WITH_JOURNAL, /* events go through one, and somebody calls the functions for it */
	MQTT_OUTBOX_JOURNAL_ALONE, /* ... and nobody those of the delivery thread: all other messages are forgotten */
};
/* Returns 0 or a negative errno. */
int mqtt_outbox_new(const struct mqtt_queue_limits *limits, int protocol, enum mqtt_outbox_journal journal,
	struct mqtt_outbox **ret);
void mqtt_outbox_free(struct mqtt_outbox *o); /* nobody uses it any more; NULL is fine */

/* CLOCK_BOOTTIME: goes on while the machine sleeps, as the age of an event does. */
int64_t mqtt_outbox_now_us(void);

/* ---- for callers ---- */
void mqtt_outbox_put(struct mqtt_outbox *o, const struct mqtt_message *m);
/* A retained text that is no JSON; from either side. */
void mqtt_outbox_put_text(struct mqtt_outbox *o, const char *topic, const char *text, enum mqtt_rank rank);
void mqtt_outbox_stats(struct mqtt_outbox *o, struct sink_mqtt_stats *ret);
void mqtt_outbox_renew(struct mqtt_outbox *o, bool all); /* from either side; see mqtt_queue_renew() */
void mqtt_outbox_stop(struct mqtt_outbox *o, int64_t by_us);
/* The journal's thread is to write what is there and leave. */
void mqtt_outbox_stop_journal(struct mqtt_outbox *o);
/* An eventfd, readable after whether the journal works has changed, which mqtt_outbox_stats() says; who waits for it reads it. */
int mqtt_outbox_notice_fd(const struct mqtt_outbox *o);

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
/* ---- for the thread of the journal ---- */

enum mqtt_journal_work {
	MQTT_JOURNAL_OPEN = 1, /* it is not open */
	MQTT_JOURNAL_WRITE = 2,
	MQTT_JOURNAL_READ_FRESH = 4,
	MQTT_JOURNAL_READ_LATE = 8,
	MQTT_JOURNAL_LEAVE = 16, /* after the rest */
};
/*
 * Waits for work. open: whether the journal is. Nothing but leaving is due before not_before_us. New events wait a moment
 * here for others, and for the broker to take them: then they are written once, as delivered.
 */
unsigned mqtt_outbox_journal_wait(struct mqtt_outbox *o, bool open, int64_t not_before_us);
/* As in mqtt_spool.h. waiting: records that wait in the journal, as it says now. */
void mqtt_outbox_journal_opened(struct mqtt_outbox *o, uint64_t waiting);
void mqtt_outbox_journal_take(struct mqtt_outbox *o, struct mqtt_spool_batch *batch);
void mqtt_outbox_journal_written(
	struct mqtt_outbox *o, struct mqtt_spool_batch *batch, uint64_t waiting, uint64_t lost);
/* why: a few words for people; copied. batch NULL: it could not even be opened, or read. */
void mqtt_outbox_journal_failed(struct mqtt_outbox *o, struct mqtt_spool_batch *batch, const char *why);
int64_t mqtt_outbox_journal_after(struct mqtt_outbox *o, bool late, size_t *ret_room);
void mqtt_outbox_journal_add(struct mqtt_outbox *o, struct mqtt_item *item, bool reading_late, bool late);
void mqtt_outbox_journal_end(struct mqtt_outbox *o, bool reading_late);

/* Lets go of *held and holds item (NULL: nothing) instead. */
void mqtt_outbox_hold(struct mqtt_outbox *o, struct mqtt_item **held, struct mqtt_item *item);

#endif
