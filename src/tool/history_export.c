/* SPDX-License-Identifier: MIT */
/*
 * A history for programs. JSON: one object, keys and units as in the records. CSV: one table, kind says what a row is, columns that a kind
 * does not have are empty.
 */
#include <stdio.h>
#include <string.h>

#include "history_view.h"
#include "json.h"
#include "wall.h"

#define ROW_MAX 1024

/* ---- JSON ---- */

static void begin(struct json *j, char *row)
{
	json_init(j, row, ROW_MAX);
	json_open(j, '{');
}

static void end(struct json *j, const char *row, size_t i)
{
	json_close(j, '}');
	if (json_finish(j) >= 0)
		printf("%s\n%s", i > 0 ? "," : "", row);
}

static void put_day(struct json *j, int64_t wall_us)
{
	char day[HISTORY_DAY_SIZE];

	json_put_text(j, "day", history_day_of(wall_us, day));
}

static void session_row(const struct history_session *s, size_t i)
{
	const struct knead_session_fields *t = &s->totals;
	char row[ROW_MAX];
	struct json j;

	begin(&j, row);
	json_put_text(&j, "device", s->device);
	json_put_text(&j, "boot", s->boot);
	json_put_int(&j, "session_id", t->session_id);
	put_day(&j, s->start_us);
	json_put_wall(&j, "start", s->start_us);
	json_put_wall(&j, "end", s->end_us);
	json_put_bool(&j, "complete", s->complete);
	json_put_int(&j, "holds", t->holds);
	json_put_int(&j, "holds_met", t->holds_met);
	json_put_int(&j, "strokes", t->strokes);
	json_put_int(&j, "rolls", t->rolls);
	json_put_seconds(&j, "loaded_s", t->loaded_s);
	json_put_tenths(&j, "dose_ns", t->dose_ns);
	json_put_tenths(&j, "peak_n", t->peak_n);
	json_put_seconds(&j, "longest_hold_s", t->longest_hold_s);
	end(&j, row, i);
}

static void hold_row(const struct history_hold *h, size_t i)
{
	char row[ROW_MAX];
	struct json j;

	begin(&j, row);
	json_put_text(&j, "device", h->device);
	json_put_text(&j, "boot", h->boot);
	json_put_int(&j, "hold_id", h->hold_id);
	json_key(&j, "session_id");
	if (h->session_id > 0)
		json_int(&j, h->session_id);
	else
		json_null(&j);
	put_day(&j, h->start_us);
	json_put_wall(&j, "start", h->start_us);
	json_put_wall(&j, "end", h->end_us);
	json_put_seconds(&j, "duration_s", h->duration_s);
	json_put_plain(&j, "target_s", h->target_s);
	json_put_bool(&j, "target_met", h->target_met);
	json_put_tenths(&j, "peak_n", h->peak_n);
	json_put_maybe(&j, "peak_kpa", h->peak_kpa);
	json_put_tenths(&j, "mean_n", h->mean_n);
	json_put_maybe(&j, "steadiness_pct", h->steadiness_pct);
	json_put_text(&j, "cause", h->cause);
	end(&j, row, i);
}

static void day_row(const struct history_day *d, size_t i)
{
	char row[ROW_MAX];
	struct json j;

	begin(&j, row);
	json_put_text(&j, "day", d->day);
	json_put_text(&j, "device", d->device);
	json_put_int(&j, "sessions", d->sessions);
	json_put_int(&j, "holds", d->holds);
	json_put_int(&j, "holds_met", d->holds_met);
	json_put_seconds(&j, "held_s", d->held_s);
	json_put_seconds(&j, "longest_hold_s", d->longest_hold_s);
	json_put_int(&j, "strokes", d->strokes);
	json_put_int(&j, "rolls", d->rolls);
	json_put_seconds(&j, "loaded_s", d->loaded_s);
	json_put_tenths(&j, "dose_ns", d->dose_ns);
	json_put_tenths(&j, "peak_n", d->peak_n);
	end(&j, row, i);
}

void history_print_json(const struct history_view *v)
{
	fputs("{\"v\":1,\"sessions\":[", stdout);
	for (size_t i = 0; i < v->history.sessions_count; i++)
		session_row(&v->history.sessions[i], i);
	fputs("],\n\"holds\":[", stdout);
	for (size_t i = 0; i < v->history.holds_count; i++)
		hold_row(&v->history.holds[i], i);
	fputs("],\n\"days\":[", stdout);
	for (size_t i = 0; i < v->days_count; i++)
		day_row(&v->days[i], i);
	puts("]}");
}

/* ---- CSV ---- */

/* A number, or nothing where it is unknown. */
static void maybe_cell(struct knead_maybe value)
{
	if (value.known)
		printf(",%.1f", value.value);
	else
		putchar(',');
}

static void head_cells(const char *kind, const char *day, const char *device, const char *boot)
{
	printf("%s,%s,%s,%s", kind, day, device, boot);
}

static void session_line(const struct history_session *s)
{
	const struct knead_session_fields *t = &s->totals;
	char day[HISTORY_DAY_SIZE], start[WALL_ISO_SIZE], stop[WALL_ISO_SIZE];

	head_cells("session", history_day_of(s->start_us, day), s->device, s->boot);
	printf(",%u,,%s,%s,%s,,,,,,%u,%u,,%.3f,%u,%u,%.3f,%.1f,%.1f,,,\n", t->session_id,
		wall_to_iso(s->start_us, start), wall_to_iso(s->end_us, stop), s->complete ? "true" : "false", t->holds,
		t->holds_met, t->longest_hold_s, t->strokes, t->rolls, t->loaded_s, t->dose_ns, t->peak_n);
}

static void hold_line(const struct history_hold *h)
{
	char day[HISTORY_DAY_SIZE], start[WALL_ISO_SIZE], stop[WALL_ISO_SIZE], session[16] = "";

	if (h->session_id > 0)
		snprintf(session, sizeof(session), "%u", h->session_id);
	head_cells("hold", history_day_of(h->start_us, day), h->device, h->boot);
	printf(",%s,%u,%s,%s,,%.3f,%g,%s,%s,,,,,,,,,,%.1f", session, h->hold_id, wall_to_iso(h->start_us, start),
		wall_to_iso(h->end_us, stop), h->duration_s, h->target_s, h->target_met ? "true" : "false", h->cause,
		h->peak_n);
	maybe_cell(h->peak_kpa);
	printf(",%.1f", h->mean_n);
	maybe_cell(h->steadiness_pct);
	putchar('\n');
}

static void day_line(const struct history_day *d)
{
	head_cells("day", d->day, d->device, "");
	printf(",,,,,,,,,,%u,%u,%u,%.3f,%.3f,%u,%u,%.3f,%.1f,%.1f,,,\n", d->sessions, d->holds, d->holds_met, d->held_s,
		d->longest_hold_s, d->strokes, d->rolls, d->loaded_s, d->dose_ns, d->peak_n);
}

void history_print_csv(const struct history_view *v)
{
	puts("kind,day,device,boot,session_id,hold_id,start,end,complete,duration_s,target_s,target_met,cause,sessions,"
	     "holds,holds_met,held_s,longest_hold_s,strokes,rolls,loaded_s,dose_ns,peak_n,peak_kpa,mean_n,"
	     "steadiness_pct");
	for (size_t i = 0; i < v->history.sessions_count; i++)
		session_line(&v->history.sessions[i]);
	for (size_t i = 0; i < v->history.holds_count; i++)
		hold_line(&v->history.holds[i]);
	for (size_t i = 0; i < v->days_count; i++)
		day_line(&v->days[i]);
}
