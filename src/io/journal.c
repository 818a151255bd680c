/* SPDX-License-Identifier: MIT */
/*
 * The records of the journal.
 *
 *   run    no, boot, kernel, started_us              one row for each start of kneadd that made a record
 *   event  key = run and n, decided_us, wall_us,     one row a record; those that wait, and those of sessions, stand
 *          done, device, grp, payload                in small indices beside it
 *
 * key is the row's own place in the file, so a commit appends to the last page and touches no index, as long as the record is
 * delivered before it is written. What is old and done is removed from the front; the pages are used again.
 *
 * Age. Within one boot of the machine decided_us tells it, whatever the wall clock does. A record of an earlier boot has the
 * wall clock only: trusted when somebody has set it since, and when it does not contradict the time since the kernel started
 * (a clock that stood still while the machine was off makes everything young). Else nobody can tell, and the record is late.
 */
#include "journal_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define US_PER_DAY 86400e6
#define PRUNE_MAX 300 /* rows in one transaction: some 60 pages */
#define WALL_SENSIBLE_US 1704067200000000 /* 2024: a wall clock before was never set, and says nothing about age */

static const char read_waiting[] =
	"SELECT key, boot, kernel, device, grp, payload, decided_us, wall_us FROM event JOIN run ON no = key >> 40"
	" WHERE done = 0 AND key > ?1 ORDER BY key";

static const char *const sql[_JOURNAL_STATEMENTS] = {
	[JOURNAL_BEGIN] = "BEGIN IMMEDIATE",
	[JOURNAL_COMMIT] = "COMMIT",
	[JOURNAL_ADD_RUN] = "INSERT INTO run VALUES (?1, ?2, ?3, ?4)",
	[JOURNAL_ADD] = "INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
	[JOURNAL_MARK] = "UPDATE event SET done = ?2 WHERE key = ?1 AND done = 0",
	[JOURNAL_READ] = read_waiting,
	[JOURNAL_OLDEST] = "SELECT key, wall_us FROM event WHERE done != 0 ORDER BY key",
	[JOURNAL_OLDEST_ANY] = "SELECT key, done FROM event ORDER BY key",
	[JOURNAL_REMOVE] = "DELETE FROM event WHERE key = ?1",
};

/* ---- the library ---- */

int journal_errno(sqlite3 *db, int rc)
{
	int system = db ? sqlite3_system_errno(db) : 0;

	switch (rc & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_READONLY:
		return rc == SQLITE_READONLY_DBMOVED ? -ESTALE : -EROFS;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return -EACCES;
	default:
		return system > 0 ? -system : -EIO;
	}
}

int journal_failed(struct journal *j, int rc)
{
	int r = journal_errno(j->db, rc);

	if (r < 0)
		snprintf(j->why, sizeof(j->why), "%s: %s", j->path, sqlite3_errstr(rc));
	return r;
}

int journal_prepare(struct journal *j)
{
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && i < _JOURNAL_STATEMENTS; i++)
		rc = sqlite3_prepare_v3(j->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &j->statements[i], NULL);
	return rc;
}

int journal_number(sqlite3 *db, const char *query, int64_t *ret)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(db, query, -1, &s, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	if (rc == SQLITE_ROW)
		*ret = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return journal_errno(db, rc);
}

/* Runs a statement that gives no rows, and makes it ready for the next time. */
static int run(struct journal *j, enum journal_statement which)
{
	sqlite3_stmt *s = j->statements[which];
	int rc = sqlite3_step(s);
	int r = journal_failed(j, rc);

	sqlite3_reset(s);
	sqlite3_clear_bindings(s);
	return r;
}

const char *journal_why(const struct journal *j)
{
	return j->why;
}

/* ---- keys: inside, this run has a number like all others ---- */

static int64_t inside(const struct journal *j, int64_t key)
{
	int64_t number = key >> JOURNAL_N_BITS;

	return number >= JOURNAL_RUN_NOW ? journal_key(j->run, (uint64_t)key) : key;
}

static int64_t outside(const struct journal *j, int64_t key)
{
	return key >> JOURNAL_N_BITS == j->run ? journal_key(JOURNAL_RUN_NOW, (uint64_t)key) : key;
}

/* ---- writing ---- */

int journal_begin(struct journal *j)
{
	int moved = 0;

	sqlite3_file_control(j->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
	if (moved) {
		snprintf(j->why, sizeof(j->why), "%s is gone from its place", j->path);
		return -ESTALE;
	}
	j->waiting_at_begin = j->waiting;
	j->run_in_transaction = false;
	return run(j, JOURNAL_BEGIN);
}

static int add_run(struct journal *j)
{
	sqlite3_stmt *s = j->statements[JOURNAL_ADD_RUN];
	int r;

	sqlite3_bind_int64(s, 1, j->run);
	sqlite3_bind_text(s, 2, j->boot, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 3, j->kernel, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 4, j->started_wall_us);
	r = run(j, JOURNAL_ADD_RUN);
	j->run_in_transaction = r == 0;
	return r;
}

int journal_add(struct journal *j, const struct journal_record *record)
{
	sqlite3_stmt *s = j->statements[JOURNAL_ADD];
	int r = j->run_written || j->run_in_transaction ? 0 : add_run(j);

	if (r < 0)
		return r;
	sqlite3_bind_int64(s, 1, inside(j, record->key));
	sqlite3_bind_int64(s, 2, record->decided_us);
	sqlite3_bind_int64(s, 3, record->wall_us);
	sqlite3_bind_int(s, 4, (int)record->fate);
	sqlite3_bind_text(s, 5, record->device, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 6, record->group, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 7, record->payload, (int)record->length, SQLITE_STATIC);
	r = run(j, JOURNAL_ADD);
	if (r == 0 && record->fate == JOURNAL_WAITS)
		j->waiting += (uint64_t)sqlite3_changes(j->db);
	return r;
}

int journal_mark(struct journal *j, int64_t key, enum journal_fate fate)
{
	sqlite3_stmt *s = j->statements[JOURNAL_MARK];
	int r;

	sqlite3_bind_int64(s, 1, inside(j, key));
	sqlite3_bind_int(s, 2, (int)fate);
	r = run(j, JOURNAL_MARK);
	if (r == 0)
		j->waiting -= (uint64_t)sqlite3_changes(j->db);
	return r;
}

int journal_commit(struct journal *j)
{
	int r = run(j, JOURNAL_COMMIT);

	if (r == 0)
		j->run_written |= j->run_in_transaction;
	return r;
}

void journal_rollback(struct journal *j)
{
	sqlite3_exec(j->db, "ROLLBACK", NULL, NULL, NULL);
	j->waiting = j->waiting_at_begin;
	j->run_in_transaction = false;
}

/* ---- reading ---- */

/* A time as it stands in the file, where anything may stand: within 73,000 years, so that the difference of two is a number. */
static int64_t time_us(sqlite3_stmt *s, int column)
{
	const int64_t most = INT64_MAX / 4;
	int64_t us = sqlite3_column_int64(s, column);

	return us > most ? most : us < -most ? -most : us;
}

/* At least late_after_us where nobody can tell. */
static int64_t age_us_of(
	const struct journal *j, const struct journal_now *now, const char *kernel, int64_t decided_us, int64_t wall_us)
{
	int64_t age_us = now->wall_us - wall_us;

	if (kernel && strcmp(kernel, j->kernel) == 0)
		return now->boottime_us - decided_us;
	if ((!now->wall_sure || age_us < now->boottime_us) && age_us < j->late_after_us)
		return j->late_after_us;
	return age_us;
}

int journal_read(struct journal *j, const struct journal_now *now, int64_t after, journal_read_fn take, void *user)
{
	sqlite3_stmt *s = j->statements[JOURNAL_READ];
	int64_t last = after;
	bool more = true;
	int rc = SQLITE_DONE, r;

	sqlite3_bind_int64(s, 1, inside(j, after));
	while (more && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		const char *kernel = (const char *)sqlite3_column_text(s, 2);
		int64_t wall_us = time_us(s, 7);
		int64_t age_us = age_us_of(j, now, kernel, time_us(s, 6), wall_us);
		struct journal_record record = {
			.key = outside(j, sqlite3_column_int64(s, 0)),
			.boot = (const char *)sqlite3_column_text(s, 1),
			.device = (const char *)sqlite3_column_text(s, 3),
			.group = (const char *)sqlite3_column_text(s, 4),
			.payload = (const char *)sqlite3_column_text(s, 5),
			.length = (size_t)sqlite3_column_bytes(s, 5),
			.decided_us = now->boottime_us - age_us,
			.wall_us = wall_us,
		};

		/* in a damaged file, pages may contradict each other: who reads on from the last key would never come to an end */
		if (record.key <= last && last != INT64_MIN) {
			rc = SQLITE_CORRUPT;
			break;
		}
		last = record.key;
		if (record.boot && record.device && record.group && record.payload)
			more = take(user, &record, age_us >= j->late_after_us ? JOURNAL_LATE : JOURNAL_FRESH);
	}
	r = journal_failed(j, rc);
	sqlite3_reset(s);
	return r;
}

uint64_t journal_waiting(const struct journal *j)
{
	return j->waiting;
}

/* ---- keeping it small ---- */

static int remove_row(struct journal *j, int64_t key)
{
	sqlite3_bind_int64(j->statements[JOURNAL_REMOVE], 1, key);
	return run(j, JOURNAL_REMOVE);
}

/* Removes from the front what is delivered and was decided before_us (INT64_MAX: whenever that was). Returns how many, or a negative errno. */
static int remove_done(struct journal *j, int64_t before_us, int max)
{
	sqlite3_stmt *s = j->statements[JOURNAL_OLDEST];
	int64_t keys[PRUNE_MAX];
	int count = 0, rc = SQLITE_DONE, r;

	while (count < max && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		int64_t wall_us = sqlite3_column_int64(s, 1);

		if (wall_us >= before_us)
			break;
		if (before_us == INT64_MAX || wall_us >= WALL_SENSIBLE_US)
			keys[count++] = sqlite3_column_int64(s, 0);
	}
	r = journal_failed(j, rc);
	sqlite3_reset(s);
	for (int i = 0; r == 0 && i < count; i++)
		r = remove_row(j, keys[i]);
	return r < 0 ? r : count;
}

/* Removes the oldest, whether they were delivered or not. */
static int remove_any(struct journal *j, int max, uint64_t *ret_lost)
{
	sqlite3_stmt *s = j->statements[JOURNAL_OLDEST_ANY];
	int64_t keys[PRUNE_MAX];
	int count = 0, lost = 0, rc = SQLITE_DONE, r;

	while (count < max && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		lost += sqlite3_column_int(s, 1) == JOURNAL_WAITS;
		keys[count++] = sqlite3_column_int64(s, 0);
	}
	r = journal_failed(j, rc);
	sqlite3_reset(s);
	for (int i = 0; r == 0 && i < count; i++)
		r = remove_row(j, keys[i]);
	if (r < 0)
		return r;
	j->waiting -= (uint64_t)lost;
	*ret_lost += (uint64_t)lost;
	return count;
}

/* Bytes that hold something. */
static int used_bytes(struct journal *j, int64_t *ret)
{
	int64_t pages = 0, unused = 0, size = 0;
	int r = journal_number(j->db, "PRAGMA page_count", &pages);

	r = r < 0 ? r : journal_number(j->db, "PRAGMA freelist_count", &unused);
	r = r < 0 ? r : journal_number(j->db, "PRAGMA page_size", &size);
	*ret = (pages - unused) * size;
	return r;
}

int journal_prune(struct journal *j, const struct journal_now *now, uint64_t *ret_lost)
{
	int64_t bytes = 0;
	int count = 0, r = used_bytes(j, &bytes);

	*ret_lost = 0;
	if (r < 0)
		return r;
	if (j->max_bytes > 0 && bytes > j->max_bytes) {
		count = remove_done(j, INT64_MAX, PRUNE_MAX);
		if (count == 0)
			count = remove_any(j, PRUNE_MAX, ret_lost);
	} else {
		count = remove_done(j, now->wall_us - (int64_t)(j->keep_days * US_PER_DAY), PRUNE_MAX);
	}
	return count;
}
