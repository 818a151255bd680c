/* SPDX-License-Identifier: MIT */
/*
 * The journal's file: made, recognised, locked, set aside.
 *
 * WAL, so that a commit is one appended, flushed piece and `knead history` reads beside it. synchronous = FULL: the log is flushed
 * at each commit. NORMAL would flush it at checkpoints only, and a power cut would take what was "committed" minutes ago; as
 * commits are few (journal_writer.c gathers), FULL costs one flush a commit, and the checkpoint three more every few hundred.
 *
 * Two kneadd on one file would both deliver what waits there, so it has a lock file beside it. `knead history` does not ask for it.
 */
#include "journal_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BUSY_MS 1000 /* for a reader that recovers the log at this moment */
#define MODE 0640
#define MAGIC "SQLite format 3"
#define ID_AT 68 /* application_id in the header */

static const char schema[] =
	"CREATE TABLE run ("
	"no INTEGER PRIMARY KEY, boot TEXT NOT NULL, kernel TEXT NOT NULL, started_us INTEGER NOT NULL);"
	"CREATE TABLE event ("
	"key INTEGER PRIMARY KEY, decided_us INTEGER NOT NULL, wall_us INTEGER NOT NULL, done INTEGER NOT NULL,"
	" device TEXT NOT NULL, grp TEXT NOT NULL, payload TEXT NOT NULL);"
	"CREATE INDEX event_waits ON event (done) WHERE done = 0;"
	"CREATE INDEX event_session ON event (device) WHERE grp = 'session';";

/* ---- the lock ---- */

static int take_lock(struct journal *j, char *why, size_t size)
{
	char *path;

	if (asprintf(&path, "%s.lock", j->path) < 0)
		return -ENOMEM;
	j->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, MODE);
	int r = j->lock_fd < 0 || flock(j->lock_fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
	if (r == -EWOULDBLOCK) {
		snprintf(why, size, "%s is in use by another kneadd; give each its own path of [journal]", j->path);
		r = -EBUSY;
	} else if (r < 0) {
		snprintf(why, size, "%s cannot be made: %s", path, strerror(-r));
	}
	free(path);
	return r;
}

/* ---- what lies there ---- */

enum content { CONTENT_NONE, CONTENT_OURS, CONTENT_SQLITE, CONTENT_OTHER };

/* By the first bytes alone; for a file that the library will not have. */
static enum content look(const char *path)
{
	unsigned char head[ID_AT + 4] = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : pread(fd, head, sizeof(head), 0);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return CONTENT_NONE;
	if (n < (ssize_t)sizeof(head) || memcmp(head, MAGIC, sizeof(MAGIC)) != 0)
		return CONTENT_OTHER;
	uint32_t id = (uint32_t)head[ID_AT] << 24 | (uint32_t)head[ID_AT + 1] << 16 | (uint32_t)head[ID_AT + 2] << 8 |
		      head[ID_AT + 3];
	return id == JOURNAL_APPLICATION_ID ? CONTENT_OURS : CONTENT_SQLITE;
}

/* Made first, so that its log gets the same rights: nobody else's business. */
static void make_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, MODE);

	if (fd >= 0)
		close(fd);
}

static int rename_part(const char *from, const char *to, const char *end)
{
	char *old = NULL, *aside = NULL;
	int r = asprintf(&old, "%s%s", from, end) < 0 || asprintf(&aside, "%s%s", to, end) < 0 ? -ENOMEM : 0;

	if (r == 0 && rename(old, aside) < 0 && errno != ENOENT)
		r = -errno;
	free(old);
	free(aside);
	return r;
}

/* Puts the file under a name with the date, its log with it: somebody may yet get something out of it. */
static int set_aside(const char *path, char *why, size_t size)
{
	struct tm utc;
	time_t now = time(NULL);
	char date[32], *aside;
	int r;

	gmtime_r(&now, &utc);
	strftime(date, sizeof(date), "%Y%m%d-%H%M%S", &utc);
	if (asprintf(&aside, "%s.corrupt-%s", path, date) < 0)
		return -ENOMEM;
	r = rename_part(path, aside, "");
	if (r == 0)
		r = rename_part(path, aside, "-wal");
	if (r == 0)
		r = rename_part(path, aside, "-shm");
	if (r < 0)
		snprintf(why, size, "%s is corrupt and cannot be set aside: %s", path, strerror(-r));
	else
		snprintf(why, size, "%s was corrupt; it is now %s, and a new one has begun", path, aside);
	free(aside);
	return r;
}

/* ---- opening ---- */

static int exec(sqlite3 *db, const char *sql)
{
	return journal_errno(db, sqlite3_exec(db, sql, NULL, NULL, NULL));
}

/* A file of ours, or a new one, which it makes ours. */
static int recognise(struct journal *j, char *why, size_t size)
{
	int64_t id = 0, version = 0, tables = 0;
	int r = journal_number(j->db, "PRAGMA application_id", &id);

	r = r < 0 ? r : journal_number(j->db, "PRAGMA user_version", &version);
	r = r < 0 ? r : journal_number(j->db, "SELECT count(*) FROM sqlite_master", &tables);
	if (r < 0)
		return r;
	if (tables > 0 && id != JOURNAL_APPLICATION_ID) {
		snprintf(why, size, "%s is another program's database; name another path in [journal]", j->path);
		return -ENOTSUP;
	}
	if (version > JOURNAL_VERSION) {
		snprintf(why, size, "%s is of a newer kneadd (version %lld, this one knows %d); it is left as it is",
			j->path, (long long)version, JOURNAL_VERSION);
		return -ENOTSUP;
	}
	return tables > 0 ? 0 : 1;
}

static int make_schema(struct journal *j)
{
	char numbers[96];
	int r = exec(j->db, "BEGIN IMMEDIATE");

	snprintf(numbers, sizeof(numbers), "PRAGMA application_id = %d; PRAGMA user_version = %d;",
		JOURNAL_APPLICATION_ID, JOURNAL_VERSION);
	r = r < 0 ? r : exec(j->db, schema);
	r = r < 0 ? r : exec(j->db, numbers);
	return r < 0 ? r : exec(j->db, "COMMIT");
}

/* Runs and keys that no kneadd ever gave: whatever wrote them, the file is not to be trusted. Returns 0, -EBADMSG or another errno. */
static int check_keys(struct journal *j)
{
	static const char *const wrong[] = {
		"SELECT coalesce(min(no) < 1, 0) FROM run",
		"SELECT coalesce(max(no) >= 4194303, 0) FROM run", /* JOURNAL_RUN_NOW, and one for this run */
		"SELECT coalesce(min(key) >> 40 < 1, 0) FROM event",
		"SELECT coalesce(max(key) >> 40 >= 4194303, 0) FROM event",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		int64_t found = 0;
		int r = journal_number(j->db, wrong[i], &found);

		if (r < 0 || found)
			return r < 0 ? r : -EBADMSG;
	}
	return 0;
}

/* The number of this run: what it had already, else the next, above those of all records too. It is written with the first record. */
static int find_run(struct journal *j)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(
		j->db, "SELECT no FROM run WHERE boot = ? AND kernel = ? AND started_us = ?", -1, &s, NULL);

	if (rc == SQLITE_OK) {
		sqlite3_bind_text(s, 1, j->boot, -1, SQLITE_STATIC);
		sqlite3_bind_text(s, 2, j->kernel, -1, SQLITE_STATIC);
		sqlite3_bind_int64(s, 3, j->started_wall_us);
		rc = sqlite3_step(s);
		j->run_written = rc == SQLITE_ROW;
		if (j->run_written)
			j->run = sqlite3_column_int64(s, 0);
	}
	sqlite3_finalize(s);
	int r = journal_errno(j->db, rc);
	if (r == 0 && !j->run_written)
		r = journal_number(j->db,
			"SELECT max(coalesce((SELECT max(no) FROM run), 0),"
			" coalesce((SELECT max(key) >> 40 FROM event), 0)) + 1",
			&j->run);
	return r;
}

static int open_file(struct journal *j, char *why, size_t size)
{
	static const char pragmas[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -128;"
				      "PRAGMA wal_autocheckpoint = 1000; PRAGMA journal_size_limit = 4194304;"
				      "PRAGMA temp_store = MEMORY;";
	static const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	int64_t waiting = 0;
	int rc, r;

	make_file(j->path);
	rc = sqlite3_open_v2(j->path, &j->db, flags, NULL);
	r = journal_errno(j->db, rc);
	if (r == 0) {
		/* Some records a minute: the memory for quick small allocations would be larger than what is ever in it. */
		sqlite3_db_config(j->db, SQLITE_DBCONFIG_LOOKASIDE, NULL, 0, 0);
		sqlite3_busy_timeout(j->db, BUSY_MS);
		r = recognise(j, why, size);
	}
	bool fresh = r == 1;
	r = r < 0 ? r : exec(j->db, pragmas);
	if (r == 0 && fresh)
		r = make_schema(j);
	r = r < 0 ? r : check_keys(j);
	r = r < 0 ? r : find_run(j);
	r = r < 0 ? r : journal_number(j->db, "SELECT count(*) FROM event WHERE done = 0", &waiting);
	r = r < 0 ? r : journal_errno(j->db, journal_prepare(j));
	j->waiting = (uint64_t)waiting;
	if (r < 0 && why[0] == '\0')
		snprintf(why, size, "%s: %s", j->path, j->db ? sqlite3_errmsg(j->db) : strerror(-r));
	return r;
}

static void close_file(struct journal *j)
{
	for (size_t i = 0; i < _JOURNAL_STATEMENTS; i++) {
		sqlite3_finalize(j->statements[i]);
		j->statements[i] = NULL;
	}
	sqlite3_close(j->db);
	j->db = NULL;
}

static int open_or_set_aside(struct journal *j, const struct journal_options *o, char *why, size_t size)
{
	char reason[256] = "";
	int r = o->broken ? -EBADMSG : open_file(j, why, size);

	if (r != -EBADMSG)
		return r;
	close_file(j);
	if (!o->own && !o->broken && look(j->path) != CONTENT_OURS) {
		snprintf(why, size, "%s is no journal; move it away, or name another path in [journal]", j->path);
		return r;
	}
	r = set_aside(j->path, why, size);
	if (r == 0)
		r = open_file(j, reason, sizeof(reason));
	if (r < 0 && reason[0] != '\0')
		snprintf(why, size, "%s", reason);
	return r < 0 ? r : JOURNAL_E_SET_ASIDE;
}

int journal_open(const struct journal_options *options, struct journal **ret, char *ret_why, size_t why_size)
{
	struct journal *j = calloc(1, sizeof(*j));
	int r;

	ret_why[0] = '\0';
	if (!j)
		return -ENOMEM;
	j->lock_fd = -1;
	j->path = strdup(options->path);
	j->kernel = strdup(options->kernel);
	snprintf(j->boot, sizeof(j->boot), "%s", options->boot);
	j->started_wall_us = options->started_wall_us;
	j->late_after_us = options->late_after_us;
	j->keep_days = options->keep_days;
	j->max_bytes = options->max_bytes;
	r = j->path && j->kernel ? take_lock(j, ret_why, why_size) : -ENOMEM;
	r = r < 0 ? r : open_or_set_aside(j, options, ret_why, why_size);
	if (r < 0) {
		if (ret_why[0] == '\0')
			snprintf(ret_why, why_size, "%s: %s", options->path, strerror(-r));
		journal_close(j);
		return r;
	}
	*ret = j;
	return r;
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	close_file(j);
	if (j->lock_fd >= 0)
		close(j->lock_fd);
	free(j->path);
	free(j->kernel);
	free(j);
}
