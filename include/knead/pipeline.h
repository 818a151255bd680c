/* SPDX-License-Identifier: MIT */
/*
 * Bytes in, events out: the whole of knead between a serial port and MQTT, as a pure machine.
 *
 *   bytes -> frame -> clock -> calib -> signal -> contact, hold, stroke, ... -> struct knead_event
 *
 * It does no I/O, asks no clock, logs nothing and allocates nothing after knead_pipeline_new(). Serial port, capture
 * replay, benchmark, fuzzer and test all enter here, so the same bytes with the same arrival times give the same events
 * in any chunking. Time is data: live callers pass the monotonic clock, replay passes what the capture says.
 *
 *	out = events[]                       n = knead_pipeline_push(p, bytes, len, rx_us, &used, out, cap)
 *	loop until used == len               n = knead_pipeline_advance(p, now_us, out, cap) at knead_pipeline_deadline_us(p)
 *	port closed                          n = knead_pipeline_gap(p, rx_us, out, cap)
 *	end of input                         n = knead_pipeline_end(p, out, cap)
 */
#ifndef KNEAD_PIPELINE_H
#define KNEAD_PIPELINE_H

#include <stddef.h>

#include <knead/event.h>
#include <knead/format.h>
#include <knead/k1.h>
#include <knead/sample.h>
#include <knead/settings.h>

struct knead_pipeline;

/* out[] must hold at least this many events; no single sample, deadline, gap or end causes more. */
#define KNEAD_EVENTS_MIN 64

enum knead_phase {
	KNEAD_PHASE_IDLE,
	KNEAD_PHASE_TOUCH,
	KNEAD_PHASE_HOLDING,
	KNEAD_PHASE_EASED,
	KNEAD_PHASE_ROLLING,
	KNEAD_PHASE_PERCUSSION,
	KNEAD_PHASE_OVERLOAD,
	_KNEAD_PHASES,
};

/* What is true now, for the state, live and diag topics. A snapshot; costs nothing while nobody asks. */
struct knead_view {
	bool has_samples; /* at least one accepted sample; false: nothing below is known but stats and format */
	bool online; /* samples arrive: none of no_data, gap or end since the last one */
	int64_t t_us; /* stream time of the last sample (not corrected by delay_ms) */
	int64_t origin_rx_us; /* where stream time 0 lies among the arrival times, by all arrivals so far, or KNEAD_RX_UNKNOWN */
	uint64_t samples; /* accepted by detection */
	double force_n; /* despiked sum, signed */
	struct knead_maybe pressure_kpa;
	enum knead_phase phase;
	bool holding; /* a hold is shown (confirmed, or probable from 1.5 s) */
	bool in_use; /* a session is running */
	uint32_t hold_id; /* of the confirmed hold, or of the next one; 0 = none yet */
	int64_t hold_since_us; /* start of the shown hold; valid while holding */
	double target_s;
	double cadence_per_min; /* of the running roll, 0 = none */
	struct knead_protocol_fields
		protocol; /* the step under way, from 1 (0 = no protocol); completed: all of them are */
	struct {
		bool known, active;
		int64_t start_us;
		struct knead_session_fields totals;
	} session;
	/* diagnosis */
	double rate_hz; /* measured; 0 = not yet known */
	bool rate_assumed; /* neither the device, nor arrival times, nor the settings tell the rate: 80 per second was assumed */
	bool calibrated; /* the scale comes from the settings, the unit or the device; false: one count is taken as 1 N */
	double noise_n; /* standard deviation of the idle force; 0 = not yet known */
	uint32_t cells;
	bool zero_known;
	double zero_raw[KNEAD_CELLS_MAX]; /* the zero in force, in the device's unit */
	char zero_serial[KNEAD_NAME_MAX]; /* of the device whose zero it is; "" = it never said */
	double zero_drift_n; /* how far the zero has moved since start, or since the device tared itself */
	bool device_zero; /* the device's own zero is the zero: it says a force or a mass, and can be told to tare */
	uint64_t tares; /* how often the device has tared itself */
	bool overload;
	uint64_t gaps; /* gaps seen */
	uint32_t fault; /* bits 1 << enum knead_fault_kind that are present now */
	const char *format; /* recognised format, or NULL */
	bool has_info;
	struct knead_k1_info info; /* the device's own description, when has_info */
	struct knead_frame_stats stats;
};

/* What was measured where a decision falls, and against which limit; units as said, value first. */
enum knead_measure {
	KNEAD_MEASURE_NONE, /* nothing: a step of a state machine */
	KNEAD_MEASURE_FORCE, /* every sample: the force that levels are compared with; the level of the hold so far (N; 0 = none) */
	KNEAD_MEASURE_SPIKE, /* a reading was taken out: how far off it was (N; 0 = beyond the capacity); no limit */
	KNEAD_MEASURE_GAP, /* time without a sample before this one; the longest that is bridged (s) */
	KNEAD_MEASURE_PRIOR, /* factor on the size of a stroke by what the protocol expects; 1 */
	KNEAD_MEASURE_SWING, /* pass between two reversals; size of a stroke (mm or degrees; one cell: percent of the mean) */
	KNEAD_MEASURE_SWINGS, /* passes in a row so far; how many a roll needs */
	KNEAD_MEASURE_SMALLEST, /* smallest of the newest passes, in sizes of a stroke; 1 */
	KNEAD_MEASURE_EVENNESS, /* largest over smallest of them; the most that is one movement */
	KNEAD_MEASURE_PACE, /* longest over shortest time between their ends; the most that is one movement */
	KNEAD_MEASURE_SHORTEST, /* shortest of these times; the least that is rolling (s) */
	KNEAD_MEASURE_LONGEST, /* longest of these times; the most that is rolling (s) */
	KNEAD_MEASURE_VIBRATION, /* every sample under load that resolves it: rms above the short mean; what percussion needs (N) */
	KNEAD_MEASURE_CYCLES, /* regular vibration ended: how long it was; what percussion needs (s) */
	KNEAD_MEASURE_RISE, /* a touch ended: time from its start to its peak; what an impact stays under (s) */
	KNEAD_MEASURE_FADE, /* ... time from its start to its end; what an impact stays under (s) */
	KNEAD_MEASURE_RING, /* ... how far it swung below 0; what an impact goes beyond (N) */
	_KNEAD_MEASURES,
};

/*
 * One step of a state machine, or one measurement, for explanations and tests. Names are static strings. Times are those of
 * the events (delay_ms is taken off). Told as the sample is looked at: the last KNEAD_MEASURE_FORCE says which one that is.
 */
struct knead_trace {
	const char *machine, *from, *input, *to; /* NULL with a measurement */
	int64_t t_us;
	enum knead_measure measure;
	double value, limit;
};
typedef void (*knead_trace_fn)(void *user, const struct knead_trace *trace);

/*
 * Allocates a pipeline for settings (copied; must pass knead_settings_check()). Returns 0 and the pipeline in ret, owned by
 * the caller; -EINVAL for bad settings, -ENOMEM. This is the only function here that allocates.
 */
int knead_pipeline_new(const struct knead_settings *settings, struct knead_pipeline **ret);
void knead_pipeline_free(struct knead_pipeline *p); /* NULL is fine */

/*
 * Feeds n bytes that arrived at rx_us (microseconds, monotonic, any origin; the same for a whole file without times:
 * KNEAD_RX_UNKNOWN). rx_us must not go back; if it does, the largest so far counts. Deadlines before rx_us fire first.
 * Writes at most cap (>= KNEAD_EVENTS_MIN) events to out, returns how many, and in ret_used how many bytes were taken:
 * less than n only when out is nearly full: call again with the rest and the same rx_us.
 */
size_t knead_pipeline_push(struct knead_pipeline *p, const void *bytes, size_t n, int64_t rx_us, size_t *ret_used,
	struct knead_event *out, size_t cap);

/* Feeds one decoded sample, past the framing. For tests and benchmarks of detection. Returns the number of events. */
size_t knead_pipeline_push_sample(
	struct knead_pipeline *p, const struct knead_sample *sample, struct knead_event *out, size_t cap);

/*
 * Says that it is now_us and no byte has come. Fires what is due: no_data, the end of what was open, the session's end.
 * Returns the number of events. knead_pipeline_deadline_us() is when to call next, INT64_MAX for never.
 */
size_t knead_pipeline_advance(struct knead_pipeline *p, int64_t now_us, struct knead_event *out, size_t cap);
int64_t knead_pipeline_deadline_us(const struct knead_pipeline *p);

/*
 * The port is closed or bytes were lost at rx_us: everything open ends at the last real sample with cause lost (the session
 * goes on until its own gap). Recognition starts again; zero, ids and stream time go on. Returns the number of events.
 */
size_t knead_pipeline_gap(struct knead_pipeline *p, int64_t rx_us, struct knead_event *out, size_t cap);

/* End of input: ends everything open with cause lost, the session last. Nothing may be pushed afterwards. */
size_t knead_pipeline_end(struct knead_pipeline *p, struct knead_event *out, size_t cap);

void knead_pipeline_view(const struct knead_pipeline *p, struct knead_view *ret);

/* The phase alone: cheap enough to ask after every push. */
enum knead_phase knead_pipeline_phase(const struct knead_pipeline *p);

/*
 * Sets who is told of every step of the state machines and of what they measured; NULL for nobody, which costs nothing. The
 * callee may ask for knead_pipeline_view(), and must not push.
 */
void knead_pipeline_set_trace(struct knead_pipeline *p, knead_trace_fn fn, void *user);

/* "idle", "touch", "holding", ...; NULL outside the enum. */
const char *knead_phase_to_str(enum knead_phase phase);

#endif
