/* SPDX-License-Identifier: MIT */
/*
 * What is taken back, against a broker that is a list of what it keeps. A start of the program is a publisher with what the one
 * before has kept; it may end at any moment. Time is fed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "publish.h"

#define S 1000000LL

/* ---- the broker ---- */

#define KEPT_MAX 1000
#define SAID_MAX 6000

static struct kept {
	char topic[128];
	char *payload;
} kept[KEPT_MAX];
static size_t kept_count;
static struct {
	char topic[128], payload[64];
} said[SAID_MAX];
static size_t said_count;
static bool away; /* what is sent is lost, and never arrives */

static struct kept *find_kept(const char *topic)
{
	for (size_t i = 0; i < kept_count; i++)
		if (strcmp(kept[i].topic, topic) == 0)
			return &kept[i];
	return NULL;
}

void sink_mqtt_send(struct sink_mqtt *s, const struct mqtt_message *m)
{
	struct kept *k = find_kept(m->topic);

	if (away)
		return;
	assert_true(said_count < SAID_MAX);
	snprintf(said[said_count].topic, sizeof(said[0].topic), "%s", m->topic);
	snprintf(said[said_count++].payload, sizeof(said[0].payload), "%.*s", (int)m->length, m->payload);
	if (!m->retain)
		return;
	if (!k) {
		assert_true(kept_count < KEPT_MAX);
		k = &kept[kept_count++];
		snprintf(k->topic, sizeof(k->topic), "%s", m->topic);
	}
	free(k->payload);
	k->payload = strndup(m->payload, m->length);
}

void sink_mqtt_renew(struct sink_mqtt *s)
{
}

void sink_mqtt_stats(struct sink_mqtt *s, struct sink_mqtt_stats *ret)
{
	*ret = (struct sink_mqtt_stats){ .protocol = 5, .connected = !away };
}

/* How many topics (a glob) the broker keeps. */
static size_t count(const char *topic)
{
	size_t n = 0;

	for (size_t i = 0; i < kept_count; i++)
		n += kept[i].payload[0] != '\0' && fnmatch(topic, kept[i].topic, 0) == 0;
	return n;
}

static const char *payload_of(const char *topic)
{
	struct kept *k = find_kept(topic);

	return k ? k->payload : "";
}

/* Where among all that was said the n-th message on a topic stands that begins with a text. */
static size_t place_of(const char *topic, const char *payload)
{
	for (size_t i = 0; i < said_count; i++)
		if (strcmp(said[i].topic, topic) == 0 && strncmp(said[i].payload, payload, strlen(payload)) == 0 &&
			(payload[0] != '\0' || said[i].payload[0] == '\0'))
			return i;
	fail_msg("%s was never on %s", payload, topic);
	return 0;
}

/* ---- starts of the program ---- */

static char *memory; /* what the last start has kept, NULL = nothing */
static struct announced *announced;
static struct publish *running;
static int64_t now_us;

static void keep(void *user, const char *text)
{
	free(memory);
	memory = strdup(text);
}

struct start {
	const char *style, *base, *prefix;
	const char *devices[4];
	bool scalars, no_pressure;
};

static void add_device(const struct start *s, const char *id)
{
	struct conf_device conf = { .name = (char *)"", .kind = (char *)"ball" };
	struct knead_view view = { .has_samples = true, .online = true, .session.known = true };
	struct knead_event e = { .type = KNEAD_EVENT_HOLD_END, .confidence = 1 };
	struct publish_device *d;

	snprintf(conf.id, sizeof(conf.id), "%s", id);
	conf.settings.contact_cm2 = s->no_pressure ? 0 : 10;
	assert_int_equal(publish_device_add(running, &conf, NULL, &d), 0);
	publish_view(running, d, &view, 0, now_us, 0);
	publish_event(running, d, &e, 1, 0);
}

static void connect_publisher(const struct start *s)
{
	struct conf conf = {
		.mqtt.base = (char *)(s->base ? s->base : "knead"),
		.mqtt.scalars = s->scalars,
		.mqtt.commands = true,
		.discovery = (char *)s->style,
		.discovery_prefix = (char *)(s->prefix ? s->prefix : "homeassistant"),
		.late_after_s = 60,
	};
	struct publish_options options = { .announced = announced, .conf = &conf, .boot = "5f3a91c2" };

	assert_int_equal(publish_new(&options, &running), 0);
	for (size_t i = 0; s->devices[i]; i++)
		add_device(s, s->devices[i]);
}

static void end(void)
{
	publish_free(running);
	announced_free(announced);
	running = NULL;
	announced = NULL;
}

static void run(unsigned seconds)
{
	for (unsigned i = 0; i <= seconds; i++, now_us += S)
		publish_tick(running, now_us, 0);
}

/* Starts as s says, after whatever was before, and runs for some seconds. */
static void start(const struct start *s, unsigned seconds)
{
	end();
	assert_int_equal(announced_new(memory, keep, NULL, &announced), 0);
	connect_publisher(s);
	run(seconds);
}

static int setup(void **state)
{
	kept_count = said_count = 0;
	away = false;
	now_us = 0;
	return 0;
}

static int teardown(void **state)
{
	end();
	for (size_t i = 0; i < kept_count; i++)
		free(kept[i].payload);
	memset(kept, 0, sizeof(kept));
	free(memory);
	memory = NULL;
	return 0;
}

static const struct start one = { .style = "device", .devices = { "ball-1" } };
static const struct start two = { .style = "device", .devices = { "ball-1", "ball-12" }, .scalars = true };
static const struct start none = { .style = "device" };
static const struct start components = { .style = "components", .devices = { "ball-1" } };
static const struct start off = { .style = "off", .devices = { "ball-1" } };

#define DEVICE_TOPIC "homeassistant/device/knead_ball-1/config"
#define FORCE_TOPIC "homeassistant/sensor/knead_ball-1/force/config"

/* ---- devices that are gone ---- */

static void a_device_taken_out_while_the_program_was_down_leaves_nothing(void **state)
{
	start(&two, 5);
	assert_true(count("knead/ball-12/value/*") > 30);
	start(&one, 10);
	assert_int_equal(count("*ball-12*"), 0);
	assert_int_equal(count(DEVICE_TOPIC), 1);
	assert_int_equal(count("knead/ball-1/state"), 1);
	assert_null(strstr(memory, "ball-12"));
	said_count = 0;
	start(&one, 10);
	for (size_t i = 0; i < said_count; i++)
		assert_null(strstr(said[i].topic, "ball-12"));
}

static void it_leaves_nothing_in_the_style_of_components_either(void **state)
{
	static const struct start before = { .style = "components", .devices = { "ball-1", "ball-12" } };

	start(&before, 5);
	assert_true(count("homeassistant/*/knead_ball-12/*/config") > 40);
	start(&components, 10);
	assert_int_equal(count("*ball-12*"), 0);
	assert_true(count("homeassistant/*/knead_ball-1/*/config") > 40);
}

static void it_is_offline_before_it_is_gone(void **state)
{
	start(&two, 5);
	publish_free(running);
	said_count = 0;
	connect_publisher(&two);
	run(0);
	publish_free(running);
	connect_publisher(&one); /* read again: the program goes on */
	run(10);
	assert_int_equal(count("*ball-12*"), 0);
	place_of("knead/ball-12/availability", "");
}

static void nothing_is_forgotten_that_the_broker_has_not_heard(void **state)
{
	start(&two, 5);
	away = true;
	start(&one, 600);
	assert_non_null(strstr(memory, "ball-12"));
	away = false;
	start(&one, 10);
	assert_int_equal(count("*ball-12*"), 0);
	assert_null(strstr(memory, "ball-12"));
}

static void one_that_comes_back_in_the_middle_is_whole(void **state)
{
	for (unsigned seconds = 0; seconds < 8; seconds++) {
		start(&two, 5);
		start(&one, seconds);
		start(&two, 20);
		assert_int_equal(count("homeassistant/device/knead_ball-12/config"), 1);
		assert_int_equal(count("knead/ball-12/config"), 1);
		assert_int_equal(count("knead/ball-12/availability"), 1);
	}
}

static void a_reload_takes_nothing_back_of_what_stays(void **state)
{
	start(&one, 5);
	said_count = 0;
	for (int i = 0; i < 3; i++) {
		publish_free(running);
		connect_publisher(&one);
		run(15);
	}
	for (size_t i = 0; i < said_count; i++)
		assert_true(said[i].payload[0] != '\0');
	assert_int_equal(count(DEVICE_TOPIC), 1);
}

static void the_same_announcement_is_not_repeated_within_seconds(void **state)
{
	unsigned told = 0;

	start(&one, 1);
	said_count = 0;
	publish_free(running);
	connect_publisher(&one);
	run(3);
	for (size_t i = 0; i < said_count; i++)
		told += strcmp(said[i].topic, DEVICE_TOPIC) == 0;
	assert_int_equal(told, 0);
	run(15);
	place_of(DEVICE_TOPIC, "{");
}

/* ---- places ---- */

static void another_style_is_migrated_to_and_back(void **state)
{
	start(&one, 5);
	said_count = 0;
	start(&components, 20);
	assert_true(place_of(DEVICE_TOPIC, "{\"migrate_discovery\":true}") < place_of(FORCE_TOPIC, "{\"platform\""));
	assert_true(place_of(FORCE_TOPIC, "{\"platform\"") < place_of(DEVICE_TOPIC, ""));
	assert_int_equal(count("homeassistant/device/*"), 0);
	assert_true(count("homeassistant/*/knead_bridge/*/config") > 3);
	said_count = 0;
	start(&one, 20);
	assert_true(place_of(FORCE_TOPIC, "{\"migrate_discovery\":true}") < place_of(DEVICE_TOPIC, "{\"device\""));
	assert_true(place_of(DEVICE_TOPIC, "{\"device\"") < place_of(FORCE_TOPIC, ""));
	assert_int_equal(count("homeassistant/*"), 2);
	assert_int_equal(count("homeassistant/device/*"), 2);
	assert_int_equal(count("knead/ball-1/state"), 1);
}

static void off_takes_back_what_was_announced_and_nothing_else(void **state)
{
	start(&one, 5);
	start(&off, 20);
	assert_int_equal(count("homeassistant/*"), 0);
	assert_int_equal(count("knead/ball-1/state"), 1);
	start(&components, 20);
	start(&off, 20);
	assert_int_equal(count("homeassistant/*"), 0);
	assert_int_equal(count("knead/ball-1/state"), 1);
}

static void a_device_that_was_never_announced_leaves_nothing_either(void **state)
{
	static const struct start empty = { .style = "off" };

	start(&off, 5);
	assert_int_equal(count("knead/ball-1/*"), 6);
	start(&empty, 20);
	assert_int_equal(count("*ball-1*"), 0);
}

static void another_prefix_or_base_leaves_the_old_one_empty(void **state)
{
	static const struct start prefix = { .style = "device", .prefix = "ha", .devices = { "ball-1" } };
	static const struct start base = { .style = "device", .base = "home/knead", .devices = { "ball-1" } };

	start(&one, 5);
	start(&prefix, 20);
	assert_int_equal(count("homeassistant/*"), 0);
	assert_int_equal(count("ha/device/knead_ball-1/config"), 1);
	start(&base, 20);
	assert_int_equal(count("ha/*"), 0);
	assert_int_equal(count("knead/*"), 0);
	assert_int_equal(count("homeassistant/device/home_knead_ball-1/config"), 1);
}

static void an_end_at_any_moment_of_a_change_loses_nothing(void **state)
{
	static const struct start *const ways[] = { &two, &components, &off, &one, &none };
	static const unsigned moments_s[] = { 0, 1, 2, 4, 6 }; /* within each step of a round */

	for (size_t from = 0; from < 5; from++)
		for (size_t to = 0; to < 5; to++) {
			said_count = 0;
			start(&none, 9);
			start(ways[from], 9);
			start(ways[to], moments_s[(from + to) % 5]);
			start(&components, 9);
			assert_int_equal(count("*ball-12*"), 0);
			assert_int_equal(count("homeassistant/device/*"), 0);
			assert_int_equal(count(FORCE_TOPIC), 1);
			start(&none, 9);
			assert_int_equal(count("*ball*"), 0);
		}
}

/* ---- entities that are gone ---- */

static void an_entity_that_no_longer_applies_is_taken_back_once(void **state)
{
	static const struct start flat = { .style = "device", .devices = { "ball-1" }, .no_pressure = true };

	start(&one, 5);
	start(&one, 5); /* the first start of all cannot know */
	assert_non_null(strstr(payload_of(DEVICE_TOPIC), "\"unique_id\":\"knead_ball-1_pressure\""));
	start(&flat, 5);
	assert_non_null(strstr(payload_of(DEVICE_TOPIC), "\"pressure\":{\"platform\":\"sensor\"}"));
	start(&flat, 5);
	assert_null(strstr(payload_of(DEVICE_TOPIC), "\"pressure\""));
	start(&one, 5);
	assert_non_null(strstr(payload_of(DEVICE_TOPIC), "\"unique_id\":\"knead_ball-1_pressure\""));
}

static void it_is_taken_back_until_that_has_arrived(void **state)
{
	static const struct start flat = { .style = "components", .devices = { "ball-1" }, .no_pressure = true };

	start(&components, 5);
	away = true;
	start(&flat, 100);
	away = false;
	assert_int_equal(count("homeassistant/sensor/knead_ball-1/pressure/config"), 1);
	start(&flat, 5);
	assert_int_equal(count("homeassistant/sensor/knead_ball-1/pressure/config"), 0);
}

static void an_entity_of_another_version_is_taken_back(void **state)
{
	static const char text[] = "{\"v\":1,\"announced\":[{\"base\":\"knead\",\"prefix\":\"homeassistant\","
				   "\"style\":\"device\",\"id\":\"ball-1\",\"scalars\":false,"
				   "\"keys\":[\"sensor/wobble\",\"switch/force\"]}]}";

	memory = strdup(text);
	start(&one, 5);
	assert_non_null(strstr(payload_of(DEVICE_TOPIC), "\"wobble\":{\"platform\":\"sensor\"}"));
	/* a key that is there again as something else stays what it is */
	assert_non_null(strstr(payload_of(DEVICE_TOPIC), "\"force\":{\"platform\":\"sensor\",\"name\""));
	assert_null(strstr(memory, "wobble"));
}

static void an_entity_that_depends_on_the_format_outlives_a_start(void **state)
{
	struct publish_device *d;
	struct conf_device conf = { .id = "ball-1", .name = (char *)"", .kind = (char *)"ball" };
	struct knead_view view = { .has_samples = true, .online = true, .format = "k1" };

	start(&none, 5);
	assert_int_equal(publish_device_add(running, &conf, NULL, &d), 0);
	run(5);
	assert_null(strstr(payload_of(DEVICE_TOPIC), "ball-1_identify"));
	publish_view(running, d, &view, 0, now_us, 0);
	run(15);
	assert_non_null(strstr(payload_of(DEVICE_TOPIC), "ball-1_identify"));
	start(&one, 15); /* no sample has come yet: the format is not known */
	assert_non_null(strstr(payload_of(DEVICE_TOPIC), "ball-1_identify"));
}

static void scalars_that_are_switched_off_leave_nothing(void **state)
{
	static const struct start with = { .style = "off", .devices = { "ball-1" }, .scalars = true };

	start(&with, 5);
	assert_true(count("knead/ball-1/value/*") > 30);
	start(&off, 10);
	assert_int_equal(count("knead/ball-1/value/*"), 0);
	start(&with, 5);
	assert_true(count("knead/ball-1/value/*") > 30);
	start(&one, 20); /* and with another style */
	assert_int_equal(count("knead/ball-1/value/*"), 0);
}

/* ---- forget ---- */

static void forget_clears_every_topic_of_a_name_and_none_of_others(void **state)
{
	static const struct start both = {
		.style = "components", .devices = { "ball", "ball-1", "ball-12" }, .scalars = true
	};
	size_t others;

	start(&both, 5);
	start(&one, 20);
	free(memory);
	memory = NULL; /* garbage of which nothing is known */
	for (size_t i = 0; i < kept_count; i++)
		if (strstr(kept[i].topic, "ball-12")) {
			free(kept[i].payload);
			kept[i].payload = strdup("garbage");
		}
	start(&one, 20);
	assert_true(count("*ball-12*") > 80);
	others = count("*") - count("*ball-12*");
	publish_forget(running, "ball-12");
	publish_forget(running, "ball"); /* was never known to this start, and has nothing */
	assert_int_equal(count("*ball-12*"), 0);
	assert_int_equal(count("*"), others);
	publish_forget(running, "ball-1"); /* is there */
	assert_int_equal(count("*"), others);
}

/* ---- what is kept ---- */

static void text_that_is_not_ours_counts_as_nothing(void **state)
{
	static const char *const texts[] = { "", "null", "[]", "{\"announced\":3}", "{\"announced\":[1,{},{\"id\":7}]}",
		"{\"announced\":[{\"base\":\"knead\",\"id\":\"ball-1\",\"keys\":[1,\"x\",null,{}]}]}",
		"{\"announced\":[{\"base\":\"\",\"id\":\"ball-1\"}]}",
		"{\"announced\":[{\"base\":\"a\",\"id\":\"a-name-that-is-much-too-long-to-be-one-of-ours\"}]}" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		free(memory);
		memory = strdup(texts[i]);
		start(&one, 10);
		assert_int_equal(count(DEVICE_TOPIC), 1);
	}
}

static void nothing_is_kept_again_while_nothing_changes(void **state)
{
	start(&one, 20);
	free(memory);
	memory = NULL;
	run(1000);
	assert_null(memory);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_device_taken_out_while_the_program_was_down_leaves_nothing),
		TEST(it_leaves_nothing_in_the_style_of_components_either),
		TEST(it_is_offline_before_it_is_gone),
		TEST(nothing_is_forgotten_that_the_broker_has_not_heard),
		TEST(one_that_comes_back_in_the_middle_is_whole),
		TEST(a_reload_takes_nothing_back_of_what_stays),
		TEST(the_same_announcement_is_not_repeated_within_seconds),
		TEST(another_style_is_migrated_to_and_back),
		TEST(off_takes_back_what_was_announced_and_nothing_else),
		TEST(a_device_that_was_never_announced_leaves_nothing_either),
		TEST(another_prefix_or_base_leaves_the_old_one_empty),
		TEST(an_end_at_any_moment_of_a_change_loses_nothing),
		TEST(an_entity_that_no_longer_applies_is_taken_back_once),
		TEST(it_is_taken_back_until_that_has_arrived),
		TEST(an_entity_of_another_version_is_taken_back),
		TEST(an_entity_that_depends_on_the_format_outlives_a_start),
		TEST(scalars_that_are_switched_off_leave_nothing),
		TEST(forget_clears_every_topic_of_a_name_and_none_of_others),
		TEST(text_that_is_not_ours_counts_as_nothing),
		TEST(nothing_is_kept_again_while_nothing_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
