/* SPDX-License-Identifier: MIT */
/*
 * What waits for the broker.
 *
 *   put --+-- MQTT_NEWEST --> topic table (one value each) --> dirty lists, one per rank --+
 *         +-- MQTT_EVENT  --> fresh --(older than late_after)--> late ---------------------+--> take
 *         +-- MQTT_DROP   --> drops (only while online) -----------------------------------+
 *
 * The library's own queue is never used: it is unbounded, and slower the longer it gets. A message is one block of memory,
 * shared by reference between the topic table and whoever sends it. fresh and late are in the order of arrival; as events
 * come in the order in which they were decided, the old ones are all at the front of fresh, and so move to late in order.
 * Beside a journal (mqtt_spool.h) late holds only the next few: the others are read when their turn comes.
 */
#include "mqtt_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 1024
#define FLYING_MAX 16 /* more than a link has in the air */

/* One topic whose newest value counts. */
struct topic {
	struct topic *next_in_bucket, *next_made, *next_dirty;
	struct mqtt_item *item; /* the newest value; its topic is the key */
	bool dirty; /* waits to be sent */
};

struct mqtt_queue {
	struct mqtt_queue_limits limits;
	struct mqtt_queue_stats stats;
	uint64_t next_seq;
	bool online;
	bool newest_first; /* after a renewal: all that is dirty before any event */
	bool event_next; /* otherwise: whose turn it is */

	struct mqtt_list fresh, late, drops;
	size_t event_bytes;
	int64_t flying[FLYING_MAX]; /* keys of the events taken; 0 = no one */
	int64_t late_key; /* INT64_MAX = no journal */
	bool tail, left;

	struct topic *buckets[BUCKETS];
	struct topic *first_made, **end_made; /* in the order in which topics came up */
	size_t topics;
	struct {
		struct topic *first, **end;
	} dirty[_MQTT_RANKS];
	size_t dirty_count;
};

/* ---- newest values ---- */

static struct topic **bucket_of(struct mqtt_queue *q, const char *name)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (; *name != '\0'; name++)
		hash = (hash ^ (unsigned char)*name) * 16777619u;
	return &q->buckets[hash % BUCKETS];
}

static struct topic *topic_find(struct mqtt_queue *q, const char *name)
{
	for (struct topic *t = *bucket_of(q, name); t; t = t->next_in_bucket)
		if (strcmp(t->item->topic, name) == 0)
			return t;
	return NULL;
}

static void topic_make_dirty(struct mqtt_queue *q, struct topic *t)
{
	enum mqtt_rank rank = t->item->rank;

	if (t->dirty)
		return;
	t->dirty = true;
	t->next_dirty = NULL;
	*q->dirty[rank].end = t;
	q->dirty[rank].end = &t->next_dirty;
	q->dirty_count++;
}

/* "offline" must not overtake the events put before it: who is offline says nothing more to a listener. */
static bool waits_for_events(const struct mqtt_queue *q, enum mqtt_rank rank, const struct mqtt_item *item)
{
	if (rank != MQTT_RANK_AVAILABILITY || q->newest_first)
		return false;
	return q->tail || (q->fresh.first && q->fresh.first->seq < item->seq);
}

static struct mqtt_item *take_newest(struct mqtt_queue *q)
{
	for (unsigned rank = 0; rank < _MQTT_RANKS; rank++) {
		struct topic *t = q->dirty[rank].first;

		if (!t || waits_for_events(q, rank, t->item))
			continue;
		q->dirty[rank].first = t->next_dirty;
		if (!t->next_dirty)
			q->dirty[rank].end = &q->dirty[rank].first;
		t->dirty = false;
		q->dirty_count--;
		return mqtt_item_ref(t->item);
	}
	q->newest_first = false;
	return NULL;
}

static int put_newest(struct mqtt_queue *q, struct mqtt_item *item)
{
	struct topic *t = topic_find(q, item->topic);

	if (t) {
		item->rank = t->item->rank; /* a topic keeps its rank: it may stand in that list */
		mqtt_item_unref(t->item);
		t->item = item;
		topic_make_dirty(q, t);
		return 0;
	}
	if (q->topics >= q->limits.topics)
		return -ENOSPC;
	t = malloc(sizeof(*t));
	if (!t)
		return -ENOMEM;
	struct topic **bucket = bucket_of(q, item->topic);
	*t = (struct topic){ .next_in_bucket = *bucket, .item = item };
	*bucket = t;
	*q->end_made = t;
	q->end_made = &t->next_made;
	q->topics++;
	topic_make_dirty(q, t);
	return 0;
}

/* ---- events ---- */

static void forget_event(struct mqtt_queue *q, struct mqtt_item *item)
{
	q->event_bytes -= item->bytes;
	mqtt_item_unref(item);
}

/* What the journal has, or is about to have, is not lost. */
static void drop_event(struct mqtt_queue *q, struct mqtt_item *item)
{
	if (item->stored || item->unwritten)
		q->left = true;
	else
		q->stats.dropped_event++;
	forget_event(q, item);
}

static void move_late(struct mqtt_queue *q, int64_t now_us)
{
	while (q->fresh.first && now_us - q->fresh.first->since_us >= q->limits.late_after_us) {
		struct mqtt_item *item = mqtt_list_shift(&q->fresh);

		item->late = true;
		if (!item->late_topic || (item->stored && item->key > q->late_key))
			drop_event(q, item);
		else
			mqtt_list_insert(&q->late, item);
	}
}

/* Returns 0 or -ENOSPC; the item is then the caller's. */
static int put_event(struct mqtt_queue *q, struct mqtt_item *item)
{
	if (item->bytes > q->limits.event_bytes)
		return -ENOSPC;
	while (q->fresh.count + q->late.count >= q->limits.events ||
		q->event_bytes + item->bytes > q->limits.event_bytes) {
		struct mqtt_item *oldest = mqtt_list_shift(q->late.first ? &q->late : &q->fresh);

		/* What is being sent counts against the bytes, but cannot be taken back. */
		if (!oldest)
			break;
		drop_event(q, oldest);
	}
	if (item->key != 0)
		mqtt_list_insert(&q->fresh, item);
	else
		mqtt_list_append(&q->fresh, item);
	q->event_bytes += item->bytes;
	return 0;
}

int mqtt_queue_put_item(struct mqtt_queue *q, struct mqtt_item *item)
{
	int r;

	item->seq = q->next_seq++;
	r = put_event(q, item);
	if (r == 0)
		return 0;
	q->event_bytes += item->bytes; /* as drop_event() takes it off */
	drop_event(q, item);
	return r;
}

/* ---- beside a journal ---- */

void mqtt_queue_set_journal(struct mqtt_queue *q, int64_t late_key, bool tail)
{
	q->late_key = late_key;
	q->tail = tail;
}

bool mqtt_queue_left(struct mqtt_queue *q)
{
	bool left = q->left;

	q->left = false;
	return left;
}

void mqtt_queue_put_late(struct mqtt_queue *q, struct mqtt_item *item)
{
	item->seq = q->next_seq++;
	item->late = true;
	mqtt_list_insert(&q->late, item);
	q->event_bytes += item->bytes;
}

static bool is_flying(const struct mqtt_queue *q, int64_t key)
{
	for (size_t i = 0; i < FLYING_MAX; i++)
		if (q->flying[i] == key)
			return true;
	return false;
}

static void change_flying(struct mqtt_queue *q, int64_t from, int64_t to)
{
	for (size_t i = 0; i < FLYING_MAX; i++)
		if (q->flying[i] == from) {
			q->flying[i] = to;
			return;
		}
}

bool mqtt_queue_has(const struct mqtt_queue *q, int64_t key)
{
	return is_flying(q, key) || mqtt_list_has(&q->fresh, key) || mqtt_list_has(&q->late, key);
}

size_t mqtt_queue_fresh(const struct mqtt_queue *q)
{
	return q->fresh.count;
}

size_t mqtt_queue_late(const struct mqtt_queue *q)
{
	return q->late.count;
}

void mqtt_queue_lost(struct mqtt_queue *q)
{
	q->stats.dropped_event++;
}

/* ---- what may be dropped ---- */

static void put_drop(struct mqtt_queue *q, struct mqtt_item *item)
{
	if (!q->online || q->drops.count >= q->limits.drops) {
		q->stats.dropped_live++;
		if (!q->online) {
			mqtt_item_unref(item);
			return;
		}
		mqtt_item_unref(mqtt_list_shift(&q->drops));
	}
	mqtt_list_append(&q->drops, item);
}

static struct mqtt_item *take_drop(struct mqtt_queue *q, int64_t now_us, unsigned room)
{
	while (q->drops.first) {
		struct mqtt_item *item = q->drops.first;
		bool stale = item->expiry_s > 0 && now_us - item->since_us > item->expiry_s * 1000000LL;

		if (!stale && item->qos > 0 && room == 0)
			return NULL;
		mqtt_list_shift(&q->drops);
		if (!stale)
			return item;
		q->stats.dropped_live++;
		mqtt_item_unref(item);
	}
	return NULL;
}

/* ---- the queue ---- */

int mqtt_queue_new(const struct mqtt_queue_limits *limits, struct mqtt_queue **ret)
{
	struct mqtt_queue *q = calloc(1, sizeof(*q));

	if (!q)
		return -ENOMEM;
	q->limits = *limits;
	q->late_key = INT64_MAX;
	mqtt_list_init(&q->fresh);
	mqtt_list_init(&q->late);
	mqtt_list_init(&q->drops);
	q->end_made = &q->first_made;
	for (unsigned rank = 0; rank < _MQTT_RANKS; rank++)
		q->dirty[rank].end = &q->dirty[rank].first;
	*ret = q;
	return 0;
}

void mqtt_queue_free(struct mqtt_queue *q)
{
	if (!q)
		return;
	mqtt_list_clear(&q->fresh);
	mqtt_list_clear(&q->late);
	mqtt_list_clear(&q->drops);
	for (struct topic *t = q->first_made, *next; t; t = next) {
		next = t->next_made;
		mqtt_item_unref(t->item);
		free(t);
	}
	free(q);
}

static void count_dropped(struct mqtt_queue *q, enum mqtt_class cls)
{
	if (cls == MQTT_EVENT)
		q->stats.dropped_event++;
	else
		q->stats.dropped_live++;
}

int mqtt_queue_put(struct mqtt_queue *q, const struct mqtt_message *m, int64_t now_us)
{
	bool given = m->cls == MQTT_EVENT && m->decided_us != 0;
	struct mqtt_item *item = mqtt_item_new(m, given ? m->decided_us : now_us);
	int r = 0;

	if (!item) {
		count_dropped(q, m->cls);
		return -ENOMEM;
	}
	item->seq = q->next_seq++;
	switch (m->cls) {
	case MQTT_NEWEST:
		r = put_newest(q, item);
		break;
	case MQTT_EVENT:
		r = put_event(q, item);
		break;
	case MQTT_DROP:
		put_drop(q, item);
		break;
	}
	if (r < 0) {
		count_dropped(q, m->cls);
		mqtt_item_unref(item);
	}
	return r;
}

struct mqtt_item *mqtt_queue_take(struct mqtt_queue *q, int64_t now_us, unsigned room, unsigned late_room)
{
	struct mqtt_item *item = NULL;

	move_late(q, now_us);
	if (room > 0) {
		if (q->newest_first || !q->event_next || !q->fresh.first)
			item = take_newest(q);
		if (!item)
			item = mqtt_list_shift(&q->fresh);
		if (item)
			q->event_next = item->cls == MQTT_NEWEST;
	}
	if (!item)
		item = take_drop(q, now_us, room);
	if (!item && room > 0 && late_room > 0)
		item = mqtt_list_shift(&q->late);
	if (item && item->key != 0)
		change_flying(q, 0, item->key);
	return item;
}

void mqtt_queue_done(struct mqtt_queue *q, struct mqtt_item *item, enum mqtt_fate fate)
{
	if (item->cls == MQTT_EVENT)
		q->event_bytes -= item->bytes;
	if (item->key != 0)
		change_flying(q, item->key, 0);
	if (fate == MQTT_REFUSED) {
		count_dropped(q, item->cls);
	} else {
		q->stats.published++;
		q->stats.late += item->late;
	}
	mqtt_item_unref(item);
}

void mqtt_queue_back(struct mqtt_queue *q, struct mqtt_item *item)
{
	struct topic *t;

	switch (item->cls) {
	case MQTT_EVENT:
		if (item->key != 0)
			change_flying(q, item->key, 0);
		mqtt_list_insert(item->late ? &q->late : &q->fresh, item);
		return;
	case MQTT_NEWEST:
		t = topic_find(q, item->topic);
		if (t && t->item == item)
			topic_make_dirty(q, t);
		break;
	case MQTT_DROP:
		q->stats.dropped_live++;
		break;
	}
	mqtt_item_unref(item);
}

void mqtt_queue_set_online(struct mqtt_queue *q, bool online)
{
	q->online = online;
	if (!online) {
		q->stats.dropped_live += q->drops.count;
		mqtt_list_clear(&q->drops);
	}
}

void mqtt_queue_renew(struct mqtt_queue *q, bool all)
{
	for (struct topic *t = q->first_made; t; t = t->next_made)
		if (all || t->item->rank == MQTT_RANK_AVAILABILITY)
			topic_make_dirty(q, t);
	q->newest_first = true;
}

void mqtt_queue_stats(const struct mqtt_queue *q, struct mqtt_queue_stats *ret)
{
	*ret = q->stats;
	ret->waiting = q->fresh.count + q->late.count + q->drops.count + q->dirty_count;
	ret->waiting_late = q->late.count;
}
