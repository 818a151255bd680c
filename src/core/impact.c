/* SPDX-License-Identifier: MIT */
/*
 * The rule of detection.md section 10, from 200 samples/s upwards: the peak comes in under 15 ms and the force is below
 * release_n within 0.3 s; or it rings with a change of sign, under -press_n within 100 ms. Below that rate nothing here
 * speaks up, and a drop is a tap.
 */
#include <math.h>
#include <string.h>

#include "impact.h"

#define IMPACT_PERIOD_MAX_US 5050 /* 200 samples/s, with some room for the clock of the device */
#define RISE_MAX_US 15000
#define GONE_MAX_US 300000
#define RING_WITHIN_US 100000
#define PEAK_MIN_FACTOR 2.0 /* a short touch is worth a record from this many press_n on */

void impact_init(struct impact *i, const struct knead_settings *settings)
{
	memset(i, 0, sizeof *i);
	i->settings = settings;
}

void impact_touch(struct impact *i, const struct signal *s, int64_t on_us)
{
	i->watching = s->period_us <= IMPACT_PERIOD_MAX_US;
	i->touch_us = on_us;
	i->touch_peak_us = s->t_us;
	i->touch_peak_n = s->raw_n;
	i->touch_min_n = 0;
}

void impact_push(struct impact *i, const struct signal *s)
{
	if (!i->watching)
		return;
	if (s->raw_n > i->touch_peak_n && !s->saturated) {
		i->touch_peak_n = s->raw_n;
		i->touch_peak_us = s->t_us;
	}
	if (s->raw_n < i->touch_min_n && s->t_us - i->touch_us <= RING_WITHIN_US)
		i->touch_min_n = s->raw_n;
}

bool impact_untouch(struct impact *i, const struct signal *s, int64_t off_us, struct emit *e)
{
	bool quick = i->touch_peak_us - i->touch_us < RISE_MAX_US && off_us - i->touch_us < GONE_MAX_US;
	bool rings = i->touch_min_n < -i->settings->press_n;

	if (!i->watching || s->t_us < off_us)
		return false;
	i->watching = false;
	emit_measure(e, KNEAD_MEASURE_RISE, off_us, knead_us_to_s(i->touch_peak_us - i->touch_us),
		knead_us_to_s(RISE_MAX_US));
	emit_measure(e, KNEAD_MEASURE_FADE, off_us, knead_us_to_s(off_us - i->touch_us), knead_us_to_s(GONE_MAX_US));
	emit_measure(e, KNEAD_MEASURE_RING, off_us, i->touch_min_n, -i->settings->press_n);
	if (i->open) {
		/* the next bounce of the same drop */
		if (off_us - i->touch_us >= GONE_MAX_US)
			return false;
		i->end_us = off_us;
		i->peak_n = fmax(i->peak_n, i->touch_peak_n);
		return true;
	}
	if (!(quick || rings) || i->touch_peak_n < PEAK_MIN_FACTOR * i->settings->press_n)
		return false;
	i->open = true;
	i->start_us = i->touch_us;
	i->end_us = off_us;
	i->peak_n = i->touch_peak_n;
	return true;
}

void impact_flush(struct impact *i, uint32_t flags, struct emit *e)
{
	struct knead_event *event;

	i->watching = false;
	if (!i->open)
		return;
	i->open = false;
	event = emit_event(e, KNEAD_EVENT_IMPACT, i->end_us, 0.9, flags);
	event->press = (struct knead_press_fields){
		.start_us = emit_time(e, i->start_us),
		.end_us = emit_time(e, i->end_us),
		.peak_n = i->peak_n,
		.peak_kpa = knead_n_to_kpa(i->peak_n, i->settings->contact_cm2),
	};
}

bool impact_due(struct impact *i, const struct signal *s, bool idle, uint32_t flags, struct emit *e)
{
	if (!i->open || !idle || s->t_us - i->end_us < knead_s_to_us(i->settings->bridge_s))
		return false;
	impact_flush(i, flags, e);
	return true;
}
