/* SPDX-License-Identifier: MIT */
/*
 * Captures: .kcap files written and read, and any other file as raw bytes. See kcap(5) for the format.
 */
#ifndef IO_CAPTURE_H
#define IO_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cjson/cJSON.h>

/* ---- writing ---- */
struct capture_writer;
/* header is the JSON object of line 1 without "kneadcap" (which is put first); not kept. path "-" is standard output. */
int capture_writer_new(const char *path, const cJSON *header, struct capture_writer **ret);
int capture_write_rx(struct capture_writer *w, int64_t t_us, const void *bytes, size_t n);
int capture_write_tx(struct capture_writer *w, int64_t t_us, const void *bytes, size_t n);
int capture_write_mark(
	struct capture_writer *w, int64_t t_us, const char *words); /* "open", "close", "gap REASON", "end" */
int capture_writer_close(struct capture_writer *w); /* flushes, frees; negative errno when anything was not written */

/* ---- reading ---- */
enum capture_kind { CAPTURE_RX, CAPTURE_TX, CAPTURE_OPEN, CAPTURE_CLOSE, CAPTURE_GAP, CAPTURE_END };
struct capture_record {
	enum capture_kind kind;
	int64_t t_us; /* KNEAD_RX_UNKNOWN for raw files */
	const uint8_t *bytes; /* CAPTURE_RX, CAPTURE_TX: valid until the next call */
	size_t n;
	const char *words; /* CAPTURE_GAP: the reason */
};
struct capture_reader;
/*
 * Opens a file ("-": standard input) and tells whether it is a .kcap (by its first line) or raw bytes. Errors are written
 * to ret_why as "file:line: what is wrong, what to do".
 */
int capture_reader_open(const char *path, struct capture_reader **ret, char *ret_why, size_t why_size);
void capture_reader_free(struct capture_reader *r);
bool capture_is_kcap(const struct capture_reader *r);
const cJSON *capture_header(const struct capture_reader *r); /* the object of line 1; NULL for raw files */
int64_t capture_start_wall_us(
	const struct capture_reader *r); /* from "start", UTC microseconds since 1970; 0 if not said */
/* Returns 0 and a record, 1 at the end of the file, or a negative errno with ret_why set. */
int capture_read(struct capture_reader *r, struct capture_record *ret, char *ret_why, size_t why_size);

#endif
