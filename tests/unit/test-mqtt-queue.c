/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "mqtt_queue.h"

#define S 1000000LL

static const struct mqtt_queue_limits standard = {
	.events = 100, .event_bytes = 1 << 20, .topics = 8, .drops = 4, .late_after_us = 60 * S
};

static struct mqtt_queue *fresh(const struct mqtt_queue_limits *limits)
{
	struct mqtt_queue *q;

	assert_int_equal(mqtt_queue_new(limits, &q), 0);
	mqtt_queue_set_online(q, true);
	return q;
}

static int put(struct mqtt_queue *q, enum mqtt_class cls, enum mqtt_rank rank, const char *topic, const char *payload,
	int64_t now_us)
{
	struct mqtt_message m = {
		.topic = topic,
		.late_topic = cls == MQTT_EVENT ? "late" : NULL,
		.payload = payload,
		.length = strlen(payload),
		.cls = cls,
		.rank = rank,
		.qos = cls == MQTT_DROP ? 0 : 1,
		.expiry_s = cls == MQTT_DROP ? 5 : 0,
	};

	return mqtt_queue_put(q, &m, now_us);
}

static int put_event(struct mqtt_queue *q, const char *payload, int64_t now_us)
{
	return put(q, MQTT_EVENT, MQTT_RANK_REST, "event", payload, now_us);
}

/* Takes all there is at now_us and writes "payload payload"; late ones in brackets. Each is done at once. */
static const char *drain(struct mqtt_queue *q, int64_t now_us)
{
	static char out[4096];
	struct mqtt_item *item;
	size_t length = 0;

	out[0] = '\0';
	while ((item = mqtt_queue_take(q, now_us, 10, 5))) {
		length += (size_t)snprintf(out + length, sizeof(out) - length, item->late ? "%s[%s]" : "%s%s",
			length > 0 ? " " : "", item->payload);
		mqtt_queue_done(q, item, MQTT_DELIVERED);
	}
	return out;
}

static struct mqtt_queue_stats stats_of(const struct mqtt_queue *q)
{
	struct mqtt_queue_stats stats;

	mqtt_queue_stats(q, &stats);
	return stats;
}

static void events_come_out_in_order(void **state)
{
	struct mqtt_queue *q = fresh(&standard);

	put_event(q, "1", 0);
	put_event(q, "2", 0);
	put_event(q, "3", 0);
	assert_string_equal(drain(q, 0), "1 2 3");
	assert_int_equal(stats_of(q).published, 3);
	assert_int_equal(stats_of(q).waiting, 0);
	mqtt_queue_free(q);
}

static void an_event_is_late_from_its_limit_on_and_fresh_just_before(void **state)
{
	struct mqtt_queue *q = fresh(&standard);

	put_event(q, "1", 1000);
	assert_string_equal(drain(q, 60 * S + 999), "1");
	put_event(q, "2", 1000);
	assert_string_equal(drain(q, 60 * S + 1000), "[2]");
	assert_int_equal(stats_of(q).late, 1);
	mqtt_queue_free(q);
}

static void late_events_keep_their_order_and_never_hold_up_fresh_ones(void **state)
{
	struct mqtt_queue *q = fresh(&standard);

	put_event(q, "1", 0);
	put_event(q, "2", 1 * S);
	put_event(q, "3", 70 * S);
	put_event(q, "4", 71 * S);
	assert_string_equal(drain(q, 100 * S), "3 4 [1] [2]");
	mqtt_queue_free(q);
}

static void an_event_decided_before_it_was_put_counts_from_its_decision(void **state)
{
	struct mqtt_queue *q = fresh(&standard);
	struct mqtt_message m = { .topic = "event",
		.late_topic = "late",
		.payload = "1",
		.length = 1,
		.cls = MQTT_EVENT,
		.qos = 1,
		.decided_us = 10 * S };

	mqtt_queue_put(q, &m, 100 * S);
	assert_string_equal(drain(q, 100 * S), "[1]");
	mqtt_queue_free(q);
}

static void an_event_without_late_topic_is_dropped_when_it_is_late(void **state)
{
	struct mqtt_queue *q = fresh(&standard);
	struct mqtt_message m = { .topic = "event", .payload = "1", .length = 1, .cls = MQTT_EVENT, .qos = 1 };

	mqtt_queue_put(q, &m, 0);
	assert_string_equal(drain(q, 60 * S), "");
	assert_int_equal(stats_of(q).dropped_event, 1);
	mqtt_queue_free(q);
}

static void the_oldest_event_gives_way_when_the_count_is_full(void **state)
{
	struct mqtt_queue_limits limits = standard;
	struct mqtt_queue *q;

	limits.events = 3;
	q = fresh(&limits);
	for (int i = 0; i < 5; i++)
		put_event(q, (const char *[]){ "1", "2", "3", "4", "5" }[i], 0);
	assert_int_equal(stats_of(q).dropped_event, 2);
	assert_string_equal(drain(q, 0), "3 4 5");
	mqtt_queue_free(q);
}

static void the_oldest_event_gives_way_when_the_bytes_are_full(void **state)
{
	struct mqtt_queue_limits limits = standard;
	static char large[1001];
	struct mqtt_queue *q;

	memset(large, 'x', 1000);
	limits.event_bytes = 4096;
	q = fresh(&limits);
	for (int i = 0; i < 50; i++)
		put_event(q, large, 0);
	assert_true(stats_of(q).waiting == 3);
	assert_int_equal(stats_of(q).dropped_event, 47);
	drain(q, 0);
	for (int i = 0; i < 3; i++) /* what was delivered has given its room back */
		put_event(q, large, 0);
	assert_int_equal(stats_of(q).dropped_event, 47);
	mqtt_queue_free(q);
}

static void an_event_larger_than_the_queue_is_refused(void **state)
{
	struct mqtt_queue_limits limits = standard;
	struct mqtt_queue *q;

	limits.event_bytes = 64;
	q = fresh(&limits);
	assert_int_equal(put_event(q, "1", 0), -ENOSPC);
	assert_int_equal(stats_of(q).dropped_event, 1);
	mqtt_queue_free(q);
}

static void what_was_not_acknowledged_comes_again_in_its_place(void **state)
{
	struct mqtt_queue *q = fresh(&standard);
	struct mqtt_item *first, *second;

	put_event(q, "1", 0);
	put_event(q, "2", 0);
	put_event(q, "3", 0);
	first = mqtt_queue_take(q, 0, 10, 5);
	second = mqtt_queue_take(q, 0, 9, 5);
	put_event(q, "4", 0);
	mqtt_queue_back(q, second);
	mqtt_queue_back(q, first);
	assert_string_equal(drain(q, 0), "1 2 3 4");
	mqtt_queue_free(q);
}

static void what_comes_back_too_late_goes_before_the_later_late_ones(void **state)
{
	struct mqtt_queue *q = fresh(&standard);
	struct mqtt_item *first;

	put_event(q, "1", 0);
	put_event(q, "2", 0);
	first = mqtt_queue_take(q, 0, 10, 5);
	assert_null(mqtt_queue_take(q, 60 * S, 10, 0)); /* 2 has become late */
	mqtt_queue_back(q, first);
	assert_string_equal(drain(q, 60 * S), "[1] [2]");
	mqtt_queue_free(q);
}

static void of_a_topic_only_the_newest_value_is_sent(void **state)
{
	struct mqtt_queue *q = fresh(&standard);

	put(q, MQTT_NEWEST, MQTT_RANK_REST, "a", "a1", 0);
	put(q, MQTT_NEWEST, MQTT_RANK_REST, "b", "b1", 0);
	put(q, MQTT_NEWEST, MQTT_RANK_REST, "a", "a2", 0);
	assert_string_equal(drain(q, 0), "a2 b1");
	assert_string_equal(drain(q, 0), "");
	mqtt_queue_free(q);
}

static void a_state_goes_before_its_online_whichever_was_put_first(void **state)
{
	struct mqtt_queue *q = fresh(&standard);

	put(q, MQTT_NEWEST, MQTT_RANK_REST, "hold", "hold", 0);
	put(q, MQTT_NEWEST, MQTT_RANK_AVAILABILITY, "availability", "online", 0);
	put(q, MQTT_NEWEST, MQTT_RANK_STATE, "state", "state", 0);
	put(q, MQTT_NEWEST, MQTT_RANK_BRIDGE, "info", "info", 0);
	assert_string_equal(drain(q, 0), "info state online hold");
	mqtt_queue_free(q);
}

static void a_newest_value_that_comes_back_gives_way_to_a_newer_one(void **state)
{
	struct mqtt_queue *q = fresh(&standard);
	struct mqtt_item *old;

	put(q, MQTT_NEWEST, MQTT_RANK_REST, "a", "a1", 0);
	old = mqtt_queue_take(q, 0, 10, 5);
	mqtt_queue_back(q, old);
	assert_string_equal(drain(q, 0), "a1");

	put(q, MQTT_NEWEST, MQTT_RANK_REST, "a", "a2", 0);
	old = mqtt_queue_take(q, 0, 10, 5);
	put(q, MQTT_NEWEST, MQTT_RANK_REST, "a", "a3", 0);
	assert_string_equal(old->payload, "a2"); /* still whole while it is being sent */
	mqtt_queue_back(q, old);
	assert_string_equal(drain(q, 0), "a3");
	mqtt_queue_free(q);
}

static void a_renewal_sends_availability_or_all_again_before_any_event(void **state)
{
	struct mqtt_queue *q = fresh(&standard);

	put(q, MQTT_NEWEST, MQTT_RANK_AVAILABILITY, "availability", "online", 0);
	put(q, MQTT_NEWEST, MQTT_RANK_STATE, "state", "state", 0);
	put(q, MQTT_NEWEST, MQTT_RANK_REST, "hold", "hold", 0);
	drain(q, 0);
	put_event(q, "1", 0);
	put_event(q, "2", 0);
	mqtt_queue_renew(q, false);
	assert_string_equal(drain(q, 0), "online 1 2");
	put_event(q, "3", 0);
	mqtt_queue_renew(q, true);
	assert_string_equal(drain(q, 0), "state online hold 3");
	mqtt_queue_free(q);
}

static void availability_does_not_overtake_the_events_put_before_it(void **state)
{
	struct mqtt_queue *q = fresh(&standard);

	(void)state;
	drain(q, 0);
	put_event(q, "e1", 0);
	put_event(q, "e2", 0);
	put(q, MQTT_NEWEST, MQTT_RANK_AVAILABILITY, "availability", "offline", 0);
	put_event(q, "e3", 0);
	assert_string_equal(drain(q, 0), "e1 e2 offline e3");
	mqtt_queue_free(q);
}

static void values_and_events_take_turns(void **state)
{
	struct mqtt_queue *q = fresh(&standard);

	for (const char *const *name = (const char *const[]){ "a", "b", "c", NULL }; *name; name++)
		put(q, MQTT_NEWEST, MQTT_RANK_REST, *name, *name, 0);
	put_event(q, "1", 0);
	put_event(q, "2", 0);
	assert_string_equal(drain(q, 0), "a 1 b 2 c");
	mqtt_queue_free(q);
}

static void more_topics_than_the_limit_are_refused_and_known_ones_go_on(void **state)
{
	struct mqtt_queue *q = fresh(&standard);
	char topic[16];

	for (int i = 0; i < 8; i++) {
		snprintf(topic, sizeof(topic), "t%d", i);
		assert_int_equal(put(q, MQTT_NEWEST, MQTT_RANK_REST, topic, "x", 0), 0);
	}
	assert_int_equal(put(q, MQTT_NEWEST, MQTT_RANK_REST, "t8", "x", 0), -ENOSPC);
	assert_int_equal(put(q, MQTT_NEWEST, MQTT_RANK_REST, "t3", "y", 0), 0);
	assert_int_equal(stats_of(q).waiting, 8);
	mqtt_queue_free(q);
}

static void live_values_are_dropped_offline_and_counted(void **state)
{
	struct mqtt_queue *q = fresh(&standard);

	put(q, MQTT_DROP, MQTT_RANK_REST, "live", "1", 0);
	mqtt_queue_set_online(q, false);
	put(q, MQTT_DROP, MQTT_RANK_REST, "live", "2", 0);
	mqtt_queue_set_online(q, true);
	put(q, MQTT_DROP, MQTT_RANK_REST, "live", "3", 0);
	assert_string_equal(drain(q, 0), "3");
	assert_int_equal(stats_of(q).dropped_live, 2);
	mqtt_queue_free(q);
}

static void live_values_do_not_pile_up_behind_a_slow_broker(void **state)
{
	struct mqtt_queue *q = fresh(&standard);

	for (int i = 0; i < 6; i++)
		put(q, MQTT_DROP, MQTT_RANK_REST, "live", (const char *[]){ "1", "2", "3", "4", "5", "6" }[i], i * S);
	assert_string_equal(
		drain(q, 9 * S), "5 6"); /* the limit is four, and what waits longer than its expiry is stale */
	assert_int_equal(stats_of(q).dropped_live, 4);
	mqtt_queue_free(q);
}

static void without_room_only_a_message_without_acknowledgement_goes(void **state)
{
	struct mqtt_queue *q = fresh(&standard);
	struct mqtt_item *item;

	put_event(q, "1", 0);
	put(q, MQTT_NEWEST, MQTT_RANK_REST, "a", "a", 0);
	put(q, MQTT_DROP, MQTT_RANK_REST, "live", "live", 0);
	item = mqtt_queue_take(q, 0, 0, 0);
	assert_string_equal(item->payload, "live");
	mqtt_queue_done(q, item, MQTT_DELIVERED);
	assert_null(mqtt_queue_take(q, 0, 0, 0));
	mqtt_queue_free(q);
}

static void what_the_broker_refuses_is_counted_and_gone(void **state)
{
	struct mqtt_queue *q = fresh(&standard);

	put_event(q, "1", 0);
	mqtt_queue_done(q, mqtt_queue_take(q, 0, 10, 5), MQTT_REFUSED);
	assert_int_equal(stats_of(q).dropped_event, 1);
	assert_int_equal(stats_of(q).published, 0);
	assert_string_equal(drain(q, 0), "");
	mqtt_queue_free(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_come_out_in_order),
		cmocka_unit_test(an_event_is_late_from_its_limit_on_and_fresh_just_before),
		cmocka_unit_test(late_events_keep_their_order_and_never_hold_up_fresh_ones),
		cmocka_unit_test(an_event_decided_before_it_was_put_counts_from_its_decision),
		cmocka_unit_test(an_event_without_late_topic_is_dropped_when_it_is_late),
		cmocka_unit_test(the_oldest_event_gives_way_when_the_count_is_full),
		cmocka_unit_test(the_oldest_event_gives_way_when_the_bytes_are_full),
		cmocka_unit_test(an_event_larger_than_the_queue_is_refused),
		cmocka_unit_test(what_was_not_acknowledged_comes_again_in_its_place),
		cmocka_unit_test(what_comes_back_too_late_goes_before_the_later_late_ones),
		cmocka_unit_test(of_a_topic_only_the_newest_value_is_sent),
		cmocka_unit_test(a_state_goes_before_its_online_whichever_was_put_first),
		cmocka_unit_test(a_newest_value_that_comes_back_gives_way_to_a_newer_one),
		cmocka_unit_test(a_renewal_sends_availability_or_all_again_before_any_event),
		cmocka_unit_test(availability_does_not_overtake_the_events_put_before_it),
		cmocka_unit_test(values_and_events_take_turns),
		cmocka_unit_test(more_topics_than_the_limit_are_refused_and_known_ones_go_on),
		cmocka_unit_test(live_values_are_dropped_offline_and_counted),
		cmocka_unit_test(live_values_do_not_pile_up_behind_a_slow_broker),
		cmocka_unit_test(without_room_only_a_message_without_acknowledgement_goes),
		cmocka_unit_test(what_the_broker_refuses_is_counted_and_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
