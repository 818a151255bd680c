/* SPDX-License-Identifier: MIT */
/*
 * What stands around the contacts: the device and its settings before them, what never became a contact and what the
 * events say of the whole after them.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "replay_explain.h"
#include "replay_page.h"
#include "replay_whatif.h"

#define TOUCHES_SHOWN 8
#define HIGHEST_MIN_N 0.05

struct explain {
	const char *path;
	const struct knead_pipeline *pipeline;
	struct telling telling;
	struct told *events;
	size_t count, size;
	struct page page;
};

struct explain *explain_new(const char *path, const struct conf_device *device, struct knead_pipeline *p)
{
	struct explain *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->path = path;
	x->page.device = device;
	x->page.settings = &device->settings;
	x->pipeline = p;
	telling_init(&x->telling, p, &device->settings);
	return x;
}

void explain_free(struct explain *x)
{
	if (!x)
		return;
	telling_deinit(&x->telling);
	free(x->events);
	free(x->page.lines);
	free(x);
}

int explain_event(struct explain *x, const struct knead_event *e, int64_t wall_origin_us)
{
	struct told told = { .event = *e, .wall_origin_us = wall_origin_us, .order = x->count };

	return ARRAY_ADD(x->events, x->count, x->size, told);
}

static int by_begin(const void *a, const void *b)
{
	const struct told *x = a, *y = b;
	int64_t x_us = text_event_begin_us(&x->event), y_us = text_event_begin_us(&y->event);

	if (x_us != y_us)
		return x_us < y_us ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

/* ---- before the contacts ---- */

static void write_head(const struct explain *x)
{
	const struct page *p = &x->page;
	const struct knead_settings *s = p->settings;
	struct knead_view view;

	knead_pipeline_view(x->pipeline, &view);
	fprintf(p->out, "%s%s%s: device %s, %.4g samples/s, %u %s, geometry %s\n", p->style.strong, x->path,
		p->style.off, p->device->id, view.rate_hz, view.cells, view.cells == 1 ? "cell" : "cells",
		knead_geometry_to_str(s->geometry));
	page_label(p, "settings");
	fprintf(p->out, "press_n %g, release_n %g, bridge_s %g, tap_max_s %g, hold_min_s %g, target_s %g%s%s\n",
		s->press_n, s->release_n, s->bridge_s, s->tap_max_s, s->hold_min_s, s->target_s,
		s->protocol.steps > 0 ? ", protocol " : "", s->protocol.steps > 0 ? s->protocol.name : "");
	page_label(p, "zero");
	if (!view.zero_known) {
		fputs("not known: it takes two quiet seconds, or zero_raw; nothing is detected without\n", p->out);
		return;
	}
	fprintf(p->out, "moved by %.1f N in all; noise when idle %.2f N%s\n", view.zero_drift_n, view.noise_n,
		view.calibrated ? "" : "; no scale is known, one count is taken as 1 N");
}

/* ---- contacts ---- */

static const struct told *beyond_of(const struct explain *x, const struct told *from, int64_t until_us)
{
	while (from < x->events + x->count && text_event_begin_us(&from->event) < until_us)
		from++;
	return from;
}

/* Part of a drop that was told as one impact. */
static bool in_impact(const struct explain *x, int64_t t_us)
{
	for (size_t i = 0; i < x->count; i++) {
		const struct knead_event *e = &x->events[i].event;

		if (e->type == KNEAD_EVENT_IMPACT && t_us > e->press.start_us && t_us <= e->press.end_us)
			return true;
	}
	return false;
}

static bool has_piece(const struct page *p)
{
	for (const struct told *t = p->first; t < p->beyond; t++)
		if (page_is_piece(&t->event))
			return true;
	return false;
}

/* Writes a block for each contact, and for each touch that the events tell of; keeps the other touches in dropped. */
static size_t write_contacts(struct explain *x, const struct story **dropped)
{
	const struct told *at = x->events;
	size_t dropped_count = 0;

	for (size_t i = 0; i < x->telling.count; i++) {
		const struct story *s = &x->telling.stories[i];
		bool last = i + 1 == x->telling.count;

		x->page.story = s;
		x->page.first = beyond_of(x, at, s->on_us);
		x->page.beyond = at = beyond_of(x, x->page.first, last ? INT64_MAX : s[1].on_us);
		if (s->contact || has_piece(&x->page)) {
			x->page.number++;
			page_contact(&x->page);
		} else if (!in_impact(x, s->on_us)) {
			dropped[dropped_count++] = s;
		}
	}
	return dropped_count;
}

/* ---- after them ---- */

/* How near the force came to a contact without becoming one. */
static void write_highest(const struct explain *x)
{
	const struct page *p = &x->page;
	double press_n = p->settings->press_n, highest_n = x->telling.idle_peak_n;
	char setting[32];

	if (highest_n < HIGHEST_MIN_N || highest_n > press_n)
		return;
	page_label(p, "highest");
	fprintf(p->out, "%9.3f  %.1f N without a contact; press_n is %g N: %.1f N short\n",
		knead_us_to_s(x->telling.idle_peak_us), highest_n, press_n, press_n - highest_n);
	snprintf(setting, sizeof(setting), "press_n=%.10g", floor(highest_n * 10 - 1) / 10);
	if (highest_n > press_n / 2 && page_would_take(p, setting))
		fprintf(p->out, "  %-20s %s--diff %s.%s%s\n", "", p->style.faint, p->device->id, setting, p->style.off);
}

static void write_idle(const struct explain *x, const struct story *const *dropped, size_t count)
{
	const struct page *p = &x->page;
	const struct telling *t = &x->telling;
	char length[32], word[] = "dropped";

	for (size_t i = 0; i < count && i < TOUCHES_SHOWN; i++) {
		page_label(p, word);
		word[0] = '\0';
		fprintf(p->out, "%9.3f  %.1f N, down again after %s, before it was confirmed: handling\n",
			knead_us_to_s(dropped[i]->on_us), dropped[i]->peak_n,
			whatif_seconds(dropped[i]->confirmed_s, length));
	}
	if (count > TOUCHES_SHOWN) {
		page_label(p, "");
		fprintf(p->out, "and %zu more touches\n", count - TOUCHES_SHOWN);
	}
	write_highest(x);
	if (t->spikes > 0) {
		page_label(p, "spikes");
		fprintf(p->out, "%u taken out, the largest %.0f N off\n", t->spikes, t->spike_n);
	}
	if (t->gaps > 0) {
		page_label(p, "gaps");
		fprintf(p->out, "%u, the longest %s\n", t->gaps, whatif_seconds(t->gap_s, length));
	}
	if (t->losses > 0) {
		page_label(p, "lost");
		fprintf(p->out, "%u times more than 2 s without a sample, at most %s: nothing goes on across that\n",
			t->losses, whatif_seconds(t->loss_s, length));
	}
}

/* What is about several contacts, or none. */
static void write_whole(const struct explain *x)
{
	const char *word = "in all";
	char text[200];

	for (size_t i = 0; i < x->count; i++) {
		const struct knead_event *e = &x->events[i].event;

		if (e->type != KNEAD_EVENT_SESSION_END && e->type != KNEAD_EVENT_PULSE_SET_END &&
			e->type != KNEAD_EVENT_PRESS_SET_END && e->type != KNEAD_EVENT_FAULT)
			continue;
		page_label(&x->page, word);
		word = "";
		fprintf(x->page.out, "%9.3f  %s\n", knead_us_to_s(e->t_us), text_event(e, text, sizeof(text)));
	}
}

int explain_write(struct explain *x, FILE *out)
{
	const struct story **dropped = calloc(x->telling.count + 1, sizeof(struct story *));
	size_t count;

	if (!dropped)
		return -ENOMEM;
	x->page.out = out;
	x->page.style = text_style_of(out);
	telling_finish(&x->telling);
	if (x->count > 0) /* qsort() wants an array even for nothing */
		qsort(x->events, x->count, sizeof(x->events[0]), by_begin);
	write_head(x);
	count = write_contacts(x, dropped);
	fputs(x->page.number > 0 ? "\noutside of contacts\n" : "\nno contact\n", out);
	write_idle(x, dropped, count);
	write_whole(x);
	free(dropped);
	return x->telling.no_memory || x->page.no_memory ? -ENOMEM : 0;
}
