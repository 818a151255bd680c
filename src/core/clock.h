/* SPDX-License-Identifier: MIT */
/*
 * Sample clock: gives each sample its stream time, tells gaps, drops doubles.
 *
 * Sources, best first: the device's own clock; its sequence number with the arrival times; the arrival times through a
 * delay-locked loop on the sample count; the expected rate. Never stretches time over a gap.
 */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <knead/sample.h>
#include <knead/settings.h>

struct clock; /* fields in clock.h below the line once written */

struct clock_tick {
	int64_t t_us; /* stream time: 0 at the first accepted sample */
	int64_t gap_us; /* 0, or the time since the sample before when more than 2.5 periods are missing */
	bool drop; /* a double, or older than the sample before: not to be used */
	bool restarted; /* the device restarted: what was open is lost */
};

#endif
