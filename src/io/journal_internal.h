/* SPDX-License-Identifier: MIT */
/* The fields of a journal, for journal.c (records) and journal_open.c (the file) alone. */
#ifndef IO_JOURNAL_INTERNAL_H
#define IO_JOURNAL_INTERNAL_H

#include <sqlite3.h>

#include "journal.h"

enum journal_statement {
	JOURNAL_BEGIN,
	JOURNAL_COMMIT,
	JOURNAL_ADD_RUN,
	JOURNAL_ADD,
	JOURNAL_MARK,
	JOURNAL_READ,
	JOURNAL_OLDEST, /* done ones, from the front */
	JOURNAL_OLDEST_ANY,
	JOURNAL_REMOVE,
	_JOURNAL_STATEMENTS,
};

struct journal {
	sqlite3 *db;
	int lock_fd; /* -1 = none */
	char *path, *kernel, boot[16];
	int64_t started_wall_us, late_after_us, max_bytes;
	double keep_days;
	int64_t run; /* number of this run in the file */
	bool run_written, run_in_transaction;
	uint64_t waiting, waiting_at_begin;
	sqlite3_stmt *statements[_JOURNAL_STATEMENTS];
	char why[256];
};

/* Which errno a result of the library is; 0 for SQLITE_OK, SQLITE_ROW and SQLITE_DONE. */
int journal_errno(sqlite3 *db, int rc);
/* Notes in j->why what went wrong. Returns journal_errno(). */
int journal_failed(struct journal *j, int rc);
/* Prepares all statements. Returns a code of the library. */
int journal_prepare(struct journal *j);
/* Reads one number. Returns 0 or a negative errno. */
int journal_number(sqlite3 *db, const char *query, int64_t *ret);

#endif
