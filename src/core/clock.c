/* SPDX-License-Identifier: MIT */
/*
 * Device time is taken as it comes: stream time advances by what the device's clock advances.
 *
 * Without it, samples are assumed to be evenly spaced and arrival times say how. Arrival is late by 0 to 16 ms and bunched,
 * so a second-order delay-locked loop follows it on the sample count (Adriaensen, "Using a DLL to filter time"):
 *
 *	e = arrival - prediction      next prediction += period + b e      period += c e      b = sqrt(2) w, c = w w,
 *	w = 2 pi B Ts, B = 0.1 Hz; four times that during the first 5 s after the start and after a jump, and narrowing to
 *	a fifth of it from 10 s to 50 s: the beat of the sample rate with the latency timer may be as slow as 0.1 Hz (93.7
 *	samples per second and 16 ms), and a wide loop would follow it
 *
 * Before the loop runs, acquisition measures the period over whole batches: the samples of one batch were taken between
 * the arrival of the batch before and its own, so any nominal rate may be wrong.
 *
 * Late samples of a stream without device time:
 *
 *	|  |  |  |              ||||  |  |     a stall: the burst catches up, nothing is lost; times go on as predicted
 *	|  |  |  |              |  |  |  |     a gap: nobody begins to catch up within LOOK_US (or has done so within
 *	                                       STALL_WAIT_US), time jumps to the arrival
 *	|  |  |  |                        |    later than STALL_US: a gap at once
 *
 * The loop learns nothing from late samples. Stream time never goes back: what arrives far too early (an old buffer that
 * is flushed) moves the anchor instead.
 */
#include <math.h>

#include "clock.h"

#define ASSUMED_RATE_HZ 80.0
#define GAP_PERIODS 2.5
#define LOOP_BANDWIDTH_HZ 0.1
#define LOOP_FAST 4.0
#define LOOP_FAST_US 5000000
#define LOOP_SETTLE_US 10000000
#define LOOP_NARROW 0.2
#define LOOP_W_MAX 0.25 /* keeps the loop stable at a few samples per second */
#define LOOP_PULL_MAX 2.0 /* the period stays within this factor of what acquisition found */
#define ACQUIRE_US 400000 /* and at least ACQUIRE_SAMPLES */
#define ACQUIRE_SAMPLES 3
#define STALL_US 2000000
#define EARLY_US 250000
#define ACQUIRE_JUMP_US 1000000
#define JITTER_START_US 8000.0
#define JITTER_TAU_US 1e6
#define JITTER_FACTOR 4.0
#define LOOK_US 32000 /* two ticks of a port that hands over every 16 ms */
#define STALL_WAIT_US 100000
#define JUMPS_MAX 3 /* so many jumps with less than JUMP_SAMPLES between them: measure the rate anew */
#define JUMP_SAMPLES 4
#define PERIOD_MIN_US 1.0
#define PERIOD_MAX_US 60e6
#define STEPS_SETTLED 64
#define MEDIAN_PULL_MIN 0.02
#define MEDIAN_PULL_MAX 0.25
#define DEVICE_STEP_MAX_US (INT64_C(1000000) * 86400 * 366)
#define DEVICE_TIME_MAX_US (1000 * DEVICE_STEP_MAX_US) /* no honest device gets here: its clock is no longer believed */
#define LATE_US 2000000
#define LATE_SAMPLES 64
#define COUNT_MAX 1000000

void clock_init(struct clock *c, const struct knead_settings *s)
{
	*c = (struct clock){
		.rx_us = KNEAD_RX_UNKNOWN,
		.nominal_us = s->rate_hz > 0 ? KNEAD_US_PER_S / s->rate_hz : 0,
	};
}

static double clamp(double x, double low, double high)
{
	return x < low ? low : x > high ? high : x;
}

/* Where the next sample stands if only the count is known. */
static double clock_step_us(const struct clock *c)
{
	if (c->period_us > 0)
		return c->period_us;
	return c->nominal_us > 0 ? c->nominal_us : KNEAD_US_PER_S / ASSUMED_RATE_HZ;
}

/* Moves stream time on by step_us, rounding to whole microseconds without losing the rest. */
static void clock_move(struct clock *c, double step_us)
{
	int64_t whole_us;

	step_us += c->frac_us;
	if (!(step_us >= 1))
		step_us = 1;
	whole_us = (int64_t)(step_us + 0.5);
	c->frac_us = step_us - (double)whole_us;
	c->t_us += whole_us;
}

/* Time since the sample before, when arrival times know it and it is positive; else one period. */
static double clock_host_step_us(const struct clock *c, int64_t rx_us)
{
	if (rx_us != KNEAD_RX_UNKNOWN && c->rx_us != KNEAD_RX_UNKNOWN && rx_us > c->rx_us)
		return (double)(rx_us - c->rx_us);
	return clock_step_us(c);
}

static void clock_acquire(struct clock *c, int64_t rx_us)
{
	c->acquiring = true;
	c->acquire_rx_us = rx_us;
	c->acquire_samples = 0;
	c->first_samples = 1;
	c->batch_samples = 0;
	c->late = false;
	c->jumps = 0;
	c->since_jump = 0;
}

static void clock_anchor(struct clock *c, int64_t rx_us)
{
	c->anchor_us = rx_us - c->t_us;
	c->lead_us = clock_step_us(c);
	c->loop_start_us = c->t_us;
	c->late = false;
}

static enum clock_source clock_source_of(const struct knead_sample *sample)
{
	if (sample->has_device_us)
		return CLOCK_DEVICE;
	return sample->rx_us != KNEAD_RX_UNKNOWN ? CLOCK_ARRIVAL : CLOCK_COUNT;
}

/* The first sample, the first after a closed port, a restart of the device or a change of source. */
static void clock_start(struct clock *c, const struct knead_sample *sample, enum clock_source source)
{
	bool changed = c->source != source;

	if (c->source != CLOCK_NONE)
		clock_move(c, clock_host_step_us(c, sample->rx_us));
	c->source = source;
	c->resume = false;
	c->steps = 0;
	c->rate_assumed = source == CLOCK_COUNT && !(c->nominal_us > 0) && !(c->period_us > 0);
	if (source == CLOCK_COUNT)
		c->period_us = clock_step_us(c);
	if (source == CLOCK_ARRIVAL) {
		clock_anchor(c, sample->rx_us);
		if (changed || c->acquiring)
			clock_acquire(c, sample->rx_us);
	}
}

/* Keeps the period of a device's clock: a median that follows ever faster, and a mean of the steps near it. */
static void clock_learn_step(struct clock *c, double step_us)
{
	bool up;

	step_us = fmin(step_us, PERIOD_MAX_US);
	if (!(c->period_us > 0))
		c->period_us = c->nominal_us > 0 ? c->nominal_us : step_us;
	if (c->steps == 0) {
		c->median_us = c->period_us;
		c->median_pull = MEDIAN_PULL_MIN;
	}
	if (c->steps < STEPS_SETTLED)
		c->steps++;
	up = step_us > c->median_us;
	c->median_pull = up == c->median_up ? fmin(2 * c->median_pull, MEDIAN_PULL_MAX) : MEDIAN_PULL_MIN;
	c->median_up = up;
	c->median_us =
		clamp(c->median_us * (up ? 1 + c->median_pull : 1 - c->median_pull), PERIOD_MIN_US, PERIOD_MAX_US);
	if ((c->median_us > step_us) == up)
		c->median_us = step_us;
	if (c->period_us > 1.5 * c->median_us || c->period_us < 0.67 * c->median_us)
		c->period_us = c->median_us;
	else if (step_us > 0.4 * c->median_us && step_us < 1.75 * c->median_us)
		c->period_us += (step_us - c->period_us) / (c->steps < 64 ? c->steps + 1 : 64);
}

static void clock_by_device(struct clock *c, const struct knead_sample *sample, uint32_t count, struct clock_tick *ret)
{
	int64_t step_us = sample->device_us - c->device_us;
	double period_us = fmax(clock_period_us(c), c->median_us);

	if (period_us > 0 && (double)step_us > GAP_PERIODS * period_us)
		ret->gap_us = step_us;
	c->t_us += step_us;
	c->frac_us = 0;
	clock_learn_step(c, count > 1 ? (double)step_us / count : (double)step_us);
}

static void clock_by_count(struct clock *c, uint32_t count, struct clock_tick *ret)
{
	double step_us = count * c->period_us;

	clock_move(c, step_us);
	if (count > GAP_PERIODS)
		ret->gap_us = (int64_t)(step_us + 0.5);
}

/*
 * Measures the period over whole batches until ACQUIRE_US have passed. Returns whether this sample's time may be taken
 * from the period found so far.
 */
static void clock_acquire_push(struct clock *c, int64_t rx_us, uint32_t count)
{
	if (rx_us > c->rx_us) {
		c->acquire_samples += c->batch_samples;
		if (c->acquire_samples > 0)
			c->period_us = (double)(c->rx_us - c->acquire_rx_us) / c->acquire_samples;
		else if (!(c->nominal_us > 0))
			c->period_us = (double)(rx_us - c->acquire_rx_us) / c->first_samples;
		c->period_us = clamp(clock_step_us(c), PERIOD_MIN_US, PERIOD_MAX_US);
		c->lead_us = c->period_us;
		c->batch_samples = 0;
		if (c->acquire_samples >= ACQUIRE_SAMPLES && c->rx_us - c->acquire_rx_us >= ACQUIRE_US) {
			c->acquiring = false;
			c->locked_us = c->period_us;
			c->jitter_us = JITTER_START_US;
			c->loop_start_us = c->t_us;
		}
	}
	if (rx_us == c->acquire_rx_us)
		c->first_samples += count;
	else
		c->batch_samples += count;
}

/* Time jumps to where the arrival says. */
static void clock_jump(struct clock *c, int64_t rx_us, int64_t before_us, struct clock_tick *ret)
{
	c->t_us = rx_us - c->anchor_us;
	c->frac_us = 0;
	ret->gap_us = c->t_us - before_us;
	c->jumps = c->since_jump <= JUMP_SAMPLES ? c->jumps + 1 : 1;
	c->since_jump = 0;
	clock_anchor(c, rx_us);
	if (c->jumps >= JUMPS_MAX)
		clock_acquire(c, rx_us);
}

/*
 * Whether a late sample proves a gap: far too late, or late for long with no burst that catches up. What is late depends on
 * how unevenly this stream arrives anyway: a batch of 16 ms is no gap at 1000 samples per second.
 */
static bool clock_is_gap(struct clock *c, int64_t rx_us, double error_us)
{
	double limit_us = fmax((GAP_PERIODS - 1) * c->period_us, JITTER_FACTOR * c->jitter_us);

	c->jitter_us += (fmin(fabs(error_us), limit_us) - c->jitter_us) * fmin(c->period_us / JITTER_TAU_US, 0.1);
	if (error_us <= limit_us || error_us <= 0) {
		c->late = false;
		return false;
	}
	if (error_us > STALL_US)
		return true;
	if (!c->late) {
		c->late = true;
		c->late_rx_us = rx_us;
		c->late_us = error_us;
	}
	return rx_us - c->late_rx_us > (error_us > c->late_us / 2 ? LOOK_US : STALL_WAIT_US);
}

/* Bandwidth, as a part of LOOP_BANDWIDTH_HZ, by the time since the loop started or time jumped. */
static double clock_loop_gain(const struct clock *c)
{
	int64_t age_us = c->t_us - c->loop_start_us;

	if (age_us < LOOP_FAST_US)
		return LOOP_FAST;
	return fmax(LOOP_NARROW, fmin(1, (double)LOOP_SETTLE_US / (double)age_us));
}

static void clock_loop(struct clock *c, double error_us, uint32_t count)
{
	double gain = clock_loop_gain(c);
	double w = 2 * M_PI * LOOP_BANDWIDTH_HZ * gain * c->period_us / KNEAD_US_PER_S;

	if (w > LOOP_W_MAX)
		w = LOOP_W_MAX;
	c->period_us += w * w * error_us / count;
	if (c->locked_us > 0)
		c->period_us = clamp(c->period_us, c->locked_us / LOOP_PULL_MAX, c->locked_us * LOOP_PULL_MAX);
	c->lead_us = c->period_us + M_SQRT2 * w * error_us;
}

static void clock_by_arrival(struct clock *c, int64_t rx_us, uint32_t count, struct clock_tick *ret)
{
	int64_t before_us = c->t_us;
	double error_us;

	if (rx_us < c->rx_us)
		rx_us = c->rx_us;
	if (c->acquiring)
		clock_acquire_push(c, rx_us, count);
	clock_move(c, c->lead_us + (count - 1) * clock_step_us(c));
	error_us = (double)(rx_us - c->anchor_us - c->t_us) - c->frac_us;
	c->since_jump++;

	if (c->acquiring) {
		/* half of the error at once: the period may still be far off, and lateness has no meaning yet */
		if (error_us > ACQUIRE_JUMP_US)
			clock_jump(c, rx_us, before_us, ret);
		else
			c->lead_us = clock_step_us(c) + 0.5 * clamp(error_us, -clock_step_us(c), EARLY_US);
		return;
	}
	if (clock_is_gap(c, rx_us, error_us)) {
		clock_jump(c, rx_us, before_us, ret);
	} else if (error_us < -EARLY_US) {
		clock_anchor(c, rx_us);
		clock_acquire(c, rx_us);
	} else if (c->late) {
		c->lead_us = c->period_us;
	} else {
		clock_loop(c, error_us, count);
	}
	if (count > GAP_PERIODS && ret->gap_us == 0)
		ret->gap_us = c->t_us - before_us;
}

/* Samples since the last one by the device's counter; 1 without one. */
static int64_t clock_count(const struct clock *c, const struct knead_sample *sample)
{
	return sample->has_seq && c->has_seq ? sample->seq - c->seq : 1;
}

/*
 * A double or one that was overtaken: not newer than the last, and not so much older that counter and clock must have been
 * set anew.
 */
static bool clock_is_late(const struct clock *c, const struct knead_sample *sample)
{
	int64_t count = clock_count(c, sample);

	if (c->source == CLOCK_DEVICE && sample->device_us <= c->device_us)
		return c->device_us - sample->device_us <= LATE_US;
	return count <= 0 && count >= -LATE_SAMPLES;
}

/* Whether stream time goes on from the sample before by source and counter; if not, by the host's clock. */
static bool clock_goes_on(const struct clock *c, const struct knead_sample *sample, enum clock_source source)
{
	if (c->source != source || c->resume || sample->restarted)
		return false;
	if (source == CLOCK_DEVICE)
		return sample->device_us > c->device_us && sample->device_us - c->device_us < DEVICE_STEP_MAX_US &&
		       c->t_us < DEVICE_TIME_MAX_US;
	return clock_count(c, sample) > 0;
}

void clock_push_any(struct clock *c, const struct knead_sample *sample, struct clock_tick *ret)
{
	enum clock_source source = clock_source_of(sample);
	bool first = c->source == CLOCK_NONE, goes_on = clock_goes_on(c, sample, source);
	int64_t before_us = c->t_us, count = clock_count(c, sample);

	*ret = (struct clock_tick){ .restarted = sample->restarted && !first };
	if (!goes_on && source == c->source && !c->resume && !sample->restarted && clock_is_late(c, sample)) {
		ret->drop = true;
		return;
	}
	if (count < 1 || count > COUNT_MAX)
		count = 1;
	if (!goes_on) {
		double period_us = first ? 0 : clock_period_us(c);

		clock_start(c, sample, source);
		if (period_us > 0 && (double)(c->t_us - before_us) > GAP_PERIODS * period_us)
			ret->gap_us = c->t_us - before_us;
	} else if (source == CLOCK_DEVICE) {
		clock_by_device(c, sample, (uint32_t)count, ret);
	} else if (source == CLOCK_ARRIVAL) {
		clock_by_arrival(c, sample->rx_us, (uint32_t)count, ret);
	} else {
		clock_by_count(c, (uint32_t)count, ret);
	}
	c->device_us = sample->device_us;
	c->seq = sample->seq;
	c->has_seq = sample->has_seq;
	if (c->rx_us == KNEAD_RX_UNKNOWN || sample->rx_us > c->rx_us)
		c->rx_us = sample->rx_us;
	ret->t_us = c->t_us;
}

void clock_gap(struct clock *c, int64_t rx_us)
{
	(void)rx_us; /* only the arrival of samples counts: bytes that gave none say nothing about time */
	c->resume = c->source != CLOCK_NONE;
}

double clock_period_us(const struct clock *c)
{
	return c->source == CLOCK_NONE ? c->nominal_us : c->period_us > 0 ? c->period_us : c->nominal_us;
}

double clock_rate_hz(const struct clock *c)
{
	return c->source != CLOCK_NONE && c->period_us > 0 ? KNEAD_US_PER_S / c->period_us : 0;
}

bool clock_rate_assumed(const struct clock *c)
{
	return c->rate_assumed;
}

int64_t clock_last_us(const struct clock *c)
{
	return c->t_us;
}
