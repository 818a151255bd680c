/* SPDX-License-Identifier: MIT */
/* The publisher against a sink that only notes what it is given. Time is fed. */
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

/* ---- the sink ---- */

#define NOTED_MAX 2000

static struct noted {
	char topic[128], late_topic[128], payload[1024];
	struct mqtt_message m;
} noted[NOTED_MAX];
static size_t noted_count;
static int protocol;

void sink_mqtt_send(struct sink_mqtt *s, const struct mqtt_message *m)
{
	struct noted *n = &noted[noted_count++];

	assert_true(noted_count < NOTED_MAX);
	n->m = *m;
	snprintf(n->topic, sizeof(n->topic), "%s", m->topic);
	snprintf(n->late_topic, sizeof(n->late_topic), "%s", m->late_topic ? m->late_topic : "");
	snprintf(n->payload, sizeof(n->payload), "%.*s", (int)m->length, m->payload);
}

void sink_mqtt_renew(struct sink_mqtt *s)
{
}

void sink_mqtt_stats(struct sink_mqtt *s, struct sink_mqtt_stats *ret)
{
	*ret = (struct sink_mqtt_stats){ .protocol = protocol };
}

/* How many messages came on a topic (a glob) since the last forget(). */
static size_t count(const char *topic)
{
	size_t n = 0;

	for (size_t i = 0; i < noted_count; i++)
		n += fnmatch(topic, noted[i].topic, 0) == 0;
	return n;
}

/* The last message on a topic; there must be one. */
static const struct noted *last(const char *topic)
{
	for (size_t i = noted_count; i-- > 0;)
		if (strcmp(noted[i].topic, topic) == 0)
			return &noted[i];
	fail_msg("nothing on %s", topic);
	return noted;
}

static size_t place_of(const char *topic, const char *payload)
{
	for (size_t i = 0; i < noted_count; i++)
		if (strcmp(noted[i].topic, topic) == 0 && strstr(noted[i].payload, payload))
			return i;
	fail_msg("nothing on %s with %s", topic, payload);
	return 0;
}

static void forget(void)
{
	noted_count = 0;
}

/* ---- a publisher with one device ---- */

struct fixture {
	struct publish *p;
	struct publish_device *d;
	struct conf conf;
	struct conf_device device;
	struct knead_view view;
	int64_t now_us;
};

static int setup_with(void **state, bool scalars)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct publish_options options = { .conf = &f->conf, .boot = "5f3a91c2" };

	assert_non_null(f);
	forget();
	protocol = 5;
	f->conf.mqtt.base = (char *)"knead";
	f->conf.mqtt.live_hz = 2;
	f->conf.mqtt.scalars = scalars;
	f->conf.discovery = (char *)"device";
	f->conf.late_after_s = 60;
	snprintf(f->device.id, sizeof(f->device.id), "ball-1");
	f->device.name = (char *)"Ball 1";
	f->device.kind = (char *)"ball";
	f->device.settings.target_s = 30;
	f->view = (struct knead_view){ .has_samples = true, .online = true, .target_s = 30 };
	assert_int_equal(publish_new(&options, &f->p), 0);
	assert_int_equal(publish_device_add(f->p, &f->device, NULL, &f->d), 0);
	*state = f;
	return 0;
}

static int setup(void **state)
{
	return setup_with(state, false);
}

static int setup_scalars(void **state)
{
	return setup_with(state, true);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	publish_free(f->p);
	free(f);
	return 0;
}

static int64_t look(struct fixture *f)
{
	return publish_view(f->p, f->d, &f->view, 0, f->now_us, f->now_us);
}

/* Looks as often as asked for, until time is up; each look must ask for a later one. */
static void run_for(struct fixture *f, int64_t duration_us)
{
	int64_t end_us = f->now_us + duration_us;

	while (f->now_us < end_us) {
		int64_t due_us = look(f);

		assert_true(due_us > f->now_us);
		f->now_us = due_us < end_us ? due_us : end_us;
	}
}

static void contact(struct fixture *f, enum knead_phase phase, double force_n)
{
	f->view.phase = phase;
	f->view.force_n = force_n;
}

/* ---- topics ---- */

static void every_topic_has_the_retain_qos_and_expiry_of_the_contract(void **state)
{
	static const struct {
		const char *topic;
		bool retain, json;
		int qos;
		uint32_t expiry_s;
		enum mqtt_class cls;
	} table[] = {
		{ "knead/ball-1/availability", true, false, 1, 0, MQTT_NEWEST },
		{ "knead/bridge/info", true, true, 1, 0, MQTT_NEWEST },
		{ "knead/ball-1/config", true, true, 1, 0, MQTT_NEWEST },
		{ "knead/ball-1/state", true, true, 1, 0, MQTT_NEWEST },
		{ "knead/ball-1/hold", true, true, 1, 0, MQTT_NEWEST },
		{ "knead/ball-1/session", true, true, 1, 0, MQTT_NEWEST },
		{ "knead/ball-1/diag", true, true, 0, 90, MQTT_NEWEST },
		{ "knead/bridge/health", true, true, 0, 180, MQTT_NEWEST },
		{ "knead/ball-1/value/phase", true, false, 0, 0, MQTT_NEWEST },
		{ "knead/ball-1/live", false, true, 0, 5, MQTT_DROP },
		{ "knead/ball-1/event/hold", false, true, 1, 60, MQTT_EVENT },
		{ "knead/ball-1/event/squeeze", false, true, 1, 60, MQTT_DROP },
	};
	struct fixture *f = *state;
	struct knead_event e = { .type = KNEAD_EVENT_HOLD_END, .confidence = 1 };

	f->view.session.known = f->view.session.active = true;
	contact(f, KNEAD_PHASE_HOLDING, 80);
	look(f);
	publish_event(f->p, f->d, &e, 1, 0);
	publish_tick(f->p, 0, 0);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct noted *n = last(table[i].topic);

		assert_int_equal(n->m.retain, table[i].retain);
		assert_int_equal(n->m.json, table[i].json);
		assert_int_equal(n->m.qos, table[i].qos);
		assert_int_equal(n->m.expiry_s, table[i].expiry_s);
		assert_int_equal(n->m.cls, table[i].cls);
	}
	assert_string_equal(last("knead/ball-1/event/hold")->late_topic, "knead/ball-1/late/hold");
}

static void a_hold_end_also_becomes_the_last_hold_as_published(void **state)
{
	struct fixture *f = *state;
	struct knead_event e = { .type = KNEAD_EVENT_HOLD_END, .confidence = 1, .hold_end = { .hold_id = 7 } };

	publish_event(f->p, f->d, &e, 12, 0);
	assert_string_equal(last("knead/ball-1/hold")->payload, last("knead/ball-1/event/hold")->payload);
	assert_non_null(strstr(last("knead/ball-1/event/squeeze")->payload, "\"long_press_end\""));
	e.type = KNEAD_EVENT_RELEASE;
	forget();
	publish_event(f->p, f->d, &e, 13, 0);
	assert_int_equal(noted_count, 1);
	assert_int_equal(count("knead/ball-1/event/release"), 1);
}

/* ---- availability ---- */

static void a_device_is_offline_until_its_first_samples_and_its_state_goes_first(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(last("knead/ball-1/availability")->payload, "offline");
	look(f);
	assert_string_equal(last("knead/ball-1/availability")->payload, "online");
	assert_true(place_of("knead/ball-1/state", "phase") < place_of("knead/ball-1/availability", "online"));
	assert_true(last("knead/ball-1/state")->m.rank < last("knead/ball-1/availability")->m.rank);
	assert_non_null(strstr(last("knead/bridge/info")->payload, "\"online\":true"));
}

static void an_unplugged_device_is_offline_at_once_with_the_reason_elsewhere(void **state)
{
	struct fixture *f = *state;

	contact(f, KNEAD_PHASE_HOLDING, 80);
	look(f);
	forget();
	publish_offline(f->p, f->d, "unplugged", f->now_us, 0);
	assert_string_equal(last("knead/ball-1/availability")->payload, "offline");
	assert_non_null(strstr(last("knead/ball-1/diag")->payload, "\"problem\":\"unplugged\""));
	assert_non_null(strstr(last("knead/bridge/info")->payload, "\"problem\":\"unplugged\""));

	forget();
	publish_offline(f->p, f->d, "unplugged", f->now_us, 0); /* once is enough */
	f->view.online = false;
	run_for(f, 20 * S);
	assert_int_equal(noted_count, 0); /* live stops */
	f->view.online = true;
	look(f);
	assert_string_equal(last("knead/ball-1/availability")->payload, "online");
	assert_non_null(strstr(last("knead/ball-1/diag")->payload, "\"problem\":null"));
	assert_int_equal(count("knead/ball-1/live"), 1);
}

static void a_stop_takes_every_device_offline(void **state)
{
	struct fixture *f = *state;

	look(f);
	publish_stop(f->p, f->now_us, 0);
	assert_string_equal(last("knead/ball-1/availability")->payload, "offline");
}

/* ---- rates ---- */

static void an_idle_hour_brings_only_heartbeats(void **state)
{
	struct fixture *f = *state;

	look(f);
	forget();
	run_for(f, 3600 * S);
	assert_in_range(count("knead/ball-1/state"), 59, 60);
	assert_in_range(count("knead/ball-1/diag"), 119, 120);
	assert_int_equal(noted_count, count("knead/ball-1/state") + count("knead/ball-1/diag"));
}

static void noise_within_the_band_is_no_change(void **state)
{
	struct fixture *f = *state;

	look(f);
	forget();
	for (int i = 0; i < 300; i++, f->now_us += 100000) {
		f->view.force_n = i % 2 ? 2.5 : 0; /* 0.5 % of 500 N, to the last bit */
		look(f);
	}
	assert_int_equal(count("knead/ball-1/state"), 0);
	f->view.force_n = 2.6;
	look(f);
	assert_int_equal(count("knead/ball-1/state"), 1);
}

static void the_band_follows_the_capacity_of_the_device(void **state)
{
	struct fixture *f = *state;

	f->device.settings.capacity_n = 2000;
	publish_device_remove(f->p, f->d);
	assert_int_equal(publish_device_add(f->p, &f->device, NULL, &f->d), 0);
	look(f);
	forget();
	f->now_us = 2 * S;
	f->view.force_n = 9.9;
	look(f);
	assert_int_equal(count("knead/ball-1/state"), 0);
	f->view.force_n = 10.1;
	look(f);
	assert_int_equal(count("knead/ball-1/state"), 1);
}

static void state_follows_the_phase_at_once_and_all_else_once_a_second(void **state)
{
	struct fixture *f = *state;

	look(f);
	forget();
	for (int i = 0; i < 5; i++, f->now_us += 10000) {
		contact(f, i % 2 ? KNEAD_PHASE_IDLE : KNEAD_PHASE_TOUCH, 20);
		look(f);
	}
	assert_int_equal(count("knead/ball-1/state"), 5);
	forget();
	for (int i = 0; i < 1000; i++, f->now_us += 10000) {
		contact(f, KNEAD_PHASE_TOUCH, 20 + 10 * (i % 7));
		look(f);
	}
	assert_in_range(count("knead/ball-1/state"), 9, 10);
}

static void state_shows_every_step_of_a_protocol_within_a_second(void **state)
{
	struct fixture *f = *state;
	struct knead_protocol_fields *p = &f->view.protocol;

	*p = (struct knead_protocol_fields){ .protocol = "pulse3x10", .step = 1, .of = 1, .target = 3 };
	run_for(f, 2 * S);
	assert_non_null(strstr(last("knead/ball-1/state")->payload,
		"\"step\":1,\"step_of\":1,\"step_done\":0,\"step_target\":3,\"protocol_completed\":false"));
	for (p->done = 1; p->done <= 3; p->done++) {
		forget();
		run_for(f, 1 * S);
		assert_int_equal(count("knead/ball-1/state"), 1);
	}
	p->done = 3;
	p->completed = true;
	run_for(f, 1 * S);
	assert_non_null(strstr(
		last("knead/ball-1/state")->payload, "\"step_done\":3,\"step_target\":3,\"protocol_completed\":true"));
}

static void live_shows_the_first_and_the_last_value_of_a_contact_at_once(void **state)
{
	struct fixture *f = *state;

	look(f);
	assert_int_equal(count("knead/ball-1/live"), 0);
	contact(f, KNEAD_PHASE_TOUCH, 10);
	f->now_us += 1000;
	look(f);
	assert_int_equal(count("knead/ball-1/live"), 1);
	contact(f, KNEAD_PHASE_IDLE, 0.1);
	f->now_us += 1000;
	look(f);
	assert_int_equal(count("knead/ball-1/live"), 2);
	assert_non_null(strstr(last("knead/ball-1/live")->payload, "\"seq\":2,\"force_n\":0.1"));
	run_for(f, 60 * S);
	assert_int_equal(count("knead/ball-1/live"), 2);
}

static void live_keeps_to_its_rate_and_beats_every_five_seconds_when_nothing_moves(void **state)
{
	struct fixture *f = *state;

	contact(f, KNEAD_PHASE_TOUCH, 10);
	look(f);
	forget();
	for (int i = 0; i < 1000; i++, f->now_us += 10000) {
		f->view.force_n = 20 + 10 * (i % 7);
		look(f);
	}
	assert_in_range(count("knead/ball-1/live"), 19, 20);
	forget();
	run_for(f, 30 * S);
	assert_in_range(count("knead/ball-1/live"), 5, 6);
}

static void live_of_zero_hertz_is_off(void **state)
{
	struct fixture *f = *state;

	f->conf.mqtt.live_hz = 0;
	struct publish_options options = { .conf = &f->conf, .boot = "5f3a91c2" };
	publish_free(f->p);
	assert_int_equal(publish_new(&options, &f->p), 0);
	assert_int_equal(publish_device_add(f->p, &f->device, NULL, &f->d), 0);
	contact(f, KNEAD_PHASE_TOUCH, 10);
	run_for(f, 10 * S);
	assert_int_equal(count("knead/ball-1/live"), 0);
	assert_non_null(strstr(last("knead/ball-1/config")->payload, "\"live\":false"));
}

static void session_follows_its_counts_and_beats_while_it_runs(void **state)
{
	struct fixture *f = *state;

	f->view.session.known = f->view.session.active = true;
	look(f);
	assert_int_equal(count("knead/ball-1/session"), 1);
	forget();
	for (int i = 0; i < 100; i++, f->now_us += 100000) { /* holds faster than the limit */
		f->view.session.totals.holds++;
		look(f);
	}
	assert_in_range(count("knead/ball-1/session"), 9, 10);
	run_for(f, 2 * S);
	forget();
	for (int i = 0; i < 100; i++) { /* and strokes, of which each has an event */
		f->view.session.totals.strokes++;
		run_for(f, 600000);
	}
	assert_in_range(count("knead/ball-1/session"), 2, 3);
	run_for(f, 20 * S);
	assert_non_null(strstr(last("knead/ball-1/session")->payload, "\"strokes\":100"));
	forget();
	f->view.session.active = false;
	look(f);
	assert_int_equal(count("knead/ball-1/session"), 1);
	run_for(f, 600 * S);
	assert_int_equal(count("knead/ball-1/session"), 1);
}

static void a_new_fault_is_in_diag_at_once(void **state)
{
	struct fixture *f = *state;

	look(f);
	forget();
	f->view.fault = 1u << KNEAD_FAULT_STUCK;
	look(f);
	assert_non_null(strstr(last("knead/ball-1/diag")->payload, "\"problem\":\"stuck\""));
}

/* ---- the bridge ---- */

static void info_is_sent_when_it_says_something_new_only(void **state)
{
	struct fixture *f = *state;

	look(f);
	forget();
	publish_tick(f->p, 0, 0);
	assert_int_equal(count("knead/bridge/info"), 0);
	protocol = 4;
	publish_tick(f->p, 1 * S, 0);
	assert_int_equal(count("knead/bridge/info"), 1);
	f->view.has_info = true;
	snprintf(f->view.info.serial, sizeof(f->view.info.serial), "A1B2");
	look(f);
	assert_non_null(strstr(last("knead/bridge/info")->payload, "\"serial\":\"A1B2\""));
}

static void info_and_health_hold_any_number_of_devices(void **state)
{
	struct fixture *f = *state;
	struct publish_device *d;

	for (int i = 0; i < 64; i++) {
		snprintf(f->device.id, sizeof(f->device.id), "device-%d", i);
		assert_int_equal(publish_device_add(f->p, &f->device, NULL, &d), 0);
	}
	publish_tick(f->p, 0, 0);
	assert_true(last("knead/bridge/info")->m.length > 64 * 80);
	assert_true(last("knead/bridge/health")->m.length > 64 * 40);
}

static void a_guest_says_nothing_of_the_bridge(void **state)
{
	struct fixture *f = *state;
	struct publish_options options = { .conf = &f->conf, .boot = "replay", .guest = true };

	publish_free(f->p);
	forget();
	assert_int_equal(publish_new(&options, &f->p), 0);
	assert_int_equal(publish_device_add(f->p, &f->device, NULL, &f->d), 0);
	look(f);
	publish_tick(f->p, 0, 0);
	assert_int_equal(count("knead/bridge/*"), 0);
	assert_int_equal(count("knead/ball-1/state"), 1);
}

static void health_comes_every_minute(void **state)
{
	struct fixture *f = *state;

	for (int64_t now_us = 0; now_us < 600 * S; now_us += S)
		publish_tick(f->p, now_us, now_us);
	assert_int_equal(count("knead/bridge/health"), 10);
}

/* ---- scalars ---- */

static void scalars_are_plain_values_sent_when_they_change(void **state)
{
	struct fixture *f = *state;
	struct knead_event e = {
		.type = KNEAD_EVENT_HOLD_END, .confidence = 1, .hold_end = { .hold_id = 7, .peak_n = 92.1 }
	};

	f->view.session.known = true;
	f->view.session.totals.peak_n = 118;
	look(f);
	publish_event(f->p, f->d, &e, 1, 0);
	assert_string_equal(last("knead/ball-1/value/phase")->payload, "idle");
	assert_string_equal(last("knead/ball-1/value/holding")->payload, "false");
	assert_string_equal(last("knead/ball-1/value/target_s")->payload, "30");
	assert_string_equal(last("knead/ball-1/value/last_hold_peak_n")->payload, "92.1");
	assert_string_equal(last("knead/ball-1/value/session_peak_n")->payload, "118");
	assert_string_equal(last("knead/ball-1/value/last_hold_id")->payload, "7");
	assert_string_equal(last("knead/ball-1/value/hold_id")->payload, "null");
	assert_string_equal(last("knead/ball-1/value/last_hold_softening_s")->payload, "null");
	for (size_t i = 0; i < noted_count; i++)
		if (strstr(noted[i].topic, "/value/"))
			assert_null(strpbrk(noted[i].payload, "{}[]\""));
	forget();
	contact(f, KNEAD_PHASE_TOUCH, 20);
	look(f);
	assert_int_equal(count("knead/ball-1/value/*"), 3); /* phase, calm_phase and force_n */
}

static void without_the_option_there_are_no_scalars(void **state)
{
	struct fixture *f = *state;

	look(f);
	assert_int_equal(count("knead/ball-1/value/*"), 0);
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			every_topic_has_the_retain_qos_and_expiry_of_the_contract, setup_scalars, teardown),
		TEST(a_hold_end_also_becomes_the_last_hold_as_published),
		TEST(a_device_is_offline_until_its_first_samples_and_its_state_goes_first),
		TEST(an_unplugged_device_is_offline_at_once_with_the_reason_elsewhere),
		TEST(a_stop_takes_every_device_offline),
		TEST(an_idle_hour_brings_only_heartbeats),
		TEST(noise_within_the_band_is_no_change),
		TEST(the_band_follows_the_capacity_of_the_device),
		TEST(state_follows_the_phase_at_once_and_all_else_once_a_second),
		TEST(state_shows_every_step_of_a_protocol_within_a_second),
		TEST(live_shows_the_first_and_the_last_value_of_a_contact_at_once),
		TEST(live_keeps_to_its_rate_and_beats_every_five_seconds_when_nothing_moves),
		TEST(live_of_zero_hertz_is_off),
		TEST(session_follows_its_counts_and_beats_while_it_runs),
		TEST(a_new_fault_is_in_diag_at_once),
		TEST(info_is_sent_when_it_says_something_new_only),
		TEST(info_and_health_hold_any_number_of_devices),
		TEST(a_guest_says_nothing_of_the_bridge),
		TEST(health_comes_every_minute),
		cmocka_unit_test_setup_teardown(
			scalars_are_plain_values_sent_when_they_change, setup_scalars, teardown),
		TEST(without_the_option_there_are_no_scalars),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
