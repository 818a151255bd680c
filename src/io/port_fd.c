/* SPDX-License-Identifier: MIT */
/*
 * Ports that are plain descriptors: pseudo-terminals, FIFOs, files, standard input.
 *
 *	what			nothing there		its other side closed		its end
 *	pseudo-terminal		AGAIN			GONE (read gives 0 or EIO)	-
 *	FIFO			AGAIN			GONE: a next writer may come	-
 *	file, /dev/null		-			-				END
 *	standard input		AGAIN			END				END
 *
 * A pseudo-terminal begins in cooked mode with echo: it is made raw, or commands typed at it would come back and CR would turn
 * into LF. It is locked with flock() and not with TIOCEXCL: that mark outlives its owner as long as the other side is
 * open, and would lock out a daemon that was killed and started again.
 *
 * Files cannot be waited for with epoll. An eventfd that is always ready stands in for them, so that callers need
 * no second way.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "port_holder.h"
#include "port_internal.h"

static int judge_error(struct port *p, int error)
{
	if (error == EAGAIN || error == EINTR)
		return PORT_E_AGAIN;
	if (error == EIO)
		return port_gone(p, "other side closed");
	return port_gone(p, "reading failed: %s", strerror(error));
}

static int pty_read(struct port *p, void *buf, size_t size, size_t *ret_n)
{
	ssize_t n = read(p->fd, buf, size);

	if (n < 0)
		return judge_error(p, errno);
	if (n == 0)
		return port_gone(p, "other side closed");
	*ret_n = (size_t)n;
	return 0;
}

static int fifo_read(struct port *p, void *buf, size_t size, size_t *ret_n)
{
	struct pollfd poll_one = { .fd = p->fd, .events = POLLIN };
	ssize_t n = read(p->fd, buf, size);

	if (n < 0)
		return judge_error(p, errno);
	if (n == 0) {
		/* 0 as well before the first writer came; only then there is no hang-up. */
		if (poll(&poll_one, 1, 0) > 0 && (poll_one.revents & POLLHUP))
			return port_gone(p, "writer closed");
		return PORT_E_AGAIN;
	}
	*ret_n = (size_t)n;
	return 0;
}

static int file_read(struct port *p, void *buf, size_t size, size_t *ret_n)
{
	ssize_t n = read(p->fd, buf, size);

	if (n < 0)
		return judge_error(p, errno);
	if (n == 0)
		return PORT_E_END;
	*ret_n = (size_t)n;
	return 0;
}

/* Standard input is shared with whoever started us, so it is not made non-blocking: we look before we read. */
static int stdin_read(struct port *p, void *buf, size_t size, size_t *ret_n)
{
	struct pollfd poll_one = { .fd = p->fd, .events = POLLIN };

	if (poll(&poll_one, 1, 0) <= 0)
		return PORT_E_AGAIN;
	return file_read(p, buf, size, ret_n);
}

static ssize_t fd_write(struct port *p, const void *buf, size_t n)
{
	ssize_t written = write(p->fd, buf, n);

	return written < 0 ? -errno : written;
}

static ssize_t refuse_write(struct port *p, const void *buf, size_t n)
{
	return -EPERM;
}

static void fd_close(struct port *p)
{
	if (p->fd >= 0)
		close(p->fd);
	if (p->poll_fd >= 0)
		close(p->poll_fd);
	p->fd = p->poll_fd = -1;
}

static const struct port_driver pty_driver = { .read = pty_read, .write = fd_write, .close = fd_close };
static const struct port_driver fifo_driver = { .read = fifo_read, .write = refuse_write, .close = fd_close };
static const struct port_driver file_driver = { .read = file_read, .write = refuse_write, .close = fd_close };
static const struct port_driver stdin_driver = { .read = stdin_read, .write = refuse_write, .close = fd_close };

static int make_raw(int fd)
{
	struct termios mode;

	if (tcgetattr(fd, &mode) < 0)
		return -errno;
	cfmakeraw(&mode);
	mode.c_cflag |= CLOCAL | CREAD;
	mode.c_cc[VMIN] = 1;
	mode.c_cc[VTIME] = 0;
	return tcsetattr(fd, TCSANOW, &mode) < 0 ? -errno : 0;
}

/* Gives files something to wait for. */
static int make_pollable(struct port *p)
{
	struct epoll_event event = { .events = EPOLLIN };
	int r = 0, epoll_fd = epoll_create1(EPOLL_CLOEXEC);

	if (epoll_fd < 0)
		return -errno;
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, p->fd, &event) < 0) {
		r = -errno;
		if (r == -EPERM) {
			p->poll_fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
			r = p->poll_fd < 0 ? -errno : 0;
		}
	}
	close(epoll_fd);
	return r;
}

static int open_pty(struct port *p, const char *path)
{
	int r;

	p->driver = &pty_driver;
	p->fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (p->fd < 0)
		return -errno;
	if (flock(p->fd, LOCK_EX | LOCK_NB) < 0) {
		/* Closed before anybody looks for the holder, or we would find ourselves. */
		fd_close(p);
		return -EBUSY;
	}
	r = make_raw(p->fd);
	if (r == 0)
		port_settle(p);
	return r;
}

static int open_other(struct port *p, const char *path, mode_t mode)
{
	if (S_ISDIR(mode))
		return -EISDIR;
	p->driver = S_ISFIFO(mode) ? &fifo_driver : &file_driver;
	p->fd = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (p->fd < 0)
		return -errno;
	return make_pollable(p);
}

int port_fd_open(struct port *p, const char *path, char *ret_why, size_t why_size)
{
	struct stat st;
	int r;

	snprintf(p->path, sizeof(p->path), "%s", path);
	if (stat(path, &st) < 0)
		r = -errno;
	else if (port_stat_is_pty(&st))
		r = open_pty(p, path);
	else
		r = open_other(p, path, st.st_mode);
	return r < 0 ? port_explain(r, port_system_roots.proc, path, ret_why, why_size) : 0;
}

int port_fd_open_stdin(struct port *p, char *ret_why, size_t why_size)
{
	int r;

	snprintf(p->path, sizeof(p->path), "standard input");
	p->driver = &stdin_driver;
	p->fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	r = p->fd < 0 ? -errno : make_pollable(p);
	if (r < 0)
		snprintf(ret_why, why_size, "standard input cannot be read: %s", strerror(-r));
	return r;
}
