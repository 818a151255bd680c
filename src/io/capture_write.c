/* SPDX-License-Identifier: MIT */
/*
 * Writes .kcap files: one record a line, readable, so that people can trim and compare them. Bytes that are not printable
 * ASCII are escaped, everything else stands for itself, blanks at the end of a line included.
 *
 * Lines are put together in one buffer. A chunk that grows fourfold by escaping must fit beside what is there, so the buffer
 * is emptied when there might not be room enough, not when it is full.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <knead/units.h>

#include "capture.h"

#define LINE_MAX_BYTES (4 * CAPTURE_CHUNK_MAX + 64)
#define KEEP_BYTES 65536
#define FLUSH_US KNEAD_US_PER_S

struct capture_writer {
	int fd;
	int error; /* 0, or what writing failed with: negative errno */
	int64_t last_us; /* of the last record */
	off_t start_at; /* where the time of start stands in the file; 0 = nowhere */
	size_t start_length;
	int64_t flushed_us; /* the time of records at which the buffer was last emptied */
	size_t used;
	char buf[KEEP_BYTES + LINE_MAX_BYTES];
};

static void put_text(struct capture_writer *w, const char *text, size_t n)
{
	memcpy(w->buf + w->used, text, n);
	w->used += n;
}

static void put_byte(struct capture_writer *w, uint8_t byte)
{
	static const char hex[] = "0123456789ABCDEF";
	char escaped[4] = { '\\', 'x', hex[byte >> 4], hex[byte & 15] };

	switch (byte) {
	case '\\':
		put_text(w, "\\\\", 2);
		break;
	case '\n':
		put_text(w, "\\n", 2);
		break;
	case '\r':
		put_text(w, "\\r", 2);
		break;
	case '\t':
		put_text(w, "\\t", 2);
		break;
	default:
		if (byte >= 0x20 && byte <= 0x7e)
			w->buf[w->used++] = (char)byte;
		else
			put_text(w, escaped, sizeof(escaped));
	}
}

int capture_flush(struct capture_writer *w)
{
	size_t done = 0;

	while (w->error == 0 && done < w->used) {
		ssize_t n = write(w->fd, w->buf + done, w->used - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			w->error = -errno;
	}
	w->used = 0;
	w->flushed_us = w->last_us;
	return w->error;
}

/* Begins a line: the time and the sign of its kind. */
static int begin(struct capture_writer *w, int64_t t_us, char sign)
{
	char digits[20];
	size_t n = 0;

	if (w->error)
		return w->error;
	if (t_us < w->last_us)
		return -EINVAL;
	w->last_us = t_us;
	do {
		digits[n++] = (char)('0' + t_us % 10);
		t_us /= 10;
	} while (t_us > 0);
	while (n > 0)
		w->buf[w->used++] = digits[--n];
	w->buf[w->used++] = ' ';
	w->buf[w->used++] = sign;
	w->buf[w->used++] = ' ';
	return 0;
}

static int end(struct capture_writer *w)
{
	w->buf[w->used++] = '\n';
	if (w->used >= KEEP_BYTES || w->last_us - w->flushed_us >= FLUSH_US)
		return capture_flush(w);
	return 0;
}

static int write_bytes(struct capture_writer *w, int64_t t_us, char sign, const uint8_t *bytes, size_t n)
{
	int r = w->error;

	while (r == 0 && n > 0) {
		size_t chunk = n < CAPTURE_CHUNK_MAX ? n : CAPTURE_CHUNK_MAX;

		r = begin(w, t_us, sign);
		if (r < 0)
			return r;
		for (size_t i = 0; i < chunk; i++)
			put_byte(w, bytes[i]);
		r = end(w);
		bytes += chunk;
		n -= chunk;
	}
	return r;
}

int capture_write_rx(struct capture_writer *w, int64_t t_us, const void *bytes, size_t n)
{
	return write_bytes(w, t_us, '<', bytes, n);
}

int capture_write_tx(struct capture_writer *w, int64_t t_us, const void *bytes, size_t n)
{
	return write_bytes(w, t_us, '>', bytes, n);
}

static bool is_mark(const char *words)
{
	size_t length = strlen(words);

	if (strcmp(words, "open") == 0 || strcmp(words, "close") == 0 || strcmp(words, "end") == 0)
		return true;
	if (strncmp(words, "gap ", 4) != 0 || length == 4 || length > CAPTURE_CHUNK_MAX)
		return false;
	for (const char *c = words; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			return false;
	return true;
}

int capture_write_mark(struct capture_writer *w, int64_t t_us, const char *words)
{
	int r;

	if (!is_mark(words))
		return -EINVAL;
	r = begin(w, t_us, '!');
	if (r < 0)
		return r;
	put_text(w, words, strlen(words));
	return end(w);
}

int capture_write_start(struct capture_writer *w, const char *start)
{
	size_t n = strlen(start);
	ssize_t done;

	if (w->start_at == 0 || n != w->start_length)
		return -ENOENT;
	do
		done = pwrite(w->fd, start, n, w->start_at);
	while (done < 0 && errno == EINTR);
	return done == (ssize_t)n ? 0 : done < 0 && errno != ESPIPE ? -errno : -ENOENT;
}

/* cJSON writes no blanks; what is searched for cannot stand within a text, where its first sign would be escaped. */
static void find_start(struct capture_writer *w, const char *text, const char *start)
{
	static const char key[] = "\"start\":\"";
	const char *at = start ? strstr(text, key) : NULL;

	if (!at)
		return;
	w->start_at = at + strlen(key) - text;
	w->start_length = strlen(start);
}

/* Line 1: the version first, then what the caller knows. */
static int write_header(struct capture_writer *w, const cJSON *header)
{
	cJSON *line = cJSON_CreateObject();
	const cJSON *item;
	char *text = NULL;
	bool good = cJSON_AddNumberToObject(line, "kneadcap", 1);
	int r = -ENOMEM;

	cJSON_ArrayForEach(item, header)
	{
		cJSON *copy = cJSON_Duplicate(item, true);

		good = good && copy && cJSON_AddItemToObject(line, item->string, copy);
	}
	if (good)
		text = cJSON_PrintUnformatted(line);
	if (text && strlen(text) < LINE_MAX_BYTES) {
		find_start(w, text, cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(line, "start")));
		put_text(w, text, strlen(text));
		w->buf[w->used++] = '\n';
		r = capture_flush(w);
	} else if (text) {
		r = -E2BIG;
	}
	cJSON_free(text);
	cJSON_Delete(line);
	return r;
}

int capture_writer_new(const char *path, const cJSON *header, struct capture_writer **ret)
{
	struct capture_writer *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	if (strcmp(path, "-") == 0)
		w->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	else
		w->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	r = w->fd < 0 ? -errno : write_header(w, header);
	if (r < 0) {
		capture_writer_close(w);
		return r;
	}
	*ret = w;
	return 0;
}

int capture_writer_close(struct capture_writer *w)
{
	int r;

	if (!w)
		return 0;
	r = capture_flush(w);
	if (w->fd >= 0 && close(w->fd) < 0 && r == 0)
		r = -errno;
	free(w);
	return r;
}
