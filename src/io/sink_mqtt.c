/* SPDX-License-Identifier: MIT */
/*
 * MQTT on a thread of its own.
 *
 *   callers --> outbox (queue, lock, wake-up) --> delivery thread --> link --> broker
 *                  ^ |                                 |
 *                  | '--> journal thread --> file      |
 *   caller <-- inbox (list, lock, eventfd) <-----------'
 *
 * Whoever leaves last frees the sink. That is the caller, except where a thread hangs in name resolution, in a connect() or in
 * the disk and the caller's time is over: no thread can be ended from outside there, so it is left to itself, without a log.
 */
#include "sink_mqtt.h"

#include <errno.h>
#include <mosquitto.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "journal_writer.h"
#include "mqtt_delivery.h"

#define TOPICS_MAX 8192 /* 32 devices with all their scalar copies and entities */
#define DROPS_MAX 256
#define INBOX_MAX 64
#define JOIN_MS 50 /* more than the thread gives itself */
#define JOURNAL_MS 500 /* for the last commit */

struct sink_thread {
	pthread_t thread;
	bool started, left; /* left: guarded by the sink's mutex */
};

struct sink_mqtt {
	struct mqtt_settings settings;
	struct mqtt_outbox *outbox;
	struct mqtt_inbox *inbox;
	struct sink_thread delivery, journal;
	sink_mqtt_log_fn log;
	void *log_user;
	pthread_mutex_t mutex; /* guards what is below, and that nothing is logged for a caller who has left */
	pthread_cond_t thread_leaves, goes;
	unsigned users; /* who has not left: the caller and the threads */
	bool caller_left, held;
};

/* Finished or half-built. */
static void release(struct sink_mqtt *s)
{
	mqtt_outbox_free(s->outbox);
	mqtt_inbox_free(s->inbox);
	mqtt_settings_deinit(&s->settings);
	pthread_cond_destroy(&s->thread_leaves);
	pthread_cond_destroy(&s->goes);
	pthread_mutex_destroy(&s->mutex);
	free(s);
	mosquitto_lib_cleanup();
}

static void log_line(void *user, int level, const char *line)
{
	struct sink_mqtt *s = user;

	pthread_mutex_lock(&s->mutex);
	if (s->log && !s->caller_left)
		s->log(s->log_user, level, line);
	pthread_mutex_unlock(&s->mutex);
}

static void leave(struct sink_mqtt *s, struct sink_thread *who)
{
	pthread_mutex_lock(&s->mutex);
	if (who)
		who->left = true;
	else
		s->caller_left = true;
	pthread_cond_signal(&s->thread_leaves);
	bool last = --s->users == 0;
	pthread_mutex_unlock(&s->mutex);
	if (last)
		release(s);
}

static void *run_delivery(void *user)
{
	struct sink_mqtt *s = user;

	pthread_mutex_lock(&s->mutex);
	while (s->held)
		pthread_cond_wait(&s->goes, &s->mutex);
	pthread_mutex_unlock(&s->mutex);
	mqtt_delivery_run(&s->settings, s->outbox, s->inbox, log_line, s);
	leave(s, &s->delivery);
	return NULL;
}

static void *run_journal(void *user)
{
	struct sink_mqtt *s = user;

	journal_writer_run(&s->settings, s->outbox, log_line, s);
	leave(s, &s->journal);
	return NULL;
}

/* Signals belong to the program's loop; SIGPIPE of a broken connection is of no use to anybody. */
static int start_thread(struct sink_mqtt *s, struct sink_thread *t, void *(*run)(void *), const char *name)
{
	sigset_t all, before;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	s->users++;
	r = pthread_create(&t->thread, NULL, run, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	t->started = r == 0;
	if (r == 0)
		pthread_setname_np(t->thread, name);
	else
		s->users--;
	return -r;
}

static void init_locks(struct sink_mqtt *s)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&s->thread_leaves, &attributes);
	pthread_condattr_destroy(&attributes);
	pthread_cond_init(&s->goes, NULL);
	pthread_mutex_init(&s->mutex, NULL);
}

int sink_mqtt_new(const struct sink_mqtt_options *options, struct sink_mqtt **ret, char *ret_why, size_t why_size)
{
	struct sink_mqtt *s = calloc(1, sizeof(*s));
	int r;

	if (!s) {
		snprintf(ret_why, why_size, "no memory");
		return -ENOMEM;
	}
	init_locks(s);
	mosquitto_lib_init();
	s->log = options->log;
	s->log_user = options->log_user;
	s->held = options->held;
	s->users = 1;
	r = mqtt_settings_init(&s->settings, options, ret_why, why_size);
	if (r < 0) {
		release(s);
		return r;
	}
	bool journal = s->settings.journal_path, broker = s->settings.host;
	struct mqtt_queue_limits limits = {
		.events = journal ? MQTT_SPOOL_EVENTS : s->settings.events_max,
		.event_bytes = s->settings.bytes_max,
		.topics = TOPICS_MAX,
		.drops = DROPS_MAX,
		.late_after_us = s->settings.late_after_us,
	};
	r = mqtt_outbox_new(&limits, s->settings.protocol,
		!journal ? MQTT_OUTBOX_WITHOUT_JOURNAL
		: broker ? MQTT_OUTBOX_WITH_JOURNAL
			 : MQTT_OUTBOX_JOURNAL_ALONE,
		&s->outbox);
	if (r == 0)
		r = mqtt_inbox_new(INBOX_MAX, &s->inbox);
	if (r == 0 && broker)
		r = start_thread(s, &s->delivery, run_delivery, "mqtt");
	if (r == 0 && journal)
		r = start_thread(s, &s->journal, run_journal, "journal");
	if (r < 0) {
		snprintf(ret_why, why_size, "cannot start the delivery to the broker: %s", strerror(-r));
		if (s->delivery.started)
			sink_mqtt_free(s, 0);
		else
			release(s);
		return r;
	}
	*ret = s;
	return 0;
}

int sink_mqtt_check(const struct sink_mqtt_options *options, char *ret_why, size_t why_size)
{
	struct mqtt_settings settings;
	int r = mqtt_settings_init(&settings, options, ret_why, why_size);

	mqtt_settings_deinit(&settings);
	return r;
}

void sink_mqtt_send(struct sink_mqtt *s, const struct mqtt_message *m)
{
	if (s)
		mqtt_outbox_put(s->outbox, m);
}

void sink_mqtt_renew(struct sink_mqtt *s)
{
	if (s)
		mqtt_outbox_renew(s->outbox, true);
}

int sink_mqtt_fd(const struct sink_mqtt *s)
{
	return s ? mqtt_inbox_fd(s->inbox) : -1;
}

struct mqtt_received *sink_mqtt_receive(struct sink_mqtt *s, uint64_t *ret_lost)
{
	*ret_lost = 0;
	return s ? mqtt_inbox_take(s->inbox, ret_lost) : NULL;
}

int sink_mqtt_notice_fd(const struct sink_mqtt *s)
{
	return s ? mqtt_outbox_notice_fd(s->outbox) : -1;
}

void sink_mqtt_stats(struct sink_mqtt *s, struct sink_mqtt_stats *ret)
{
	if (s)
		mqtt_outbox_stats(s->outbox, ret);
	else
		*ret = (struct sink_mqtt_stats){ 0 };
}

/* Waits at most so long for a thread to leave. */
static void await(struct sink_mqtt *s, struct sink_thread *t, int timeout_ms)
{
	struct timespec deadline;
	int r = 0;

	if (!t->started)
		return;

	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_nsec += timeout_ms % 1000 * 1000000L;
	deadline.tv_sec += timeout_ms / 1000 + deadline.tv_nsec / 1000000000L;
	deadline.tv_nsec %= 1000000000L;
	pthread_mutex_lock(&s->mutex);
	while (!t->left && r == 0)
		r = pthread_cond_timedwait(&s->thread_leaves, &s->mutex, &deadline);
	bool left = t->left;
	pthread_mutex_unlock(&s->mutex);
	if (left)
		pthread_join(t->thread, NULL);
	else
		pthread_detach(t->thread);
}

void sink_mqtt_go(struct sink_mqtt *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->mutex);
	s->held = false;
	pthread_cond_signal(&s->goes);
	pthread_mutex_unlock(&s->mutex);
}

void sink_mqtt_free(struct sink_mqtt *s, int timeout_ms)
{
	if (!s)
		return;
	mqtt_outbox_stop(s->outbox, mqtt_outbox_now_us() + timeout_ms * 1000LL);
	sink_mqtt_go(s);
	await(s, &s->delivery, timeout_ms + JOIN_MS);
	mqtt_outbox_stop_journal(s->outbox);
	await(s, &s->journal, JOURNAL_MS);
	leave(s, NULL);
}
