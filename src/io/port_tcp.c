/* SPDX-License-Identifier: MIT */
/*
 * tcp://HOST:PORT: raw bytes of a serial server (ser2net, an ESP bridge).
 *
 *	numeric address ------------------.
 *	name -> thread: getaddrinfo() ----+-> connect to the 1st address -> 2nd -> ... -> connected
 *
 * Resolving a name may take minutes and cannot be stopped, so it has a thread of its own that nobody waits for: port and
 * thread share the lookup, and whoever leaves last frees it. The caller polls one descriptor from beginning to end, an
 * epoll set that holds whatever the port waits for: the lookup, the connection, the bytes.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "port_internal.h"

#define LOOKUP_STACK_BYTES (256 * 1024)

struct lookup {
	atomic_int users; /* port and thread */
	atomic_bool done;
	int done_fd; /* eventfd: ready once done */
	int error; /* of getaddrinfo(); this and addresses are the port's once done */
	struct addrinfo *addresses;
	char host[PORT_PATH_MAX], service[8];
};

struct tcp {
	struct lookup *lookup; /* NULL when the address is numeric, or once looked up */
	struct addrinfo *addresses, *next; /* next: to try after the one that is being tried */
	int last_error; /* why the address before failed, positive errno */
};

static void lookup_release(struct lookup *l)
{
	if (atomic_fetch_sub(&l->users, 1) > 1)
		return;
	if (l->addresses)
		freeaddrinfo(l->addresses);
	close(l->done_fd);
	free(l);
}

static int resolve(const char *host, const char *service, int flags, struct addrinfo **ret)
{
	struct addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags | AI_NUMERICSERV
	};

	return getaddrinfo(host, service, &hints, ret);
}

static void *lookup_thread(void *user)
{
	struct lookup *l = user;

	l->error = resolve(l->host, l->service, 0, &l->addresses);
	atomic_store(&l->done, true);
	eventfd_write(l->done_fd, 1);
	lookup_release(l);
	return NULL;
}

/* Starts a thread that gets no signals: those are for the caller's loop. */
static int start_thread(struct lookup *l)
{
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	int error;

	sigfillset(&all);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, LOOKUP_STACK_BYTES);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&thread, &attr, lookup_thread, l);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return -error;
}

static int poll_for(struct port *p, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events };

	return epoll_ctl(p->poll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int start_lookup(struct port *p, const char *host, const char *service)
{
	struct tcp *t = p->state;
	struct lookup *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return -ENOMEM;
	atomic_init(&l->users, 1);
	atomic_init(&l->done, false);
	snprintf(l->host, sizeof(l->host), "%s", host);
	snprintf(l->service, sizeof(l->service), "%s", service);
	t->lookup = l;
	l->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->done_fd < 0)
		return -errno;
	r = poll_for(p, l->done_fd, EPOLLIN);
	if (r < 0)
		return r;
	atomic_store(&l->users, 2);
	r = start_thread(l);
	if (r < 0)
		atomic_store(&l->users, 1);
	return r;
}

/* A peer that vanished without a word is noticed in 25 s; an address that does not answer is given up after about 15 s. */
static void set_options(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, 10 },
		{ IPPROTO_TCP, TCP_KEEPINTVL, 5 },
		{ IPPROTO_TCP, TCP_KEEPCNT, 3 },
		{ IPPROTO_TCP, TCP_SYNCNT, 3 },
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		setsockopt(fd, options[i].level, options[i].name, &options[i].value, sizeof(options[i].value));
}

/* Begins to connect to one address. Returns 0, or negative errno with p->fd -1 again. */
static int connect_one(struct port *p, const struct addrinfo *address)
{
	int r = 0;

	p->fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, address->ai_protocol);
	if (p->fd < 0)
		return -errno;
	set_options(p->fd);
	if (connect(p->fd, address->ai_addr, address->ai_addrlen) < 0 && errno != EINPROGRESS)
		r = -errno;
	if (r == 0)
		r = poll_for(p, p->fd, EPOLLOUT);
	if (r < 0) {
		close(p->fd);
		p->fd = -1;
	}
	return r;
}

/* Goes on to the next address that can be tried. Returns 0, or the negative errno of the last when none is left. */
static int connect_next(struct port *p)
{
	struct tcp *t = p->state;

	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	while (t->next) {
		const struct addrinfo *address = t->next;
		int r;

		t->next = address->ai_next;
		r = connect_one(p, address);
		if (r == 0)
			return 0;
		t->last_error = -r;
	}
	return t->last_error ? -t->last_error : -EADDRNOTAVAIL;
}

/* One step further while connecting: 0 when connected, PORT_E_AGAIN when it takes longer, PORT_E_GONE. */
static int go_on(struct port *p)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP };
	struct pollfd poll_one = { .events = POLLOUT };
	struct tcp *t = p->state;
	socklen_t size = sizeof(t->last_error);

	if (t->lookup) {
		if (!atomic_load(&t->lookup->done))
			return PORT_E_AGAIN;
		if (t->lookup->error)
			return port_gone(
				p, "name %s not resolved: %s", t->lookup->host, gai_strerror(t->lookup->error));
		t->next = t->addresses = t->lookup->addresses;
		t->lookup->addresses = NULL;
		epoll_ctl(p->poll_fd, EPOLL_CTL_DEL, t->lookup->done_fd, NULL);
		lookup_release(t->lookup);
		t->lookup = NULL;
		if (connect_next(p) < 0)
			return port_gone(p, "not connected: %s", strerror(t->last_error));
	}
	poll_one.fd = p->fd;
	if (poll(&poll_one, 1, 0) <= 0)
		return PORT_E_AGAIN;
	if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &t->last_error, &size) == 0 && t->last_error != 0)
		return connect_next(p) < 0 ? port_gone(p, "not connected: %s", strerror(t->last_error)) : PORT_E_AGAIN;
	if (epoll_ctl(p->poll_fd, EPOLL_CTL_MOD, p->fd, &event) < 0)
		return port_gone(p, "not connected: %s", strerror(errno));
	p->connecting = false;
	port_settle(p);
	return 0;
}

static int tcp_read(struct port *p, void *buf, size_t size, size_t *ret_n)
{
	ssize_t n;

	if (p->connecting) {
		int r = go_on(p);

		if (r != 0)
			return r;
	}
	n = recv(p->fd, buf, size, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? PORT_E_AGAIN
							 : port_gone(p, "connection lost: %s", strerror(errno));
	if (n == 0)
		return port_gone(p, "connection closed by the other side");
	*ret_n = (size_t)n;
	return 0;
}

static ssize_t tcp_write(struct port *p, const void *buf, size_t n)
{
	ssize_t sent = p->connecting ? -1 : send(p->fd, buf, n, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (p->connecting)
		return -EAGAIN;
	return sent < 0 ? -errno : sent;
}

static void tcp_close(struct port *p)
{
	struct tcp *t = p->state;

	if (t && t->lookup)
		lookup_release(t->lookup);
	if (t && t->addresses)
		freeaddrinfo(t->addresses);
	free(t);
	if (p->fd >= 0)
		close(p->fd);
	if (p->poll_fd >= 0)
		close(p->poll_fd);
}

static const struct port_driver tcp_driver = { .read = tcp_read, .write = tcp_write, .close = tcp_close };

/* HOST:PORT or [ADDRESS]:PORT taken apart; PORT is a decimal number from 1 to 65535. */
static int split(const char *text, char *ret_host, size_t host_size, char *ret_service, size_t service_size)
{
	const char *colon = strrchr(text, ':');
	size_t length;
	long number;

	if (!colon || colon == text || strlen(colon + 1) >= service_size || colon[1] == '\0')
		return -EINVAL;
	if (strspn(colon + 1, "0123456789") != strlen(colon + 1))
		return -EINVAL;
	number = strtol(colon + 1, NULL, 10);
	length = (size_t)(colon - text);
	if (text[0] == '[' && colon[-1] == ']') {
		text++;
		length -= 2;
	} else if (memchr(text, ':', length)) {
		return -EINVAL; /* an IPv6 address without brackets */
	}
	if (number < 1 || number > 65535 || length == 0 || length >= host_size)
		return -EINVAL;
	if (memchr(text, '[', length) || memchr(text, ']', length))
		return -EINVAL;
	snprintf(ret_host, host_size, "%.*s", (int)length, text);
	snprintf(ret_service, service_size, "%ld", number);
	return 0;
}

static int begin(struct port *p, const char *host, const char *service)
{
	struct tcp *t = calloc(1, sizeof(*t));

	p->state = t;
	if (!t)
		return -ENOMEM;
	p->connecting = true;
	p->poll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (p->poll_fd < 0)
		return -errno;
	if (resolve(host, service, AI_NUMERICHOST, &t->addresses) != 0)
		return start_lookup(p, host, service);
	t->next = t->addresses;
	return connect_next(p);
}

static int split_spec(const char *spec, char *ret_host, size_t host_size, char *ret_service, size_t service_size,
	char *ret_why, size_t why_size)
{
	int r = split(spec + strlen("tcp://"), ret_host, host_size, ret_service, service_size);

	/* Not repeated: what stands before an @ is often a password, and there is nobody to give it to. */
	if (strchr(spec, '@')) {
		snprintf(ret_why, why_size, "port tcp://...: write tcp://HOST:PORT, without user name or password");
		return -EINVAL;
	}
	if (r < 0)
		snprintf(ret_why, why_size, "port %s: write tcp://HOST:PORT, an IPv6 address in brackets", spec);
	return r;
}

int port_tcp_check(const char *spec, char *ret_why, size_t why_size)
{
	char host[PORT_PATH_MAX], service[8];

	return split_spec(spec, host, sizeof(host), service, sizeof(service), ret_why, why_size);
}

int port_tcp_open(struct port *p, const char *spec, char *ret_why, size_t why_size)
{
	char host[PORT_PATH_MAX], service[8];
	int r;

	snprintf(p->path, sizeof(p->path), "%s", spec);
	p->driver = &tcp_driver;
	if (split_spec(spec, host, sizeof(host), service, sizeof(service), ret_why, why_size) < 0)
		return -EINVAL;
	r = begin(p, host, service);
	if (r < 0)
		snprintf(ret_why, why_size, "port %s cannot be reached: %s", spec, strerror(-r));
	return r;
}
