/* SPDX-License-Identifier: MIT */
/*
 * One contact in words:
 *
 *	contact 1   1.990 s to 5.188 s   3.198 s   2026-11-20T08:00:02.990Z
 *	  became    what the events say of it
 *	  steps     what happened, in order of time, with the setting that decided
 *	  nearest   what it might have been instead, nearest first, and the setting that would bring it
 */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "replay_page.h"
#include "replay_whatif.h"
#include "wall.h"

#define STEPS_SHOWN 40
#define FAR_FACTOR 4.0 /* what is farther away is only named when nothing is nearer */
#define NEAREST_MIN 2
#define NEAREST_MAX 6
#define DRIFT_N 0.1 /* less of it nobody notices */
#define DIP_MIN_S 0.02 /* shorter ones are no dips */
#define WAITED_S 0.25 /* a hold told later than this has been waited for */

/* ---- lines ---- */

struct page_line {
	int64_t t_us;
	size_t order;
	char text[200];
};

static void step(struct page *x, int64_t t_us, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void step(struct page *x, int64_t t_us, const char *format, ...)
{
	struct page_line line = { .t_us = t_us, .order = x->lines_count };
	va_list ap;

	va_start(ap, format);
	vsnprintf(line.text, sizeof(line.text), format, ap);
	va_end(ap);
	if (ARRAY_ADD(x->lines, x->lines_count, x->lines_size, line) < 0)
		x->no_memory = true;
}

static int by_time(const void *a, const void *b)
{
	const struct page_line *x = a, *y = b;

	if (x->t_us != y->t_us)
		return x->t_us < y->t_us ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

void page_label(const struct page *x, const char *word)
{
	fprintf(x->out, "  %s%-9s%s ", x->style.strong, word, x->style.off);
}

static void write_steps(struct page *x)
{
	qsort(x->lines, x->lines_count, sizeof(x->lines[0]), by_time);
	for (size_t i = 0; i < x->lines_count && i < STEPS_SHOWN; i++) {
		page_label(x, i == 0 ? "steps" : "");
		fprintf(x->out, "%9.3f  %s\n", knead_us_to_s(x->lines[i].t_us), x->lines[i].text);
	}
	if (x->lines_count > STEPS_SHOWN) {
		page_label(x, "");
		fprintf(x->out, "           and %zu more\n", x->lines_count - STEPS_SHOWN);
	}
	x->lines_count = 0;
}

/* ---- steps ---- */

static void step_onset(struct page *x)
{
	static const char *const before[] = { [BEFORE_NOTHING] = "at the very first sample",
		[BEFORE_LOSS] = "at the first sample after lost data",
		[BEFORE_GAP] = "at the first sample after a gap" };
	const struct story *s = x->story;
	char late[32];

	if (s->before != BEFORE_SAMPLE)
		step(x, s->on_us, "over press_n %g N %s: it may have begun before", x->settings->press_n,
			before[s->before]);
	else
		step(x, s->on_us, "rises over press_n %g N; %s %s later", x->settings->press_n,
			s->contact ? "confirmed" : "down again", whatif_seconds(s->confirmed_s, late));
	if (s->prior > 1)
		step(x, s->on_us, "the protocol expects a hold: strokes must be %g times as large", s->prior);
	else if (s->prior < 1)
		step(x, s->on_us, "the protocol expects strokes: %.2g of their size will do", s->prior);
}

static void step_rule(struct page *x, const struct moment *m)
{
	const double *limit = x->story->best.limit;
	char smallest[32], stroke[32], even[96] = "";

	if (x->settings->geometry == KNEAD_GEOMETRY_NONE)
		snprintf(even, sizeof(even), ", even in size (%.1f, up to %g) and time (%.1f, up to %g)", m->b,
			limit[KNEAD_MEASURE_EVENNESS], m->c, limit[KNEAD_MEASURE_PACE]);
	step(x, m->t_us, "%.0f passes of %s or more (a stroke: %s)%s: a roll", x->story->swings_needed,
		whatif_size(m->a, x->settings, smallest), whatif_size(x->story->swing_limit, x->settings, stroke),
		even);
}

static void step_hold(struct page *x, const struct moment *m)
{
	char waited[32];

	if (m->a > WAITED_S)
		step(x, m->t_us, "hold_start, %s after hold_min_s %g s: until now it might have become rolling",
			whatif_seconds(m->a, waited), x->settings->hold_min_s);
	else
		step(x, m->t_us, "hold_min_s %g s over, nothing speaks for rolling: hold_start",
			x->settings->hold_min_s);
}

static void step_moment(struct page *x, const struct moment *m)
{
	double bridge_s = x->settings->bridge_s;
	char length[32], spare[32];

	switch (m->kind) {
	case MOMENT_DIP:
		if (m->a < DIP_MIN_S)
			break;
		step(x, m->t_us, "dips under release_n %g N for %s (to %.1f N); bridge_s is %g s: %s to spare",
			x->settings->release_n, whatif_seconds(m->a, length), m->b, bridge_s,
			whatif_seconds(bridge_s - m->a, spare));
		break;
	case MOMENT_HOLD:
		step_hold(x, m);
		break;
	case MOMENT_EASED:
		step(x, m->t_us, "under %.1f N, half of its level, for bridge_s %g s: eased", m->a / 2, bridge_s);
		break;
	case MOMENT_SAGGED:
		step(x, m->t_us,
			m->a < bridge_s ? "under half of its level for %s; bridge_s is %g s: it goes on"
					: "under half of its level for %s (bridge_s %g s), but moving: it goes on",
			whatif_seconds(m->a, length), bridge_s);
		break;
	case MOMENT_FIRM:
		step(x, m->t_us, "firm again, over 55 %% of the level before: a new hold may begin here");
		break;
	case MOMENT_LIGHTER:
		step(x, m->t_us, "the lighter load stayed even for 3 times hold_min_s: a hold of its own");
		break;
	case MOMENT_RULE:
		step_rule(x, m);
		break;
	case MOMENT_ROLL:
		step(x, m->t_us, "rolling begins");
		break;
	case MOMENT_REST:
		step(x, m->t_us, "the movement comes to rest under load: the roll ends, a hold may begin");
		break;
	case MOMENT_GAP:
		step(x, m->t_us, "%s without a sample: bridged, up to 2 s", whatif_seconds(m->a, length));
		break;
	}
}

/* Whether hold_start came with the end only: until then the movement might have become a roll. */
static bool told_late(const struct page *x, const struct verdict *v)
{
	uint32_t told = 0;

	for (size_t i = 0; i < x->story->count; i++)
		told += x->story->moments[i].kind == MOMENT_HOLD || x->story->moments[i].kind == MOMENT_LIGHTER;
	return v->only && v->holds > told;
}

static void step_end(struct page *x, const struct verdict *v)
{
	const struct story *s = x->story;

	if (!s->contact)
		return;
	if (told_late(x, v))
		step(x, s->off_us, "hold_start, only now: until here it might have become rolling");
	if (s->lost)
		step(x, s->off_us, "the data ends: what is open ends at the last real sample");
	else
		step(x, s->off_us, "falls under release_n %g N, and stays there for bridge_s %g s: over",
			x->settings->release_n, x->settings->bridge_s);
}

/* Events that are moments of their own. */
static void step_event(struct page *x, const struct knead_event *e)
{
	char text[160];

	if (e->type == KNEAD_EVENT_HOLD_TARGET)
		step(x, e->t_us, "target_s %g s reached", e->hold_target.target_s);
	else if (e->type == KNEAD_EVENT_PERCUSSION_END)
		step(x, e->percussion.start_us, "vibrates at %.1f Hz for %.3f s: percussion", e->percussion.rate_hz,
			knead_us_to_s(e->percussion.end_us - e->percussion.start_us));
	else if (e->type == KNEAD_EVENT_WARNING || e->type == KNEAD_EVENT_PROTOCOL_STEP ||
		 e->type == KNEAD_EVENT_PROTOCOL_DONE)
		step(x, e->t_us, "%s", text_event(e, text, sizeof(text)));
}

/* ---- a contact ---- */

bool page_is_piece(const struct knead_event *e)
{
	return e->type == KNEAD_EVENT_HOLD_END || e->type == KNEAD_EVENT_ROLL_END || e->type == KNEAD_EVENT_PRESS ||
	       e->type == KNEAD_EVENT_TAP || e->type == KNEAD_EVENT_IMPACT || e->type == KNEAD_EVENT_PERCUSSION_END;
}

static struct verdict verdict_of(const struct page *x)
{
	struct verdict v = { .number = x->number };

	for (const struct told *t = x->first; t < x->beyond; t++) {
		const struct knead_event *e = &t->event;

		if (e->type == KNEAD_EVENT_PERCUSSION_END)
			v.percussion_s += knead_us_to_s(e->percussion.end_us - e->percussion.start_us);
		if (e->type == KNEAD_EVENT_PERCUSSION_END || !page_is_piece(e))
			continue;
		v.only = v.pieces++ == 0 ? e : NULL;
		v.holds += e->type == KNEAD_EVENT_HOLD_END;
		v.rolls += e->type == KNEAD_EVENT_ROLL_END;
	}
	return v;
}

static void write_became(const struct page *x)
{
	const char *word = "became";
	char text[200], flags[80];

	for (const struct told *t = x->first; t < x->beyond; t++) {
		if (!page_is_piece(&t->event))
			continue;
		page_label(x, word);
		word = "";
		fprintf(x->out, "%s; confidence %.2f", text_event(&t->event, text, sizeof(text)), t->event.confidence);
		text_flags(t->event.flags, flags, sizeof(flags));
		fprintf(x->out, flags[0] != '\0' ? " [%s]\n" : "%s\n", flags);
	}
	if (word[0] == '\0')
		return;
	page_label(x, word);
	fputs(x->story->lost ? "nothing: the data ended too soon\n" : "nothing that is told\n", x->out);
}

bool page_would_take(const struct page *x, const char *setting)
{
	struct conf_device *d = conf_device_new(x->device->id);
	size_t n = strcspn(setting, "=");
	char key[48], why[768];
	bool good;

	snprintf(key, sizeof(key), "%.*s", (int)n, setting);
	good = d && setting[n] == '=' && conf_device_overlay(d, x->device, why, sizeof(why)) == 0 &&
	       conf_device_set(d, key, setting + n + 1, why, sizeof(why)) == 0 &&
	       conf_device_check(d, why, sizeof(why)) == 0;
	conf_device_free(d);
	return good;
}

static void write_nearest(const struct page *x, const struct verdict *v)
{
	struct whatif list[WHATIFS_MAX];
	size_t count = whatif_list(x->story, v, x->settings, list);

	for (size_t i = 0; i < count && i < NEAREST_MAX; i++) {
		if (i >= NEAREST_MIN && list[i].factor > FAR_FACTOR)
			break;
		page_label(x, i == 0 ? "nearest" : "");
		fprintf(x->out, "%-14s %s\n", list[i].other, list[i].why);
		if (page_would_take(x, list[i].setting))
			fprintf(x->out, "  %-9s %-14s %s--diff %s.%s%s\n", "", "", x->style.faint, x->device->id,
				list[i].setting, x->style.off);
	}
}

static void write_beside(const struct page *x)
{
	const struct story *s = x->story;

	if (s->spikes > 0) {
		page_label(x, "spikes");
		fprintf(x->out, "%u taken out, the largest %.0f N off\n", s->spikes, s->spike_n);
	}
	if (fabs(s->zero_drift_n) >= DRIFT_N) {
		page_label(x, "zero");
		fprintf(x->out, "moved by %.1f N since the start\n", s->zero_drift_n);
	}
}

void page_contact(struct page *x)
{
	const struct story *s = x->story;
	struct verdict v;
	char iso[WALL_ISO_SIZE];

	v = verdict_of(x);
	fprintf(x->out, "\n%scontact %u%s   %.3f s to %.3f s   %.3f s   %s\n", x->style.strong, x->number, x->style.off,
		knead_us_to_s(s->on_us), knead_us_to_s(s->off_us), text_seconds(s->on_us, s->off_us),
		wall_to_iso(x->first < x->beyond ? x->first->wall_origin_us + s->on_us : s->on_us, iso));
	write_became(x);
	step_onset(x);
	for (size_t i = 0; i < s->count; i++)
		step_moment(x, &s->moments[i]);
	for (const struct told *t = x->first; t < x->beyond; t++)
		step_event(x, &t->event);
	step_end(x, &v);
	write_steps(x);
	write_nearest(x, &v);
	write_beside(x);
}
