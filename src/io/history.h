/* SPDX-License-Identifier: MIT */
/*
 * What a journal tells of the past: sessions and holds. Reads beside a running kneadd, writes nothing and holds nothing up.
 */
#ifndef IO_HISTORY_H
#define IO_HISTORY_H

#include <knead/event.h>
#include <knead/settings.h>

#define HISTORY_BOOT_MAX 16

struct history_session {
	char device[KNEAD_NAME_MAX], boot[HISTORY_BOOT_MAX];
	int64_t start_us, end_us; /* UTC */
	/* Its end is there. Else it still runs, or power was cut: then these are the sums of what is there, and end_us is its end. */
	bool complete;
	struct knead_session_fields totals;
};

struct history_hold {
	char device[KNEAD_NAME_MAX], boot[HISTORY_BOOT_MAX], cause[16];
	uint32_t hold_id, session_id; /* session_id 0 = none */
	int64_t start_us, end_us; /* UTC */
	double duration_s, target_s, peak_n, mean_n;
	struct knead_maybe peak_kpa, steadiness_pct;
	bool target_met;
};

struct history {
	struct history_session *sessions; /* in the order in which they began, as are the holds */
	struct history_hold *holds;
	size_t sessions_count, holds_count;
};

struct history_query {
	const char *device; /* NULL = all */
	int64_t since_us, until_us; /* UTC: what began from the one on and before the other */
};

/*
 * Reads the journal at path. Returns 0 and *ret (history_deinit()), or a negative errno with a sentence in ret_why: -ENOENT when there
 * is none, -EBADMSG when it is no journal.
 */
int history_read(
	const char *path, const struct history_query *query, struct history *ret, char *ret_why, size_t why_size);
void history_deinit(struct history *h); /* one of all zeros is fine */

enum { _HISTORY_SUCCESS, HISTORY_E_NONE };
/* The last session of a device. Returns 0, HISTORY_E_NONE when there is none, or as history_read(). */
int history_last_session(
	const char *path, const char *device, struct history_session *ret, char *ret_why, size_t why_size);

#endif
