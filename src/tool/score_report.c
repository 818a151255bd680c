/* SPDX-License-Identifier: MIT */
/*
 * The table. Kinds that were neither labelled nor detected are left out, and so are lines about which the labels tell
 * nothing; one line says which those are.
 */
#include <errno.h>
#include <math.h>

#include "score_report.h"

/* Quantities that have columns in the table; what follows has a line of its own where it occurs. */
#define COLUMNS SCORE_BORDER_S

static const double unit_factors[COLUMNS] = {
	[SCORE_START_S] = 1000,
	[SCORE_END_S] = 1000,
	[SCORE_DURATION_S] = 1000,
	[SCORE_PEAK_PCT] = 1,
	[SCORE_IMPULSE_PCT] = 1,
};

/* A cell of the table: a number, or a dash for what is not known. */
static void print_cell(FILE *out, int width, int decimals, double value)
{
	if (isnan(value))
		fprintf(out, " %*s", width, "-");
	else
		fprintf(out, " %*.*f", width, decimals, value);
}

static bool occurs(const struct score *s, int kind)
{
	return s->kind[kind].labelled + s->kind[kind].detected > 0;
}

static void print_errors(struct score *s, FILE *out)
{
	fprintf(out, "%-10s %5s %5s %5s %6s %6s %6s %13s %13s %13s %13s %13s\n", "", "", "", "", "", "", "", "start ms",
		"end ms", "duration ms", "peak %", "impulse %");
	fprintf(out, "%-10s %5s %5s %5s %6s %6s %6s", "kind", "label", "found", "match", "prec", "recall", "F1");
	for (int i = 0; i < COLUMNS; i++)
		fprintf(out, " %6s %6s", "median", "p95");
	fputc('\n', out);
	for (int kind = 0; kind < _LABEL_KINDS; kind++) {
		struct score_kind *k = &s->kind[kind];

		if (!occurs(s, kind))
			continue;
		fprintf(out, "%-10s %5zu %5zu %5zu", label_kind_to_str((enum label_kind)kind), k->labelled, k->detected,
			k->matched);
		print_cell(out, 6, 3, score_precision(k));
		print_cell(out, 6, 3, score_recall(k));
		print_cell(out, 6, 3, score_f1(k->labelled, k->detected, k->matched));
		for (int i = 0; i < COLUMNS; i++) {
			print_cell(out, 6, 1, unit_factors[i] * score_quantile(&k->error[i], 0.5));
			print_cell(out, 6, 1, unit_factors[i] * score_quantile(&k->error[i], 0.95));
		}
		fputc('\n', out);
	}
}

static void print_counts(const struct score *s, FILE *out)
{
	fprintf(out, "\n%-10s %10s %8s %7s %10s %6s %8s  %s\n", "kind", "overlap F1", "inserted", "deleted",
		"fragmented", "merged", "worst F1", "in");
	for (int kind = 0; kind < _LABEL_KINDS; kind++) {
		const struct score_kind *k = &s->kind[kind];
		const struct score_worst *w = &k->worst;

		if (!occurs(s, kind))
			continue;
		fprintf(out, "%-10s", label_kind_to_str((enum label_kind)kind));
		print_cell(out, 10, 3, score_f1(k->labelled, k->detected, k->overlapped));
		fprintf(out, " %8zu %7zu %10zu %6zu", k->inserted, k->deleted, k->fragmented, k->merged);
		print_cell(out, 8, 3, score_f1(w->labelled, w->detected, w->matched));
		fprintf(out, "  %s\n", w->capture ? w->capture : "-");
	}
}

/* "WHAT: median M UNIT, p95 P UNIT", when there are any. */
static void print_quantiles(FILE *out, const char *what, struct score_errors *e, double factor, const char *unit)
{
	if (e->count > 0)
		fprintf(out, "%s: %zu, median %.1f %s, p95 %.1f %s\n", what, e->count, factor * score_quantile(e, 0.5),
			unit, factor * score_quantile(e, 0.95), unit);
}

static void print_rolls(struct score *s, FILE *out)
{
	struct score_kind *roll = &s->kind[LABEL_ROLL];
	struct score_turns *t = &s->body.turns;

	if (roll->counted > 0)
		fprintf(out, "strokes of %zu matched rolls: %.1f %% exact, %.1f %% within one\n", roll->counted,
			100 * score_share(roll->exact, roll->counted),
			100 * score_share(roll->within_one, roll->counted));
	if (t->labelled + t->detected > 0)
		fprintf(out, "turns within 350 ms: %zu of %zu, %zu found elsewhere\n", t->matched, t->labelled,
			t->detected - t->matched);
	print_quantiles(out, "time of turns", &t->error_s, 1000, "ms");
	print_quantiles(out, "travel of rolls", &roll->error[SCORE_TRAVEL_PCT], 1, "%");
	print_quantiles(out, "sides of holds at rolls", &s->kind[LABEL_HOLD].error[SCORE_BORDER_S], 1000, "ms");
	print_quantiles(out, "rate of percussion", &s->kind[LABEL_PERCUSSION].error[SCORE_RATE_PCT], 1, "%");
}

static void print_holds(struct score_body *b, FILE *out)
{
	const struct score_breathing *breath = &b->breathing;
	const struct score_softening *soft = &b->softening;

	if (breath->holds > 0)
		fprintf(out,
			"breathing: due in %zu of %zu holds, answered in %zu, within 1/min in %zu; %zu of %zu reports wrong\n",
			breath->due, breath->holds, breath->answered, breath->within_one, breath->wrong,
			breath->reports);
	print_quantiles(out, "breathing where due", &b->breathing.error_per_min, 1, "/min");
	if (b->relaxation.due > 0)
		fprintf(out, "relaxation: answered in %zu of %zu holds\n", b->relaxation.answered, b->relaxation.due);
	print_quantiles(out, "relaxation", &b->relaxation.error_points, 1, "points");
	if (soft->due + soft->steady > 0)
		fprintf(out, "softening: answered in %zu of %zu holds, reported in %zu of %zu others\n", soft->answered,
			soft->due, soft->false_reports, soft->steady);
	print_quantiles(out, "softening", &b->softening.error_s, 1, "s");
	if (b->dips.counted > 0)
		fprintf(out, "dips of %zu holds: %.1f %% exact\n", b->dips.counted,
			100 * score_share(b->dips.exact, b->dips.counted));
}

static void print_confusion(const struct score *s, FILE *out)
{
	fprintf(out, "\n%-10s  found as\n%-10s", "", "labelled");
	for (int found = 0; found < _LABEL_KINDS; found++)
		fprintf(out, " %10s", label_kind_to_str((enum label_kind)found));
	fprintf(out, " %10s\n", "nothing");
	for (int kind = 0; kind <= _LABEL_KINDS; kind++) {
		fprintf(out, "%-10s", kind < _LABEL_KINDS ? label_kind_to_str((enum label_kind)kind) : "nothing");
		for (int found = 0; found <= _LABEL_KINDS; found++) {
			if (kind == SCORE_NOTHING && found == SCORE_NOTHING)
				continue;
			fprintf(out, " %10zu", s->confusion[kind][found]);
		}
		fputc('\n', out);
	}
}

int score_report_table(struct score *s, FILE *out)
{
	bool told = s->body.turns.labelled + s->body.breathing.holds + s->body.relaxation.due +
			    s->body.softening.steady + s->body.softening.due >
		    0;

	fprintf(out, "%g samples/s, collar %g ms, %zu captures\n", s->rules.rate_hz, 1000 * s->rules.collar_s,
		s->captures);
	print_errors(s, out);
	print_counts(s, out);
	fputc('\n', out);
	print_rolls(s, out);
	print_holds(&s->body, out);
	if (!told)
		fputs("turns, impulse, breathing, relaxation, softening: unknown, the labels have no details\n", out);
	fputs("time to publish: unknown, records do not carry it\n", out);
	print_confusion(s, out);
	return ferror(out) ? -EIO : 0;
}
