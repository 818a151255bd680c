/* SPDX-License-Identifier: MIT */
/*
 *          high
 *          /\        /\        a swing counts where it has gone its size away from the last high or low
 *         /  \2     /  \4
 *     ___/1   \    /3   \__
 *          low \__/
 */
#include <string.h>

#include "doubt.h"

#define PACE_MIN_US 350000 /* events.md: reversals of a roll are 0.35 to 6.5 s apart */
#define PACE_MAX_US 6500000

void doubt_begin(struct doubt *d)
{
	memset(d, 0, sizeof *d);
}

static void swing(struct doubt *d, int sign, int64_t t_us, double u)
{
	bool in_pace = t_us - d->swing_us >= PACE_MIN_US && t_us - d->swing_us <= PACE_MAX_US;

	d->swings = d->sign != 0 && in_pace ? d->swings + 1 : 1;
	d->sign = sign;
	d->swing_us = t_us;
	d->high = d->low = u;
}

void doubt_push(struct doubt *d, int64_t t_us, double u, double size, uint32_t swings)
{
	if (!d->begun) {
		d->high = d->low = u;
		d->begun = true;
	}
	d->high = u > d->high ? u : d->high;
	d->low = u < d->low ? u : d->low;
	if (d->sign >= 0 && d->high - u >= size)
		swing(d, -1, t_us, u);
	else if (d->sign <= 0 && u - d->low >= size)
		swing(d, 1, t_us, u);
	d->by_prior |= d->swings >= swings;
}

void doubt_settle(struct doubt *d, bool by_prior)
{
	doubt_begin(d);
	d->by_prior = by_prior;
}
