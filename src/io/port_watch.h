/* SPDX-License-Identifier: MIT */
/*
 * Getting a port back: waits for the device with inotify where it would appear, tries again with a capped back-off
 * beside it, looks for the same device under whatever name it has now, and says what is worth a log line.
 *
 *	port_watch_new(spec)
 *	at port_watch_deadline_us()	open port_watch_spec(): port_watch_opened() or port_watch_failed()
 *	port_watch_fd() readable	port_watch_notice(): the deadline may have come nearer
 *	port_read() says gone		port_watch_lost() and port_free(), at once: the kernel frees the name only then
 *
 * A TCP port that goes while port_connecting() has failed, not been lost; it is opened once connected.
 * All times are microseconds of any monotonic clock, always the same one.
 */
#ifndef IO_PORT_WATCH_H
#define IO_PORT_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct port_watch;

/* spec as in struct port_options; copied. Returns 0 and the watch in *ret (port_watch_free()), or -ENOMEM. */
int port_watch_new(const char *spec, struct port_watch **ret);
void port_watch_free(struct port_watch *w); /* NULL is fine */

/* What to open: spec, or once it was open what port_identity() said then. Valid until the next port_watch_opened(). */
const char *port_watch_spec(const struct port_watch *w);

/* To poll for EPOLLIN, the same as long as w lives; -1 where inotify is not to be had: then the deadline alone counts. */
int port_watch_fd(const struct port_watch *w);
void port_watch_notice(struct port_watch *w, int64_t now_us);

/* When to try to open next: at once (INT64_MIN) at first, INT64_MAX while the port is open. */
int64_t port_watch_deadline_us(const struct port_watch *w);

/* Opening failed with error (negative errno) and the sentence why. Returns whether that is worth a log line. */
bool port_watch_failed(struct port_watch *w, int64_t now_us, int error, const char *why);

/* The port is open; identity is port_identity(). Always worth a log line. */
void port_watch_opened(struct port_watch *w, int64_t now_us, const char *identity);

/* The open port is gone. Always worth a log line, which stands for the failures that follow from it. */
void port_watch_lost(struct port_watch *w, int64_t now_us);

#endif
