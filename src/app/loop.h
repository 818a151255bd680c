/* SPDX-License-Identifier: MIT */
/*
 * The event loop of the daemon and what belongs to it: signals, the service manager's notices, the watchdog.
 */
#ifndef APP_LOOP_H
#define APP_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <systemd/sd-event.h>

struct loop_callbacks {
	void (*stop)(void *user); /* SIGTERM, SIGINT */
	void (*reload)(void *user); /* SIGHUP */
	bool (*progress)(void *user); /* whether all work that was there since the last call is being done */
};

struct loop;

/*
 * Blocks the signals it handles, for this thread and those started later, and ignores SIGPIPE. callbacks must outlive the
 * loop. Returns 0 and the loop in *ret (loop_free()), or a negative errno.
 */
int loop_new(const struct loop_callbacks *callbacks, void *user, struct loop **ret);
void loop_free(struct loop *l); /* NULL is fine */

sd_event *loop_event(const struct loop *l);
/* Runs until loop_quit(). Returns 0 or a negative errno. */
int loop_run(struct loop *l);
void loop_quit(struct loop *l);

/* Tells the service manager; status is one line. */
void loop_ready(const char *status);
void loop_reloading(void);
void loop_stopping(void);
void loop_status(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * The monotonic clock of the daemon, for its timers too: it goes on while the machine sleeps, so that times of events are
 * right after it has woken.
 */
#define LOOP_CLOCK CLOCK_BOOTTIME

/* LOOP_CLOCK and CLOCK_REALTIME in microseconds. */
int64_t loop_now_us(void);
int64_t loop_wall_us(void);

#endif
