/* SPDX-License-Identifier: MIT */
/*
 * sd-event, set up. The watchdog is not fed because a timer fired: its timer asks whether every device that has bytes
 * waiting was read since the last time, and feeds only then. A loop that turns but no longer reads is restarted.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "log.h"
#include "loop.h"

#define US_PER_S 1000000

struct loop {
	sd_event *event;
	const struct loop_callbacks *callbacks;
	void *user;
	sd_event_source *watchdog;
	uint64_t watchdog_us; /* between two looks; 0 = nobody watches */
	bool stuck;
};

static int64_t clock_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

int64_t loop_now_us(void)
{
	return clock_us(LOOP_CLOCK);
}

int64_t loop_wall_us(void)
{
	return clock_us(CLOCK_REALTIME);
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *user)
{
	struct loop *l = user;

	if (info->ssi_signo == SIGHUP)
		l->callbacks->reload(l->user);
	else
		l->callbacks->stop(l->user);
	return 0;
}

static int on_watchdog(sd_event_source *source, uint64_t due_us, void *user)
{
	struct loop *l = user;

	if (l->callbacks->progress(l->user)) {
		sd_notify(false, "WATCHDOG=1");
		l->stuck = false;
	} else if (!l->stuck) {
		log_line(LOG_ERR, "kneadd: bytes wait and are not read; the watchdog is not fed");
		l->stuck = true;
	}
	sd_event_source_set_time_relative(source, l->watchdog_us);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int watch_signals(struct loop *l)
{
	static const int handled[] = { SIGTERM, SIGINT, SIGHUP };
	sigset_t set;
	int r;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(handled) / sizeof(handled[0]); i++)
		sigaddset(&set, handled[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	for (size_t i = 0; i < sizeof(handled) / sizeof(handled[0]); i++) {
		r = sd_event_add_signal(l->event, NULL, handled[i], on_signal, l);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Three looks in the time the service manager allows, so that one late look is no restart. */
static int start_watchdog(struct loop *l)
{
	uint64_t limit_us;
	int r = sd_watchdog_enabled(false, &limit_us);

	if (r <= 0)
		return r;
	l->watchdog_us = limit_us / 3;
	return sd_event_add_time_relative(
		l->event, &l->watchdog, LOOP_CLOCK, l->watchdog_us, limit_us / 10, on_watchdog, l);
}

int loop_new(const struct loop_callbacks *callbacks, void *user, struct loop **ret)
{
	struct loop *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return -ENOMEM;
	l->callbacks = callbacks;
	l->user = user;
	r = sd_event_new(&l->event);
	if (r == 0)
		r = watch_signals(l);
	if (r == 0)
		r = start_watchdog(l);
	if (r < 0) {
		loop_free(l);
		return r;
	}
	*ret = l;
	return 0;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	sd_event_source_unref(l->watchdog);
	sd_event_unref(l->event);
	free(l);
}

sd_event *loop_event(const struct loop *l)
{
	return l->event;
}

int loop_run(struct loop *l)
{
	int r = sd_event_loop(l->event);

	return r < 0 ? r : 0;
}

void loop_quit(struct loop *l)
{
	sd_event_exit(l->event, 0);
}

void loop_ready(const char *status)
{
	sd_notifyf(false, "READY=1\nSTATUS=%s", status);
}

void loop_reloading(void)
{
	/* the service manager's own clock */
	sd_notifyf(false, "RELOADING=1\nMONOTONIC_USEC=%lld\nSTATUS=reading the configuration",
		(long long)clock_us(CLOCK_MONOTONIC));
}

void loop_stopping(void)
{
	sd_notify(false, "STOPPING=1\nSTATUS=stopping");
}

void loop_status(const char *format, ...)
{
	char status[256];
	va_list ap;

	va_start(ap, format);
	vsnprintf(status, sizeof(status), format, ap);
	va_end(ap);
	sd_notifyf(false, "STATUS=%s", status);
}
