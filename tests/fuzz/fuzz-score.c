/* SPDX-License-Identifier: MIT */
/*
 * Any labels and any event records as files of `knead score`. Each is refused with file and line, or is a list of intervals that run
 * forwards in numbers; labels that are written come back the same; and of any two lists the score is a table and one JSON object
 * that can be read.
 *
 * Input: the labels, a NUL, the event records.
 */
#include <math.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "fuzz.h"
#include "memory_file.h"
#include "score_events.h"
#include "score_report.h"

static void check_list(const struct labels *l)
{
	for (size_t i = 0; i < l->count; i++) {
		const struct label *e = &l->item[i];

		FUZZ_CHECK(label_kind_to_str(e->kind) != NULL);
		FUZZ_CHECK(isfinite(e->start_s) && isfinite(e->end_s) && isfinite(e->peak_n) && e->end_s >= e->start_s);
		for (unsigned k = 0; e->details && k < _LABEL_NUMBERS; k++)
			FUZZ_CHECK(!isinf(e->details->number[k]));
		for (size_t k = 0; e->details && k < e->details->reversals; k++)
			FUZZ_CHECK(isfinite(e->details->reversal_s[k]));
	}
}

static bool read_labels(const void *text, size_t n, struct labels *ret)
{
	struct memory_file f = memory_file(text, n);
	char why[300] = "";
	int r = labels_read(f.path, ret, why, sizeof(why));

	close(f.fd);
	FUZZ_CHECK(r <= 0 && (r == 0 || strncmp(why, f.path, strlen(f.path)) == 0));
	if (r == 0)
		check_list(ret);
	return r == 0;
}

static bool read_events(const void *text, size_t n, struct labels *ret)
{
	struct memory_file f = memory_file(text, n);
	char why[300] = "";
	int r = score_events_read(f.path, ret, why, sizeof(why));

	close(f.fd);
	FUZZ_CHECK(r <= 0 && (r == 0 || strncmp(why, f.path, strlen(f.path)) == 0));
	if (r == 0)
		check_list(ret);
	return r == 0;
}

/* The list as it is written, owned by the caller. */
static char *write_list(const struct labels *l, bool details, size_t *ret_n)
{
	struct memory_file f = memory_file("", 0);
	char *text;
	off_t n;

	FUZZ_CHECK(labels_write(l, f.path, details) == 0);
	n = lseek(f.fd, 0, SEEK_END);
	text = malloc((size_t)n + 1);
	FUZZ_CHECK(n > 0 && text && pread(f.fd, text, (size_t)n, 0) == n);
	text[n] = '\0';
	close(f.fd);
	*ret_n = (size_t)n;
	return text;
}

static void round_trip(const struct labels *l)
{
	bool details = l->count > 0 && l->item[0].details;
	size_t n, again_n;
	char *text = write_list(l, details, &n), *again_text;
	struct labels again = { 0 };

	FUZZ_CHECK(read_labels(text, n, &again) && again.count == l->count);
	again_text = write_list(&again, details, &again_n);
	FUZZ_CHECK(strcmp(text, again_text) == 0);
	free(text);
	free(again_text);
	labels_deinit(&again);
}

static void score_both(const struct labels *labels, const struct labels *detections)
{
	static const double rates_hz[] = { 10, 80, 1000 };
	struct score score;
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);
	cJSON *json;

	FUZZ_CHECK(out);
	score_init(&score, rates_hz[labels->count % 3], 0);
	FUZZ_CHECK(score_add(&score, "a", labels, detections) == 0);
	for (int kind = 0; kind < _LABEL_KINDS; kind++) {
		const struct score_kind *k = &score.kind[kind];

		FUZZ_CHECK(k->matched <= k->labelled && k->matched <= k->detected);
		FUZZ_CHECK(k->deleted <= k->labelled && k->inserted <= k->detected);
	}
	FUZZ_CHECK(score_report_json(&score, out) == 0 && fflush(out) == 0);
	json = cJSON_ParseWithOpts(text, NULL, true);
	FUZZ_CHECK(cJSON_IsObject(json));
	cJSON_Delete(json);
	FUZZ_CHECK(score_report_table(&score, out) == 0);
	fclose(out);
	free(text);
	score_deinit(&score);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
	size_t n = end ? (size_t)(end - data) : size;
	struct labels labels = { 0 }, detections = { 0 };
	bool has_labels = read_labels(data, n, &labels), has_events;

	if (has_labels)
		round_trip(&labels);
	has_events = end && read_events(end + 1, size - n - 1, &detections);
	if (has_events)
		round_trip(&detections);
	if (has_labels && has_events)
		score_both(&labels, &detections);
	labels_deinit(&labels);
	labels_deinit(&detections);
	return 0;
}
