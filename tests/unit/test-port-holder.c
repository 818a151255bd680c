/* SPDX-License-Identifier: MIT */
/* Who is in the way of a port, in made-up trees of /proc and in the real one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/sysmacros.h>

#include "port_holder.h"
#include "scratch.h"

/* A process of that name with one file open, below proc/. */
static void run(struct scratch *s, const char *pid, const char *name, const char *open)
{
	char file[128];

	snprintf(file, sizeof(file), "proc/%s/comm", pid);
	scratch_write(s, file, name);
	snprintf(file, sizeof(file), "proc/%s/fd/3", pid);
	scratch_link(s, file, open);
}

static const char *explain(struct scratch *s, int error, const char *path)
{
	static char why[512];

	port_explain(error, scratch_path(s, "proc"), path, why, sizeof(why));
	return why;
}

static void the_process_that_has_the_device_open_is_found(void **state)
{
	struct port_holder holder;

	run(*state, "17", "bash\n", "/dev/zero");
	run(*state, "512", "ModemManager\n", "/dev/null");
	scratch_write(*state, "proc/version", "x");
	assert_int_equal(port_holder_find(scratch_path(*state, "proc"), "/dev/null", &holder), 0);
	assert_string_equal(holder.name, "ModemManager");
	assert_int_equal(holder.pid, 512);
	assert_false(holder.suspected);
}

static void another_name_of_the_device_is_the_same_device(void **state)
{
	struct port_holder holder;

	run(*state, "512", "brltty\n", "/dev/null");
	scratch_link(*state, "dev/ball", "/dev/null");
	assert_int_equal(port_holder_find(scratch_path(*state, "proc"), scratch_path(*state, "dev/ball"), &holder), 0);
	assert_string_equal(holder.name, "brltty");
}

static void nobody_holds_a_free_port(void **state)
{
	struct port_holder holder = { .pid = 7 };

	run(*state, "17", "bash\n", "/dev/zero");
	assert_int_equal(port_holder_find(scratch_path(*state, "proc"), "/dev/null", &holder), 1);
	assert_int_equal(holder.pid, 7);
	assert_true(port_holder_find(scratch_path(*state, "proc"), scratch_path(*state, "missing"), &holder) < 0);
	assert_true(port_holder_find(scratch_path(*state, "missing"), "/dev/null", &holder) < 0);
}

static void a_program_known_for_it_is_suspected_where_nothing_can_be_seen(void **state)
{
	struct port_holder holder;

	/* fd is no folder: it cannot be listed, even by root. */
	scratch_write(*state, "proc/300/comm", "cron\n");
	scratch_write(*state, "proc/300/fd", "");
	scratch_write(*state, "proc/400/comm", "ModemManager\n");
	scratch_write(*state, "proc/400/fd", "");
	assert_int_equal(port_holder_find(scratch_path(*state, "proc"), "/dev/null", &holder), 0);
	assert_true(holder.suspected);
	assert_int_equal(holder.pid, 400);
	assert_non_null(strstr(explain(*state, -EBUSY, "/dev/null"), "probably ModemManager (pid 400)"));
	run(*state, "500", "minicom\n", "/dev/null");
	assert_int_equal(port_holder_find(scratch_path(*state, "proc"), "/dev/null", &holder), 0);
	assert_false(holder.suspected);
	assert_int_equal(holder.pid, 500);
}

static void who_has_it_locked_counts_before_who_has_it_open(void **state)
{
	struct port_holder holder;
	char locks[256];
	struct stat st;

	run(*state, "17", "simulator\n", "/dev/null");
	scratch_write(*state, "proc/4711/comm", "kneadd\n");
	assert_int_equal(stat("/dev/null", &st), 0);
	snprintf(locks, sizeof(locks),
		"1: POSIX  ADVISORY  WRITE 1 %02x:%02x:%llu 0 EOF\n"
		"2: FLOCK  ADVISORY  WRITE 4711 %02x:%02x:%llu 0 EOF\n",
		major(st.st_dev), minor(st.st_dev), (unsigned long long)st.st_ino, major(st.st_dev), minor(st.st_dev),
		(unsigned long long)st.st_ino);
	scratch_write(*state, "proc/locks", locks);
	assert_int_equal(port_holder_find(scratch_path(*state, "proc"), "/dev/null", &holder), 0);
	assert_int_equal(holder.pid, 4711);
	assert_string_equal(holder.name, "kneadd");
}

static void the_running_system_shows_our_own_lock(void **state)
{
	struct port_holder holder;
	const char *path;
	int fd;

	scratch_write(*state, "port", "");
	path = scratch_path(*state, "port");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(port_holder_find("/proc", path, &holder), 0);
	assert_int_equal(holder.pid, getpid());
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(port_holder_find("/proc", path, &holder), 0);
	assert_int_equal(holder.pid, getpid());
	close(fd);
	assert_int_not_equal(port_holder_find("/proc", path, &holder), 0);
}

static void a_busy_port_is_explained_with_its_holder(void **state)
{
	run(*state, "512", "ModemManager\n", "/dev/null");
	assert_non_null(strstr(
		explain(*state, -EBUSY, "/dev/null"), "port /dev/null is held by ModemManager (pid 512), stop it"));
	assert_int_equal(
		port_explain(-EWOULDBLOCK, scratch_path(*state, "proc"), "/dev/null", (char[300]){ 0 }, 300), -EBUSY);
}

static void a_busy_port_without_visible_holder_tells_how_to_look(void **state)
{
	scratch_write(*state, "proc/version", "x");
	assert_non_null(strstr(explain(*state, -EBUSY, "/dev/null"), "sudo fuser -v /dev/null"));
}

static void a_port_that_is_open_here_already_is_no_riddle(void **state)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	run(*state, pid, "kneadd\n", "/dev/null");
	assert_non_null(strstr(explain(*state, -EBUSY, "/dev/null"), "already open in this very program"));
}

static void a_port_without_permission_is_explained_with_the_group(void **state)
{
	const char *path;

	scratch_write(*state, "port", "");
	path = scratch_path(*state, "port");
	assert_int_equal(chmod(path, 0600), 0);
	assert_non_null(strstr(explain(*state, -EACCES, path), "group dialout"));
	assert_non_null(strstr(explain(*state, -EACCES, path), "usermod -aG dialout"));
}

/* Inside the service's user namespace every group but its own looks like this one. */
static void a_group_that_cannot_be_seen_is_not_named(void **state)
{
	const char *path;

	scratch_write(*state, "port", "");
	path = scratch_path(*state, "port");
	assert_int_equal(chown(path, 0, 65534), 0);
	assert_int_equal(chmod(path, 0660), 0);
	assert_non_null(strstr(explain(*state, -EACCES, path), "group dialout"));
}

static void what_is_missing_or_closed_is_told_plainly(void **state)
{
	assert_non_null(strstr(explain(*state, -ENOENT, "/dev/ttyUSB9"), "port /dev/ttyUSB9 is not there"));
	assert_non_null(strstr(explain(*state, -EIO, "/dev/pts/99"), "its other side is closed"));
	assert_non_null(strstr(explain(*state, -EMFILE, "/dev/ttyUSB9"), "cannot be opened: Too many open files"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_process_that_has_the_device_open_is_found),
		TEST(another_name_of_the_device_is_the_same_device),
		TEST(nobody_holds_a_free_port),
		TEST(a_program_known_for_it_is_suspected_where_nothing_can_be_seen),
		TEST(who_has_it_locked_counts_before_who_has_it_open),
		TEST(the_running_system_shows_our_own_lock),
		TEST(a_busy_port_is_explained_with_its_holder),
		TEST(a_busy_port_without_visible_holder_tells_how_to_look),
		TEST(a_port_that_is_open_here_already_is_no_riddle),
		TEST(a_port_without_permission_is_explained_with_the_group),
		TEST(what_is_missing_or_closed_is_told_plainly),
		TEST(a_group_that_cannot_be_seen_is_not_named),
	};
	/* Only root gives a file away. Left out for others, as meson takes what cmocka 1.1.5 says of a skipped case for a failure. */
	size_t count = sizeof(tests) / sizeof(tests[0]) - (geteuid() == 0 ? 0 : 1);

	return _cmocka_run_group_tests("tests", tests, count, NULL, NULL);
}
