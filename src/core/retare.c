/* SPDX-License-Identifier: MIT */
/* The zero of a device that tares itself. calib.c's window of raw readings serves as the past. */
#include <math.h>
#include <string.h>

#include "retare.h"

#define TOLD_US (2 * KNEAD_US_PER_S)
#define APART_SDS 6.0
#define RUN_FAST 6 /* samples at 0 that make it certain: as many as may wait in calib.c before they count as a load */
#define RUN 4
#define RUN_SLOW 3
#define FAST_US 8000
#define SLOW_US 40000

void retare_init(struct retare *r)
{
	memset(r, 0, sizeof *r);
	r->told_until_us = INT64_MIN;
}

void retare_fresh(struct retare *r)
{
	r->run = 0;
	r->fresh = true;
}

void retare_told(struct retare *r, int64_t t_us)
{
	r->told_until_us = t_us + TOLD_US;
}

void retare_circumstances(struct retare *r, bool loaded, bool device_owns)
{
	r->loaded = loaded;
	r->device_owns = device_owns;
}

static bool is_near(const struct calib *c, double raw, uint32_t cell)
{
	return fabs(raw * c->n_per_raw[cell]) <= retare_near_n(c);
}

/* The zero in force of a cell is somewhere else. */
static bool is_far(const struct calib *c, uint32_t cell, double limit_n)
{
	return fabs(c->zero.use[cell] * c->n_per_raw[cell]) > limit_n;
}

/*
 * How far from the device's own zero the one in force must be for the two to be told apart: noise must not lead from the one to the
 * other, nor from the beginning of a press, that is still idle by its reading.
 */
static double apart_n(const struct calib *c)
{
	double least_n = retare_near_n(c) + c->settings->press_n / 2 + APART_SDS * c->zero.noise.sd_n;

	return fmax(c->settings->press_n, least_n);
}

/* The very first sample is looked at before anybody has counted the cells. */
static uint32_t cells_of(const struct calib *c, const struct knead_sample *sample)
{
	return c->cells > 0 ? c->cells : sample->cells < KNEAD_CELLS_MAX ? sample->cells : KNEAD_CELLS_MAX;
}

/* Every cell is at the device's own zero, and that of at least one is somewhere else. */
static bool at_zero(const struct calib *c, const struct knead_sample *sample)
{
	uint32_t cells = cells_of(c, sample);
	bool far = false;

	if (sample->cells < cells || sample->invalid_cells != 0)
		return false;
	for (uint32_t i = 0; i < cells; i++) {
		if (!is_near(c, sample->raw[i], i))
			return false;
		far |= is_far(c, i, apart_n(c));
	}
	return far;
}

static void zero_all(const struct calib *c, uint32_t cells, double *ret_zero_raw)
{
	memcpy(ret_zero_raw, c->zero.use, KNEAD_CELLS_MAX * sizeof(*ret_zero_raw));
	for (uint32_t i = 0; i < cells; i++)
		if (is_far(c, i, retare_near_n(c)))
			ret_zero_raw[i] = 0;
}

/* ---- 1 ---- */

/* The newest of the last readings of a cell from before it fell on 0, or NULL. */
static const struct reading *before_zero(const struct calib *c, uint32_t cell)
{
	const struct reading *last[] = { c->b, c->a, c->before };
	uint32_t n = c->seen > 3 ? 3 : c->seen;

	for (uint32_t i = 0; i < n; i++)
		if (!is_near(c, (double)last[i]->raw[cell], cell))
			return last[i];
	return NULL;
}

/* Cell by cell: some devices tare one after the other. */
static enum retare_verdict look_told(
	struct retare *r, const struct calib *c, const struct knead_sample *sample, int64_t t_us, double *ret_zero_raw)
{
	bool moved = false, carries = r->loaded && !r->device_owns;

	if (t_us > r->told_until_us)
		r->told_until_us = INT64_MIN;
	memcpy(ret_zero_raw, c->zero.use, KNEAD_CELLS_MAX * sizeof(*ret_zero_raw));
	for (uint32_t i = 0; i < c->cells; i++) {
		bool has_value = i < sample->cells && !(sample->invalid_cells >> i & 1);
		const struct reading *before = before_zero(c, i);

		if (!has_value || !is_near(c, sample->raw[i], i) || (carries && !before))
			continue;
		if (carries)
			ret_zero_raw[i] += sample->raw[i] - (double)before->raw[i];
		else if (is_far(c, i, retare_near_n(c)))
			ret_zero_raw[i] = 0;
		moved |= ret_zero_raw[i] != c->zero.use[i];
	}
	if (!moved)
		return RETARE_NOTHING;
	r->told_until_us = INT64_MIN;
	return r->loaded && r->device_owns ? RETARE_LOSE : RETARE_MOVE;
}

/* ---- 2, 3 ---- */

/* Nothing lies on it, by the reading before. */
static bool was_idle(const struct calib *c)
{
	double force_n = 0;

	if (c->seen == 0 || !c->has_last || !c->idle || c->parked_count > 0)
		return false;
	for (uint32_t i = 0; i < c->cells; i++)
		force_n += ((double)c->b->raw[i] - c->zero.use[i]) * c->n_per_raw[i];
	return fabs(force_n) < c->settings->press_n / 2;
}

static void begin_run(struct retare *r, const struct calib *c, const struct knead_sample *sample)
{
	r->candidate = r->fresh || was_idle(c);
	r->same = true;
	memcpy(r->first_raw, sample->raw, cells_of(c, sample) * sizeof(r->first_raw[0]));
}

/* How many samples are enough; after a restart nothing waits elsewhere, and there is no hurry. */
static uint32_t enough(const struct retare *r, const struct calib *c, int64_t t_us)
{
	int64_t period_us = c->seen > 0 ? t_us - c->b->t_us : 0;

	return r->fresh || (period_us > FAST_US && period_us < SLOW_US) ? RUN
	       : period_us <= FAST_US                                   ? RUN_FAST
									: RUN_SLOW;
}

static enum retare_verdict look_run(
	struct retare *r, const struct calib *c, const struct knead_sample *sample, int64_t t_us, double *ret_zero_raw)
{
	enum retare_verdict not_yet = r->fresh ? RETARE_WAIT : RETARE_NOTHING;

	if (!at_zero(c, sample)) {
		r->run = 0;
		r->fresh = false;
		return RETARE_NOTHING;
	}
	if (r->run++ == 0)
		begin_run(r, c, sample);
	r->same = r->same && memcmp(r->first_raw, sample->raw, cells_of(c, sample) * sizeof(r->first_raw[0])) == 0;
	if (!r->candidate || r->run < enough(r, c, t_us))
		return r->candidate ? not_yet : RETARE_NOTHING;
	r->fresh = false;
	r->candidate = false;
	if (r->same)
		return RETARE_NOTHING;
	zero_all(c, cells_of(c, sample), ret_zero_raw);
	return RETARE_MOVE;
}

enum retare_verdict retare_look(
	struct retare *r, const struct calib *c, const struct knead_sample *sample, int64_t t_us, double *ret_zero_raw)
{
	if (retare_awaited(r)) {
		enum retare_verdict verdict = look_told(r, c, sample, t_us, ret_zero_raw);

		if (verdict != RETARE_NOTHING)
			return verdict;
	}
	return look_run(r, c, sample, t_us, ret_zero_raw);
}
