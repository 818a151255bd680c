/* SPDX-License-Identifier: MIT */
/*
 * What can be asked of a running pipeline: other settings, another zero, another scale, an end of the session. Nothing here ends
 * what is open, unless it says so. Like all calls on a pipeline, from one thread.
 */
#ifndef KNEAD_CONTROL_H
#define KNEAD_CONTROL_H

#include <knead/pipeline.h>

/*
 * Takes over target_s, press_n, release_n, hold_min_s, contact_cm2, the limits of the warnings, profile and protocol from
 * settings; the rest stays. A running hold goes on under the new ones. Another protocol, or the same one with other steps,
 * begins at its first step. Returns 0, or -EINVAL for settings that do not pass knead_settings_check(), with nothing changed.
 */
int knead_pipeline_configure(struct knead_pipeline *p, const struct knead_settings *settings);

/* The protocol begins at its first step again, without an event. */
void knead_pipeline_restart_protocol(struct knead_pipeline *p);

/* The mean of one second of samples. */
struct knead_measurement {
	bool done; /* the second is over; until then nothing below is valid */
	uint32_t cells;
	double raw[KNEAD_CELLS_MAX]; /* mean of each cell, in the device's unit */
	double force_n; /* of the sum, by the zero in force (0 while none is known) */
	double sd_n; /* standard deviation of the sum, over means of 50 ms */
	bool saturated; /* a reading at the end of its range was among them */
	bool loaded; /* a contact is open now */
};

/* Begins to measure; a measurement under way begins anew. */
void knead_pipeline_measure(struct knead_pipeline *p);
void knead_pipeline_measured(const struct knead_pipeline *p, struct knead_measurement *ret);

/* Sets the zero of all cells, in the device's unit. */
void knead_pipeline_set_zero(struct knead_pipeline *p, const double *zero_raw);

/* What makes the device tare itself, in ret of KNEAD_TARE_MAX bytes. Returns how many; 0 when it cannot, or nobody knows how. */
#define KNEAD_TARE_MAX 32
size_t knead_pipeline_tare_bytes(const struct knead_pipeline *p, uint8_t *ret);

/* Sets the scale: count numbers (1, or one per cell), none of them 0. Returns 0 or -EINVAL. */
int knead_pipeline_set_scale(struct knead_pipeline *p, const double *counts_per_n, uint32_t count);
/* The scale of each cell in force, counts (or the device's unit) per newton; ret of KNEAD_CELLS_MAX. */
void knead_pipeline_scale(const struct knead_pipeline *p, double *ret_counts_per_n);

/*
 * Ends the running session now, with what is open in it ended as by lost data; what is still loaded then opens the next one.
 * Returns the number of events in out, of at least KNEAD_EVENTS_MIN.
 */
size_t knead_pipeline_end_session(struct knead_pipeline *p, struct knead_event *out, size_t cap);
/* The totals that the view shows of a session that is over are forgotten. */
void knead_pipeline_forget_session(struct knead_pipeline *p);

#endif
