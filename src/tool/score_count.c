/* SPDX-License-Identifier: MIT */
/*
 * What the pairs say, kind by kind. Inserted, deleted, fragmented and merged are those of Ward et al. (2011): they look at
 * shared time alone, so that a hold found late is late and not both missing and invented.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "score_count.h"

void score_init(struct score *s, double rate_hz, double collar_s)
{
	*s = (struct score){ .rules = { .rate_hz = rate_hz,
				     .collar_s = collar_s > 0    ? collar_s
						 : rate_hz <= 12 ? 0.25
								 : 0.15 } };
}

void score_deinit(struct score *s)
{
	for (int kind = 0; kind < _LABEL_KINDS; kind++)
		for (int i = 0; i < _SCORE_QUANTITIES; i++)
			score_errors_deinit(&s->kind[kind].error[i]);
	score_body_deinit(&s->body);
	*s = (struct score){ 0 };
}

/* ---- pairs ---- */

static void count_strokes(struct score_kind *k, uint32_t labelled, uint32_t detected)
{
	uint32_t apart = detected > labelled ? detected - labelled : labelled - detected;

	k->counted++;
	k->exact += apart == 0;
	k->within_one += apart <= 1;
}

/* An error in percent of what is true; none where either side does not tell. */
static int add_relative(struct score_kind *k, enum score_quantity quantity, double truth, double found)
{
	if (!(truth > 0) || !(found > 0))
		return 0;
	return score_errors_add(&k->error[quantity], 100 * (found / truth - 1));
}

/* What has a value of its own: force, impulse, travel, rate. */
static int count_values(const struct score_match *m, struct score_kind *k, const struct label *label,
	const struct label *found, bool sharp)
{
	int r = 0;

	if (sharp && !score_is_shaken(m, label))
		r = add_relative(k, SCORE_PEAK_PCT, label->peak_n, found->peak_n);
	if (r == 0 && sharp)
		r = add_relative(k, SCORE_IMPULSE_PCT, score_number(label, LABEL_IMPULSE_NS),
			score_number(found, LABEL_IMPULSE_NS));
	if (r == 0)
		r = add_relative(k, SCORE_TRAVEL_PCT, score_number(label, LABEL_TRAVEL_MM),
			score_number(found, LABEL_TRAVEL_MM));
	if (r == 0)
		r = add_relative(
			k, SCORE_RATE_PCT, score_number(label, LABEL_RATE_HZ), score_number(found, LABEL_RATE_HZ));
	return r;
}

static int count_pair(
	const struct score_match *m, struct score *s, const struct label *label, const struct label *found)
{
	struct score_kind *k = &s->kind[label->kind];
	double start_s = found->start_s - label->start_s, end_s = found->end_s - label->end_s;
	bool soft_start = score_starts_at_roll(m, label), soft_end = score_ends_at_roll(m, label);
	bool sharp = !soft_start && !soft_end;
	int r = score_errors_add(&k->error[soft_start ? SCORE_BORDER_S : SCORE_START_S], start_s);

	k->matched++;
	if (r == 0)
		r = score_errors_add(&k->error[soft_end ? SCORE_BORDER_S : SCORE_END_S], end_s);
	if (r == 0 && sharp)
		r = score_errors_add(&k->error[SCORE_DURATION_S], end_s - start_s);
	if (r == 0)
		r = count_values(m, k, label, found, sharp);
	if (r == 0 && label->kind == LABEL_HOLD)
		r = score_body_add_hold(&s->body, label, found);
	if (label->kind == LABEL_ROLL)
		count_strokes(k, label->count, found->count);
	return r;
}

/* ---- events without their like ---- */

/* How many events of kind in l lie by more than half of their length within whole. */
static size_t count_inside(const struct labels *l, enum label_kind kind, const struct label *whole)
{
	size_t n = 0;

	for (size_t i = 0; i < l->count; i++) {
		const struct label *part = &l->item[i];

		n += part->kind == kind && score_shared_s(part, whole) > (part->end_s - part->start_s) / 2;
	}
	return n;
}

static bool shares_time(const struct labels *l, enum label_kind kind, const struct label *with)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->item[i].kind == kind && score_shared_s(&l->item[i], with) > 0)
			return true;
	return false;
}

static void note_worst(struct score_kind *k, const char *capture, const struct score_worst *one)
{
	double f1 = score_f1(one->labelled, one->detected, one->matched);
	double worst_f1 = score_f1(k->worst.labelled, k->worst.detected, k->worst.matched);
	size_t wrong = one->labelled + one->detected - 2 * one->matched;
	size_t worst_wrong = k->worst.labelled + k->worst.detected - 2 * k->worst.matched;

	if (isnan(f1) || (k->worst.capture && (f1 > worst_f1 || (f1 == worst_f1 && wrong <= worst_wrong))))
		return;
	k->worst = *one;
	k->worst.capture = capture;
}

/* ---- one kind of one capture ---- */

static void count_overlaps(struct score_match *m, struct score_kind *k, enum label_kind kind)
{
	score_match_kind(m, kind, SCORE_BY_OVERLAP);
	for (size_t i = 0; i < m->detections->count; i++)
		k->overlapped += m->detections->item[i].kind == kind && m->label_of[i] != SCORE_NONE;
}

static void count_labels(const struct score_match *m, struct score_kind *k, enum label_kind kind)
{
	for (size_t i = 0; i < m->labels->count; i++) {
		const struct label *label = &m->labels->item[i];

		if (label->kind != kind)
			continue;
		k->labelled++;
		k->fragmented += count_inside(m->detections, kind, label) > 1;
		k->deleted += !shares_time(m->detections, kind, label);
	}
}

static int count_detections(const struct score_match *m, struct score *s, enum label_kind kind)
{
	struct score_kind *k = &s->kind[kind];
	int r = 0;

	for (size_t i = 0; i < m->detections->count && r == 0; i++) {
		const struct label *d = &m->detections->item[i];

		if (d->kind != kind)
			continue;
		if (m->label_of[i] != SCORE_NONE)
			r = count_pair(m, s, &m->labels->item[m->label_of[i]], d);
		else if (score_is_left_out(m, d))
			continue;
		k->detected++;
		k->merged += count_inside(m->labels, kind, d) > 1;
		k->inserted += !shares_time(m->labels, kind, d);
	}
	return r;
}

static int score_one_kind(struct score_match *m, struct score *s, const char *capture, enum label_kind kind)
{
	struct score_kind *k = &s->kind[kind];
	struct score_worst one = { .labelled = k->labelled, .detected = k->detected, .matched = k->matched };
	int r;

	count_overlaps(m, k, kind);
	score_match_kind(m, kind, SCORE_BY_COLLAR);
	count_labels(m, k, kind);
	r = count_detections(m, s, kind);
	one.labelled = k->labelled - one.labelled;
	one.detected = k->detected - one.detected;
	one.matched = k->matched - one.matched;
	note_worst(k, capture, &one);
	return r;
}

/* ---- the confusion table ---- */

/* The detection that is the label's partner, else the one that agrees best with it in time; its kind, or SCORE_NOTHING. */
static int seen_as(const struct score_match *m, size_t label)
{
	double best = 0;
	int kind = SCORE_NOTHING;

	for (size_t i = 0; i < m->detections->count; i++) {
		const struct label *d = &m->detections->item[i];
		double overlap = score_overlap(&m->labels->item[label], d);

		if (m->label_of[i] == label)
			return (int)d->kind;
		if (overlap > best) {
			best = overlap;
			kind = (int)d->kind;
		}
	}
	return kind;
}

/* Whether a detection without a partner shares time with any label. */
static bool over_a_label(const struct score_match *m, const struct label *detection)
{
	for (size_t i = 0; i < m->labels->count; i++)
		if (score_shared_s(&m->labels->item[i], detection) > 0)
			return true;
	return false;
}

/* Needs the pairs of all kinds in m->label_of. */
static void count_confusion(const struct score_match *m, struct score *s)
{
	for (size_t i = 0; i < m->labels->count; i++)
		s->confusion[m->labels->item[i].kind][seen_as(m, i)]++;
	for (size_t i = 0; i < m->detections->count; i++)
		if (m->label_of[i] == SCORE_NONE && !over_a_label(m, &m->detections->item[i]))
			s->confusion[SCORE_NOTHING][m->detections->item[i].kind]++;
}

int score_add(struct score *s, const char *capture, const struct labels *labels, const struct labels *detections)
{
	struct score_match m;
	int r = score_match_init(&m, &s->rules, labels, detections);

	s->captures++;
	for (int kind = 0; kind < _LABEL_KINDS && r == 0; kind++) {
		if (score_is_scored(&s->rules, (enum label_kind)kind))
			r = score_one_kind(&m, s, capture, (enum label_kind)kind);
		else
			score_match_kind(&m, (enum label_kind)kind, SCORE_BY_COLLAR);
	}
	if (r == 0) {
		count_confusion(&m, s);
		r = score_body_add_turns(&s->body, labels, detections);
	}
	score_match_deinit(&m);
	return r;
}

/* ---- ratios ---- */

double score_share(size_t part, size_t whole)
{
	return whole > 0 ? (double)part / (double)whole : NAN;
}

double score_precision(const struct score_kind *k)
{
	return score_share(k->matched, k->detected);
}

double score_recall(const struct score_kind *k)
{
	return score_share(k->matched, k->labelled);
}

double score_f1(size_t labelled, size_t detected, size_t matched)
{
	return score_share(2 * matched, labelled + detected);
}
