/* SPDX-License-Identifier: MIT */
/* A time that a text format prints as a number: to microseconds, unwrapped, with restarts of the device noticed. */
#ifndef CORE_DEVICE_TIME_H
#define CORE_DEVICE_TIME_H

#include <stdbool.h>
#include <stdint.h>

struct device_time {
	double unit_us; /* microseconds per unit */
	double step; /* usual step in its unit, 0 = unknown */
	bool known;
	double last; /* last number that moved time on */
	int64_t wraps_us; /* what wraps have added */
};

void device_time_init(struct device_time *t, double unit_us, double step);

/*
 * Turns the number of one line into *ret_us. Returns false when it steps back by more than a few usual steps, with no
 * wrap to explain it: the device has restarted, *ret_us is not set. A smaller step back gives an older time.
 */
bool device_time_push(struct device_time *t, double value, int64_t *ret_us);

#endif
