/* SPDX-License-Identifier: MIT */
/* What the files port*.c share and nobody else sees: the port itself and its drivers. */
#ifndef IO_PORT_INTERNAL_H
#define IO_PORT_INTERNAL_H

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "port.h"
#include "port_find.h"

#define PORT_WHY_MAX 200

struct port_driver {
	int (*read)(struct port *p, void *buf, size_t size, size_t *ret_n); /* as port_read() */
	ssize_t (*write)(struct port *p, const void *buf, size_t n); /* as port_write() */
	void (*close)(struct port *p); /* everything that open took; also after half an open */
};

struct port {
	const struct port_driver *driver; /* NULL until a driver has begun to open */
	int baud;
	bool dtr;
	int64_t settle_us;
	bool settles; /* a device is at the other side that may say things while it starts */
	int64_t settled_us; /* CLOCK_MONOTONIC; bytes before it are thrown away */
	int fd; /* what is read, or -1 */
	int poll_fd; /* what the caller polls, or -1: fd */
	bool connecting;
	char path[PORT_PATH_MAX], identity[PORT_IDENTITY_MAX], gone_why[PORT_WHY_MAX];
	void *state; /* of the driver */
};

/*
 * Each opens what its name says into p, fresh and zeroed but for baud, dtr and settle_us, and sets path. Returns 0, or a
 * negative errno with ret_why set; the caller closes in both cases.
 */
int port_serial_open(struct port *p, const char *path, char *ret_why, size_t why_size);
int port_fd_open(struct port *p, const char *path, char *ret_why, size_t why_size);
int port_fd_open_stdin(struct port *p, char *ret_why, size_t why_size);
int port_tcp_check(const char *spec, char *ret_why, size_t why_size); /* 0, or -EINVAL */
int port_tcp_open(struct port *p, const char *spec, char *ret_why, size_t why_size);

/* Whether it is a pseudo-terminal, the side that programs open (Linux, Documentation/admin-guide/devices.txt). */
static inline bool port_stat_is_pty(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && major(st->st_rdev) >= 136 && major(st->st_rdev) <= 143;
}

/* The settle window starts now. */
void port_settle(struct port *p);
/* Whether bytes that are read at now_us (CLOCK_MONOTONIC) belong to the settle window. */
bool port_is_settling(const struct port *p, int64_t now_us);

/* Notes why the port is gone and returns PORT_E_GONE. */
int port_gone(struct port *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * What it means that a serial port gave no bytes: waiting is what sp_input_waiting() said (negative: error), revents what poll()
 * for POLLIN says. Returns whether the device is gone.
 */
bool port_serial_is_gone(int waiting, short revents);

#endif
