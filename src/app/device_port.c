/* SPDX-License-Identifier: MIT */
/*
 * The port of a device and the one timer beside it.
 *
 *	absent --open--> open --gone--> absent        port_watch says when to try, and what is worth a line in the log
 *	absent --open--> connecting --connected--> open
 *	                            --gone--> absent
 *	open --end of file--> ended
 *
 * The timer stands at the nearest of: try to open, deadline of the pipeline, publish. Data moves most deadlines away, many
 * times a second, so the timer is only ever set nearer; when it fires too early it looks again.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>

#include "device_internal.h"

#define READ_SIZE 4096
#define READS_PER_TURN 8 /* then the other devices have their turn */
#define TIMER_SLACK_US 20000 /* lets the timers of several devices fire together */

int64_t device_time_us(struct device *d)
{
	int64_t t_us = loop_now_us() - d->start_us;

	/* A microsecond apart at least, so that a recording tells the order of a deadline and of bytes. */
	if (t_us <= d->last_us)
		t_us = d->last_us + 1;
	d->last_us = t_us;
	return t_us;
}

static int64_t next_due_us(const struct device *d)
{
	int64_t due_us = d->publish_due_us;
	int64_t deadline_us = knead_pipeline_deadline_us(d->feed.pipeline);

	if (deadline_us < INT64_MAX - d->start_us && deadline_us + d->start_us < due_us)
		due_us = deadline_us + d->start_us;
	if (!d->port && !d->ended && port_watch_deadline_us(d->watch) < due_us)
		due_us = port_watch_deadline_us(d->watch);
	return due_us > 0 ? due_us : 0;
}

static void arm_timer(struct device *d)
{
	int64_t due_us = next_due_us(d);

	if (due_us >= d->armed_us)
		return;
	d->armed_us = due_us;
	sd_event_source_set_time(d->timer, (uint64_t)due_us);
	sd_event_source_set_enabled(d->timer, SD_EVENT_ONESHOT);
}

static void close_port(struct device *d)
{
	d->port_source = sd_event_source_disable_unref(d->port_source);
	port_free(d->port);
	d->port = NULL;
	d->connecting = false;
}

/* What was open in the pipeline ends, and everybody is told. */
static void port_closed(struct device *d, const char *reason)
{
	int64_t t_us = device_time_us(d);

	feed_break(&d->feed, t_us);
	device_record_mark(d, t_us, "close");
	close_port(d);
	device_publish(d, true);
	publish_offline(d->context->publish, d->publish, reason, loop_now_us(), loop_wall_us());
	d->online = false;
	d->context->changed(d->context->user);
}

static void port_gone(struct device *d)
{
	char why[256];

	strncpy(why, port_gone_why(d->port), sizeof(why) - 1);
	why[sizeof(why) - 1] = '\0';
	if (d->connecting) {
		if (port_watch_failed(d->watch, loop_now_us(), -ECONNREFUSED, why))
			log_line(LOG_WARNING, "%s: %s", d->conf->id, why);
		close_port(d);
		return;
	}
	log_line(LOG_WARNING, "%s: %s: %s; waiting for it to come back", d->conf->id, port_path(d->port), why);
	port_watch_lost(d->watch, loop_now_us());
	port_closed(d, "unplugged");
}

static void port_ended(struct device *d)
{
	log_line(LOG_NOTICE, "%s: %s: end of input", d->conf->id, port_path(d->port));
	d->ended = true;
	port_closed(d, "end of input");
}

static void port_opened(struct device *d)
{
	int64_t t_us = device_time_us(d);

	d->connecting = false;
	port_watch_opened(d->watch, loop_now_us(), port_identity(d->port));
	log_line(LOG_INFO, "%s: %s is open", d->conf->id, port_path(d->port));
	feed_break(&d->feed, t_us);
	device_record_mark(d, t_us, "open");
	d->context->changed(d->context->user);
}

/* Returns whether more may be there. */
static bool read_once(struct device *d)
{
	uint8_t bytes[READ_SIZE];
	int64_t t_us;
	size_t n = 0;
	int r = port_read(d->port, bytes, sizeof(bytes), &n);

	d->reads++;
	if (d->connecting && !port_connecting(d->port))
		port_opened(d);
	if (r == PORT_E_AGAIN)
		return false;
	if (r == PORT_E_END) {
		port_ended(d);
		return false;
	}
	if (r != 0) {
		port_gone(d);
		return false;
	}
	t_us = device_time_us(d);
	device_record_bytes(d, t_us, bytes, n);
	feed_bytes(&d->feed, bytes, n, t_us);
	return n == sizeof(bytes);
}

static int on_port(sd_event_source *source, int fd, uint32_t events, void *user)
{
	struct device *d = user;

	for (int i = 0; i < READS_PER_TURN; i++)
		if (!read_once(d))
			break;
	device_publish(d, false);
	arm_timer(d);
	return 0;
}

static void open_failed(struct device *d, int error, const char *why)
{
	if (port_watch_failed(d->watch, loop_now_us(), error, why))
		log_line(LOG_WARNING, "%s: %s", d->conf->id, why);
}

static void open_port(struct device *d)
{
	struct port_options options = {
		.spec = port_watch_spec(d->watch),
		.baud = d->conf->baud,
		.dtr = d->conf->dtr,
		.settle_s = d->conf->settle_s,
	};
	char why[256] = "";
	int r;

	r = port_open(&options, &d->port, why, sizeof(why));
	if (r < 0) {
		open_failed(d, r, why);
		return;
	}
	r = sd_event_add_io(loop_event(d->context->loop), &d->port_source, port_fd(d->port), EPOLLIN, on_port, d);
	if (r < 0) {
		close_port(d);
		open_failed(d, r, strerror(-r));
		return;
	}
	d->connecting = port_connecting(d->port);
	if (!d->connecting)
		port_opened(d);
}

static int on_watch(sd_event_source *source, int fd, uint32_t events, void *user)
{
	struct device *d = user;

	port_watch_notice(d->watch, loop_now_us());
	arm_timer(d);
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t due_us, void *user)
{
	struct device *d = user;
	int64_t now_us = loop_now_us();

	d->armed_us = INT64_MAX;
	if (!d->port && !d->ended && port_watch_deadline_us(d->watch) <= now_us)
		open_port(d);
	if (knead_pipeline_deadline_us(d->feed.pipeline) <= now_us - d->start_us)
		feed_advance(&d->feed, device_time_us(d));
	if (d->capture)
		capture_flush(d->capture);
	device_publish(d, false);
	arm_timer(d);
	return 0;
}

int device_port_start(struct device *d)
{
	sd_event *event = loop_event(d->context->loop);
	int r;

	r = port_watch_new(d->conf->port, &d->watch);
	if (r == 0 && port_watch_fd(d->watch) >= 0)
		r = sd_event_add_io(event, &d->watch_source, port_watch_fd(d->watch), EPOLLIN, on_watch, d);
	if (r >= 0)
		r = sd_event_add_time(event, &d->timer, LOOP_CLOCK, 0, TIMER_SLACK_US, on_timer, d);
	return r < 0 ? r : 0;
}

void device_port_read_out(struct device *d)
{
	for (int i = 0; i < READS_PER_TURN && device_port_open(d); i++)
		if (!read_once(d))
			break;
}

void device_port_stop(struct device *d)
{
	close_port(d);
	d->watch_source = sd_event_source_disable_unref(d->watch_source);
	d->timer = sd_event_source_disable_unref(d->timer);
	port_watch_free(d->watch);
	d->watch = NULL;
}

bool device_port_open(const struct device *d)
{
	return d->port && !d->connecting;
}

bool device_progress(struct device *d)
{
	struct pollfd waiting = { .fd = d->port ? port_fd(d->port) : -1, .events = POLLIN };
	bool moved = d->reads != d->reads_seen;

	d->reads_seen = d->reads;
	return moved || poll(&waiting, 1, 0) <= 0;
}
