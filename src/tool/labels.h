/* SPDX-License-Identifier: MIT */
/*
 * Labels: what truly happened in a capture, as labels.csv has it:
 *	kind,start_s,end_s,peak_n,count
 * Times are stream time in seconds; count is the number of strokes of a roll and 0 otherwise. A file of details has the
 * same five columns and then what else is known of each event, a field left empty where it does not apply.
 */
#ifndef TOOL_LABELS_H
#define TOOL_LABELS_H

#include <stdbool.h>
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

/* What a file of details says in one number each; NAN where it does not apply. In the order of the columns. */
enum label_number {
	LABEL_IMPULSE_NS,
	LABEL_FIRST_CONTACT_S, /* when the contact that begins with this event was truly first touched, below press_n */
	LABEL_BREATH_PER_MIN, /* as it was on the average of the event */
	LABEL_BREATH_PCT, /* amplitude of its fundamental, of the load */
	LABEL_RELAX_PCT, /* what tissue and device gave way from 2 s to the end, of the load at 2 s */
	LABEL_SOFTENING_S, /* from start_s to where the slope of that broke, if it did */
	LABEL_DIPS,
	LABEL_PASSES, /* of a roll, as the body made them, whatever the force shows of them */
	LABEL_TRAVEL_MM, /* of a roll, whether cells can see it or not */
	LABEL_RATE_HZ, /* of percussion */
	_LABEL_NUMBERS,
};

struct label_details {
	double number[_LABEL_NUMBERS];
	double *reversal_s; /* turning points of a roll between its start and its end, stream time; owned */
	size_t reversals, reversals_size;
};

struct label {
	enum label_kind kind;
	double start_s, end_s, peak_n;
	uint32_t count;
	struct label_details *details; /* NULL where nobody told; belongs to the list once added to one */
};

struct labels {
	struct label *item; /* owned */
	size_t count, size;
};

const char *label_kind_to_str(enum label_kind kind); /* NULL outside the enum */
int label_kind_from_str(const char *name, enum label_kind *ret); /* 0 or -EINVAL */

struct label_details *label_details_new(void); /* nothing applies yet; NULL when out of memory */
struct label_details *label_details_free(struct label_details *d); /* NULL is fine, and what is returned */
int label_details_add_reversal(struct label_details *d, double t_s); /* 0 or -ENOMEM */

int labels_add(struct labels *l, const struct label *label); /* 0 or -ENOMEM; the details change hands only with 0 */
void labels_sort(struct labels *l); /* by start, then by kind */
void labels_deinit(struct labels *l); /* frees and resets to empty */

/* Writes the file ("-": standard output), with the columns of the details or without. Returns 0 or a negative errno. */
int labels_write(const struct labels *l, const char *path, bool details);

/*
 * Reads a file of either form, told by its header, into *ret (labels_deinit()); of the plain form no label has details.
 * Returns 0, or a negative errno with "file:line: what is wrong" in ret_why;
 * *ret is left alone then.
 */
int labels_read(const char *path, struct labels *ret, char *ret_why, size_t why_size);

#endif
