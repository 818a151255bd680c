/* SPDX-License-Identifier: MIT */
/*
 * The outbox as the thread of the journal sees it. All that is done under the lock are moves in memory: however long the disk
 * takes, nobody waits for it here.
 *
 * When is something written? A new event after COMMIT_US, together with all that came meanwhile. By then a broker that is
 * there has taken it, so it is written as delivered, and that is all that is ever written of it: one flush, or less.
 */
#include "mqtt_outbox_internal.h"

#include <stdio.h>

#define COMMIT_US 400000
#define MARK_US 100000 /* what became of a record that stood there already: who is killed before tells it twice */
#define STALLED_US 10000000 /* a disk that takes longer than this for one commit is told as broken */

void mqtt_outbox_judge(struct mqtt_outbox *o, int64_t now_us)
{
	int64_t since_us = mqtt_spool_waits_since(&o->spool);
	bool stalled = since_us != INT64_MAX && now_us - since_us > STALLED_US;
	bool ok = o->spool.ok && !stalled;

	if (ok == o->journal_ok)
		return;
	if (!ok && o->spool.ok)
		snprintf(o->journal_why, sizeof(o->journal_why), "the disk does not answer");
	o->journal_ok = ok;
	mqtt_outbox_signal(o->notice_fd);
}

/* ---- what is due ---- */

static int64_t earlier(int64_t a_us, int64_t b_us)
{
	return a_us < b_us ? a_us : b_us;
}

static int64_t write_due_us(const struct mqtt_outbox *o)
{
	const struct mqtt_spool *s = &o->spool;
	bool hurry = o->stop_by_us != INT64_MAX || o->journal_leave || (o->online && s->tail) ||
		     s->count >= MQTT_SPOOL_EVENTS / 2 || s->marks_count >= MQTT_SPOOL_MARKS / 2;
	int64_t due_us = INT64_MAX;

	if (s->count > 0)
		due_us = earlier(due_us, hurry ? 0 : s->first_us + COMMIT_US);
	if (s->marks_count > 0)
		due_us = earlier(due_us, hurry ? 0 : s->marks_us + MARK_US);
	return due_us;
}

/* What is due at now_us; or 0, and *ret_us is when something will be. */
static unsigned due(const struct mqtt_outbox *o, bool open, int64_t not_before_us, int64_t now_us, int64_t *ret_us)
{
	int64_t write_us = write_due_us(o);
	unsigned work = 0;

	if (!open)
		work |= MQTT_JOURNAL_OPEN;
	if (mqtt_spool_wants_fresh(&o->spool, o->queue))
		work |= MQTT_JOURNAL_READ_FRESH;
	if (mqtt_spool_wants_late(&o->spool, o->queue))
		work |= MQTT_JOURNAL_READ_LATE;
	if (write_us <= now_us)
		work |= MQTT_JOURNAL_WRITE;
	if (o->journal_leave)
		return work | MQTT_JOURNAL_LEAVE;
	if (now_us < not_before_us) {
		*ret_us = not_before_us;
		return open ? 0
			    : work & MQTT_JOURNAL_READ_FRESH; /* that of a journal that is not there comes from memory */
	}
	*ret_us = write_us;
	return work;
}

unsigned mqtt_outbox_journal_wait(struct mqtt_outbox *o, bool open, int64_t not_before_us)
{
	struct timespec until;
	int64_t next_us;
	unsigned work;

	pthread_mutex_lock(&o->mutex);
	for (;;) {
		int64_t now_us = mqtt_outbox_now_us();

		work = due(o, open, not_before_us, now_us, &next_us);
		if (work != 0)
			break;
		if (next_us == INT64_MAX) {
			pthread_cond_wait(&o->journal_wake, &o->mutex);
			continue;
		}
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += (next_us - now_us) % 1000000 * 1000;
		until.tv_sec += (next_us - now_us) / 1000000 + until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		pthread_cond_clockwait(&o->journal_wake, &o->mutex, CLOCK_MONOTONIC, &until);
	}
	pthread_mutex_unlock(&o->mutex);
	return work;
}

/* ---- what was done ---- */

void mqtt_outbox_journal_opened(struct mqtt_outbox *o, uint64_t waiting)
{
	pthread_mutex_lock(&o->mutex);
	mqtt_spool_opened(&o->spool, o->queue);
	o->journal_waiting = waiting;
	pthread_mutex_unlock(&o->mutex);
}

void mqtt_outbox_journal_take(struct mqtt_outbox *o, struct mqtt_spool_batch *batch)
{
	int64_t now_us = mqtt_outbox_now_us();

	pthread_mutex_lock(&o->mutex);
	mqtt_spool_take(&o->spool, batch, now_us);
	pthread_mutex_unlock(&o->mutex);
}

void mqtt_outbox_journal_written(struct mqtt_outbox *o, struct mqtt_spool_batch *batch, uint64_t waiting, uint64_t lost)
{
	int64_t now_us = mqtt_outbox_now_us();

	pthread_mutex_lock(&o->mutex);
	mqtt_spool_written(&o->spool, o->queue, batch, now_us);
	o->journal_waiting = waiting;
	for (; lost > 0; lost--)
		mqtt_queue_lost(o->queue);
	mqtt_outbox_judge(o, now_us);
	mqtt_outbox_unlock(o);
}

void mqtt_outbox_journal_failed(struct mqtt_outbox *o, struct mqtt_spool_batch *batch, const char *why)
{
	static struct mqtt_spool_batch nothing;
	int64_t now_us = mqtt_outbox_now_us();

	pthread_mutex_lock(&o->mutex);
	mqtt_spool_failed(&o->spool, o->queue, batch ? batch : &nothing, now_us);
	snprintf(o->journal_why, sizeof(o->journal_why), "%s", why);
	mqtt_outbox_judge(o, now_us);
	mqtt_outbox_unlock(o);
}

int64_t mqtt_outbox_journal_after(struct mqtt_outbox *o, bool late, size_t *ret_room)
{
	pthread_mutex_lock(&o->mutex);
	int64_t after = late ? o->spool.late_key : o->spool.fresh_key;
	*ret_room = late ? mqtt_spool_late_room(o->queue) : mqtt_spool_fresh_room(o->queue);
	pthread_mutex_unlock(&o->mutex);
	return after;
}

void mqtt_outbox_journal_add(struct mqtt_outbox *o, struct mqtt_item *item, bool reading_late, bool late)
{
	pthread_mutex_lock(&o->mutex);
	if (reading_late)
		mqtt_spool_add_late(&o->spool, o->queue, item);
	else
		mqtt_spool_add_fresh(&o->spool, o->queue, item, late);
	mqtt_outbox_unlock(o);
}

void mqtt_outbox_journal_end(struct mqtt_outbox *o, bool reading_late)
{
	pthread_mutex_lock(&o->mutex);
	if (reading_late)
		mqtt_spool_end_late(&o->spool);
	else
		mqtt_spool_end_fresh(&o->spool, o->queue);
	mqtt_outbox_unlock(o);
}
