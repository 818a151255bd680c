/* SPDX-License-Identifier: MIT */
/*
 * Configuration files. libinih splits the lines. Its reader is ours, so that every message can name its line, sections
 * without a key are seen too, and a line longer than its buffer is refused instead of cut. Indented lines go on with the
 * value above: a value is applied when the next key, section or the end shows that it is complete.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_table.h"

struct loader {
	struct conf *c;
	const char *file;
	FILE *stream;
	int line; /* number of the line that is being read */
	bool indented;
	struct { /* a key whose value may go on */
		bool active;
		int line;
		char section[64], key[64], value[CONF_TEXT_MAX];
	} pending;
	char *why;
	size_t why_size;
	int result;
};

static int fail(struct loader *l, int line, const char *sentence)
{
	if (l->result == 0)
		l->result = conf_refuse(l->why, l->why_size, "%s:%d: %s", l->file, line, sentence);
	return l->result;
}

static void flush_pending(struct loader *l)
{
	char where[CONF_WHERE_MAX], why[CONF_WHY_MAX + 128];

	if (!l->pending.active)
		return;
	l->pending.active = false;
	snprintf(where, sizeof(where), "%s:%d", l->file, l->pending.line);
	if (conf_apply(l->c, l->pending.section, l->pending.key, l->pending.value, where, why, sizeof(why)) < 0)
		fail(l, l->pending.line, why);
}

/* libinih strips comments behind a value, but not on lines that go on with it. */
static size_t length_without_comment(const char *value)
{
	size_t n = 0;

	while (value[n] != '\0' && !(value[n] == ';' && (n == 0 || isspace((unsigned char)value[n - 1]))))
		n++;
	while (n > 0 && isspace((unsigned char)value[n - 1]))
		n--;
	return n;
}

static int continue_value(struct loader *l, const char *value)
{
	size_t n = strlen(l->pending.value), more = length_without_comment(value);

	if (strchr(value, '='))
		return fail(
			l, l->line, "indented lines go on with the value above; begin a key at the start of its line");
	if (n + 1 + more >= sizeof(l->pending.value))
		return fail(l, l->line, "the value is too long; make it shorter");
	if (more > 0)
		sprintf(l->pending.value + n, "%s%.*s", n > 0 ? " " : "", (int)more, value);
	return 0;
}

static int on_key(void *user, const char *section, const char *key, const char *value)
{
	struct loader *l = user;

	if (l->result < 0)
		return 0;
	if (l->pending.active && l->indented)
		return continue_value(l, value) == 0;
	flush_pending(l);
	if (section[0] == '\0')
		fail(l, l->line, "a key before any [section]; write the section first");
	l->pending.active = true;
	l->pending.line = l->line;
	snprintf(l->pending.section, sizeof(l->pending.section), "%s", section);
	snprintf(l->pending.key, sizeof(l->pending.key), "%s", key);
	snprintf(l->pending.value, sizeof(l->pending.value), "%s", value);
	return l->result == 0;
}

/* A section header ends the value above and is checked even when no key follows. */
static void look_at_header(struct loader *l, const char *line)
{
	char header[64], where[CONF_WHERE_MAX], why[CONF_WHY_MAX];
	const char *end = strchr(line, ']'), *name;
	enum conf_section section;

	flush_pending(l);
	if (!end)
		return; /* libinih reports it */
	snprintf(header, sizeof(header), "%.*s", (int)(end - line - 1), line + 1);
	snprintf(where, sizeof(where), "%s:%d", l->file, l->line);
	if (conf_open_section(l->c, header, where, &section, &name, why) < 0)
		fail(l, l->line, why);
}

static char *read_line(char *buf, int size, void *user)
{
	struct loader *l = user;
	const char *text = buf;

	if (l->result < 0 || !fgets(buf, size, l->stream))
		return NULL;
	l->line++;
	if (!strchr(buf, '\n') && !feof(l->stream)) {
		fail(l, l->line, "the line is too long; go on with the value on the next line, indented");
		return NULL;
	}
	if (l->line == 1 && strncmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	l->indented = isspace((unsigned char)text[0]);
	text += strspn(text, " \t");
	if (text[0] == '[' && !(l->indented && l->pending.active))
		look_at_header(l, text);
	return buf;
}

static int load_stream(struct conf *c, const char *file, FILE *stream, char *why, size_t size)
{
	struct loader l = { .c = c, .file = file, .stream = stream, .why = why, .why_size = size };
	int bad_line;

	c->sources++;
	bad_line = ini_parse_stream(read_line, &l, on_key, &l);
	flush_pending(&l);
	if (l.result < 0)
		return l.result;
	if (bad_line > 0)
		return conf_refuse(why, size, "%s:%d: neither a [section] nor key = value; put a ; before a comment",
			file, bad_line);
	return bad_line < 0 ? -ENOMEM : 0;
}

int conf_file_load(struct conf *c, const char *file, bool optional, char *why, size_t size)
{
	FILE *stream = fopen(file, "re");
	int r;

	if (!stream) {
		r = -errno;
		if (optional && r == -ENOENT)
			return 0;
		conf_refuse(why, size, "%s: cannot be read: %s", file, strerror(-r));
		return r;
	}
	r = load_stream(c, file, stream, why, size);
	if (r == 0 && ferror(stream)) {
		conf_refuse(why, size, "%s: cannot be read; is it a directory?", file);
		r = -EIO;
	}
	fclose(stream);
	return r;
}

static int is_conf(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return n > 5 && entry->d_name[0] != '.' && strcmp(entry->d_name + n - 5, ".conf") == 0;
}

/* By byte, so that the order does not hang on the locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int conf_directory_load(struct conf *c, const char *file, char *why, size_t size)
{
	char directory[CONF_WHERE_MAX], path[2 * CONF_WHERE_MAX];
	struct dirent **entries;
	int r = 0, n;

	snprintf(directory, sizeof(directory), "%s.d", file);
	n = scandir(directory, &entries, is_conf, by_name);
	if (n < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0;
		r = -errno;
		conf_refuse(why, size, "%s: cannot be read: %s", directory, strerror(-r));
		return r;
	}
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
		if (r == 0)
			r = conf_file_load(c, path, false, why, size);
		free(entries[i]);
	}
	free(entries);
	return r;
}
