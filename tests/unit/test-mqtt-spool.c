/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "mqtt_spool.h"

#define S 1000000LL
#define DISK_MAX 4096

/* A journal in memory: what was written, in order, and what became of it. */
struct disk {
	int64_t keys[DISK_MAX], decided_us[DISK_MAX];
	enum journal_fate fates[DISK_MAX];
	size_t count;
};

struct house {
	struct mqtt_queue *q;
	struct mqtt_spool s;
	struct mqtt_spool_batch batch;
	struct disk disk;
	uint64_t n;
};

static int make(void **state)
{
	static const struct mqtt_queue_limits limits = {
		.events = MQTT_SPOOL_EVENTS, .event_bytes = 4 << 20, .topics = 8, .drops = 4, .late_after_us = 60 * S
	};
	static struct house h;

	h = (struct house){ 0 };
	assert_int_equal(mqtt_queue_new(&limits, &h.q), 0);
	mqtt_queue_set_online(h.q, true);
	mqtt_spool_init(&h.s, true);
	*state = &h;
	return 0;
}

static int unmake(void **state)
{
	struct house *h = *state;

	mqtt_spool_deinit(&h->s);
	mqtt_queue_free(h->q);
	return 0;
}

/* An event is decided. */
static void decide(struct house *h, int64_t now_us)
{
	char payload[24];
	struct mqtt_message m = {
		.topic = "event", .late_topic = "late", .payload = payload, .cls = MQTT_EVENT, .qos = 1
	};
	struct mqtt_item *item;

	m.length = (size_t)snprintf(payload, sizeof(payload), "%llu", (unsigned long long)++h->n);
	item = mqtt_item_new(&m, now_us);
	item->key = journal_key(JOURNAL_RUN_NOW, h->n);
	mqtt_spool_put(&h->s, h->q, item, now_us);
	h->s.backlog |= mqtt_queue_left(h->q);
}

static void decide_many(struct house *h, unsigned count, int64_t now_us)
{
	while (count-- > 0)
		decide(h, now_us);
}

static void disk_add(struct disk *d, int64_t key, int64_t decided_us, enum journal_fate fate)
{
	assert_true(d->count < DISK_MAX);
	d->keys[d->count] = key;
	d->decided_us[d->count] = decided_us;
	d->fates[d->count++] = fate;
}

static void commit(struct house *h, int64_t now_us)
{
	mqtt_spool_take(&h->s, &h->batch, 0);
	for (size_t i = 0; i < h->batch.count; i++)
		disk_add(&h->disk, h->batch.items[i]->key, h->batch.items[i]->since_us, h->batch.fates[i]);
	for (size_t i = 0; i < h->batch.marks_count; i++)
		for (size_t k = 0; k < h->disk.count; k++)
			if (h->disk.keys[k] == h->batch.marks[i].key)
				h->disk.fates[k] = h->batch.marks[i].fate;
	mqtt_spool_written(&h->s, h->q, &h->batch, now_us);
}

static void refuse(struct house *h, int64_t now_us)
{
	mqtt_spool_take(&h->s, &h->batch, 0);
	mqtt_spool_failed(&h->s, h->q, &h->batch, now_us);
}

static struct mqtt_item *from_disk(const struct disk *d, size_t i)
{
	char payload[24];
	struct journal_record record = {
		.key = d->keys[i], .device = "d", .group = "g", .payload = payload, .decided_us = d->decided_us[i]
	};

	record.length = (size_t)snprintf(payload, sizeof(payload), "%lld", (long long)(d->keys[i] & 0xffffff));
	return mqtt_item_from_journal(&record, "base", 60);
}

static void read_fresh(struct house *h, int64_t now_us)
{
	size_t room = mqtt_spool_fresh_room(h->q);
	bool end = true;

	for (size_t i = 0; i < h->disk.count; i++) {
		bool late = now_us - h->disk.decided_us[i] >= 60 * S;

		if (h->disk.fates[i] != JOURNAL_WAITS || h->disk.keys[i] <= h->s.fresh_key)
			continue;
		end = room > 0;
		if (!end)
			break;
		room -= !late;
		mqtt_spool_add_fresh(&h->s, h->q, from_disk(&h->disk, i), late);
	}
	if (end)
		mqtt_spool_end_fresh(&h->s, h->q);
}

static void read_late(struct house *h, int64_t now_us)
{
	size_t room = mqtt_spool_late_room(h->q);

	for (size_t i = 0; i < h->disk.count; i++) {
		if (h->disk.fates[i] != JOURNAL_WAITS || h->disk.keys[i] <= h->s.late_key)
			continue;
		if (now_us - h->disk.decided_us[i] < 60 * S)
			break;
		if (room-- == 0)
			return;
		mqtt_spool_add_late(&h->s, h->q, from_disk(&h->disk, i));
	}
	mqtt_spool_end_late(&h->s);
}

/* The journal's thread has nothing left to do. */
static void settle(struct house *h, int64_t now_us)
{
	commit(h, now_us);
	if (mqtt_spool_wants_fresh(&h->s, h->q))
		read_fresh(h, now_us);
	if (mqtt_spool_wants_late(&h->s, h->q))
		read_late(h, now_us);
}

/* Opens the journal as it is. */
static void open_disk(struct house *h, int64_t now_us)
{
	mqtt_spool_opened(&h->s, h->q);
	settle(h, now_us);
}

struct taken {
	uint64_t first, last, count; /* of the numbers, which must go up by one, or by gap */
	bool in_order;
};

static struct mqtt_item *take(struct house *h, int64_t now_us)
{
	struct mqtt_item *item = mqtt_queue_take(h->q, now_us, 10, 10);

	h->s.backlog |= mqtt_queue_left(h->q);
	return item;
}

static void acknowledge(struct house *h, struct mqtt_item *item, int64_t now_us)
{
	mqtt_spool_done(&h->s, item, JOURNAL_DELIVERED, now_us);
	mqtt_queue_done(h->q, item, MQTT_DELIVERED);
}

/* The broker takes all there is on either topic; the journal's thread runs after each. */
static void deliver(struct house *h, int64_t now_us, struct taken *event, struct taken *late)
{
	struct mqtt_item *item;

	*event = *late = (struct taken){ .in_order = true };
	settle(h, now_us);
	while ((item = take(h, now_us)) || h->s.tail || h->s.backlog) {
		if (item) {
			struct taken *t = item->late ? late : event;
			uint64_t n = (uint64_t)item->key & 0xffffff;

			t->in_order = t->in_order && (t->count == 0 || n > t->last);
			t->first = t->count == 0 ? n : t->first;
			t->last = n;
			t->count++;
			acknowledge(h, item, now_us);
		}
		settle(h, now_us);
	}
}

/* ---- to the journal ---- */

static void what_the_broker_has_taken_by_then_is_written_once_as_delivered(void **state)
{
	struct house *h = *state;

	open_disk(h, 0);
	decide(h, 0);
	acknowledge(h, take(h, 0), 0);
	commit(h, 0);
	assert_int_equal(h->disk.fates[0], JOURNAL_DELIVERED);
	assert_int_equal(h->s.marks_count, 0);
}

static void what_is_taken_later_is_marked_later(void **state)
{
	struct house *h = *state;
	struct mqtt_item *item;

	open_disk(h, 0);
	decide(h, 0);
	item = take(h, 0);
	commit(h, 0);
	assert_int_equal(h->disk.fates[0], JOURNAL_WAITS);
	acknowledge(h, item, 5 * S);
	assert_int_equal(h->s.marks_count, 1);
	assert_int_equal(h->s.marks_us, 5 * S);
	commit(h, 5 * S);
	assert_int_equal(h->disk.fates[0], JOURNAL_DELIVERED);
}

static void what_is_taken_while_it_is_being_written_is_marked_afterwards(void **state)
{
	struct house *h = *state;
	struct mqtt_item *item;

	open_disk(h, 0);
	decide(h, 0);
	item = take(h, 0);
	mqtt_spool_take(&h->s, &h->batch, 0); /* the disk is at work */
	acknowledge(h, item, 1 * S);
	decide(h, 1 * S);
	mqtt_spool_written(&h->s, h->q, &h->batch, 2 * S);
	assert_int_equal(h->s.marks_count, 1);
	assert_int_equal(h->s.count, 1);
}

static void events_wait_for_the_journal_to_be_read_before_they_are_sent(void **state)
{
	struct house *h = *state;
	struct taken event, late;

	disk_add(&h->disk, journal_key(3, 7), 0, JOURNAL_WAITS); /* of an earlier run */
	decide(h, 1 * S);
	assert_null(take(h, 1 * S));
	open_disk(h, 1 * S);
	deliver(h, 1 * S, &event, &late);
	assert_int_equal(event.first, 7);
	assert_int_equal(event.last, 1);
	assert_int_equal(late.count, 0);
}

/* ---- the window ---- */

static void memory_holds_a_window_and_the_rest_comes_back_in_order(void **state)
{
	struct house *h = *state;
	struct taken event, late;

	open_disk(h, 0);
	for (int i = 0; i < 10; i++) {
		decide_many(h, 100, 1 * S);
		commit(h, 1 * S);
	}
	assert_int_equal(mqtt_queue_fresh(h->q), MQTT_SPOOL_EVENTS);
	assert_int_equal(h->s.count, 0);
	deliver(h, 2 * S, &event, &late);
	assert_int_equal(event.count, 1000);
	assert_true(event.in_order);
	decide(h, 2 * S); /* and then straight on */
	assert_int_equal(mqtt_queue_fresh(h->q), 1);
	acknowledge(h, take(h, 2 * S), 2 * S);
}

static void of_a_long_outage_the_old_ones_come_late_and_the_young_ones_first(void **state)
{
	struct house *h = *state;
	struct taken event, late;

	open_disk(h, 0);
	for (int second = 0; second < 600; second++) {
		decide_many(h, 2, second * S);
		commit(h, second * S);
	}
	deliver(h, 600 * S, &event, &late);
	assert_int_equal(late.first, 1);
	assert_int_equal(late.count + event.count, 1200);
	assert_int_equal(event.first, late.last + 1);
	assert_int_equal(event.count, 2 * 59); /* of the seconds 541 to 599 */
	assert_true(late.in_order && event.in_order);
}

static void what_was_in_the_air_when_it_aged_is_sent_once_more_and_not_twice(void **state)
{
	struct house *h = *state;
	struct taken event, late;
	struct mqtt_item *item;

	open_disk(h, 0);
	decide_many(h, 3, 0);
	item = take(h, 0);
	commit(h, 0);
	assert_null(take(h, 61 * S)); /* the other two are left to the journal */
	settle(h, 61 * S);
	assert_int_equal(mqtt_queue_late(h->q), 2);
	mqtt_queue_back(h->q, item); /* the link broke */
	deliver(h, 61 * S, &event, &late);
	assert_int_equal(late.count, 3);
	assert_true(late.in_order);
	assert_int_equal(event.count, 0);
}

static void the_late_ones_of_all_runs_come_before_those_of_this_one(void **state)
{
	struct house *h = *state;
	struct mqtt_item *item;
	uint64_t seen[4];

	disk_add(&h->disk, journal_key(1, 5), 0, JOURNAL_WAITS);
	disk_add(&h->disk, journal_key(1, 6), 0, JOURNAL_DELIVERED);
	disk_add(&h->disk, journal_key(2, 4), 1 * S, JOURNAL_WAITS);
	open_disk(h, 100 * S);
	decide(h, 100 * S);
	commit(h, 100 * S);
	for (size_t i = 0; i < 2; i++) {
		item = take(h, 170 * S);
		assert_true(item->late);
		seen[i] = (uint64_t)item->key >> JOURNAL_N_BITS;
		acknowledge(h, item, 170 * S);
	}
	settle(h, 170 * S);
	item = take(h, 170 * S);
	assert_int_equal(seen[0], 1);
	assert_int_equal(seen[1], 2);
	assert_int_equal(item->key >> JOURNAL_N_BITS, JOURNAL_RUN_NOW);
	acknowledge(h, item, 170 * S);
}

/* ---- when the disk fails ---- */

static void without_a_disk_the_newest_are_kept_in_memory_and_delivered(void **state)
{
	struct house *h = *state;
	struct mqtt_queue_stats stats;
	struct taken event, late;

	refuse(h, 0);
	mqtt_spool_end_fresh(&h->s, h->q); /* nothing can be read */
	decide_many(h, 1000, 1 * S);
	assert_int_equal(h->s.count, MQTT_SPOOL_EVENTS);
	assert_int_equal(mqtt_queue_fresh(h->q), MQTT_SPOOL_EVENTS);
	mqtt_queue_stats(h->q, &stats);
	assert_int_equal(stats.dropped_event, 1000 - MQTT_SPOOL_EVENTS);
	deliver(h, 2 * S, &event, &late);
	assert_int_equal(event.first, 1001 - MQTT_SPOOL_EVENTS);
	assert_int_equal(event.last, 1000);
	assert_true(event.in_order);
}

static void what_waited_for_the_disk_is_written_when_it_is_back(void **state)
{
	struct house *h = *state;

	open_disk(h, 0);
	decide_many(h, 3, 0);
	acknowledge(h, take(h, 0), 0);
	refuse(h, 0);
	assert_false(h->s.ok);
	decide(h, 1 * S);
	commit(h, 1 * S);
	assert_true(h->s.ok);
	assert_int_equal(h->disk.count, 4);
	assert_int_equal(h->disk.fates[0], JOURNAL_DELIVERED);
	assert_int_equal(h->disk.fates[3], JOURNAL_WAITS);
	for (size_t i = 1; i < 4; i++)
		assert_true(h->disk.keys[i] > h->disk.keys[i - 1]);
}

static void a_disk_that_hangs_holds_a_bounded_number_and_loses_the_oldest_of_the_rest(void **state)
{
	struct house *h = *state;
	struct mqtt_queue_stats stats;

	open_disk(h, 0);
	decide(h, 0);
	assert_int_equal(mqtt_spool_waits_since(&h->s), 0);
	mqtt_spool_take(&h->s, &h->batch, 0); /* and this commit never ends */
	assert_int_equal(mqtt_spool_waits_since(&h->s), 0);
	decide_many(h, 10000, 1 * S);
	assert_int_equal(h->s.count, MQTT_SPOOL_UNWRITTEN);
	assert_int_equal(mqtt_queue_fresh(h->q), MQTT_SPOOL_EVENTS);
	mqtt_queue_stats(h->q, &stats);
	/* The first wait in the queue, the last for the disk. */
	assert_int_equal(stats.dropped_event, 10001 - MQTT_SPOOL_EVENTS - MQTT_SPOOL_UNWRITTEN);
	mqtt_spool_written(&h->s, h->q, &h->batch, 2 * S);
	assert_int_equal(mqtt_spool_waits_since(&h->s), 1 * S);
}

static void a_file_that_is_opened_again_sends_nothing_twice(void **state)
{
	struct house *h = *state;
	struct taken event, late;

	open_disk(h, 0);
	decide_many(h, 10, 0);
	commit(h, 0);
	acknowledge(h, take(h, 0), 0);
	refuse(h, 1 * S);
	mqtt_spool_opened(&h->s, h->q);
	deliver(h, 1 * S, &event, &late);
	assert_int_equal(event.count, 9);
	assert_int_equal(event.first, 2);
	assert_true(event.in_order);
	assert_int_equal(late.count, 0);
}

#define test(f) cmocka_unit_test_setup_teardown(f, make, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(what_the_broker_has_taken_by_then_is_written_once_as_delivered),
		test(what_is_taken_later_is_marked_later),
		test(what_is_taken_while_it_is_being_written_is_marked_afterwards),
		test(events_wait_for_the_journal_to_be_read_before_they_are_sent),
		test(memory_holds_a_window_and_the_rest_comes_back_in_order),
		test(of_a_long_outage_the_old_ones_come_late_and_the_young_ones_first),
		test(what_was_in_the_air_when_it_aged_is_sent_once_more_and_not_twice),
		test(the_late_ones_of_all_runs_come_before_those_of_this_one),
		test(without_a_disk_the_newest_are_kept_in_memory_and_delivered),
		test(what_waited_for_the_disk_is_written_when_it_is_back),
		test(a_disk_that_hangs_holds_a_bounded_number_and_loses_the_oldest_of_the_rest),
		test(a_file_that_is_opened_again_sends_nothing_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
