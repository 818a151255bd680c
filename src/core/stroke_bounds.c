/* SPDX-License-Identifier: MIT */
/*
 * With one cell neither end of a roll is plain: before it the force relaxes and sways, after it the same, and the lift hides
 * the rest of a pass.
 *
 *      ____                      creeps; stands: the movement departs from here, not from the high before
 *          \______         __
 *                  \       /  \__ rest: not when the creeping ends, but when a pass is usually over
 *                   \_____/
 */
#include <math.h>

#include "stroke_bounds.h"

#define DEPART_FORCE 0.85 /* a force sinks by itself before the movement does anything: the truth lies between */
#define LEFT_FORCE 0.15 /* of a swing: what stays this near to a rest has not left it */
#define STOOD_FORCE 0.1 /* the same where it had crept on before */
#define LATE_PASS 1.3 /* a last pass that took so many mean ones had come to rest before */
#define END_INTERVALS 0.62
#define END_EXTRA_S 0.25
#define BACK_FORCE 0.6 /* of the threshold: so far back before the lift, the movement was in a stroke of its own ... */
#define BACK_INTERVALS 0.5 /* ... for so long at least */

void stroke_depart(struct stroke *st, struct extreme *a, const struct extreme *e)
{
	double swing = fabsf(e->u - a->u), least = TURNS_FIRST_SHARE * st->threshold, band = LEFT_FORCE * swing;
	double stood_u = a->u, u;
	int64_t left_us = a->out_us, stood_us;

	if (!st->positional) {
		if (!trail_left_us(&st->trail, a->out_us, e->in_us, a->u, band, &left_us))
			left_us = a->out_us;
		if (least < swing / 2 && e->in_us - left_us <= knead_s_to_us(TURNS_INTERVAL_MAX_S))
			least = swing / 2;
		if (trail_stood_us(&st->trail, e->in_us, e->u, least, &stood_us, &u) &&
			stood_us - left_us > TRAIL_STOOD_US) {
			left_us = stood_us;
			stood_u = u;
			band = STOOD_FORCE * fabs(e->u - u);
		}
		if (left_us > a->out_us) {
			extreme_leave(a, left_us, (a->u + stood_u) / 2 * knead_us_to_s(left_us - a->out_us));
			a->out_off = (float)band;
			a->u = (float)stood_u;
		}
	}
	extreme_depart(a, e, st->positional ? 1 : DEPART_FORCE);
}

int64_t stroke_rested_us(const struct stroke *st, const struct extreme *a, const struct extreme *b)
{
	int64_t rest_us = extreme_arrive_us(a, b);
	double mean_s = roll_mean_interval_s(&st->roll);

	if (st->positional || mean_s <= 0 || knead_us_to_s(rest_us - a->t_us) <= LATE_PASS * mean_s)
		return rest_us;
	return a->t_us + knead_s_to_us(mean_s);
}

bool stroke_last(const struct stroke *st, int64_t end_us, bool lifted, struct extreme *ret)
{
	const struct extreme *from = &st->turns.kept[st->turns.count - 1];
	double mean_s = roll_mean_interval_s(&st->roll), since_s = knead_us_to_s(end_us - from->t_us);
	double swing;
	int64_t rest_us;

	*ret = reversal_extreme(st->cand, st->near);
	swing = fabsf(ret->u - from->u);
	rest_us = stroke_rested_us(st, from, ret);
	if (mean_s <= 0 && st->turns.count > 1)
		mean_s = turns_interval_s(&st->turns.kept[0], from) / (st->turns.count - 1);
	if (st->cand->after_peak_n > ret->peak_n)
		ret->peak_n = st->cand->after_peak_n;
	/* lifted while it still moved, the contact's end is the last extreme; else where it came to rest */
	if (lifted && 2 * (ret->out_us - ret->in_us) < rest_us - ret->in_us)
		rest_us = end_us;
	ret->t_us = rest_us < end_us ? rest_us : end_us;
	if (st->positional)
		return swing >= st->threshold;
	if (lifted && since_s <= END_INTERVALS * mean_s + END_EXTRA_S && swing < st->threshold)
		return false;
	return swing >= st->threshold / 2;
}

bool stroke_lifted_on_the_way_back(const struct stroke *st, int64_t end_us, struct extreme *ret)
{
	if (st->positional || !st->cand || st->cand->back < BACK_FORCE * st->threshold)
		return false;
	*ret = reversal_extreme(st->cand, st->near);
	return fabsf(ret->u - st->turns.kept[st->turns.count - 1].u) >= st->threshold &&
	       knead_us_to_s(end_us - ret->t_us) >= BACK_INTERVALS * roll_mean_interval_s(&st->roll);
}

struct extreme stroke_cut_off(const struct stroke *st, int64_t end_us, double end_impulse_ns)
{
	const struct reversal *r = st->cand;

	return (struct extreme){
		.t_us = end_us,
		.in_us = end_us,
		.out_us = end_us,
		.u = r->e.u - r->sign * r->back,
		.out_impulse_ns = end_impulse_ns,
		.peak_n = r->after_peak_n,
	};
}
