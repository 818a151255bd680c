/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sqlite3.h>

#include "journal.h"
#include "scratch.h"
#include "slow_disk.h"

#define S 1000000LL
#define DAY (86400 * S)
#define MADE (1800000000LL * S) /* 2027: UTC of the tests */

static const struct journal_options standard = { .boot = "0000000a",
	.kernel = "kernel-1",
	.own = true,
	.started_wall_us = MADE,
	.late_after_us = 60 * S,
	.keep_days = 10 };

/* The clocks of a machine that has run for so long. */
static struct journal_now at(int64_t boottime_us)
{
	return (struct journal_now){ .boottime_us = boottime_us, .wall_us = MADE + boottime_us, .wall_sure = true };
}

static struct journal *open_with(struct scratch *s, struct journal_options o, int expected)
{
	struct journal *j = NULL;
	char why[256];

	o.path = o.path ? o.path : scratch_path(s, "journal.db");
	int opened = journal_open(&o, &j, why, sizeof(why));

	if (opened != expected)
		print_message("%s\n", why);
	assert_int_equal(opened, expected);
	if (expected < 0) {
		assert_null(j);
		assert_true(why[0] != '\0');
	}
	return j;
}

static struct journal *open_run(struct scratch *s, const char *boot)
{
	struct journal_options o = standard;

	o.boot = boot;
	return open_with(s, o, 0);
}

static struct journal_record record(uint64_t n, int64_t decided_us, enum journal_fate fate)
{
	return (struct journal_record){ .key = journal_key(JOURNAL_RUN_NOW, n),
		.device = "ball-1",
		.group = "hold",
		.payload = "{\"v\":1}",
		.length = 7,
		.decided_us = decided_us,
		.wall_us = MADE + decided_us,
		.fate = fate };
}

static void write_records(struct journal *j, uint64_t from, uint64_t to, int64_t decided_us, enum journal_fate fate)
{
	assert_int_equal(journal_begin(j), 0);
	for (uint64_t n = from; n <= to; n++) {
		struct journal_record r = record(n, decided_us, fate);

		assert_int_equal(journal_add(j, &r), 0);
	}
	assert_int_equal(journal_commit(j), 0);
}

struct told {
	char text[4096];
	size_t length;
};

static bool on_record(void *user, const struct journal_record *r, enum journal_age age)
{
	struct told *t = user;

	t->length += (size_t)snprintf(t->text + t->length, sizeof(t->text) - t->length,
		age == JOURNAL_LATE ? "%s[%s/%lld]" : "%s%s/%lld", t->length > 0 ? " " : "", r->boot + 7,
		(long long)(r->key & 0xffff));
	return true;
}

/* What waits, as "boot/n boot/n", the late ones in brackets. */
static const char *waits(struct journal *j, struct journal_now now)
{
	static struct told told;

	told = (struct told){ 0 };
	assert_int_equal(journal_read(j, &now, 0, on_record, &told), 0);
	return told.text;
}

static int64_t number(struct scratch *s, const char *sql)
{
	sqlite3_stmt *statement;
	sqlite3 *db;
	int64_t value;

	assert_int_equal(sqlite3_open_v2(scratch_path(s, "journal.db"), &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
	value = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : -1;
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return value;
}

static size_t files_like(struct scratch *s, const char *pattern)
{
	glob_t found;
	size_t count = glob(scratch_path(s, pattern), 0, NULL, &found) == 0 ? found.gl_pathc : 0;

	globfree(&found);
	return count;
}

/* ---- order and age ---- */

static void what_waits_is_read_in_order_of_run_and_number(void **state)
{
	struct journal *j = open_run(*state, "0000000b");

	write_records(j, 1, 3, 0, JOURNAL_WAITS);
	journal_close(j);
	j = open_run(*state, "0000000a"); /* a later run, whatever its name */
	write_records(j, 1, 2, 0, JOURNAL_WAITS);
	assert_string_equal(waits(j, at(1 * S)), "b/1 b/2 b/3 a/1 a/2");
	assert_int_equal(journal_waiting(j), 5);
	journal_close(j);
}

static void what_was_delivered_or_refused_waits_no_more(void **state)
{
	struct journal *j = open_run(*state, "0000000a");

	write_records(j, 1, 4, 0, JOURNAL_WAITS);
	write_records(j, 5, 5, 0, JOURNAL_DELIVERED);
	assert_int_equal(journal_begin(j), 0);
	assert_int_equal(journal_mark(j, journal_key(JOURNAL_RUN_NOW, 2), JOURNAL_DELIVERED), 0);
	assert_int_equal(journal_mark(j, journal_key(JOURNAL_RUN_NOW, 3), JOURNAL_REFUSED), 0);
	assert_int_equal(journal_mark(j, journal_key(JOURNAL_RUN_NOW, 3), JOURNAL_DELIVERED), 0); /* once only */
	assert_int_equal(journal_commit(j), 0);
	assert_string_equal(waits(j, at(0)), "a/1 a/4");
	assert_int_equal(journal_waiting(j), 2);
	journal_close(j);
	j = open_run(*state, "0000000c");
	assert_string_equal(waits(j, at(0)), "a/1 a/4");
	assert_int_equal(journal_waiting(j), 2);
	journal_close(j);
	assert_int_equal(number(*state, "SELECT done FROM event WHERE key & 255 = 3"), JOURNAL_REFUSED);
}

static void the_same_run_goes_on_where_it_was_when_its_file_is_opened_again(void **state)
{
	struct journal *j = open_run(*state, "0000000a");

	write_records(j, 1, 2, 0, JOURNAL_WAITS);
	journal_close(j);
	j = open_run(*state, "0000000a");
	write_records(j, 2, 3, 0, JOURNAL_WAITS); /* 2 is there already and stays as it is */
	assert_string_equal(waits(j, at(0)), "a/1 a/2 a/3");
	assert_int_equal(journal_waiting(j), 3);
	journal_close(j);
	assert_int_equal(number(*state, "SELECT count(*) FROM run"), 1);
}

static void a_record_is_late_from_its_limit_on_and_fresh_just_before(void **state)
{
	struct journal *j = open_run(*state, "0000000a");

	write_records(j, 1, 1, 100 * S, JOURNAL_WAITS);
	assert_string_equal(waits(j, at(160 * S - 1)), "a/1");
	assert_string_equal(waits(j, at(160 * S)), "[a/1]");
	journal_close(j);
}

static void steps_of_the_wall_clock_change_no_age_within_a_boot_of_the_machine(void **state)
{
	struct journal *j = open_run(*state, "0000000a");
	struct journal_now now = at(110 * S);

	write_records(j, 1, 1, 100 * S, JOURNAL_WAITS);
	now.wall_us += 3600 * S;
	assert_string_equal(waits(j, now), "a/1");
	now.wall_us -= 7200 * S;
	assert_string_equal(waits(j, now), "a/1");
	journal_close(j);
}

/* The machine was switched off for off_us and has run for up_us since; a record was made just before. */
static const char *after_reboot(void **state, int64_t off_us, int64_t up_us, bool sure)
{
	struct journal_options o = standard;
	struct journal *j = open_run(*state, "0000000a");
	const char *text;

	write_records(j, 1, 1, 100 * S, JOURNAL_WAITS);
	journal_close(j);
	o.kernel = "kernel-2";
	o.boot = "0000000b";
	j = open_with(*state, o, 0);
	text = waits(j, (struct journal_now){ up_us, MADE + 100 * S + off_us + up_us, sure });
	journal_close(j);
	return text;
}

static void across_boots_of_the_machine_the_wall_clock_tells_the_age(void **state)
{
	assert_string_equal(after_reboot(state, 20 * S, 30 * S, true), "a/1");
	assert_string_equal(after_reboot(state, 20 * S, 40 * S, true), "[a/1]");
}

static void a_wall_clock_that_nobody_has_set_makes_nothing_young(void **state)
{
	assert_string_equal(after_reboot(state, 20 * S, 30 * S, false), "[a/1]");
	assert_string_equal(after_reboot(state, -5 * S, 30 * S, true), "[a/1]"); /* younger than the kernel is up */
	assert_string_equal(after_reboot(state, -3600 * S, 30 * S, true), "[a/1]");
}

static void a_record_of_an_earlier_boot_keeps_its_age_on_the_clock_of_this_one(void **state)
{
	struct journal_now now = { 30 * S, MADE + 150 * S, true };
	struct journal *j = open_run(*state, "0000000a");
	struct journal_options o = standard;
	struct told told = { 0 };

	write_records(j, 1, 1, 100 * S, JOURNAL_WAITS); /* 50 s before now */
	journal_close(j);
	o.kernel = "kernel-2";
	j = open_with(*state, o, 0);
	assert_int_equal(journal_read(j, &now, 0, on_record, &told), 0);
	assert_string_equal(told.text, "a/1");
	now.boottime_us += 10 * S;
	now.wall_us += 10 * S;
	assert_string_equal(waits(j, now), "[a/1]");
	journal_close(j);
}

/* ---- transactions ---- */

static void what_is_rolled_back_was_never_there(void **state)
{
	struct journal *j = open_run(*state, "0000000a");
	struct journal_record r = record(1, 0, JOURNAL_WAITS);

	assert_int_equal(journal_begin(j), 0);
	assert_int_equal(journal_add(j, &r), 0);
	journal_rollback(j);
	assert_int_equal(journal_waiting(j), 0);
	assert_string_equal(waits(j, at(0)), "");
	write_records(j, 1, 1, 0, JOURNAL_WAITS);
	assert_string_equal(waits(j, at(0)), "a/1");
	journal_close(j);
}

static void one_commit_is_one_flush_however_many_records_it_holds(void **state)
{
	struct journal *j;

	slow_disk_register();
	j = open_run(*state, "0000000a");
	write_records(j, 1, 1, 0, JOURNAL_DELIVERED);
	slow_disk = (struct slow_disk){ 0 };
	write_records(j, 2, 2, 0, JOURNAL_DELIVERED);
	assert_int_equal(slow_disk.syncs, 1);
	write_records(j, 3, 100, 0, JOURNAL_DELIVERED);
	assert_int_equal(slow_disk.syncs, 2);
	journal_close(j);
	slow_disk_unregister();
}

static void a_thousand_commits_of_one_record_are_hardly_more_than_a_thousand_flushes(void **state)
{
	struct journal *j;

	slow_disk_register();
	j = open_run(*state, "0000000a");
	write_records(j, 1, 1, 0, JOURNAL_DELIVERED);
	slow_disk = (struct slow_disk){ 0 };
	for (uint64_t n = 2; n <= 1001; n++)
		write_records(j, n, n, 0, JOURNAL_DELIVERED);
	assert_in_range(slow_disk.syncs, 1000, 1010);
	assert_true(slow_disk.bytes < 1001 * 12000);
	journal_close(j);
	slow_disk_unregister();
}

static void nothing_is_written_while_nothing_is_added(void **state)
{
	struct journal *j;

	slow_disk_register();
	j = open_run(*state, "0000000a");
	write_records(j, 1, 10, 0, JOURNAL_WAITS);
	slow_disk = (struct slow_disk){ 0 };
	waits(j, at(0));
	journal_waiting(j);
	assert_int_equal(slow_disk.bytes, 0);
	assert_int_equal(slow_disk.syncs, 0);
	journal_close(j);
	slow_disk_unregister();
}

/* ---- keeping it small ---- */

static int prune(struct journal *j, struct journal_now now, uint64_t *ret_lost)
{
	int r;

	assert_int_equal(journal_begin(j), 0);
	r = journal_prune(j, &now, ret_lost);
	assert_int_equal(journal_commit(j), 0);
	return r;
}

static void delivered_records_go_when_they_are_too_old_and_waiting_ones_stay(void **state)
{
	struct journal *j = open_run(*state, "0000000a");
	uint64_t lost;

	write_records(j, 1, 5, 0, JOURNAL_DELIVERED);
	write_records(j, 6, 7, 0, JOURNAL_WAITS);
	write_records(j, 8, 9, 5 * DAY, JOURNAL_DELIVERED);
	assert_int_equal(prune(j, at(10 * DAY), &lost), 0);
	assert_int_equal(prune(j, at(10 * DAY + 1), &lost), 5);
	assert_int_equal(prune(j, at(10 * DAY + 1), &lost), 0);
	assert_int_equal(lost, 0);
	journal_close(j);
	assert_int_equal(number(*state, "SELECT count(*) FROM event"), 4);
	assert_int_equal(number(*state, "SELECT count(*) FROM event WHERE done = 0"), 2);
}

static void records_of_a_clock_that_was_never_set_are_not_thrown_away_for_their_age(void **state)
{
	struct journal *j = open_run(*state, "0000000a");
	struct journal_record r = record(1, 0, JOURNAL_DELIVERED);
	uint64_t lost;

	r.wall_us = 1000 * S; /* 1970 */
	assert_int_equal(journal_begin(j), 0);
	assert_int_equal(journal_add(j, &r), 0);
	assert_int_equal(journal_commit(j), 0);
	assert_int_equal(prune(j, at(30 * DAY), &lost), 0);
	journal_close(j);
}

static void beyond_its_size_the_oldest_delivered_give_way_and_then_the_oldest_of_all(void **state)
{
	struct journal_options o = standard;
	struct journal *j;
	uint64_t lost = 0, sum = 0;
	int removed, all = 0;

	o.max_bytes = 64 * 1024;
	j = open_with(*state, o, 0);
	write_records(j, 1, 100, 0, JOURNAL_WAITS);
	write_records(j, 101, 2000, 0, JOURNAL_DELIVERED);
	while ((removed = prune(j, at(0), &lost)) > 0)
		all += removed;
	assert_true(all > 300 && all < 2000);
	assert_int_equal(lost, 0);
	assert_int_equal(journal_waiting(j), 100);
	write_records(j, 2001, 5000, 0, JOURNAL_WAITS);
	while (prune(j, at(0), &lost) > 0)
		sum += lost;
	assert_true(sum > 1000);
	assert_int_equal(journal_waiting(j), 3100 - sum);
	journal_close(j);
	assert_int_equal(number(*state, "SELECT max(key) & 65535 FROM event"), 5000);
}

/* ---- what lies there instead ---- */

static void a_file_that_is_no_database_is_set_aside_under_our_own_name_only(void **state)
{
	struct journal_options o = standard;
	char garbage[5000];
	struct journal *j;

	memset(garbage, 'x', sizeof(garbage));
	scratch_write_bytes(*state, "journal.db", garbage, sizeof(garbage));
	o.own = false;
	open_with(*state, o, -EBADMSG);
	assert_int_equal(files_like(*state, "journal.db.corrupt-*"), 0);
	o.own = true;
	j = open_with(*state, o, JOURNAL_E_SET_ASIDE);
	write_records(j, 1, 1, 0, JOURNAL_WAITS);
	journal_close(j);
	assert_int_equal(files_like(*state, "journal.db.corrupt-*"), 1);
	assert_int_equal(number(*state, "SELECT count(*) FROM event"), 1);
}

static void an_empty_file_becomes_a_journal(void **state)
{
	struct journal *j;

	scratch_write(*state, "journal.db", "");
	j = open_with(*state, standard, 0);
	journal_close(j);
	assert_int_equal(number(*state, "PRAGMA user_version"), JOURNAL_VERSION);
	assert_int_equal(number(*state, "PRAGMA application_id"), JOURNAL_APPLICATION_ID);
}

static void a_page_that_is_damaged_later_is_found_and_the_file_set_aside(void **state)
{
	struct journal_options o = standard;
	struct journal_record r = record(3000, 0, JOURNAL_WAITS);
	struct journal *j = open_with(*state, o, 0);
	char garbage[200000];
	int fd, result;

	write_records(j, 1, 2000, 0, JOURNAL_DELIVERED);
	journal_close(j);
	memset(garbage, 0xa5, sizeof(garbage));
	fd = open(scratch_path(*state, "journal.db"), O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, garbage, sizeof(garbage), 4096), sizeof(garbage)); /* all but the first page */
	close(fd);
	j = NULL;
	char why[256];
	o.path = scratch_path(*state, "journal.db");
	result = journal_open(&o, &j, why, sizeof(why));
	if (result == 0) { /* found by the first use, then */
		result = journal_begin(j);
		result = result < 0 ? result : journal_add(j, &r);
		assert_int_equal(result, -EBADMSG);
		journal_rollback(j);
		journal_close(j);
		o.broken = true;
		o.path = scratch_path(*state, "journal.db");
		assert_int_equal(journal_open(&o, &j, why, sizeof(why)), JOURNAL_E_SET_ASIDE);
	} else {
		assert_int_equal(result, JOURNAL_E_SET_ASIDE);
	}
	assert_non_null(strstr(why, ".corrupt-"));
	write_records(j, 1, 1, 0, JOURNAL_WAITS);
	journal_close(j);
}

static void another_programs_database_is_left_alone(void **state)
{
	scratch_write(*state, "journal.db", "");
	number(*state, "CREATE TABLE recipes (name)");
	open_with(*state, standard, -ENOTSUP);
	assert_int_equal(number(*state, "SELECT count(*) FROM sqlite_master"), 1);
	assert_int_equal(files_like(*state, "journal.db.corrupt-*"), 0);
}

static void a_file_of_a_newer_kneadd_is_left_alone(void **state)
{
	struct journal *j = open_with(*state, standard, 0);

	journal_close(j);
	number(*state, "PRAGMA user_version = 2");
	open_with(*state, standard, -ENOTSUP);
	assert_int_equal(number(*state, "PRAGMA user_version"), 2);
}

static void two_kneadd_do_not_share_a_file(void **state)
{
	struct journal *j = open_with(*state, standard, 0);

	open_with(*state, standard, -EBUSY);
	journal_close(j);
	journal_close(open_with(*state, standard, 0));
}

static void a_folder_that_is_not_there_is_told(void **state)
{
	struct journal_options o = standard;

	o.path = scratch_path(*state, "nowhere/journal.db");
	open_with(*state, o, -ENOENT);
}

static void a_file_that_goes_away_is_noticed(void **state)
{
	struct journal *j = open_with(*state, standard, 0);

	write_records(j, 1, 1, 0, JOURNAL_WAITS);
	assert_int_equal(unlink(scratch_path(*state, "journal.db")), 0);
	assert_int_equal(journal_begin(j), -ESTALE);
	journal_rollback(j);
	journal_close(j);
}

static void a_full_disk_refuses_and_takes_again_when_there_is_room(void **state)
{
	struct journal_record r = record(2, 0, JOURNAL_WAITS);
	struct journal *j;
	int result;

	slow_disk_register();
	j = open_run(*state, "0000000a");
	write_records(j, 1, 1, 0, JOURNAL_WAITS);
	slow_disk.full = true;
	result = journal_begin(j);
	result = result < 0 ? result : journal_add(j, &r);
	result = result < 0 ? result : journal_commit(j);
	assert_int_equal(result, -ENOSPC);
	assert_true(journal_why(j)[0] != '\0');
	journal_rollback(j);
	assert_int_equal(journal_waiting(j), 1);
	assert_string_equal(waits(j, at(0)), "a/1");
	slow_disk.full = false;
	write_records(j, 2, 2, 0, JOURNAL_WAITS);
	assert_string_equal(waits(j, at(0)), "a/1 a/2");
	journal_close(j);
	slow_disk_unregister();
}

static void what_was_committed_is_there_when_the_program_never_closed_the_file(void **state)
{
	struct journal *j = open_run(*state, "0000000a");
	char copy[600], command[1400];

	write_records(j, 1, 3, 0, JOURNAL_WAITS);
	/* What a kill leaves behind: the files as they are now. */
	snprintf(copy, sizeof(copy), "%s", scratch_parents(*state, "killed/journal.db"));
	snprintf(command, sizeof(command), "cp %s %s && cp %s-wal %s-wal", scratch_path(*state, "journal.db"), copy,
		scratch_path(*state, "journal.db"), copy);
	assert_int_equal(system(command), 0); // NOLINT(cert-env33-c)
	journal_close(j);
	struct journal_options o = standard;
	o.path = copy;
	o.boot = "0000000b";
	j = open_with(*state, o, 0);
	assert_string_equal(waits(j, at(0)), "a/1 a/2 a/3");
	journal_close(j);
}

#define test(f) cmocka_unit_test_setup_teardown(f, scratch_make, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(what_waits_is_read_in_order_of_run_and_number),
		test(what_was_delivered_or_refused_waits_no_more),
		test(the_same_run_goes_on_where_it_was_when_its_file_is_opened_again),
		test(a_record_is_late_from_its_limit_on_and_fresh_just_before),
		test(steps_of_the_wall_clock_change_no_age_within_a_boot_of_the_machine),
		test(across_boots_of_the_machine_the_wall_clock_tells_the_age),
		test(a_wall_clock_that_nobody_has_set_makes_nothing_young),
		test(a_record_of_an_earlier_boot_keeps_its_age_on_the_clock_of_this_one),
		test(what_is_rolled_back_was_never_there),
		test(one_commit_is_one_flush_however_many_records_it_holds),
		test(a_thousand_commits_of_one_record_are_hardly_more_than_a_thousand_flushes),
		test(nothing_is_written_while_nothing_is_added),
		test(delivered_records_go_when_they_are_too_old_and_waiting_ones_stay),
		test(records_of_a_clock_that_was_never_set_are_not_thrown_away_for_their_age),
		test(beyond_its_size_the_oldest_delivered_give_way_and_then_the_oldest_of_all),
		test(a_file_that_is_no_database_is_set_aside_under_our_own_name_only),
		test(an_empty_file_becomes_a_journal),
		test(a_page_that_is_damaged_later_is_found_and_the_file_set_aside),
		test(another_programs_database_is_left_alone),
		test(a_file_of_a_newer_kneadd_is_left_alone),
		test(two_kneadd_do_not_share_a_file),
		test(a_folder_that_is_not_there_is_told),
		test(a_file_that_goes_away_is_noticed),
		test(a_full_disk_refuses_and_takes_again_when_there_is_room),
		test(what_was_committed_is_there_when_the_program_never_closed_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
