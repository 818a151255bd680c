/* SPDX-License-Identifier: MIT */
/*
 * Labels: what truly happened in a capture, as labels.csv has it:
 *	kind,start_s,end_s,peak_n,count
 * Times are stream time in seconds; count is the number of strokes of a roll and 0 otherwise.
 */
#ifndef TOOL_LABELS_H
#define TOOL_LABELS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum label_kind {
	LABEL_HOLD,
	LABEL_ROLL,
	LABEL_PRESS,
	LABEL_TAP,
	LABEL_IMPACT,
	LABEL_PERCUSSION,
	_LABEL_KINDS,
};

struct label {
	enum label_kind kind;
	double start_s, end_s, peak_n;
	uint32_t count;
};

struct labels {
	struct label *item; /* owned */
	size_t count, size;
};

const char *label_kind_to_str(enum label_kind kind); /* NULL outside the enum */
int label_kind_from_str(const char *name, enum label_kind *ret); /* 0 or -EINVAL */

int labels_add(struct labels *l, const struct label *label); /* 0 or -ENOMEM */
void labels_sort(struct labels *l); /* by start, then by kind */
void labels_deinit(struct labels *l); /* frees and resets to empty */

/* Writes the file ("-": standard output). Returns 0 or a negative errno. */
int labels_write(const struct labels *l, const char *path);

/*
 * Reads the file into *ret (labels_deinit()). Returns 0, or a negative errno with "file:line: what is wrong" in ret_why;
 * *ret is left alone then.
 */
int labels_read(const char *path, struct labels *ret, char *ret_why, size_t why_size);

#endif
