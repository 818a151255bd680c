/* SPDX-License-Identifier: MIT */
/*
 * Events of one type belong together where they overlap in time, the largest share of overlap first; instants where they
 * are at most a second apart. Fields are compared as the records have them, rounded, so that what differs is what a
 * subscriber would see. Numbers that only count (ids) and times that say the same again are left out.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "array.h"
#include "event_json.h"
#include "replay_diff.h"
#include "replay_text.h"

#define NEAR_US 1000000
#define SESSION_NEAR_US 600000000 /* a session is the same though its last contact is another */
#define WIDTH 100

struct entry {
	struct knead_event event;
	int64_t from_us, to_us; /* what it is matched by: its own span, or that of its hold or roll */
	struct entry *twin; /* in the other run */
	bool changed;
	size_t order;
};

struct side {
	struct entry *entries;
	size_t count, size;
};

struct pair {
	struct entry *before, *after;
	double score;
};

struct tally {
	uint32_t before, after, same, changed;
};

struct diff {
	struct side side[_DIFF_SIDES];
	struct tally file[_KNEAD_EVENT_TYPES], total[_KNEAD_EVENT_TYPES];
	uint32_t files;
	struct text_style style;
};

struct diff *diff_new(void)
{
	return calloc(1, sizeof(struct diff));
}

void diff_free(struct diff *d)
{
	if (!d)
		return;
	for (int i = 0; i < _DIFF_SIDES; i++)
		free(d->side[i].entries);
	free(d);
}

int diff_event(struct diff *d, enum diff_side side, const struct knead_event *e)
{
	struct side *s = &d->side[side];
	struct entry entry = { .event = *e, .order = s->count };

	return ARRAY_ADD(s->entries, s->count, s->size, entry);
}

/* ---- what belongs together ---- */

static int by_begin(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int64_t x_us = text_event_begin_us(&x->event), y_us = text_event_begin_us(&y->event);

	if (x_us != y_us)
		return x_us < y_us ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static int64_t near_us(const struct knead_event *e)
{
	return e->type == KNEAD_EVENT_SESSION_START || e->type == KNEAD_EVENT_SESSION_END ? SESSION_NEAR_US : NEAR_US;
}

static bool same_kind(const struct knead_event *a, const struct knead_event *b)
{
	if (a->type != b->type)
		return false;
	if (a->type == KNEAD_EVENT_WARNING)
		return a->warning.kind == b->warning.kind;
	return a->type != KNEAD_EVENT_FAULT || a->fault.kind == b->fault.kind;
}

/* The hold or roll that an event of an instant is about: 0 = none. */
static uint32_t id_of(const struct knead_event *e, enum knead_event_type *ret_whole)
{
	*ret_whole = e->type == KNEAD_EVENT_ROLL_START || e->type == KNEAD_EVENT_ROLL_END ? KNEAD_EVENT_ROLL_END
											  : KNEAD_EVENT_HOLD_END;
	switch (e->type) {
	case KNEAD_EVENT_HOLD_START:
		return e->hold_start.hold_id;
	case KNEAD_EVENT_HOLD_TARGET:
		return e->hold_target.hold_id;
	case KNEAD_EVENT_HOLD_END:
		return e->hold_end.hold_id;
	case KNEAD_EVENT_RELEASE:
		return e->release.hold_id;
	case KNEAD_EVENT_ROLL_START:
		return e->roll_start.roll_id;
	case KNEAD_EVENT_ROLL_END:
		return e->roll_end.roll_id;
	default:
		return 0;
	}
}

/* Gives all that is about a hold or a roll its span, so that it finds the same twin. ids count up, so there is room for all. */
static int find_spans(struct side *s)
{
	const struct knead_event **wholes = calloc(2 * (s->count + 1), sizeof(struct knead_event *));
	enum knead_event_type whole;

	if (!wholes)
		return -ENOMEM;
	for (size_t i = 0; i < s->count; i++) {
		const struct knead_event *e = &s->entries[i].event;
		uint32_t id = id_of(e, &whole);

		if (e->type == whole && id > 0 && id <= s->count)
			wholes[2 * id + (whole == KNEAD_EVENT_ROLL_END)] = e;
	}
	for (size_t i = 0; i < s->count; i++) {
		struct entry *e = &s->entries[i];
		uint32_t id = id_of(&e->event, &whole);
		const struct knead_event *about =
			id > 0 && id <= s->count ? wholes[2 * id + (whole == KNEAD_EVENT_ROLL_END)] : NULL;

		e->from_us = text_event_begin_us(about ? about : &e->event);
		e->to_us = text_event_end_us(about ? about : &e->event);
	}
	free(wholes);
	return 0;
}

/* How much two events are the same: 1 entirely, 0 not at all. */
static double score_of(const struct entry *a, const struct entry *b)
{
	int64_t from_us = a->from_us > b->from_us ? a->from_us : b->from_us;
	int64_t to_us = a->to_us < b->to_us ? a->to_us : b->to_us;
	int64_t first_us = a->from_us < b->from_us ? a->from_us : b->from_us;
	int64_t last_us = a->to_us > b->to_us ? a->to_us : b->to_us;

	if (!same_kind(&a->event, &b->event))
		return 0;
	if (a->from_us == a->to_us || b->from_us == b->to_us)
		return 1 - fabs((double)(a->from_us - b->from_us)) / (double)near_us(&a->event);
	return (double)(to_us - from_us) / (double)(last_us - first_us);
}

static int by_score(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return x->before < y->before ? -1 : x->before > y->before ? 1 : x->after < y->after ? -1 : 1;
}

static int64_t longest_span_us(const struct side *s)
{
	int64_t longest_us = 0;

	for (size_t i = 0; i < s->count; i++) {
		int64_t span_us = text_event_end_us(&s->entries[i].event) - text_event_begin_us(&s->entries[i].event);

		longest_us = span_us > longest_us ? span_us : longest_us;
	}
	return longest_us;
}

/* Marks the twins. Both sides are sorted; what ends long before cannot belong to what comes. */
static int find_twins(struct diff *d)
{
	struct side *before = &d->side[DIFF_BEFORE], *after = &d->side[DIFF_AFTER];
	struct pair *pairs = NULL;
	size_t count = 0, size = 0, first = 0;
	int64_t longest_us = longest_span_us(after);
	int r = find_spans(before) < 0 || find_spans(after) < 0 ? -ENOMEM : 0;

	for (size_t i = 0; i < before->count; i++) {
		struct entry *a = &before->entries[i];
		int64_t until_us = a->to_us + SESSION_NEAR_US;
		int64_t since_us = text_event_begin_us(&a->event) - SESSION_NEAR_US - longest_us;

		while (first < after->count && text_event_begin_us(&after->entries[first].event) < since_us)
			first++;
		for (size_t k = first; k < after->count && r == 0; k++) {
			struct pair pair = { a, &after->entries[k], 0 };

			if (text_event_begin_us(&pair.after->event) > until_us)
				break;
			pair.score = score_of(a, pair.after);
			if (pair.score > 0)
				r = ARRAY_ADD(pairs, count, size, pair);
		}
	}
	if (count > 0)
		qsort(pairs, count, sizeof(pairs[0]), by_score);
	for (size_t i = 0; i < count; i++) {
		if (pairs[i].before->twin || pairs[i].after->twin)
			continue;
		pairs[i].before->twin = pairs[i].after;
		pairs[i].after->twin = pairs[i].before;
	}
	free(pairs);
	return r;
}

/* ---- fields ---- */

static cJSON *record_of(const struct knead_event *e)
{
	static const struct event_context context = { .device = "", .boot = "", .n = 1 };
	char text[EVENT_JSON_MAX];

	return event_json(e, &context, text, sizeof(text)) < 0 ? NULL : cJSON_Parse(text);
}

/* Whether a field says something that no other field says, and that another event before it would not change. */
static bool worth_it(const cJSON *record, const cJSON *other, const char *key)
{
	static const char *const left_out[] = { "ts", "n", "start", "end", "hold_id", "roll_id", "session_id",
		"hold_ids" };

	for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++)
		if (strcmp(key, left_out[i]) == 0)
			return false;
	if (strcmp(key, "peak_kpa") == 0)
		return cJSON_Compare(cJSON_GetObjectItem(record, "peak_n"), cJSON_GetObjectItem(other, "peak_n"), true);
	if (strcmp(key, "t_s") == 0)
		return !cJSON_HasObjectItem(record, "end_s") && !cJSON_HasObjectItem(record, "start_s");
	return true;
}

static const char *unit_of(const char *key)
{
	static const struct {
		const char *suffix, *unit;
	} units[] = { { "_n_per_s", " N/s" }, { "_mm_s", " mm/s" }, { "_per_min", "/min" }, { "_pct_per_stroke", " %" },
		{ "_pct", " %" }, { "_kpa", " kPa" }, { "_ns", " N s" }, { "_mm", " mm" }, { "_hz", " Hz" },
		{ "_n", " N" }, { "_s", " s" } };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t n = strlen(key), m = strlen(units[i].suffix);

		if (n > m && strcmp(key + n - m, units[i].suffix) == 0)
			return units[i].unit;
	}
	return "";
}

/* "peak_n 92.1 -> 92.3 N" */
static void field_text(const char *key, const cJSON *before, const cJSON *after, char *buf, size_t size)
{
	char *a = cJSON_PrintUnformatted(before), *b = cJSON_PrintUnformatted(after);

	snprintf(buf, size, "%s %s -> %s%s", key, a ? a : "?", b ? b : "?", unit_of(key));
	free(a);
	free(b);
}

/* Writes the fields that differ, when there is an out, in lines of no more than WIDTH. Returns how many. */
static uint32_t compare_fields(const struct knead_event *before, const struct knead_event *after, FILE *out)
{
	cJSON *a = record_of(before), *b = record_of(after);
	const cJSON *item;
	size_t column = 0;
	uint32_t count = 0;

	cJSON_ArrayForEach(item, a)
	{
		const cJSON *other = cJSON_GetObjectItemCaseSensitive(b, item->string);
		char text[256];

		if (!worth_it(a, b, item->string) || cJSON_Compare(item, other, true))
			continue;
		count++;
		if (!out)
			continue;
		field_text(item->string, item, other, text, sizeof(text));
		if (count > 1)
			fputs(column + strlen(text) > WIDTH ? "," : ", ", out);
		if (count == 1 || column + strlen(text) > WIDTH)
			column = (size_t)fprintf(out, "%s%16s", count == 1 ? "" : "\n", "");
		column += (size_t)fprintf(out, "%s", text) + 2;
	}
	if (out && count > 0)
		fputc('\n', out);
	cJSON_Delete(a);
	cJSON_Delete(b);
	return count;
}

/* ---- text ---- */

static void on_setting(void *user, const char *key, const char *unit, const char *before, const char *after)
{
	fprintf(user, "  set       %-16s %s -> %s%s%s\n", key, before[0] != '\0' ? before : "(none)",
		after[0] != '\0' ? after : "(none)", unit[0] != '\0' ? " " : "", unit);
}

static void write_entry(
	const struct diff *d, const char *mark, const char *colour, const struct knead_event *e, FILE *out)
{
	char text[200];

	fprintf(out, "  %s%s %9.3f   %s%s\n", colour, mark, knead_us_to_s(text_event_begin_us(e)),
		text_event(e, text, sizeof(text)), colour[0] != '\0' ? d->style.off : "");
}

/* Everything that differs, in order of time. */
static void write_entries(const struct diff *d, FILE *out)
{
	const struct side *before = &d->side[DIFF_BEFORE], *after = &d->side[DIFF_AFTER];
	size_t i = 0, k = 0;

	while (i < before->count || k < after->count) {
		const struct entry *a = i < before->count ? &before->entries[i] : NULL;
		const struct entry *b = k < after->count ? &after->entries[k] : NULL;

		if (b && (!a || text_event_begin_us(&b->event) < text_event_begin_us(&a->event))) {
			k++;
			if (!b->twin)
				write_entry(d, "+", d->style.came, &b->event, out);
			continue;
		}
		if (!a)
			break;
		i++;
		if (!a->twin) {
			write_entry(d, "-", d->style.gone, &a->event, out);
		} else if (a->changed) {
			write_entry(d, "~", "", &a->event, out);
			compare_fields(&a->event, &a->twin->event, out);
		}
	}
}

static void count_entries(struct diff *d)
{
	memset(d->file, 0, sizeof(d->file));
	for (size_t i = 0; i < d->side[DIFF_BEFORE].count; i++) {
		struct entry *a = &d->side[DIFF_BEFORE].entries[i];
		struct tally *t = &d->file[a->event.type];

		t->before++;
		if (!a->twin)
			continue;
		a->changed = compare_fields(&a->event, &a->twin->event, NULL) > 0;
		*(a->changed ? &t->changed : &t->same) += 1;
	}
	for (size_t k = 0; k < d->side[DIFF_AFTER].count; k++)
		d->file[d->side[DIFF_AFTER].entries[k].event.type].after++;
	for (int i = 0; i < _KNEAD_EVENT_TYPES; i++) {
		d->total[i].before += d->file[i].before;
		d->total[i].after += d->file[i].after;
		d->total[i].same += d->file[i].same;
		d->total[i].changed += d->file[i].changed;
	}
}

/* Returns whether anything differs. */
static bool write_counts(const struct diff *d, const struct tally *tallies, FILE *out)
{
	bool differs = false;

	fprintf(out, "  %s%-16s %7s %7s %7s %8s %7s %7s%s\n", d->style.strong, "event", "before", "after", "same",
		"changed", "gone", "new", d->style.off);
	for (int i = 0; i < _KNEAD_EVENT_TYPES; i++) {
		const struct tally *t = &tallies[i];
		uint32_t both = t->same + t->changed;

		if (t->before + t->after == 0)
			continue;
		fprintf(out, "  %-16s %7u %7u %7u %8u %7u %7u\n", knead_event_type_to_str((enum knead_event_type)i),
			t->before, t->after, t->same, t->changed, t->before - both, t->after - both);
		differs = differs || t->changed > 0 || t->before > both || t->after > both;
	}
	return differs;
}

int diff_write(
	struct diff *d, const char *path, const struct conf_device *before, const struct conf_device *after, FILE *out)
{
	int r;

	d->style = text_style_of(out);
	for (int i = 0; i < _DIFF_SIDES; i++)
		if (d->side[i].count > 0)
			qsort(d->side[i].entries, d->side[i].count, sizeof(struct entry), by_begin);
	r = find_twins(d);
	count_entries(d);
	fprintf(out, "%s%s%s%s: device %s\n", d->files > 0 ? "\n" : "", d->style.strong, path, d->style.off,
		before->id);
	if (conf_device_differences(before, after, on_setting, out) == 0)
		fputs("  no setting of the device differs\n", out);
	write_entries(d, out);
	if (!write_counts(d, d->file, out))
		fputs("  no event would change\n", out);
	d->files++;
	d->side[DIFF_BEFORE].count = d->side[DIFF_AFTER].count = 0;
	return r;
}

void diff_write_total(const struct diff *d, FILE *out)
{
	if (d->files < 2)
		return;
	fprintf(out, "\n%s%u files%s\n", d->style.strong, d->files, d->style.off);
	if (!write_counts(d, d->total, out))
		fputs("  no event would change\n", out);
}
