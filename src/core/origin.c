/* SPDX-License-Identifier: MIT */
/*
 * Arrival less stream time is the origin plus a delay that is never negative: its smallest value over a minute or two is the
 * best guess. Only the first sample of what arrived together counts: the rest of a read came when its first byte did, and a
 * capture made by hand may hold everything in one. A smaller value is taken once three in a row say so, a larger
 * one after a whole window, and both only while idle: the times of one contact hang together. Nothing but the bytes and their arrival times goes in, so a
 * replay gives the same.
 */
#include "origin.h"

#define WINDOW_US (60 * KNEAD_US_PER_S)
#define STEP_US 20000 /* corrections smaller than this are not worth a change */
#define START_US (2 * KNEAD_US_PER_S) /* at the start, times may move in a contact too */
#define EARLY_MIN 3

void origin_init(struct origin *o)
{
	*o = (struct origin){
		.rx_us = KNEAD_RX_UNKNOWN,
		.last_rx_us = KNEAD_RX_UNKNOWN,
		.least_us = INT64_MAX,
		.before_us = INT64_MAX,
	};
}

void origin_push(struct origin *o, int64_t t_us, int64_t rx_us, bool idle)
{
	int64_t origin_us = rx_us - t_us, least_us;
	bool whole;

	if (rx_us == KNEAD_RX_UNKNOWN || rx_us == o->last_rx_us)
		return;
	o->last_rx_us = rx_us;
	if (o->rx_us == KNEAD_RX_UNKNOWN) {
		o->rx_us = origin_us;
		o->window_us = rx_us;
		return;
	}
	if (origin_us < o->least_us)
		o->least_us = origin_us;
	o->early = origin_us < o->rx_us - STEP_US ? o->early + 1 : 0;
	whole = rx_us - o->window_us >= WINDOW_US;
	least_us = o->least_us < o->before_us ? o->least_us : o->before_us;
	if (whole) {
		o->before_us = o->least_us;
		o->least_us = INT64_MAX;
		o->window_us = rx_us;
	}
	if (!idle && t_us >= START_US)
		return;
	if (o->early >= EARLY_MIN || (whole && least_us > o->rx_us + STEP_US))
		o->rx_us = least_us;
}
