/* SPDX-License-Identifier: MIT */
/* When a lost port is tried again, and what of it is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "port_retry.h"

#define S INT64_C(1000000)

static struct port_retry fresh(void)
{
	struct port_retry r;

	port_retry_init(&r);
	return r;
}

/* Opened at 100 s, lost at 100 s + open_us. */
static struct port_retry lost_after(int64_t open_us)
{
	struct port_retry r = fresh();

	port_retry_opened(&r, 100 * S);
	port_retry_lost(&r, 100 * S + open_us);
	return r;
}

static void the_first_try_is_due_at_once(void **state)
{
	struct port_retry r = fresh();

	assert_true(port_retry_deadline_us(&r) == INT64_MIN);
}

static void waits_double_from_one_second_to_thirty(void **state)
{
	static const int64_t waits_s[] = { 1, 2, 4, 8, 16, 30, 30, 30 };
	struct port_retry r = fresh();
	int64_t now_us = 5 * S;

	for (size_t i = 0; i < sizeof(waits_s) / sizeof(waits_s[0]); i++) {
		port_retry_failed(&r, now_us, -ENOENT, "not there");
		assert_true(port_retry_deadline_us(&r) == now_us + waits_s[i] * S);
		now_us = port_retry_deadline_us(&r);
	}
}

static void nothing_is_due_while_the_port_is_open(void **state)
{
	struct port_retry r = fresh();

	port_retry_opened(&r, S);
	assert_true(port_retry_deadline_us(&r) == INT64_MAX);
	port_retry_noticed(&r, 2 * S);
	assert_true(port_retry_deadline_us(&r) == INT64_MAX);
}

static void a_stable_port_that_is_lost_is_tried_again_soon(void **state)
{
	struct port_retry r = lost_after(PORT_RETRY_STABLE_US);

	assert_true(port_retry_deadline_us(&r) == 100 * S + PORT_RETRY_STABLE_US + PORT_RETRY_LOST_US);
}

static void a_port_lost_before_it_was_stable_waits_longer_each_time(void **state)
{
	struct port_retry r = lost_after(PORT_RETRY_STABLE_US - 1);
	int64_t now_us = port_retry_deadline_us(&r);

	assert_true(now_us == 100 * S + PORT_RETRY_STABLE_US - 1 + 1 * S);
	port_retry_opened(&r, now_us);
	port_retry_lost(&r, now_us + 1);
	assert_true(port_retry_deadline_us(&r) == now_us + 1 + 2 * S);
}

static void news_of_the_device_brings_the_next_try_near(void **state)
{
	struct port_retry r = fresh();

	for (int i = 0; i < 10; i++)
		port_retry_failed(&r, i * S, -ENOENT, "not there");
	port_retry_noticed(&r, 20 * S);
	assert_true(port_retry_deadline_us(&r) == 20 * S + PORT_RETRY_SETTLE_US);
	/* More news does not push it out, and the waits begin anew. */
	port_retry_noticed(&r, 20 * S + 10000);
	assert_true(port_retry_deadline_us(&r) == 20 * S + PORT_RETRY_SETTLE_US);
	port_retry_failed(&r, 21 * S, -EACCES, "no permission");
	assert_true(port_retry_deadline_us(&r) == 22 * S);
}

static void news_never_comes_more_often_than_four_tries_a_second(void **state)
{
	struct port_retry r = fresh();
	int tries = 0;

	port_retry_failed(&r, 0, -ENOENT, "not there");
	for (int64_t now_us = 1; now_us < 10 * S; now_us += 1000) {
		port_retry_noticed(&r, now_us);
		if (port_retry_deadline_us(&r) > now_us)
			continue;
		port_retry_failed(&r, now_us, -ENOENT, "not there");
		tries++;
	}
	assert_in_range(tries, 30, 40);
}

static void news_does_not_put_off_what_was_due_earlier(void **state)
{
	struct port_retry r = fresh();

	port_retry_failed(&r, 0, -ENOENT, "not there");
	port_retry_noticed(&r, 1 * S - 10);
	assert_true(port_retry_deadline_us(&r) == 1 * S);
}

static void the_same_failure_is_told_once(void **state)
{
	struct port_retry r = fresh();

	assert_true(port_retry_failed(&r, 0, -ENOENT, "not there"));
	assert_false(port_retry_failed(&r, 1 * S, -ENOENT, "not there"));
	assert_false(port_retry_failed(&r, 3 * S, -ENOENT, "not there"));
}

static void another_failure_is_told(void **state)
{
	struct port_retry r = fresh();

	assert_true(port_retry_failed(&r, 0, -ENOENT, "not there"));
	assert_true(port_retry_failed(&r, 1 * S, -EBUSY, "held by ModemManager (pid 512)"));
	assert_true(port_retry_failed(&r, 3 * S, -EBUSY, "held by brltty (pid 99)"));
	assert_true(port_retry_failed(&r, 7 * S, -ENOENT, "not there"));
}

static void a_loss_stands_for_the_absence_that_follows(void **state)
{
	struct port_retry r = lost_after(60 * S);

	assert_false(port_retry_failed(&r, 161 * S, -ENOENT, "not there"));
	assert_false(port_retry_failed(&r, 162 * S, -ENOENT, "not there"));
	assert_true(port_retry_failed(&r, 164 * S, -EACCES, "no permission"));
	assert_true(port_retry_failed(&r, 168 * S, -ENOENT, "not there"));
}

static void a_loss_does_not_hide_another_reason(void **state)
{
	struct port_retry r = lost_after(60 * S);

	assert_true(port_retry_failed(&r, 161 * S, -EBUSY, "held by ModemManager (pid 512)"));
}

static void an_absence_after_the_port_was_open_again_is_told_anew(void **state)
{
	struct port_retry r = fresh();

	assert_true(port_retry_failed(&r, 0, -ECONNREFUSED, "refused"));
	port_retry_opened(&r, 1 * S);
	port_retry_lost(&r, 60 * S);
	assert_true(port_retry_failed(&r, 61 * S, -ECONNREFUSED, "refused"));
}

/* Whatever happens, tries stay below one in 250 ms on average and the deadline within the cap. */
static void random_histories_never_cause_a_busy_loop(void **state)
{
	unsigned seed = (unsigned)time(NULL);

	print_message("# seed %u\n", seed);
	for (int run = 0; run < 200; run++) {
		struct port_retry r = fresh();
		int64_t tries = 0;

		for (int64_t now_us = 0; now_us < 20 * S; now_us += 1 + rand_r(&seed) % 5000) {
			if (rand_r(&seed) % 3 == 0)
				port_retry_noticed(&r, now_us);
			if (r.open && rand_r(&seed) % 4 == 0)
				port_retry_lost(&r, now_us);
			if (port_retry_deadline_us(&r) > now_us) {
				assert_true(r.open || port_retry_deadline_us(&r) <= now_us + PORT_RETRY_CAP_US);
				continue;
			}
			tries++;
			if (rand_r(&seed) % 2)
				port_retry_opened(&r, now_us);
			else
				port_retry_failed(&r, now_us, -ENOENT, "not there");
		}
		assert_in_range(tries, 1, 82);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_try_is_due_at_once),
		cmocka_unit_test(waits_double_from_one_second_to_thirty),
		cmocka_unit_test(nothing_is_due_while_the_port_is_open),
		cmocka_unit_test(a_stable_port_that_is_lost_is_tried_again_soon),
		cmocka_unit_test(a_port_lost_before_it_was_stable_waits_longer_each_time),
		cmocka_unit_test(news_of_the_device_brings_the_next_try_near),
		cmocka_unit_test(news_never_comes_more_often_than_four_tries_a_second),
		cmocka_unit_test(news_does_not_put_off_what_was_due_earlier),
		cmocka_unit_test(the_same_failure_is_told_once),
		cmocka_unit_test(another_failure_is_told),
		cmocka_unit_test(a_loss_stands_for_the_absence_that_follows),
		cmocka_unit_test(a_loss_does_not_hide_another_reason),
		cmocka_unit_test(an_absence_after_the_port_was_open_again_is_told_anew),
		cmocka_unit_test(random_histories_never_cause_a_busy_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
