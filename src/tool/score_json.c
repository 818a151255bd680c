/* SPDX-License-Identifier: MIT */
/* The same as the table, whole: every kind and every number, with null for what cannot be said. */
#include <errno.h>
#include <math.h>

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
	[SCORE_IMPULSE_PCT] = { "impulse_median_pct", "impulse_p95_pct", 1 },
	[SCORE_BORDER_S] = { "border_median_ms", "border_p95_ms", 1000 },
	[SCORE_TRAVEL_PCT] = { "travel_median_pct", "travel_p95_pct", 1 },
	[SCORE_RATE_PCT] = { "rate_median_pct", "rate_p95_pct", 1 },
};

/* An object under construction; once something failed, the rest does nothing. */
struct writer {
	cJSON *object;
	bool *good;
};

/* Rounded to what is worth reading; null for NAN. */
static void add(struct writer w, const char *key, double value)
{
	if (!*w.good)
		return;
	*w.good = isnan(value) ? cJSON_AddNullToObject(w.object, key) != NULL
			       : cJSON_AddNumberToObject(w.object, key, round(value * 1e4) / 1e4) != NULL;
}

static void add_count(struct writer w, const char *key, size_t count)
{
	add(w, key, (double)count);
}

static void add_quantiles(struct writer w, const char *median, const char *p95, struct score_errors *e, double factor)
{
	add(w, median, factor * score_quantile(e, 0.5));
	add(w, p95, factor * score_quantile(e, 0.95));
}

static struct writer add_object(struct writer w, const char *key)
{
	struct writer inner = { *w.good ? cJSON_AddObjectToObject(w.object, key) : NULL, w.good };

	*w.good = inner.object != NULL;
	return inner;
}

static void describe_worst(struct writer w, const struct score_worst *worst)
{
	add(w, "worst_f1", score_f1(worst->labelled, worst->detected, worst->matched));
	if (*w.good)
		*w.good = (worst->capture ? cJSON_AddStringToObject(w.object, "worst_capture", worst->capture)
					  : cJSON_AddNullToObject(w.object, "worst_capture")) != NULL;
}

static void describe_kind(struct writer w, struct score_kind *k, enum label_kind kind)
{
	add_count(w, "labelled", k->labelled);
	add_count(w, "detected", k->detected);
	add_count(w, "matched", k->matched);
	add(w, "precision", score_precision(k));
	add(w, "recall", score_recall(k));
	add(w, "f1", score_f1(k->labelled, k->detected, k->matched));
	add_count(w, "overlapped", k->overlapped);
	add(w, "overlap_f1", score_f1(k->labelled, k->detected, k->overlapped));
	add_count(w, "inserted", k->inserted);
	add_count(w, "deleted", k->deleted);
	add_count(w, "fragmented", k->fragmented);
	add_count(w, "merged", k->merged);
	describe_worst(w, &k->worst);
	for (int i = 0; i < _SCORE_QUANTITIES; i++)
		add_quantiles(w, quantities[i].median, quantities[i].p95, &k->error[i], quantities[i].unit_factor);
	if (kind == LABEL_ROLL) {
		add_count(w, "strokes_counted", k->counted);
		add(w, "strokes_exact", score_share(k->exact, k->counted));
		add(w, "strokes_within_one", score_share(k->within_one, k->counted));
	}
}

static void describe_turns(struct writer w, struct score_turns *t)
{
	bool told = t->labelled > 0;

	add(w, "labelled", told ? (double)t->labelled : NAN);
	add(w, "detected", told ? (double)t->detected : NAN);
	add(w, "matched", told ? (double)t->matched : NAN);
	add(w, "f1", told ? score_f1(t->labelled, t->detected, t->matched) : NAN);
	add_quantiles(w, "median_ms", "p95_ms", &t->error_s, 1000);
}

static void describe_breathing(struct writer w, struct score_breathing *b)
{
	add_count(w, "holds", b->holds);
	add_count(w, "due", b->due);
	add(w, "answered", score_share(b->answered, b->due));
	add(w, "within_one", score_share(b->within_one, b->due));
	add(w, "answers_within_one", score_share(b->within_one, b->answered));
	add_quantiles(w, "median_per_min", "p95_per_min", &b->error_per_min, 1);
	add_count(w, "reports", b->reports);
	add_count(w, "wrong", b->wrong);
	add(w, "wrong_share", score_share(b->wrong, b->reports));
}

static void describe_relaxation(struct writer w, struct score_relaxation *r)
{
	add_count(w, "due", r->due);
	add(w, "answered", score_share(r->answered, r->due));
	add_quantiles(w, "median_points", "p95_points", &r->error_points, 1);
}

static void describe_softening(struct writer w, struct score_softening *s)
{
	add_count(w, "due", s->due);
	add(w, "answered", score_share(s->answered, s->due));
	add_quantiles(w, "median_s", "p95_s", &s->error_s, 1);
	add_count(w, "steady", s->steady);
	add_count(w, "false_reports", s->false_reports);
	add(w, "false_share", score_share(s->false_reports, s->steady));
}

static const char *row_name(int kind)
{
	return kind == SCORE_NOTHING ? "nothing" : label_kind_to_str((enum label_kind)kind);
}

static void describe_confusion(struct writer w, const struct score *s)
{
	for (int kind = 0; kind <= _LABEL_KINDS; kind++) {
		struct writer row = add_object(w, row_name(kind));

		for (int found = 0; found <= _LABEL_KINDS; found++)
			if (kind != SCORE_NOTHING || found != SCORE_NOTHING)
				add_count(row, row_name(found), s->confusion[kind][found]);
	}
}

static void describe(struct writer w, struct score *s)
{
	struct writer kinds;

	add(w, "rate_hz", s->rules.rate_hz);
	add(w, "collar_ms", 1000 * s->rules.collar_s);
	add_count(w, "captures", s->captures);
	kinds = add_object(w, "kinds");
	for (int kind = 0; kind < _LABEL_KINDS; kind++)
		describe_kind(add_object(kinds, row_name(kind)), &s->kind[kind], (enum label_kind)kind);
	describe_turns(add_object(w, "turns"), &s->body.turns);
	describe_breathing(add_object(w, "breathing"), &s->body.breathing);
	describe_relaxation(add_object(w, "relaxation"), &s->body.relaxation);
	describe_softening(add_object(w, "softening"), &s->body.softening);
	add_count(add_object(w, "dips"), "holds", s->body.dips.counted);
	add((struct writer){ cJSON_GetObjectItem(w.object, "dips"), w.good }, "exact",
		score_share(s->body.dips.exact, s->body.dips.counted));
	add(w, "time_to_publish_ms", NAN); /* records are about an instant, they do not tell when they were made */
	describe_confusion(add_object(w, "confusion"), s);
}

int score_report_json(struct score *s, FILE *out)
{
	bool good = true;
	struct writer top = { cJSON_CreateObject(), &good };
	char *text = NULL;

	good = top.object != NULL;
	describe(top, s);
	if (good)
		text = cJSON_PrintUnformatted(top.object);
	if (text)
		fprintf(out, "%s\n", text);
	cJSON_free(text);
	cJSON_Delete(top.object);
	if (!text)
		return -ENOMEM;
	return ferror(out) ? -EIO : 0;
}
