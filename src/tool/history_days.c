/* SPDX-License-Identifier: MIT */
/*
 * Days of the local calendar. They are 23 to 25 hours long: nothing here counts in units of 24; the C library is asked, and told
 * that it is to find out itself whether daylight saving time holds.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "history_view.h"
#include "wall.h"

static int64_t to_wall_us(struct tm *local)
{
	local->tm_isdst = -1;
	return (int64_t)mktime(local) * KNEAD_US_PER_S;
}

char *history_day_of(int64_t wall_us, char *buf)
{
	time_t seconds = (time_t)(wall_us / KNEAD_US_PER_S);
	struct tm local;

	localtime_r(&seconds, &local);
	strftime(buf, HISTORY_DAY_SIZE, "%Y-%m-%d", &local);
	return buf;
}

int64_t history_days_ago(int64_t now_us, int days)
{
	time_t seconds = (time_t)(now_us / KNEAD_US_PER_S);
	struct tm local;

	localtime_r(&seconds, &local);
	local.tm_mday -= days;
	local.tm_hour = local.tm_min = local.tm_sec = 0;
	return to_wall_us(&local);
}

int history_time(const char *word, bool end, int64_t *ret_us)
{
	static const char *const shapes[] = { "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M",
		"%Y-%m-%d %H:%M", "%Y-%m-%d" };
	const size_t count = sizeof(shapes) / sizeof(shapes[0]);

	if (wall_from_iso(word, ret_us) == 0)
		return 0;
	for (size_t i = 0; i < count; i++) {
		struct tm local = { 0 };
		const char *rest = strptime(word, shapes[i], &local);

		if (!rest || *rest != '\0')
			continue;
		int day = local.tm_mday;
		int64_t us = to_wall_us(&local);
		if (local.tm_mday != day) /* the 31st of a month of 30 */
			return -EINVAL;
		if (end && i == count - 1) {
			local.tm_mday++;
			us = to_wall_us(&local);
		}
		*ret_us = us;
		return 0;
	}
	return -EINVAL;
}

/* ---- sums ---- */

/* The row of a day and device, made if it is new; NULL without memory. There are at most as many as rows of history. */
static struct history_day *row_of(struct history_view *v, int64_t wall_us, const char *device)
{
	char day[HISTORY_DAY_SIZE];
	struct history_day *row;

	history_day_of(wall_us, day);
	for (size_t i = v->days_count; i-- > 0;)
		if (strcmp(v->days[i].day, day) == 0 && strcmp(v->days[i].device, device) == 0)
			return &v->days[i];
	row = reallocarray(v->days, v->days_count + 1, sizeof(*row));
	if (!row)
		return NULL;
	v->days = row;
	row = &v->days[v->days_count++];
	*row = (struct history_day){ 0 };
	snprintf(row->day, sizeof(row->day), "%s", day);
	snprintf(row->device, sizeof(row->device), "%s", device);
	return row;
}

static double larger(double a, double b)
{
	return a > b ? a : b;
}

static int compare_days(const void *a, const void *b)
{
	const struct history_day *one = a, *other = b;
	int by_day = strcmp(one->day, other->day);

	return by_day != 0 ? by_day : strcmp(one->device, other->device);
}

static int sum_sessions(struct history_view *v)
{
	for (size_t i = 0; i < v->history.sessions_count; i++) {
		const struct history_session *s = &v->history.sessions[i];
		struct history_day *row = row_of(v, s->start_us, s->device);

		if (!row)
			return -ENOMEM;
		row->sessions++;
		row->strokes += s->totals.strokes;
		row->rolls += s->totals.rolls;
		row->loaded_s += s->totals.loaded_s;
		row->dose_ns += s->totals.dose_ns;
		row->peak_n = larger(row->peak_n, s->totals.peak_n);
	}
	return 0;
}

static int sum_holds(struct history_view *v)
{
	for (size_t i = 0; i < v->history.holds_count; i++) {
		const struct history_hold *h = &v->history.holds[i];
		struct history_day *row = row_of(v, h->start_us, h->device);

		if (!row)
			return -ENOMEM;
		row->holds++;
		row->holds_met += h->target_met;
		row->held_s += h->duration_s;
		row->longest_hold_s = larger(row->longest_hold_s, h->duration_s);
		row->peak_n = larger(row->peak_n, h->peak_n);
	}
	return 0;
}

int history_view_sum(struct history_view *v)
{
	int r = sum_sessions(v);

	r = r < 0 ? r : sum_holds(v);
	if (r == 0 && v->days_count > 0)
		qsort(v->days, v->days_count, sizeof(*v->days), compare_days);
	return r;
}

void history_view_deinit(struct history_view *v)
{
	history_deinit(&v->history);
	free(v->days);
	*v = (struct history_view){ 0 };
}
