/* SPDX-License-Identifier: MIT */
/* What a recorder of states gets to store: the calm values, against a sink that counts the changes of each. Time is fed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "publish.h"

#define S 1000000LL
#define HOUR (3600 * S)
#define VALUE_MAX 32

/* ---- the sink ---- */

/* A value that somebody stores: the newest, and how often it was another. */
static struct stored {
	const char *topic, *key;
	char value[VALUE_MAX];
	int changes;
} stored[] = {
	{ "knead/ball-1/live", "calm_n", "", 0 },
	{ "knead/ball-1/live", "calm_kpa", "", 0 },
	{ "knead/ball-1/state", "phase", "", 0 },
	{ "knead/ball-1/state", "calm_phase", "", 0 },
	{ "knead/ball-1/state", "calm_holding", "", 0 },
	{ "knead/ball-1/state", "cadence_per_min", "", 0 },
	{ "knead/ball-1/session", "strokes", "", 0 },
};

static void store(struct stored *s, const char *payload)
{
	char quoted[64], value[VALUE_MAX];
	const char *at;

	snprintf(quoted, sizeof(quoted), "\"%s\":", s->key);
	at = strstr(payload, quoted);
	assert_non_null(at);
	at += strlen(quoted);
	snprintf(value, sizeof(value), "%.*s", (int)strcspn(at, ",}"), at);
	s->changes += strcmp(value, s->value) != 0;
	strcpy(s->value, value);
}

void sink_mqtt_send(struct sink_mqtt *s, const struct mqtt_message *m)
{
	char payload[2048];

	snprintf(payload, sizeof(payload), "%.*s", (int)m->length, m->payload);
	for (size_t i = 0; i < sizeof(stored) / sizeof(stored[0]); i++)
		if (strcmp(stored[i].topic, m->topic) == 0)
			store(&stored[i], payload);
}

void sink_mqtt_renew(struct sink_mqtt *s)
{
}

void sink_mqtt_stats(struct sink_mqtt *s, struct sink_mqtt_stats *ret)
{
	*ret = (struct sink_mqtt_stats){ .protocol = 5 };
}

static struct stored *of(const char *key)
{
	for (size_t i = 0; i < sizeof(stored) / sizeof(stored[0]); i++)
		if (strcmp(stored[i].key, key) == 0)
			return &stored[i];
	fail_msg("nobody stores %s", key);
	return stored;
}

static double number(const char *key)
{
	return strtod(of(key)->value, NULL);
}

/* How often a value has changed since the last time this was asked. */
static int changes(const char *key)
{
	int n = of(key)->changes;

	of(key)->changes = 0;
	return n;
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

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct publish_options options = { .conf = &f->conf, .boot = "5f3a91c2" };

	assert_non_null(f);
	f->conf.mqtt.base = (char *)"knead";
	f->conf.mqtt.live_hz = 2;
	f->conf.late_after_s = 60;
	snprintf(f->device.id, sizeof(f->device.id), "ball-1");
	f->device.settings.target_s = 30;
	f->view = (struct knead_view){ .has_samples = true, .online = true, .target_s = 30 };
	f->view.session.known = f->view.session.active = true;
	assert_int_equal(publish_new(&options, &f->p), 0);
	assert_int_equal(publish_device_add(f->p, &f->device, NULL, &f->d), 0);
	for (size_t i = 0; i < sizeof(stored) / sizeof(stored[0]); i++)
		stored[i].value[0] = '\0';
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	publish_free(f->p);
	free(f);
	return 0;
}

static void run_for(struct fixture *f, int64_t duration_us)
{
	for (int64_t end_us = f->now_us + duration_us; f->now_us < end_us;) {
		int64_t due_us = publish_view(f->p, f->d, &f->view, 0, f->now_us, f->now_us);

		f->now_us = due_us < end_us ? due_us : end_us;
	}
	publish_view(f->p, f->d, &f->view, 0, f->now_us, f->now_us);
}

static void contact(struct fixture *f, enum knead_phase phase, double force_n)
{
	f->view.phase = phase;
	f->view.holding = phase == KNEAD_PHASE_HOLDING;
	f->view.force_n = force_n;
	f->view.pressure_kpa = (struct knead_maybe){ .known = true, .value = force_n };
}

static void happen(struct fixture *f, enum knead_event_type type)
{
	struct knead_event e = { .type = type, .confidence = 1 };

	publish_event(f->p, f->d, &e, 1, 0);
}

/* Presses of half a second every three seconds, each with its event. */
static void press_for(struct fixture *f, int64_t duration_us)
{
	for (int64_t end_us = f->now_us + duration_us; f->now_us < end_us;) {
		contact(f, KNEAD_PHASE_TOUCH, 40);
		run_for(f, 250000);
		contact(f, KNEAD_PHASE_HOLDING, 60);
		run_for(f, 250000);
		contact(f, KNEAD_PHASE_IDLE, 0);
		run_for(f, 1000000);
		happen(f, KNEAD_EVENT_PRESS);
		run_for(f, 1500000);
	}
}

/* Rolls without end, a stroke every two seconds. */
static void roll_for(struct fixture *f, int64_t duration_us)
{
	for (int64_t end_us = f->now_us + duration_us; f->now_us < end_us;) {
		for (int i = 0; i < 20; i++) {
			contact(f, KNEAD_PHASE_ROLLING, 70 + 20 * sin(i / 20.0 * 6.2831853));
			run_for(f, 100000);
		}
		f->view.session.totals.strokes++;
		happen(f, KNEAD_EVENT_STROKE);
	}
}

/* ---- at ease ---- */

static void a_calm_force_rises_at_once_and_ends_with_the_contact(void **state)
{
	struct fixture *f = *state;

	run_for(f, 10 * S);
	contact(f, KNEAD_PHASE_TOUCH, 1.5);
	run_for(f, 300000);
	assert_true(number("calm_n") < 0.1); /* a touch within the band */
	contact(f, KNEAD_PHASE_HOLDING, 60);
	run_for(f, 100000);
	assert_true(number("calm_n") > 59.9);
	contact(f, KNEAD_PHASE_IDLE, 0.1);
	run_for(f, 100000);
	assert_true(number("calm_n") < 0.2);
}

static void a_calm_force_follows_breath_seldom_and_a_lasting_change_after_a_while(void **state)
{
	struct fixture *f = *state;

	run_for(f, 10 * S);
	contact(f, KNEAD_PHASE_HOLDING, 100);
	run_for(f, 1 * S);
	changes("calm_n");
	for (int i = 0; i < 600; i++) { /* a minute of 15 breaths, 6 % up and down */
		f->view.force_n = 100 + 6 * sin(i / 40.0 * 6.2831853);
		run_for(f, 100000);
	}
	assert_in_range(changes("calm_n"), 2, 8);
	f->view.force_n = 90;
	run_for(f, 30 * S);
	assert_true(fabs(number("calm_n") - 90) < 0.1);
}

static void a_calm_phase_is_the_phase_while_little_happens(void **state)
{
	struct fixture *f = *state;

	run_for(f, 10 * S);
	for (int i = 0; i < 20; i++) { /* a hold every half a minute */
		static const enum knead_phase phases[] = { KNEAD_PHASE_TOUCH, KNEAD_PHASE_HOLDING, KNEAD_PHASE_IDLE };

		for (size_t k = 0; k < 3; k++) {
			contact(f, phases[k], phases[k] == KNEAD_PHASE_IDLE ? 0 : 60);
			run_for(f, 1000);
			assert_string_equal(of("calm_phase")->value, of("phase")->value);
			assert_string_equal(of("calm_holding")->value, f->view.holding ? "true" : "false");
			run_for(f, 10 * S);
		}
		happen(f, KNEAD_EVENT_HOLD_END);
	}
}

static void a_contact_that_was_never_told_ends_without_a_word(void **state)
{
	struct fixture *f = *state;

	run_for(f, 10 * S);
	changes("calm_n");
	contact(f, KNEAD_PHASE_TOUCH, 2);
	run_for(f, 1 * S);
	contact(f, KNEAD_PHASE_IDLE, 0.3);
	run_for(f, 1 * S);
	assert_int_equal(changes("calm_n"), 1); /* the first one of all */
	assert_true(number("calm_n") < 0.1);
}

/* ---- when it rains ---- */

static void an_hour_of_presses_leaves_the_phase_itself_alone_and_calms_what_is_stored(void **state)
{
	struct fixture *f = *state;

	press_for(f, HOUR / 6);
	for (size_t i = 0; i < sizeof(stored) / sizeof(stored[0]); i++)
		stored[i].changes = 0;
	press_for(f, HOUR);
	assert_int_equal(changes("phase"), 3 * 3600 / 3);
	/* with 1200 presses, what is left of 2600 */
	int calm = changes("calm_phase") + changes("calm_holding") + changes("calm_n") + changes("calm_kpa");
	assert_in_range(calm, 1000, 1400);
}

static void what_lasts_is_told_within_seconds_however_much_there_was(void **state)
{
	struct fixture *f = *state;

	press_for(f, HOUR / 2);
	contact(f, KNEAD_PHASE_HOLDING, 60);
	run_for(f, 4 * S);
	assert_string_equal(of("calm_phase")->value, "\"holding\"");
	assert_string_equal(of("calm_holding")->value, "true");
	run_for(f, 6 * S);
	assert_true(fabs(number("calm_n") - 60) < 0.1);
	contact(f, KNEAD_PHASE_IDLE, 0);
	run_for(f, 4 * S);
	assert_string_equal(of("calm_phase")->value, "\"idle\"");
	assert_true(number("calm_n") < 0.1);
}

static void an_hour_of_rolling_shows_a_force_every_ten_seconds_and_strokes_every_twenty(void **state)
{
	struct fixture *f = *state;

	f->view.cadence_per_min = 30;
	roll_for(f, HOUR / 6);
	changes("calm_n");
	changes("strokes");
	roll_for(f, HOUR);
	assert_in_range(changes("calm_n"), 300, 700);
	assert_in_range(changes("strokes"), 150, 180);
}

static void after_a_rest_the_force_is_quick_again(void **state)
{
	struct fixture *f = *state;

	roll_for(f, HOUR / 2);
	contact(f, KNEAD_PHASE_IDLE, 0);
	run_for(f, 180 * S);
	contact(f, KNEAD_PHASE_HOLDING, 60);
	run_for(f, 10 * S);
	f->view.force_n = 30;
	run_for(f, 600000);
	assert_true(fabs(number("calm_n") - 30) < 0.1);
}

/* ---- cadence ---- */

static void a_cadence_is_told_when_a_roll_begins_and_ends_and_every_ten_seconds_between(void **state)
{
	struct fixture *f = *state;

	contact(f, KNEAD_PHASE_ROLLING, 60);
	run_for(f, 1 * S);
	changes("cadence_per_min");
	f->view.cadence_per_min = 30;
	run_for(f, 1 * S);
	assert_true(fabs(number("cadence_per_min") - 30) < 0.5);
	for (int i = 0; i < 60; i++) { /* a minute in which it goes up by one each second */
		f->view.cadence_per_min++;
		run_for(f, 1 * S);
	}
	assert_in_range(changes("cadence_per_min"), 6, 7);
	f->view.cadence_per_min = 0;
	run_for(f, 1 * S);
	assert_true(number("cadence_per_min") < 0.5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_calm_force_rises_at_once_and_ends_with_the_contact),
		TEST(a_calm_force_follows_breath_seldom_and_a_lasting_change_after_a_while),
		TEST(a_calm_phase_is_the_phase_while_little_happens),
		TEST(a_contact_that_was_never_told_ends_without_a_word),
		TEST(an_hour_of_presses_leaves_the_phase_itself_alone_and_calms_what_is_stored),
		TEST(what_lasts_is_told_within_seconds_however_much_there_was),
		TEST(an_hour_of_rolling_shows_a_force_every_ten_seconds_and_strokes_every_twenty),
		TEST(after_a_rest_the_force_is_quick_again),
		TEST(a_cadence_is_told_when_a_roll_begins_and_ends_and_every_ten_seconds_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
