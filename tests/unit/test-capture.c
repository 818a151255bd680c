/* SPDX-License-Identifier: MIT */
/* Captures: what is written, and that the same is read back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <time.h>

#include "capture.h"
#include "scratch.h"

#define HEADER "{\"kneadcap\":1}\n"

static char why[300];

static struct capture_writer *open_writer(struct scratch *s)
{
	struct capture_writer *w = NULL;
	cJSON *header = cJSON_CreateObject();

	assert_int_equal(capture_writer_new(scratch_path(s, "w.kcap"), header, &w), 0);
	cJSON_Delete(header);
	return w;
}

static const char *written(struct scratch *s)
{
	static char text[8192];
	FILE *in = fopen(scratch_path(s, "w.kcap"), "re");

	assert_non_null(in);
	text[fread(text, 1, sizeof(text) - 1, in)] = '\0';
	fclose(in);
	return text;
}

static void records_stand_in_the_file_as_the_format_says(void **state)
{
	struct capture_writer *w = open_writer(*state);

	assert_int_equal(capture_write_mark(w, 0, "open"), 0);
	assert_int_equal(capture_write_rx(w, 1500, "12.5\r\n", 6), 0);
	assert_int_equal(capture_write_rx(w, 1500, " a\\b\t~ ", 7), 0);
	assert_int_equal(capture_write_rx(w, 2000, "\x00\x1f\x7f\x80\xff", 5), 0);
	assert_int_equal(capture_write_tx(w, 2500, "tare*1D0F\r\n", 11), 0);
	assert_int_equal(capture_write_mark(w, 3000, "gap overrun of 7 bytes"), 0);
	assert_int_equal(capture_write_mark(w, 4000, "close"), 0);
	assert_int_equal(capture_write_mark(w, INT64_MAX, "end"), 0);
	assert_int_equal(capture_writer_close(w), 0);
	assert_string_equal(written(*state), HEADER "0 ! open\n"
						    "1500 < 12.5\\r\\n\n"
						    "1500 <  a\\\\b\\t~ \n"
						    "2000 < \\x00\\x1F\\x7F\\x80\\xFF\n"
						    "2500 > tare*1D0F\\r\\n\n"
						    "3000 ! gap overrun of 7 bytes\n"
						    "4000 ! close\n"
						    "9223372036854775807 ! end\n");
}

static void the_header_begins_with_the_version_and_keeps_what_is_given(void **state)
{
	cJSON *header = cJSON_Parse(
		"{\"start\":\"2026-11-20T08:36:42.120Z\",\"port\":\"/dev/ttyUSB0\",\"baud\":115200,"
		"\"device\":{\"counts_per_n\":-412.25,\"unit\":\"counts\"},\"note\":\"two\\nlines, \xc3\xa4\"}");
	struct capture_writer *w;
	struct capture_reader *r;
	cJSON *expected;

	assert_int_equal(capture_writer_new(scratch_path(*state, "w.kcap"), header, &w), 0);
	assert_int_equal(capture_writer_close(w), 0);
	assert_int_equal(strncmp(written(*state), "{\"kneadcap\":1,\"start\":", 22), 0);
	assert_int_equal(capture_reader_open(scratch_path(*state, "w.kcap"), &r, why, sizeof(why)), 0);
	expected = cJSON_Duplicate(header, true);
	cJSON_AddNumberToObject(expected, "kneadcap", 1);
	assert_true(capture_is_kcap(r));
	assert_true(cJSON_Compare(capture_header(r), expected, true));
	assert_true(capture_start_wall_us(r) == INT64_C(1795163802120000));
	capture_reader_free(r);
	cJSON_Delete(expected);
	cJSON_Delete(header);
}

static void the_time_of_start_can_be_put_right_later(void **state)
{
	cJSON *header = cJSON_Parse(
		"{\"id\":\"\\\"start\\\":\\\"\",\"start\":\"2026-11-17T08:36:42.120Z\",\"note\":\"start\"}");
	struct capture_writer *w = open_writer(*state);

	assert_int_equal(capture_write_start(w, "2026-11-20T08:36:42.120Z"), -ENOENT);
	assert_int_equal(capture_writer_close(w), 0);
	assert_int_equal(capture_writer_new(scratch_path(*state, "w.kcap"), header, &w), 0);
	assert_int_equal(capture_write_mark(w, 0, "open"), 0);
	assert_int_equal(capture_flush(w), 0);
	assert_int_equal(capture_write_start(w, "2026-11-20T08:36:42.120Z"), 0);
	assert_int_equal(capture_write_start(w, "2026-11-20"), -ENOENT);
	assert_int_equal(capture_write_mark(w, 5, "end"), 0);
	assert_int_equal(capture_writer_close(w), 0);
	assert_string_equal(written(*state),
		"{\"kneadcap\":1,\"id\":\"\\\"start\\\":\\\"\",\"start\":\"2026-11-20T08:36:42.120Z\",\"note\":\"start\"}\n"
		"0 ! open\n5 ! end\n");
	cJSON_Delete(header);
}

static void words_that_are_no_mark_are_not_written(void **state)
{
	static const char *const bad[] = { "", "opened", "gap", "gap ", "gap a\nb", "gap \x7f", "end ", "close it" };
	struct capture_writer *w = open_writer(*state);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(capture_write_mark(w, 0, bad[i]), -EINVAL);
	assert_int_equal(capture_write_rx(w, -1, "x", 1), -EINVAL);
	assert_int_equal(capture_write_rx(w, 5, "x", 1), 0);
	assert_int_equal(capture_write_rx(w, 4, "x", 1), -EINVAL);
	assert_int_equal(capture_write_rx(w, 6, "", 0), 0);
	assert_int_equal(capture_writer_close(w), 0);
	assert_int_equal(capture_writer_close(NULL), 0);
	assert_string_equal(written(*state), HEADER "5 < x\n");
}

static void what_is_written_reaches_the_file_within_a_second_of_records(void **state)
{
	struct capture_writer *w = open_writer(*state);

	assert_string_equal(written(*state), HEADER);
	assert_int_equal(capture_write_rx(w, 10, "a", 1), 0);
	assert_int_equal(capture_write_rx(w, 999999, "b", 1), 0);
	assert_string_equal(written(*state), HEADER);
	assert_int_equal(capture_write_rx(w, 1000000, "c", 1), 0);
	assert_string_equal(written(*state), HEADER "10 < a\n999999 < b\n1000000 < c\n");
	assert_int_equal(capture_write_rx(w, 1000001, "d", 1), 0);
	assert_int_equal(capture_flush(w), 0);
	assert_string_equal(written(*state), HEADER "10 < a\n999999 < b\n1000000 < c\n1000001 < d\n");
	assert_int_equal(capture_writer_close(w), 0);
}

static void a_full_disk_is_reported_from_then_on(void **state)
{
	struct capture_writer *w = NULL;
	cJSON *header = cJSON_CreateObject();

	/* The header is written at once, so the device that is always full refuses there already. */
	assert_int_equal(capture_writer_new("/dev/full", header, &w), -ENOSPC);
	assert_null(w);
	assert_int_equal(capture_writer_new(scratch_path(*state, "no/such/folder"), header, &w), -ENOENT);
	cJSON_Delete(header);
}

static void a_write_that_fails_later_is_kept_in_mind(void **state)
{
	struct capture_writer *w;
	cJSON *header = cJSON_CreateObject();
	int pipe_fds[2];
	char path[64];

	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", pipe_fds[1]);
	assert_int_equal(capture_writer_new(path, header, &w), 0);
	/* The writer's own descriptor of the pipe blocks; a full pipe without reader fails it instead. */
	signal(SIGPIPE, SIG_IGN);
	close(pipe_fds[0]);
	assert_int_equal(capture_write_rx(w, 0, "x", 1), 0);
	assert_int_equal(capture_flush(w), -EPIPE);
	assert_int_equal(capture_write_rx(w, 1, "x", 1), -EPIPE);
	assert_int_equal(capture_write_mark(w, 2, "end"), -EPIPE);
	assert_int_equal(capture_writer_close(w), -EPIPE);
	close(pipe_fds[1]);
	cJSON_Delete(header);
}

struct random_record {
	enum capture_kind kind;
	int64_t t_us;
	size_t n;
	uint8_t *bytes;
};

/* Writes count random records, and keeps them. */
static void write_random(struct capture_writer *w, struct random_record *kept, int count, unsigned *seed)
{
	int64_t t_us = 0;

	for (int i = 0; i < count; i++) {
		struct random_record *k = &kept[i];
		size_t limit = rand_r(seed) % 50 == 0 ? CAPTURE_CHUNK_MAX : 64;

		t_us += rand_r(seed) % 3 == 0 ? 0 : rand_r(seed) % 100000;
		*k = (struct random_record){ .kind = (enum capture_kind)(rand_r(seed) % 2),
			.t_us = t_us,
			.n = 1 + (size_t)rand_r(seed) % limit };
		k->bytes = malloc(k->n);
		for (size_t j = 0; j < k->n; j++)
			k->bytes[j] = (uint8_t)rand_r(seed);
		if (k->kind == CAPTURE_RX)
			assert_int_equal(capture_write_rx(w, t_us, k->bytes, k->n), 0);
		else
			assert_int_equal(capture_write_tx(w, t_us, k->bytes, k->n), 0);
	}
}

static void what_was_written_is_read_back_chunk_by_chunk(void **state)
{
	static struct random_record kept[300];
	unsigned seed = (unsigned)time(NULL);
	struct capture_record record;
	struct capture_reader *r;

	print_message("# seed %u\n", seed);
	for (int run = 0; run < 10; run++) {
		struct capture_writer *w = open_writer(*state);

		write_random(w, kept, 300, &seed);
		assert_int_equal(capture_writer_close(w), 0);
		assert_int_equal(capture_reader_open(scratch_path(*state, "w.kcap"), &r, why, sizeof(why)), 0);
		for (int i = 0; i < 300; i++) {
			if (capture_read(r, &record, why, sizeof(why)) != 0)
				fail_msg("%s", why);
			assert_int_equal(record.kind, kept[i].kind);
			assert_true(record.t_us == kept[i].t_us);
			assert_int_equal(record.n, kept[i].n);
			assert_memory_equal(record.bytes, kept[i].bytes, kept[i].n);
			free(kept[i].bytes);
		}
		assert_int_equal(capture_read(r, &record, why, sizeof(why)), 1);
		capture_reader_free(r);
	}
}

static void a_chunk_longer_than_the_limit_becomes_several_of_the_same_time(void **state)
{
	size_t n = 2 * CAPTURE_CHUNK_MAX + 5, got = 0;
	struct capture_writer *w = open_writer(*state);
	struct capture_record record;
	struct capture_reader *r;
	uint8_t *bytes = malloc(n);

	memset(bytes, 0xff, n);
	assert_int_equal(capture_write_rx(w, 7, bytes, n), 0);
	assert_int_equal(capture_writer_close(w), 0);
	assert_int_equal(capture_reader_open(scratch_path(*state, "w.kcap"), &r, why, sizeof(why)), 0);
	while (capture_read(r, &record, why, sizeof(why)) == 0) {
		assert_true(record.t_us == 7 && record.n <= CAPTURE_CHUNK_MAX);
		assert_memory_equal(record.bytes, bytes, record.n);
		got += record.n;
	}
	assert_int_equal(got, n);
	capture_reader_free(r);
	free(bytes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(records_stand_in_the_file_as_the_format_says),
		TEST(the_header_begins_with_the_version_and_keeps_what_is_given),
		TEST(the_time_of_start_can_be_put_right_later),
		TEST(words_that_are_no_mark_are_not_written),
		TEST(what_is_written_reaches_the_file_within_a_second_of_records),
		TEST(a_full_disk_is_reported_from_then_on),
		TEST(a_write_that_fails_later_is_kept_in_mind),
		TEST(what_was_written_is_read_back_chunk_by_chunk),
		TEST(a_chunk_longer_than_the_limit_becomes_several_of_the_same_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
