/* SPDX-License-Identifier: MIT */
/*
 * Where stream time 0 lies on the host's clock: the one number that turns stream time into wall time. Set by the first
 * sample, then corrected from arrivals, so that neither bytes that waited before the port was opened nor a device clock that
 * is off by half a percent make the wall times wrong.
 */
#ifndef CORE_ORIGIN_H
#define CORE_ORIGIN_H

#include <knead/sample.h>

struct origin {
	int64_t rx_us; /* arrival of stream time 0, or KNEAD_RX_UNKNOWN */
	int64_t last_rx_us; /* arrival of the sample before */
	int64_t least_us,
		before_us; /* smallest (arrival - stream time) of this window and of the one before; INT64_MAX: none */
	int64_t window_us; /* arrival at which this window began */
	uint32_t early; /* arrivals in a row that were clearly earlier than the origin allows */
};

void origin_init(struct origin *o);

/* A sample with stream time t_us arrived at rx_us (or KNEAD_RX_UNKNOWN). idle: no contact, so that times may move. */
void origin_push(struct origin *o, int64_t t_us, int64_t rx_us, bool idle);

#endif
