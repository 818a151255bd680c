/* SPDX-License-Identifier: MIT */
/*
 * SQLite for those who only read. Beside a daemon: a reader like any other, through the log. Without one (no log beside the
 * file): as a file that nobody changes, because to open it otherwise would make a log, and leave it there.
 */
#include "history_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal_internal.h"

#define BUSY_MS 2000

struct history_file {
	sqlite3 *db;
	char path[4096];
};

static const char columns[] = "SELECT key, boot, device, payload FROM event JOIN run ON no = key >> 40"
			      " WHERE key > ?1 AND key < ?2 AND (?3 IS NULL OR device = ?3)"
			      " AND grp IN ('session', 'hold', 'stroke', 'press') ORDER BY key";

/* ---- opening ---- */

/* A path within a file: URI. */
static void escape(const char *path, char *to, size_t size)
{
	size_t at = 0;

	for (; *path != '\0' && at + 4 < size; path++) {
		if (strchr("%?#", *path))
			at += (size_t)snprintf(to + at, size - at, "%%%02X", (unsigned)(unsigned char)*path);
		else
			to[at++] = *path;
	}
	to[at] = '\0';
}

static bool has_log(const char *path)
{
	struct stat st;
	char log[4104];

	snprintf(log, sizeof(log), "%s-wal", path);
	return stat(log, &st) == 0 && st.st_size > 0;
}

static int error_of(const struct history_file *f, int rc)
{
	bool no_such_table = (rc & 0xff) == SQLITE_ERROR;

	return no_such_table ? -EBADMSG : journal_errno(f->db, rc);
}

static int number(struct history_file *f, const char *sql, int64_t a, int64_t b, int64_t *ret)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(f->db, sql, -1, &s, NULL);

	if (rc == SQLITE_OK) {
		sqlite3_bind_int64(s, 1, a);
		sqlite3_bind_int64(s, 2, b);
		rc = sqlite3_step(s);
	}
	*ret = rc == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
	sqlite3_finalize(s);
	return error_of(f, rc);
}

static int open_database(struct history_file *f)
{
	char uri[sizeof(f->path) + 64], name[sizeof(f->path)];
	int64_t id = 0, version = 0;
	int rc, r;

	escape(f->path, name, sizeof(name));
	snprintf(uri, sizeof(uri), "file:%s?mode=ro%s", name, has_log(f->path) ? "" : "&immutable=1");
	rc = sqlite3_open_v2(uri, &f->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
	r = error_of(f, rc);
	if (r < 0)
		return r;
	sqlite3_busy_timeout(f->db, BUSY_MS);
	r = number(f, "PRAGMA application_id", 0, 0, &id);
	r = r < 0 ? r : number(f, "PRAGMA user_version", 0, 0, &version);
	if (r == 0 && id != JOURNAL_APPLICATION_ID)
		return -EBADMSG;
	return r == 0 && version > JOURNAL_VERSION ? -ENOTSUP : r;
}

static void explain(const struct history_file *f, int r, char *why, size_t size)
{
	switch (r) {
	case -ENOENT:
		snprintf(why, size, "%s is not there; has kneadd run yet, and is it the path of [journal]?", f->path);
		break;
	case -EACCES:
	case -EPERM:
		snprintf(why, size, "%s cannot be read: %s; try sudo", f->path, strerror(-r));
		break;
	case -EBADMSG:
		snprintf(why, size, "%s is no journal of kneadd, or it is damaged", f->path);
		break;
	case -ENOTSUP:
		snprintf(why, size, "%s is of a newer knead", f->path);
		break;
	default:
		snprintf(why, size, "%s: %s", f->path, strerror(-r));
		break;
	}
}

int history_file_open(const char *path, struct history_file **ret, char *ret_why, size_t why_size)
{
	struct history_file *f = calloc(1, sizeof(*f));
	int r;

	ret_why[0] = '\0';
	if (!f)
		return -ENOMEM;
	snprintf(f->path, sizeof(f->path), "%s", path);
	r = access(path, R_OK) < 0 ? -errno : open_database(f);
	if (r < 0) {
		history_file_close(f, r, ret_why, why_size);
		return r;
	}
	*ret = f;
	return 0;
}

void history_file_close(struct history_file *f, int r, char *ret_why, size_t why_size)
{
	if (!f)
		return;
	if (r < 0 && ret_why[0] == '\0')
		explain(f, r, ret_why, why_size);
	sqlite3_close(f->db);
	free(f);
}

/* ---- reading ---- */

int history_file_before(struct history_file *f, int64_t since_us, int runs, int64_t *ret_after)
{
	int64_t run = 0;
	int r = number(f, "SELECT coalesce(min(no), (SELECT max(no) + 1 FROM run)) FROM run WHERE started_us > ?1",
		since_us, 0, &run);

	*ret_after = run > runs ? journal_key(run - runs, 0) : 0;
	return r;
}

int history_file_last_start(struct history_file *f, const char *device, int64_t *ret_key)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(f->db,
		"SELECT key FROM event WHERE grp = 'session' AND device = ?1"
		" AND payload LIKE '%\"event_type\":\"session_start\"%' ORDER BY key DESC LIMIT 1",
		-1, &s, NULL);

	*ret_key = 0;
	if (rc == SQLITE_OK) {
		sqlite3_bind_text(s, 1, device, -1, SQLITE_STATIC);
		rc = sqlite3_step(s);
	}
	if (rc == SQLITE_ROW)
		*ret_key = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return error_of(f, rc);
}

static int read_between(
	struct history_file *f, int64_t after, int64_t before, const char *device, history_record_fn take, void *user)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(f->db, columns, -1, &s, NULL), r = 0;

	if (rc == SQLITE_OK) {
		sqlite3_bind_int64(s, 1, after);
		sqlite3_bind_int64(s, 2, before);
		sqlite3_bind_text(s, 3, device, -1, SQLITE_STATIC);
	}
	while (r == 0 && (rc == SQLITE_OK || rc == SQLITE_ROW) && (rc = sqlite3_step(s)) == SQLITE_ROW) {
		struct history_record record = {
			.key = sqlite3_column_int64(s, 0),
			.boot = (const char *)sqlite3_column_text(s, 1),
			.device = (const char *)sqlite3_column_text(s, 2),
			.payload = (const char *)sqlite3_column_text(s, 3),
		};

		if (record.boot && record.device && record.payload)
			r = take(user, &record);
	}
	if (r == 0)
		r = error_of(f, rc);
	sqlite3_finalize(s);
	return r;
}

int history_file_read(struct history_file *f, int64_t after, const char *device, history_record_fn take, void *user)
{
	return read_between(f, after, INT64_MAX, device, take, user);
}

int history_file_read_run(struct history_file *f, int64_t after, const char *device, history_record_fn take, void *user)
{
	int64_t run = (after >> JOURNAL_N_BITS) + 1;

	return read_between(f, after, journal_key(run, 0), device, take, user);
}
