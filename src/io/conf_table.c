/* SPDX-License-Identifier: MIT */
/*
 * All keys of the configuration. A new key is one row here and one field in a struct: parser, checks, --dump-config and
 * the sample file follow. The defaults of detection repeat those of knead_settings_init(); a test holds them together.
 */
#include <string.h>

#include "conf_table.h"

#define GLOBAL(field) .offset = offsetof(struct conf, field)
#define DEVICE(field) .offset = offsetof(struct conf_device, field)
#define SETTING(field) .offset = offsetof(struct conf_device, settings.field), .in_capture = true
#define COUNTED(field) .count_offset = offsetof(struct conf_device, field)
#define RANGE(low, high) .min = (low), .max = (high)

const struct conf_key conf_keys[] = {
	/* ---- [mqtt] ---- */
	{ CONF_MQTT, "host", CONF_HOST, GLOBAL(mqtt.host), .def = "localhost",
		.help = "Name or address of the broker; empty for no broker" },
	{ CONF_MQTT, "port", CONF_INT, GLOBAL(mqtt.port), RANGE(0, 65535), .def = "0",
		.help = "Port of the broker; 0 is 1883, with tls 8883" },
	{ CONF_MQTT, "base", CONF_TOPIC, GLOBAL(mqtt.base), .def = "knead", .help = "First part of every topic" },
	{ CONF_MQTT, "protocol", CONF_CHOICE, GLOBAL(mqtt.protocol), .choices = "5|3.1.1", .def = "5",
		.help = "MQTT version to begin with; 5 falls back to 3.1.1 where the broker is old" },
	{ CONF_MQTT, "client_id", CONF_TEXT, GLOBAL(mqtt.client_id), .def = "",
		.help = "Client identifier; empty for one made of base and host name" },
	{ CONF_MQTT, "username", CONF_TEXT, GLOBAL(mqtt.username), .def = "",
		.help = "User name at the broker; empty for none" },
	{ CONF_MQTT, "password_file", CONF_TEXT, GLOBAL(mqtt.password_file), .def = "",
		.help = "File whose first line is the password; empty for the systemd credential mqtt-password, if there is one" },
	{ CONF_MQTT, "tls", CONF_BOOL, GLOBAL(mqtt.tls), .def = "no",
		.help = "Encrypt, and verify the broker's certificate" },
	{ CONF_MQTT, "ca_file", CONF_TEXT, GLOBAL(mqtt.ca_file), .def = "",
		.help = "Certificates to trust; empty for the system's" },
	{ CONF_MQTT, "cert_file", CONF_TEXT, GLOBAL(mqtt.cert_file), .def = "",
		.help = "Our own certificate, where the broker asks for one" },
	{ CONF_MQTT, "key_file", CONF_TEXT, GLOBAL(mqtt.key_file), .def = "", .help = "Key of cert_file" },
	{ CONF_MQTT, "keepalive_s", CONF_INT, GLOBAL(mqtt.keepalive_s), RANGE(5, 3600), .unit = "s", .def = "30",
		.help = "How often the broker hears of us when there is nothing to say" },
	{ CONF_MQTT, "live_hz", CONF_REAL, GLOBAL(mqtt.live_hz), RANGE(0.1, 50), .unit = "1/s", .def = "2",
		.help = "Most messages a second on a device's live topic while it is loaded" },
	{ CONF_MQTT, "scalars", CONF_BOOL, GLOBAL(mqtt.scalars), .def = "no",
		.help = "Publish keys of state, hold and session as plain values too, on value/KEY" },
	{ CONF_MQTT, "commands", CONF_BOOL, GLOBAL(mqtt.commands), .def = "yes",
		.help = "Take commands and settings from the broker; no makes the installation read-only" },
	/* ---- [homeassistant] ---- */
	{ CONF_HOMEASSISTANT, "discovery", CONF_CHOICE, GLOBAL(discovery), .choices = "device|components|off",
		.def = "device",
		.help = "Announce the devices to Home Assistant: one message a device, one a component (before 2024.11), or not at all" },
	{ CONF_HOMEASSISTANT, "prefix", CONF_TOPIC, GLOBAL(discovery_prefix), .def = "homeassistant",
		.help = "First part of the discovery topics" },
	/* ---- [journal] ---- */
	{ CONF_JOURNAL, "path", CONF_TEXT, GLOBAL(journal_path), .def = "",
		.help = "File in which events wait for the broker, and stay for knead history; a relative path counts from the state directory; empty for journal.db there" },
	{ CONF_JOURNAL, "keep_days", CONF_REAL, GLOBAL(journal_keep_days), RANGE(0, 36500), .unit = "days",
		.def = "400", .help = "How long delivered events are kept" },
	{ CONF_JOURNAL, "max_mb", CONF_REAL, GLOBAL(journal_max_mb), RANGE(1, 1e6), .unit = "MB", .def = "256",
		.help = "Largest size of the file; beyond it the oldest delivered events give way, and without those the oldest of all" },
	{ CONF_JOURNAL, "late_after_s", CONF_REAL, GLOBAL(late_after_s), RANGE(1, 86400), .unit = "s", .def = "60",
		.help = "Events older than this go to late/ instead of event/, so that nothing acts on old news" },
	/* ---- [log] ---- */
	{ CONF_LOG, "level", CONF_ENUM, GLOBAL(log_level), .choices = "error|warning|notice|info|debug", .first = 3,
		.def = "info", .help = "What is written to the log" },
	{ CONF_LOG, "mqtt", CONF_ENUM, GLOBAL(log_mqtt), .choices = "off|error|warning", .first = 2, .def = "off",
		.help = "What of the log is published too, on bridge/log: nothing, errors, or warnings as well" },
	/* ---- [device NAME]: the port ---- */
	{ CONF_DEVICE, "name", CONF_TEXT, DEVICE(name), .def = "", .in_capture = true,
		.help = "Name for people; empty for NAME" },
	{ CONF_DEVICE, "kind", CONF_CHOICE, DEVICE(kind), .choices = "ball|roller", .def = "ball", .in_capture = true,
		.help = "What it is; a roller takes the profile roller unless profile says otherwise" },
	{ CONF_DEVICE, "port", CONF_TEXT, DEVICE(port), .def = "",
		.help = "Where it is plugged in: /dev/ttyUSB0, /dev/serial/by-id/..., usb:VID:PID[:SERIAL], pty:PATH, tcp://HOST:PORT, or - for standard input" },
	{ CONF_DEVICE, "baud", CONF_INT, DEVICE(baud), RANGE(50, 4000000), .unit = "bit/s", .def = "115200",
		.help = "Speed of the serial port" },
	{ CONF_DEVICE, "dtr", CONF_BOOL, DEVICE(dtr), .def = "yes",
		.help = "Raise DTR and RTS on opening; no keeps boards with a reset circuit from restarting, but some boards then stay silent" },
	{ CONF_DEVICE, "settle_s", CONF_REAL, DEVICE(settle_s), RANGE(0, 60), .unit = "s", .def = "0",
		.help = "Throw away what comes within this time after opening" },
	{ CONF_DEVICE, "read_only", CONF_BOOL, DEVICE(read_only), .def = "no",
		.help = "Never write to the device, whatever is commanded" },
	{ CONF_DEVICE, "record", CONF_TEXT, DEVICE(record), .def = "",
		.help = "Capture file (.kcap) that receives everything the port sends, for knead replay; a relative path counts from the state directory; made anew at each start, the one before is kept as FILE.old; empty for none" },
	/* ---- what it sends ---- */
	{ CONF_DEVICE, "format", CONF_BUFFER, SETTING(format), .size = KNEAD_NAME_MAX, .def = "auto",
		.help = "Name of the format, or auto to recognise it" },
	{ CONF_DEVICE, "template", CONF_BUFFER, SETTING(line_template), .size = KNEAD_TEMPLATE_MAX, .def = "",
		.help = "The line of format = template, with marks for value and time" },
	{ CONF_DEVICE, "unit", CONF_ENUM, SETTING(unit), .choices = "|counts|n|kg|g|lb", .def = "",
		.help = "Unit of the readings; empty for what the device says, else counts" },
	{ CONF_DEVICE, "cells", CONF_COUNT, SETTING(cells), RANGE(0, KNEAD_CELLS_MAX), .def = "0",
		.help = "Number of load cells; 0 for as many as the stream has" },
	{ CONF_DEVICE, "counts_per_n", CONF_REALS, SETTING(counts_per_n), .size = 1,
		COUNTED(settings.counts_per_n_count), RANGE(-1e9, 1e9), .unit = "counts/N", .def = "",
		.help = "Scale: one number, or one per cell; negative where the wiring is inverted" },
	{ CONF_DEVICE, "zero_raw", CONF_REALS, SETTING(zero_raw), .size = 1, COUNTED(settings.zero_raw_count),
		RANGE(-1e12, 1e12), .def = "",
		.help = "Reading of each unloaded cell, when known; empty to find and keep it" },
	{ CONF_DEVICE, "zero_serial", CONF_BUFFER, SETTING(zero_serial), .size = KNEAD_NAME_MAX, .def = "",
		.help = "Serial number, as the device says it, of the device that zero_raw is of: another one gets a zero of its own; empty for any" },
	{ CONF_DEVICE, "time_unit", CONF_ENUM, SETTING(time_unit), .choices = "auto|s|ms|us", .def = "auto",
		.help = "Unit of the time column" },
	{ CONF_DEVICE, "columns", CONF_COLUMNS, SETTING(column), .def = "",
		.help = "Names or 1-based numbers of the time column (- for none) and the value columns; empty to choose" },
	{ CONF_DEVICE, "capacity_n", CONF_REAL, SETTING(capacity_n), RANGE(0, 1e6), .unit = "N", .def = "0",
		.help = "Force that the device bears; readings beyond 1.5 times this are spikes; 0 for unknown" },
	{ CONF_DEVICE, "rate_hz", CONF_REAL, SETTING(rate_hz), RANGE(0, 100000), .unit = "1/s", .def = "0",
		.help = "Expected samples a second; 0 for unknown" },
	{ CONF_DEVICE, "delay_ms", CONF_REAL, SETTING(delay_ms), RANGE(0, 10000), .unit = "ms", .def = "0",
		.help = "Delay of converter and transport, taken off the time of every event" },
	/* ---- its body ---- */
	{ CONF_DEVICE, "geometry", CONF_ENUM, SETTING(geometry), .choices = "none|line|ring|sphere", .def = "none",
		.help = "How two or more cells stand; gives strokes their travel and direction" },
	{ CONF_DEVICE, "cell_mm", CONF_REALS, SETTING(cell_mm), .size = 1, COUNTED(places.mm), RANGE(-10000, 10000),
		.unit = "mm", .def = "", .help = "line: place of each cell; + strokes go towards larger values" },
	{ CONF_DEVICE, "cell_deg", CONF_REALS, SETTING(cell_deg), .size = 1, COUNTED(places.deg), RANGE(-360, 360),
		.unit = "degrees", .def = "", .help = "ring: angle of each cell" },
	{ CONF_DEVICE, "cell_xyz", CONF_REALS, SETTING(cell_xyz), .size = 3, COUNTED(places.xyz), RANGE(-10000, 10000),
		.def = "", .help = "sphere: direction of each cell from the centre, three numbers each" },
	{ CONF_DEVICE, "radius_mm", CONF_REAL, SETTING(radius_mm), RANGE(0, 10000), .unit = "mm", .def = "0",
		.help = "ring and sphere: radius of the surface; 0 for unknown, then there is no travel" },
	{ CONF_DEVICE, "profile", CONF_ENUM, SETTING(profile), .choices = "ball|roller|wall|gentle", .def = "ball",
		.by_profile = true, .help = "Set of defaults for press_n, release_n, contact_cm2 and target_s" },
	{ CONF_DEVICE, "contact_cm2", CONF_REAL, SETTING(contact_cm2), RANGE(0, 10000), .unit = "cm2", .def = "10",
		.by_profile = true, .help = "Area of contact, for pressure; 0 for no pressure; roller and gentle 55" },
	/* ---- detection ---- */
	{ CONF_DEVICE, "press_n", CONF_REAL, SETTING(press_n), RANGE(0.1, 10000), .unit = "N", .def = "8",
		.by_profile = true, .help = "Force above which there is contact; gentle 4" },
	{ CONF_DEVICE, "release_n", CONF_REAL, SETTING(release_n), RANGE(0.05, 10000), .unit = "N", .def = "5",
		.by_profile = true, .help = "Force below which contact ends; gentle 2.5" },
	{ CONF_DEVICE, "bridge_s", CONF_REAL, SETTING(bridge_s), RANGE(0.02, 10), .unit = "s", .def = "0.5",
		.help = "A shorter drop is a dip inside the contact" },
	{ CONF_DEVICE, "tap_max_s", CONF_REAL, SETTING(tap_max_s), RANGE(0.05, 10), .unit = "s", .def = "0.4",
		.help = "A shorter contact is a tap" },
	{ CONF_DEVICE, "hold_min_s", CONF_REAL, SETTING(hold_min_s), RANGE(0.2, 60), .unit = "s", .def = "3",
		.help = "A contact of this length is a hold, a shorter one a press" },
	{ CONF_DEVICE, "target_s", CONF_REAL, SETTING(target_s), RANGE(1, 600), .unit = "s", .def = "30",
		.by_profile = true, .help = "How long a hold should be; gentle 60" },
	{ CONF_DEVICE, "over_soft_n", CONF_REAL, SETTING(over_soft_n), RANGE(0, 1e6), .unit = "N", .def = "0",
		.help = "Force that brings the warning over_soft; 0 for no limit" },
	{ CONF_DEVICE, "over_hard_n", CONF_REAL, SETTING(over_hard_n), RANGE(0, 1e6), .unit = "N", .def = "0",
		.help = "Force that brings the warning over_hard; 0 for no limit" },
	{ CONF_DEVICE, "over_soft_kpa", CONF_REAL, SETTING(over_soft_kpa), RANGE(0, 1e6), .unit = "kPa", .def = "0",
		.help = "Pressure that brings the warning over_soft; 0 for no limit" },
	{ CONF_DEVICE, "over_hard_kpa", CONF_REAL, SETTING(over_hard_kpa), RANGE(0, 1e6), .unit = "kPa", .def = "0",
		.help = "Pressure that brings the warning over_hard; 0 for no limit" },
	{ CONF_DEVICE, "long_hold_s", CONF_REAL, SETTING(long_hold_s), RANGE(0, 86400), .unit = "s", .def = "90",
		.help = "Length of a hold that brings the warning long_hold; 0 for off" },
	{ CONF_DEVICE, "dose_limit_s", CONF_REAL, SETTING(dose_limit_s), RANGE(0, 86400), .unit = "s", .def = "300",
		.help = "Loaded time of a session that brings the warning dose; 0 for off" },
	{ CONF_DEVICE, "rest_min_s", CONF_REAL, SETTING(rest_min_s), RANGE(0, 3600), .unit = "s", .def = "5",
		.help = "Pressing again sooner after a hold of 20 s or more brings the warning repress_early; 0 for off" },
	{ CONF_DEVICE, "fast_load_n_per_s", CONF_REAL, SETTING(fast_load_n_per_s), RANGE(0, 1e7), .unit = "N/s",
		.def = "1500", .help = "Rate of loading that brings the warning fast_load; 0 for off" },
	{ CONF_DEVICE, "session_gap_s", CONF_REAL, SETTING(session_gap_s), RANGE(1, 86400), .unit = "s", .def = "120",
		.help = "A session ends after this time without contact" },
	{ CONF_DEVICE, "contact_events", CONF_BOOL, SETTING(contact_events), .def = "no",
		.help = "Publish contact_start too" },
	{ CONF_DEVICE, "live_hz", CONF_REAL, DEVICE(live_hz), RANGE(0, 50), .unit = "1/s", .def = "0",
		.help = "As live_hz of [mqtt], for this device alone; 0 for what stands there" },
	{ CONF_DEVICE, "protocol", CONF_PROTOCOL_NAME, DEVICE(protocol), .def = "", .in_capture = true,
		.help = "Exercise to guide: name of a [protocol NAME] or one of hold30, pulse3x10, stretch3-5, compress-then-stretch, lean30-60, gentle; empty for none" },
	/* ---- [protocol NAME] ---- */
	{ CONF_PROTOCOL, "steps", CONF_STEPS, .offset = offsetof(struct conf_protocol, protocol), .def = "",
		.help = "Steps in order, separated by commas, such as: hold 30, hold 30-60, pulses 3x10, strokes 3-5, strokes 3-5 within 60, rest 30" },
};

const size_t conf_keys_count = sizeof(conf_keys) / sizeof(conf_keys[0]);

const char *conf_section_name(enum conf_section section)
{
	static const char *const names[_CONF_SECTIONS] = { "mqtt", "homeassistant", "journal", "log", "device",
		"protocol" };

	return (unsigned)section < _CONF_SECTIONS ? names[section] : NULL;
}

const struct conf_key *conf_key_find(enum conf_section section, const char *key)
{
	for (size_t i = 0; i < conf_keys_count; i++)
		if (conf_keys[i].section == section && strcmp(conf_keys[i].key, key) == 0)
			return &conf_keys[i];
	return NULL;
}

bool conf_name_valid(enum conf_section section, const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	if (n == 0 || n >= KNEAD_NAME_MAX || name[n] != '\0')
		return false;
	return section != CONF_DEVICE || strcmp(name, "bridge") != 0;
}
