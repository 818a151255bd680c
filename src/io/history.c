/* SPDX-License-Identifier: MIT */
/*
 * Reading a journal back.
 *
 * Beside a daemon the file is opened as any reader of it is. While none has it there is no log beside it, and making one only to
 * read would leave files behind that the daemon may not write: then it is read as the file that it is.
 *
 * A session without its end (it runs, or power was cut) is summed up from its parts: holds, rolls, presses.
 */
#include "history.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cjson/cJSON.h>
#include <sqlite3.h>

#include "history_file.h"
#include "wall.h"

#define LARGEST 1e12
#define RUNS_BEFORE 2 /* how many of the runs that began before the time asked for may reach into it */

/* A record on its way into the sums. */
struct part {
	int64_t run;
	const char *boot, *device, *type;
	const cJSON *json;
};

struct reading {
	struct history *h;
	const struct history_query *query;
	int64_t *runs; /* of each session */
	size_t sessions_room, holds_room;
};

/* ---- fields of a record ---- */

/* No record says more; libcjson reads 1e999 as infinity. */
static bool is_number(const cJSON *item)
{
	return cJSON_IsNumber(item) && fabs(item->valuedouble) <= LARGEST;
}

static double number(const cJSON *json, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);

	return is_number(item) ? item->valuedouble : 0;
}

static uint32_t count(const cJSON *json, const char *key)
{
	double value = number(json, key);

	return value > 0 && value < 4e9 ? (uint32_t)value : 0;
}

static struct knead_maybe maybe(const cJSON *json, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);

	return (struct knead_maybe){ .known = is_number(item), .value = number(json, key) };
}

static int64_t wall(const cJSON *json, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);
	int64_t value = 0;

	if (cJSON_IsString(item) && wall_from_iso(item->valuestring, &value) < 0)
		value = 0;
	return value;
}

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
}

/* ---- sessions ---- */

/* The newest session of a device in a run, or NULL. */
static struct history_session *session_of(const struct reading *r, const struct part *p)
{
	for (size_t i = r->h->sessions_count; i-- > 0;)
		if (r->runs[i] == p->run && strcmp(r->h->sessions[i].device, p->device) == 0)
			return &r->h->sessions[i];
	return NULL;
}

static int add_session(struct reading *r, const struct part *p)
{
	struct history *h = r->h;

	if (h->sessions_count == r->sessions_room) {
		size_t room = r->sessions_room > 0 ? 2 * r->sessions_room : 64;
		struct history_session *sessions = reallocarray(h->sessions, room, sizeof(*sessions));
		int64_t *runs;

		if (!sessions)
			return -ENOMEM;
		h->sessions = sessions;
		runs = reallocarray(r->runs, room, sizeof(*runs));
		if (!runs)
			return -ENOMEM;
		r->runs = runs;
		r->sessions_room = room;
	}
	struct history_session *s = &h->sessions[h->sessions_count];
	*s = (struct history_session){ .start_us = wall(p->json, "ts"), .end_us = wall(p->json, "ts") };
	copy(s->device, sizeof(s->device), p->device);
	copy(s->boot, sizeof(s->boot), p->boot);
	s->totals.session_id = count(p->json, "session_id");
	r->runs[h->sessions_count++] = p->run;
	return 0;
}

static void end_session(struct history_session *s, const cJSON *json)
{
	s->complete = true;
	s->end_us = wall(json, "ts");
	s->totals.holds = count(json, "holds");
	s->totals.holds_met = count(json, "holds_met");
	s->totals.strokes = count(json, "strokes");
	s->totals.rolls = count(json, "rolls");
	s->totals.loaded_s = number(json, "loaded_s");
	s->totals.dose_ns = number(json, "dose_ns");
	s->totals.peak_n = number(json, "peak_n");
	s->totals.longest_hold_s = number(json, "longest_hold_s");
}

/* A part of a session that has no end so far. */
static void add_part(struct history_session *s, const struct part *p)
{
	double duration_s = number(p->json, "duration_s"), peak_n = number(p->json, "peak_n");
	struct knead_session_fields *t = &s->totals;
	int64_t end_us = wall(p->json, "ts");

	s->end_us = end_us > s->end_us ? end_us : s->end_us;
	t->peak_n = peak_n > t->peak_n ? peak_n : t->peak_n;
	if (strcmp(p->type, "stroke") == 0) {
		t->strokes++;
		return;
	}
	if (strcmp(p->type, "roll_end") == 0)
		t->rolls++;
	if (strcmp(p->type, "hold_end") == 0) {
		t->holds++;
		t->holds_met += cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(p->json, "target_met"));
		t->longest_hold_s = duration_s > t->longest_hold_s ? duration_s : t->longest_hold_s;
	}
	t->loaded_s += duration_s;
	t->dose_ns += number(p->json, "impulse_ns");
}

static bool is_part(const char *type)
{
	static const char *const types[] = { "hold_end", "roll_end", "stroke", "press", "tap", "impact" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i], type) == 0)
			return true;
	return false;
}

/* ---- holds ---- */

static int add_hold(struct reading *r, const struct part *p, const struct history_session *s)
{
	const cJSON *cause = cJSON_GetObjectItemCaseSensitive(p->json, "cause");
	struct history *h = r->h;

	if (h->holds_count == r->holds_room) {
		size_t room = r->holds_room > 0 ? 2 * r->holds_room : 64;
		struct history_hold *holds = reallocarray(h->holds, room, sizeof(*holds));

		if (!holds)
			return -ENOMEM;
		h->holds = holds;
		r->holds_room = room;
	}
	struct history_hold *hold = &h->holds[h->holds_count++];
	*hold = (struct history_hold){
		.hold_id = count(p->json, "hold_id"),
		.session_id = s && !s->complete ? s->totals.session_id : 0,
		.start_us = wall(p->json, "start"),
		.end_us = wall(p->json, "end"),
		.duration_s = number(p->json, "duration_s"),
		.target_s = number(p->json, "target_s"),
		.peak_n = number(p->json, "peak_n"),
		.mean_n = number(p->json, "mean_n"),
		.peak_kpa = maybe(p->json, "peak_kpa"),
		.steadiness_pct = maybe(p->json, "steadiness_pct"),
		.target_met = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(p->json, "target_met")),
	};
	copy(hold->device, sizeof(hold->device), p->device);
	copy(hold->boot, sizeof(hold->boot), p->boot);
	copy(hold->cause, sizeof(hold->cause), cJSON_GetStringValue(cause));
	return 0;
}

/* ---- records ---- */

static int take_part(struct reading *r, const struct part *p)
{
	struct history_session *s;
	int result = 0;

	if (strcmp(p->type, "session_start") == 0)
		return add_session(r, p);
	s = session_of(r, p);
	if (strcmp(p->type, "session_end") == 0) {
		if (s && s->totals.session_id == count(p->json, "session_id"))
			end_session(s, p->json);
		return 0;
	}
	if (strcmp(p->type, "hold_end") == 0)
		result = add_hold(r, p, s);
	if (s && !s->complete)
		add_part(s, p);
	return result;
}

static int on_record(void *user, const struct history_record *record)
{
	struct reading *r = user;
	cJSON *json = cJSON_Parse(record->payload);
	const char *type = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "event_type"));
	struct part part = { .run = record->key >> JOURNAL_N_BITS,
		.boot = record->boot,
		.device = record->device,
		.type = type,
		.json = json };
	int result = 0;

	if (type && (is_part(type) || strncmp(type, "session_", 8) == 0))
		result = take_part(r, &part);
	cJSON_Delete(json);
	return result;
}

/* Leaves what began in the time asked for, in order. */
static void keep_asked(struct history *h, const struct history_query *q)
{
	size_t sessions = 0, holds = 0;

	for (size_t i = 0; i < h->sessions_count; i++)
		if (h->sessions[i].start_us >= q->since_us && h->sessions[i].start_us < q->until_us)
			h->sessions[sessions++] = h->sessions[i];
	for (size_t i = 0; i < h->holds_count; i++)
		if (h->holds[i].start_us >= q->since_us && h->holds[i].start_us < q->until_us)
			h->holds[holds++] = h->holds[i];
	h->sessions_count = sessions;
	h->holds_count = holds;
}

int history_read(
	const char *path, const struct history_query *query, struct history *ret, char *ret_why, size_t why_size)
{
	struct history h = { 0 };
	struct reading reading = { .h = &h, .query = query };
	struct history_file *f = NULL;
	int64_t after = 0;
	int r = history_file_open(path, &f, ret_why, why_size);

	if (r == 0)
		r = history_file_before(f, query->since_us, RUNS_BEFORE, &after);
	if (r == 0)
		r = history_file_read(f, after, query->device, on_record, &reading);
	history_file_close(f, r, ret_why, why_size);
	free(reading.runs);
	if (r < 0) {
		history_deinit(&h);
		return r;
	}
	keep_asked(&h, query);
	*ret = h;
	return 0;
}

void history_deinit(struct history *h)
{
	free(h->sessions);
	free(h->holds);
	*h = (struct history){ 0 };
}

int history_last_session(
	const char *path, const char *device, struct history_session *ret, char *ret_why, size_t why_size)
{
	struct history h = { 0 };
	struct reading reading = { .h = &h };
	struct history_file *f = NULL;
	int64_t after = 0;
	int r = history_file_open(path, &f, ret_why, why_size);

	if (r == 0)
		r = history_file_last_start(f, device, &after);
	bool none = r == 0 && after == 0;
	if (r == 0 && !none)
		r = history_file_read_run(f, after - 1, device, on_record, &reading);
	history_file_close(f, r, ret_why, why_size);
	free(reading.runs);
	if (r == 0 && h.sessions_count > 0)
		*ret = h.sessions[h.sessions_count - 1];
	else if (r == 0)
		none = true;
	history_deinit(&h);
	return r < 0 ? r : none ? HISTORY_E_NONE : 0;
}
