/* SPDX-License-Identifier: MIT */
/*
 * The simulator: a device with load cells that somebody kneads, as a stream of the bytes its port would give, and what
 * truly happened as labels.
 *
 *   timeline -> physics (about 4 kHz) -> cells -> ADC -> frames -> transport -> batches of bytes
 *                     \-> labels (noise-free force and the timeline)
 *
 * It is pure: no clock, no I/O; the seed decides everything. Times of labels are stream time: 0 at the time stamp of the
 * first sample. A time stamp is the moment a conversion completes; what it says is the force delay_ms before, so a
 * physical instant t has the stream time t - (time stamp of the first sample), and a detector that takes delay_ms off
 * has no error by construction.
 */
#ifndef TOOL_SIM_H
#define TOOL_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include <knead/settings.h>

#include "labels.h"

enum sim_scenario {
	SIM_IDLE,
	SIM_HOLD,
	SIM_PULSES,
	SIM_PRESS_SET,
	SIM_STROKES,
	SIM_ROLL,
	SIM_COMPOSITE,
	SIM_TAPS,
	SIM_HANDLING,
	SIM_PERCUSSION,
	SIM_SESSION,
	SIM_MIXED,
	_SIM_SCENARIOS,
};

enum sim_stratum_id { SIM_S0, SIM_S1, SIM_S2, SIM_S3, _SIM_STRATA };

enum sim_format { SIM_K1, SIM_K1B, SIM_COLUMNS, SIM_LABELLED, _SIM_FORMATS };

enum sim_fault {
	SIM_FAULT_DROPOUT, /* many lost samples, and bursts of them */
	SIM_FAULT_DUPLICATE, /* frames sent twice */
	SIM_FAULT_REORDER, /* neighbouring frames swapped */
	SIM_FAULT_STALL, /* the host reads late */
	SIM_FAULT_SPIKE, /* many wrong readings */
	SIM_FAULT_RESET, /* the device starts again, with boot chatter */
	SIM_FAULT_GAP, /* silence of 3 to 6 s */
	SIM_FAULT_WRAP, /* seq and t_us wrap within the capture */
	SIM_FAULT_RECONNECT, /* the port goes away for 2.5 to 8 s, twice */
	SIM_FAULT_BOOT, /* the device is switched on while it is loaded */
	SIM_FAULT_STUCK, /* readings freeze for 4 to 8 s */
	SIM_FAULT_SATURATE, /* the converter is at its end at 40 to 120 N */
	SIM_FAULT_RATE, /* the true rate is three quarters to four thirds of the nominal one */
	SIM_FAULT_DEAD, /* one of several cells reads nothing */
	SIM_FAULT_SWAP, /* two cells are exchanged */
	_SIM_FAULTS,
};

struct sim_options {
	enum sim_scenario scenario;
	enum sim_stratum_id stratum;
	enum sim_format format;
	enum knead_geometry geometry;
	enum knead_profile profile;
	uint32_t faults; /* bits 1 << enum sim_fault */
	uint64_t seed;
	double rate_hz; /* nominal, 5..4000; the true rate differs as real ADCs do */
	uint32_t cells; /* 1..KNEAD_CELLS_MAX */
	double length_s; /* at least SIM_LENGTH_MIN_S */
	double counts_per_n;
};

#define SIM_LENGTH_MIN_S 8.0 /* lead-in and tail of idle, and two seconds */

/* What one read from the port returns, or what happened to the port. bytes stay valid until the next call. */
struct sim_batch {
	int64_t t_us; /* when, from the opening of the port, never going back */
	const char *mark; /* "close" or "open", and no bytes; NULL for bytes */
	const uint8_t *bytes;
	size_t n;
};

struct sim;

/*
 * Checks options: cells and geometry fit, rate in range. Returns 0, or -EINVAL with a sentence in ret_why naming the
 * option at fault.
 */
int sim_options_check(const struct sim_options *o, char *ret_why, size_t why_size);

/* The length in seconds that a scenario has when nothing else is asked for. */
double sim_scenario_length_s(enum sim_scenario scenario);

/* Returns 0 and a simulator for options that pass sim_options_check(), owned by the caller; or -ENOMEM. */
int sim_new(const struct sim_options *o, struct sim **ret);
void sim_free(struct sim *s); /* NULL is fine */

/* Returns 0 and the next batch, 1 at the end of the capture, or -ENOMEM. */
int sim_next(struct sim *s, struct sim_batch *ret);

/* What happened, in order of start; complete once sim_next() has returned 1. Belongs to s. */
const struct labels *sim_labels(const struct sim *s);

/* The header of a capture of this stream: baud, device, note; for capture_writer_new(). NULL when out of memory. */
cJSON *sim_header(const struct sim *s);

/* Names as on the command line; NULL outside the enum. */
const char *sim_scenario_to_str(enum sim_scenario scenario);
const char *sim_stratum_to_str(enum sim_stratum_id stratum);
const char *sim_format_to_str(enum sim_format format);
const char *sim_fault_to_str(enum sim_fault fault);

#endif
