/* SPDX-License-Identifier: MIT */
/*
 * The event records: what the detector says, once, about what has happened. Field names, units and meanings are
 * those of the event contract (events.md); the JSON keys are the names here. Times are stream time in microseconds,
 * already corrected by delay_ms, so they may begin just below 0. Numbers are unrounded: they are rounded once, where the
 * record is written.
 */
#ifndef KNEAD_EVENT_H
#define KNEAD_EVENT_H

#include <knead/units.h>

enum knead_event_type {
	KNEAD_EVENT_CONTACT_START,
	KNEAD_EVENT_HOLD_START,
	KNEAD_EVENT_HOLD_TARGET,
	KNEAD_EVENT_HOLD_END,
	KNEAD_EVENT_RELEASE,
	KNEAD_EVENT_ROLL_START,
	KNEAD_EVENT_STROKE,
	KNEAD_EVENT_ROLL_END,
	KNEAD_EVENT_PRESS,
	KNEAD_EVENT_TAP,
	KNEAD_EVENT_IMPACT,
	KNEAD_EVENT_PULSE_SET_END,
	KNEAD_EVENT_PRESS_SET_END,
	KNEAD_EVENT_PERCUSSION_END,
	KNEAD_EVENT_PROTOCOL_STEP,
	KNEAD_EVENT_PROTOCOL_DONE,
	KNEAD_EVENT_SESSION_START,
	KNEAD_EVENT_SESSION_END,
	KNEAD_EVENT_WARNING,
	KNEAD_EVENT_FAULT,
	_KNEAD_EVENT_TYPES,
};

/* Bits of knead_event.flags, in the order in which they are written. */
enum knead_flag {
	KNEAD_FLAG_GAP = 1 << 0,
	KNEAD_FLAG_SATURATED = 1 << 1,
	KNEAD_FLAG_SPIKE = 1 << 2,
	KNEAD_FLAG_PERCUSSION = 1 << 3,
	KNEAD_FLAG_BOOT_LOADED = 1 << 4,
	KNEAD_FLAG_OVER_SOFT = 1 << 5,
	KNEAD_FLAG_OVER_HARD = 1 << 6,
	KNEAD_FLAG_PRIOR = 1 << 7,
};
#define KNEAD_FLAGS 8

enum knead_cause {
	KNEAD_CAUSE_LIFTED,
	KNEAD_CAUSE_EASED,
	KNEAD_CAUSE_ROLLED,
	KNEAD_CAUSE_STOPPED,
	KNEAD_CAUSE_LOST,
	_KNEAD_CAUSES,
};

enum knead_direction {
	KNEAD_DIRECTION_UNKNOWN,
	KNEAD_DIRECTION_PLUS,
	KNEAD_DIRECTION_MINUS,
};

enum knead_warning_kind {
	KNEAD_WARNING_OVER_SOFT,
	KNEAD_WARNING_OVER_HARD,
	KNEAD_WARNING_LONG_HOLD,
	KNEAD_WARNING_DOSE,
	KNEAD_WARNING_REPRESS_EARLY,
	KNEAD_WARNING_FAST_LOAD,
	_KNEAD_WARNING_KINDS,
};

enum knead_fault_kind {
	KNEAD_FAULT_NO_DATA,
	KNEAD_FAULT_STUCK,
	KNEAD_FAULT_SATURATED,
	KNEAD_FAULT_ZERO_SHIFT,
	KNEAD_FAULT_RATE,
	KNEAD_FAULT_FORMAT,
	KNEAD_FAULT_OVERRUN,
	KNEAD_FAULT_JOURNAL,
	_KNEAD_FAULT_KINDS,
};

#define KNEAD_PULSES_MAX 16 /* hold_ids kept of one pulse set; later pulses are counted, their ids left out */
#define KNEAD_DETAIL_MAX 96

struct knead_hold_start_fields {
	uint32_t hold_id;
	int64_t start_us;
};

struct knead_hold_target_fields {
	uint32_t hold_id;
	double target_s;
};

struct knead_hold_end_fields {
	uint32_t hold_id;
	int64_t start_us, end_us;
	double peak_n, mean_n, min_n, impulse_ns;
	struct knead_maybe peak_kpa;
	int64_t peak_t_us;
	double time_to_peak_s;
	struct knead_maybe onset_n_per_s; /* unknown for a hold without onset (loaded at start, after rolling) */
	struct knead_maybe steadiness_pct, relax_pct, softening_s, breath_per_min;
	uint32_t dips;
	double target_s;
	bool target_met;
	enum knead_cause cause;
};

struct knead_release_fields {
	uint32_t hold_id;
	enum knead_cause cause;
	double duration_s, peak_n, from_n;
	struct knead_maybe peak_kpa;
	struct knead_maybe residual_n, release_n_per_s, fall_s; /* unknown where the data ended (lost) */
};

struct knead_roll_start_fields {
	uint32_t roll_id;
	int64_t start_us;
};

struct knead_stroke_fields {
	uint32_t roll_id, index; /* index from 1 */
	int64_t start_us, end_us;
	enum knead_direction direction;
	struct knead_maybe travel_mm, speed_mm_s;
	double peak_n, mean_n;
};

struct knead_roll_end_fields {
	uint32_t roll_id, strokes;
	int64_t start_us, end_us;
	double cadence_per_min;
	struct knead_maybe travel_mm, speed_mm_s;
	double peak_n, mean_n, impulse_ns;
	struct knead_maybe peak_trend_pct_per_stroke;
	enum knead_cause cause;
};

/* press, tap, impact */
struct knead_press_fields {
	int64_t start_us, end_us;
	double peak_n;
	struct knead_maybe peak_kpa, travel_mm; /* travel_mm is written for a press only */
};

struct knead_pulse_set_fields {
	int64_t start_us, end_us;
	uint32_t pulses;
	double mean_duration_s;
	uint32_t hold_ids[KNEAD_PULSES_MAX];
};

struct knead_press_set_fields {
	int64_t start_us, end_us;
	uint32_t presses;
};

struct knead_percussion_fields {
	int64_t start_us, end_us;
	double rate_hz, mean_n;
};

struct knead_protocol_fields {
	const char *protocol; /* points into the settings of the pipeline, valid as long as the pipeline */
	uint32_t step, of, done, target;
	bool completed;
};

struct knead_session_fields {
	uint32_t session_id;
	/* the rest belongs to session_end only */
	uint32_t holds, holds_met, strokes, rolls;
	double loaded_s, dose_ns, peak_n, longest_hold_s;
};

struct knead_warning_fields {
	enum knead_warning_kind kind;
	double value, limit;
};

struct knead_fault_fields {
	enum knead_fault_kind kind;
	char detail[KNEAD_DETAIL_MAX]; /* printable ASCII, one line */
};

struct knead_event {
	enum knead_event_type type;
	int64_t t_us; /* the instant the event is about */
	int64_t origin_rx_us; /* arrival time of stream time 0 as known then (see pipeline.h), or KNEAD_RX_UNKNOWN */
	double confidence; /* 0..1 */
	uint32_t flags; /* bits of enum knead_flag */
	union {
		struct knead_hold_start_fields hold_start;
		struct knead_hold_target_fields hold_target;
		struct knead_hold_end_fields hold_end;
		struct knead_release_fields release;
		struct knead_roll_start_fields roll_start;
		struct knead_stroke_fields stroke;
		struct knead_roll_end_fields roll_end;
		struct knead_press_fields press;
		struct knead_pulse_set_fields pulse_set;
		struct knead_press_set_fields press_set;
		struct knead_percussion_fields percussion;
		struct knead_protocol_fields protocol;
		struct knead_session_fields session;
		struct knead_warning_fields warning;
		struct knead_fault_fields fault;
	};
};

/* Names as they stand in the records. Each returns a static string, or NULL for a value outside its enum. */
const char *knead_event_type_to_str(enum knead_event_type type);
const char *knead_flag_to_str(enum knead_flag flag);
const char *knead_cause_to_str(enum knead_cause cause);
const char *knead_direction_to_str(enum knead_direction direction); /* "?", "+", "-" */
const char *knead_warning_kind_to_str(enum knead_warning_kind kind);
const char *knead_fault_kind_to_str(enum knead_fault_kind kind);

/* Finds the type of that name; returns false and leaves ret_type alone when there is none. */
bool knead_event_type_from_str(const char *name, enum knead_event_type *ret_type);

/* The topic group of an event: "hold", "release", "stroke", "press", "protocol", "session", "warning" or "fault". */
const char *knead_event_group(enum knead_event_type type);

#endif
