/* SPDX-License-Identifier: MIT */
/*
 * Where would the device appear? usb:...: some tty in /dev. A path: its last name in its directory. Where that
 * directory does not exist either (/dev/serial/by-id goes with its last link), the next name of the path in the nearest
 * directory that does:
 *
 *	/dev/serial/by-id/usb-FTDI		there is only /dev: watch /dev for "serial", then go on from there
 *
 * News of other names is read and dropped. While the port is open nothing is watched, so that life in /dev wakes
 * nobody. Nothing that we do ourselves when a try fails makes news, else trying would cause trying.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "port_find.h"
#include "port_retry.h"
#include "port_watch.h"

/* IN_ATTRIB: udev gives a new device to its group only after the name is there. */
#define NEWS (IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

struct port_watch {
	struct port_retry retry;
	char *spec;
	int fd; /* inotify, or -1 */
	int wd; /* the directory watched, or -1 */
	char name[NAME_MAX + 1]; /* news is what happens to this name, */
	bool prefix; /* or to names that begin so */
};

/* Watches the nearest directory of path that exists, for the name that follows it there. Returns the watch, or -1. */
static int watch_nearest(struct port_watch *w, const char *path)
{
	char dir[PATH_MAX];
	char *slash;
	int wd = -1;

	if (snprintf(dir, sizeof(dir), "%s%s", path[0] == '/' ? "" : "./", path) >= (int)sizeof(dir))
		return -1;
	while (wd < 0 && (slash = strrchr(dir, '/'))) {
		snprintf(w->name, sizeof(w->name), "%s", slash + 1);
		*slash = '\0';
		wd = inotify_add_watch(w->fd, dir[0] ? dir : "/", NEWS);
	}
	return wd;
}

static void unwatch(struct port_watch *w)
{
	if (w->wd >= 0)
		inotify_rm_watch(w->fd, w->wd);
	w->wd = -1;
}

/* A directory that is watched already keeps its watch, and with it what was not read yet. */
static void watch(struct port_watch *w)
{
	const char *spec = w->spec;
	int wd;

	if (w->fd < 0 || strncmp(spec, "tcp://", 6) == 0 || strcmp(spec, "-") == 0)
		return;
	w->prefix = strncmp(spec, "usb:", 4) == 0;
	if (w->prefix) {
		snprintf(w->name, sizeof(w->name), "tty");
		wd = inotify_add_watch(w->fd, port_system_roots.dev, NEWS);
	} else {
		wd = watch_nearest(w, strncmp(spec, "pty:", 4) == 0 ? spec + 4 : spec);
	}
	if (wd != w->wd)
		unwatch(w);
	w->wd = wd;
}

int port_watch_new(const char *spec, struct port_watch **ret)
{
	struct port_watch *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->spec = strdup(spec);
	if (!w->spec) {
		free(w);
		return -ENOMEM;
	}
	port_retry_init(&w->retry);
	w->wd = -1;
	w->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	watch(w);
	*ret = w;
	return 0;
}

void port_watch_free(struct port_watch *w)
{
	if (!w)
		return;
	if (w->fd >= 0)
		close(w->fd);
	free(w->spec);
	free(w);
}

const char *port_watch_spec(const struct port_watch *w)
{
	return w->spec;
}

int port_watch_fd(const struct port_watch *w)
{
	return w->fd;
}

int64_t port_watch_deadline_us(const struct port_watch *w)
{
	return port_retry_deadline_us(&w->retry);
}

static bool is_news(const struct port_watch *w, const struct inotify_event *event)
{
	if (event->wd != w->wd)
		return false; /* left over from a watch that is no more */
	if (event->len == 0)
		return true; /* the directory itself */
	return w->prefix ? strncmp(event->name, w->name, strlen(w->name)) == 0 : strcmp(event->name, w->name) == 0;
}

/* Reads all that inotify has to say. Returns whether any of it is news. */
static bool drain(struct port_watch *w)
{
	char buf[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool news = false;
	ssize_t n;

	while (w->fd >= 0 && (n = read(w->fd, buf, sizeof(buf))) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *event = (const struct inotify_event *)(buf + at);

			news = news || is_news(w, event);
			at += (ssize_t)(sizeof(*event) + event->len);
		}
	}
	return news;
}

void port_watch_notice(struct port_watch *w, int64_t now_us)
{
	if (!drain(w) || w->retry.open)
		return;
	/* A directory on the way may be there now, or be gone. The watch it replaces says farewell: nobody need wake for that. */
	watch(w);
	drain(w);
	port_retry_noticed(&w->retry, now_us);
}

bool port_watch_failed(struct port_watch *w, int64_t now_us, int error, const char *why)
{
	watch(w);
	return port_retry_failed(&w->retry, now_us, error, why);
}

void port_watch_opened(struct port_watch *w, int64_t now_us, const char *identity)
{
	char *spec = strcmp(identity, w->spec) == 0 ? NULL : strdup(identity);

	/* Without memory for the better name the one at hand has to do. */
	if (spec) {
		free(w->spec);
		w->spec = spec;
	}
	unwatch(w);
	port_retry_opened(&w->retry, now_us);
}

void port_watch_lost(struct port_watch *w, int64_t now_us)
{
	watch(w);
	port_retry_lost(&w->retry, now_us);
}
