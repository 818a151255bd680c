/* SPDX-License-Identifier: MIT */
/*
 * From trace to stories. Only order and extremes are kept: nothing here decides, and no limit of the detector is written
 * here but those that the measurements bring along.
 *
 * A hold's force passes half of its level whenever it is lifted; so a valley counts once the force has come back from it by
 * VALLEY_BACK of the level.
 */
#include <math.h>
#include <string.h>

#include "array.h"
#include "replay_story.h"

#define VALLEY_BACK 0.05

static void add_moment(struct telling *t, enum moment_kind kind, int64_t t_us, double a, double b)
{
	struct story *s = t->open;
	struct moment moment = { .kind = kind, .t_us = t_us, .a = a, .b = b };

	if (s && ARRAY_ADD(s->moments, s->count, s->size, moment) < 0)
		t->no_memory = true;
}

static double seconds(int64_t from_us, int64_t to_us)
{
	return knead_us_to_s(to_us - from_us);
}

/* ---- movement ---- */

/* By what factor a measure lies on the wrong side of its limit; under 1 on the right one. */
static double excess_of(enum knead_measure measure, double value, double limit)
{
	bool least = measure == KNEAD_MEASURE_SMALLEST || measure == KNEAD_MEASURE_SHORTEST;
	double over = least ? limit / value : value / limit;

	return isfinite(over) ? over : INFINITY;
}

/* All measures of one comparison are there. */
static void judge_look(struct telling *t)
{
	static const enum knead_measure one_cell[] = { KNEAD_MEASURE_SMALLEST, KNEAD_MEASURE_EVENNESS,
		KNEAD_MEASURE_PACE, KNEAD_MEASURE_SHORTEST, KNEAD_MEASURE_LONGEST };
	size_t count = t->settings->geometry == KNEAD_GEOMETRY_NONE ? sizeof(one_cell) / sizeof(one_cell[0]) : 1;
	struct rule_look *look = &t->look;

	look->excess = 0;
	for (size_t i = 0; i < count; i++) {
		double excess = excess_of(one_cell[i], look->value[one_cell[i]], look->limit[one_cell[i]]);

		if (excess < look->excess)
			continue;
		look->excess = excess;
		look->worst = one_cell[i];
	}
	look->known = true;
	look->t_us = t->now_us;
	if (!t->open->rolled && (!t->open->best.known || look->excess <= t->open->best.excess))
		t->open->best = *look;
}

/* A confirmed pass of that size. */
static void watch_row(struct telling *t, double size)
{
	const size_t most = sizeof(t->row) / sizeof(t->row[0]);
	size_t needed = t->settings->geometry == KNEAD_GEOMETRY_NONE ? most : 2;
	double smallest = size;

	memmove(&t->row[1], &t->row[0], (most - 1) * sizeof(t->row[0]));
	t->row[0] = size;
	for (size_t i = 1; i < needed; i++)
		smallest = fmin(smallest, t->row[i]);
	t->open->swing_row = fmax(t->open->swing_row, smallest);
}

static void on_movement(struct telling *t, const struct knead_trace *m)
{
	struct story *s = t->open;

	if (m->measure == KNEAD_MEASURE_SWING) {
		s->swing_largest = fmax(s->swing_largest, m->value);
		s->swing_limit = m->limit;
		watch_row(t, m->value);
		return;
	}
	t->look.value[m->measure] = m->value;
	t->look.limit[m->measure] = m->limit;
	if (m->measure == KNEAD_MEASURE_SWINGS) {
		if (!s->rolled && (uint32_t)m->value > s->swings)
			s->swings = (uint32_t)m->value;
		s->swings_needed = m->limit;
	} else if (m->measure == KNEAD_MEASURE_LONGEST) {
		judge_look(t);
	}
}

static void on_stroke_step(struct telling *t, const struct knead_trace *step)
{
	struct story *s = t->open;

	if (!s || strcmp(step->input, "rule") != 0)
		return;
	if (!s->rolled)
		s->best = t->look;
	s->rolled = true;
	add_moment(t, MOMENT_RULE, t->now_us, t->look.value[KNEAD_MEASURE_SMALLEST] * s->swing_limit,
		t->look.value[KNEAD_MEASURE_EVENNESS]);
	if (s->count > 0)
		s->moments[s->count - 1].c = t->look.value[KNEAD_MEASURE_PACE];
}

/* ---- holds ---- */

static void begin_valley(struct telling *t)
{
	t->low_share = 1;
}

static void on_easing_step(struct telling *t, const struct knead_trace *step)
{
	if (strcmp(step->to, "easing") == 0) {
		t->easing = true;
		t->ease_us = t->ease_since_us = step->t_us;
		t->ease_level_n = t->told_level_n;
		return;
	}
	t->easing = false;
	if (strcmp(step->to, "eased") == 0)
		add_moment(t, MOMENT_EASED, step->t_us, t->ease_level_n, 0);
	else if (strcmp(step->input, "firm") == 0)
		add_moment(t, MOMENT_SAGGED, t->ease_us, seconds(t->ease_since_us, t->prev_us), 0);
}

static void on_hold_step(struct telling *t, const struct knead_trace *step)
{
	bool to_hold = strcmp(step->to, "hold") == 0;

	if (!t->open)
		return;
	if (strcmp(step->to, "easing") == 0 || strcmp(step->from, "easing") == 0)
		on_easing_step(t, step);
	else if (strcmp(step->input, "timeout") == 0 && strcmp(step->from, "eased") == 0)
		add_moment(t, MOMENT_LIGHTER, t->now_us, 0, 0);
	else if (strcmp(step->input, "timeout") == 0 && to_hold)
		add_moment(t, MOMENT_HOLD, t->now_us, seconds(step->t_us, t->now_us), 0);
	else if (strcmp(step->input, "firm") == 0)
		add_moment(t, MOMENT_FIRM, step->t_us, t->told_level_n, 0);
	else if (strcmp(step->input, "rest") == 0)
		add_moment(t, MOMENT_REST, step->t_us, 0, 0);
	if (strcmp(step->input, "move") == 0)
		add_moment(t, MOMENT_ROLL, step->t_us, 0, 0);
	if (!t->easing)
		begin_valley(t);
}

/* A valley of a published hold: how near it came to a partial release. */
static void watch_valley(struct telling *t)
{
	struct story *s = t->open;
	double share = t->told_level_n > 0 ? t->level_n / t->told_level_n : 1;

	if (share < t->low_share) {
		t->low_share = share;
		t->low_n = t->level_n;
		t->low_us = t->now_us;
	} else if (share > t->low_share + VALLEY_BACK && t->low_share < s->valley_share) {
		s->valley_share = t->low_share;
		s->valley_n = t->low_n;
		s->valley_us = t->low_us;
	}
}

/* ---- contacts ---- */

static struct story *begin_story(struct telling *t, int64_t on_us)
{
	struct story story = {
		.before = t->before,
		.on_us = on_us,
		.off_us = on_us,
		.apart_s = -1,
		.prior = 1,
		.valley_share = 1,
	};
	struct knead_view view;

	if (ARRAY_ADD(t->stories, t->count, t->size, story) < 0) {
		t->no_memory = true;
		return NULL;
	}
	t->open = &t->stories[t->count - 1];
	memset(t->row, 0, sizeof(t->row));
	knead_pipeline_view(t->pipeline, &view);
	t->open->zero_drift_n = view.zero_drift_n;
	t->open->noise_n = view.noise_n;
	t->open->peak_n = t->level_n;
	return t->open;
}

static void end_story(struct telling *t, int64_t off_us, bool lost)
{
	struct story *s = t->open;

	t->state = TELLING_IDLE;
	t->easing = false;
	t->ending = true;
	memset(t->recent, 0, sizeof(t->recent));
	t->peak_n = 0;
	if (lost)
		t->next_before = BEFORE_LOSS;
	if (!s)
		return;
	s->off_us = off_us;
	s->lost = lost;
	if (!s->contact) {
		s->confirmed_s = seconds(s->on_us, t->now_us);
		return;
	}
	t->had_contact = !lost;
	t->apart_s = 0;
	t->below = true;
	t->below_us = off_us;
}

static void on_confirmed(struct telling *t)
{
	struct story *s = t->open;

	t->state = TELLING_CONTACT;
	begin_valley(t);
	if (!s)
		return;
	s->contact = true;
	s->confirmed_s = seconds(s->on_us, t->now_us);
	s->apart_s = t->had_contact ? t->apart_s : -1;
}

static void on_contact_step(struct telling *t, const struct knead_trace *step)
{
	if (strcmp(step->to, "touch") == 0) {
		t->state = TELLING_TOUCH;
		t->ending = false;
		telling_end_stretch(t, step->t_us);
		begin_story(t, step->t_us);
	} else if (strcmp(step->to, "idle") == 0) {
		bool lost = strcmp(step->input, "lost") == 0;

		end_story(t, lost && t->state == TELLING_BRIDGE ? t->fall_us : step->t_us, lost);
	} else if (strcmp(step->to, "bridge") == 0) {
		t->state = TELLING_BRIDGE;
		t->fall_us = step->t_us;
		t->dip_n = t->level_n;
	} else if (t->state == TELLING_BRIDGE) {
		t->state = TELLING_CONTACT;
		begin_valley(t);
		t->ease_since_us = t->now_us;
		add_moment(t, MOMENT_DIP, t->fall_us, seconds(t->fall_us, step->t_us), t->dip_n);
	} else {
		on_confirmed(t);
	}
}

/* ---- samples ---- */

/* What the end of a contact brings about is told after it, and belongs to it. */
static void forget_ended(struct telling *t)
{
	if (t->ending)
		t->open = NULL;
	t->ending = false;
}

static void on_sample(struct telling *t, const struct knead_trace *m)
{
	forget_ended(t);
	t->before = t->next_before;
	t->next_before = BEFORE_SAMPLE;
	t->prev_us = t->now_us;
	t->prev_level_n = t->level_n;
	t->now_us = m->t_us;
	t->level_n = m->value;
	t->told_level_n = m->limit;
	if (t->open)
		t->open->peak_n = fmax(t->open->peak_n, t->level_n);
	switch (t->state) {
	case TELLING_IDLE:
		telling_watch_idle(t);
		break;
	case TELLING_BRIDGE:
		t->dip_n = fmin(t->dip_n, t->level_n);
		break;
	case TELLING_CONTACT:
		if (t->open && !t->easing)
			watch_valley(t);
		break;
	case TELLING_TOUCH:
		break;
	}
}

static void on_flaw(struct telling *t, const struct knead_trace *m)
{
	if (m->measure == KNEAD_MEASURE_SPIKE) {
		uint32_t *count = t->open ? &t->open->spikes : &t->spikes;
		double *largest_n = t->open ? &t->open->spike_n : &t->spike_n;

		(*count)++;
		*largest_n = fmax(*largest_n, m->value);
		return;
	}
	t->next_before = m->value > m->limit ? BEFORE_LOSS : BEFORE_GAP;
	if (m->value > m->limit) {
		t->losses++;
		t->loss_s = fmax(t->loss_s, m->value);
	} else if (t->open) {
		add_moment(t, MOMENT_GAP, m->t_us, m->value, 0);
	} else {
		t->gaps++;
		t->gap_s = fmax(t->gap_s, m->value);
	}
}

static void on_drop(struct telling *t, const struct knead_trace *m)
{
	struct story *s = t->open;

	s->drop_known = true;
	s->value[m->measure] = m->value;
	s->limit[m->measure] = m->limit;
}

static void on_vibration(struct telling *t, const struct knead_trace *m)
{
	struct story *s = t->open;

	if (m->measure == KNEAD_MEASURE_CYCLES) {
		s->cycles_s = fmax(s->cycles_s, m->value);
		s->cycles_limit_s = m->limit;
	} else if (m->value * s->vibration_limit_n >= s->vibration_n * m->limit) {
		s->vibration_n = m->value;
		s->vibration_limit_n = m->limit;
	}
}

static void on_measure(struct telling *t, const struct knead_trace *m)
{
	switch (m->measure) {
	case KNEAD_MEASURE_FORCE:
		on_sample(t, m);
		break;
	case KNEAD_MEASURE_SPIKE:
	case KNEAD_MEASURE_GAP:
		on_flaw(t, m);
		break;
	case KNEAD_MEASURE_PRIOR:
		if (t->open)
			t->open->prior = m->value;
		break;
	case KNEAD_MEASURE_SWING:
	case KNEAD_MEASURE_SWINGS:
	case KNEAD_MEASURE_SMALLEST:
	case KNEAD_MEASURE_EVENNESS:
	case KNEAD_MEASURE_PACE:
	case KNEAD_MEASURE_SHORTEST:
	case KNEAD_MEASURE_LONGEST:
		if (t->open)
			on_movement(t, m);
		break;
	case KNEAD_MEASURE_VIBRATION:
	case KNEAD_MEASURE_CYCLES:
		if (t->open)
			on_vibration(t, m);
		break;
	case KNEAD_MEASURE_RISE:
	case KNEAD_MEASURE_FADE:
	case KNEAD_MEASURE_RING:
		if (t->open)
			on_drop(t, m);
		break;
	case KNEAD_MEASURE_NONE:
	case _KNEAD_MEASURES:
		break;
	}
}

static void on_trace(void *user, const struct knead_trace *trace)
{
	struct telling *t = user;

	if (trace->measure != KNEAD_MEASURE_NONE)
		on_measure(t, trace);
	else if (strcmp(trace->machine, "contact") == 0)
		on_contact_step(t, trace);
	else if (strcmp(trace->machine, "hold") == 0)
		on_hold_step(t, trace);
	else if (strcmp(trace->machine, "stroke") == 0)
		on_stroke_step(t, trace);
}

void telling_init(struct telling *t, struct knead_pipeline *p, const struct knead_settings *settings)
{
	*t = (struct telling){ .settings = settings, .pipeline = p, .next_before = BEFORE_NOTHING };
	knead_pipeline_set_trace(p, on_trace, t);
}

void telling_deinit(struct telling *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->stories[i].moments);
	free(t->stories);
	*t = (struct telling){ 0 };
}
