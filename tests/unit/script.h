/* SPDX-License-Identifier: MIT */
/*
 * Timed text for the detector: a script of forces in, one line an event out.
 *
 *   "5:0"        five seconds at 0 N              "0.5>100"  half a second on a straight line to 100 N
 *   "gap:1.5"    no samples for 1.5 s             "lost"     data ended
 *   "8~100,20,4" eight seconds of 100 N - 20 N cos(2 pi t / 4 s): begins and ends at its lowest
 *   "@50"        from here on the contact is at 50 mm of the line          "2@>-50"  two seconds of travel to -50 mm
 *
 * Words are separated by spaces. Samples come at script_rate_hz (80), without noise, straight into detection: levels on
 * straight lines are crossed at times that can be worked out by hand.
 */
#ifndef TESTS_SCRIPT_H
#define TESTS_SCRIPT_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "detect.h"

struct script {
	struct knead_settings settings;
	struct emit emit;
	struct knead_event out[KNEAD_EVENTS_MIN];
	struct detect detect;
	double rate_hz, at_n, at_mm;
	int64_t samples; /* on the grid of the rate */
	bool gap;
	char text[1 << 14];
	size_t length;
};

static inline void script_init(struct script *s)
{
	memset(s, 0, sizeof *s);
	knead_settings_init(&s->settings, KNEAD_PROFILE_BALL);
	s->rate_hz = 80;
	s->samples = 1; /* a word ends at a round time */
	s->emit.out = s->out;
	s->emit.cap = KNEAD_EVENTS_MIN;
}

/* Two cells at -100 and 100 mm. */
static inline void script_line(struct script *s)
{
	s->settings.geometry = KNEAD_GEOMETRY_LINE;
	s->settings.cells = 2;
	s->settings.cell_mm[0] = -100;
	s->settings.cell_mm[1] = 100;
}

static void script_write(struct script *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void script_write(struct script *s, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	s->length += (size_t)vsnprintf(s->text + s->length, sizeof s->text - s->length, format, ap);
	va_end(ap);
}

/* Writes what came out: type, time, and what the type is judged by. */
static void script_take(struct script *s)
{
	for (size_t i = 0; i < s->emit.n; i++) {
		const struct knead_event *e = &s->out[i];

		script_write(s, "%.3f %s", knead_us_to_s(e->t_us), knead_event_type_to_str(e->type));
		if (e->type == KNEAD_EVENT_HOLD_END)
			script_write(s, " %.3f %s%s", knead_us_to_s(e->hold_end.end_us - e->hold_end.start_us),
				knead_cause_to_str(e->hold_end.cause), e->hold_end.dips ? " dips" : "");
		if (e->type == KNEAD_EVENT_PRESS || e->type == KNEAD_EVENT_TAP || e->type == KNEAD_EVENT_IMPACT)
			script_write(s, " %.3f", knead_us_to_s(e->press.end_us - e->press.start_us));
		if (e->type == KNEAD_EVENT_ROLL_END)
			script_write(s, " %u %s", e->roll_end.strokes, knead_cause_to_str(e->roll_end.cause));
		if (e->type == KNEAD_EVENT_STROKE)
			script_write(
				s, " %s %.0f", knead_direction_to_str(e->stroke.direction), e->stroke.travel_mm.value);
		if (e->type == KNEAD_EVENT_PULSE_SET_END)
			script_write(s, " %u %.1f", e->pulse_set.pulses, e->pulse_set.mean_duration_s);
		if (e->type == KNEAD_EVENT_PRESS_SET_END)
			script_write(s, " %u", e->press_set.presses);
		if (e->type == KNEAD_EVENT_WARNING)
			script_write(s, " %s %.0f of %.0f", knead_warning_kind_to_str(e->warning.kind),
				e->warning.value, e->warning.limit);
		if (e->type == KNEAD_EVENT_PROTOCOL_STEP || e->type == KNEAD_EVENT_PROTOCOL_DONE)
			script_write(s, " step %u of %u, %u of %u%s", e->protocol.step, e->protocol.of,
				e->protocol.done, e->protocol.target, e->protocol.completed ? ", completed" : "");
		if (e->flags & KNEAD_FLAG_OVER_SOFT)
			script_write(s, " over_soft");
		if (e->flags & KNEAD_FLAG_OVER_HARD)
			script_write(s, " over_hard");
		if (e->flags & KNEAD_FLAG_PRIOR)
			script_write(s, " prior");
		if (e->flags & KNEAD_FLAG_GAP)
			script_write(s, " gap");
		if (e->flags & KNEAD_FLAG_BOOT_LOADED)
			script_write(s, " boot_loaded");
		script_write(s, "\n");
	}
	s->emit.n = 0;
}

static void script_sample(struct script *s, double force_n)
{
	struct force f = { .t_us = (int64_t)llround((double)s->samples * 1e6 / s->rate_hz), .sum_n = force_n };

	/* the share of each cell that puts the centre at at_mm */
	f.cell_n[1] = force_n * (s->at_mm + 100) / 200;
	f.cell_n[0] = force_n - f.cell_n[1];
	s->samples++;
	s->at_n = force_n;
	detect_push(&s->detect, &f, s->gap);
	s->gap = false;
	script_take(s);
}

static void script_word(struct script *s, const char *word)
{
	double seconds = 0, a = 0, b = 0, c = 0, from_n = s->at_n, from_mm = s->at_mm;
	int64_t n;

	if (strcmp(word, "lost") == 0) {
		detect_lost(&s->detect);
		script_take(s);
		return;
	}
	if (sscanf(word, "gap:%lf", &seconds) == 1) {
		s->samples += (int64_t)llround(seconds * s->rate_hz);
		s->gap = true;
		return;
	}
	if (sscanf(word, "@%lf", &s->at_mm) == 1)
		return;
	seconds = strtod(word, NULL);
	n = (int64_t)llround(seconds * s->rate_hz);
	for (int64_t i = 1; i <= n; i++) {
		double share = (double)i / (double)n, t_s = (double)i / s->rate_hz;

		if (sscanf(word, "%*f:%lf", &a) == 1)
			script_sample(s, a);
		else if (sscanf(word, "%*f>%lf", &a) == 1)
			script_sample(s, from_n + (a - from_n) * share);
		else if (sscanf(word, "%*f~%lf,%lf,%lf", &a, &b, &c) == 3)
			script_sample(s, a - b * cos(2 * M_PI * t_s / c));
		else if (sscanf(word, "%*f@>%lf", &a) == 1) {
			s->at_mm = from_mm + (a - from_mm) * (0.5 - 0.5 * cos(M_PI * share));
			script_sample(s, from_n);
		} else {
			fprintf(stderr, "script: no such word: %s\n", word);
			abort();
		}
	}
}

/* Runs words and returns the text of all events since the last call. */
static inline const char *script_run(struct script *s, const char *words)
{
	char copy[2048], *save = NULL;

	snprintf(copy, sizeof copy, "%s", words);
	if (!s->detect.settings) {
		detect_init(&s->detect, &s->settings, &s->emit);
		signal_set_period(&s->detect.signal, 1e6 / s->rate_hz);
	}
	s->length = 0;
	s->text[0] = '\0';
	for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
		script_word(s, word);
	return s->text;
}

#endif
