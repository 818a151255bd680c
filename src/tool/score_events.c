/* SPDX-License-Identifier: MIT */
/* Event records -> labels. Only the keys that are scored are looked at; a line that is no JSON object is an error. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "score_events.h"

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

/* Returns a static sentence when the record is not what the contract says, else NULL; *ret_scored tells if it counts. */
static const char *take_record(const cJSON *record, struct label *ret, bool *ret_scored)
{
	const char *type = cJSON_GetStringValue(cJSON_GetObjectItem(record, "event_type"));
	const cJSON *start = cJSON_GetObjectItem(record, "start_s"), *end = cJSON_GetObjectItem(record, "end_s");
	const cJSON *peak = cJSON_GetObjectItem(record, "peak_n"), *strokes = cJSON_GetObjectItem(record, "strokes");

	*ret_scored = false;
	if (!type)
		return "no event_type, want event records as 'knead replay' writes them";
	for (size_t i = 0; i < sizeof(scored) / sizeof(scored[0]); i++) {
		if (strcmp(type, scored[i].event_type) != 0)
			continue;
		if (!cJSON_IsNumber(start) || !cJSON_IsNumber(end))
			return "start_s or end_s is missing or no number";
		*ret = (struct label){
			.kind = scored[i].kind, .start_s = start->valuedouble, .end_s = end->valuedouble
		};
		if (cJSON_IsNumber(peak))
			ret->peak_n = peak->valuedouble;
		if (cJSON_IsNumber(strokes) && strokes->valuedouble >= 0)
			ret->count = (uint32_t)strokes->valuedouble;
		*ret_scored = true;
	}
	return NULL;
}

static int take_line(const char *line, struct labels *l, const char **ret_wrong)
{
	cJSON *record = cJSON_Parse(line);
	struct label label;
	bool counts;
	int r = 0;

	*ret_wrong = cJSON_IsObject(record) ? take_record(record, &label, &counts) : "no JSON object";
	if (*ret_wrong)
		r = -EINVAL;
	else if (counts)
		r = labels_add(l, &label);
	cJSON_Delete(record);
	return r;
}

int score_events_read(const char *path, struct labels *l, char *ret_why, size_t why_size)
{
	FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	const char *wrong = NULL;
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
			r = take_line(line, l, &wrong);
	}
	if (r == 0 && ferror(in))
		r = -EIO;
	free(line);
	if (in != stdin)
		fclose(in);
	if (r < 0)
		snprintf(ret_why, why_size, "%s:%u: %s", path, number, wrong ? wrong : strerror(-r));
	return r;
}
