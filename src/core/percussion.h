/* SPDX-License-Identifier: MIT */
/* Percussion: the vibration of a massage gun under load, 15 to 65 Hz. Recognised from 200 samples/s upwards. */
#ifndef CORE_PERCUSSION_H
#define CORE_PERCUSSION_H

#include "emit.h"
#include "signal.h"

struct percussion {
	const struct knead_settings *settings;
	double period_us; /* the gains below are for this */
	double fast_gain, power_gain, load_gain;
	double fast_n, power_n2, load_n; /* 12 ms mean; power of what is above it; load */
	double idle_power_n2;
	bool above; /* side of the 12 ms mean, with hysteresis */
	bool active;
	uint32_t cycles; /* regular ones in a row */
	int64_t first_us, last_us; /* first and last of them */
	double first_impulse_ns, last_impulse_ns;
	int64_t resumed_us; /* the sample after the last gap */
	int64_t missing_us; /* of gaps between first and last, over which it went on */
	uint32_t joins; /* and their number */
	int64_t done_us; /* time of percussion already over in this contact */
};

void percussion_init(struct percussion *p, const struct knead_settings *settings);

/* Whether the sample rate is high enough to see it. */
static inline bool percussion_resolves(double period_us)
{
	return period_us <= 5050; /* 200 samples/s, with some room for the clock of the device */
}

/* A contact begins. */
void percussion_begin(struct percussion *p);

/* Next sample; idle: outside any contact, to learn what the sensor does by itself. Announces what has stopped. */
void percussion_push(struct percussion *p, const struct signal *s, bool idle, uint32_t flags, struct emit *e);

/* The contact ended: announces what is still on. */
void percussion_end(struct percussion *p, uint32_t flags, struct emit *e);

/* Percussion on now, and its time in this contact so far. */
static inline bool percussion_active(const struct percussion *p)
{
	return p->active;
}

static inline int64_t percussion_time_us(const struct percussion *p)
{
	return p->done_us + (p->active ? p->last_us - p->first_us : 0);
}

#endif
