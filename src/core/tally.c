/* SPDX-License-Identifier: MIT */
/*
 * Statistics of a hold. Mean = impulse / duration, trapezoids over [start, end]. Steadiness is 100 % less the coefficient of
 * variation about the relaxation trend; the trend is the least-squares line of force on ln(1 + t), which relaxing tissue
 * follows (detection.md 3.3 and 11). Its sums go about the means, so that they lose nothing to a large force.
 */
#include <math.h>
#include <string.h>

#include "tally.h"

#define BLOCK_US 50000
#define CREST_BLOCKS 4
#define DIPS_MAX 0x7fff /* told of one hold */
#define TICK_US 20 /* of times that are kept in 32 bits: twelve hours of it fit, and later is then */
#define LOCAL_TAU_S 0.7
#define ONSET_OVER 1.015 /* the onset is over when a block is no more than this above the one before: 30 % per second */
#define LOCAL_SHARE 0.85 /* under this share of the local level the force is falling */
#define MIN_SHARE 0.98 /* back at this share of it, what was lower before lies inside the hold */
#define ONSET_MIN_US 150000
#define LOCAL_GIVEUP_US 1000000 /* ... and after this long it is a new level */
#define LEVEL_SHARE 0.55
#define TREND_FROM_S 2.0
#define TREND_MIN_S 10.0

void tally_start(struct tally *t, int64_t start_us, double impulse_ns, double force_n)
{
	uint16_t tally = (uint16_t)(t->now.tally + 1);

	memset(t, 0, sizeof *t);
	t->now.tally = tally;
	t->start_us = t->block_start_us = t->local_ok_us = t->settle_us = start_us;
	t->start_impulse_ns = t->block_start_ns = impulse_ns;
	t->level_n = force_n;
	t->now.began_us = t->now.t_us = t->now.peak_us = start_us;
	t->now.impulse_ns = impulse_ns;
	t->now.peak_n = t->recent_min_n = t->now.local_n = force_n;
	t->fallen_n = (float)force_n;
	breath_start(&t->breath, start_us, impulse_ns);
}

static void fit_block(struct tally_mark *m, double since_start_s, double mean_n)
{
	double x = log1p(since_start_s), off_x = x - m->fit_x, off_y = mean_n - m->fit_y;

	m->fit_count += 1;
	m->fit_x += off_x / m->fit_count;
	m->fit_y += off_y / m->fit_count;
	m->fit_xx += off_x * (x - m->fit_x);
	m->fit_xy += off_x * (mean_n - m->fit_y);
	m->fit_yy += off_y * (mean_n - m->fit_y);
}

/* A time since the tally began, in ticks, and back. */
static int32_t ticks_of(const struct tally_mark *m, int64_t t_us)
{
	int64_t ticks = (t_us - m->began_us) / TICK_US;

	return ticks < INT32_MAX ? (int32_t)ticks : INT32_MAX;
}

static int64_t time_of(const struct tally_mark *m, int32_t ticks)
{
	return m->began_us + (int64_t)ticks * TICK_US;
}

/* Keeps the mean of a block back; the oldest one kept goes into the fit. */
static void keep_block(struct tally *t, int64_t middle_us, double mean_n)
{
	if (t->pending_count == TALLY_PENDING)
		fit_block(&t->now, knead_us_to_s(time_of(&t->now, t->pending[t->pending_next].ticks) - t->start_us),
			(double)t->pending[t->pending_next].mean_n);
	else
		t->pending_count++;
	t->pending[t->pending_next].ticks = ticks_of(&t->now, middle_us);
	t->pending[t->pending_next].mean_n = (float)mean_n;
	t->pending_next = (t->pending_next + 1) % TALLY_PENDING;
}

static void raise_peak(struct tally_mark *m, const struct tally_crest *crest)
{
	if ((double)crest->force_n <= m->peak_n)
		return;
	m->peak_n = (double)crest->force_n;
	m->peak_us = time_of(m, crest->ticks);
}

/* Another peak begins every few blocks; the oldest one kept goes into that of the hold. */
static void keep_crest(struct tally *t)
{
	if (++t->crest_blocks < CREST_BLOCKS)
		return;
	raise_peak(&t->now, &t->crest[TALLY_CRESTS - 1]);
	memmove(t->crest + 1, t->crest, (TALLY_CRESTS - 1) * sizeof t->crest[0]);
	t->crest[0] = (struct tally_crest){ 0 };
	t->crest_blocks = 0;
}

/* The level of the last second; while the force falls away from it, it stays, so that it is known what it fell from. */
static void follow_local(struct tally *t, int64_t t_us, double force_n, double dt_s, struct climb *climb)
{
	if (!tally_settled(t)) {
		if (force_n < t->now.local_n * ONSET_OVER && t_us - t->start_us >= ONSET_MIN_US)
			t->settle_us = t_us;
		t->now.local_n = t->recent_min_n = force_n;
		t->local_ok_us = t_us;
		t->fallen_n = (float)t->level_n;
		return;
	}
	if (force_n < LOCAL_SHARE * t->now.local_n && t_us - t->local_ok_us < LOCAL_GIVEUP_US)
		return;
	if (force_n < LOCAL_SHARE * t->now.local_n)
		t->now.local_n = force_n;
	t->now.local_n += (force_n - t->now.local_n) * (dt_s < LOCAL_TAU_S ? dt_s / LOCAL_TAU_S : 1);
	t->local_ok_us = t_us;
	t->fallen_n = (float)t->level_n;
	if (force_n < MIN_SHARE * t->now.local_n)
		return;
	if (!t->now.min_known || t->recent_min_n < t->now.min_n)
		t->now.min_n = t->recent_min_n;
	t->now.min_known = true;
	climb_settle(climb, t->recent_min_n);
	t->recent_min_n = force_n;
}

/* A block of 50 ms is full: level, local level, smallest force and trend follow its mean. */
static void close_block(struct tally *t, struct climb *climb)
{
	struct tally_mark *m = &t->now;
	double block_s = knead_us_to_s(m->t_us - t->block_start_us);
	double block_ns = m->impulse_ns - t->block_start_ns, mean_n = block_ns / block_s;
	bool at_level = m->level_s <= 0 || mean_n > LEVEL_SHARE * t->level_n;

	if (at_level) {
		m->level_ns += block_ns;
		m->level_s += block_s;
		t->level_n = m->level_ns / m->level_s;
	}
	if (at_level && tally_settled(t))
		keep_block(t, (t->block_start_us + m->t_us) / 2, mean_n);
	keep_crest(t);
	follow_local(t, m->t_us, mean_n, block_s, climb);
	t->block_start_us = m->t_us;
	t->block_start_ns = m->impulse_ns;
}

void tally_push(struct tally *t, const struct signal *s, struct climb *climb)
{
	struct tally_mark *m = &t->now;

	m->t_us = s->t_us;
	m->impulse_ns = s->impulse_ns;
	if (s->crest_n > (double)t->crest[0].force_n && !s->saturated)
		t->crest[0] = (struct tally_crest){ (float)s->crest_n, ticks_of(m, s->crest_us) };
	if (s->raw_n < t->recent_min_n)
		t->recent_min_n = s->raw_n;
	breath_push(&t->breath, s->t_us, s->impulse_ns);
	if (s->t_us - t->block_start_us >= BLOCK_US)
		close_block(t, climb);
}

void tally_resume(struct tally *t, int64_t t_us, double impulse_ns)
{
	t->block_start_us = t_us;
	t->block_start_ns = impulse_ns;
	breath_resume(&t->breath, t_us, impulse_ns);
}

void tally_push_dip(struct tally *t, double force_n)
{
	if (force_n < t->recent_min_n)
		t->recent_min_n = force_n;
}

struct tally_note tally_note(const struct tally_mark *m)
{
	return (struct tally_note){
		.tally = m->tally,
		.dips = m->dips < DIPS_MAX ? (uint16_t)m->dips : DIPS_MAX,
		.peak_ticks = ticks_of(m, m->peak_us),
		.peak_n = (float)m->peak_n,
		.level_n = (float)tally_level_n(m),
		.min_n = (float)m->min_n,
		.local_n = (float)m->local_n,
		.min_known = m->min_known,
		.fit_count = (uint32_t)m->fit_count,
		.fit_x = (float)m->fit_x,
		.fit_y = (float)m->fit_y,
		.fit_xx = (float)m->fit_xx,
		.fit_xy = (float)m->fit_xy,
		.fit_yy = (float)m->fit_yy,
	};
}

struct tally_mark tally_recall(const struct tally *t, const struct tally_note *note, int64_t t_us, double impulse_ns)
{
	if (note->tally != t->now.tally)
		return t->now;
	return (struct tally_mark){
		.began_us = t->now.began_us,
		.tally = note->tally,
		.t_us = t_us,
		.impulse_ns = impulse_ns,
		.peak_n = note->peak_n,
		.peak_us = time_of(&t->now, note->peak_ticks),
		.level_ns = note->level_n,
		.level_s = note->level_n > 0 ? 1 : 0,
		.min_n = note->min_n,
		.min_known = note->min_known,
		.dips = note->dips,
		.local_n = note->local_n,
		.fit_count = note->fit_count,
		.fit_x = note->fit_x,
		.fit_y = note->fit_y,
		.fit_xx = note->fit_xx,
		.fit_xy = note->fit_xy,
		.fit_yy = note->fit_yy,
	};
}

/* Line of force on ln(1 + t) through the sums: level and slope. False where there is too little to say. */
static bool trend(const struct tally_mark *m, double *ret_base_n, double *ret_slope_n)
{
	if (m->fit_count < 20 || m->fit_count * m->fit_xx <= 1e-9)
		return false;
	*ret_slope_n = m->fit_xy / m->fit_xx;
	*ret_base_n = m->fit_y - *ret_slope_n * m->fit_x;
	return true;
}

static void finish_trend(const struct tally_mark *m, double duration_s, struct knead_hold_end_fields *ret)
{
	double base_n, slope_n, residual_n2, early_n;

	if (!trend(m, &base_n, &slope_n))
		return;
	residual_n2 = (m->fit_yy - slope_n * m->fit_xy) / m->fit_count;
	if (m->fit_y > 0)
		ret->steadiness_pct = knead_known(100 - 100 * sqrt(residual_n2 > 0 ? residual_n2 : 0) / m->fit_y);
	early_n = base_n + slope_n * log1p(TREND_FROM_S);
	if (duration_s >= TREND_MIN_S && early_n > 0)
		ret->relax_pct = knead_known(100 * (early_n - (base_n + slope_n * log1p(duration_s))) / early_n);
}

/* What is kept back raises the peak, too. */
static void raise_to_now(const struct tally *t, struct tally_mark *m)
{
	m->peak_n = t->now.peak_n;
	m->peak_us = t->now.peak_us;
	for (int i = TALLY_CRESTS - 1; i >= 0; i--)
		raise_peak(m, &t->crest[i]);
}

double tally_peak_n(const struct tally *t)
{
	struct tally_mark m = t->now;

	raise_to_now(t, &m);
	return m.peak_n;
}

void tally_finish(const struct tally *t, const struct tally_mark *end, int64_t end_us, int64_t fall_us, bool moved,
	struct knead_hold_end_fields *ret)
{
	struct tally_mark m = *end;
	double duration_s = knead_us_to_s(end_us - t->start_us);

	for (uint32_t i = 0; i < t->pending_count; i++) {
		int64_t middle_us = time_of(&t->now, t->pending[i].ticks);

		if (middle_us + BLOCK_US / 2 <= fall_us)
			fit_block(&m, knead_us_to_s(middle_us - t->start_us), (double)t->pending[i].mean_n);
	}
	if (!moved)
		raise_to_now(t, &m);
	ret->start_us = t->start_us;
	ret->end_us = end_us;
	ret->peak_n = m.peak_n;
	ret->peak_t_us = m.peak_us;
	ret->impulse_ns = m.impulse_ns - t->start_impulse_ns;
	ret->mean_n = duration_s > 0 ? ret->impulse_ns / duration_s : m.peak_n;
	ret->min_n = m.min_known ? m.min_n : t->recent_min_n;
	ret->dips = m.dips;
	finish_trend(&m, duration_s, ret);
}
