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

enum clock_source {
	CLOCK_NONE, /* no sample yet */
	CLOCK_DEVICE, /* the device's own time */
	CLOCK_ARRIVAL, /* arrival times through the loop */
	CLOCK_COUNT, /* samples counted at the expected rate */
};

struct clock_tick {
	int64_t t_us; /* stream time: 0 at the first accepted sample */
	int64_t gap_us; /* 0, or the time since the sample before when that is more than 2.5 periods */
	bool drop; /* a double, or older than the sample before: not to be used; the rest is 0 then */
	bool restarted; /* the device restarted: what was open is lost */
};

struct clock {
	enum clock_source source;
	bool resume; /* the next sample goes on by the host's clock */
	bool rate_assumed;
	double nominal_us; /* period that the settings expect, or 0 */

	int64_t t_us; /* stream time of the last accepted sample */
	double frac_us; /* what rounding took off t_us */
	int64_t rx_us;
	int64_t device_us, seq;
	bool has_seq; /* seq is that of the last accepted sample */

	double period_us; /* 0 = unknown */
	double median_us; /* running median of the device's steps, to keep gaps out of the mean */
	double median_pull; /* how far one step moves the median, as a part of it */
	bool median_up; /* it moved up last */
	uint32_t steps; /* of the device's clock so far; stops at 64 */

	/* the loop: stream time t is expected to arrive at anchor_us + t */
	int64_t anchor_us;
	double lead_us; /* from the last sample to the next, as the loop predicts */
	int64_t loop_start_us; /* stream time at which the loop started, or time jumped: its gain falls from there */
	double locked_us; /* period that acquisition found: the loop stays near it */
	double jitter_us; /* mean distance of arrivals from where they were expected */
	int64_t late_rx_us; /* arrival of the first late sample of a stall */
	double late_us; /* how late it was */
	bool late; /* a stall is open: will a burst catch up? Times may yet jump */
	uint32_t jumps, since_jump; /* jumps in close succession: the rate is another than thought */
	/* acquisition: counts whole batches of samples over their arrival times */
	bool acquiring;
	uint32_t acquire_samples, batch_samples, first_samples;
	int64_t acquire_rx_us;
};

void clock_init(struct clock *c, const struct knead_settings *s);

/* Gives sample its stream time. O(1); times come out in whole microseconds and rise by at least one each. */
void clock_push_any(struct clock *c, const struct knead_sample *sample, struct clock_tick *ret);

/*
 * The same, with the shortest way for what comes in the greatest number: plain numbers from a file, counted at a known
 * period.
 */
static inline void clock_push(struct clock *c, const struct knead_sample *sample, struct clock_tick *ret)
{
	double step_us = c->period_us + c->frac_us;
	int64_t whole_us = (int64_t)(step_us + 0.5);

	if (c->source != CLOCK_COUNT || c->resume || sample->rx_us != KNEAD_RX_UNKNOWN || sample->has_device_us ||
		sample->has_seq || sample->restarted || whole_us < 1) {
		clock_push_any(c, sample, ret);
		return;
	}
	c->frac_us = step_us - (double)whole_us;
	c->t_us += whole_us;
	*ret = (struct clock_tick){ .t_us = c->t_us };
}

/*
 * The port was closed at rx_us (or KNEAD_RX_UNKNOWN): stream time goes on by the host's clock from the last sample to the
 * next one; where arrival times are not known, by one sample period.
 */
void clock_gap(struct clock *c, int64_t rx_us);

double clock_period_us(const struct clock *c); /* sample period, 0 while unknown */
double clock_rate_hz(const struct clock *c); /* 0 while unknown */
bool clock_rate_assumed(const struct clock *c); /* nobody told the rate: 80 samples per second were assumed */
int64_t clock_last_us(const struct clock *c); /* stream time of the last accepted sample; 0 before the first */

#endif
