/* SPDX-License-Identifier: MIT */
/*
 * Section 4 of the event contract. A label and a detection of one kind may be matched when the starts differ by no more
 * than the collar and the ends by no more than the collar or 2 % of the label's length. The collar is 1 s for rolls, and
 * for the side of a hold that borders on a roll. As many pairs are made as can be (Kuhn's augmenting paths), the nearest
 * tried first.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "array.h"
#include "score_match.h"

#define ROLL_COLLAR_S 1.0
#define BORDER_S 0.02
#define VIBRATION_HZ 200
#define NONE SIZE_MAX

/* One capture and one kind while it is being matched. */
struct match {
	const struct score *score;
	const struct labels *labels, *detections;
	enum label_kind kind;
	size_t *label_of; /* for each detection: its label, or NONE */
	bool *tried; /* detections seen by the search under way */
};

void score_init(struct score *s, double rate_hz, double collar_s)
{
	*s = (struct score){ .rate_hz = rate_hz, .collar_s = collar_s > 0 ? collar_s : rate_hz <= 12 ? 0.25 : 0.15 };
}

void score_deinit(struct score *s)
{
	for (int kind = 0; kind < _LABEL_KINDS; kind++)
		for (int i = 0; i < _SCORE_QUANTITIES; i++)
			free(s->kind[kind].error[i].item);
	*s = (struct score){ 0 };
}

static bool is_scored(const struct score *s, enum label_kind kind)
{
	return s->rate_hz >= VIBRATION_HZ || (kind != LABEL_IMPACT && kind != LABEL_PERCUSSION);
}

/* Whether t_s is where a labelled roll begins (at_end false) or ends. */
static bool borders_on_roll(const struct labels *l, double t_s, bool at_end)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->item[i].kind == LABEL_ROLL &&
			fabs((at_end ? l->item[i].end_s : l->item[i].start_s) - t_s) <= BORDER_S)
			return true;
	return false;
}

static bool starts_at_roll(const struct match *m, const struct label *hold)
{
	return hold->kind == LABEL_HOLD && borders_on_roll(m->labels, hold->start_s, true);
}

static bool ends_at_roll(const struct match *m, const struct label *hold)
{
	return hold->kind == LABEL_HOLD && borders_on_roll(m->labels, hold->end_s, false);
}

static bool may_match(const struct match *m, const struct label *label, const struct label *detection)
{
	bool soft_start = label->kind == LABEL_ROLL || starts_at_roll(m, label);
	bool soft_end = label->kind == LABEL_ROLL || ends_at_roll(m, label);
	double start_collar_s = soft_start ? ROLL_COLLAR_S : m->score->collar_s;
	double end_collar_s =
		fmax(soft_end ? ROLL_COLLAR_S : m->score->collar_s, 0.02 * (label->end_s - label->start_s));

	if (label->kind != m->kind || detection->kind != m->kind)
		return false;
	return fabs(detection->start_s - label->start_s) <= start_collar_s &&
	       fabs(detection->end_s - label->end_s) <= end_collar_s;
}

/* The nearest detection that the label may be matched with and that was not tried, or NONE. */
static size_t nearest_untried(const struct match *m, const struct label *label)
{
	size_t best = NONE;
	double best_s = HUGE_VAL;

	for (size_t i = 0; i < m->detections->count; i++) {
		const struct label *d = &m->detections->item[i];
		double apart_s = fabs(d->start_s - label->start_s) + fabs(d->end_s - label->end_s);

		if (apart_s < best_s && !m->tried[i] && may_match(m, label, d)) {
			best_s = apart_s;
			best = i;
		}
	}
	return best;
}

/* Finds a detection for a label, moving other labels to other detections where that helps. The depth is that of a cluster
 * of events within a collar of one another. */
static bool find_for(struct match *m, size_t label)
{
	size_t i;

	while ((i = nearest_untried(m, &m->labels->item[label])) != NONE) {
		m->tried[i] = true;
		if (m->label_of[i] == NONE || find_for(m, m->label_of[i])) {
			m->label_of[i] = label;
			return true;
		}
	}
	return false;
}

static int add_error(struct score_kind *k, enum score_quantity quantity, double error)
{
	struct score_errors *e = &k->error[quantity];

	return ARRAY_ADD(e->item, e->count, e->size, fabs(error));
}

static void count_strokes(struct score_kind *k, uint32_t labelled, uint32_t detected)
{
	uint32_t apart = detected > labelled ? detected - labelled : labelled - detected;

	k->counted++;
	k->exact += apart == 0;
	k->within_one += apart <= 1;
}

/* Whether vibration or a drop lies over a label: its peak is the converter's affair, whose filter takes off what it will. */
static bool is_shaken(const struct match *m, const struct label *label)
{
	for (size_t i = 0; i < m->labels->count; i++) {
		const struct label *l = &m->labels->item[i];

		if ((l->kind == LABEL_PERCUSSION || l->kind == LABEL_IMPACT) && l->start_s < label->end_s &&
			l->end_s > label->start_s)
			return true;
	}
	return false;
}

static int count_pair(const struct match *m, struct score_kind *k, const struct label *label, const struct label *found)
{
	double start_s = found->start_s - label->start_s, end_s = found->end_s - label->end_s;
	bool soft_start = starts_at_roll(m, label), soft_end = ends_at_roll(m, label);
	int r = add_error(k, soft_start ? SCORE_BORDER_S : SCORE_START_S, start_s);

	k->matched++;
	if (r == 0)
		r = add_error(k, soft_end ? SCORE_BORDER_S : SCORE_END_S, end_s);
	if (r == 0 && !soft_start && !soft_end)
		r = add_error(k, SCORE_DURATION_S, end_s - start_s);
	if (r == 0 && found->peak_n > 0 && label->peak_n > 0 && !is_shaken(m, label))
		r = add_error(k, SCORE_PEAK_PCT, 100 * (found->peak_n / label->peak_n - 1));
	if (label->kind == LABEL_ROLL)
		count_strokes(k, label->count, found->count);
	return r;
}

/* Whether a detection lies over what cannot be told at this rate, so that it is neither right nor wrong. */
static bool is_left_out(const struct match *m, const struct label *d)
{
	double middle_s = (d->start_s + d->end_s) / 2;

	for (size_t i = 0; i < m->labels->count; i++) {
		const struct label *l = &m->labels->item[i];

		if (!is_scored(m->score, l->kind) && middle_s >= l->start_s - m->score->collar_s &&
			middle_s <= l->end_s + m->score->collar_s)
			return true;
	}
	return false;
}

/* How many events of kind in l lie by more than half of their length within whole. */
static size_t count_inside(const struct labels *l, enum label_kind kind, const struct label *whole)
{
	size_t n = 0;

	for (size_t i = 0; i < l->count; i++) {
		const struct label *part = &l->item[i];
		double shared_s = fmin(part->end_s, whole->end_s) - fmax(part->start_s, whole->start_s);

		n += part->kind == kind && shared_s > (part->end_s - part->start_s) / 2;
	}
	return n;
}

static int score_one_kind(struct match *m, struct score_kind *k)
{
	int r = 0;

	for (size_t i = 0; i < m->detections->count; i++)
		m->label_of[i] = NONE;
	for (size_t i = 0; i < m->labels->count; i++) {
		if (m->labels->item[i].kind != m->kind)
			continue;
		for (size_t d = 0; d < m->detections->count; d++)
			m->tried[d] = false;
		find_for(m, i);
		k->labelled++;
		k->fragmented += count_inside(m->detections, m->kind, &m->labels->item[i]) > 1;
	}
	for (size_t i = 0; i < m->detections->count && r == 0; i++) {
		const struct label *d = &m->detections->item[i];

		if (d->kind != m->kind)
			continue;
		if (m->label_of[i] != NONE)
			r = count_pair(m, k, &m->labels->item[m->label_of[i]], d);
		else if (is_left_out(m, d))
			continue;
		k->detected++;
		k->merged += count_inside(m->labels, m->kind, d) > 1;
	}
	return r;
}

int score_add(struct score *s, const struct labels *labels, const struct labels *detections)
{
	struct match m = { .score = s, .labels = labels, .detections = detections };
	int r = 0;

	m.label_of = calloc(detections->count + 1, sizeof(*m.label_of));
	m.tried = calloc(detections->count + 1, sizeof(*m.tried));
	if (!m.label_of || !m.tried)
		r = -ENOMEM;
	for (int kind = 0; kind < _LABEL_KINDS && r == 0; kind++) {
		m.kind = (enum label_kind)kind;
		if (is_scored(s, m.kind))
			r = score_one_kind(&m, &s->kind[kind]);
	}
	free(m.label_of);
	free(m.tried);
	return r;
}

double score_precision(const struct score_kind *k)
{
	return k->detected > 0 ? (double)k->matched / (double)k->detected : NAN;
}

double score_recall(const struct score_kind *k)
{
	return k->labelled > 0 ? (double)k->matched / (double)k->labelled : NAN;
}

double score_f1(const struct score_kind *k)
{
	return k->labelled + k->detected > 0 ? 2 * (double)k->matched / (double)(k->labelled + k->detected) : NAN;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double score_quantile(struct score_errors *e, double q)
{
	double rank = ceil(q * (double)e->count);

	if (e->count == 0)
		return NAN;
	qsort(e->item, e->count, sizeof(*e->item), compare);
	return e->item[rank < 1 ? 0 : (size_t)rank - 1];
}
