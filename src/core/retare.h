/* SPDX-License-Identifier: MIT */
/*
 * Devices that tare themselves: at a button, at their start, or when they are told to. What a cell reads then becomes 0 from one
 * sample to the next, while nothing has moved. The zero of knead goes along, so that no load appears and none is lost.
 *
 *	raw    ----------.                     ^ zero
 *	                 |                     |
 *	  0              '-----------------    v moves to 0
 *
 * Three signs of it:
 *   1. the device says so, in a line of text: within two seconds the reading is 0, or is already;
 *   2. idle, the reading falls on 0 in one step and stays there as still as it was before - a hand takes several steps, and
 *      lands on that very value hardly ever; a wire that is off gives one and the same value, which this does not take for 0;
 *   3. the device has started again, or was just plugged in, and is still at 0.
 * With 1 under a load, what was carried goes on being carried where knead owns the zero; where the device does, it is gone.
 */
#ifndef CORE_RETARE_H
#define CORE_RETARE_H

#include "calib.h"

struct retare {
	uint32_t run; /* samples at the device's own zero so far */
	bool same; /* all of them say the same */
	bool candidate; /* the run began as 2 or 3 says */
	bool fresh; /* the next sample is the first of a device that may have started again */
	double first_raw[KNEAD_CELLS_MAX]; /* of the run */
	int64_t told_until_us; /* 1: by then; INT64_MIN = the device has said nothing */
	bool loaded, device_owns; /* ... with a contact; and its zero is the zero */
};

enum retare_verdict {
	RETARE_NOTHING,
	RETARE_WAIT, /* 3: not certain yet; the sample is to be kept out of detection */
	RETARE_MOVE, /* the zero moves to what ret_zero_raw says */
	RETARE_LOSE, /* ... and what was carried is lost */
};

void retare_init(struct retare *r);
/* The device may have started again: at the beginning, after its restart, when the port was opened. */
void retare_fresh(struct retare *r);
/* It says that it has tared itself. */
void retare_told(struct retare *r, int64_t t_us);

/* Whether it said so lately; then retare_circumstances() is called before each retare_push(). */
static inline bool retare_awaited(const struct retare *r)
{
	return r->told_until_us != INT64_MIN;
}
/* loaded: there is a contact. device_owns: the device's zero is the zero. */
void retare_circumstances(struct retare *r, bool loaded, bool device_owns);

/* For samples that are near 0, or while something is awaited. */
enum retare_verdict retare_look(
	struct retare *r, const struct calib *c, const struct knead_sample *sample, int64_t t_us, double *ret_zero_raw);

#define RETARE_NEAR_N 0.2
#define RETARE_NEAR_SDS 4.0

static inline double retare_near_n(const struct calib *c)
{
	return RETARE_NEAR_N + RETARE_NEAR_SDS * c->zero.noise.sd_n;
}

/* One sample, before calib_push(). ret_zero_raw of KNEAD_CELLS_MAX. */
static inline enum retare_verdict retare_push(
	struct retare *r, const struct calib *c, const struct knead_sample *sample, int64_t t_us, double *ret_zero_raw)
{
	double at_n = sample->raw[0] * c->n_per_raw[0], near_n = retare_near_n(c);

	if (c->state != CALIB_READY)
		return RETARE_NOTHING;
	if (at_n > near_n || at_n < -near_n) {
		r->run = 0;
		r->fresh = false;
		if (!retare_awaited(r))
			return RETARE_NOTHING;
	}
	return retare_look(r, c, sample, t_us, ret_zero_raw);
}

#endif
