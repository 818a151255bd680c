/* SPDX-License-Identifier: MIT */
/*
 * Vibration above a 12 ms mean: strong enough (2 N, 4.5 % of the load, five times what the sensor does when idle), with
 * regular cycles of 15 to 65 Hz by its crossings, for half a second. From its first to its last cycle. A gap is bridged when
 * the cycles go on after it.
 */
#include <math.h>
#include <string.h>

#include "percussion.h"

#define FAST_TAU_US 12000.0
#define POWER_TAU_US 60000.0
#define LOAD_TAU_US 300000.0
#define IDLE_TAU_US 2000000.0
#define LEVEL_MIN_N 2.0
#define LEVEL_SHARE 0.045
#define LEVEL_IDLE 5.0
#define SIDE_SHARE 0.3 /* of the rms: hysteresis of the crossings */
#define CYCLE_MIN_US 14500 /* 65 Hz, with room for one sample */
#define CYCLE_MAX_US 72000 /* 15 Hz */
#define MEAN_MIN_US 15100 /* one cycle may be shorter or longer by a sample, their mean may not */
#define MEAN_MAX_US 68000
#define LASTING_US 500000
#define CYCLES_MIN 7

void percussion_init(struct percussion *p, const struct knead_settings *settings)
{
	memset(p, 0, sizeof *p);
	p->settings = settings;
}

void percussion_begin(struct percussion *p)
{
	p->active = false;
	p->cycles = 0;
	p->done_us = 0;
	p->power_n2 = 0;
}

static void set_gains(struct percussion *p, double period_us)
{
	p->period_us = period_us;
	p->fast_gain = 1 - exp(-period_us / FAST_TAU_US);
	p->power_gain = 1 - exp(-period_us / POWER_TAU_US);
	p->load_gain = 1 - exp(-period_us / LOAD_TAU_US);
}

void percussion_end(struct percussion *p, uint32_t flags, struct emit *e)
{
	double seconds = knead_us_to_s(p->last_us - p->first_us);
	struct knead_event *event;

	if (p->cycles > 1)
		emit_measure(e, KNEAD_MEASURE_CYCLES, p->last_us, seconds, knead_us_to_s(LASTING_US));
	if (p->active && seconds > 0) {
		event = emit_event(
			e, KNEAD_EVENT_PERCUSSION_END, p->last_us, 0.9, flags & ~(uint32_t)KNEAD_FLAG_PERCUSSION);
		event->percussion = (struct knead_percussion_fields){
			.start_us = emit_time(e, p->first_us),
			.end_us = emit_time(e, p->last_us),
			.rate_hz = (p->cycles - 1 - p->joins) / (seconds - knead_us_to_s(p->missing_us)),
			.mean_n = (p->last_impulse_ns - p->first_impulse_ns) / seconds,
		};
		p->done_us += p->last_us - p->first_us;
	}
	p->active = false;
	p->cycles = 0;
}

/* An upward crossing of the 12 ms mean: one cycle since the one before. */
static void cycle(struct percussion *p, const struct signal *s, uint32_t flags, struct emit *e)
{
	int64_t length_us = s->t_us - p->last_us, seen_us, whole;

	if (p->cycles > 0 && p->resumed_us > p->last_us) {
		p->missing_us += length_us;
		p->joins++;
	} else if (p->cycles > 0 && (length_us < CYCLE_MIN_US - (int64_t)p->period_us || length_us > CYCLE_MAX_US)) {
		if (length_us < CYCLE_MIN_US && p->active)
			return; /* a ripple inside a cycle */
		percussion_end(p, flags, e);
	}
	if (p->cycles == 0) {
		p->first_us = s->t_us;
		p->first_impulse_ns = s->impulse_ns;
		p->missing_us = p->joins = 0;
	}
	p->cycles++;
	p->last_us = s->t_us;
	p->last_impulse_ns = s->impulse_ns;
	seen_us = p->last_us - p->first_us - p->missing_us;
	whole = p->cycles - 1 - p->joins;
	if (p->cycles >= CYCLES_MIN && seen_us >= LASTING_US && seen_us >= MEAN_MIN_US * whole &&
		seen_us <= MEAN_MAX_US * whole)
		p->active = true;
}

void percussion_push(struct percussion *p, const struct signal *s, bool idle, uint32_t flags, struct emit *e)
{
	double above_n, level_n2;
	int64_t seen_us;

	if (p->period_us != s->period_us)
		set_gains(p, s->period_us);
	p->fast_n += p->fast_gain * (s->raw_n - p->fast_n);
	above_n = s->raw_n - p->fast_n;
	if (idle) {
		p->idle_power_n2 +=
			s->period_us / IDLE_TAU_US * (fmin(above_n * above_n, LEVEL_MIN_N) - p->idle_power_n2);
		p->load_n = 0;
		return;
	}
	p->power_n2 += p->power_gain * (above_n * above_n - p->power_n2);
	p->load_n += p->load_gain * (s->raw_n - p->load_n);
	level_n2 = fmax(LEVEL_MIN_N * LEVEL_MIN_N, LEVEL_SHARE * LEVEL_SHARE * p->load_n * p->load_n);
	level_n2 = fmax(level_n2, LEVEL_IDLE * LEVEL_IDLE * p->idle_power_n2);
	emit_measure(e, KNEAD_MEASURE_VIBRATION, s->t_us, sqrt(p->power_n2), sqrt(level_n2));
	if (s->gap)
		p->resumed_us = s->t_us;
	seen_us = p->resumed_us > p->last_us ? p->resumed_us : p->last_us;
	if (p->power_n2 < level_n2 || s->t_us - seen_us > CYCLE_MAX_US) {
		if (p->cycles > 0)
			percussion_end(p, flags, e);
		if (p->power_n2 < level_n2)
			return;
	}
	if (p->above && above_n < 0 && above_n * above_n > SIDE_SHARE * SIDE_SHARE * p->power_n2) {
		p->above = false;
	} else if (!p->above && above_n > 0 && above_n * above_n > SIDE_SHARE * SIDE_SHARE * p->power_n2) {
		p->above = true;
		cycle(p, s, flags, e);
	}
}
