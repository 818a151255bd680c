/* SPDX-License-Identifier: MIT */
/*
 * The recording: what a port sends, with the times at which it came, into a .kcap. The daemon stamps and writes in the same way,
 * so that its recordings and these replay alike.
 *
 * An unplugged device is waited for: "close" and "open" in the file say when it was away. Only at the very beginning is a
 * port that cannot be opened an error, since somebody is there to put it right.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "capture.h"
#include "port.h"
#include "port_watch.h"
#include "record.h"
#include "record_status.h"
#include "verbs.h"
#include "wall.h"

#define FLUSH_US KNEAD_US_PER_S
#define READ_BYTES 4096

struct record {
	const struct conf_device *device;
	struct capture_writer *writer;
	struct port *port; /* NULL while it is away */
	struct port_watch *watch;
	struct record_status status;
	int signal_fd;
	bool connecting, stop;
	int result; /* 0, or negative errno of the capture */
	int64_t start_us; /* CLOCK_MONOTONIC; all other times count from here */
	int64_t last_us, flush_due_us, stop_due_us;
};

static int64_t clock_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * KNEAD_US_PER_S + now.tv_nsec / 1000;
}

static int64_t now_us(const struct record *r)
{
	return clock_us(CLOCK_MONOTONIC) - r->start_us;
}

/* The time of the next record: never the same twice, so that the order of things is the order of times. */
static int64_t stamp_us(struct record *r)
{
	int64_t t_us = now_us(r);

	if (t_us <= r->last_us)
		t_us = r->last_us + 1;
	r->last_us = t_us;
	return t_us;
}

static void check(struct record *r, int result)
{
	if (result < 0 && r->result == 0) {
		r->result = result;
		r->stop = true;
	}
}

static void mark(struct record *r, const char *words)
{
	int64_t t_us = stamp_us(r);

	check(r, capture_write_mark(r->writer, t_us, words));
	record_status_break(&r->status, t_us);
}

/* ---- the port ---- */

static void port_opened(struct record *r)
{
	r->connecting = false;
	port_watch_opened(r->watch, now_us(r), port_identity(r->port));
	mark(r, "open");
	record_status_say(&r->status, "%s is open", port_path(r->port));
}

static void port_gone(struct record *r)
{
	if (!r->connecting) {
		record_status_say(
			&r->status, "%s: %s; waiting for it to come back", port_path(r->port), port_gone_why(r->port));
		port_watch_lost(r->watch, now_us(r));
		mark(r, "close");
	} else if (port_watch_failed(r->watch, now_us(r), -ECONNREFUSED, port_gone_why(r->port))) {
		record_status_say(&r->status, "%s: %s; trying again", port_path(r->port), port_gone_why(r->port));
	}
	port_free(r->port);
	r->port = NULL;
	r->connecting = false;
}

/* Returns 0, or the negative errno of port_open() with ret_why. */
static int open_port(struct record *r, char *ret_why, size_t why_size)
{
	struct port_options options = {
		.spec = port_watch_spec(r->watch),
		.baud = r->device->baud,
		.dtr = r->device->dtr,
		.settle_s = r->device->settle_s,
	};
	int error = port_open(&options, &r->port, ret_why, why_size);

	r->connecting = error == 0 && port_connecting(r->port);
	return error;
}

static void open_again(struct record *r)
{
	char why[256];
	int error = open_port(r, why, sizeof(why));

	if (error == 0 && !r->connecting)
		port_opened(r);
	if (error < 0 && port_watch_failed(r->watch, now_us(r), error, why))
		record_status_say(&r->status, "%s", why);
}

static void read_port(struct record *r)
{
	uint8_t bytes[READ_BYTES];
	int64_t t_us;
	size_t n;
	int result = port_read(r->port, bytes, sizeof(bytes), &n);

	if (r->connecting && !port_connecting(r->port))
		port_opened(r);
	if (result == PORT_E_GONE) {
		port_gone(r);
	} else if (result == PORT_E_END) {
		record_status_say(&r->status, "%s: end of input", port_path(r->port));
		r->stop = true;
	} else if (result == 0) {
		t_us = stamp_us(r);
		check(r, capture_write_rx(r->writer, t_us, bytes, n));
		record_status_bytes(&r->status, bytes, n, t_us);
	}
}

/* ---- the loop ---- */

static void do_what_is_due(struct record *r)
{
	int64_t t_us = now_us(r);

	if (t_us >= r->stop_due_us)
		r->stop = true;
	if (t_us >= r->flush_due_us) {
		check(r, capture_flush(r->writer));
		r->flush_due_us = t_us + FLUSH_US;
	}
	if (!r->port && t_us >= port_watch_deadline_us(r->watch))
		open_again(r);
	record_status_show(&r->status, t_us);
}

/* Milliseconds until something is due, rounded up so that waking early does not spin. */
static int timeout_ms(const struct record *r)
{
	int64_t due_us = r->status.due_us, wait_us;

	if (r->flush_due_us < due_us)
		due_us = r->flush_due_us;
	if (r->stop_due_us < due_us)
		due_us = r->stop_due_us;
	if (!r->port && port_watch_deadline_us(r->watch) < due_us)
		due_us = port_watch_deadline_us(r->watch);
	wait_us = due_us > 0 ? due_us - now_us(r) : 0;
	return wait_us > 0 ? (int)((wait_us + 999) / 1000) : 0;
}

static void loop(struct record *r)
{
	while (!r->stop) {
		struct pollfd fds[3] = { { .fd = r->signal_fd, .events = POLLIN } };

		do_what_is_due(r);
		fds[1] = (struct pollfd){ .fd = r->port ? port_fd(r->port) : -1, .events = POLLIN };
		fds[2] = (struct pollfd){ .fd = port_watch_fd(r->watch), .events = POLLIN };
		if (r->stop || poll(fds, 3, timeout_ms(r)) <= 0)
			continue;
		if (fds[0].revents)
			r->stop = true;
		if (fds[2].revents)
			port_watch_notice(r->watch, now_us(r));
		if (fds[1].revents)
			read_port(r);
	}
}

/* ---- beginning and end ---- */

static cJSON *make_header(const struct record_options *o, const struct conf_device *device)
{
	cJSON *header = cJSON_CreateObject(), *keys = conf_device_to_json(device);
	char start[WALL_ISO_SIZE];

	/* Whole milliseconds, as they are written, so that a replay counts from the very same instant. */
	if (keys &&
		cJSON_AddStringToObject(header, "start", wall_to_iso(clock_us(CLOCK_REALTIME) / 1000 * 1000, start)) &&
		cJSON_AddStringToObject(header, "id", device->id) &&
		cJSON_AddStringToObject(header, "port", device->port) &&
		cJSON_AddNumberToObject(header, "baud", device->baud) &&
		(!o->note || cJSON_AddStringToObject(header, "note", o->note)) &&
		cJSON_AddItemToObject(header, "device", keys))
		return header;
	cJSON_Delete(keys);
	cJSON_Delete(header);
	return NULL;
}

/* The port comes first: a capture of before is replaced only when there is something to record. */
static int begin(struct record *r, const struct record_options *o)
{
	cJSON *header;
	char why[512];
	int error;

	if (record_status_init(&r->status, &r->device->settings, stderr, isatty(STDERR_FILENO) == 1) < 0 ||
		port_watch_new(r->device->port, &r->watch) < 0) {
		verb_error("record: out of memory");
		return VERB_FAILED;
	}
	if (open_port(r, why, sizeof(why)) < 0) {
		verb_error("record: %s", why);
		return VERB_FAILED;
	}
	r->start_us = clock_us(CLOCK_MONOTONIC);
	header = make_header(o, r->device);
	error = header ? capture_writer_new(o->output, header, &r->writer) : -ENOMEM;
	cJSON_Delete(header);
	if (error < 0) {
		verb_error("record: %s: cannot be written: %s", o->output, strerror(-error));
		return VERB_FAILED;
	}
	if (!r->connecting)
		port_opened(r);
	return VERB_GOOD;
}

/* Signals that end the recording come as something to read; a reader of standard output that leaves is an error, no death. */
static int catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int record_run(const struct record_options *o, const struct conf_device *device)
{
	struct record r = {
		.device = device,
		.last_us = -1,
		.stop_due_us = o->for_s > 0 ? knead_s_to_us(o->for_s) : INT64_MAX,
	};
	int status;

	r.signal_fd = catch_signals();
	status = begin(&r, o);
	if (status == VERB_GOOD) {
		loop(&r);
		mark(&r, "end");
	}
	check(&r, capture_writer_close(r.writer));
	if (r.result < 0) {
		record_status_say(&r.status, "%s: %s; the capture ends before that", o->output, strerror(-r.result));
		status = VERB_FAILED;
	} else if (status == VERB_GOOD) {
		record_status_say(&r.status, "%.1f s, %llu bytes in %s", knead_us_to_s(r.last_us),
			(unsigned long long)r.status.bytes, o->output);
	}
	port_free(r.port);
	port_watch_free(r.watch);
	record_status_deinit(&r.status);
	close(r.signal_fd);
	return status;
}
