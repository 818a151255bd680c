/* SPDX-License-Identifier: MIT */
/*
 * The table of entities. Classes and units are those that Home Assistant permits together: there is no class for force; a
 * pressure may be in kPa, a weight in kg, a duration in s. What ticks is no entity: a duration is told when it is over.
 */
#include "ha_entity.h"

#define PHASES "idle|touch|holding|eased|rolling|percussion|overload"
#define LEVELS "error|warning|notice|info|debug"

#define SENSOR(key_, name_, source_, value_)                                                                           \
	.key = (key_), .platform = "sensor", .name = (name_), .source = (source_), .value = (value_)
#define BINARY(key_, name_, source_, value_)                                                                           \
	.key = (key_), .platform = "binary_sensor", .name = (name_), .source = (source_), .value = (value_)
#define EVENTS(key_, group_, name_, types_)                                                                            \
	.key = (key_), .platform = "event", .name = (name_), .source = HA_EVENT, .leaf = (group_), .options = (types_)
#define TRIGGER(type_, group_)                                                                                         \
	.key = "trigger_" type_, .platform = "device_automation", .name = (type_), .source = HA_EVENT, .leaf = (group_)
#define BUTTON(key_, name_, command_) .key = (key_), .platform = "button", .name = (name_), .command = (command_)
#define SETTING(key_, platform_, name_, command_, value_)                                                              \
	.key = (key_), .platform = (platform_), .name = (name_), .source = HA_CONFIG, .value = (value_),               \
	.command = (command_)
#define MEASURED .state_class = "measurement"
#define COUNTED .state_class = "total_increasing"
#define IN_N .unit = "N", .precision = 1
#define IN_KPA .unit = "kPa", .device_class = "pressure", .precision = 1
#define IN_S .unit = "s", .device_class = "duration"
#define CONFIG .category = "config"
#define DIAGNOSTIC .category = "diagnostic"
#define RANGE(min_, max_, step_) .min = (min_), .max = (max_), .step = (step_)

const struct ha_entity ha_device_entities[] = {
	/* ---- what is happening ---- */
	{ SENSOR("force", "Force", HA_LIVE, "calm_n"), IN_N, MEASURED, .expire_s = 15 },
	{ SENSOR("pressure", "Pressure", HA_LIVE, "calm_kpa"), IN_KPA, MEASURED, .expire_s = 15,
		.when = HA_WITH_PRESSURE },
	{ SENSOR("load", "Load", HA_LIVE, "load_kg"), .unit = "kg", .device_class = "weight", .precision = 2, MEASURED,
		.expire_s = 15, .off = true },
	{ BINARY("holding", "Holding", HA_STATE, "calm_holding"), .device_class = "running" },
	{ BINARY("in_use", "In use", HA_STATE, "in_use"), .device_class = "occupancy" },
	{ SENSOR("phase", "Phase", HA_STATE, "calm_phase"), .device_class = "enum", .options = PHASES,
		.precision = -1 },
	{ SENSOR("cadence", "Cadence", HA_STATE, "cadence_per_min"), .unit = "1/min", .precision = 0, MEASURED },
	/* ---- the last hold ---- */
	{ SENSOR("last_hold_duration", "Last hold duration", HA_HOLD, "duration_s"), IN_S, .precision = 1, MEASURED },
	{ SENSOR("last_hold_peak_force", "Last hold peak force", HA_HOLD, "peak_n"), IN_N, MEASURED },
	{ SENSOR("last_hold_peak_pressure", "Last hold peak pressure", HA_HOLD, "peak_kpa"), IN_KPA, MEASURED,
		.when = HA_WITH_PRESSURE },
	{ SENSOR("last_hold_mean_force", "Last hold mean force", HA_HOLD, "mean_n"), IN_N, MEASURED, .off = true },
	{ SENSOR("last_hold_impulse", "Last hold impulse", HA_HOLD, "impulse_ns"), .unit = "N·s", .precision = 0,
		MEASURED, .off = true },
	{ SENSOR("last_hold_steadiness", "Last hold steadiness", HA_HOLD, "steadiness_pct"), .unit = "%",
		.precision = 1, MEASURED, .off = true },
	{ SENSOR("last_hold_end", "Last hold end", HA_HOLD, "end"), .device_class = "timestamp", .precision = -1,
		.off = true },
	/* ---- the session ---- */
	{ SENSOR("session_holds", "Session holds", HA_SESSION, "holds"), .unit = "holds", .precision = 0, COUNTED },
	{ SENSOR("session_strokes", "Session strokes", HA_SESSION, "strokes"), .unit = "strokes", .precision = 0,
		COUNTED },
	{ SENSOR("session_loaded_time", "Session loaded time", HA_SESSION, "loaded_s"), IN_S, .precision = 0, COUNTED },
	/* ---- what has happened ---- */
	{ EVENTS("hold", "hold", "Hold", "hold_start|hold_target|hold_end") },
	{ EVENTS("release", "release", "Release", "release") },
	{ EVENTS("stroke", "stroke", "Stroke", "roll_start|stroke|roll_end|press_set_end") },
	{ EVENTS("press", "press", "Press", "contact_start|press|tap|impact|pulse_set_end|percussion_end") },
	{ EVENTS("protocol_progress", "protocol", "Protocol progress", "protocol_step|protocol_done") },
	{ EVENTS("session", "session", "Session", "session_start|session_end"), .off = true },
	{ EVENTS("warning", "warning", "Warning", "warning") },
	{ EVENTS("fault", "fault", "Fault", "fault"), DIAGNOSTIC },
	{ EVENTS("squeeze", "squeeze", "Squeeze", "press_end|long_press_start|long_press_end|multi_press_end"),
		.device_class = "button", .off = true },
	{ TRIGGER("hold_start", "hold") },
	{ TRIGGER("hold_target", "hold") },
	{ TRIGGER("hold_end", "hold") },
	{ TRIGGER("release", "release") },
	{ TRIGGER("roll_end", "stroke") },
	{ TRIGGER("protocol_done", "protocol") },
	{ TRIGGER("warning", "warning") },
	/* ---- what can be asked of it ---- */
	{ BUTTON("tare", "Tare", "do/tare") },
	{ BUTTON("session_end", "End session", "do/session_end") },
	{ BUTTON("protocol_start", "Start protocol", "do/protocol_start") },
	{ BUTTON("protocol_stop", "Stop protocol", "do/protocol_stop") },
	{ BUTTON("identify", "Identify", "do/identify"), .device_class = "identify", DIAGNOSTIC,
		.when = HA_WITH_BLINK },
	{ SETTING("target_hold", "number", "Target hold", "set/target_s", "target_s"), IN_S, RANGE(1, 600, 1) },
	{ SETTING("press_threshold", "number", "Press threshold", "set/press_n", "press_n"), .unit = "N", CONFIG,
		RANGE(0.5, 200, 0.1) },
	{ SETTING("release_threshold", "number", "Release threshold", "set/release_n", "release_n"), .unit = "N",
		CONFIG, RANGE(0.3, 200, 0.1) },
	{ SETTING("shortest_hold", "number", "Shortest hold", "set/hold_min_s", "hold_min_s"), IN_S, CONFIG,
		RANGE(0.5, 60, 0.1) },
	{ SETTING("contact_area", "number", "Contact area", "set/contact_cm2", "contact_cm2"), .unit = "cm²",
		.device_class = "area", CONFIG, RANGE(0, 1000, 0.1) },
	{ SETTING("soft_limit", "number", "Soft limit", "set/over_soft_n", "over_soft_n"), .unit = "N", CONFIG,
		RANGE(0, 5000, 1) },
	{ SETTING("hard_limit", "number", "Hard limit", "set/over_hard_n", "over_hard_n"), .unit = "N", CONFIG,
		RANGE(0, 5000, 1) },
	{ SETTING("live_rate", "number", "Live rate", "set/live_hz", "live_hz"), .unit = "Hz",
		.device_class = "frequency", CONFIG, RANGE(0.1, 50, 0.1), .off = true },
	{ SETTING("profile", "select", "Profile", "set/profile", "profile"), CONFIG,
		.options = "ball|roller|wall|gentle" },
	/* its options are those of the configuration: ha_discovery.c adds them */
	{ SETTING("protocol", "select", "Protocol", "set/protocol", "protocol"), .options = HA_NO_PROTOCOL,
		.command_template = "{{ 'none' if value == '" HA_NO_PROTOCOL "' else value }}" },
	{ SETTING("live", "switch", "Live", "set/live", "live"), CONFIG, .off = true },
	/* ---- how it is ---- */
	{ BINARY("link", "Link", HA_AVAILABILITY, NULL), .device_class = "connectivity", DIAGNOSTIC,
		.always_available = true },
	{ BINARY("problem", "Problem", HA_DIAG, "problem"), .device_class = "problem", DIAGNOSTIC },
	{ SENSOR("sample_rate", "Sample rate", HA_DIAG, "rate_hz"), .unit = "Hz", .device_class = "frequency",
		.precision = 1, MEASURED, DIAGNOSTIC },
	{ SENSOR("noise", "Noise", HA_DIAG, "noise_n"), .unit = "N", .precision = 3, MEASURED, DIAGNOSTIC,
		.off = true },
	{ SENSOR("frame_errors", "Frame errors", HA_DIAG, "frame_errors"), .precision = 0, COUNTED, DIAGNOSTIC,
		.off = true },
	{ .key = NULL },
};

const struct ha_entity ha_bridge_entities[] = {
	{ BINARY("connection", "Connection", HA_AVAILABILITY, NULL), .device_class = "connectivity",
		.always_available = true },
	{ SENSOR("started", "Started", HA_INFO, "started"), .device_class = "timestamp", .precision = -1, DIAGNOSTIC },
	{ SENSOR("messages_dropped", "Messages dropped", HA_HEALTH,
		  "mqtt.dropped.live + value_json.mqtt.dropped.event"),
		.unit = "messages", .precision = 0, COUNTED, DIAGNOSTIC },
	{ SENSOR("messages_late", "Messages late", HA_HEALTH, "mqtt.late"), .unit = "messages", .precision = 0, COUNTED,
		DIAGNOSTIC },
	{ SENSOR("memory", "Memory", HA_HEALTH, "rss_kb"), .unit = "kB", .device_class = "data_size", .precision = 0,
		MEASURED, DIAGNOSTIC, .off = true },
	{ .key = "verbosity",
		.platform = "select",
		.name = "Verbosity",
		.source = HA_INFO,
		.value = "log_level",
		.command = "request/log_level",
		.command_template = "{\"args\":{\"level\":\"{{ value }}\"}}",
		CONFIG,
		.options = LEVELS },
	{ BUTTON("restart_daemon", "Restart daemon", "request/restart_daemon"), .device_class = "restart", CONFIG,
		.off = true },
	{ .key = NULL },
};
