/* SPDX-License-Identifier: MIT */
/*
 * Reads captures. A file is a .kcap when its first line is an object that speaks of "kneadcap"; all else is raw bytes, which
 * come out as they are read.
 *
 *	buf:  [ ... done ... | line being parsed \n | lines to come ... | room to read into ]
 *	      0              at                                         filled             LINE_MAX
 *
 * There is one buffer, as long as the longest line allowed: a file without line ends cannot make us grow. Escapes only get
 * shorter when resolved, so a line is decoded where it stands.
 *
 * What is strict and why: a byte that should have been escaped, a blank that got lost at the end of "<", a time that goes back:
 * each says that an editor or a transfer changed the file, and that a replay would not be what was recorded.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <knead/sample.h>

#include "capture.h"
#include "wall.h"

#define LINE_MAX_BYTES (1024 * 1024)
#define TIME_MAX_US INT64_C(100000000000000000) /* sums of two such times and a deadline stay within 64 bits */
#define READ_BYTES (256 * 1024)

struct capture_reader {
	int fd;
	char *path;
	cJSON *header;
	int64_t start_wall_us, last_us;
	uint64_t line; /* number of the line read last */
	size_t at, filled;
	bool at_eof, ended; /* ended: "! end" was read */
	int error;
	uint8_t buf[LINE_MAX_BYTES + 1]; /* a line may be ended with a NUL where it stands */
};

static int fail(struct capture_reader *r, int error, char *ret_why, size_t why_size, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

static int fail(struct capture_reader *r, int error, char *ret_why, size_t why_size, const char *format, ...)
{
	va_list args;
	int n;

	r->error = error;
	n = r->line > 0 ? snprintf(ret_why, why_size, "%s:%llu: ", r->path, (unsigned long long)r->line)
			: snprintf(ret_why, why_size, "%s: ", r->path);
	if (n >= 0 && (size_t)n < why_size) {
		va_start(args, format);
		vsnprintf(ret_why + n, why_size - (size_t)n, format, args);
		va_end(args);
	}
	return error;
}

/* Reads more behind what is there. Returns 0 (or at_eof), or negative errno. */
static int fill(struct capture_reader *r)
{
	size_t room;
	ssize_t n;

	if (r->at > 0 && LINE_MAX_BYTES - r->filled < READ_BYTES) {
		memmove(r->buf, r->buf + r->at, r->filled - r->at);
		r->filled -= r->at;
		r->at = 0;
	}
	room = LINE_MAX_BYTES - r->filled;
	do
		n = read(r->fd, r->buf + r->filled, room < READ_BYTES ? room : READ_BYTES);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	r->filled += (size_t)n;
	r->at_eof = n == 0;
	return 0;
}

/*
 * Finds the next line. Returns 0 with its place and length without line end in the buffer and whether it had its line feed, 1 at
 * the end of the file, or negative errno: -EMSGSIZE when the line is too long.
 */
static int next_line(struct capture_reader *r, uint8_t **ret, size_t *ret_n, bool *ret_whole)
{
	const uint8_t *feed = NULL;
	size_t seen = 0;
	int error;

	while (!(feed = memchr(r->buf + r->at + seen, '\n', r->filled - r->at - seen)) && !r->at_eof) {
		seen = r->filled - r->at;
		if (seen == LINE_MAX_BYTES)
			return -EMSGSIZE;
		error = fill(r);
		if (error < 0)
			return error;
	}
	if (!feed && r->at == r->filled)
		return 1;
	*ret = r->buf + r->at;
	*ret_n = (size_t)((feed ? feed : r->buf + r->filled) - *ret);
	*ret_whole = feed;
	r->at += *ret_n + (feed ? 1 : 0);
	if (feed && *ret_n > 0 && (*ret)[*ret_n - 1] == '\r')
		--*ret_n;
	return 0;
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Resolves the escape at from (behind the backslash). Returns how many bytes it takes there, 0 when it is none. */
static size_t resolve(const uint8_t *from, const uint8_t *end, uint8_t *ret)
{
	int high, low;

	switch (from < end ? *from : 0) {
	case '\\':
		*ret = '\\';
		return 1;
	case 'n':
		*ret = '\n';
		return 1;
	case 'r':
		*ret = '\r';
		return 1;
	case 't':
		*ret = '\t';
		return 1;
	case 'x':
		if (end - from < 3)
			return 0;
		high = hex_digit(from[1]);
		low = hex_digit(from[2]);
		if (high < 0 || low < 0)
			return 0;
		*ret = (uint8_t)(high << 4 | low);
		return 3;
	default:
		return 0;
	}
}

/* Decodes BYTES in place. Returns NULL, or what is wrong with them. */
static const char *decode(uint8_t *bytes, size_t n, size_t *ret_n)
{
	const uint8_t *from = bytes, *end = bytes + n;
	uint8_t *to = bytes;

	if (n == 0)
		return "no bytes, delete the line or restore what an editor cut off";
	while (from < end) {
		if (*from == '\\') {
			size_t taken = resolve(from + 1, end, to++);

			if (taken == 0)
				return "unknown escape, use \\\\ \\n \\r \\t or \\xHH";
			from += 1 + taken;
		} else if (*from >= 0x20 && *from <= 0x7e) {
			*to++ = *from++;
		} else {
			return "a byte that is not printable ASCII, write it as \\xHH";
		}
	}
	*ret_n = (size_t)(to - bytes);
	return NULL;
}

/* Reads WORD... of "!"; they end with a NUL. Returns NULL, or what is wrong with them. */
static const char *parse_mark(char *words, struct capture_record *ret)
{
	for (const char *c = words; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			return "a byte that is not printable ASCII";
	if (strcmp(words, "open") == 0) {
		ret->kind = CAPTURE_OPEN;
	} else if (strcmp(words, "close") == 0) {
		ret->kind = CAPTURE_CLOSE;
	} else if (strcmp(words, "end") == 0) {
		ret->kind = CAPTURE_END;
	} else if (strncmp(words, "gap ", 4) == 0 && words[4] != '\0') {
		ret->kind = CAPTURE_GAP;
		ret->words = words + 4;
	} else {
		return "unknown mark, use open, close, gap REASON or end";
	}
	return NULL;
}

/* Reads digits up to a blank. Returns how many, 0 when there is no number there or it is too large. */
static size_t parse_time(const uint8_t *line, size_t n, int64_t *ret_us)
{
	int64_t t_us = 0;
	size_t i = 0;

	for (; i < n && line[i] >= '0' && line[i] <= '9'; i++)
		if (__builtin_mul_overflow(t_us, 10, &t_us) || __builtin_add_overflow(t_us, line[i] - '0', &t_us))
			return 0;
	*ret_us = t_us;
	return i < n && line[i] == ' ' ? i : 0;
}

/* Parses one line that is no comment. Returns NULL, or what is wrong with it. line[n] may be overwritten. */
static const char *parse_line(struct capture_reader *r, uint8_t *line, size_t n, struct capture_record *ret)
{
	size_t digits = parse_time(line, n, &ret->t_us);
	char sign;

	if (digits == 0)
		return "no record, a line is TIME < BYTES, TIME > BYTES, TIME ! WORDS or a comment with #";
	if (r->ended)
		return "a record after 'end', delete one of them";
	if (ret->t_us > TIME_MAX_US)
		return "a time of more than 3000 years, it is counted in microseconds from the start";
	if (ret->t_us < r->last_us)
		return "the time goes back, sort the lines or split the file";
	if (n < digits + 3 || line[digits + 2] != ' ')
		return "no record, one of < > ! and a blank must follow the time";
	sign = (char)line[digits + 1];
	line += digits + 3;
	n -= digits + 3;
	switch (sign) {
	case '<':
	case '>':
		ret->kind = sign == '<' ? CAPTURE_RX : CAPTURE_TX;
		ret->bytes = line;
		return decode(line, n, &ret->n);
	case '!':
		if (memchr(line, '\0', n))
			return "a byte that is not printable ASCII";
		line[n] = '\0';
		return parse_mark((char *)line, ret);
	default:
		return "no record, one of < > ! and a blank must follow the time";
	}
}

static int read_record(struct capture_reader *r, struct capture_record *ret, char *ret_why, size_t why_size)
{
	struct capture_record record = { .kind = CAPTURE_RX };
	const char *wrong;
	uint8_t *line;
	bool whole;
	size_t n;
	int error;

	do {
		r->line++;
		error = next_line(r, &line, &n, &whole);
		if (error == 1)
			return 1;
		if (error == -EMSGSIZE)
			return fail(r, -EINVAL, ret_why, why_size, "longer than %d bytes, no line of a capture is",
				LINE_MAX_BYTES);
		if (error < 0)
			return fail(r, error, ret_why, why_size, "reading failed: %s", strerror(-error));
	} while (n > 0 && line[0] == '#');
	wrong = parse_line(r, line, n, &record);
	if (wrong && !whole)
		return 1;
	if (wrong)
		return fail(r, -EINVAL, ret_why, why_size, "%s", wrong);
	r->last_us = record.t_us;
	r->ended = record.kind == CAPTURE_END;
	*ret = record;
	return 0;
}

static int read_raw(struct capture_reader *r, struct capture_record *ret, char *ret_why, size_t why_size)
{
	if (r->at == r->filled) {
		int error;

		r->at = r->filled = 0;
		error = fill(r);
		if (error < 0)
			return fail(r, error, ret_why, why_size, "reading failed: %s", strerror(-error));
	}
	if (r->at == r->filled)
		return 1;
	*ret = (struct capture_record){
		.kind = CAPTURE_RX, .t_us = KNEAD_RX_UNKNOWN, .bytes = r->buf + r->at, .n = r->filled - r->at
	};
	r->at = r->filled;
	return 0;
}

int capture_read(struct capture_reader *r, struct capture_record *ret, char *ret_why, size_t why_size)
{
	if (r->error)
		return r->error;
	return r->header ? read_record(r, ret, ret_why, why_size) : read_raw(r, ret, ret_why, why_size);
}

/* Returns NULL, or what is wrong with line 1. */
static const char *check_header(struct capture_reader *r)
{
	const cJSON *version = cJSON_GetObjectItemCaseSensitive(r->header, "kneadcap");
	const cJSON *start = cJSON_GetObjectItemCaseSensitive(r->header, "start");
	const cJSON *device = cJSON_GetObjectItemCaseSensitive(r->header, "device");
	const cJSON *item;

	if (!cJSON_IsObject(r->header) || !version)
		return "no JSON object with \"kneadcap\":1, line 1 of a capture is one";
	if (!cJSON_IsNumber(version) || version->valuedouble != 1)
		return "another version of the format than 1, use a newer knead";
	if (start && (!cJSON_IsString(start) || wall_from_iso(start->valuestring, &r->start_wall_us) < 0))
		return "\"start\" is no time like \"2026-11-20T08:36:42.120Z\"";
	if (device && !cJSON_IsObject(device))
		return "\"device\" is no object";
	cJSON_ArrayForEach(item, device)
	{
		if (!cJSON_IsNumber(item) && !cJSON_IsString(item))
			return "a value in \"device\" is neither a number nor a string";
		if (cJSON_IsNumber(item) && !isfinite(item->valuedouble))
			return "a value in \"device\" is too large for a number";
	}
	return NULL;
}

/* Looks whether the file is a .kcap, and then takes its line 1. Raw bytes that begin with a brace stay where they are. */
static int read_header(struct capture_reader *r, char *ret_why, size_t why_size)
{
	const char *wrong;
	uint8_t *line;
	bool whole;
	size_t n;
	int error = fill(r);

	if (error < 0)
		return fail(r, error, ret_why, why_size, "reading failed: %s", strerror(-error));
	if (r->filled == 0 || r->buf[0] != '{')
		return 0;
	error = next_line(r, &line, &n, &whole);
	if (error == -EMSGSIZE || error == 1)
		return 0;
	if (error < 0)
		return fail(r, error, ret_why, why_size, "reading failed: %s", strerror(-error));
	if (!memmem(line, n, "\"kneadcap\"", strlen("\"kneadcap\""))) {
		r->at = 0;
		return 0;
	}
	r->line = 1;
	line[n] = '\0';
	/* Strict about what follows the object, and a NUL within the line would end it early. */
	if (strlen((const char *)line) == n)
		r->header = cJSON_ParseWithLengthOpts((const char *)line, n + 1, NULL, true);
	wrong = check_header(r);
	return wrong ? fail(r, -EINVAL, ret_why, why_size, "%s", wrong) : 0;
}

int capture_reader_open(const char *path, struct capture_reader **ret, char *ret_why, size_t why_size)
{
	struct capture_reader *r = calloc(1, sizeof(*r));
	bool is_stdin = strcmp(path, "-") == 0;
	int error;

	if (r) {
		r->fd = -1;
		r->path = strdup(is_stdin ? "standard input" : path);
	}
	if (!r || !r->path) {
		snprintf(ret_why, why_size, "%s: out of memory", path);
		capture_reader_free(r);
		return -ENOMEM;
	}
	r->fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)
			 : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (r->fd < 0)
		error = fail(r, -errno, ret_why, why_size, "cannot be opened: %s", strerror(errno));
	else
		error = read_header(r, ret_why, why_size);
	if (error < 0) {
		capture_reader_free(r);
		return error;
	}
	*ret = r;
	return 0;
}

void capture_reader_free(struct capture_reader *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		close(r->fd);
	cJSON_Delete(r->header);
	free(r->path);
	free(r);
}

bool capture_is_kcap(const struct capture_reader *r)
{
	return r->header;
}

const cJSON *capture_header(const struct capture_reader *r)
{
	return r->header;
}

int64_t capture_start_wall_us(const struct capture_reader *r)
{
	return r->start_wall_us;
}
