/* SPDX-License-Identifier: MIT */
/*
 * Counts -> newton. The order matters: spikes go first, before anything linear smears them.
 *
 *   raw --median of 3--> --park--> - zero, x scale --> force
 *
 * Median of three takes single spikes, at the price of one sample of delay. Two and more in a row come out of it as a jump
 * far beyond what the force does otherwise. Such a jump is parked until it is plain what it was:
 *
 *        _                  back at once, or after a few wild steps: spikes, replaced by a straight line
 *   ____| |____
 *           ____
 *   ____/\_/                it stayed, or changed by several steps of which none is nearly all of it: force
 *
 * A force that is filtered by a converter, or pressed by a hand, goes up and down in several steps; the squares of the steps of
 * spikes add up to more. detection.md section 5.
 */
#include <math.h>
#include <string.h>

#include "calib.h"

/* What runs for every sample takes the number of cells as an argument, so that the compiler can make one copy for one cell. */
#define PER_SAMPLE static inline __attribute__((always_inline))

#define RAIL_HIGH 8388607.0 /* 24-bit converter */
#define RAIL_LOW (-8388608.0)
#define PARK_STEPS 8.0 /* a jump of so many usual steps may be a run of spikes, from press_n ... */
#define PARK_SHARE 0.1 /* ... and this share of the force on */
#define PARK_STEPS_MEAN 16 /* samples */
#define PARK_FAST_US 8000 /* 125 samples/s and more: seven readings are soon there */
#define PARK_MOST 4 /* readings that wait below that rate */
#define PARK_MOST_SLOW 3
#define SLOW_US 40000
#define PARK_BACK 0.125 /* of the farthest reading: it came back */
#define PARK_NEAR 0.5 /* of press_n, ... */
#define PARK_NOISE 4.0 /* ... and so many standard deviations of the idle noise: that near it came back too */
#define PARK_ABRUPT 0.36 /* one step squared, in parts of the farthest reading squared: may still be a spike */
#define PARK_WILD 1.4 /* all steps of the readings squared, in parts of the farthest: were spikes */
#define PARK_WILD_SHORT 0.9 /* the same where three readings or less make up all of it, at 125 samples/s and more */
#define PARK_SHORT 5 /* those, and two that are back */
#define BROAD_SHARE                                                                                                    \
	0.1 /* of a peak, that its neighbours have where the filter of the converter is slower than the peak */
#define BROAD_NOISE 3.0
#define SPIKE_N 20.0 /* a removed sample this far off is worth the flag */
#define CAPACITY_FACTOR 1.5
#define SATURATED_RUN_MAX 100

static bool scale_from_settings(const struct knead_settings *s)
{
	return s->counts_per_n_count > 0 || knead_unit_n(s->unit) > 0;
}

static void set_scale(struct calib *c, enum knead_unit unit, double counts_per_n)
{
	const struct knead_settings *s = c->settings;
	double unit_n = knead_unit_n(s->unit != KNEAD_UNIT_UNSET ? s->unit : unit);

	c->calibrated = scale_from_settings(s) || unit_n > 0 || counts_per_n != 0;
	for (uint32_t i = 0; i < KNEAD_CELLS_MAX; i++) {
		double per_n = counts_per_n != 0 ? counts_per_n : 1;

		if (s->counts_per_n_count == 1)
			per_n = s->counts_per_n[0];
		else if (s->counts_per_n_count > 1)
			per_n = s->counts_per_n[i < s->counts_per_n_count ? i : 0];
		else if (unit_n > 0)
			per_n = 1 / unit_n;
		c->n_per_raw[i] = 1 / per_n;
	}
}

/* A unit of force or mass means that the device has a zero of its own. */
static bool device_has_zero(const struct calib *c, enum knead_unit unit)
{
	enum knead_unit in_force = c->settings->unit != KNEAD_UNIT_UNSET ? c->settings->unit : unit;

	return knead_unit_n(in_force) > 0;
}

void calib_init(struct calib *c, const struct knead_settings *settings)
{
	memset(c, 0, sizeof *c);
	c->settings = settings;
	c->cells = settings->cells;
	c->counts = knead_unit_n(settings->unit) == 0;
	c->limit_n = settings->capacity_n > 0 ? settings->capacity_n * CAPACITY_FACTOR : INFINITY;
	c->before = &c->window[0];
	c->a = &c->window[1];
	c->b = &c->window[2];
	c->spare = &c->window[3];
	zero_init(&c->zero, settings);
	set_scale(c, KNEAD_UNIT_UNSET, 0);
	c->state = CALIB_WAIT_SCALE;
}

void calib_forget(struct calib *c)
{
	calib_init(c, c->settings);
	c->zero.known = false;
}

void calib_learn(struct calib *c, enum knead_unit unit, double counts_per_n, bool final)
{
	bool known;

	set_scale(c, unit, counts_per_n);
	c->device_zero = device_has_zero(c, unit);
	if (c->state == CALIB_READY)
		return;
	known = c->calibrated || final;
	if (!c->zero.known && known && c->device_zero)
		zero_set(&c->zero, (const double[KNEAD_CELLS_MAX]){ 0 });
	if (known)
		c->state = c->zero.known ? CALIB_READY : CALIB_WAIT_ZERO;
}

PER_SAMPLE float median3(float a, float b, float c)
{
	float low = a < b ? a : b, high = a < b ? b : a;

	high = high < c ? high : c;
	return low > high ? low : high;
}

/* Exactly the largest or smallest count of a 24-bit converter. */
PER_SAMPLE bool on_rail(const struct calib *c, double raw)
{
	return (raw >= RAIL_HIGH || raw <= RAIL_LOW) && c->counts && (raw == RAIL_HIGH || raw == RAIL_LOW);
}

PER_SAMPLE double sum_n(const struct calib *c, const float *raw, uint32_t cells)
{
	double sum = ((double)raw[0] - c->zero.use[0]) * c->n_per_raw[0];

	for (uint32_t i = 1; i < cells; i++)
		sum += ((double)raw[i] - c->zero.use[i]) * c->n_per_raw[i];
	return sum;
}

PER_SAMPLE void copy_reading(struct reading *to, const struct reading *from, uint32_t cells)
{
	to->t_us = from->t_us;
	to->saturated = from->saturated;
	to->spike = from->spike;
	for (uint32_t i = 0; i < cells; i++)
		to->raw[i] = from->raw[i];
}

/* Gives out reading r, whose force is force_n. */
PER_SAMPLE void give(struct calib *c, const struct reading *r, double force_n, struct force *ret, uint32_t cells)
{
	c->steps_n +=
		(fmin(fabs(force_n - c->last_sum_n), c->settings->press_n + PARK_STEPS * c->steps_n) - c->steps_n) /
		PARK_STEPS_MEAN;
	copy_reading(&c->last, r, cells);
	c->last_sum_n = force_n;
	c->has_last = true;
	ret->t_us = r->t_us;
	ret->saturated = r->saturated;
	ret->spike = r->spike;
	ret->sum_n = force_n;
	ret->noise_n = c->zero.noise.sd_n;
	if (cells > 1)
		for (uint32_t i = 0; i < cells; i++)
			ret->cell_n[i] = ((double)r->raw[i] - c->zero.use[i]) * c->n_per_raw[i];
}

/* The reading b was replaced by a neighbour, removed_n away: a spike when it stood alone, far from two that agree. */
static bool was_spike(const struct calib *c, const struct reading *a, const struct reading *next, double removed_n)
{
	double neighbours_n = 0;

	for (uint32_t i = 0; i < c->cells; i++)
		neighbours_n += fabs((double)(a->raw[i] - next->raw[i]) * c->n_per_raw[i]);
	return neighbours_n < removed_n / 4;
}

/* The median of a, b and next, dated b. */
PER_SAMPLE void take_median(struct calib *c, const struct reading *a, const struct reading *b,
	const struct reading *next, struct reading *ret, uint32_t cells)
{
	double removed_n = 0;

	ret->raw[0] = 0; /* for compilers that cannot see that there is at least one cell */
	ret->t_us = b->t_us;
	ret->saturated = b->saturated;
	ret->spike = b->spike;
	for (uint32_t i = 0; i < cells; i++) {
		float m = median3(a->raw[i], b->raw[i], next->raw[i]);

		ret->raw[i] = m;
		removed_n += fabs((double)(b->raw[i] - m) * c->n_per_raw[i]);
		if (on_rail(c, (double)m))
			ret->saturated = true;
	}
	if (removed_n > SPIKE_N && was_spike(c, a, next, removed_n)) {
		ret->spike = true;
		c->spike_n = removed_n;
		c->spikes++;
	}
}

/*
 * At a few samples per second a tap is one peak between two feet, which the filter of its converter gives it; a spike has
 * none. Whether b is such a peak, of which the median would leave only the feet.
 */
static bool is_broad(const struct calib *c, const struct reading *before, const struct reading *a,
	const struct reading *b, const struct reading *next)
{
	double rest_n = sum_n(c, before->raw, c->cells), peak_n = sum_n(c, b->raw, c->cells) - rest_n;
	double foot_n = fmin(sum_n(c, a->raw, c->cells), sum_n(c, next->raw, c->cells)) - rest_n;

	return c->seen > 2 && c->state == CALIB_READY && foot_n > BROAD_SHARE * peak_n && foot_n < peak_n &&
	       foot_n > BROAD_NOISE * c->zero.noise.sd_n;
}

/* The parked readings before the newest were spikes: put them on the straight line between their neighbours. */
static void straighten(struct calib *c, const struct reading *after, uint32_t spikes)
{
	c->spike_n = fabs(sum_n(c, c->parked[0].raw, c->cells) - c->last_sum_n);
	for (uint32_t k = 0; k < spikes; k++) {
		struct reading *r = &c->parked[k];
		float share = (float)(k + 1) / (float)(spikes + 1);

		for (uint32_t i = 0; i < c->cells; i++)
			r->raw[i] = c->last.raw[i] + (after->raw[i] - c->last.raw[i]) * share;
		r->spike = true;
		r->saturated = after->saturated;
		c->spikes++;
	}
}

static void release_parked(struct calib *c)
{
	c->ready_count = c->parked_count;
	c->ready_next = 0;
	c->parked_count = 0;
}

/*
 * Looks at the parked readings. Returns true when they need wait no longer; those that were spikes are straightened then. At
 * 125 samples/s and more all that may wait do, and what came back has to stay for two, because a drop rings through 0; below,
 * no reading waits unless one step made nearly all of the jump.
 */
static bool judge_parked(struct calib *c)
{
	bool fast = c->parked[0].t_us - c->last.t_us <= PARK_FAST_US;
	uint32_t most = fast ? CALIB_PARKED : c->parked[0].t_us - c->last.t_us < SLOW_US ? PARK_MOST : PARK_MOST_SLOW;
	double force_n = c->last_sum_n, far_n = 0, largest_n = 0, back_n = 0;
	double raw_n = force_n, far_raw_n = 0, raw_n2 = 0, squares_n2 = 0;
	double near_n = fmax(PARK_NEAR * c->settings->press_n, PARK_NOISE * c->zero.noise.sd_n);

	for (uint32_t k = 0; k < c->parked_count; k++) {
		double was_n = force_n, was_raw_n = raw_n;

		raw_n = (double)c->parked_raw_n[k];
		far_raw_n = fmax(far_raw_n, fabs(raw_n - c->last_sum_n));
		raw_n2 += (raw_n - was_raw_n) * (raw_n - was_raw_n);
		force_n = sum_n(c, c->parked[k].raw, c->cells);
		back_n = fmax(fabs(force_n - c->last_sum_n), fast ? fabs(was_n - c->last_sum_n) : 0);
		far_n = fmax(far_n, fabs(force_n - c->last_sum_n));
		largest_n = fmax(largest_n, fabs(force_n - was_n));
		squares_n2 += (force_n - was_n) * (force_n - was_n);
	}
	if (c->parked_count > 1 && back_n < fmax(near_n, PARK_BACK * far_n)) {
		double wild = fast && c->parked_count <= PARK_SHORT ? PARK_WILD_SHORT : PARK_WILD;

		if (squares_n2 > wild * far_n * far_n || raw_n2 > wild * far_raw_n * far_raw_n)
			straighten(c, &c->parked[c->parked_count - 1], c->parked_count - 1);
		return true;
	}
	return c->parked_count >= most || (!fast && largest_n * largest_n < PARK_ABRUPT * far_n * far_n);
}

/* A reading that may be the first of a run of spikes, or comes after such a one. */
static void park(struct calib *c, const struct reading *m)
{
	c->parked_raw_n[c->parked_count] = (float)sum_n(c, c->a->raw, c->cells);
	copy_reading(&c->parked[c->parked_count++], m, c->cells);
	if (c->parked_count > 1 && judge_parked(c))
		release_parked(c);
}

/* What comes out of the median goes on, or waits where it may be the first of several spikes. True: it goes on, in ret. */
PER_SAMPLE bool go_on(struct calib *c, const struct reading *m, bool broad, struct force *ret, uint32_t cells)
{
	double force_n = sum_n(c, m->raw, cells), step_n = fabs(force_n - c->last_sum_n);

	if (c->parked_count > 0 || (step_n > c->settings->press_n + PARK_SHARE * fabs(c->last_sum_n) && c->has_last &&
					   step_n > PARK_STEPS * c->steps_n && !broad)) {
		park(c, m);
		return false;
	}
	give(c, m, force_n, ret, cells);
	return true;
}

bool calib_more(struct calib *c, struct force *ret)
{
	const struct reading *r;

	if (c->ready_next >= c->ready_count)
		return false;
	r = &c->parked[c->ready_next++];
	give(c, r, sum_n(c, r->raw, c->cells), ret, c->cells);
	return true;
}

/* Whether the cells still move. */
PER_SAMPLE void watch_change(struct calib *c, const struct reading *b, const struct reading *next, uint32_t cells)
{
	c->looked += c->idle;
	for (uint32_t i = 0; i < cells; i++)
		if (next->raw[i] != b->raw[i]) {
			c->changes[i] += c->idle;
			c->changed_ms[i] = (uint32_t)(next->t_us >> CALIB_MS_SHIFT);
		}
}

/* A cell's reading when something is wrong with it: no value, or beyond what the device can carry. */
static double doubtful(const struct calib *c, const struct knead_sample *sample, const struct reading *b, uint32_t cell,
	bool *ret_spike)
{
	double raw = cell < sample->cells ? sample->raw[cell] : 0;
	bool bad = cell >= sample->cells || (sample->invalid_cells >> cell & 1);

	if (c->dead >> cell & 1)
		return c->zero.use[cell];
	if (!bad && c->state == CALIB_READY && !on_rail(c, raw))
		bad = *ret_spike = fabs((raw - c->zero.use[cell]) * c->n_per_raw[cell]) > c->limit_n;
	return bad && b ? (double)b->raw[cell] : raw;
}

/* Reads a sample; cells without a value, beyond 1.5 times the capacity, or missing keep what they had in b. */
PER_SAMPLE void read_raw(const struct calib *c, const struct knead_sample *sample, const struct reading *b,
	struct reading *ret, uint32_t cells)
{
	ret->saturated = sample->saturated;
	ret->spike = false;
	if (c->limit_n == INFINITY && sample->invalid_cells == 0 && c->dead == 0 && sample->cells >= cells)
		for (uint32_t i = 0; i < cells; i++)
			ret->raw[i] = (float)sample->raw[i];
	else
		for (uint32_t i = 0; i < cells; i++)
			ret->raw[i] = (float)doubtful(c, sample, b, i, &ret->spike);
}

/* The first sample has no neighbour yet. */
static bool first_reading(struct calib *c, int64_t t_us)
{
	c->seen = 1;
	for (uint32_t i = 0; i < c->cells; i++)
		c->changed_ms[i] = (uint32_t)(t_us >> CALIB_MS_SHIFT);
	return false;
}

PER_SAMPLE bool push(
	struct calib *c, const struct knead_sample *sample, int64_t t_us, struct force *ret, uint32_t cells)
{
	struct reading *before = c->before, *a = c->a, *b = c->b, *next = c->spare, m;
	bool broad;

	next->t_us = t_us;
	read_raw(c, sample, c->seen > 0 ? b : NULL, next, cells);
	c->before = a;
	c->a = b;
	c->b = next;
	c->spare = before;
	if (c->seen == 0)
		return first_reading(c, t_us);
	watch_change(c, b, next, cells);
	/* the first sample has one neighbour only: it stands in for the other */
	take_median(c, c->seen == 1 ? next : a, b, next, &m, cells);
	broad = next->t_us - b->t_us >= SLOW_US && is_broad(c, before, a, b, next);
	if (broad)
		copy_reading(&m, b, cells);
	c->seen += c->seen < 3;
	if (m.saturated)
		c->saturated_run += c->saturated_run < SATURATED_RUN_MAX;
	else
		c->saturated_run = 0;
	if (c->state == CALIB_READY)
		return go_on(c, &m, broad, ret, cells);
	if (c->state == CALIB_WAIT_ZERO && zero_boot(&c->zero, m.t_us, m.raw, c->n_per_raw))
		c->state = CALIB_READY;
	return false;
}

bool calib_push(struct calib *c, const struct knead_sample *sample, int64_t t_us, struct force *ret)
{
	if (c->cells == 0)
		c->cells = c->zero.cells = sample->cells < KNEAD_CELLS_MAX ? sample->cells : KNEAD_CELLS_MAX;
	return c->cells == 1 ? push(c, sample, t_us, ret, 1) : push(c, sample, t_us, ret, c->cells);
}

void calib_rebase(struct calib *c)
{
	c->has_last = false;
	if (c->zero.known && c->state == CALIB_WAIT_ZERO)
		c->state = CALIB_READY;
}

void calib_move_zero(struct calib *c, const double *zero_raw)
{
	/* the last force stays what it was: what waits may yet be put between it and the next */
	for (uint32_t i = 0; i < c->cells; i++)
		c->last.raw[i] += (float)(zero_raw[i] - c->zero.use[i]);
	zero_move(&c->zero, zero_raw);
	for (uint32_t k = 0; k < c->parked_count; k++)
		c->parked_raw_n[k] = (float)sum_n(c, c->parked[k].raw, c->cells);
}

bool calib_waiting(const struct calib *c, double *ret_n)
{
	if (c->parked_count == 0)
		return false;
	*ret_n = sum_n(c, c->parked[c->parked_count - 1].raw, c->cells);
	return true;
}

bool calib_flush(struct calib *c, bool lost, struct force *ret)
{
	struct reading *a = c->a, *b = c->b, m;
	bool out = false;

	if (c->seen > 1 && c->state == CALIB_READY) {
		take_median(c, a, b, a, &m, c->cells);
		out = go_on(c, &m, false, ret, c->cells);
		if (!out && c->parked_count > 0) {
			/* a jump that nothing has confirmed */
			straighten(c, &c->last, c->parked_count);
			release_parked(c);
		}
	}
	c->seen = 0;
	c->has_last &= !lost;
	return out;
}
