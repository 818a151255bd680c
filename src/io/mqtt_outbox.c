/* SPDX-License-Identifier: MIT */
/*
 * Between callers and delivery thread. The thread is woken once for any number of messages, and not at all while it could not
 * send them: without a broker a message costs its copy and nothing else.
 */
#include "mqtt_outbox_internal.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

static int64_t clock_us(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

int64_t mqtt_outbox_now_us(void)
{
	return clock_us(CLOCK_BOOTTIME);
}

int mqtt_outbox_new(const struct mqtt_queue_limits *limits, int protocol, enum mqtt_outbox_journal journal,
	struct mqtt_outbox **ret)
{
	struct mqtt_outbox *o = calloc(1, sizeof(*o));
	int r;

	if (!o)
		return -ENOMEM;
	pthread_cond_init(&o->journal_wake, NULL);
	pthread_mutex_init(&o->mutex, NULL);
	mqtt_spool_init(&o->spool, journal != MQTT_OUTBOX_WITHOUT_JOURNAL);
	o->spool.alone = journal == MQTT_OUTBOX_JOURNAL_ALONE;
	o->journal_ok = true;
	o->stop_by_us = INT64_MAX;
	o->protocol = protocol;
	o->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	o->notice_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = o->wake_fd < 0 || o->notice_fd < 0 ? -errno : mqtt_queue_new(limits, &o->queue);
	if (r < 0) {
		mqtt_outbox_free(o);
		return r;
	}
	*ret = o;
	return 0;
}

void mqtt_outbox_free(struct mqtt_outbox *o)
{
	if (!o)
		return;
	mqtt_spool_deinit(&o->spool);
	mqtt_queue_free(o->queue);
	if (o->wake_fd >= 0)
		close(o->wake_fd);
	if (o->notice_fd >= 0)
		close(o->notice_fd);
	pthread_cond_destroy(&o->journal_wake);
	pthread_mutex_destroy(&o->mutex);
	free(o);
}

void mqtt_outbox_signal(int fd)
{
	while (eventfd_write(fd, 1) < 0 && errno == EINTR)
		;
}

static void clear_fd(int fd)
{
	eventfd_t count;

	while (eventfd_read(fd, &count) < 0 && errno == EINTR)
		;
}

void mqtt_outbox_unlock(struct mqtt_outbox *o)
{
	bool must_wake = o->online && !o->woken;

	o->woken |= must_wake;
	pthread_mutex_unlock(&o->mutex);
	if (must_wake)
		mqtt_outbox_signal(o->wake_fd);
}

/* Wakes the thread of the journal if it might be waiting for what has just happened. Holds the lock. */
static void wake_journal(struct mqtt_outbox *o)
{
	struct mqtt_spool *s = &o->spool;

	if (!s->on)
		return;
	s->backlog |= mqtt_queue_left(o->queue);
	if (s->count + s->marks_count > 0 || mqtt_spool_wants_fresh(s, o->queue) || mqtt_spool_wants_late(s, o->queue))
		pthread_cond_signal(&o->journal_wake);
}

static bool is_for_journal(const struct mqtt_outbox *o, const struct mqtt_message *m)
{
	return o->spool.on && m->cls == MQTT_EVENT && m->device && m->group && m->n > 0;
}

/* Holds the lock. */
static void put_event(struct mqtt_outbox *o, const struct mqtt_message *m, int64_t now_us, int64_t wall_us)
{
	struct mqtt_item *item = mqtt_item_new(m, m->decided_us != 0 ? m->decided_us : now_us);

	if (!item) {
		mqtt_queue_lost(o->queue);
		return;
	}
	item->key = journal_key(JOURNAL_RUN_NOW, m->n);
	item->wall_us = wall_us;
	mqtt_spool_put(&o->spool, o->queue, item, now_us);
	mqtt_outbox_judge(o, now_us);
	wake_journal(o);
}

void mqtt_outbox_put(struct mqtt_outbox *o, const struct mqtt_message *m)
{
	int64_t now_us = mqtt_outbox_now_us(), wall_us = clock_us(CLOCK_REALTIME);

	pthread_mutex_lock(&o->mutex);
	if (is_for_journal(o, m))
		put_event(o, m, now_us, wall_us);
	else if (!o->spool.alone)
		mqtt_queue_put(o->queue, m, now_us);
	mqtt_outbox_unlock(o);
}

void mqtt_outbox_put_text(struct mqtt_outbox *o, const char *topic, const char *text, enum mqtt_rank rank)
{
	struct mqtt_message m = {
		.topic = topic,
		.payload = text,
		.length = strlen(text),
		.cls = MQTT_NEWEST,
		.rank = rank,
		.qos = 1,
		.retain = true,
	};

	mqtt_outbox_put(o, &m);
}

static uint64_t journal_pending(const struct mqtt_outbox *o)
{
	uint64_t count = o->journal_waiting;

	for (const struct mqtt_item *item = o->spool.first; item; item = item->next_unwritten)
		count += item->fate == JOURNAL_WAITS;
	return count > o->spool.marks_count ? count - o->spool.marks_count : 0;
}

void mqtt_outbox_stats(struct mqtt_outbox *o, struct sink_mqtt_stats *ret)
{
	int64_t now_us = mqtt_outbox_now_us();
	struct mqtt_queue_stats queue;

	pthread_mutex_lock(&o->mutex);
	mqtt_queue_stats(o->queue, &queue);
	*ret = (struct sink_mqtt_stats){
		.connected = o->online,
		.protocol = o->protocol,
		.connected_since_wall_us = o->connected_since_wall_us,
		.reconnects = o->connections > 0 ? o->connections - 1 : 0,
		.published = queue.published,
		.dropped_live = queue.dropped_live,
		.dropped_event = queue.dropped_event,
		.late = queue.late,
		.pending = queue.waiting + o->taken,
		.journal = o->spool.on,
		.journal_pending = journal_pending(o),
	};
	mqtt_outbox_judge(o, now_us);
	ret->journal_ok = o->journal_ok;
	if (!o->journal_ok)
		snprintf(ret->journal_why, sizeof(ret->journal_why), "%s", o->journal_why);
	pthread_mutex_unlock(&o->mutex);
}

int mqtt_outbox_notice_fd(const struct mqtt_outbox *o)
{
	return o->notice_fd;
}

void mqtt_outbox_stop_journal(struct mqtt_outbox *o)
{
	pthread_mutex_lock(&o->mutex);
	o->journal_leave = true;
	pthread_cond_signal(&o->journal_wake);
	pthread_mutex_unlock(&o->mutex);
}

void mqtt_outbox_stop(struct mqtt_outbox *o, int64_t by_us)
{
	pthread_mutex_lock(&o->mutex);
	o->stop_by_us = by_us;
	pthread_cond_signal(&o->journal_wake);
	pthread_mutex_unlock(&o->mutex);
	mqtt_outbox_signal(o->wake_fd);
}

int mqtt_outbox_fd(const struct mqtt_outbox *o)
{
	return o->wake_fd;
}

void mqtt_outbox_woken(struct mqtt_outbox *o)
{
	/* The flag before the look into the queue: what is put after that look wakes again. */
	pthread_mutex_lock(&o->mutex);
	o->woken = false;
	pthread_mutex_unlock(&o->mutex);
	clear_fd(o->wake_fd);
}

bool mqtt_outbox_stopping(struct mqtt_outbox *o, int64_t *ret_by_us)
{
	pthread_mutex_lock(&o->mutex);
	int64_t by_us = o->stop_by_us;
	pthread_mutex_unlock(&o->mutex);
	*ret_by_us = by_us;
	return by_us != INT64_MAX;
}

bool mqtt_outbox_empty(struct mqtt_outbox *o)
{
	struct mqtt_queue_stats stats;

	pthread_mutex_lock(&o->mutex);
	mqtt_queue_stats(o->queue, &stats);
	/* Late events that the journal has may wait for the next time. */
	uint64_t waiting = o->spool.on && o->spool.ok ? stats.waiting - stats.waiting_late : stats.waiting;
	bool empty = waiting == 0 && o->taken == 0 && !(o->spool.on && o->spool.tail);
	pthread_mutex_unlock(&o->mutex);
	return empty;
}

void mqtt_outbox_online(struct mqtt_outbox *o, int protocol)
{
	pthread_mutex_lock(&o->mutex);
	mqtt_queue_set_online(o->queue, true);
	o->online = true;
	o->protocol = protocol;
	o->connections++;
	o->connected_since_wall_us = clock_us(CLOCK_REALTIME);
	pthread_mutex_unlock(&o->mutex);
}

void mqtt_outbox_offline(struct mqtt_outbox *o)
{
	pthread_mutex_lock(&o->mutex);
	mqtt_queue_set_online(o->queue, false);
	o->online = false;
	pthread_mutex_unlock(&o->mutex);
}

void mqtt_outbox_renew(struct mqtt_outbox *o, bool all)
{
	pthread_mutex_lock(&o->mutex);
	mqtt_queue_renew(o->queue, all);
	mqtt_outbox_unlock(o);
}

struct mqtt_item *mqtt_outbox_take(struct mqtt_outbox *o, unsigned room, unsigned late_room)
{
	int64_t now_us = mqtt_outbox_now_us();

	pthread_mutex_lock(&o->mutex);
	struct mqtt_item *item = mqtt_queue_take(o->queue, now_us, room, late_room);
	o->taken += item != NULL;
	wake_journal(o);
	pthread_mutex_unlock(&o->mutex);
	return item;
}

void mqtt_outbox_done(struct mqtt_outbox *o, struct mqtt_item *item, enum mqtt_fate fate)
{
	int64_t now_us = mqtt_outbox_now_us();

	pthread_mutex_lock(&o->mutex);
	if (item->key != 0)
		mqtt_spool_done(&o->spool, item, fate == MQTT_DELIVERED ? JOURNAL_DELIVERED : JOURNAL_REFUSED, now_us);
	mqtt_queue_done(o->queue, item, fate);
	o->taken--;
	wake_journal(o);
	pthread_mutex_unlock(&o->mutex);
}

void mqtt_outbox_back(struct mqtt_outbox *o, struct mqtt_item *item)
{
	pthread_mutex_lock(&o->mutex);
	mqtt_queue_back(o->queue, item);
	o->taken--;
	pthread_mutex_unlock(&o->mutex);
}

void mqtt_outbox_hold(struct mqtt_outbox *o, struct mqtt_item **held, struct mqtt_item *item)
{
	pthread_mutex_lock(&o->mutex);
	mqtt_item_unref(*held);
	*held = mqtt_item_ref(item);
	pthread_mutex_unlock(&o->mutex);
}
