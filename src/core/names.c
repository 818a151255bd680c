/* SPDX-License-Identifier: MIT */
/* The words of the contract: enum <-> string, for events, phases, units and rejects. */
#include <string.h>

#include <knead/event.h>
#include <knead/format.h>
#include <knead/pipeline.h>
#include <knead/settings.h>

#define LOOKUP(table, i) ((unsigned)(i) < sizeof(table) / sizeof((table)[0]) ? (table)[i] : NULL)

/* Name and topic group of each event type. */
static const struct {
	const char *name, *group;
} event_types[_KNEAD_EVENT_TYPES] = {
	[KNEAD_EVENT_CONTACT_START] = { "contact_start", "press" },
	[KNEAD_EVENT_HOLD_START] = { "hold_start", "hold" },
	[KNEAD_EVENT_HOLD_TARGET] = { "hold_target", "hold" },
	[KNEAD_EVENT_HOLD_END] = { "hold_end", "hold" },
	[KNEAD_EVENT_RELEASE] = { "release", "release" },
	[KNEAD_EVENT_ROLL_START] = { "roll_start", "stroke" },
	[KNEAD_EVENT_STROKE] = { "stroke", "stroke" },
	[KNEAD_EVENT_ROLL_END] = { "roll_end", "stroke" },
	[KNEAD_EVENT_PRESS] = { "press", "press" },
	[KNEAD_EVENT_TAP] = { "tap", "press" },
	[KNEAD_EVENT_IMPACT] = { "impact", "press" },
	[KNEAD_EVENT_PULSE_SET_END] = { "pulse_set_end", "press" },
	[KNEAD_EVENT_PRESS_SET_END] = { "press_set_end", "stroke" },
	[KNEAD_EVENT_PERCUSSION_END] = { "percussion_end", "press" },
	[KNEAD_EVENT_PROTOCOL_STEP] = { "protocol_step", "protocol" },
	[KNEAD_EVENT_PROTOCOL_DONE] = { "protocol_done", "protocol" },
	[KNEAD_EVENT_SESSION_START] = { "session_start", "session" },
	[KNEAD_EVENT_SESSION_END] = { "session_end", "session" },
	[KNEAD_EVENT_WARNING] = { "warning", "warning" },
	[KNEAD_EVENT_FAULT] = { "fault", "fault" },
};

const char *knead_event_type_to_str(enum knead_event_type type)
{
	return (unsigned)type < _KNEAD_EVENT_TYPES ? event_types[type].name : NULL;
}

const char *knead_event_group(enum knead_event_type type)
{
	return (unsigned)type < _KNEAD_EVENT_TYPES ? event_types[type].group : NULL;
}

bool knead_event_type_from_str(const char *name, enum knead_event_type *ret_type)
{
	for (unsigned i = 0; i < _KNEAD_EVENT_TYPES; i++)
		if (strcmp(event_types[i].name, name) == 0) {
			*ret_type = (enum knead_event_type)i;
			return true;
		}
	return false;
}

const char *knead_flag_to_str(enum knead_flag flag)
{
	static const char *const names[KNEAD_FLAGS] = { "gap", "saturated", "spike", "percussion", "boot_loaded",
		"over_soft", "over_hard", "prior" };

	for (unsigned i = 0; i < KNEAD_FLAGS; i++)
		if ((unsigned)flag == 1u << i)
			return names[i];
	return NULL;
}

const char *knead_cause_to_str(enum knead_cause cause)
{
	static const char *const names[_KNEAD_CAUSES] = { "lifted", "eased", "rolled", "stopped", "lost" };

	return LOOKUP(names, cause);
}

const char *knead_direction_to_str(enum knead_direction direction)
{
	static const char *const names[] = { "?", "+", "-" };

	return LOOKUP(names, direction);
}

const char *knead_warning_kind_to_str(enum knead_warning_kind kind)
{
	static const char *const names[_KNEAD_WARNING_KINDS] = { "over_soft", "over_hard", "long_hold", "dose",
		"repress_early", "fast_load" };

	return LOOKUP(names, kind);
}

const char *knead_fault_kind_to_str(enum knead_fault_kind kind)
{
	static const char *const names[_KNEAD_FAULT_KINDS] = { "no_data", "stuck", "saturated", "zero_shift", "rate",
		"format", "overrun", "journal" };

	return LOOKUP(names, kind);
}

const char *knead_phase_to_str(enum knead_phase phase)
{
	static const char *const names[_KNEAD_PHASES] = { "idle", "touch", "holding", "eased", "rolling", "percussion",
		"overload" };

	return LOOKUP(names, phase);
}

const char *knead_reject_to_str(enum knead_reject reject)
{
	static const char *const names[_KNEAD_REJECTS] = { "partial", "text", "bad_byte", "too_long", "bad_crc",
		"bad_frame", "columns", "bad_number", "unrecognised" };

	return LOOKUP(names, reject);
}

const char *knead_unit_to_str(enum knead_unit unit)
{
	static const char *const names[_KNEAD_UNITS] = { "", "counts", "n", "kg", "g", "lb" };

	return LOOKUP(names, unit);
}

const char *knead_time_unit_to_str(enum knead_time_unit unit)
{
	static const char *const names[_KNEAD_TIME_UNITS] = { "auto", "s", "ms", "us" };

	return LOOKUP(names, unit);
}

const char *knead_geometry_to_str(enum knead_geometry geometry)
{
	static const char *const names[_KNEAD_GEOMETRIES] = { "none", "line", "ring", "sphere" };

	return LOOKUP(names, geometry);
}

const char *knead_profile_to_str(enum knead_profile profile)
{
	static const char *const names[_KNEAD_PROFILES] = { "ball", "roller", "wall", "gentle" };

	return LOOKUP(names, profile);
}
