/* SPDX-License-Identifier: MIT */
/* tcp://HOST:PORT, against servers of our own on the loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "port.h"
#include "scratch.h"

/* Listens on a free port of 127.0.0.1. */
static int listen_somewhere(int *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

static int open_tcp(const char *host, int port, struct port **ret, char *ret_why, size_t why_size)
{
	char spec[300];
	struct port_options options = { .spec = spec };

	snprintf(spec, sizeof(spec), "tcp://%s:%d", host, port);
	return port_open(&options, ret, ret_why, why_size);
}

/* Reads until there is something else to say than "again". */
static int read_on(struct port *p, char *buf, size_t size, size_t *ret_n)
{
	int r;

	do {
		assert_true(scratch_wait(port_fd(p)));
		r = port_read(p, buf, size, ret_n);
	} while (r == PORT_E_AGAIN);
	return r;
}

static void talk(const char *host)
{
	int port, server = listen_somewhere(&port), device;
	char why[300], buf[64];
	struct port *p;
	size_t n;

	assert_int_equal(open_tcp(host, port, &p, why, sizeof(why)), 0);
	assert_true(port_connecting(p));
	assert_int_equal(port_write(p, "x", 1), -EAGAIN);
	/* accept() would wait for a connection that the port makes only while it is read. */
	while (port_connecting(p)) {
		assert_true(scratch_wait(port_fd(p)));
		assert_int_equal(port_read(p, buf, sizeof(buf), &n), PORT_E_AGAIN);
	}
	device = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	assert_int_equal(write(device, "12.5\r\n", 6), 6);
	assert_int_equal(read_on(p, buf, sizeof(buf), &n), 0);
	assert_int_equal(n, 6);
	assert_memory_equal(buf, "12.5\r\n", 6);
	assert_int_equal(port_write(p, "info", 4), 4);
	assert_int_equal(recv(device, buf, 4, MSG_WAITALL), 4);
	close(device);
	assert_int_equal(read_on(p, buf, sizeof(buf), &n), PORT_E_GONE);
	assert_string_equal(port_gone_why(p), "connection closed by the other side");
	assert_false(port_connecting(p));
	port_free(p);
	close(server);
}

static void a_numeric_address_is_talked_to(void **state)
{
	talk("127.0.0.1");
}

static void a_name_is_looked_up_and_talked_to(void **state)
{
	talk("localhost");
}

static void the_identity_is_the_specification(void **state)
{
	int port, server = listen_somewhere(&port);
	struct port *p;
	char why[300], spec[64];

	assert_int_equal(open_tcp("127.0.0.1", port, &p, why, sizeof(why)), 0);
	snprintf(spec, sizeof(spec), "tcp://127.0.0.1:%d", port);
	assert_string_equal(port_identity(p), spec);
	assert_string_equal(port_path(p), spec);
	port_free(p);
	close(server);
}

/* The kernel may refuse at once or a moment later: both ways end with the reason. */
static void a_refused_connection_is_told(void **state)
{
	int port, server = listen_somewhere(&port), r;
	char why[300], buf[8];
	struct port *p;
	size_t n;

	close(server);
	r = open_tcp("127.0.0.1", port, &p, why, sizeof(why));
	if (r == 0) {
		assert_int_equal(read_on(p, buf, sizeof(buf), &n), PORT_E_GONE);
		assert_true(port_connecting(p));
		snprintf(why, sizeof(why), "%s", port_gone_why(p));
		port_free(p);
	} else {
		assert_int_equal(r, -ECONNREFUSED);
	}
	assert_non_null(strstr(why, "Connection refused"));
}

static void a_name_that_does_not_exist_is_told_without_blocking_the_opener(void **state)
{
	char why[300], buf[8];
	struct port *p;
	size_t n;
	int r;

	assert_int_equal(open_tcp("knead-test.invalid", 7000, &p, why, sizeof(why)), 0);
	assert_true(port_connecting(p));
	r = port_read(p, buf, sizeof(buf), &n);
	if (r == PORT_E_AGAIN) {
		struct pollfd one = { .fd = port_fd(p), .events = POLLIN };

		/* Resolvers may take their time before they give up. */
		if (poll(&one, 1, 60000) == 0) {
			port_free(p);
			skip();
		}
		r = port_read(p, buf, sizeof(buf), &n);
	}
	assert_int_equal(r, PORT_E_GONE);
	assert_true(port_connecting(p));
	assert_non_null(strstr(port_gone_why(p), "name knead-test.invalid not resolved"));
	port_free(p);
}

static void a_port_can_be_closed_while_its_name_is_looked_up(void **state)
{
	char why[300];
	struct port *p;

	for (int i = 0; i < 20; i++) {
		assert_int_equal(open_tcp("localhost", 7000, &p, why, sizeof(why)), 0);
		port_free(p);
	}
}

static void malformed_addresses_are_refused(void **state)
{
	static const char *const bad[] = { "tcp://", "tcp://host", "tcp://host:", "tcp://:7000", "tcp://host:0",
		"tcp://host:65536", "tcp://host:-1", "tcp://host:+7", "tcp://host:7x", "tcp://fe80::1:7000",
		"tcp://[]:7000", "tcp://host:70000000000" };
	struct port *p = NULL;
	char why[300];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct port_options options = { .spec = bad[i] };

		assert_int_equal(port_open(&options, &p, why, sizeof(why)), -EINVAL);
		assert_non_null(strstr(why, "write tcp://HOST:PORT"));
	}
	assert_null(p);
}

static void an_ipv6_address_stands_in_brackets(void **state)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	socklen_t size = sizeof(address);
	int server = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char why[300], buf[8];
	struct port *p;
	size_t n;

	if (server < 0 || bind(server, (struct sockaddr *)&address, sizeof(address)) < 0)
		skip();
	assert_int_equal(listen(server, 1), 0);
	assert_int_equal(getsockname(server, (struct sockaddr *)&address, &size), 0);
	assert_int_equal(open_tcp("[::1]", ntohs(address.sin6_port), &p, why, sizeof(why)), 0);
	while (port_connecting(p)) {
		assert_true(scratch_wait(port_fd(p)));
		assert_int_equal(port_read(p, buf, sizeof(buf), &n), PORT_E_AGAIN);
	}
	port_free(p);
	close(server);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_numeric_address_is_talked_to),
		cmocka_unit_test(a_name_is_looked_up_and_talked_to),
		cmocka_unit_test(the_identity_is_the_specification),
		cmocka_unit_test(a_refused_connection_is_told),
		cmocka_unit_test(a_name_that_does_not_exist_is_told_without_blocking_the_opener),
		cmocka_unit_test(a_port_can_be_closed_while_its_name_is_looked_up),
		cmocka_unit_test(malformed_addresses_are_refused),
		cmocka_unit_test(an_ipv6_address_stands_in_brackets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
