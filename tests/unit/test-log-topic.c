/* SPDX-License-Identifier: MIT */
/* The log on its topic: how often, what is folded, and what it looks like. Time is fed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "log.h"
#include "log_topic.h"

#define S 1000000LL
#define SENT_MAX 200

static struct {
	char topic[64], payload[2048];
	struct mqtt_message m;
} sent[SENT_MAX];
static size_t sent_count;

void sink_mqtt_send(struct sink_mqtt *s, const struct mqtt_message *m)
{
	assert_true(sent_count < SENT_MAX);
	sent[sent_count].m = *m;
	snprintf(sent[sent_count].topic, sizeof(sent[0].topic), "%s", m->topic);
	snprintf(sent[sent_count].payload, sizeof(sent[0].payload), "%.*s", (int)m->length, m->payload);
	sent_count++;
}

static int setup(void **state)
{
	sent_count = 0;
	return log_topic_new(NULL, "knead", (struct log_topic **)state);
}

static int teardown(void **state)
{
	log_set_listener(-1, NULL, NULL);
	log_topic_free(*state);
	return 0;
}

static void a_line_is_one_message_that_is_not_kept(void **state)
{
	log_topic_line(*state, LOG_WARNING, "ball-1: it \"hums\"", 0, 1000);
	assert_int_equal(sent_count, 1);
	assert_string_equal(sent[0].topic, "knead/bridge/log");
	assert_string_equal(sent[0].payload,
		"{\"v\":1,\"ts\":\"1970-01-01T00:00:00.001Z\",\"level\":\"warning\",\"message\":\"ball-1: it \\\"hums\\\"\",\"count\":1}");
	assert_false(sent[0].m.retain);
	assert_int_equal(sent[0].m.qos, 0);
	assert_int_equal(sent[0].m.expiry_s, 300);
	assert_int_equal(sent[0].m.cls, MQTT_DROP);
}

static void what_comes_again_is_counted_and_told_when_its_time_is_over(void **state)
{
	for (int i = 0; i < 100; i++)
		log_topic_line(*state, LOG_ERR, "again", i * 50000, 0);
	assert_int_equal(sent_count, 1);
	log_topic_tick(*state, LOG_TOPIC_FOLD_US - 1, 0);
	assert_int_equal(sent_count, 1);
	log_topic_tick(*state, LOG_TOPIC_FOLD_US, 0);
	assert_int_equal(sent_count, 2);
	assert_non_null(strstr(sent[1].payload, "\"level\":\"error\",\"message\":\"again\",\"count\":99}"));
	log_topic_tick(*state, 2 * LOG_TOPIC_FOLD_US, 0); /* nothing came since */
	assert_int_equal(sent_count, 2);
}

static void the_tick_asks_to_be_called_when_a_count_is_due(void **state)
{
	log_topic_line(*state, LOG_ERR, "again", 3 * S, 0);
	log_topic_line(*state, LOG_ERR, "again", 4 * S, 0);
	assert_int_equal(log_topic_tick(*state, 12 * S, 0), 3 * S + LOG_TOPIC_FOLD_US);
	assert_true(log_topic_tick(*state, 5 * S, 0) < 8 * S); /* another thread may bring more by then */
}

static void no_second_has_more_than_five_and_what_was_left_out_is_counted(void **state)
{
	char text[32];

	for (int i = 0; i < 60; i++) {
		snprintf(text, sizeof(text), "line %d", i);
		log_topic_line(*state, LOG_WARNING, text, i * 10000, 0);
	}
	assert_int_equal(sent_count, LOG_TOPIC_PER_S);
	log_topic_tick(*state, S - 1, 0);
	assert_int_equal(sent_count, LOG_TOPIC_PER_S);
	log_topic_tick(*state, S, 0);
	assert_int_equal(sent_count, LOG_TOPIC_PER_S + 1);
	assert_non_null(strstr(sent[LOG_TOPIC_PER_S].payload, "left out"));
	assert_non_null(strstr(sent[LOG_TOPIC_PER_S].payload, "\"count\":55}"));
}

static void every_line_is_told_or_counted(void **state)
{
	unsigned seed = 4711;
	char text[32];
	double counted = 0;

	for (int i = 0; i < 5000; i++) {
		seed = seed * 1664525u + 1013904223u;
		snprintf(text, sizeof(text), "line %u", (seed >> 16) % 12);
		log_topic_line(*state, LOG_WARNING, text, i * 5000LL, 0);
		if (i % 100 == 0)
			log_topic_tick(*state, i * 5000LL, 0);
	}
	for (int64_t now_us = 25 * S; now_us < 60 * S; now_us += S / 10)
		log_topic_tick(*state, now_us, 0);
	for (size_t i = 0; i < sent_count; i++) {
		cJSON *json = cJSON_Parse(sent[i].payload);

		counted += cJSON_GetNumberValue(cJSON_GetObjectItem(json, "count"));
		cJSON_Delete(json);
	}
	assert_int_equal((int)counted, 5000);
	assert_true(sent_count <= 5 * 26);
}

static void bytes_that_are_no_text_are_made_some(void **state)
{
	char text[600];

	log_topic_line(*state, LOG_WARNING, "a\xff\x80z", 0, 0);
	assert_non_null(strstr(sent[0].payload, "\"a??z\""));
	memset(text, '"', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_topic_line(*state, LOG_WARNING, text, 0, 0);
	assert_int_equal(sent_count, 2);
}

static void on_line(void *user, int level, const char *text)
{
	log_topic_line(user, level, text, 0, 0);
}

static void only_what_is_urgent_enough_comes_and_never_what_the_connection_says(void **state)
{
	log_set_level(LOG_ERR);
	log_set_listener(LOG_WARNING, on_line, *state);
	log_line(LOG_NOTICE, "a notice");
	log_local(LOG_ERR, "mqtt: refused");
	assert_int_equal(sent_count, 0);
	log_line(LOG_WARNING, "a warning"); /* the level of the log itself is another matter */
	assert_int_equal(sent_count, 1);
	log_set_listener(LOG_ERR, on_line, *state);
	log_line(LOG_WARNING, "another warning");
	assert_int_equal(sent_count, 1);
	log_set_listener(2, NULL, NULL);
	log_line(LOG_ERR, "an error");
	assert_int_equal(sent_count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_is_one_message_that_is_not_kept),
		TEST(what_comes_again_is_counted_and_told_when_its_time_is_over),
		TEST(the_tick_asks_to_be_called_when_a_count_is_due),
		TEST(no_second_has_more_than_five_and_what_was_left_out_is_counted),
		TEST(every_line_is_told_or_counted),
		TEST(bytes_that_are_no_text_are_made_some),
		TEST(only_what_is_urgent_enough_comes_and_never_what_the_connection_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
