/* SPDX-License-Identifier: MIT */
/*
 * Any file is read to its end or refused in words. What was read is written and read again: the same records come back, so the
 * writer never makes a line that the reader refuses.
 */
#include <string.h>

#include <knead/sample.h>

#include "capture.h"
#include "fuzz.h"
#include "memory_file.h"

static void write_again(struct capture_writer *w, const struct capture_record *record)
{
	char words[CAPTURE_CHUNK_MAX + 5];

	switch (record->kind) {
	case CAPTURE_RX:
		FUZZ_CHECK(capture_write_rx(w, record->t_us, record->bytes, record->n) == 0);
		break;
	case CAPTURE_TX:
		FUZZ_CHECK(capture_write_tx(w, record->t_us, record->bytes, record->n) == 0);
		break;
	case CAPTURE_OPEN:
		FUZZ_CHECK(capture_write_mark(w, record->t_us, "open") == 0);
		break;
	case CAPTURE_CLOSE:
		FUZZ_CHECK(capture_write_mark(w, record->t_us, "close") == 0);
		break;
	case CAPTURE_GAP:
		if (strlen(record->words) < CAPTURE_CHUNK_MAX - 4) {
			snprintf(words, sizeof(words), "gap %s", record->words);
			FUZZ_CHECK(capture_write_mark(w, record->t_us, words) == 0);
		}
		break;
	case CAPTURE_END:
		FUZZ_CHECK(capture_write_mark(w, record->t_us, "end") == 0);
		break;
	}
}

/* Adds one record to a sum that does not see where chunks are cut. */
static uint64_t add(uint64_t sum, const struct capture_record *record)
{
	uint64_t head = (uint64_t)record->t_us * 8 + record->kind;

	for (size_t i = 0; i < record->n; i++)
		sum = (sum ^ record->bytes[i] ^ head) * UINT64_C(1099511628211);
	return sum;
}

/* Reads all there is; copies it to w unless NULL. Returns the sum of it. */
static uint64_t read_all(struct capture_reader *r, struct capture_writer *w, size_t size)
{
	struct capture_record record;
	int64_t last_us = 0;
	uint64_t sum = 0;
	size_t bytes = 0;
	char why[200] = "";
	int e;

	while ((e = capture_read(r, &record, why, sizeof(why))) == 0) {
		bool has_bytes = record.kind == CAPTURE_RX || record.kind == CAPTURE_TX;

		FUZZ_CHECK(has_bytes == (record.n > 0));
		FUZZ_CHECK(capture_is_kcap(r) ? record.t_us >= last_us : record.t_us == KNEAD_RX_UNKNOWN);
		last_us = record.t_us;
		bytes += record.n;
		sum = add(sum, &record);
		if (w)
			write_again(w, &record);
	}
	FUZZ_CHECK(e == 1 || (e < 0 && why[0] != '\0'));
	FUZZ_CHECK(capture_is_kcap(r) ? bytes <= size : bytes == size);
	return sum;
}

static void round_trip(struct capture_reader *r, size_t size)
{
	struct memory_file copy = memory_file("", 0);
	struct capture_writer *w;
	struct capture_reader *again;
	cJSON *header = cJSON_Duplicate(capture_header(r), true);
	uint64_t sum;
	char why[200];

	cJSON_DeleteItemFromObjectCaseSensitive(header, "kneadcap");
	/* Several of one name in line 1 are for the reader to bear, not for the writer. */
	if (cJSON_HasObjectItem(header, "kneadcap") || capture_writer_new(copy.path, header, &w) != 0) {
		read_all(r, NULL, size);
	} else {
		sum = read_all(r, w, size);
		FUZZ_CHECK(capture_writer_close(w) == 0);
		FUZZ_CHECK(capture_reader_open(copy.path, &again, why, sizeof(why)) == 0);
		FUZZ_CHECK(read_all(again, NULL, size) == sum);
		capture_reader_free(again);
	}
	cJSON_Delete(header);
	close(copy.fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory_file f = memory_file(data, size);
	struct capture_reader *r;
	char why[200] = "";

	if (capture_reader_open(f.path, &r, why, sizeof(why)) != 0) {
		FUZZ_CHECK(why[0] != '\0');
	} else {
		if (capture_is_kcap(r))
			round_trip(r, size);
		else
			read_all(r, NULL, size);
		capture_reader_free(r);
	}
	close(f.fd);
	return 0;
}
