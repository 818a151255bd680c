/* SPDX-License-Identifier: MIT */
/*
 * Impacts: a drop on the device, told from a tap by how fast its peak comes and how it rings. One bounce may touch several
 * times, each too short for a contact; they are one impact.
 */
#ifndef CORE_IMPACT_H
#define CORE_IMPACT_H

#include "emit.h"
#include "signal.h"

struct impact {
	const struct knead_settings *settings;
	bool open; /* an impact, waiting for its ringing to end */
	bool watching; /* a touch is being watched */
	int64_t start_us, end_us;
	double peak_n;
	int64_t touch_us, touch_peak_us;
	double touch_peak_n, touch_min_n;
};

void impact_init(struct impact *i, const struct knead_settings *settings);

/* A touch began at on_us. */
void impact_touch(struct impact *i, const struct signal *s, int64_t on_us);

/* Next sample, contact or not. */
void impact_push(struct impact *i, const struct signal *s);

/*
 * The touch or contact that began at impact_touch() ended at off_us. Returns true when it was an impact or part of one; it
 * is announced by impact_due() once it has rung out.
 */
bool impact_untouch(struct impact *i, const struct signal *s, int64_t off_us, struct emit *e);

/* True once the impact is over at the signal's time: announced into e. */
bool impact_due(struct impact *i, const struct signal *s, bool idle, uint32_t flags, struct emit *e);

/* Announces what is open, because data ended. */
void impact_flush(struct impact *i, uint32_t flags, struct emit *e);

#endif
