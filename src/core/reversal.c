/* SPDX-License-Identifier: MIT */
/*
 * One running extreme, as in rainflow counting: O(1) and without history. The anchors move in steps of "near", so that the
 * time of arrival is known without keeping samples; a rest shows as a long stay. The newest anchor may have come late, by a
 * little drift within the rest: the earliest one that is near enough counts.
 *
 *            in ______ out           t = middle of [in, out]
 *              /  e   \
 *     _ _ _ _ /_ _ _ _ \_ _ near
 */
#include <math.h>
#include <string.h>

#include "reversal.h"

#define NEAR_ENOUGH 1.5 /* times near: anchors stand one near apart, so one of them lies within this */

static void set_anchor(struct reversal *r, const struct place *place)
{
	for (uint32_t i = REVERSAL_ANCHORS - 1; i > 0; i--) {
		r->anchor.u[i] = r->anchor.u[i - 1];
		r->anchor.impulse_ns[i] = r->anchor.impulse_ns[i - 1];
		r->anchor.t_us[i] = r->anchor.t_us[i - 1];
	}
	r->anchor.u[0] = place->u;
	r->anchor.impulse_ns[0] = place->impulse_ns;
	r->anchor.t_us[0] = place->t_us;
}

/* The movement is still near the extreme. */
static void stay(struct reversal *r, const struct place *place, const struct tally_mark *mark)
{
	r->e.out_us = place->t_us;
	r->e.out_impulse_ns = place->impulse_ns;
	r->e.note = tally_note(mark);
	r->e.noted_late_us = (int32_t)(mark->t_us - place->t_us);
	r->e.noted_late_ns = (float)(mark->impulse_ns - place->impulse_ns);
}

void reversal_start(
	struct reversal *r, int sign, const struct place *place, float before_peak_n, const struct tally_mark *mark)
{
	memset(r, 0, sizeof *r);
	r->sign = sign;
	r->e.u = place->u;
	r->e.peak_n = before_peak_n;
	stay(r, place, mark);
	r->after_peak_n = place->force_n;
	for (uint32_t i = 0; i < REVERSAL_ANCHORS; i++)
		set_anchor(r, place);
}

bool reversal_push(struct reversal *r, const struct place *place, double near, const struct tally_mark *mark)
{
	float back;

	if (place->peak_n > r->after_peak_n)
		r->after_peak_n = place->peak_n;
	if (r->sign * (place->u - r->e.u) > 0) {
		r->e.u = place->u;
		if (r->after_peak_n > r->e.peak_n)
			r->e.peak_n = r->after_peak_n;
		r->after_peak_n = place->force_n;
		r->back = 0;
	}
	back = r->sign * (r->e.u - place->u);
	r->back = back > r->back ? back : r->back;
	if (back <= near)
		stay(r, place, mark);
	if (r->sign * (place->u - r->anchor.u[0]) <= near)
		return false;
	set_anchor(r, place);
	return true;
}

struct extreme reversal_extreme(const struct reversal *r, double near)
{
	struct extreme e = {
		.out_us = r->e.out_us,
		.out_impulse_ns = r->e.out_impulse_ns,
		.out_off = (float)near,
		.u = r->e.u,
		.peak_n = r->e.peak_n,
		.noted_late_us = r->e.noted_late_us,
		.noted_late_ns = r->e.noted_late_ns,
		.note = r->e.note,
	};
	uint32_t i = 0;

	while (i + 1 < REVERSAL_ANCHORS && r->sign * (e.u - r->anchor.u[i + 1]) <= NEAR_ENOUGH * near)
		i++;
	e.in_us = r->anchor.t_us[i];
	e.stay_ns = (float)(e.out_impulse_ns - r->anchor.impulse_ns[i]);
	e.t_us = e.in_us + (e.out_us - e.in_us) / 2;
	e.in_off = r->sign * (e.u - r->anchor.u[i]);
	return e;
}

struct tally_mark extreme_mark(const struct extreme *e, const struct tally *tally)
{
	return tally_recall(tally, &e->note, e->out_us + e->noted_late_us, e->out_impulse_ns + e->noted_late_ns);
}

double extreme_impulse_ns(const struct extreme *e, int64_t t_us)
{
	int64_t span_us = e->out_us - e->in_us;

	if (span_us <= 0)
		return e->out_impulse_ns;
	return e->out_impulse_ns - e->stay_ns * ((double)(e->out_us - t_us) / (double)span_us);
}

void extreme_leave(struct extreme *e, int64_t out_us, double impulse_ns)
{
	e->noted_late_us -= (int32_t)(out_us - e->out_us);
	e->noted_late_ns -= (float)impulse_ns;
	e->out_us = out_us;
	e->out_impulse_ns += impulse_ns;
	e->stay_ns += (float)impulse_ns;
}

/*
 * What share of a pass of that swing is spent within off of one end: between a sine, acos(1 - 2 d) / pi, and a minimum-jerk
 * movement, (d / 10)^(1/3), with d = off / swing.
 */
static double edge_share(double off, double swing)
{
	double d = off <= 0 ? 0 : swing > 2 * off ? off / swing : 0.5;

	return (acos(1 - 2 * d) / M_PI + cbrt(d / 10)) / 2;
}

/* The time between seen leaving a and seen reaching b, made whole by what lies beyond the edges of "near". */
static double whole_pass_us(const struct extreme *a, const struct extreme *b, double *ret_a_share, double *ret_b_share)
{
	double swing = fabsf(b->u - a->u), seen_share;

	*ret_a_share = edge_share(a->out_off, swing);
	*ret_b_share = edge_share(b->in_off, swing);
	seen_share = 1 - *ret_a_share - *ret_b_share;
	return seen_share > 0.1 ? (double)(b->in_us - a->out_us) / seen_share : 0;
}

void extreme_depart(struct extreme *a, const struct extreme *b, double trust)
{
	double a_share, b_share, whole_us = whole_pass_us(a, b, &a_share, &b_share);

	a->t_us = a->out_us - (whole_us > 0 ? (int64_t)(trust * a_share * whole_us) : 0);
}

void extreme_end_at(struct extreme *e, int64_t end_us, double end_impulse_ns)
{
	if (e->t_us < end_us)
		return;
	e->in_us = e->out_us = end_us;
	e->out_impulse_ns = end_impulse_ns;
	e->stay_ns = 0;
}

int64_t extreme_arrive_us(const struct extreme *a, const struct extreme *b)
{
	double a_share, b_share, whole_us = whole_pass_us(a, b, &a_share, &b_share);

	return whole_us > 0 ? b->in_us + (int64_t)(b_share * whole_us) : b->in_us;
}

int64_t extreme_rest_us(const struct extreme *a, const struct extreme *b)
{
	double a_share, b_share, whole_us = whole_pass_us(a, b, &a_share, &b_share);
	double turning_share = b_share + edge_share(b->out_off, fabsf(b->u - a->u));

	return b->out_us - b->in_us - (whole_us > 0 ? (int64_t)(turning_share * whole_us) : 0);
}
