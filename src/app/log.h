/* SPDX-License-Identifier: MIT */
/*
 * The log: one line per change, on standard error, with the priority prefix that the journal reads (<3>, <6>, ...), or with
 * the time of day for a terminal. A line begins with who is meant (a device, the broker, the configuration) and says what is
 * wrong and what to do. Safe from any thread.
 */
#ifndef APP_LOG_H
#define APP_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <syslog.h>

void log_set_plain(bool plain);
/* LOG_ERR to LOG_DEBUG by "error" to "debug", and back; -1 and NULL for anything else. */
int log_level_from_str(const char *name);
const char *log_level_to_str(int level);
void log_set_level(int level); /* LOG_ERR .. LOG_DEBUG: the least urgent level that is written */

/*
 * Lines of a level up to this one go to fn too, without prefix, from whatever thread writes them; fn must not log. fn NULL: to
 * nobody, and no call is under way any more when this returns.
 */
typedef void (*log_listener_fn)(void *user, int level, const char *text);
void log_set_listener(int level, log_listener_fn fn, void *user);

/* Writes one line; longer ones are cut. Newlines and other control characters become blanks. */
void log_line(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same, but never to the listener: what the listener's own way out says. */
void log_local(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* For lines that may repeat: at most LOG_LIMIT_BURST in LOG_LIMIT_US, then silence, then how many were left out. */
#define LOG_LIMIT_BURST 5
#define LOG_LIMIT_US 60000000
struct log_limit {
	int64_t since_us;
	unsigned written, left_out;
};
void log_limited(struct log_limit *limit, int64_t now_us, int level, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
