/* SPDX-License-Identifier: MIT */
/*
 * Finds out what a specification means and hands over to the driver for it; what all ports have in common.
 *
 *	-		standard input			tcp://HOST:PORT	port_tcp.c
 *	usb:V:P[:S]	each tty that matches, until	pty:PATH	port_fd.c
 *			one opens			PATH		what stands there: a serial port of the system:
 *									port_serial.c; all else, such as a
 *									pseudo-terminal without "pty:": port_fd.c
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <knead/units.h>

#include "port_holder.h"
#include "port_internal.h"

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * KNEAD_US_PER_S + now.tv_nsec / 1000;
}

void port_settle(struct port *p)
{
	p->settles = true;
	p->settled_us = now_us() + p->settle_us;
}

bool port_is_settling(const struct port *p, int64_t at_us)
{
	return p->settles && at_us < p->settled_us;
}

int port_gone(struct port *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(p->gone_why, sizeof(p->gone_why), format, args);
	va_end(args);
	return PORT_E_GONE;
}

/* Closes what is open and leaves p as fresh as before. */
static void reset(struct port *p)
{
	if (p->driver)
		p->driver->close(p);
	p->driver = NULL;
	p->state = NULL;
	p->settles = p->connecting = false;
	p->fd = p->poll_fd = -1;
}

static int open_serial(struct port *p, const char *spec, const char *path, char *ret_why, size_t why_size)
{
	struct port_found *found;
	char real[PATH_MAX];
	size_t count;
	int r;

	/* libserialport knows ports by the name the kernel gave them, not by links to them. */
	if (!realpath(path, real))
		return port_explain(-errno, port_system_roots.proc, path, ret_why, why_size);
	r = port_serial_open(p, real, ret_why, why_size);
	if (r < 0)
		return r;
	r = port_find_all(&port_system_roots, &found, &count);
	if (r < 0) {
		snprintf(ret_why, why_size, "port %s: out of memory", path);
		return r;
	}
	port_find_identity(found, count, spec, real, p->identity, sizeof(p->identity));
	free(found);
	return 0;
}

static int parse_usb(const char *spec, struct port_usb *ret, char *ret_why, size_t why_size)
{
	int r = port_usb_parse(spec, ret);

	if (r < 0)
		snprintf(ret_why, why_size,
			"port %s: write usb:VID:PID or usb:VID:PID:SERIAL, four hex digits each, see 'knead list'",
			spec);
	return r;
}

int port_check(const char *spec, char *ret_why, size_t why_size)
{
	struct port_usb usb;

	if (strncmp(spec, "usb:", 4) == 0)
		return parse_usb(spec, &usb, ret_why, why_size);
	return strncmp(spec, "tcp://", 6) == 0 ? port_tcp_check(spec, ret_why, why_size) : 0;
}

/* Several adapters of one kind may match: the first that is free is ours, so that each device gets one of them. */
static int open_usb(struct port *p, const char *spec, char *ret_why, size_t why_size)
{
	struct port_found *found;
	struct port_usb usb;
	size_t count;
	int r;

	if (parse_usb(spec, &usb, ret_why, why_size) < 0)
		return -EINVAL;
	if (port_find_all(&port_system_roots, &found, &count) < 0) {
		snprintf(ret_why, why_size, "port %s: out of memory", spec);
		return -ENOMEM;
	}
	r = -ENOENT;
	for (size_t i = 0; i < count && r < 0; i++) {
		if (!port_usb_matches(&usb, &found[i]))
			continue;
		reset(p);
		r = open_serial(p, spec, found[i].path, ret_why, why_size);
	}
	free(found);
	if (r == -ENOENT)
		port_explain(r, port_system_roots.proc, spec, ret_why, why_size);
	return r;
}

static int open_spec(struct port *p, const char *spec, char *ret_why, size_t why_size)
{
	snprintf(p->identity, sizeof(p->identity), "%s", spec);
	if (strcmp(spec, "-") == 0)
		return port_fd_open_stdin(p, ret_why, why_size);
	if (strncmp(spec, "tcp://", 6) == 0)
		return port_tcp_open(p, spec, ret_why, why_size);
	if (strncmp(spec, "usb:", 4) == 0)
		return open_usb(p, spec, ret_why, why_size);
	if (strncmp(spec, "pty:", 4) == 0)
		return port_fd_open(p, spec + 4, ret_why, why_size);
	if (port_is_serial(&port_system_roots, spec))
		return open_serial(p, spec, spec, ret_why, why_size);
	return port_fd_open(p, spec, ret_why, why_size);
}

int port_open(const struct port_options *options, struct port **ret, char *ret_why, size_t why_size)
{
	struct port *p;
	int r;

	if (!options->spec || options->spec[0] == '\0' || strlen(options->spec) >= PORT_PATH_MAX) {
		snprintf(ret_why, why_size, "no port is given, or its name is longer than %d bytes", PORT_PATH_MAX - 1);
		return -EINVAL;
	}
	p = calloc(1, sizeof(*p));
	if (!p) {
		snprintf(ret_why, why_size, "port %s: out of memory", options->spec);
		return -ENOMEM;
	}
	p->baud = options->baud;
	p->dtr = options->dtr;
	p->settle_us = knead_s_to_us(options->settle_s);
	p->fd = p->poll_fd = -1;
	r = open_spec(p, options->spec, ret_why, why_size);
	if (r < 0) {
		port_free(p);
		return r;
	}
	*ret = p;
	return 0;
}

void port_free(struct port *p)
{
	if (!p)
		return;
	reset(p);
	free(p);
}

int port_fd(const struct port *p)
{
	return p->poll_fd >= 0 ? p->poll_fd : p->fd;
}

bool port_connecting(const struct port *p)
{
	return p->connecting;
}

const char *port_path(const struct port *p)
{
	return p->path;
}

const char *port_identity(const struct port *p)
{
	return p->identity;
}

int port_read(struct port *p, void *buf, size_t size, size_t *ret_n)
{
	size_t n;
	int r = p->driver->read(p, buf, size, &n);

	if (r != 0)
		return r;
	if (p->settles && port_is_settling(p, now_us()))
		return PORT_E_AGAIN;
	p->settles = false;
	*ret_n = n;
	return 0;
}

const char *port_gone_why(const struct port *p)
{
	return p->gone_why;
}

ssize_t port_write(struct port *p, const void *buf, size_t n)
{
	return p->driver->write(p, buf, n);
}
