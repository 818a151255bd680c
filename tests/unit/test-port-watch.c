/* SPDX-License-Identifier: MIT */
/* Waiting for a port to come back, with the inotify of the running system. Time is fed, never waited for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "port_watch.h"
#include "scratch.h"

#define S INT64_C(1000000)

struct fixture {
	struct scratch *scratch;
	struct port_watch *watch;
};

/* A watch for a port below the scratch folder that was tried in vain at 100 s, for the tenth time. */
static struct port_watch *watch_in_vain(struct scratch *s, const char *prefix, const char *name)
{
	struct port_watch *w;
	char spec[600];

	snprintf(spec, sizeof(spec), "%s%s", prefix, scratch_path(s, name));
	assert_int_equal(port_watch_new(spec, &w), 0);
	for (int i = 0; i < 10; i++)
		port_watch_failed(w, (91 + i) * S, -ENOENT, "not there");
	if (port_watch_fd(w) < 0)
		skip();
	assert_true(port_watch_deadline_us(w) == 130 * S);
	return w;
}

/* What happened is on the descriptor at once: inotify queues it before the call that causes it returns. */
static bool has_news(struct port_watch *w)
{
	struct pollfd one = { .fd = port_watch_fd(w), .events = POLLIN };
	int64_t before_us = port_watch_deadline_us(w);
	bool ready = poll(&one, 1, 0) == 1;

	port_watch_notice(w, 110 * S);
	assert_int_equal(poll(&one, 1, 0), 0);
	return ready && port_watch_deadline_us(w) < before_us;
}

static void a_new_watch_is_due_at_once_and_asks_for_its_specification(void **state)
{
	struct port_watch *w;

	assert_int_equal(port_watch_new("usb:0403:6001", &w), 0);
	assert_true(port_watch_deadline_us(w) == INT64_MIN);
	assert_string_equal(port_watch_spec(w), "usb:0403:6001");
	port_watch_free(w);
	port_watch_free(NULL);
}

static void once_open_the_port_is_sought_by_its_identity(void **state)
{
	struct port_watch *w;

	assert_int_equal(port_watch_new("/dev/ttyUSB0", &w), 0);
	port_watch_opened(w, 1 * S, "usb:0403:6001:A1B2");
	assert_true(port_watch_deadline_us(w) == INT64_MAX);
	port_watch_lost(w, 60 * S);
	assert_string_equal(port_watch_spec(w), "usb:0403:6001:A1B2");
	assert_in_range(port_watch_deadline_us(w), 60 * S, 61 * S);
	assert_false(port_watch_failed(w, 61 * S, -ENOENT, "not there"));
	port_watch_free(w);
}

static void the_link_of_a_pseudo_terminal_is_noticed_when_it_appears(void **state)
{
	struct port_watch *w = watch_in_vain(*state, "pty:", "ball");

	scratch_link(*state, "ball", "/dev/pts/none");
	assert_true(has_news(w));
	assert_in_range(port_watch_deadline_us(w), 110 * S, 110 * S + 100000);
	port_watch_free(w);
}

static void a_link_that_is_moved_into_place_is_noticed(void **state)
{
	struct port_watch *w = watch_in_vain(*state, "", "ball");

	scratch_link(*state, "ball.new", "/dev/pts/none");
	assert_false(has_news(w));
	assert_int_equal(rename(scratch_path(*state, "ball.new"), scratch_path(*state, "ball")), 0);
	assert_true(has_news(w));
	port_watch_free(w);
}

static void a_change_of_permissions_is_noticed(void **state)
{
	struct port_watch *w;

	scratch_write(*state, "ball", "");
	w = watch_in_vain(*state, "", "ball");
	assert_int_equal(chmod(scratch_path(*state, "ball"), 0600), 0);
	assert_true(has_news(w));
	port_watch_free(w);
}

static void what_happens_to_other_names_is_no_news(void **state)
{
	struct port_watch *w = watch_in_vain(*state, "pty:", "ball");

	scratch_write(*state, "bal", "");
	scratch_write(*state, "ball2", "");
	assert_false(has_news(w));
	assert_true(port_watch_deadline_us(w) == 130 * S);
	port_watch_free(w);
}

static void folders_that_are_not_there_yet_are_followed_down(void **state)
{
	struct port_watch *w = watch_in_vain(*state, "", "dev/serial/by-id/usb-ball");

	assert_int_equal(mkdir(scratch_path(*state, "dev"), 0755), 0);
	assert_true(has_news(w));
	port_watch_failed(w, 120 * S, -ENOENT, "not there");
	assert_int_equal(mkdir(scratch_path(*state, "dev/serial"), 0755), 0);
	assert_int_equal(mkdir(scratch_path(*state, "dev/serial/by-id"), 0755), 0);
	port_watch_notice(w, 121 * S);
	port_watch_failed(w, 122 * S, -ENOENT, "not there");
	port_watch_failed(w, 123 * S, -ENOENT, "not there");
	scratch_write(*state, "dev/serial/by-id/usb-ball", "");
	port_watch_notice(w, 123 * S + 500000);
	assert_true(port_watch_deadline_us(w) < 124 * S);
	port_watch_free(w);
}

static void a_folder_that_goes_and_comes_back_is_watched_again(void **state)
{
	struct port_watch *w;

	assert_int_equal(mkdir(scratch_path(*state, "by-id"), 0755), 0);
	w = watch_in_vain(*state, "", "by-id/ball");
	assert_int_equal(rmdir(scratch_path(*state, "by-id")), 0);
	assert_true(has_news(w));
	for (int i = 0; i < 10; i++)
		port_watch_failed(w, (111 + i) * S, -ENOENT, "not there");
	assert_int_equal(mkdir(scratch_path(*state, "by-id"), 0755), 0);
	assert_true(scratch_wait(port_watch_fd(w)));
	port_watch_notice(w, 121 * S);
	assert_true(port_watch_deadline_us(w) < 122 * S);
	port_watch_free(w);
}

static void while_the_port_is_open_nothing_wakes_the_caller(void **state)
{
	struct port_watch *w = watch_in_vain(*state, "", "ball");
	struct pollfd one = { .fd = port_watch_fd(w), .events = POLLIN };

	port_watch_opened(w, 101 * S, port_watch_spec(w));
	port_watch_notice(w, 101 * S);
	scratch_write(*state, "ball", "");
	assert_int_equal(poll(&one, 1, 0), 0);
	assert_true(port_watch_deadline_us(w) == INT64_MAX);
	port_watch_free(w);
}

static void what_happened_between_the_loss_and_the_failed_try_is_not_missed(void **state)
{
	struct port_watch *w = watch_in_vain(*state, "", "ball");

	scratch_write(*state, "ball", "");
	port_watch_failed(w, 101 * S, -EACCES, "no permission");
	assert_true(has_news(w));
	port_watch_free(w);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_watch_is_due_at_once_and_asks_for_its_specification),
		TEST(once_open_the_port_is_sought_by_its_identity),
		TEST(the_link_of_a_pseudo_terminal_is_noticed_when_it_appears),
		TEST(a_link_that_is_moved_into_place_is_noticed),
		TEST(a_change_of_permissions_is_noticed),
		TEST(what_happens_to_other_names_is_no_news),
		TEST(folders_that_are_not_there_yet_are_followed_down),
		TEST(a_folder_that_goes_and_comes_back_is_watched_again),
		TEST(while_the_port_is_open_nothing_wakes_the_caller),
		TEST(what_happened_between_the_loss_and_the_failed_try_is_not_missed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
