/* SPDX-License-Identifier: MIT */
/* The fields of an outbox, for mqtt_outbox.c (callers and delivery) and mqtt_outbox_journal.c alone. */
#ifndef IO_MQTT_OUTBOX_INTERNAL_H
#define IO_MQTT_OUTBOX_INTERNAL_H

#include <pthread.h>

#include "mqtt_outbox.h"

struct mqtt_outbox {
	int wake_fd, notice_fd;
	pthread_cond_t journal_wake;
	pthread_mutex_t mutex; /* guards all below */
	struct mqtt_queue *queue;
	struct mqtt_spool spool;
	uint64_t journal_waiting; /* records that wait in the file */
	bool journal_leave, journal_ok; /* as told */
	char journal_why[96];
	unsigned taken; /* items that the thread has */
	bool online, woken;
	int64_t stop_by_us; /* INT64_MAX = no wish to stop */
	uint64_t connections;
	int protocol;
	int64_t connected_since_wall_us;
};

/* Makes an eventfd readable. Cannot fail for want of room: it is written at most a few times for each time it is read. */
void mqtt_outbox_signal(int fd);
/* Ends what was done under the lock: wakes the delivery if there may be something for it. */
void mqtt_outbox_unlock(struct mqtt_outbox *o);
/* Tells the callers' side when the journal has begun to fail, or to work again. Holds the lock. */
void mqtt_outbox_judge(struct mqtt_outbox *o, int64_t now_us);

#endif
