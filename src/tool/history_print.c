/* SPDX-License-Identifier: MIT */
/* A history for people: three tables, times local, units in the headers. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "history_view.h"

#define TIME_SIZE 32

#define MINUTES 16 /* letters of a time up to its minutes */
#define CLOCK 11 /* where its hours begin */

/* "2026-11-20 09:24:10" */
static const char *local_time(int64_t wall_us, char *buf)
{
	time_t seconds = (time_t)(wall_us / KNEAD_US_PER_S);
	struct tm local;

	localtime_r(&seconds, &local);
	if (strftime(buf, TIME_SIZE, "%Y-%m-%d %H:%M:%S", &local) == 0)
		snprintf(buf, TIME_SIZE, "%*s", MINUTES, "?");
	return buf;
}

/* A number in its column, or a dash where it is unknown. */
static void put_maybe(struct knead_maybe value, int width, int decimals)
{
	if (value.known)
		printf("  %*.*f", width, decimals, value.value);
	else
		printf("  %*s", width, "-");
}

static int device_width(const struct history *h)
{
	size_t width = strlen("device");

	for (size_t i = 0; i < h->sessions_count; i++)
		width = strlen(h->sessions[i].device) > width ? strlen(h->sessions[i].device) : width;
	for (size_t i = 0; i < h->holds_count; i++)
		width = strlen(h->holds[i].device) > width ? strlen(h->holds[i].device) : width;
	return (int)width;
}

static void print_sessions(const struct history *h, int width)
{
	char start[TIME_SIZE], end[TIME_SIZE];

	printf("Sessions\n%-16s  %-5s  %-*s  %5s  %4s  %7s  %5s  %8s  %9s  %7s  %9s\n", "start", "end", width, "device",
		"holds", "met", "strokes", "rolls", "loaded s", "dose N*s", "peak N", "longest s");
	for (size_t i = 0; i < h->sessions_count; i++) {
		const struct history_session *s = &h->sessions[i];
		const struct knead_session_fields *t = &s->totals;

		local_time(s->end_us, end);
		printf("%.*s  %-5.5s  %-*s  %5u  %4u  %7u  %5u  %8.1f  %9.1f  %7.1f  %9.2f\n", MINUTES,
			local_time(s->start_us, start), s->complete ? end + CLOCK : "-", width, s->device, t->holds,
			t->holds_met, t->strokes, t->rolls, t->loaded_s, t->dose_ns, t->peak_n, t->longest_hold_s);
	}
}

static void print_holds(const struct history *h, int width)
{
	char start[TIME_SIZE];

	printf("\nHolds\n%-19s  %-*s  %8s  %8s  %3s  %7s  %8s  %7s  %8s  %s\n", "start", width, "device", "length s",
		"target s", "met", "peak N", "peak kPa", "mean N", "steady %", "cause");
	for (size_t i = 0; i < h->holds_count; i++) {
		const struct history_hold *hold = &h->holds[i];

		printf("%-19s  %-*s  %8.2f  %8.0f  %3s  %7.1f", local_time(hold->start_us, start), width, hold->device,
			hold->duration_s, hold->target_s, hold->target_met ? "yes" : "no", hold->peak_n);
		put_maybe(hold->peak_kpa, 8, 1);
		printf("  %7.1f", hold->mean_n);
		put_maybe(hold->steadiness_pct, 8, 1);
		printf("  %s\n", hold->cause);
	}
}

static void print_days(const struct history_view *v, int width)
{
	printf("\nDays\n%-10s  %-*s  %8s  %5s  %4s  %8s  %9s  %7s  %5s  %8s  %9s  %7s\n", "day", width, "device",
		"sessions", "holds", "met", "held s", "longest s", "strokes", "rolls", "loaded s", "dose N*s",
		"peak N");
	for (size_t i = 0; i < v->days_count; i++) {
		const struct history_day *d = &v->days[i];

		printf("%-10s  %-*s  %8u  %5u  %4u  %8.1f  %9.2f  %7u  %5u  %8.1f  %9.1f  %7.1f\n", d->day, width,
			d->device, d->sessions, d->holds, d->holds_met, d->held_s, d->longest_hold_s, d->strokes,
			d->rolls, d->loaded_s, d->dose_ns, d->peak_n);
	}
}

void history_print_table(const struct history_view *v)
{
	int width = device_width(&v->history);

	if (v->days_count == 0) {
		puts("nothing in this time; --days N or --since DATE goes back further");
		return;
	}
	print_sessions(&v->history, width);
	print_holds(&v->history, width);
	print_days(v, width);
}
