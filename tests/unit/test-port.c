/* SPDX-License-Identifier: MIT */
/* Ports that are there on every machine: pseudo-terminals, FIFOs, files, standard input; and what all ports share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <termios.h>

#include "port_internal.h"
#include "scratch.h"

/* A pseudo-terminal: the side the device writes to, and the name of the side we open. */
static int make_pty(char *ret_name)
{
	int device, ours;

	assert_int_equal(openpty(&device, &ours, ret_name, NULL, NULL), 0);
	close(ours);
	fcntl(device, F_SETFD, FD_CLOEXEC);
	return device;
}

static struct port *open_settled(const char *spec, double settle_s)
{
	struct port_options options = { .spec = spec, .baud = 115200, .dtr = true, .settle_s = settle_s };
	struct port *p = NULL;
	char why[300] = "";

	if (port_open(&options, &p, why, sizeof(why)) != 0)
		fail_msg("%s", why);
	return p;
}

static struct port *open_port(const char *spec)
{
	return open_settled(spec, 0);
}

static int open_why(const char *spec, char *ret_why, size_t why_size)
{
	struct port_options options = { .spec = spec, .baud = 115200, .dtr = true };
	struct port *p = NULL;
	int r = port_open(&options, &p, ret_why, why_size);

	assert_null(p);
	return r;
}

/* Waits for bytes and reads them all, in reads of at most size. */
static void assert_reads(struct port *p, const char *bytes, size_t size)
{
	size_t n, length = strlen(bytes), got = 0;
	char buf[256];

	while (got < length) {
		assert_true(scratch_wait(port_fd(p)));
		assert_int_equal(port_read(p, buf, size, &n), 0);
		assert_true(n > 0 && n <= size && got + n <= length);
		assert_memory_equal(buf, bytes + got, n);
		got += n;
	}
}

static int read_result(struct port *p)
{
	size_t n = 77;
	char buf[64];
	int r = port_read(p, buf, sizeof(buf), &n);

	if (r != 0)
		assert_int_equal(n, 77);
	return r;
}

static void a_silent_pseudo_terminal_gives_again(void **state)
{
	char name[64];
	int device = make_pty(name);
	struct port *p = open_port(name);

	assert_int_equal(read_result(p), PORT_E_AGAIN);
	assert_int_equal(read_result(p), PORT_E_AGAIN);
	assert_string_equal(port_path(p), name);
	assert_string_equal(port_identity(p), name);
	assert_false(port_connecting(p));
	port_free(p);
	close(device);
}

static void a_pseudo_terminal_opens_with_prefix_without_and_by_a_link(void **state)
{
	char name[64], spec[600];
	int device = make_pty(name);
	struct port *p;

	scratch_link(*state, "ball", name);
	for (int i = 0; i < 4; i++) {
		snprintf(spec, sizeof(spec), "%s%s", i & 1 ? "pty:" : "", i & 2 ? scratch_path(*state, "ball") : name);
		p = open_port(spec);
		assert_string_equal(port_identity(p), spec);
		assert_int_equal(write(device, "a\n", 2), 2);
		assert_reads(p, "a\n", 64);
		port_free(p);
	}
	close(device);
}

static void a_pseudo_terminal_passes_every_byte_both_ways_without_echo(void **state)
{
	char name[64], buf[256], all[256];
	int device = make_pty(name);
	struct port *p = open_port(name);
	size_t got = 0, n;

	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	assert_int_equal(write(device, all, 256), 256);
	while (got < 256) {
		assert_true(scratch_wait(port_fd(p)));
		assert_int_equal(port_read(p, buf + got, 256 - got, &n), 0);
		got += n;
	}
	assert_memory_equal(buf, all, 256);
	assert_int_equal(port_write(p, all, 256), 256);
	for (got = 0; got < 256; got += n) {
		assert_true(scratch_wait(device));
		n = (size_t)read(device, buf + got, 256 - got);
	}
	assert_memory_equal(buf, all, 256);
	assert_int_equal(fcntl(device, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(read(device, buf, 1), -1);
	port_free(p);
	close(device);
}

static void closing_the_other_side_is_noticed_at_once(void **state)
{
	char name[64];
	int device = make_pty(name);
	struct port *p = open_port(name);

	close(device);
	assert_true(scratch_wait(port_fd(p)));
	assert_int_equal(read_result(p), PORT_E_GONE);
	assert_string_equal(port_gone_why(p), "other side closed");
	assert_int_equal(read_result(p), PORT_E_GONE);
	assert_true(port_write(p, "x", 1) < 0);
	port_free(p);
}

static void a_second_open_of_a_port_is_refused_and_names_the_holder(void **state)
{
	char name[64], why[300], wanted[64], byte;
	int device = make_pty(name), ready[2], pid;
	struct port *p;

	p = open_port(name);
	assert_int_equal(open_why(name, why, sizeof(why)), -EBUSY);
	assert_non_null(strstr(why, "already open in this very program"));
	port_free(p);

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		int fd = open(name, O_RDWR | O_NOCTTY);

		if (fd >= 0 && flock(fd, LOCK_EX) == 0 && write(ready[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(open_why(name, why, sizeof(why)), -EBUSY);
	snprintf(wanted, sizeof(wanted), "(pid %d), stop it", pid);
	assert_non_null(strstr(why, wanted));
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	/* Whoever is killed leaves nothing behind that would keep the next one out. */
	port_free(open_port(name));
	close(ready[0]);
	close(ready[1]);
	close(device);
}

static void bytes_of_the_settle_window_are_thrown_away(void **state)
{
	char name[64];
	int device = make_pty(name);
	struct port *p = open_settled(name, 3600);

	assert_int_equal(write(device, "rst:0x1 (POWERON_RESET)\n", 24), 24);
	assert_true(scratch_wait(port_fd(p)));
	assert_int_equal(read_result(p), PORT_E_AGAIN);
	assert_int_equal(read_result(p), PORT_E_AGAIN);
	port_free(p);
	close(device);
}

static void the_settle_window_ends_when_its_time_is_over(void **state)
{
	struct port p = { .settles = true, .settled_us = 5000 };

	assert_true(port_is_settling(&p, 4999));
	assert_false(port_is_settling(&p, 5000));
	p.settles = false;
	assert_false(port_is_settling(&p, 4999));
}

static void a_fifo_waits_for_its_writers_and_is_gone_with_the_last(void **state)
{
	const char *path = scratch_path(*state, "fifo");
	struct port *p;
	int writer;

	assert_int_equal(mkfifo(path, 0600), 0);
	p = open_port(path);
	assert_int_equal(read_result(p), PORT_E_AGAIN);
	writer = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(read_result(p), PORT_E_AGAIN);
	assert_int_equal(write(writer, "1\n2\n", 4), 4);
	assert_reads(p, "1\n2\n", 3);
	close(writer);
	assert_true(scratch_wait(port_fd(p)));
	assert_int_equal(read_result(p), PORT_E_GONE);
	assert_string_equal(port_gone_why(p), "writer closed");
	port_free(p);
	/* Opened again it waits for the next writer instead of being gone at once. */
	p = open_port(path);
	assert_int_equal(read_result(p), PORT_E_AGAIN);
	port_free(p);
}

static void a_file_is_read_to_its_end_and_can_be_waited_for_with_epoll(void **state)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	struct port *p;

	scratch_write(*state, "log", "1\n2\n3\n");
	p = open_settled(scratch_path(*state, "log"), 3600);
	assert_int_equal(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, port_fd(p), &event), 0);
	assert_int_equal(epoll_wait(epoll_fd, &event, 1, 0), 1);
	assert_reads(p, "1\n2\n3\n", 4);
	assert_int_equal(read_result(p), PORT_E_END);
	assert_int_equal(epoll_wait(epoll_fd, &event, 1, 0), 1);
	assert_int_equal(port_write(p, "x", 1), -EPERM);
	port_free(p);
	p = open_port("/dev/null");
	assert_int_equal(read_result(p), PORT_E_END);
	port_free(p);
	close(epoll_fd);
}

static void standard_input_is_read_to_its_end_and_stays_blocking_for_others(void **state)
{
	int pipe_fds[2], kept = dup(STDIN_FILENO);
	struct port *p;

	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	assert_int_equal(dup2(pipe_fds[0], STDIN_FILENO), STDIN_FILENO);
	p = open_port("-");
	assert_string_equal(port_identity(p), "-");
	assert_int_equal(read_result(p), PORT_E_AGAIN);
	assert_int_equal(write(pipe_fds[1], "12.5\n", 5), 5);
	assert_reads(p, "12.5\n", 64);
	assert_false(fcntl(STDIN_FILENO, F_GETFL) & O_NONBLOCK);
	close(pipe_fds[1]);
	assert_true(scratch_wait(port_fd(p)));
	assert_int_equal(read_result(p), PORT_E_END);
	port_free(p);
	close(pipe_fds[0]);
	assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
	close(kept);
}

static void what_cannot_be_opened_is_explained(void **state)
{
	char why[300];

	assert_int_equal(open_why("/dev/knead-no-such-port", why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "/dev/knead-no-such-port is not there"));
	assert_int_equal(open_why("pty:/dev/pts/knead", why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "/dev/pts/knead is not there"));
	assert_int_equal(open_why("usb:ffff:fffe:none", why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "usb:ffff:fffe:none is not there"));
	assert_int_equal(open_why("usb:0403", why, sizeof(why)), -EINVAL);
	assert_non_null(strstr(why, "usb:VID:PID"));
	assert_int_equal(open_why(((struct scratch *)*state)->dir, why, sizeof(why)), -EISDIR);
	assert_int_equal(open_why("", why, sizeof(why)), -EINVAL);
	assert_int_equal(open_why(NULL, why, sizeof(why)), -EINVAL);
}

static void every_descriptor_closes_on_exec(void **state)
{
	char name[64];
	int device = make_pty(name);
	const char *specs[4] = { name, "/dev/null", "-" };

	for (int i = 0; specs[i]; i++) {
		struct port *p = open_port(specs[i]);

		assert_true(fcntl(p->fd, F_GETFD) & FD_CLOEXEC);
		assert_true(fcntl(port_fd(p), F_GETFD) & FD_CLOEXEC);
		port_free(p);
	}
	port_free(NULL);
	close(device);
}

static void a_serial_port_without_bytes_is_gone_only_when_the_system_says_so(void **state)
{
	static const struct {
		int waiting;
		short revents;
		bool gone;
	} cases[] = {
		{ 0, 0, false }, /* nothing yet */
		{ 3, POLLIN, false }, /* came after the read */
		{ 3, 0, false },
		{ -2, 0, true }, /* the queue cannot be asked any more */
		{ 0, POLLIN, true }, /* ready, and nothing there */
		{ 0, POLLIN | POLLHUP | POLLERR, true },
		{ 3, POLLHUP, true },
		{ 0, POLLERR, true },
		{ 0, POLLNVAL, true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(port_serial_is_gone(cases[i].waiting, cases[i].revents), cases[i].gone);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_silent_pseudo_terminal_gives_again),
		TEST(a_pseudo_terminal_opens_with_prefix_without_and_by_a_link),
		TEST(a_pseudo_terminal_passes_every_byte_both_ways_without_echo),
		TEST(closing_the_other_side_is_noticed_at_once),
		TEST(a_second_open_of_a_port_is_refused_and_names_the_holder),
		TEST(bytes_of_the_settle_window_are_thrown_away),
		TEST(the_settle_window_ends_when_its_time_is_over),
		TEST(a_fifo_waits_for_its_writers_and_is_gone_with_the_last),
		TEST(a_file_is_read_to_its_end_and_can_be_waited_for_with_epoll),
		TEST(standard_input_is_read_to_its_end_and_stays_blocking_for_others),
		TEST(what_cannot_be_opened_is_explained),
		TEST(every_descriptor_closes_on_exec),
		TEST(a_serial_port_without_bytes_is_gone_only_when_the_system_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
