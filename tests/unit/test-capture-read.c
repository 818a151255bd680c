/* SPDX-License-Identifier: MIT */
/* Captures and raw files: what is read, what is refused and how that is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>

#include <knead/sample.h>

#include "capture.h"
#include "scratch.h"

#define HEADER "{\"kneadcap\":1}\n"

static char why[300];

static struct capture_reader *open_text(struct scratch *s, const char *text)
{
	struct capture_reader *r = NULL;

	scratch_write(s, "c.kcap", text);
	if (capture_reader_open(scratch_path(s, "c.kcap"), &r, why, sizeof(why)) != 0)
		fail_msg("%s", why);
	return r;
}

/* Reads text to its end. Returns what capture_read() last said and how many records came before. */
static int read_all(struct scratch *s, const char *text, int *ret_records)
{
	struct capture_reader *r = open_text(s, text);
	struct capture_record record;
	int e;

	*ret_records = 0;
	while ((e = capture_read(r, &record, why, sizeof(why))) == 0)
		++*ret_records;
	if (e < 0)
		assert_int_equal(capture_read(r, &record, why, sizeof(why)), e);
	capture_reader_free(r);
	return e;
}

static void records_are_read_as_they_stand(void **state)
{
	struct capture_reader *r = open_text(*state, HEADER "# a comment, \xc3\xa4 too\n"
							    "0 ! open\n"
							    "007 < a\\x0a\\x0D\\\\\\t \n"
							    "7 > q\n"
							    "#\n"
							    "8 ! gap lost for a while\n"
							    "9 ! close\n"
							    "9 ! open\n"
							    "10 ! end\n"
							    "# done\n");
	struct capture_record record;

	assert_int_equal(capture_read(r, &record, why, sizeof(why)), 0);
	assert_int_equal(record.kind, CAPTURE_OPEN);
	assert_int_equal(capture_read(r, &record, why, sizeof(why)), 0);
	assert_int_equal(record.kind, CAPTURE_RX);
	assert_int_equal(record.t_us, 7);
	assert_int_equal(record.n, 6);
	assert_memory_equal(record.bytes, "a\n\r\\\t ", 6);
	assert_int_equal(capture_read(r, &record, why, sizeof(why)), 0);
	assert_int_equal(record.kind, CAPTURE_TX);
	assert_memory_equal(record.bytes, "q", 1);
	assert_int_equal(capture_read(r, &record, why, sizeof(why)), 0);
	assert_int_equal(record.kind, CAPTURE_GAP);
	assert_string_equal(record.words, "lost for a while");
	assert_int_equal(capture_read(r, &record, why, sizeof(why)), 0);
	assert_int_equal(record.kind, CAPTURE_CLOSE);
	assert_int_equal(capture_read(r, &record, why, sizeof(why)), 0);
	assert_int_equal(record.kind, CAPTURE_OPEN);
	assert_int_equal(capture_read(r, &record, why, sizeof(why)), 0);
	assert_int_equal(record.kind, CAPTURE_END);
	assert_int_equal(record.t_us, 10);
	assert_int_equal(capture_read(r, &record, why, sizeof(why)), 1);
	assert_int_equal(capture_read(r, &record, why, sizeof(why)), 1);
	capture_reader_free(r);
	capture_reader_free(NULL);
}

static void malformed_lines_are_refused_with_their_number(void **state)
{
	static const struct {
		const char *line, *wrong;
	} cases[] = {
		{ "", "no record" },
		{ "x", "no record" },
		{ "-1 < a", "no record" },
		{ " 7 < a", "no record" },
		{ "7", "no record" },
		{ "9223372036854775808 < a", "no record" },
		{ "7 <", "must follow the time" },
		{ "7 <a", "must follow the time" },
		{ "7  < a", "must follow the time" },
		{ "7 = a", "must follow the time" },
		{ "7 < ", "no bytes" },
		{ "7 > ", "no bytes" },
		{ "7 < \\", "unknown escape" },
		{ "7 < \\a", "unknown escape" },
		{ "7 < \\x1", "unknown escape" },
		{ "7 < \\x1g", "unknown escape" },
		{ "7 < \\X11", "unknown escape" },
		{ "7 < a\tb", "not printable ASCII" },
		{ "7 < \xc3\xa4", "not printable ASCII" },
		{ "7 < a\rb", "not printable ASCII" },
		{ "7 ! opened", "unknown mark" },
		{ "7 ! ", "unknown mark" },
		{ "7 ! gap", "unknown mark" },
		{ "7 ! gap ", "unknown mark" },
		{ "7 ! gap \x01", "not printable ASCII" },
		{ "4 < a", "time goes back" },
		{ "100000000000000001 < a", "3000 years" },
		{ "9223372036854775807 < a", "3000 years" },
	};
	char text[256];
	int records;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), HEADER "# why\n5 < a\n%s\n8 < b\n", cases[i].line);
		assert_int_equal(read_all(*state, text, &records), -EINVAL);
		assert_int_equal(records, 1);
		if (!strstr(why, "c.kcap:4: ") || !strstr(why, cases[i].wrong))
			fail_msg("'%s': %s", cases[i].line, why);
	}
}

static void nothing_follows_the_end(void **state)
{
	int records;

	assert_int_equal(read_all(*state, HEADER "5 ! end\n6 < a\n", &records), -EINVAL);
	assert_non_null(strstr(why, "c.kcap:3: a record after 'end'"));
}

static void a_capture_cut_short_gives_what_is_there(void **state)
{
	static const struct {
		const char *text;
		int records;
	} cases[] = {
		{ HEADER, 0 },
		{ HEADER "5 < a\n", 1 },
		{ HEADER "5 < a\n6 < b", 2 }, /* the bytes did arrive */
		{ HEADER "5 < a\n6 < b\\", 1 },
		{ HEADER "5 < a\n6 < b\\x4", 1 },
		{ HEADER "5 < a\n6 < ", 1 },
		{ HEADER "5 < a\n6", 1 },
		{ HEADER "50 < a\n6", 1 },
		{ HEADER "5 < a\n6 ! en", 1 },
		{ HEADER "5 < a\n6 ! end", 2 },
		{ HEADER "5 < a\n#", 1 },
	};
	int records;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(read_all(*state, cases[i].text, &records), 1);
		assert_int_equal(records, cases[i].records);
	}
}

static void line_ends_of_other_systems_are_taken(void **state)
{
	struct capture_reader *r = open_text(*state, "{\"kneadcap\":1}\r\n5 < a \r\n6 ! end\r\n");
	struct capture_record record;

	assert_int_equal(capture_read(r, &record, why, sizeof(why)), 0);
	assert_int_equal(record.n, 2);
	assert_int_equal(capture_read(r, &record, why, sizeof(why)), 0);
	assert_int_equal(record.kind, CAPTURE_END);
	capture_reader_free(r);
}

static void a_malformed_header_is_refused_on_line_1(void **state)
{
	static const struct {
		const char *line, *wrong;
	} cases[] = {
		{ "{\"kneadcap\"", "no JSON object" },
		{ "{\"kneadcap\":1} trailing", "no JSON object" },
		{ "{\"x\":{\"kneadcap\":1}}", "no JSON object" },
		{ "{\"kneadcap\":2}", "another version" },
		{ "{\"kneadcap\":\"1\"}", "another version" },
		{ "{\"kneadcap\":1,\"start\":\"yesterday\"}", "\"start\"" },
		{ "{\"kneadcap\":1,\"start\":7}", "\"start\"" },
		{ "{\"kneadcap\":1,\"device\":[]}", "\"device\" is no object" },
		{ "{\"kneadcap\":1,\"device\":{\"cells\":[1]}}", "neither a number nor a string" },
		{ "{\"kneadcap\":1,\"device\":{\"dtr\":true}}", "neither a number nor a string" },
	};
	struct capture_reader *r;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int e;

		scratch_write(*state, "c.kcap", cases[i].line);
		e = capture_reader_open(scratch_path(*state, "c.kcap"), &r, why, sizeof(why));
		assert_int_equal(e, -EINVAL);
		if (!strstr(why, "c.kcap:1: ") || !strstr(why, cases[i].wrong))
			fail_msg("'%s': %s", cases[i].line, why);
	}
	assert_int_equal(capture_reader_open(scratch_path(*state, "missing"), &r, why, sizeof(why)), -ENOENT);
	assert_non_null(strstr(why, "missing: cannot be opened: No such file"));
}

static void a_line_of_any_length_is_refused_without_growing(void **state)
{
	size_t n = 4 * 1024 * 1024;
	char *text = malloc(n + 1);
	int records;

	memset(text, 'a', n);
	text[n] = '\0';
	memcpy(text, HEADER "5 < x\n6 < ", strlen(HEADER "5 < x\n6 < "));
	assert_int_equal(read_all(*state, text, &records), -EINVAL);
	assert_int_equal(records, 1);
	assert_non_null(strstr(why, "c.kcap:3: longer than 1048576 bytes"));
	free(text);
}

/* Reads all records of a raw file into one piece. */
static size_t read_raw(struct scratch *s, const void *bytes, size_t n, uint8_t *ret)
{
	struct capture_record record;
	struct capture_reader *r;
	size_t got = 0;

	scratch_write_bytes(s, "raw", bytes, n);
	assert_int_equal(capture_reader_open(scratch_path(s, "raw"), &r, why, sizeof(why)), 0);
	assert_false(capture_is_kcap(r));
	assert_null(capture_header(r));
	assert_true(capture_start_wall_us(r) == 0);
	while (capture_read(r, &record, why, sizeof(why)) == 0) {
		assert_int_equal(record.kind, CAPTURE_RX);
		assert_true(record.t_us == KNEAD_RX_UNKNOWN);
		assert_true(record.n > 0 && got + record.n <= n);
		memcpy(ret + got, record.bytes, record.n);
		got += record.n;
	}
	capture_reader_free(r);
	return got;
}

static void any_other_file_is_raw_bytes_from_first_to_last(void **state)
{
	static const char *const texts[] = { "", "1\n2\n3\n", "{\"force\":1}\n{\"force\":2}\n", "{", "{{{{\n",
		"#\n5 < a\n" };
	size_t n = 3 * 1024 * 1024 + 17;
	uint8_t *bytes = malloc(n), *back = malloc(n);

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(read_raw(*state, texts[i], strlen(texts[i]), back), strlen(texts[i]));
		assert_memory_equal(back, texts[i], strlen(texts[i]));
	}
	/* Begins like a header and has no line end for longer than any line may be. */
	for (size_t i = 0; i < n; i++)
		bytes[i] = i % 251 == '\n' ? 0 : (uint8_t)(i % 251);
	bytes[0] = '{';
	assert_int_equal(read_raw(*state, bytes, n, back), n);
	assert_memory_equal(back, bytes, n);
	free(bytes);
	free(back);
}

static void standard_input_is_read_as_it_comes(void **state)
{
	int pipe_fds[2], kept = dup(STDIN_FILENO);
	struct capture_record record;
	struct capture_reader *r;

	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	assert_int_equal(dup2(pipe_fds[0], STDIN_FILENO), STDIN_FILENO);
	assert_int_equal(write(pipe_fds[1], "1\n", 2), 2);
	assert_int_equal(capture_reader_open("-", &r, why, sizeof(why)), 0);
	assert_int_equal(capture_read(r, &record, why, sizeof(why)), 0);
	assert_int_equal(record.n, 2);
	assert_int_equal(write(pipe_fds[1], "22\n", 3), 3);
	assert_int_equal(capture_read(r, &record, why, sizeof(why)), 0);
	assert_int_equal(record.n, 3);
	close(pipe_fds[1]);
	assert_int_equal(capture_read(r, &record, why, sizeof(why)), 1);
	capture_reader_free(r);
	close(pipe_fds[0]);
	assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
	close(kept);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(records_are_read_as_they_stand),
		TEST(malformed_lines_are_refused_with_their_number),
		TEST(nothing_follows_the_end),
		TEST(a_capture_cut_short_gives_what_is_there),
		TEST(line_ends_of_other_systems_are_taken),
		TEST(a_malformed_header_is_refused_on_line_1),
		TEST(a_line_of_any_length_is_refused_without_growing),
		TEST(any_other_file_is_raw_bytes_from_first_to_last),
		TEST(standard_input_is_read_as_it_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
