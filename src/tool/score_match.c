/* SPDX-License-Identifier: MIT */
/*
 * Section 4 of the event contract. A label and a detection of one kind may be matched when the starts differ by no more
 * than the collar and the ends by no more than the collar or 2 % of the label's length. The collar is 1 s for rolls, and
 * for the side of a hold that borders on a roll. As many pairs are made as can be (Kuhn's augmenting paths), the nearest
 * tried first. The second criterion asks for nothing but the overlap, so that a hold of a minute is not judged by
 * milliseconds alone.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "score_match.h"

#define ROLL_COLLAR_S 1.0
#define BORDER_S 0.02
#define VIBRATION_HZ 200
#define OVERLAP_MIN 0.95

int score_match_init(struct score_match *m, const struct score_rules *rules, const struct labels *labels,
	const struct labels *detections)
{
	*m = (struct score_match){ .rules = rules, .labels = labels, .detections = detections };
	m->label_of = calloc(detections->count + 1, sizeof(*m->label_of));
	m->tried = calloc(detections->count + 1, sizeof(*m->tried));
	return m->label_of && m->tried ? 0 : -ENOMEM;
}

void score_match_deinit(struct score_match *m)
{
	free(m->label_of);
	free(m->tried);
	*m = (struct score_match){ 0 };
}

bool score_is_scored(const struct score_rules *rules, enum label_kind kind)
{
	return rules->rate_hz >= VIBRATION_HZ || (kind != LABEL_IMPACT && kind != LABEL_PERCUSSION);
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

bool score_starts_at_roll(const struct score_match *m, const struct label *hold)
{
	return hold->kind == LABEL_HOLD && borders_on_roll(m->labels, hold->start_s, true);
}

bool score_ends_at_roll(const struct score_match *m, const struct label *hold)
{
	return hold->kind == LABEL_HOLD && borders_on_roll(m->labels, hold->end_s, false);
}

double score_shared_s(const struct label *a, const struct label *b)
{
	return fmin(a->end_s, b->end_s) - fmax(a->start_s, b->start_s);
}

double score_overlap(const struct label *a, const struct label *b)
{
	double shared_s = score_shared_s(a, b);
	double whole_s = fmax(a->end_s, b->end_s) - fmin(a->start_s, b->start_s);

	return shared_s > 0 && whole_s > 0 ? shared_s / whole_s : 0;
}

static bool within_collar(const struct score_match *m, const struct label *label, const struct label *detection)
{
	bool soft_start = label->kind == LABEL_ROLL || score_starts_at_roll(m, label);
	bool soft_end = label->kind == LABEL_ROLL || score_ends_at_roll(m, label);
	double start_collar_s = soft_start ? ROLL_COLLAR_S : m->rules->collar_s;
	double end_collar_s =
		fmax(soft_end ? ROLL_COLLAR_S : m->rules->collar_s, 0.02 * (label->end_s - label->start_s));

	return fabs(detection->start_s - label->start_s) <= start_collar_s &&
	       fabs(detection->end_s - label->end_s) <= end_collar_s;
}

static bool may_match(const struct score_match *m, const struct label *label, const struct label *detection,
	enum score_criterion criterion)
{
	if (label->kind != detection->kind)
		return false;
	return criterion == SCORE_BY_COLLAR ? within_collar(m, label, detection)
					    : score_overlap(label, detection) >= OVERLAP_MIN;
}

/* The nearest detection that the label may be matched with and that was not tried, or SCORE_NONE. */
static size_t nearest_untried(const struct score_match *m, const struct label *label, enum score_criterion criterion)
{
	size_t best = SCORE_NONE;
	double best_s = HUGE_VAL;

	for (size_t i = 0; i < m->detections->count; i++) {
		const struct label *d = &m->detections->item[i];
		double apart_s = fabs(d->start_s - label->start_s) + fabs(d->end_s - label->end_s);

		if (apart_s < best_s && !m->tried[i] && may_match(m, label, d, criterion)) {
			best_s = apart_s;
			best = i;
		}
	}
	return best;
}

/* Finds a detection for a label, moving other labels to other detections where that helps. The depth is that of a cluster
 * of events within a collar of one another. */
static bool find_for(struct score_match *m, size_t label, enum score_criterion criterion)
{
	size_t i;

	while ((i = nearest_untried(m, &m->labels->item[label], criterion)) != SCORE_NONE) {
		m->tried[i] = true;
		if (m->label_of[i] == SCORE_NONE || find_for(m, m->label_of[i], criterion)) {
			m->label_of[i] = label;
			return true;
		}
	}
	return false;
}

void score_match_kind(struct score_match *m, enum label_kind kind, enum score_criterion criterion)
{
	for (size_t i = 0; i < m->detections->count; i++)
		if (m->detections->item[i].kind == kind)
			m->label_of[i] = SCORE_NONE;
	for (size_t i = 0; i < m->labels->count; i++) {
		if (m->labels->item[i].kind != kind)
			continue;
		for (size_t d = 0; d < m->detections->count; d++)
			m->tried[d] = false;
		find_for(m, i, criterion);
	}
}

bool score_is_shaken(const struct score_match *m, const struct label *label)
{
	for (size_t i = 0; i < m->labels->count; i++) {
		const struct label *l = &m->labels->item[i];

		if ((l->kind == LABEL_PERCUSSION || l->kind == LABEL_IMPACT) && score_shared_s(l, label) > 0)
			return true;
	}
	return false;
}

bool score_is_left_out(const struct score_match *m, const struct label *detection)
{
	double middle_s = (detection->start_s + detection->end_s) / 2;

	for (size_t i = 0; i < m->labels->count; i++) {
		const struct label *l = &m->labels->item[i];

		if (!score_is_scored(m->rules, l->kind) && middle_s >= l->start_s - m->rules->collar_s &&
			middle_s <= l->end_s + m->rules->collar_s)
			return true;
	}
	return false;
}
