/* SPDX-License-Identifier: MIT */
/* The log: prefixes, levels, one line per line, and what repeats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "log.h"

static int real_stderr, caught;

static int catch_stderr(void **state)
{
	real_stderr = dup(STDERR_FILENO);
	caught = memfd_create("test-log", MFD_CLOEXEC);
	assert_true(real_stderr >= 0 && caught >= 0);
	assert_true(dup2(caught, STDERR_FILENO) >= 0);
	log_set_plain(false);
	log_set_level(LOG_INFO);
	return 0;
}

static int release_stderr(void **state)
{
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	close(caught);
	return 0;
}

static const char *logged(void)
{
	static char text[8192];
	ssize_t n = pread(caught, text, sizeof(text) - 1, 0);

	assert_true(n >= 0);
	text[n] = '\0';
	return text;
}

static unsigned count_lines(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void a_line_has_the_priority_that_the_journal_reads(void **state)
{
	log_line(LOG_ERR, "ball: %d", 7);
	log_line(LOG_INFO, "ball: fine");
	assert_string_equal(logged(), "<3>ball: 7\n<6>ball: fine\n");
}

static void a_plain_line_has_time_and_level_instead(void **state)
{
	unsigned hour, minute, second, milli;
	char level[16], rest[16];

	log_set_plain(true);
	log_line(LOG_WARNING, "ball");
	assert_int_equal(
		sscanf(logged(), "%2u:%2u:%2u.%3u %15s %15s", &hour, &minute, &second, &milli, level, rest), 6);
	assert_string_equal(level, "warning");
	assert_string_equal(rest, "ball");
}

static void what_is_less_urgent_than_the_level_is_not_written(void **state)
{
	log_line(LOG_DEBUG, "hidden");
	log_set_level(LOG_ERR);
	log_line(LOG_WARNING, "hidden");
	log_line(LOG_ERR, "shown");
	assert_string_equal(logged(), "<3>shown\n");
}

static void a_message_is_one_line_whatever_is_in_it(void **state)
{
	char longest[2000];

	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	log_line(LOG_INFO, "a\nb\tc\x1b[31m");
	assert_string_equal(logged(), "<6>a b c [31m\n");
	log_line(LOG_INFO, "%s", longest);
	assert_int_equal(count_lines(logged()), 2);
}

/* The other controls: DEL, and those that a terminal may take for the beginning of a command in UTF-8. Letters stay. */
static void nothing_in_a_message_steers_a_terminal(void **state)
{
	log_line(LOG_INFO, "a\x7f"
			   "b\xc2\x9b"
			   "31mc \xc3\xa9 \xc2\xb5 \xc2");
	assert_string_equal(logged(), "<6>a b  31mc \xc3\xa9 \xc2\xb5 \xc2\n");
}

static void what_repeats_is_cut_off_and_counted(void **state)
{
	struct log_limit limit = { 0 };

	for (int i = 0; i < LOG_LIMIT_BURST + 3; i++)
		log_limited(&limit, 1000 + i, LOG_INFO, "again");
	assert_int_equal(count_lines(logged()), LOG_LIMIT_BURST);
	/* Just before the minute is over, and when it is. */
	log_limited(&limit, 1000 + LOG_LIMIT_US - 1, LOG_INFO, "again");
	assert_int_equal(count_lines(logged()), LOG_LIMIT_BURST);
	log_limited(&limit, 1000 + LOG_LIMIT_US, LOG_INFO, "once more");
	assert_non_null(strstr(logged(), "<6>4 lines like the following were left out\n<6>once more\n"));
	assert_int_equal(count_lines(logged()), LOG_LIMIT_BURST + 2);
}

int main(void)
{
#define CAUGHT(f) cmocka_unit_test_setup_teardown(f, catch_stderr, release_stderr)
	const struct CMUnitTest tests[] = {
		CAUGHT(a_line_has_the_priority_that_the_journal_reads),
		CAUGHT(a_plain_line_has_time_and_level_instead),
		CAUGHT(what_is_less_urgent_than_the_level_is_not_written),
		CAUGHT(a_message_is_one_line_whatever_is_in_it),
		CAUGHT(nothing_in_a_message_steers_a_terminal),
		CAUGHT(what_repeats_is_cut_off_and_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
