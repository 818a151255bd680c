/* SPDX-License-Identifier: MIT */
/* The log. Each line is one write(), so that lines of several threads do not mix. */
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

#define LINE_MAX_BYTES 512

static atomic_bool log_plain;
static atomic_int log_level = LOG_INFO;
static atomic_int listener_level = -1; /* nobody listens */
static pthread_mutex_t listener_mutex = PTHREAD_MUTEX_INITIALIZER; /* guards the two below, and calls of the first */
static log_listener_fn listener;
static void *listener_user;

void log_set_plain(bool plain)
{
	log_plain = plain;
}

static const char *const level_names[] = { "error", "warning", "notice", "info", "debug" };
#define LEVELS ((int)(sizeof(level_names) / sizeof(level_names[0])))

const char *log_level_to_str(int level)
{
	return level >= LOG_ERR && level < LOG_ERR + LEVELS ? level_names[level - LOG_ERR] : NULL;
}

int log_level_from_str(const char *name)
{
	for (int i = 0; i < LEVELS; i++)
		if (strcmp(level_names[i], name) == 0)
			return LOG_ERR + i;
	return -1;
}

void log_set_level(int level)
{
	log_level = level;
}

void log_set_listener(int level, log_listener_fn fn, void *user)
{
	pthread_mutex_lock(&listener_mutex);
	listener = fn;
	listener_user = user;
	listener_level = fn ? level : -1;
	pthread_mutex_unlock(&listener_mutex);
}

static void tell_listener(int level, const char *text)
{
	pthread_mutex_lock(&listener_mutex);
	if (listener && level <= listener_level)
		listener(listener_user, level, text);
	pthread_mutex_unlock(&listener_mutex);
}

static int write_prefix(char *line, size_t size, int level)
{
	static const char *const names[] = { "emerg", "alert", "crit", "error", "warning", "notice", "info", "debug" };
	struct timespec now;
	struct tm local;

	if (!log_plain)
		return snprintf(line, size, "<%d>", level & 7);
	clock_gettime(CLOCK_REALTIME, &now);
	localtime_r(&now.tv_sec, &local);
	return snprintf(line, size, "%02d:%02d:%02d.%03ld %-7s ", local.tm_hour, local.tm_min, local.tm_sec,
		now.tv_nsec / 1000000, names[level & 7]);
}

/* What came from outside must neither end a line nor steer the terminal that shows it; C2 80 to C2 9F are controls too. */
static void blank_controls(char *text)
{
	for (unsigned char *at = (unsigned char *)text; *at; at++) {
		if (*at == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f) {
			*at++ = ' ';
			*at = ' ';
		} else if (*at < ' ' || *at == 0x7f) {
			*at = ' ';
		}
	}
}

static bool is_wanted(int level)
{
	return level <= log_level || level <= listener_level;
}

static void __attribute__((format(printf, 3, 0))) log_va(int level, bool local, const char *format, va_list ap)
{
	char line[LINE_MAX_BYTES];
	int n = write_prefix(line, sizeof(line), level);
	int more = vsnprintf(line + n, sizeof(line) - (size_t)n - 1, format, ap);
	size_t length;

	if (more < 0)
		return;
	length = strlen(line);
	blank_controls(line + n);
	if (!local)
		tell_listener(level, line + n);
	if (level > log_level)
		return;
	line[length++] = '\n';
	if (write(STDERR_FILENO, line, length) < 0)
		return; /* nobody reads: there is nobody to tell */
}

void log_line(int level, const char *format, ...)
{
	va_list ap;

	if (!is_wanted(level))
		return;
	va_start(ap, format);
	log_va(level, false, format, ap);
	va_end(ap);
}

void log_local(int level, const char *format, ...)
{
	va_list ap;

	if (level > log_level)
		return;
	va_start(ap, format);
	log_va(level, true, format, ap);
	va_end(ap);
}

void log_limited(struct log_limit *limit, int64_t now_us, int level, const char *format, ...)
{
	va_list ap;

	if (limit->written == 0 || now_us - limit->since_us >= LOG_LIMIT_US) {
		if (limit->left_out > 0)
			log_line(level, "%u lines like the following were left out", limit->left_out);
		*limit = (struct log_limit){ .since_us = now_us };
	}
	if (limit->written == LOG_LIMIT_BURST) {
		limit->left_out++;
		return;
	}
	limit->written++;
	if (!is_wanted(level))
		return;
	va_start(ap, format);
	log_va(level, false, format, ap);
	va_end(ap);
}
