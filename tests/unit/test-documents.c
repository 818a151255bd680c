/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "documents.h"
#include "wall.h"

/* Stream time 0 of the view below. */
#define ORIGIN "2026-11-20T08:19:20.000Z"

static int64_t wall_us(const char *iso)
{
	int64_t us;

	assert_int_equal(wall_from_iso(iso, &us), 0);
	return us;
}

static struct knead_view held_view(void)
{
	return (struct knead_view){
		.has_samples = true,
		.online = true,
		.t_us = 1042120000,
		.force_n = 86.4,
		.pressure_kpa = { 137.6, true },
		.phase = KNEAD_PHASE_HOLDING,
		.holding = true,
		.in_use = true,
		.hold_id = 17,
		.hold_since_us = 1012040000,
		.target_s = 30,
		.protocol = { .protocol = "hold30", .step = 1, .of = 1, .target = 1 },
		.session = { .known = true,
			.active = true,
			.start_us = 290000000,
			.totals = { .session_id = 5,
				.holds = 17,
				.holds_met = 14,
				.strokes = 63,
				.rolls = 4,
				.loaded_s = 402.5,
				.dose_ns = 31840.2,
				.peak_n = 118,
				.longest_hold_s = 41.02 } },
		.rate_hz = 80,
		.noise_n = 0.06,
		.cells = 1,
		.zero_known = true,
		.zero_raw = { 83121 },
		.zero_drift_n = 0.4,
		.stats = { .samples = 82400,
			.resyncs = 1,
			.rejects = { [KNEAD_REJECT_BAD_CRC] = 2, [KNEAD_REJECT_TEXT] = 7 } },
	};
}

static void live_is_that_of_the_contract(void **state)
{
	struct knead_view v = held_view();
	struct document_calm calm = { .force_n = 84.2, .pressure_kpa = v.pressure_kpa };
	char buf[DOCUMENT_MAX];

	assert_true(document_live(&v, &calm, wall_us(ORIGIN), 5322120, 4711, buf, sizeof(buf)) > 0);
	assert_string_equal(buf,
		"{\"v\":1,\"ts\":\"2026-11-20T08:36:42.120Z\",\"up_ms\":5322120,\"seq\":4711,\"force_n\":86.4,"
		"\"pressure_kpa\":137.6,\"load_kg\":8.81,\"phase\":\"holding\",\"calm_n\":84.2,\"calm_kpa\":137.6}");
}

static void state_is_that_of_the_contract(void **state)
{
	struct knead_view v = held_view();
	struct document_calm calm = { .phase = KNEAD_PHASE_TOUCH, .holding = true };
	char buf[DOCUMENT_MAX];

	assert_true(document_state(&v, &calm, wall_us(ORIGIN), KNEAD_PROFILE_BALL, "hold30", buf, sizeof(buf)) > 0);
	assert_string_equal(buf,
		"{\"v\":1,\"ts\":\"2026-11-20T08:36:42.120Z\",\"phase\":\"holding\",\"holding\":true,\"in_use\":true,"
		"\"hold_id\":17,\"hold_since\":\"2026-11-20T08:36:12.040Z\",\"target_s\":30,\"force_n\":86.4,"
		"\"cadence_per_min\":0,\"profile\":\"ball\",\"protocol\":\"hold30\",\"step\":1,\"step_of\":1,\"step_done\":0,\"step_target\":1,\"protocol_completed\":false,\"calm_phase\":\"touch\",\"calm_holding\":true}");
}

static void state_of_an_idle_device_says_null_for_what_is_not_there(void **state)
{
	struct knead_view v = { .has_samples = true, .target_s = 30, .force_n = -0.31 };
	struct document_calm calm = { 0 };
	char buf[DOCUMENT_MAX];

	assert_true(document_state(&v, &calm, 0, KNEAD_PROFILE_GENTLE, "", buf, sizeof(buf)) > 0);
	assert_string_equal(buf,
		"{\"v\":1,\"ts\":\"1970-01-01T00:00:00.000Z\",\"phase\":\"idle\",\"holding\":false,\"in_use\":false,"
		"\"hold_id\":null,\"hold_since\":null,\"target_s\":30,\"force_n\":-0.3,\"cadence_per_min\":0,"
		"\"profile\":\"gentle\",\"protocol\":null,\"step\":null,\"step_of\":null,\"step_done\":null,\"step_target\":null,\"protocol_completed\":null,\"calm_phase\":\"idle\",\"calm_holding\":false}");
}

static void session_is_that_of_the_contract(void **state)
{
	struct knead_view v = held_view();
	char buf[DOCUMENT_MAX];

	v.t_us = 1045810000;
	assert_true(document_session(&v, wall_us(ORIGIN), buf, sizeof(buf)) > 0);
	assert_string_equal(buf,
		"{\"v\":1,\"ts\":\"2026-11-20T08:36:45.810Z\",\"session_id\":5,\"active\":true,"
		"\"start\":\"2026-11-20T08:24:10.000Z\",\"holds\":17,\"holds_met\":14,\"strokes\":63,\"rolls\":4,"
		"\"loaded_s\":402.5,\"dose_ns\":31840.2,\"peak_n\":118.0,\"longest_hold_s\":41.02}");
}

static void diag_is_that_of_the_contract(void **state)
{
	struct knead_view v = held_view();
	char buf[DOCUMENT_MAX];

	assert_true(document_diag(&v, wall_us("2026-11-20T08:36:30.000Z"), "knead", NULL, buf, sizeof(buf)) > 0);
	assert_string_equal(buf,
		"{\"v\":1,\"ts\":\"2026-11-20T08:36:30.000Z\",\"rate_hz\":80.0,\"frames\":82400,\"frame_errors\":2,"
		"\"resyncs\":1,\"gaps\":0,\"noise_n\":0.06,\"zero_raw\":[83121],\"zero_drift_n\":0.4,\"zero_owner\":\"knead\",\"overload\":false,"
		"\"problem\":null}");
}

static void diag_names_the_reason_else_the_faults(void **state)
{
	struct knead_view v = { .fault = 1u << KNEAD_FAULT_STUCK | 1u << KNEAD_FAULT_RATE };
	char buf[DOCUMENT_MAX];

	document_diag(&v, 0, NULL, NULL, buf, sizeof(buf));
	assert_non_null(strstr(buf, "\"problem\":\"stuck, rate\""));
	assert_non_null(strstr(buf, "\"rate_hz\":null"));
	assert_non_null(strstr(buf, "\"zero_raw\":null"));
	document_diag(&v, 0, NULL, "unplugged", buf, sizeof(buf));
	assert_non_null(strstr(buf, "\"problem\":\"unplugged\""));
}

static void config_is_that_of_the_contract(void **state)
{
	struct conf_device d = { .id = "ball-1" };
	char buf[DOCUMENT_MAX];

	d.settings = (struct knead_settings){ .target_s = 30,
		.press_n = 8,
		.release_n = 5,
		.hold_min_s = 3,
		.contact_cm2 = 6.28,
		.profile = KNEAD_PROFILE_BALL,
		.protocol = { .name = "hold30" } };
	assert_true(document_config(&d, 2, NULL, 0, buf, sizeof(buf)) > 0);
	assert_string_equal(buf,
		"{\"v\":1,\"target_s\":30,\"press_n\":8.0,\"release_n\":5.0,\"hold_min_s\":3.0,\"contact_cm2\":6.28,"
		"\"over_soft_n\":null,\"over_hard_n\":null,\"profile\":\"ball\",\"protocol\":\"hold30\",\"live\":true,"
		"\"live_hz\":2,\"changed\":[]}");
}

static void info_and_health_list_the_devices(void **state)
{
	const struct sink_mqtt_stats mqtt = { .connected = true,
		.protocol = 5,
		.connected_since_wall_us = wall_us("2026-11-20T07:08:01.000Z"),
		.reconnects = 1,
		.published = 8123,
		.dropped_live = 40,
		.late = 3 };
	struct document_device devices[] = {
		{ .id = "ball-1",
			.name = "Ball 1",
			.kind = "ball",
			.serial = "A1B2",
			.zero_owner = "device",
			.online = true,
			.rate_hz = 80,
			.has_frame = true,
			.last_frame_wall_us = wall_us("2026-11-20T08:36:29.990Z") },
		{ .id = "roller", .name = "Roller", .kind = "roller", .reason = "unplugged" },
	};
	struct document_bridge b = { .wall_us = wall_us("2026-11-20T08:36:30.000Z"),
		.started_wall_us = wall_us("2026-11-20T07:08:00.000Z"),
		.uptime_s = 5310.7,
		.rss_kb = 4120,
		.boot = "5f3a91c2",
		.discovery = "device",
		.log_level = "info",
		.mqtt = mqtt,
		.devices = devices,
		.devices_count = 2 };
	char buf[DOCUMENT_MAX];

	assert_true(document_info(&b, buf, sizeof(buf)) > 0);
	assert_string_equal(buf,
		"{\"v\":1,\"name\":\"kneadd\",\"version\":\"" KNEAD_VERSION
		"\",\"started\":\"2026-11-20T07:08:00.000Z\","
		"\"boot\":\"5f3a91c2\",\"schema\":1,\"log_level\":\"info\",\"mqtt\":{\"protocol\":5,\"discovery\":\"device\"},\"devices\":["
		"{\"id\":\"ball-1\",\"name\":\"Ball 1\",\"kind\":\"ball\",\"serial\":\"A1B2\",\"zero_owner\":\"device\",\"online\":true,\"problem\":null},"
		"{\"id\":\"roller\",\"name\":\"Roller\",\"kind\":\"roller\",\"serial\":null,\"zero_owner\":null,\"online\":false,"
		"\"problem\":\"unplugged\"}]}");
	assert_true(document_health(&b, buf, sizeof(buf)) > 0);
	assert_string_equal(buf,
		"{\"v\":1,\"ts\":\"2026-11-20T08:36:30.000Z\",\"uptime_s\":5310,\"rss_kb\":4120,\"mqtt\":{\"protocol\":5,"
		"\"connected_since\":\"2026-11-20T07:08:01.000Z\",\"reconnects\":1,\"published\":8123,"
		"\"dropped\":{\"live\":40,\"event\":0},\"late\":3},\"journal\":null,\"devices\":{"
		"\"ball-1\":{\"online\":true,\"rate_hz\":80.0,\"last_frame\":\"2026-11-20T08:36:29.990Z\"},"
		"\"roller\":{\"online\":false,\"rate_hz\":null,\"last_frame\":null}}}");
}

static void a_document_that_does_not_fit_is_refused(void **state)
{
	struct knead_view v = held_view();
	struct document_calm calm = { 0 };
	char buf[64];

	assert_int_equal(document_state(&v, &calm, 0, KNEAD_PROFILE_BALL, "", buf, sizeof(buf)), -ENOBUFS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(live_is_that_of_the_contract),
		cmocka_unit_test(state_is_that_of_the_contract),
		cmocka_unit_test(state_of_an_idle_device_says_null_for_what_is_not_there),
		cmocka_unit_test(session_is_that_of_the_contract),
		cmocka_unit_test(diag_is_that_of_the_contract),
		cmocka_unit_test(diag_names_the_reason_else_the_faults),
		cmocka_unit_test(config_is_that_of_the_contract),
		cmocka_unit_test(info_and_health_list_the_devices),
		cmocka_unit_test(a_document_that_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
