/* SPDX-License-Identifier: MIT */
/*
 * Counters wrap where their type ends: 32-bit micros after 71.6 minutes (and micros / 1000 printed as ms, at the same
 * moment), 32-bit millis after 49.7 days, 16-bit millis after 65.5 s. A step back is a wrap when it lands within a few
 * steps after one of these ends.
 */
#include <math.h>
#include <stddef.h>

#include "device_time.h"

#define WRAP_STEPS_MAX 50
#define BACK_STEPS_MAX 4
#define TIME_MAX_US 2e18 /* keeps sums within 64 bits; the year 65 000 */

void device_time_init(struct device_time *t, double unit_us, double step)
{
	*t = (struct device_time){ .unit_us = unit_us, .step = step };
}

/* The size of the type that has just wrapped, in units of the column, or 0. */
static double find_wrap(const struct device_time *t, double value)
{
	static const double sizes[] = { 65536, 4294967296.0, 4294967.296, 4294.967296 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		double forward = value + sizes[i] - t->last;

		if (forward > 0 && forward <= WRAP_STEPS_MAX * t->step)
			return sizes[i];
	}
	return 0;
}

bool device_time_push(struct device_time *t, double value, int64_t *ret_us)
{
	double us;

	if (t->known && value < t->last) {
		double wrap = find_wrap(t, value);

		if (wrap > 0 && (double)t->wraps_us + wrap * t->unit_us < TIME_MAX_US)
			t->wraps_us += (int64_t)(wrap * t->unit_us + 0.5);
		else if (t->last - value > BACK_STEPS_MAX * t->step)
			return false;
	}
	if (t->known && !(t->step > 0) && value > t->last)
		t->step = value - t->last;
	us = value * t->unit_us;
	if (!(fabs(us) < TIME_MAX_US))
		return false;
	if (!t->known || value > t->last || t->last - value > BACK_STEPS_MAX * t->step)
		t->last = value;
	t->known = true;
	*ret_us = (int64_t)floor(us + 0.5) + t->wraps_us;
	return true;
}
