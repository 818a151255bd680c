/* SPDX-License-Identifier: MIT */
/*
 * A disk under SQLite that counts what is written and flushed, and that may be full: the usual one with something in between. While it is
 * registered every database goes through it. The log of a database counts as much as the database. Included after cmocka.h.
 */
#ifndef TEST_SLOW_DISK_H
#define TEST_SLOW_DISK_H

#include <sqlite3.h>
#include <string.h>

static struct slow_disk {
	unsigned syncs;
	long long bytes;
	bool full;
} slow_disk;

/* The methods of the disk beneath, and ours, the same but for two: of databases, and of logs, which need no locks. */
static const sqlite3_io_methods *slow_disk_beneath[2];
static sqlite3_io_methods slow_disk_methods[2];
static sqlite3_vfs slow_disk_vfs, *slow_disk_usual;

static const sqlite3_io_methods *slow_disk_below(const sqlite3_file *file)
{
	return slow_disk_beneath[file->pMethods == &slow_disk_methods[1]];
}

static int slow_disk_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 offset)
{
	if (slow_disk.full)
		return SQLITE_FULL;
	slow_disk.bytes += n;
	return slow_disk_below(file)->xWrite(file, bytes, n, offset);
}

static int slow_disk_sync(sqlite3_file *file, int flags)
{
	slow_disk.syncs++;
	return slow_disk_below(file)->xSync(file, flags);
}

static int slow_disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
	int rc = slow_disk_usual->xOpen(slow_disk_usual, name, file, flags, ret_flags);
	int which = !(flags & SQLITE_OPEN_MAIN_DB);

	if (rc != SQLITE_OK || !file->pMethods)
		return rc;
	slow_disk_beneath[which] = file->pMethods;
	slow_disk_methods[which] = *file->pMethods;
	slow_disk_methods[which].xWrite = slow_disk_write;
	slow_disk_methods[which].xSync = slow_disk_sync;
	file->pMethods = &slow_disk_methods[which];
	return rc;
}

static inline void slow_disk_register(void)
{
	slow_disk = (struct slow_disk){ 0 };
	slow_disk_usual = sqlite3_vfs_find(NULL);
	slow_disk_vfs = *slow_disk_usual;
	slow_disk_vfs.zName = "slow";
	slow_disk_vfs.xOpen = slow_disk_open;
	assert_int_equal(sqlite3_vfs_register(&slow_disk_vfs, 1), SQLITE_OK);
}

static inline void slow_disk_unregister(void)
{
	sqlite3_vfs_unregister(&slow_disk_vfs);
}

#endif
