/* SPDX-License-Identifier: MIT */
/* What `knead history` shows: a history, its sums a day, and the ways to write them. */
#ifndef TOOL_HISTORY_VIEW_H
#define TOOL_HISTORY_VIEW_H

#include "history.h"

#define HISTORY_DAY_SIZE 16

/* The sums of one device on one day of the local calendar. What goes past midnight belongs to the day on which it began. */
struct history_day {
	char day[HISTORY_DAY_SIZE], device[KNEAD_NAME_MAX];
	uint32_t sessions, holds, holds_met, strokes, rolls;
	double held_s, longest_hold_s, loaded_s, dose_ns, peak_n;
};

struct history_view {
	struct history history;
	struct history_day *days; /* in order of day, then device */
	size_t days_count;
};

/* "2026-11-20" of UTC microseconds, in local time. Returns buf. */
char *history_day_of(int64_t wall_us, char *buf);

/* Sums up v->history. Returns 0 or -ENOMEM. */
int history_view_sum(struct history_view *v);
void history_view_deinit(struct history_view *v);

/*
 * Reads a time: YYYY-MM-DD, YYYY-MM-DD HH:MM[:SS] (local; T instead of the blank), or as records have it, with Z. A day alone is its
 * first instant, or with end the first of the day after. Returns 0 and UTC microseconds, or -EINVAL.
 */
int history_time(const char *word, bool end, int64_t *ret_us);
/* The first instant of the local day that is so many days before that of now_us. */
int64_t history_days_ago(int64_t now_us, int days);

void history_print_table(const struct history_view *v);
void history_print_json(const struct history_view *v);
void history_print_csv(const struct history_view *v);

#endif
