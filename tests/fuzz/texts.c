/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "documents.h"
#include "event_json.h"
#include "fuzz.h"
#include "texts.h"

#define LARGEST 1e13 /* json_number() writes no larger one; ids and counts stay below it too */
#define WALL_ORIGIN_US INT64_C(1795162800000000)

uint64_t text_sum(uint64_t sum, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	for (size_t i = 0; i < n; i++)
		sum = (sum ^ p[i]) * UINT64_C(1099511628211);
	return sum;
}

static void check_utf8(const char *text, size_t n)
{
	for (size_t i = 0; i < n;) {
		uint8_t first = (uint8_t)text[i++];
		unsigned more = first < 0x80                     ? 0
				: first >= 0xc2 && first <= 0xdf ? 1
				: first >= 0xe0 && first <= 0xef ? 2
				: first >= 0xf0 && first <= 0xf4 ? 3
								 : 9;

		FUZZ_CHECK(more <= 3 && more <= n - i && first >= 0x20);
		for (; more > 0; more--)
			FUZZ_CHECK(((uint8_t)text[i++] & 0xc0) == 0x80);
	}
}

static void check_item(const cJSON *item)
{
	const cJSON *child;

	if (cJSON_IsNumber(item))
		FUZZ_CHECK(isfinite(item->valuedouble) && fabs(item->valuedouble) <= LARGEST);
	cJSON_ArrayForEach(child, item)
	{
		if (cJSON_IsObject(item))
			FUZZ_CHECK(cJSON_GetObjectItemCaseSensitive(item, child->string) == child);
		check_item(child);
	}
}

static cJSON *parse(const char *text, size_t n)
{
	cJSON *json;

	FUZZ_CHECK(strlen(text) == n);
	check_utf8(text, n);
	json = cJSON_ParseWithLengthOpts(text, n + 1, NULL, true);
	FUZZ_CHECK(cJSON_IsObject(json));
	check_item(json);
	return json;
}

void text_check(const char *text, size_t n)
{
	cJSON_Delete(parse(text, n));
}

static double number(const cJSON *object, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	return cJSON_IsNumber(item) ? item->valuedouble : NAN;
}

/* What every record says, and that its times agree with each other. */
static void check_record(const cJSON *record, const struct knead_event *e, uint64_t n)
{
	const char *type = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(record, "event_type"));
	double start_s = number(record, "start_s"), end_s = number(record, "end_s");
	double duration_s = number(record, "duration_s"), confidence = number(record, "confidence");
	const cJSON *flag;

	FUZZ_CHECK(type && strcmp(type, knead_event_type_to_str(e->type)) == 0);
	FUZZ_CHECK(number(record, "v") == 1 && number(record, "n") == (double)n);
	FUZZ_CHECK(fabs(number(record, "t_s") - (double)e->t_us * 1e-6) <= 0.00051);
	FUZZ_CHECK(confidence >= 0 && confidence <= 1);
	cJSON_ArrayForEach(flag, cJSON_GetObjectItemCaseSensitive(record, "flags"))
	{
		FUZZ_CHECK(cJSON_IsString(flag));
	}
	if (!isnan(start_s) && !isnan(end_s)) {
		FUZZ_CHECK(end_s >= start_s);
		FUZZ_CHECK(isnan(duration_s) || fabs(end_s - start_s - duration_s) < 1e-4);
	}
}

uint64_t text_check_event(const struct knead_event *e, uint64_t n)
{
	struct event_context context = { .device = "ball", .boot = "replay", .n = n, .wall_origin_us = WALL_ORIGIN_US };
	char text[EVENT_JSON_MAX];
	int length = event_json(e, &context, text, sizeof(text));
	cJSON *record;
	uint64_t sum;

	FUZZ_CHECK(length > 0);
	if (getenv("KNEAD_FUZZ_TELL"))
		fprintf(stderr, "%s\n", text);
	record = parse(text, (size_t)length);
	check_record(record, e, n);
	cJSON_Delete(record);
	sum = text_sum(0, text, (size_t)length);
	length = event_squeeze_json(e, &context, text, sizeof(text));
	FUZZ_CHECK(length >= 0);
	if (length > 0)
		text_check(text, (size_t)length);
	return sum;
}

static void check_length(const char *text, int length)
{
	FUZZ_CHECK(length > 0 && length < DOCUMENT_MAX);
	text_check(text, (size_t)length);
}

void text_check_view(const struct knead_view *view)
{
	struct document_calm calm = { .force_n = view->force_n, .pressure_kpa = view->pressure_kpa };
	int64_t origin_us = WALL_ORIGIN_US;
	char text[DOCUMENT_MAX];

	check_length(text, document_live(view, &calm, origin_us, 1, 1, text, sizeof(text)));
	check_length(text, document_state(view, &calm, origin_us, KNEAD_PROFILE_BALL, "", text, sizeof(text)));
	check_length(text, document_diag(view, WALL_ORIGIN_US, "knead", NULL, text, sizeof(text)));
	if (view->session.known)
		check_length(text, document_session(view, origin_us, text, sizeof(text)));
}
