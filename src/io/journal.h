/* SPDX-License-Identifier: MIT */
/*
 * The journal: every event record, in an SQLite file, until the broker has acknowledged it, and for a time after that. This is
 * the file alone: one thread uses it and may wait for the disk as long as the disk likes (journal_writer.h). It asks no clock.
 *
 *	journal_open(&options, now, &j, ...)
 *	journal_begin(j)                          then any of
 *	journal_add(j, &record)                     a new record
 *	journal_mark(j, key, fate)                  what became of one that is there
 *	journal_commit(j)                         one flush for all of them; or journal_rollback(j)
 *	journal_read(j, now, ...)                 what waits, in order
 */
#ifndef IO_JOURNAL_H
#define IO_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A record's place in the order of all records: the run of the daemon that made it, then its n. Runs are numbered from 1 in
 * each file; whoever is outside of it calls the present one JOURNAL_RUN_NOW, which is above all others.
 */
#define JOURNAL_N_BITS 40
#define JOURNAL_RUN_NOW ((int64_t)1 << 22)
static inline int64_t journal_key(int64_t run, uint64_t n)
{
	return (int64_t)((uint64_t)run << JOURNAL_N_BITS | (n & (((uint64_t)1 << JOURNAL_N_BITS) - 1)));
}

#define JOURNAL_APPLICATION_ID 0x6b6e6a31 /* "knj1", in the header of the file */
#define JOURNAL_VERSION 1 /* user_version */

enum journal_fate {
	JOURNAL_WAITS,
	JOURNAL_DELIVERED,
	JOURNAL_REFUSED, /* the broker will never have it: kept, not sent again */
};

/* The clocks, as the caller reads them. */
struct journal_now {
	int64_t boottime_us; /* CLOCK_BOOTTIME: goes on while the machine sleeps, starts over with the kernel */
	int64_t wall_us; /* UTC */
	bool wall_sure; /* somebody has set the wall clock since the kernel started */
};

struct journal_options {
	const char *path;
	bool own; /* the file's name is ours alone: whatever is broken there may be set aside */
	bool broken; /* it has turned out to be corrupt: sets it aside in any case */
	const char *boot; /* of this run: 8 hex digits */
	const char *kernel; /* which boot of the machine this is: text of boot_id */
	int64_t started_wall_us; /* of this run */
	int64_t late_after_us;
	double keep_days;
	int64_t max_bytes; /* of the file */
};

struct journal_record {
	int64_t key;
	const char *boot; /* only when read */
	const char *device, *group, *payload;
	size_t length; /* of the payload */
	int64_t decided_us; /* CLOCK_BOOTTIME at the decision; when read, as if the machine had run on since */
	int64_t wall_us; /* UTC at the decision */
	enum journal_fate fate;
};

struct journal;

enum { _JOURNAL_SUCCESS, JOURNAL_E_SET_ASIDE };
/*
 * Opens or makes the file. Returns 0 and *ret; JOURNAL_E_SET_ASIDE and *ret when what lay there was broken and now lies under
 * another name, which ret_why tells; or a negative errno with a sentence in ret_why: -EBUSY when another kneadd has it,
 * -ENOTSUP for a file of a newer kneadd, -EBADMSG for a file that is none of ours, else what the disk says.
 */
int journal_open(const struct journal_options *options, struct journal **ret, char *ret_why, size_t why_size);
void journal_close(struct journal *j); /* NULL is fine */

/*
 * Each returns 0 or a negative errno: -ENOSPC, -EROFS, -EBADMSG (the file is corrupt), -ESTALE (it is gone from its place), -EIO ...;
 * journal_why() says it in words. After any but 0 roll back. A record that is there already is left as it is.
 */
int journal_begin(struct journal *j);
int journal_add(struct journal *j, const struct journal_record *record);
int journal_mark(struct journal *j, int64_t key, enum journal_fate fate);
int journal_commit(struct journal *j);
void journal_rollback(struct journal *j);
const char *journal_why(const struct journal *j); /* valid until the next call */

/* Whether a record waits that is as old as late_after_us, or of an age that nobody can tell. */
enum journal_age { JOURNAL_FRESH, JOURNAL_LATE };
/* Called for a record that waits; its strings are valid during the call. Returns whether to go on. */
typedef bool (*journal_read_fn)(void *user, const struct journal_record *record, enum journal_age age);
/* Reads what waits behind key after, in order. Returns 0 or a negative errno. */
int journal_read(struct journal *j, const struct journal_now *now, int64_t after, journal_read_fn take, void *user);

/* How many records wait. */
uint64_t journal_waiting(const struct journal *j);

/*
 * Removes, within a transaction, at most a few hundred of the records that are too old, or beyond the size of the file: the oldest
 * delivered ones first; if it is full of others, the oldest of those, which *ret_lost counts. Returns how many, or a negative
 * errno.
 */
int journal_prune(struct journal *j, const struct journal_now *now, uint64_t *ret_lost);

#endif
