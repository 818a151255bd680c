/* SPDX-License-Identifier: MIT */
/*
 * What one message of the device says: one reading per cell, in the device's own unit, and what it knows of time.
 * Counts (or the device's unit) and newtons never share a struct: conditioning turns one into the other.
 */
#ifndef KNEAD_SAMPLE_H
#define KNEAD_SAMPLE_H

#include <knead/units.h>

struct knead_sample {
	double raw[KNEAD_CELLS_MAX]; /* reading of each cell: counts, or the device's own unit */
	uint32_t cells; /* how many of raw[] this sample has, 1..KNEAD_CELLS_MAX */
	uint32_t invalid_cells; /* bit i set: cell i had no value in this message (empty field, nan); raw[i] is 0 */
	bool saturated; /* the device itself said overload; raw 2^23-1 and -2^23 are judged later */
	bool has_device_us; /* device_us is valid */
	bool has_seq; /* seq is valid */
	bool tared; /* first sample after the device said that it has tared itself */
	bool restarted; /* first sample after the device restarted (clock stepped back, banner again) */
	int64_t device_us; /* the device's own clock, unwrapped, microseconds, any origin */
	int64_t seq; /* the device's own counter, unwrapped */
	int64_t rx_us; /* when the last byte arrived (host, monotonic), or KNEAD_RX_UNKNOWN */
};

/* Arrival time of bytes that come from a file without arrival times. */
#define KNEAD_RX_UNKNOWN INT64_MIN

#endif
