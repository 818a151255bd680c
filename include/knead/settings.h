/* SPDX-License-Identifier: MIT */
/*
 * Everything the core must be told about one device: how to read its bytes, what its numbers mean, where the limits of
 * detection lie. Filled by whoever reads the configuration; copied by knead_pipeline_new().
 */
#ifndef KNEAD_SETTINGS_H
#define KNEAD_SETTINGS_H

#include <stddef.h>

#include <knead/units.h>

#define KNEAD_NAME_MAX 33 /* name of a device, a format, a protocol, with its NUL */
#define KNEAD_TEMPLATE_MAX 256
#define KNEAD_COLUMN_MAX 33
#define KNEAD_COLUMNS_MAX (KNEAD_CELLS_MAX + 1)
#define KNEAD_STEPS_MAX 16

enum knead_unit {
	KNEAD_UNIT_UNSET, /* as the device says, else counts */
	KNEAD_UNIT_COUNTS,
	KNEAD_UNIT_N,
	KNEAD_UNIT_KG,
	KNEAD_UNIT_G,
	KNEAD_UNIT_LB,
	_KNEAD_UNITS,
};

enum knead_time_unit {
	KNEAD_TIME_UNIT_AUTO,
	KNEAD_TIME_UNIT_S,
	KNEAD_TIME_UNIT_MS,
	KNEAD_TIME_UNIT_US,
	_KNEAD_TIME_UNITS,
};

enum knead_geometry {
	KNEAD_GEOMETRY_NONE,
	KNEAD_GEOMETRY_LINE,
	KNEAD_GEOMETRY_RING,
	KNEAD_GEOMETRY_SPHERE,
	_KNEAD_GEOMETRIES,
};

enum knead_profile {
	KNEAD_PROFILE_BALL,
	KNEAD_PROFILE_ROLLER,
	KNEAD_PROFILE_WALL,
	KNEAD_PROFILE_GENTLE,
	_KNEAD_PROFILES,
};

enum knead_step_kind {
	KNEAD_STEP_HOLD, /* one hold of at least seconds; it may go on to seconds_max */
	KNEAD_STEP_PULSES, /* count holds of about seconds */
	KNEAD_STEP_STROKES, /* count_min to count strokes, rolled or lifted */
	KNEAD_STEP_REST, /* seconds without contact */
};

struct knead_step {
	enum knead_step_kind kind;
	double seconds, seconds_max; /* seconds_max: of a hold alone, not below seconds */
	uint32_t count_min, count;
	double within_s; /* strokes: count_min of them since the step before; 0 = no matter when */
};

struct knead_protocol {
	char name[KNEAD_NAME_MAX]; /* "" = no protocol */
	uint32_t steps;
	struct knead_step step[KNEAD_STEPS_MAX];
};

struct knead_settings {
	/* decoding */
	char format[KNEAD_NAME_MAX]; /* "auto" or the name of a format */
	char line_template[KNEAD_TEMPLATE_MAX]; /* only for format "template" */
	enum knead_time_unit time_unit;
	uint32_t columns; /* names or 1-based numbers of time and value columns; 0 = choose */
	char column[KNEAD_COLUMNS_MAX][KNEAD_COLUMN_MAX]; /* first the time column ("-" for none) if columns > cells */
	uint32_t cells; /* 0 = as the stream has it */
	double rate_hz; /* expected rate; 0 = unknown */
	double delay_ms; /* ADC and transport delay, taken off every event time */

	/* counts to newton */
	enum knead_unit unit;
	uint32_t counts_per_n_count; /* 0 = not configured, 1 = the same for all cells, else one per cell */
	double counts_per_n[KNEAD_CELLS_MAX]; /* not 0; negative where the wiring is inverted */
	uint32_t zero_raw_count; /* 0 = unknown, else one per cell */
	double zero_raw[KNEAD_CELLS_MAX]; /* in the device's unit */
	char zero_serial[KNEAD_NAME_MAX]; /* of the device that zero_raw is of, as it says itself; "" = of any */
	double capacity_n; /* of the whole device; readings beyond 1.5 times this are spikes; 0 = unknown */

	/* body */
	enum knead_geometry geometry;
	double cell_mm[KNEAD_CELLS_MAX]; /* line: place of each cell; + strokes go towards larger values */
	double cell_deg[KNEAD_CELLS_MAX]; /* ring: angle of each cell */
	double cell_xyz[KNEAD_CELLS_MAX][3]; /* sphere: direction of each cell, any length but 0 */
	double radius_mm; /* ring and sphere: 0 = unknown, then there is no travel */
	double contact_cm2; /* 0 = pressure off */
	enum knead_profile profile;

	/* detection; all forces in N, all times in s of stream time */
	double press_n, release_n;
	double bridge_s, tap_max_s, hold_min_s, target_s;
	double over_soft_n, over_hard_n; /* 0 = no limit */
	double over_soft_kpa, over_hard_kpa; /* 0 = no limit */
	double long_hold_s, dose_limit_s, rest_min_s, fast_load_n_per_s; /* 0 = off */
	double session_gap_s;
	bool contact_events; /* publish contact_start */
	struct knead_protocol protocol;
};

/*
 * Fills s with the defaults of a profile: press_n 8 N and release_n 5 N (gentle 4 and 2.5), bridge_s 0.5, tap_max_s 0.4,
 * hold_min_s 3, target_s 30 (gentle 60), contact_cm2 10 for ball and wall, 55 for roller and gentle, limits off,
 * long_hold_s 90, dose_limit_s 300, rest_min_s 5, fast_load_n_per_s 1500, session_gap_s 120, format "auto", counts.
 */
void knead_settings_init(struct knead_settings *s, enum knead_profile profile);

/*
 * Checks what no single key can know: release_n <= press_n, geometry has its places, counts_per_n and zero_raw fit
 * cells, tap_max_s < hold_min_s, a known format. Returns 0, or -EINVAL with a sentence for the user in ret_why
 * (at most why_size bytes with NUL; names the key at fault).
 */
int knead_settings_check(const struct knead_settings *s, char *ret_why, size_t why_size);

/* Names as they stand in the configuration. Each returns NULL outside its enum. */
const char *knead_unit_to_str(enum knead_unit unit);
const char *knead_time_unit_to_str(enum knead_time_unit unit);
const char *knead_geometry_to_str(enum knead_geometry geometry);
const char *knead_profile_to_str(enum knead_profile profile);

/* Newtons per one of unit: n 1, kg 9.80665, ...; 0 for counts and unset, whose scale is the user's. */
double knead_unit_n(enum knead_unit unit);

#endif
