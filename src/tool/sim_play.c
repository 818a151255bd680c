/* SPDX-License-Identifier: MIT */
/*
 * We keep the device's side of the pseudo-terminal open ourselves, so that listeners may come and go without the
 * terminal hanging up. Nobody may be reading: when its buffer is full, what waits is thrown away and the newest goes in,
 * so that who comes late finds the present and not the past.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "sim_play.h"

struct stage {
	int master_fd, device_fd, signal_fd;
	char device_path[64];
	const char *link_path;
	bool linked;
	double speed;
	int64_t start_us; /* monotonic time of stream time 0 */
};

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int open_terminal(struct stage *st)
{
	struct termios raw;

	st->master_fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (st->master_fd < 0)
		return -errno;
	if (grantpt(st->master_fd) < 0 || unlockpt(st->master_fd) < 0)
		return -errno;
	if (ptsname_r(st->master_fd, st->device_path, sizeof(st->device_path)) != 0)
		return -errno;
	st->device_fd = open(st->device_path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (st->device_fd < 0 || tcgetattr(st->device_fd, &raw) < 0)
		return -errno;
	cfmakeraw(&raw);
	return tcsetattr(st->device_fd, TCSANOW, &raw) < 0 ? -errno : 0;
}

/* A link that leads into /dev/pts was left by one of us that could not clean up; anything else is not ours to replace. */
static int make_link(struct stage *st)
{
	char target[64];
	ssize_t n = readlink(st->link_path, target, sizeof(target) - 1);

	if (n > 0) {
		target[n] = '\0';
		if (strncmp(target, "/dev/pts/", 9) == 0 && unlink(st->link_path) < 0)
			return -errno;
	}
	if (symlink(st->device_path, st->link_path) < 0)
		return -errno;
	st->linked = true;
	return 0;
}

/* Signals become readable on a descriptor, so that none is missed between two waits. */
static int catch_signals(struct stage *st)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	st->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return st->signal_fd < 0 ? -errno : 0;
}

static void strike(struct stage *st)
{
	char target[64];

	if (st->linked && readlink(st->link_path, target, sizeof(target)) == (ssize_t)strlen(st->device_path) &&
		strncmp(target, st->device_path, strlen(st->device_path)) == 0)
		unlink(st->link_path);
	if (st->signal_fd >= 0)
		close(st->signal_fd);
	if (st->device_fd >= 0)
		close(st->device_fd);
	if (st->master_fd >= 0)
		close(st->master_fd);
}

/* Commands from the host are read and ignored, as by a device that has none. */
static void ignore_commands(struct stage *st)
{
	char buf[256];

	while (read(st->master_fd, buf, sizeof(buf)) > 0)
		;
}

/* Waits until t_us of the stream. Returns 0, or 1 when a signal says to stop. */
static int wait_until(struct stage *st, int64_t t_us)
{
	int64_t due_us = st->start_us + (int64_t)((double)t_us / st->speed);

	for (;;) {
		struct pollfd fds[] = { { .fd = st->signal_fd, .events = POLLIN },
			{ .fd = st->master_fd, .events = POLLIN } };
		int64_t left_us = due_us - now_us();
		struct timespec left = { .tv_sec = left_us / 1000000, .tv_nsec = left_us % 1000000 * 1000 };

		if (left_us <= 0)
			left = (struct timespec){ 0 };
		if (ppoll(fds, 2, &left, NULL) < 0 && errno != EINTR)
			return -errno;
		if (fds[0].revents)
			return 1;
		if (fds[1].revents)
			ignore_commands(st);
		if (left_us <= 0)
			return 0;
	}
}

static void deliver(struct stage *st, const uint8_t *bytes, size_t n)
{
	bool emptied = false;

	while (n > 0) {
		ssize_t written = write(st->master_fd, bytes, n);

		if (written > 0) {
			bytes += written;
			n -= (size_t)written;
		} else if (emptied || (written < 0 && errno != EAGAIN)) {
			return;
		} else {
			tcflush(st->device_fd, TCIFLUSH);
			emptied = true;
		}
	}
}

/* Plays one capture that begins at *t0_us of the stream, and moves *t0_us to its end. Returns 0; 1 to stop; or an errno. */
static int play_one(struct stage *st, const struct sim_options *o, int64_t *t0_us, int64_t end_us)
{
	struct sim_batch batch = { 0 };
	struct sim *sim;
	int r = sim_new(o, &sim);

	if (r < 0)
		return r;
	while (r == 0) {
		r = sim_next(sim, &batch);
		if (r == 1) {
			/* The capture's own end is no reason to stop. */
			r = 0;
			break;
		}
		if (r == 0)
			r = *t0_us + batch.t_us >= end_us ? 1 : wait_until(st, *t0_us + batch.t_us);
		if (r == 0)
			deliver(st, batch.bytes, batch.n);
	}
	*t0_us += batch.t_us;
	sim_free(sim);
	return r;
}

int sim_play(
	const struct sim_options *o, const char *link_path, double speed, double for_s, char *ret_why, size_t why_size)
{
	struct stage st = { .master_fd = -1, .device_fd = -1, .signal_fd = -1, .link_path = link_path, .speed = speed };
	struct sim_options options = *o;
	int64_t t0_us = 0, end_us = for_s > 0 ? (int64_t)(for_s * 1e6) : INT64_MAX;
	const char *what = "cannot make a pseudo-terminal";
	int r = open_terminal(&st);

	if (r == 0) {
		what = "cannot make the link, take it away or name another";
		r = make_link(&st);
	}
	if (r == 0) {
		what = "cannot play";
		r = catch_signals(&st);
	}
	st.start_us = now_us();
	while (r == 0) {
		r = play_one(&st, &options, &t0_us, end_us);
		options.seed++;
	}
	strike(&st);
	if (r < 0) {
		snprintf(ret_why, why_size, "%s: %s: %s", link_path, what, strerror(-r));
		return r;
	}
	return 0;
}
