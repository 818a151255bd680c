/* SPDX-License-Identifier: MIT */
/*
 * What is on its way to the journal and back.
 *
 * Nothing has a hole: events are written in their order, so what the journal lacks after a kill is the newest few; and they
 * are sent in their order, so what was sent of those is the oldest of them. Together that is everything up to some n.
 */
#include "mqtt_spool.h"

void mqtt_spool_init(struct mqtt_spool *s, bool on)
{
	*s = (struct mqtt_spool){ .on = on, .ok = on, .tail = on, .end = &s->first, .taken_us = INT64_MAX };
}

static struct mqtt_item *shift(struct mqtt_spool *s)
{
	struct mqtt_item *item = s->first;

	s->first = item->next_unwritten;
	if (s->first)
		s->first_us = s->first->since_us;
	else
		s->end = &s->first;
	s->count--;
	return item;
}

void mqtt_spool_deinit(struct mqtt_spool *s)
{
	while (s->first)
		mqtt_item_unref(shift(s));
}

static void tell_queue(const struct mqtt_spool *s, struct mqtt_queue *q)
{
	mqtt_queue_set_journal(q, s->ok && s->opened ? s->late_key : INT64_MAX, s->tail);
}

/* ---- to the journal ---- */

/* The oldest that waits to be written gives way. If nobody else has it, it is lost. */
static void give_way(struct mqtt_spool *s, struct mqtt_queue *q)
{
	struct mqtt_item *oldest = shift(s);

	oldest->unwritten = false;
	if (oldest->fate == JOURNAL_WAITS && !mqtt_queue_has(q, oldest->key))
		mqtt_queue_lost(q);
	mqtt_item_unref(oldest);
}

static void append(struct mqtt_spool *s, struct mqtt_queue *q, struct mqtt_item *item, int64_t now_us)
{
	while (s->count >= (s->ok ? MQTT_SPOOL_UNWRITTEN : MQTT_SPOOL_EVENTS))
		give_way(s, q);
	if (s->count == 0)
		s->first_us = now_us;
	item->unwritten = true;
	item->next_unwritten = NULL;
	*s->end = item;
	s->end = &item->next_unwritten;
	s->count++;
}

void mqtt_spool_put(struct mqtt_spool *s, struct mqtt_queue *q, struct mqtt_item *item, int64_t now_us)
{
	bool full = mqtt_queue_fresh(q) + mqtt_queue_late(q) >= MQTT_SPOOL_EVENTS;

	append(s, q, mqtt_item_ref(item), now_us);
	s->tail |= s->ok && full && !s->alone;
	if (s->tail || s->alone) {
		mqtt_item_unref(item);
	} else {
		s->fresh_key = item->key;
		mqtt_queue_put_item(q, item);
	}
	tell_queue(s, q);
}

static void mark(struct mqtt_spool *s, int64_t key, enum journal_fate fate, int64_t now_us)
{
	/* Without room it is forgotten: the record is then delivered once more after the next start. */
	if (s->marks_count == MQTT_SPOOL_MARKS)
		return;
	if (s->marks_count == 0)
		s->marks_us = now_us;
	s->marks[s->marks_count++] = (struct mqtt_mark){ .key = key, .fate = fate };
}

void mqtt_spool_done(struct mqtt_spool *s, struct mqtt_item *item, enum journal_fate fate, int64_t now_us)
{
	item->fate = fate;
	if (item->stored)
		mark(s, item->key, fate, now_us);
}

int64_t mqtt_spool_waits_since(const struct mqtt_spool *s)
{
	int64_t unwritten_us = s->count > 0 ? s->first_us : INT64_MAX;

	return unwritten_us < s->taken_us ? unwritten_us : s->taken_us;
}

void mqtt_spool_take(struct mqtt_spool *s, struct mqtt_spool_batch *batch, int64_t now_us)
{
	s->taken_us = now_us;
	batch->count = 0;
	while (s->first && batch->count < MQTT_SPOOL_BATCH) {
		batch->fates[batch->count] = s->first->fate;
		batch->items[batch->count++] = shift(s);
	}
	for (size_t i = 0; i < s->marks_count; i++)
		batch->marks[i] = s->marks[i];
	batch->marks_count = s->marks_count;
	s->marks_count = 0;
}

void mqtt_spool_written(struct mqtt_spool *s, struct mqtt_queue *q, struct mqtt_spool_batch *batch, int64_t now_us)
{
	for (size_t i = 0; i < batch->count; i++) {
		struct mqtt_item *item = batch->items[i];

		item->stored = true;
		item->unwritten = false;
		if (item->fate != batch->fates[i])
			mark(s, item->key, item->fate, now_us);
		mqtt_item_unref(item);
	}
	s->ok = true;
	s->taken_us = INT64_MAX;
	tell_queue(s, q);
}

void mqtt_spool_failed(struct mqtt_spool *s, struct mqtt_queue *q, struct mqtt_spool_batch *batch, int64_t now_us)
{
	struct mqtt_item *newer = s->first;

	s->ok = false;
	s->taken_us = INT64_MAX;
	s->first = NULL;
	s->end = &s->first;
	s->count = 0;
	for (size_t i = 0; i < batch->count; i++)
		append(s, q, batch->items[i], now_us);
	while (newer) {
		struct mqtt_item *item = newer;

		newer = item->next_unwritten;
		append(s, q, item, now_us);
	}
	for (size_t i = 0; i < batch->marks_count; i++)
		mark(s, batch->marks[i].key, batch->marks[i].fate, now_us);
	tell_queue(s, q);
}

/* ---- back from the journal ---- */

void mqtt_spool_opened(struct mqtt_spool *s, struct mqtt_queue *q)
{
	s->opened = s->tail = s->backlog = true;
	s->fresh_key = s->late_key = 0;
	tell_queue(s, q);
}

bool mqtt_spool_wants_fresh(const struct mqtt_spool *s, const struct mqtt_queue *q)
{
	return s->on && !s->alone && s->tail && mqtt_queue_fresh(q) < MQTT_SPOOL_LOW;
}

bool mqtt_spool_wants_late(const struct mqtt_spool *s, const struct mqtt_queue *q)
{
	return s->on && !s->alone && s->opened && s->backlog && mqtt_queue_late(q) < MQTT_SPOOL_LATE / 2;
}

size_t mqtt_spool_fresh_room(const struct mqtt_queue *q)
{
	size_t there = mqtt_queue_fresh(q) + mqtt_queue_late(q);

	return there < MQTT_SPOOL_EVENTS ? MQTT_SPOOL_EVENTS - there : 0;
}

size_t mqtt_spool_late_room(const struct mqtt_queue *q)
{
	size_t there = mqtt_queue_late(q);

	return there < MQTT_SPOOL_LATE ? MQTT_SPOOL_LATE - there : 0;
}

static bool is_known(const struct mqtt_spool *s, const struct mqtt_queue *q, int64_t key)
{
	for (size_t i = 0; i < s->marks_count; i++)
		if (s->marks[i].key == key)
			return true;
	return mqtt_queue_has(q, key);
}

void mqtt_spool_add_fresh(struct mqtt_spool *s, struct mqtt_queue *q, struct mqtt_item *item, bool late)
{
	s->fresh_key = item->key;
	s->backlog |= late;
	if (late || is_known(s, q, item->key))
		mqtt_item_unref(item);
	else
		mqtt_queue_put_item(q, item);
	tell_queue(s, q);
}

void mqtt_spool_add_late(struct mqtt_spool *s, struct mqtt_queue *q, struct mqtt_item *item)
{
	s->late_key = item->key;
	tell_queue(s, q);
	if (is_known(s, q, item->key))
		mqtt_item_unref(item);
	else
		mqtt_queue_put_late(q, item);
}

/* What is not written yet comes right behind the tail: it need not go round. */
void mqtt_spool_end_fresh(struct mqtt_spool *s, struct mqtt_queue *q)
{
	struct mqtt_item *item = s->first;

	for (; item && mqtt_spool_fresh_room(q) > 0; item = item->next_unwritten) {
		if (item->key <= s->fresh_key || item->fate != JOURNAL_WAITS || mqtt_queue_has(q, item->key))
			continue;
		s->fresh_key = item->key;
		mqtt_queue_put_item(q, mqtt_item_ref(item));
	}
	s->tail = item != NULL;
	tell_queue(s, q);
}

void mqtt_spool_end_late(struct mqtt_spool *s)
{
	s->backlog = false;
}
