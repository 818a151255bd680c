/* SPDX-License-Identifier: MIT */
/* A journal, opened for reading only. */
#ifndef IO_HISTORY_FILE_H
#define IO_HISTORY_FILE_H

#include "journal.h"

struct history_file;

struct history_record {
	int64_t key; /* run and n, as they are in the file */
	const char *boot, *device, *payload;
};
/* Returns 0 to go on, or a negative errno. Strings are valid during the call. */
typedef int (*history_record_fn)(void *user, const struct history_record *record);

/* Returns 0 and *ret, or a negative errno with a sentence in ret_why. */
int history_file_open(const char *path, struct history_file **ret, char *ret_why, size_t why_size);
/* r is what became of it: if that is an error and nothing is in ret_why yet, says what. NULL is fine. */
void history_file_close(struct history_file *f, int r, char *ret_why, size_t why_size);

/* A key before all records of since_us (UTC) and later: that of the run which began so many runs before it. */
int history_file_before(struct history_file *f, int64_t since_us, int runs, int64_t *ret_after);
/* The key of the last session_start of a device; 0 = there is none. */
int history_file_last_start(struct history_file *f, const char *device, int64_t *ret_key);

/* Records behind a key, of a device (NULL: of all), that have to do with use; in order. Returns what take does, or a negative errno. */
int history_file_read(struct history_file *f, int64_t after, const char *device, history_record_fn take, void *user);
/* The same, to the end of the run of the key. */
int history_file_read_run(
	struct history_file *f, int64_t after, const char *device, history_record_fn take, void *user);

#endif
