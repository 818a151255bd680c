/* SPDX-License-Identifier: MIT */
/* Event records -> labels. Only the keys that are scored are looked at; a line that is no JSON object is an error. */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "array.h"
#include "score_events.h"

#define STROKES_MAX 1000000 /* as in labels */

/* The last stroke of a roll ends with the roll; records have whole milliseconds. */
#define SAME_S 0.0005

static const struct {
	const char *event_type;
	enum label_kind kind;
} scored[] = {
	{ "hold_end", LABEL_HOLD },
	{ "roll_end", LABEL_ROLL },
	{ "press", LABEL_PRESS },
	{ "tap", LABEL_TAP },
	{ "impact", LABEL_IMPACT },
	{ "percussion_end", LABEL_PERCUSSION },
};

static const struct {
	const char *key;
	enum label_number number;
} numbers[] = {
	{ "impulse_ns", LABEL_IMPULSE_NS },
	{ "breath_per_min", LABEL_BREATH_PER_MIN },
	{ "relax_pct", LABEL_RELAX_PCT },
	{ "softening_s", LABEL_SOFTENING_S },
	{ "dips", LABEL_DIPS },
	{ "travel_mm", LABEL_TRAVEL_MM },
	{ "rate_hz", LABEL_RATE_HZ },
};

struct reader {
	struct labels *labels;
	/* ends of the strokes of the roll that is under way */
	double roll_id;
	double *stroke_end_s; /* owned */
	size_t strokes, size;
	const char *wrong; /* what is wrong with the record at hand: static */
};

/* A number that can be counted with: cJSON reads 1e999 as infinity. */
static bool is_number(const cJSON *item)
{
	return cJSON_IsNumber(item) && isfinite(item->valuedouble);
}

static int add_stroke(struct reader *r, const cJSON *record)
{
	const cJSON *roll = cJSON_GetObjectItem(record, "roll_id"), *end = cJSON_GetObjectItem(record, "end_s");

	if (!is_number(roll) || !is_number(end))
		return 0;
	if (roll->valuedouble != r->roll_id)
		r->strokes = 0;
	r->roll_id = roll->valuedouble;
	return ARRAY_ADD(r->stroke_end_s, r->strokes, r->size, end->valuedouble);
}

static int add_turns(const struct reader *r, const cJSON *record, const struct label *roll)
{
	const cJSON *id = cJSON_GetObjectItem(record, "roll_id");
	int error = 0;

	if (!cJSON_IsNumber(id) || id->valuedouble != r->roll_id)
		return 0;
	for (size_t i = 0; i < r->strokes && error == 0; i++)
		if (r->stroke_end_s[i] < roll->end_s - SAME_S)
			error = label_details_add_reversal(roll->details, r->stroke_end_s[i]);
	return error;
}

static int add_details(const struct reader *r, const cJSON *record, struct label *label)
{
	label->details = label_details_new();
	if (!label->details)
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const cJSON *value = cJSON_GetObjectItem(record, numbers[i].key);

		if (is_number(value))
			label->details->number[numbers[i].number] = value->valuedouble;
	}
	return label->kind == LABEL_ROLL ? add_turns(r, record, label) : 0;
}

static int add_event(struct reader *r, const cJSON *record, enum label_kind kind)
{
	const cJSON *start = cJSON_GetObjectItem(record, "start_s"), *end = cJSON_GetObjectItem(record, "end_s");
	const cJSON *peak = cJSON_GetObjectItem(record, "peak_n"), *strokes = cJSON_GetObjectItem(record, "strokes");
	struct label label = { .kind = kind };
	int error;

	if (!is_number(start) || !is_number(end)) {
		r->wrong = "start_s or end_s is missing or no number";
		return -EINVAL;
	}
	if (end->valuedouble < start->valuedouble) {
		r->wrong = "end_s lies before start_s";
		return -EINVAL;
	}
	label.start_s = start->valuedouble;
	label.end_s = end->valuedouble;
	if (is_number(peak))
		label.peak_n = peak->valuedouble;
	if (is_number(strokes) && strokes->valuedouble >= 0 && strokes->valuedouble <= STROKES_MAX)
		label.count = (uint32_t)strokes->valuedouble;
	error = add_details(r, record, &label);
	if (error == 0)
		error = labels_add(r->labels, &label);
	if (error < 0)
		label_details_free(label.details);
	return error;
}

static int take_record(struct reader *r, const cJSON *record)
{
	const char *type = cJSON_GetStringValue(cJSON_GetObjectItem(record, "event_type"));

	if (!type) {
		r->wrong = "no event_type, want event records as 'knead replay' writes them";
		return -EINVAL;
	}
	if (strcmp(type, "stroke") == 0)
		return add_stroke(r, record);
	for (size_t i = 0; i < sizeof(scored) / sizeof(scored[0]); i++)
		if (strcmp(type, scored[i].event_type) == 0)
			return add_event(r, record, scored[i].kind);
	return 0;
}

static int take_line(struct reader *r, const char *line)
{
	cJSON *record = cJSON_Parse(line);
	int error = -EINVAL;

	if (cJSON_IsObject(record))
		error = take_record(r, record);
	else
		r->wrong = "no JSON object";
	cJSON_Delete(record);
	return error;
}

int score_events_read(const char *path, struct labels *l, char *ret_why, size_t why_size)
{
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	struct reader reader = { .labels = l };
	char *line = NULL;
	size_t size = 0;
	unsigned number = 0;
	int r = in ? 0 : -errno;

	if (!in) {
		snprintf(ret_why, why_size, "%s: %s", path, strerror(-r));
		return r;
	}
	while (r == 0 && getline(&line, &size, in) >= 0) {
		number++;
		if (line[strspn(line, " \t\r\n")] != '\0')
			r = take_line(&reader, line);
	}
	if (r == 0 && ferror(in))
		r = -EIO;
	free(line);
	free(reader.stroke_end_s);
	if (in != stdin)
		fclose(in);
	if (r < 0)
		snprintf(ret_why, why_size, "%s:%u: %s", path, number, reader.wrong ? reader.wrong : strerror(-r));
	return r;
}
