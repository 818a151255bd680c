/* SPDX-License-Identifier: MIT */
/*
 * Between the queue and the journal: what is yet to be written, what is yet to be marked, and how far the journal has been read
 * back. A pure data structure like the queue, behind the same lock; the journal itself is never touched here.
 *
 *	put ---+--> unwritten --(mqtt_spool_take)--> journal --(read in order)--> fresh or late of the queue
 *	       `--> queue, as long as there is room in its window
 *
 * The queue holds a window of the events. Once it is full there is a tail in the journal: from then on events go there alone
 * and come back in order, until the tail is used up. Late events, those of earlier runs too, come from the journal a few at
 * a time. Where the journal fails, the window is all there is, and the oldest event gives way.
 */
#ifndef IO_MQTT_SPOOL_H
#define IO_MQTT_SPOOL_H

#include "mqtt_queue.h"

#define MQTT_SPOOL_EVENTS 256 /* in the queue; and as many that wait for a journal that fails */
#define MQTT_SPOOL_UNWRITTEN 4096 /* that wait for one that is only slow */
#define MQTT_SPOOL_BATCH 1024 /* written at once */
#define MQTT_SPOOL_MARKS 4096
#define MQTT_SPOOL_LOW 64 /* fewer in the queue: read on */
#define MQTT_SPOOL_LATE 20 /* late ones in the queue */

struct mqtt_mark {
	int64_t key;
	enum journal_fate fate;
};

struct mqtt_spool {
	bool on; /* there is a journal */
	bool alone; /* ... and no broker: nothing goes to the queue */
	bool ok; /* as far as is known it takes what it is given */
	bool opened; /* it has been read from */
	bool tail, backlog; /* fresh, and late, ones lie there that the queue does not have */
	int64_t fresh_key, late_key; /* up to here they were read */
	struct mqtt_item *first, **end; /* unwritten, in order */
	size_t count;
	int64_t first_us; /* since when the first of them waits */
	int64_t taken_us; /* since when a batch is being written; INT64_MAX = none is */
	struct mqtt_mark marks[MQTT_SPOOL_MARKS];
	size_t marks_count;
	int64_t marks_us; /* since when the first of them waits */
};

/* What is written at once. */
struct mqtt_spool_batch {
	struct mqtt_item *items[MQTT_SPOOL_BATCH];
	enum journal_fate fates[MQTT_SPOOL_BATCH]; /* as they were when it was taken */
	size_t count;
	struct mqtt_mark marks[MQTT_SPOOL_MARKS];
	size_t marks_count;
};

void mqtt_spool_init(struct mqtt_spool *s, bool on);
void mqtt_spool_deinit(struct mqtt_spool *s);

/* A new event, with its key; takes the reference. */
void mqtt_spool_put(struct mqtt_spool *s, struct mqtt_queue *q, struct mqtt_item *item, int64_t now_us);
/* What became of an event. */
void mqtt_spool_done(struct mqtt_spool *s, struct mqtt_item *item, enum journal_fate fate, int64_t now_us);

/* Moves what waits into batch; exactly one of the other two follows. */
void mqtt_spool_take(struct mqtt_spool *s, struct mqtt_spool_batch *batch, int64_t now_us);
/* Since when something waits for the disk; INT64_MAX = nothing does. */
int64_t mqtt_spool_waits_since(const struct mqtt_spool *s);
void mqtt_spool_written(struct mqtt_spool *s, struct mqtt_queue *q, struct mqtt_spool_batch *batch, int64_t now_us);
void mqtt_spool_failed(struct mqtt_spool *s, struct mqtt_queue *q, struct mqtt_spool_batch *batch, int64_t now_us);

/* The journal was opened, or opened anew: read it from its start. */
void mqtt_spool_opened(struct mqtt_spool *s, struct mqtt_queue *q);
/* Whether it is time to read on. */
bool mqtt_spool_wants_fresh(const struct mqtt_spool *s, const struct mqtt_queue *q);
bool mqtt_spool_wants_late(const struct mqtt_spool *s, const struct mqtt_queue *q);
/* How many more of each may be read. */
size_t mqtt_spool_fresh_room(const struct mqtt_queue *q);
size_t mqtt_spool_late_room(const struct mqtt_queue *q);
/* What was read, in order of its key; takes the reference. A late one that comes up among the fresh ones is remembered only. */
void mqtt_spool_add_fresh(struct mqtt_spool *s, struct mqtt_queue *q, struct mqtt_item *item, bool late);
void mqtt_spool_add_late(struct mqtt_spool *s, struct mqtt_queue *q, struct mqtt_item *item);
/* There was nothing more to read. */
void mqtt_spool_end_fresh(struct mqtt_spool *s, struct mqtt_queue *q);
void mqtt_spool_end_late(struct mqtt_spool *s);

#endif
