/* SPDX-License-Identifier: MIT */
/* What the delivery thread needs to connect and that no broker is needed for: back-off, password, settings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "mqtt_backoff.h"
#include "mqtt_pace.h"
#include "mqtt_password.h"
#include "mqtt_settings.h"
#include "scratch.h"

#define S 1000000LL

static void waits_double_from_one_to_sixty_seconds(void **state)
{
	static const int64_t wanted_s[] = { 1, 2, 4, 8, 16, 32, 60, 60 };
	struct mqtt_backoff b;

	mqtt_backoff_init(&b, 1 * S, 60 * S);
	for (size_t i = 0; i < sizeof(wanted_s) / sizeof(wanted_s[0]); i++) {
		int64_t wait_us = mqtt_backoff_next_us(&b, UINT32_MAX / 2);

		assert_in_range(wait_us, wanted_s[i] * S - 10, wanted_s[i] * S + 10);
	}
}

static void chance_spreads_a_wait_by_a_fifth_either_way(void **state)
{
	struct mqtt_backoff b;

	mqtt_backoff_init(&b, 10 * S, 10 * S);
	assert_int_equal(mqtt_backoff_next_us(&b, 0), 8 * S);
	assert_int_equal(mqtt_backoff_next_us(&b, UINT32_MAX), 12 * S);
}

static void late_events_go_out_a_hundred_a_second_and_ten_at_once_after_a_rest(void **state)
{
	struct mqtt_pace p = { 0 };
	int64_t now_us = 50 * S;
	unsigned sent = 0;

	for (; mqtt_pace_room(&p, 0, now_us) > 0; sent++)
		mqtt_pace_spend(&p, now_us);
	assert_int_equal(sent, 10);
	assert_int_equal(mqtt_pace_due_us(&p, now_us), now_us + 10000);
	assert_int_equal(mqtt_pace_room(&p, 0, now_us + 9999), 0);
	assert_int_equal(mqtt_pace_room(&p, 0, now_us + 10000), MQTT_PACE_WINDOW);
	assert_true(mqtt_pace_due_us(&p, now_us + 10000) == INT64_MAX);
	for (; now_us < 60 * S; now_us += 1000)
		for (; mqtt_pace_room(&p, 0, now_us) > 0; sent++)
			mqtt_pace_spend(&p, now_us);
	assert_in_range(sent, 1008, 1010);
}

static void late_events_leave_room_for_fresh_ones(void **state)
{
	struct mqtt_pace p = { 0 };

	assert_int_equal(mqtt_pace_room(&p, 0, 0), 5);
	assert_int_equal(mqtt_pace_room(&p, 4, 0), 1);
	assert_int_equal(mqtt_pace_room(&p, 5, 0), 0);
	assert_int_equal(mqtt_pace_room(&p, 7, 0), 0);
}

static void only_a_link_that_held_starts_over(void **state)
{
	struct mqtt_backoff b;

	mqtt_backoff_init(&b, 1 * S, 60 * S);
	mqtt_backoff_next_us(&b, 0);
	mqtt_backoff_next_us(&b, 0);
	mqtt_backoff_ended(&b, 30 * S - 1);
	assert_int_equal(b.wait_us, 4 * S);
	mqtt_backoff_ended(&b, 30 * S);
	assert_int_equal(b.wait_us, 1 * S);
}

/* A file with this content and mode in the scratch folder; returns its path. */
static const char *make_file(void **state, const char *name, const char *content, mode_t mode)
{
	static char path[128];
	struct scratch *s = *state;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_true(fputs(content, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
	return path;
}

static void password_is_the_first_line_without_its_end(void **state)
{
	static const char *const contents[] = { "s3cret", "s3cret\n", "s3cret\r\n", "s3cret\nsecond line\n" };
	char password[MQTT_PASSWORD_MAX];
	bool exposed;

	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
		assert_int_equal(mqtt_password_read(make_file(state, "p", contents[i], 0600), password, &exposed), 0);
		assert_string_equal(password, "s3cret");
		assert_false(exposed);
	}
}

static void password_file_that_everybody_may_read_is_noticed(void **state)
{
	char password[MQTT_PASSWORD_MAX];
	bool exposed;

	assert_int_equal(mqtt_password_read(make_file(state, "p", "x\n", 0640), password, &exposed), 0);
	assert_false(exposed);
	assert_int_equal(mqtt_password_read(make_file(state, "p", "x\n", 0644), password, &exposed), 0);
	assert_true(exposed);
}

static void password_longer_than_the_room_is_refused(void **state)
{
	char content[MQTT_PASSWORD_MAX + 2], password[MQTT_PASSWORD_MAX];
	bool exposed;

	memset(content, 'x', sizeof(content));
	content[MQTT_PASSWORD_MAX] = '\0';
	assert_int_equal(mqtt_password_read(make_file(state, "p", content, 0600), password, &exposed), -E2BIG);
	content[MQTT_PASSWORD_MAX - 1] = '\0';
	assert_int_equal(mqtt_password_read(make_file(state, "p", content, 0600), password, &exposed), 0);
	assert_int_equal(strlen(password), MQTT_PASSWORD_MAX - 1);
}

static void password_comes_from_the_file_else_from_the_credential(void **state)
{
	struct scratch *s = *state;
	char *path;

	assert_int_equal(mqtt_password_find(NULL, NULL, &path), 1);
	assert_int_equal(mqtt_password_find("", s->dir, &path), 1);
	make_file(state, "mqtt-password", "x", 0600);
	assert_int_equal(mqtt_password_find("", s->dir, &path), 0);
	assert_non_null(strstr(path, "/mqtt-password"));
	free(path);
	assert_int_equal(mqtt_password_find("/etc/elsewhere", s->dir, &path), 0);
	assert_string_equal(path, "/etc/elsewhere");
	free(path);
}

static struct sink_mqtt_options good_options(void)
{
	return (struct sink_mqtt_options){
		.host = "localhost", .base = "knead", .keepalive_s = 30, .protocol = 5, .late_after_s = 60
	};
}

static void port_follows_tls_unless_it_is_given(void **state)
{
	struct sink_mqtt_options o = good_options();
	struct mqtt_settings s;
	char why[128];

	assert_int_equal(mqtt_settings_init(&s, &o, why, sizeof(why)), 0);
	assert_int_equal(s.port, 1883);
	assert_string_equal(s.availability_topic, "knead/bridge/availability");
	mqtt_settings_deinit(&s);
	o.tls = true;
	assert_int_equal(mqtt_settings_init(&s, &o, why, sizeof(why)), 0);
	assert_int_equal(s.port, 8883);
	mqtt_settings_deinit(&s);
	o.port = 2000;
	assert_int_equal(mqtt_settings_init(&s, &o, why, sizeof(why)), 0);
	assert_int_equal(s.port, 2000);
	mqtt_settings_deinit(&s);
}

static void client_id_is_the_same_at_each_start_and_another_for_another_base(void **state)
{
	struct sink_mqtt_options o = good_options();
	struct mqtt_settings first, second, other;
	char why[128];

	assert_int_equal(mqtt_settings_init(&first, &o, why, sizeof(why)), 0);
	assert_int_equal(mqtt_settings_init(&second, &o, why, sizeof(why)), 0);
	o.base = "other";
	assert_int_equal(mqtt_settings_init(&other, &o, why, sizeof(why)), 0);
	assert_string_equal(first.client_id, second.client_id);
	assert_string_not_equal(first.client_id, other.client_id);
	mqtt_settings_deinit(&first);
	mqtt_settings_deinit(&second);
	mqtt_settings_deinit(&other);
}

static void bad_options_are_refused_naming_the_key(void **state)
{
	struct sink_mqtt_options cases[] = { good_options(), good_options(), good_options(), good_options(),
		good_options(), good_options(), good_options() };
	static const char *const keys[] = { "host", "base", "port", "keepalive_s", "protocol", "key_file", "ca_file" };

	cases[0].host = "";
	cases[1].base = "a/#";
	cases[2].port = 65536;
	cases[3].keepalive_s = 4;
	cases[4].protocol = 3;
	cases[5].cert_file = "/dev/null";
	cases[6].ca_file = "/nonexistent/ca.pem";
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mqtt_settings s;
		char why[128] = "";

		assert_int_equal(mqtt_settings_init(&s, &cases[i], why, sizeof(why)), i == 6 ? -ENOENT : -EINVAL);
		assert_non_null(strstr(why, keys[i]));
		mqtt_settings_deinit(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_double_from_one_to_sixty_seconds),
		cmocka_unit_test(chance_spreads_a_wait_by_a_fifth_either_way),
		cmocka_unit_test(late_events_go_out_a_hundred_a_second_and_ten_at_once_after_a_rest),
		cmocka_unit_test(late_events_leave_room_for_fresh_ones),
		cmocka_unit_test(only_a_link_that_held_starts_over),
		cmocka_unit_test_setup_teardown(
			password_is_the_first_line_without_its_end, scratch_make, scratch_remove),
		cmocka_unit_test_setup_teardown(
			password_file_that_everybody_may_read_is_noticed, scratch_make, scratch_remove),
		cmocka_unit_test_setup_teardown(password_longer_than_the_room_is_refused, scratch_make, scratch_remove),
		cmocka_unit_test_setup_teardown(
			password_comes_from_the_file_else_from_the_credential, scratch_make, scratch_remove),
		cmocka_unit_test(port_follows_tls_unless_it_is_given),
		cmocka_unit_test(client_id_is_the_same_at_each_start_and_another_for_another_base),
		cmocka_unit_test(bad_options_are_refused_naming_the_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
