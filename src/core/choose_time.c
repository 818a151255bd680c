/* SPDX-License-Identifier: MIT */
/*
 * Seconds, milliseconds or microseconds? The first of these that answers:
 *
 *	1. time_unit of the settings
 *	2. the name: time_ms, Time[s], ElapsedSeconds, micros
 *	3. how fast lines arrived, when that is known: the unit that fits within a factor of 4
 *	4. rate_hz of the settings, the same way
 *	5. plausibility: a date as seconds since 1970 has ten digits (13 in ms, 16 in us); with decimals and steps below 5: s;
 *	   steps up to 1000: ms; above: us; but steps of 500 to 1000 are us when many lines arrived at once. Whole numbers
 *	   with steps of 2 to 5 are ms, since whole seconds would be slower than anything that can be detected.
 *
 * A column whose steps are all exactly 1 is a counter, unless time_unit or rate_hz say that it is a clock.
 */
#include <math.h>

#include "channel_name.h"
#include "choose.h"

#define US_PER_MS 1e3
#define FIT_FACTOR 4.0
#define S_STEP_MAX 5.0
#define MS_STEP_MAX 1000.0
#define MS_BURST_STEP_MAX 500.0
#define EPOCH_S_MIN 1e9 /* 2001 */
#define EPOCH_S_MAX 1e10

bool choose_is_clock(const struct channel *c, const struct knead_settings *settings)
{
	bool forced = settings->time_unit != KNEAD_TIME_UNIT_AUTO;

	if (c->count < 2 || c->falls > 0 || c->words & CHANNEL_OTHER)
		return false;
	/* whole numbers may stand still now and then, when rows come faster than the clock ticks */
	if (c->plain ? 2 * c->rises < c->count - 1 : c->rises < c->count - 1)
		return false;
	return forced || !(c->plain && c->units == c->rises) || settings->rate_hz >= 500;
}

/* The unit in which a step is nearest to period_us, or 0 when none is near. */
static double fit(double step, double period_us)
{
	static const double units_us[] = { KNEAD_US_PER_S, US_PER_MS, 1 };

	for (unsigned i = 0; i < 3; i++) {
		double ratio = step * units_us[i] / period_us;

		if (ratio <= FIT_FACTOR && ratio >= 1 / FIT_FACTOR)
			return units_us[i];
	}
	return 0;
}

static double plausible(const struct channel *c, double step, bool burst)
{
	double last = fabs(c->last);

	if (last >= EPOCH_S_MIN && last < EPOCH_S_MAX && step < S_STEP_MAX)
		return KNEAD_US_PER_S;
	if (last >= EPOCH_S_MIN * 1e3 && last < EPOCH_S_MAX * 1e3)
		return US_PER_MS;
	if (last >= EPOCH_S_MIN * 1e6 && last < EPOCH_S_MAX * 1e6)
		return 1;
	if (!c->plain && step < S_STEP_MAX)
		return KNEAD_US_PER_S;
	return step <= (burst ? MS_BURST_STEP_MAX : MS_STEP_MAX) ? US_PER_MS : 1;
}

double choose_time_unit(const struct channel *c, const struct knead_settings *settings, struct arrival arrival)
{
	double step = channel_step(c), unit_us = 0;

	switch (settings->time_unit) {
	case KNEAD_TIME_UNIT_S:
		return KNEAD_US_PER_S;
	case KNEAD_TIME_UNIT_MS:
		return US_PER_MS;
	case KNEAD_TIME_UNIT_US:
		return 1;
	case KNEAD_TIME_UNIT_AUTO:
	case _KNEAD_TIME_UNITS:
		break;
	}
	if (c->words & CHANNEL_IN_US)
		return 1;
	if (c->words & CHANNEL_IN_MS)
		return US_PER_MS;
	if (c->words & CHANNEL_IN_S)
		return KNEAD_US_PER_S;
	if (arrival.step_us > 0 && step > 0)
		unit_us = fit(step, arrival.step_us);
	if (!(unit_us > 0) && settings->rate_hz > 0 && step > 0)
		unit_us = fit(step, KNEAD_US_PER_S / settings->rate_hz);
	return unit_us > 0 ? unit_us : plausible(c, step, arrival.burst);
}
