/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "array.h"
#include "score_body.h"

#define TURN_COLLAR_S 0.35
#define BREATH_HOLD_S 30
#define BREATH_MIN_PCT 2
#define BREATH_GOOD_PER_MIN 1
#define BREATH_WRONG_PER_MIN 2

void score_body_deinit(struct score_body *b)
{
	score_errors_deinit(&b->turns.error_s);
	score_errors_deinit(&b->breathing.error_per_min);
	score_errors_deinit(&b->relaxation.error_points);
	score_errors_deinit(&b->softening.error_s);
	*b = (struct score_body){ 0 };
}

double score_number(const struct label *label, enum label_number number)
{
	return label->details ? label->details->number[number] : NAN;
}

/* ---- turns ---- */

struct times {
	double *item; /* owned */
	size_t count, size;
};

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The turns of all rolls in order of time. Returns 0 or -ENOMEM. */
static int collect(const struct labels *l, struct times *ret)
{
	for (size_t i = 0; i < l->count; i++) {
		const struct label_details *d = l->item[i].details;

		for (size_t k = 0; d && l->item[i].kind == LABEL_ROLL && k < d->reversals; k++)
			if (ARRAY_ADD(ret->item, ret->count, ret->size, d->reversal_s[k]) < 0)
				return -ENOMEM;
	}
	if (ret->count > 1)
		qsort(ret->item, ret->count, sizeof(*ret->item), compare);
	return 0;
}

/* Both in order of time and one collar for all: going through them side by side makes as many pairs as can be. */
static int pair(struct score_turns *t, const struct times *true_s, const struct times *found_s)
{
	size_t i = 0, k = 0;
	int r = 0;

	while (i < true_s->count && k < found_s->count && r == 0) {
		double late_s = found_s->item[k] - true_s->item[i];

		if (late_s < -TURN_COLLAR_S) {
			k++;
		} else if (late_s > TURN_COLLAR_S) {
			i++;
		} else {
			t->matched++;
			r = score_errors_add(&t->error_s, late_s);
			i++;
			k++;
		}
	}
	t->labelled += true_s->count;
	t->detected += found_s->count;
	return r;
}

/* Whether the labels have details and each roll of more than one stroke its turns. */
static bool tells_turns(const struct labels *l)
{
	for (size_t i = 0; i < l->count; i++) {
		const struct label *label = &l->item[i];

		if (!label->details ||
			(label->kind == LABEL_ROLL && label->count > 1 && label->details->reversals == 0))
			return false;
	}
	return l->count > 0;
}

int score_body_add_turns(struct score_body *b, const struct labels *labels, const struct labels *detections)
{
	struct times true_s = { 0 }, found_s = { 0 };
	int r;

	if (!tells_turns(labels))
		return 0;
	r = collect(labels, &true_s);
	if (r == 0)
		r = collect(detections, &found_s);
	if (r == 0)
		r = pair(&b->turns, &true_s, &found_s);
	free(true_s.item);
	free(found_s.item);
	return r;
}

/* ---- holds ---- */

static int add_breathing(struct score_breathing *b, const struct label *label, const struct label *found)
{
	double true_per_min = score_number(label, LABEL_BREATH_PER_MIN);
	double found_per_min = score_number(found, LABEL_BREATH_PER_MIN);
	double error_per_min = fabs(found_per_min - true_per_min);
	bool due = label->end_s - label->start_s >= BREATH_HOLD_S &&
		   score_number(label, LABEL_BREATH_PCT) >= BREATH_MIN_PCT;

	if (isnan(true_per_min))
		return 0;
	b->holds++;
	b->due += due;
	if (isnan(found_per_min))
		return 0;
	b->reports++;
	b->wrong += error_per_min > BREATH_WRONG_PER_MIN;
	if (!due)
		return 0;
	b->answered++;
	b->within_one += error_per_min <= BREATH_GOOD_PER_MIN;
	return score_errors_add(&b->error_per_min, error_per_min);
}

static int add_relaxation(struct score_relaxation *r, const struct label *label, const struct label *found)
{
	double true_pct = score_number(label, LABEL_RELAX_PCT), found_pct = score_number(found, LABEL_RELAX_PCT);

	if (isnan(true_pct))
		return 0;
	r->due++;
	if (isnan(found_pct))
		return 0;
	r->answered++;
	return score_errors_add(&r->error_points, found_pct - true_pct);
}

static int add_softening(struct score_softening *s, const struct label *label, const struct label *found)
{
	double true_s = score_number(label, LABEL_SOFTENING_S), found_s = score_number(found, LABEL_SOFTENING_S);

	/* Shorter holds have no relaxation, and no break in it. */
	if (isnan(true_s) && isnan(score_number(label, LABEL_RELAX_PCT)))
		return 0;
	if (isnan(true_s)) {
		s->steady++;
		s->false_reports += !isnan(found_s);
		return 0;
	}
	s->due++;
	if (isnan(found_s))
		return 0;
	s->answered++;
	return score_errors_add(&s->error_s, found_s - true_s);
}

int score_body_add_hold(struct score_body *b, const struct label *label, const struct label *found)
{
	double dips = score_number(label, LABEL_DIPS), found_dips = score_number(found, LABEL_DIPS);
	int r;

	if (!label->details)
		return 0;
	if (!isnan(dips) && !isnan(found_dips)) {
		b->dips.counted++;
		b->dips.exact += lround(dips) == lround(found_dips);
	}
	r = add_breathing(&b->breathing, label, found);
	if (r == 0)
		r = add_relaxation(&b->relaxation, label, found);
	if (r == 0)
		r = add_softening(&b->softening, label, found);
	return r;
}
