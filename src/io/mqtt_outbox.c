/* SPDX-License-Identifier: MIT */
/*
 * Between callers and delivery thread. The thread is woken once for any number of messages, and not at all while it could not
 * send them: without a broker a message costs its copy and nothing else.
 */
#include "mqtt_outbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct mqtt_outbox {
	int wake_fd;
	pthread_mutex_t mutex; /* guards all below */
	struct mqtt_queue *queue;
	unsigned taken; /* items that the thread has */
	bool online, woken;
	int64_t stop_by_us; /* INT64_MAX = no wish to stop */
	uint64_t connections;
	int protocol;
	int64_t connected_since_wall_us;
};

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

int mqtt_outbox_new(const struct mqtt_queue_limits *limits, int protocol, struct mqtt_outbox **ret)
{
	struct mqtt_outbox *o = calloc(1, sizeof(*o));
	int r;

	if (!o)
		return -ENOMEM;
	pthread_mutex_init(&o->mutex, NULL);
	o->stop_by_us = INT64_MAX;
	o->protocol = protocol;
	o->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = o->wake_fd < 0 ? -errno : mqtt_queue_new(limits, &o->queue);
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
	mqtt_queue_free(o->queue);
	if (o->wake_fd >= 0)
		close(o->wake_fd);
	pthread_mutex_destroy(&o->mutex);
	free(o);
}

/* Called without the lock. Cannot fail for want of room: it is written at most a few times for each time it is read. */
static void wake(struct mqtt_outbox *o)
{
	while (eventfd_write(o->wake_fd, 1) < 0 && errno == EINTR)
		;
}

void mqtt_outbox_put(struct mqtt_outbox *o, const struct mqtt_message *m)
{
	int64_t now_us = mqtt_outbox_now_us();

	pthread_mutex_lock(&o->mutex);
	mqtt_queue_put(o->queue, m, now_us);
	bool must_wake = o->online && !o->woken;
	o->woken |= must_wake;
	pthread_mutex_unlock(&o->mutex);
	if (must_wake)
		wake(o);
}

void mqtt_outbox_stats(struct mqtt_outbox *o, struct sink_mqtt_stats *ret)
{
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
	};
	pthread_mutex_unlock(&o->mutex);
}

void mqtt_outbox_stop(struct mqtt_outbox *o, int64_t by_us)
{
	pthread_mutex_lock(&o->mutex);
	o->stop_by_us = by_us;
	pthread_mutex_unlock(&o->mutex);
	wake(o);
}

int mqtt_outbox_fd(const struct mqtt_outbox *o)
{
	return o->wake_fd;
}

void mqtt_outbox_woken(struct mqtt_outbox *o)
{
	eventfd_t count;

	/* The flag before the look into the queue: what is put after that look wakes again. */
	pthread_mutex_lock(&o->mutex);
	o->woken = false;
	pthread_mutex_unlock(&o->mutex);
	while (eventfd_read(o->wake_fd, &count) < 0 && errno == EINTR)
		;
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
	bool empty = stats.waiting == 0 && o->taken == 0;
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
	bool must_wake = o->online && !o->woken;
	o->woken |= must_wake;
	pthread_mutex_unlock(&o->mutex);
	if (must_wake)
		wake(o);
}

struct mqtt_item *mqtt_outbox_take(struct mqtt_outbox *o, unsigned room, unsigned late_room)
{
	int64_t now_us = mqtt_outbox_now_us();

	pthread_mutex_lock(&o->mutex);
	struct mqtt_item *item = mqtt_queue_take(o->queue, now_us, room, late_room);
	o->taken += item != NULL;
	pthread_mutex_unlock(&o->mutex);
	return item;
}

void mqtt_outbox_done(struct mqtt_outbox *o, struct mqtt_item *item, enum mqtt_fate fate)
{
	pthread_mutex_lock(&o->mutex);
	mqtt_queue_done(o->queue, item, fate);
	o->taken--;
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
