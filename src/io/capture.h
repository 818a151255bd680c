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

/* One read from a port is at most this long in a record; a longer one is written as several records of the same time. */
#define CAPTURE_CHUNK_MAX 65536

/* ---- writing ---- */
struct capture_writer;

/*
 * Makes the file at path anew ("-": standard output). header is the JSON object of line 1 without "kneadcap", which is put
 * first; not kept. Returns 0 and the writer in *ret, or negative errno.
 *
 * What is written is kept back until capture_flush(), until 64 KiB are together, or until a record comes a second after the
 * last flush: a caller that writes at times and flushes once a second loses one second in a power cut. t_us is microseconds
 * since the start, 0 or more, and never goes back. Each function returns 0 or a negative errno; once writing failed (-ENOSPC, ...)
 * all return that error.
 */
int capture_writer_new(const char *path, const cJSON *header, struct capture_writer **ret);
int capture_write_rx(struct capture_writer *w, int64_t t_us, const void *bytes, size_t n);
int capture_write_tx(struct capture_writer *w, int64_t t_us, const void *bytes, size_t n);
/* words: "open", "close", "gap REASON" with a printable reason, "end"; else -EINVAL and nothing is written. */
int capture_write_mark(struct capture_writer *w, int64_t t_us, const char *words);
/*
 * The wall clock was wrong when the header was written: puts another time of start in its place, as long in characters. -ENOENT
 * where the header has none of that length or the file cannot be written anywhere but at its end.
 */
int capture_write_start(struct capture_writer *w, const char *start);
int capture_flush(struct capture_writer *w);
/* Flushes and frees; negative errno when anything was not written. NULL is fine. */
int capture_writer_close(struct capture_writer *w);

/* ---- reading ---- */
enum capture_kind { CAPTURE_RX, CAPTURE_TX, CAPTURE_OPEN, CAPTURE_CLOSE, CAPTURE_GAP, CAPTURE_END };
struct capture_record {
	enum capture_kind kind;
	int64_t t_us; /* KNEAD_RX_UNKNOWN for raw files */
	const uint8_t *bytes; /* CAPTURE_RX, CAPTURE_TX: valid until the next call */
	size_t n; /* more than 0 */
	const char *words; /* CAPTURE_GAP: the reason; valid until the next call */
};
struct capture_reader;

/*
 * Opens a file ("-": standard input) and tells whether it is a .kcap (by its first line) or raw bytes. Returns 0, or a negative
 * errno (-EINVAL: malformed) with "file:line: what is wrong, what to do" in ret_why.
 */
int capture_reader_open(const char *path, struct capture_reader **ret, char *ret_why, size_t why_size);
void capture_reader_free(struct capture_reader *r); /* NULL is fine */
bool capture_is_kcap(const struct capture_reader *r);
const cJSON *capture_header(const struct capture_reader *r); /* the object of line 1; NULL for raw files */
/* From "start", UTC microseconds since 1970; 0 if not said. */
int64_t capture_start_wall_us(const struct capture_reader *r);

/*
 * Returns 0 and a record, 1 at the end of the file, or a negative errno with ret_why set; after an error it stays so. Lines are
 * at most 1 MiB. A .kcap needs no "end". A last line without line feed was cut short (power cut): it is used as far as it makes
 * sense, else ignored. One CR before the line feed is taken for a line end of another system.
 */
int capture_read(struct capture_reader *r, struct capture_record *ret, char *ret_why, size_t why_size);

#endif
