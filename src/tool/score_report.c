/* SPDX-License-Identifier: MIT */
/*
 * Both forms say the same. Kinds that were neither labelled nor detected are left out of the table; JSON has them all,
 * with null for what cannot be said.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <cjson/cJSON.h>

#include "score_report.h"

/* Keys of JSON; unit_factor turns the stored errors into the key's unit. */
static const struct {
	const char *median, *p95;
	double unit_factor;
} quantities[_SCORE_QUANTITIES] = {
	[SCORE_START_S] = { "start_median_ms", "start_p95_ms", 1000 },
	[SCORE_END_S] = { "end_median_ms", "end_p95_ms", 1000 },
	[SCORE_DURATION_S] = { "duration_median_ms", "duration_p95_ms", 1000 },
	[SCORE_PEAK_PCT] = { "peak_median_pct", "peak_p95_pct", 1 },
	[SCORE_BORDER_S] = { "border_median_ms", "border_p95_ms", 1000 },
};

/* Quantities that have columns in the table; what follows has a line of its own. */
#define COLUMNS SCORE_BORDER_S

/* A cell of the table: a number, or a dash for what is not known. */
static void print_cell(FILE *out, int width, int decimals, double value)
{
	if (isnan(value))
		fprintf(out, " %*s", width, "-");
	else
		fprintf(out, " %*.*f", width, decimals, value);
}

static void print_row(FILE *out, struct score_kind *k, const char *name)
{
	fprintf(out, "%-10s %5zu %5zu %5zu", name, k->labelled, k->detected, k->matched);
	print_cell(out, 6, 3, score_precision(k));
	print_cell(out, 6, 3, score_recall(k));
	print_cell(out, 6, 3, score_f1(k));
	for (int i = 0; i < COLUMNS; i++) {
		print_cell(out, 6, 1, quantities[i].unit_factor * score_quantile(&k->error[i], 0.5));
		print_cell(out, 6, 1, quantities[i].unit_factor * score_quantile(&k->error[i], 0.95));
	}
	fprintf(out, " %5zu %5zu\n", k->fragmented, k->merged);
}

int score_report_table(struct score *s, FILE *out)
{
	const struct score_kind *roll = &s->kind[LABEL_ROLL];
	struct score_errors *border = &s->kind[LABEL_HOLD].error[SCORE_BORDER_S];

	fprintf(out, "%g samples/s, collar %g ms\n", s->rate_hz, 1000 * s->collar_s);
	fprintf(out, "%-10s %5s %5s %5s %6s %6s %6s %13s %13s %13s %13s %5s %5s\n", "", "", "", "", "", "", "",
		"start ms", "end ms", "duration ms", "peak %", "frag-", "mer-");
	fprintf(out, "%-10s %5s %5s %5s %6s %6s %6s", "kind", "label", "found", "match", "prec", "recall", "F1");
	for (int i = 0; i < COLUMNS; i++)
		fprintf(out, " %6s %6s", "median", "p95");
	fprintf(out, " %5s %5s\n", "ment", "ged");
	for (int kind = 0; kind < _LABEL_KINDS; kind++)
		if (s->kind[kind].labelled + s->kind[kind].detected > 0)
			print_row(out, &s->kind[kind], label_kind_to_str((enum label_kind)kind));
	if (roll->counted > 0)
		fprintf(out, "strokes of %zu matched rolls: %.1f %% exact, %.1f %% within one\n", roll->counted,
			100.0 * (double)roll->exact / (double)roll->counted,
			100.0 * (double)roll->within_one / (double)roll->counted);
	if (border->count > 0)
		fprintf(out, "sides of holds at rolls: %zu, median %.0f ms, p95 %.0f ms\n", border->count,
			1000 * score_quantile(border, 0.5), 1000 * score_quantile(border, 0.95));
	return ferror(out) ? -EIO : 0;
}

/* Rounded to what is worth reading; null for NAN. NULL when out of memory. */
static cJSON *add_number(cJSON *object, const char *key, double value)
{
	if (isnan(value))
		return cJSON_AddNullToObject(object, key);
	return cJSON_AddNumberToObject(object, key, round(value * 1e4) / 1e4);
}

static bool describe_kind(cJSON *object, struct score_kind *k, bool with_strokes)
{
	bool good = add_number(object, "labelled", (double)k->labelled) &&
		    add_number(object, "detected", (double)k->detected) &&
		    add_number(object, "matched", (double)k->matched) &&
		    add_number(object, "precision", score_precision(k)) &&
		    add_number(object, "recall", score_recall(k)) && add_number(object, "f1", score_f1(k)) &&
		    add_number(object, "fragmented", (double)k->fragmented) &&
		    add_number(object, "merged", (double)k->merged);

	for (int i = 0; i < _SCORE_QUANTITIES && good; i++) {
		double factor = quantities[i].unit_factor;

		good = add_number(object, quantities[i].median, factor * score_quantile(&k->error[i], 0.5)) &&
		       add_number(object, quantities[i].p95, factor * score_quantile(&k->error[i], 0.95));
	}
	if (good && with_strokes) {
		double rolls = (double)k->counted;

		good = add_number(object, "strokes_counted", rolls) &&
		       add_number(object, "strokes_exact", rolls > 0 ? (double)k->exact / rolls : NAN) &&
		       add_number(object, "strokes_within_one", rolls > 0 ? (double)k->within_one / rolls : NAN);
	}
	return good;
}

int score_report_json(struct score *s, FILE *out)
{
	cJSON *top = cJSON_CreateObject(), *kinds;
	bool good = add_number(top, "rate_hz", s->rate_hz) && add_number(top, "collar_ms", 1000 * s->collar_s);
	char *text = NULL;

	kinds = cJSON_AddObjectToObject(top, "kinds");
	for (int kind = 0; kind < _LABEL_KINDS && good; kind++) {
		cJSON *object = cJSON_AddObjectToObject(kinds, label_kind_to_str((enum label_kind)kind));

		good = object && describe_kind(object, &s->kind[kind], kind == LABEL_ROLL);
	}
	if (good)
		text = cJSON_PrintUnformatted(top);
	if (text)
		fprintf(out, "%s\n", text);
	cJSON_free(text);
	cJSON_Delete(top);
	if (!text)
		return -ENOMEM;
	return ferror(out) ? -EIO : 0;
}
