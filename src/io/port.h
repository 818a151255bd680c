/* SPDX-License-Identifier: MIT */
/*
 * A port: where bytes of a device come from. Serial ports (libserialport), pseudo-terminals, TCP, standard input and
 * plain files behind one interface. A port opens, is read without blocking, and says when it is gone; when to open it again
 * is the caller's business (device identity and back-off: port_watch.h).
 */
#ifndef IO_PORT_H
#define IO_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct port_options {
	const char *
		spec; /* /dev/..., /dev/serial/by-id/..., usb:VID:PID[:SERIAL], pty:PATH, tcp://HOST:PORT, -, or a file */
	int baud; /* serial only */
	bool dtr; /* raise DTR and RTS on open (default) or keep them low */
	double settle_s; /* bytes within this time after opening are thrown away */
};

struct port;

/*
 * Opens the port of options (copied). Returns 0 and the port in *ret (owned by the caller, port_free()), or a negative
 * errno with a sentence in ret_why for the user (who is at fault, what to do): -EBUSY names the process that holds the
 * port, -EACCES names the group, -ENOENT says that it is not there, -EINPROGRESS never (TCP resolves and connects without
 * blocking the loop: port_fd() gets readable for that too, and port_read() goes on with it).
 */
int port_open(const struct port_options *options, struct port **ret, char *ret_why, size_t why_size);
void port_free(struct port *p); /* closes; NULL is fine */

/* Whether spec can be the name of a port, there or not: 0, or -EINVAL with a sentence that begins with "port". */
int port_check(const char *spec, char *ret_why, size_t why_size);

/* Descriptor to poll for EPOLLIN, level-triggered; the same from port_open() to port_free(), for files as well. */
int port_fd(const struct port *p);
bool port_connecting(const struct port *p); /* TCP; stays true when connecting failed */
const char *port_path(const struct port *p); /* what was really opened, such as /dev/ttyUSB1 */
const char *port_identity(
	const struct port *p); /* stable name to find it again, such as usb:0403:6001:A1B2 or the path */

enum { _PORT_SUCCESS, PORT_E_AGAIN, PORT_E_GONE, PORT_E_END };

/*
 * Reads what is there: returns 0 with *ret_n > 0 bytes in buf; PORT_E_AGAIN when nothing is there; PORT_E_GONE when the
 * device was unplugged or hung up (why in port_gone_why()); PORT_E_END at the end of a file or of standard input. A FIFO whose
 * writer closed is gone, since a next writer may come. Bytes of the settle window are read and dropped (PORT_E_AGAIN); files,
 * FIFOs and standard input have no such window.
 */
int port_read(struct port *p, void *buf, size_t size, size_t *ret_n);
const char *port_gone_why(const struct port *p);

/*
 * Writes to the device, for commands, without blocking: returns how many bytes went, -EAGAIN when none can now, -EPERM for
 * files, FIFOs and standard input. Whether the configuration allows it (read_only) is the caller's to know.
 */
ssize_t port_write(struct port *p, const void *buf, size_t n);

#endif
