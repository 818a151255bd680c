/* SPDX-License-Identifier: MIT */
/* Zeros and calibrations on disk: what comes back, and what a bad file or directory does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "state.h"

static int make_folder(void **state)
{
	char *path = strdup("/tmp/test-state-XXXXXX");

	assert_non_null(path);
	assert_non_null(mkdtemp(path));
	*state = path;
	return 0;
}

static int remove_folder(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r '%s'", (char *)*state);
	assert_int_equal(system(command), 0);
	free(*state);
	return 0;
}

static struct state_store *open_store(const char *directory)
{
	struct state_store *s = NULL;

	assert_int_equal(state_store_new(directory, &s), 0);
	return s;
}

static void write_file(const char *folder, const char *name, const char *text)
{
	char path[128];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	out = fopen(path, "we");
	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
}

static const struct state two_cells = {
	.unit = KNEAD_UNIT_COUNTS,
	.zero_raw_count = 2,
	.zero_raw = { 83121.123456789012, -1.0 / 3 },
	.counts_per_n_count = 1,
	.counts_per_n = { -431.7 },
	.zero_serial = "A1",
	.session_reset_us = INT64_C(1795163802120000),
};

static void a_state_comes_back_to_the_last_bit(void **state)
{
	struct state_store *s = open_store(*state);
	struct state back = { 0 };
	char why[256];

	state_store_put(s, "ball-1", &two_cells);
	state_store_free(s);
	s = open_store(*state);
	assert_int_equal(state_store_get(s, "ball-1", &back, why, sizeof(why)), 0);
	assert_memory_equal(&back, &two_cells, sizeof(back));
	state_store_free(s);
}

static void the_last_of_several_states_is_the_one_kept(void **state)
{
	struct state_store *s = open_store(*state);
	struct state last = two_cells, back;
	char why[256];

	for (int i = 0; i < 100; i++) {
		last.zero_raw[0] = i;
		state_store_put(s, "a", &last);
		state_store_put(s, "b", &two_cells);
	}
	state_store_free(s);
	s = open_store(*state);
	assert_int_equal(state_store_get(s, "a", &back, why, sizeof(why)), 0);
	assert_true(back.zero_raw[0] == 99);
	assert_int_equal(state_store_get(s, "b", &back, why, sizeof(why)), 0);
	assert_memory_equal(&back, &two_cells, sizeof(back));
	state_store_free(s);
}

static void a_state_put_is_got_at_once_even_without_a_directory(void **state)
{
	struct state_store *s = open_store(NULL);
	struct state back;
	char why[256];

	assert_int_equal(state_store_get(s, "a", &back, why, sizeof(why)), STATE_E_NONE);
	state_store_put(s, "a", &two_cells);
	assert_int_equal(state_store_get(s, "a", &back, why, sizeof(why)), 0);
	assert_memory_equal(&back, &two_cells, sizeof(back));
	state_store_free(s);
}

static void a_device_never_seen_has_no_state(void **state)
{
	struct state_store *s = open_store(*state);
	struct state back = two_cells;
	char why[256];

	assert_int_equal(state_store_get(s, "new", &back, why, sizeof(why)), STATE_E_NONE);
	assert_memory_equal(&back, &two_cells, sizeof(back));
	state_store_free(s);
}

static void a_garbled_file_is_named_and_changes_nothing(void **state)
{
	static const char *const garbled[] = { "", "{", "[]", "{\"v\":1}", "{\"unit\":\"stone\"}",
		"{\"unit\":\"n\",\"zero_raw\":7}", "{\"unit\":\"n\",\"zero_raw\":[\"7\"]}",
		"{\"unit\":\"n\",\"zero_raw\":[1e999]}", "{\"unit\":\"n\",\"counts_per_n\":[0]}",
		"{\"unit\":\"n\",\"zero_serial\":7}", "{\"unit\":\"n\",\"session_reset\":\"yesterday\"}",
		"{\"unit\":\"n\",\"zero_raw\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]}" };
	struct state_store *s = open_store(*state);
	struct state back = two_cells;
	char why[256];

	for (size_t i = 0; i < sizeof(garbled) / sizeof(garbled[0]); i++) {
		write_file(*state, "a.json", garbled[i]);
		assert_int_equal(state_store_get(s, "a", &back, why, sizeof(why)), -EINVAL);
		assert_non_null(strstr(why, "a.json"));
		assert_memory_equal(&back, &two_cells, sizeof(back));
	}
	state_store_free(s);
}

static void a_garbled_file_is_replaced_by_the_next_state(void **state)
{
	struct state_store *s = open_store(*state);
	struct state back;
	char why[256];

	write_file(*state, "a.json", "{");
	state_store_put(s, "a", &two_cells);
	state_store_free(s);
	s = open_store(*state);
	assert_int_equal(state_store_get(s, "a", &back, why, sizeof(why)), 0);
	state_store_free(s);
}

static void nothing_lies_beside_the_file_afterwards(void **state)
{
	struct state_store *s = open_store(*state);
	char path[128];

	state_store_put(s, "a", &two_cells);
	state_store_free(s);
	snprintf(path, sizeof(path), "%s/a.json", (char *)*state);
	assert_int_equal(access(path, F_OK), 0);
	snprintf(path, sizeof(path), "%s/.a.json.new", (char *)*state);
	assert_int_equal(access(path, F_OK), -1);
}

static void a_directory_that_is_not_there_costs_the_file_only(void **state)
{
	struct state_store *s = open_store("/nonexistent/knead");
	struct state back;
	char why[256];

	log_set_level(LOG_CRIT);
	assert_int_equal(state_store_get(s, "a", &back, why, sizeof(why)), STATE_E_NONE);
	state_store_put(s, "a", &two_cells);
	assert_int_equal(state_store_get(s, "a", &back, why, sizeof(why)), 0);
	state_store_free(s);
}

static void a_directory_that_comes_back_gets_what_could_not_be_kept(void **state)
{
	struct state_store *s;
	struct state back;
	char folder[128], path[160], why[256];
	int tries = 0;

	log_set_level(LOG_CRIT);
	snprintf(folder, sizeof(folder), "%s/later", (char *)*state);
	snprintf(path, sizeof(path), "%s/a.json", folder);
	s = open_store(folder);
	state_store_put(s, "a", &two_cells);
	usleep(100000);
	assert_int_equal(mkdir(folder, 0700), 0);
	while (access(path, F_OK) != 0 && tries++ < 2000)
		usleep(10000);
	assert_int_equal(access(path, F_OK), 0);
	state_store_free(s);
	s = open_store(folder);
	assert_int_equal(state_store_get(s, "a", &back, why, sizeof(why)), 0);
	assert_memory_equal(&back, &two_cells, sizeof(back));
	state_store_free(s);
}

/* The folder belongs to the service's user; root writes into it with `knead calibrate`. */
static void a_link_laid_where_the_file_is_written_first_leads_nowhere(void **state)
{
	char victim[128], link[128], text[16] = "";
	struct stat st;
	FILE *in;

	write_file(*state, "victim", "precious");
	snprintf(victim, sizeof(victim), "%s/victim", (char *)*state);
	snprintf(link, sizeof(link), "%s/.ball-1.json.new", (char *)*state);
	assert_int_equal(symlink(victim, link), 0);
	assert_int_equal(state_write(*state, "ball-1", &two_cells), 0);
	in = fopen(victim, "re");
	assert_non_null(in);
	assert_non_null(fgets(text, sizeof(text), in));
	assert_int_equal(fclose(in), 0);
	assert_string_equal(text, "precious");
	snprintf(link, sizeof(link), "%s/ball-1.json", (char *)*state);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISREG(st.st_mode));
}

static void what_is_no_plain_file_is_no_state(void **state)
{
	struct state_store *s = open_store(*state);
	char path[128], other[128], why[256] = "";
	struct state got;

	snprintf(path, sizeof(path), "%s/ball-1.json", (char *)*state);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_true(state_store_get(s, "ball-1", &got, why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "ball-1.json"));
	write_file(*state, "elsewhere", "{}");
	snprintf(other, sizeof(other), "%s/elsewhere", (char *)*state);
	snprintf(path, sizeof(path), "%s/ball-2.json", (char *)*state);
	assert_int_equal(symlink(other, path), 0);
	assert_true(state_store_get(s, "ball-2", &got, why, sizeof(why)) < 0);
	state_store_free(s);
}

int main(void)
{
#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)
	const struct CMUnitTest tests[] = {
		IN_FOLDER(a_state_comes_back_to_the_last_bit),
		IN_FOLDER(the_last_of_several_states_is_the_one_kept),
		cmocka_unit_test(a_state_put_is_got_at_once_even_without_a_directory),
		IN_FOLDER(a_device_never_seen_has_no_state),
		IN_FOLDER(a_garbled_file_is_named_and_changes_nothing),
		IN_FOLDER(a_garbled_file_is_replaced_by_the_next_state),
		IN_FOLDER(nothing_lies_beside_the_file_afterwards),
		IN_FOLDER(a_link_laid_where_the_file_is_written_first_leads_nowhere),
		IN_FOLDER(what_is_no_plain_file_is_no_state),
		cmocka_unit_test(a_directory_that_is_not_there_costs_the_file_only),
		IN_FOLDER(a_directory_that_comes_back_gets_what_could_not_be_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
