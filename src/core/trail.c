/* SPDX-License-Identifier: MIT */
/*
 * Force as a stand-in for place is ambiguous: a fast dip, a lift or an onset is no swing. The trail freezes while the force
 * changes by more than 2.2 times its mean per second or stands under 55 % of it, for 0.28 s beyond; with geometry, while
 * there is too little force for a place to mean anything. The beginning of such a thing looks like movement: hence the
 * delay.
 *
 * A dip is an interruption of something calm. A contact that has swung ever since it began (a grip that pulses) has nothing
 * to be interrupted: as long as it has not stood for a second, swings four times as fast are taken for what they are, and
 * with less smoothing, which would flatten them.
 */
#include <math.h>
#include <string.h>

#include "trail.h"

#define STEP_US 24000 /* every other sample at 80 samples/s */
#define DELAY_US 300000
#define ONSET_US 150000
#define FREEZE_US 280000
#define SLOPE_PER_S 2.2
#define FORCE_SHARE 0.55
#define LIVELY_US 1000000 /* a contact that has not yet been calm for so long ... */
#define LIVELY_FROM_PER_S 1.0 /* times the mean a second: that is not calm */
#define LIVELY_SLOPE_PER_S 8.0 /* ... swings as fast as this */
#define LIVELY_SHARE 0.4 /* and as deep */
#define POSITION_SHARE 0.5 /* of the mean force: less says nothing reliable of the place */
#define MEAN_TAU_S 5.0
#define PAST_US 300000
#define STOOD_STEPS 3
#define STOOD_SHARE 0.1 /* of the way to come: a minimum-jerk pass does that much in its first quarter */

void trail_init(struct trail *t, bool positional)
{
	memset(t, 0, sizeof *t);
	t->positional = positional;
}

void trail_begin(struct trail *t, int64_t t_us, bool onset)
{
	t->mean_n = t->mean_s = t->peak_n = 0;
	t->first = t->count = t->past_count = t->past_next = 0;
	t->last_us = t->mean_us = t_us;
	t->mean_from_ns = 0;
	t->frozen_until_us = t_us + ONSET_US;
	t->lively_until_us = onset ? INT64_MIN : t_us + LIVELY_US;
	t->moved_known = false;
	t->moved_us = INT64_MIN / 2;
}

static void follow_mean(struct trail *t, const struct signal *s)
{
	double part_s = knead_us_to_s(s->t_us - t->mean_us), mean_n;

	if (part_s <= 0)
		return;
	mean_n = (s->impulse_ns - t->mean_from_ns) / part_s;
	t->mean_us = s->t_us;
	t->mean_from_ns = s->impulse_ns;
	t->mean_s = t->mean_s + part_s < MEAN_TAU_S ? t->mean_s + part_s : MEAN_TAU_S;
	t->mean_n += (mean_n - t->mean_n) * (part_s < t->mean_s ? part_s / t->mean_s : 1);
}

/* With one cell: a dip, a lift, an onset; or one of the swings of a contact that has done nothing else yet. */
static bool too_fast(struct trail *t, const struct signal *s)
{
	double slope_n_per_s = fabs(s->trend_n_per_s);

	bool lively = s->t_us < t->lively_until_us;

	if (t->mean_n <= 0) /* not known yet */
		return !lively;
	if (lively && slope_n_per_s > LIVELY_FROM_PER_S * t->mean_n)
		t->lively_until_us = s->t_us + LIVELY_US;
	if (slope_n_per_s <= SLOPE_PER_S * t->mean_n && s->level_n >= FORCE_SHARE * t->mean_n)
		return false;
	if (!lively)
		return true;
	if (slope_n_per_s <= LIVELY_SLOPE_PER_S * t->mean_n && s->level_n >= LIVELY_SHARE * t->mean_n)
		return false;
	t->lively_until_us = s->t_us;
	return true;
}

static bool meaningless(struct trail *t, const struct signal *s, bool disturbed)
{
	if (disturbed || !s->u_valid)
		return true;
	if (t->positional)
		return s->level_n < POSITION_SHARE * t->mean_n;
	return too_fast(t, s);
}

static void remember(struct trail *t, const struct place *place)
{
	if (t->past_count == 0 || place->t_us - t->past_us > TRAIL_PAST * PAST_US) {
		t->past_count = 0;
		t->past_us = place->t_us - PAST_US;
	}
	/* a freeze leaves a hole: the place after it fills it */
	for (; place->t_us - t->past_us >= PAST_US; t->past_us += PAST_US) {
		t->past_u[t->past_next] = (float)place->u;
		t->past_next = (t->past_next + 1) % TRAIL_PAST;
		t->past_count += t->past_count < TRAIL_PAST;
	}
}

/* The i-th newest place remembered. */
static double past(const struct trail *t, uint32_t i)
{
	return (double)t->past_u[(t->past_next + TRAIL_PAST - 1 - i) % TRAIL_PAST];
}

bool trail_left_us(const struct trail *t, int64_t after_us, int64_t before_us, double u, double band, int64_t *ret)
{
	double later_off = INFINITY;

	for (uint32_t i = 0; i < t->past_count; i++) {
		int64_t at_us = t->past_us - (int64_t)i * PAST_US;
		double off = fabs(past(t, i) - u);

		if (at_us <= after_us)
			return false;
		if (at_us < before_us && off <= band) {
			double share = later_off < INFINITY && later_off > off ? (band - off) / (later_off - off) : 0;

			*ret = at_us + (int64_t)((share < 1 ? share : 1) * PAST_US);
			return true;
		}
		later_off = off;
	}
	return false;
}

bool trail_stood_us(const struct trail *t, int64_t before_us, double u, double least, int64_t *ret, double *ret_u)
{
	for (uint32_t i = 0; i + STOOD_STEPS < t->past_count; i++) {
		double way = fabs(past(t, i) - u), before = fabs(past(t, i + STOOD_STEPS) - u);

		*ret = t->past_us - (int64_t)i * PAST_US;
		if (*ret < before_us && way >= least && before - way <= STOOD_SHARE * way) {
			*ret_u = past(t, i);
			return true;
		}
	}
	return false;
}

bool trail_pass(const struct trail *t, int64_t from_us, struct trail_pass *ret)
{
	uint32_t farthest = 0;

	if (t->past_count == 0)
		return false;
	for (uint32_t i = 1; i < t->past_count && t->past_us - (int64_t)i * PAST_US > from_us; i++)
		if (fabs(past(t, i) - past(t, 0)) > fabs(past(t, farthest) - past(t, 0)))
			farthest = i;
	ret->us = (int64_t)farthest * PAST_US;
	ret->way = fabs(past(t, 0) - past(t, farthest));
	ret->half_way = fabs(past(t, farthest / 2) - past(t, farthest));
	ret->most = 0;
	for (uint32_t i = 0; i < farthest; i++)
		ret->most = fmax(ret->most, fabs(past(t, i) - past(t, farthest)));
	return true;
}

/* Time of the oldest place: none is older than a fraction of a second. */
static int64_t first_us(const struct trail *t)
{
	return t->last_us - (int64_t)((uint32_t)t->last_us - t->place[t->first].t_us);
}

static void take(struct trail *t, const struct signal *s)
{
	uint32_t at = (t->first + t->count) % TRAIL_PLACES, before = (at + TRAIL_PLACES - 1) % TRAIL_PLACES;
	bool lively = !t->positional && s->t_us < t->lively_until_us;
	uint32_t at_us = (uint32_t)(s->t_us - (lively ? s->fast_lag_us : s->u_lag_us));

	t->last_us = s->t_us;
	/* where it ceases to be lively the smoothing has more lag: until that is made up, times would go back */
	if (t->count == TRAIL_PLACES || (t->count > 0 && (int32_t)(at_us - t->place[before].t_us) <= 0))
		return;
	if (t->count == 0)
		t->first_ns = t->last_ns = s->impulse_ns;
	t->place[at].t_us = at_us;
	t->place[at].u = (float)(lively ? s->fast_n : s->u);
	t->place[at].force_n = (float)s->raw_n;
	t->place[at].peak_n = t->peak_n;
	t->place[at].step_ns = (float)(s->impulse_ns - t->last_ns);
	t->last_ns += t->place[at].step_ns;
	t->count++;
}

/* Hands on the oldest place. Those taken while the mean was still low may have too little force after all. */
static bool hand_on(struct trail *t, struct place *ret)
{
	while (t->count > 0) {
		t->first_ns += t->place[t->first].step_ns;
		*ret = (struct place){
			.t_us = first_us(t),
			.impulse_ns = t->first_ns,
			.u = t->place[t->first].u,
			.force_n = t->place[t->first].force_n,
			.peak_n = t->place[t->first].peak_n,
		};
		t->first = (t->first + 1) % TRAIL_PLACES;
		t->count--;
		if (!t->positional || ret->force_n >= POSITION_SHARE * t->mean_n) {
			remember(t, ret);
			return true;
		}
	}
	return false;
}

enum trail_step trail_push(struct trail *t, struct signal *s, bool disturbed, struct place *ret)
{
	if (s->crest_n > t->peak_n)
		t->peak_n = (float)s->crest_n;
	if (s->t_us - t->mean_us >= STEP_US)
		follow_mean(t, s);
	if (meaningless(t, s, disturbed)) {
		t->frozen_until_us = s->t_us + FREEZE_US;
		t->count = 0;
	}
	if (s->t_us < t->frozen_until_us) {
		signal_restart_u(s);
		return TRAIL_STEP_NONE;
	}
	if (t->lively_until_us == INT64_MIN) /* the onset is over */
		t->lively_until_us = s->t_us + LIVELY_US;
	if (s->t_us - t->last_us < STEP_US)
		return TRAIL_STEP_NONE;
	take(t, s);
	t->peak_n = (float)s->crest_n;
	if (t->count == 0 || s->t_us - s->u_lag_us - first_us(t) < DELAY_US)
		return TRAIL_STEP_PLACE;
	return hand_on(t, ret) ? TRAIL_STEP_RIPE : TRAIL_STEP_PLACE;
}

void trail_watch(struct trail *t, const struct signal *s, double band)
{
	double off = s->u - t->moved_from;

	if (t->moved_known && off >= 0 && off <= band)
		return;
	if (t->moved_known)
		t->moved_us = s->t_us;
	t->moved_from = !t->moved_known ? s->u - band / 2 : off < 0 ? s->u : s->u - band;
	t->moved_known = true;
}
