/* SPDX-License-Identifier: MIT */
/*
 * Real serial ports, by libserialport: 8 data bits, no parity, one stop bit, no flow control, raw.
 *
 * Nobody else may read along, or each would get half of the bytes. libserialport asks the kernel for that (TIOCEXCL),
 * which does not bind root and does not look at who has the port open already; so we look first, and lock beside it.
 *
 * sp_nonblocking_read() gives 0 for "nothing yet" and for "unplugged" alike: what the queue length and poll() say
 * tells the two apart.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <libserialport.h>

#include "port_holder.h"
#include "port_internal.h"

/* The negative errno behind what a libserialport function returned. */
static int sp_errno(enum sp_return r)
{
	int error;

	switch (r) {
	case SP_OK:
		return 0;
	case SP_ERR_ARG:
		return -EINVAL;
	case SP_ERR_MEM:
		return -ENOMEM;
	case SP_ERR_SUPP:
		return -EOPNOTSUPP;
	case SP_ERR_FAIL:
		break;
	}
	error = sp_last_error_code();
	return error > 0 ? -error : -EIO;
}

/* Opening raises DTR and RTS, so all there is to do for dtr is to say so again; without it they fall at once. */
static int configure(struct sp_port *port, int baud, bool dtr)
{
	enum sp_return r = sp_set_baudrate(port, baud);

	if (r == SP_OK)
		r = sp_set_bits(port, 8);
	if (r == SP_OK)
		r = sp_set_parity(port, SP_PARITY_NONE);
	if (r == SP_OK)
		r = sp_set_stopbits(port, 1);
	if (r == SP_OK)
		r = sp_set_flowcontrol(port, SP_FLOWCONTROL_NONE);
	if (r != SP_OK)
		return sp_errno(r);
	/* Boards without these lines refuse to set them, which is no reason not to listen. */
	sp_set_dtr(port, dtr ? SP_DTR_ON : SP_DTR_OFF);
	sp_set_rts(port, dtr ? SP_RTS_ON : SP_RTS_OFF);
	return 0;
}

bool port_serial_is_gone(int waiting, short revents)
{
	if (waiting < 0 || (revents & (POLLHUP | POLLERR | POLLNVAL)))
		return true;
	/* Ready to be read, and nothing there. Bytes that came since the read are waiting now. */
	return (revents & POLLIN) && waiting == 0;
}

static int serial_read(struct port *p, void *buf, size_t size, size_t *ret_n)
{
	struct pollfd poll_one = { .fd = p->fd, .events = POLLIN };
	int n = sp_nonblocking_read(p->state, buf, size);

	if (n > 0) {
		*ret_n = (size_t)n;
		return 0;
	}
	if (n < 0) {
		int error = sp_errno((enum sp_return)n);

		return error == -EINTR ? PORT_E_AGAIN : port_gone(p, "device lost: %s", strerror(-error));
	}
	if (poll(&poll_one, 1, 0) < 0)
		poll_one.revents = 0;
	if (port_serial_is_gone((int)sp_input_waiting(p->state), poll_one.revents))
		return port_gone(p, "device unplugged");
	return PORT_E_AGAIN;
}

static ssize_t serial_write(struct port *p, const void *buf, size_t n)
{
	int written = sp_nonblocking_write(p->state, buf, n);

	if (written == 0 && n > 0)
		return -EAGAIN;
	return written < 0 ? sp_errno((enum sp_return)written) : written;
}

static void serial_close(struct port *p)
{
	if (p->fd >= 0)
		sp_close(p->state);
	sp_free_port(p->state);
}

static const struct port_driver serial_driver = {
	.read = serial_read,
	.write = serial_write,
	.close = serial_close,
};

int port_serial_open(struct port *p, const char *path, char *ret_why, size_t why_size)
{
	struct port_holder holder;
	struct sp_port *port;
	enum sp_return sp;
	int r;

	snprintf(p->path, sizeof(p->path), "%s", path);
	if (port_holder_find(port_system_roots.proc, path, &holder) == 0 && !holder.suspected)
		return port_explain(-EBUSY, port_system_roots.proc, path, ret_why, why_size);
	sp = sp_get_port_by_name(path, &port);
	if (sp != SP_OK)
		return port_explain(sp_errno(sp), port_system_roots.proc, path, ret_why, why_size);
	p->state = port;
	p->driver = &serial_driver;
	sp = sp_open(port, SP_MODE_READ_WRITE);
	if (sp != SP_OK)
		return port_explain(sp_errno(sp), port_system_roots.proc, path, ret_why, why_size);
	sp = sp_get_port_handle(port, &p->fd);
	if (sp != SP_OK)
		return port_explain(sp_errno(sp), port_system_roots.proc, path, ret_why, why_size);
	if (flock(p->fd, LOCK_EX | LOCK_NB) < 0)
		return port_explain(-errno, port_system_roots.proc, path, ret_why, why_size);
	r = configure(port, p->baud, p->dtr);
	if (r < 0) {
		snprintf(ret_why, why_size, "port %s does not take %d baud: %s", path, p->baud, strerror(-r));
		return r;
	}
	port_settle(p);
	return 0;
}
