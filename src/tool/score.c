/* SPDX-License-Identifier: MIT */
/* knead score: how well event records agree with labels. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "score_count.h"
#include "score_events.h"
#include "score_report.h"
#include "verbs.h"

static const char help[] = "Usage: knead score [OPTION]... --labels FILE EVENTS [--labels FILE EVENTS]...\n"
			   "\n"
			   "Scores event records, as 'knead replay' writes them, against labels, as\n"
			   "'knead simulate' writes them. Each EVENTS file (- is standard input) is scored\n"
			   "against the labels named last before it; all of them make one score.\n"
			   "\n"
			   "A detection matches a label of its kind when its start lies within the collar\n"
			   "and its end within the collar or 2 % of the length: 150 ms, 250 ms at 10\n"
			   "samples/s, 1 s for rolls and for the side of a hold that borders on one.\n"
			   "Below 200 samples/s impacts and percussion cannot be told: they, and what is\n"
			   "detected over them, are left out, but for the table of what was found as what.\n"
			   "\n"
			   "Overlap F1 takes for a match what shares 95 % of the time that both cover.\n"
			   "Inserted and deleted events share no time with any of their kind on the other\n"
			   "side; a fragmented label has two or more detections in it, a merged detection\n"
			   "two or more labels. Worst is the capture with the lowest F1. Errors are those\n"
			   "of matched events, without sign: median and 95th percentile.\n"
			   "\n"
			   "Labels with details ('knead simulate --details') tell besides of impulse, turns\n"
			   "of rolls (matched within 350 ms), breathing (due in holds of 30 s and 2 % or\n"
			   "more; wrong when more than 2 per minute off), relaxation and softening; with\n"
			   "plain labels these are unknown. How late a record was made is never known: it\n"
			   "tells what instant it is about.\n"
			   "\n"
			   "  --labels FILE   what truly happened: kind,start_s,end_s,peak_n,count, with or\n"
			   "                  without the columns of the details\n"
			   "  --rate HZ       samples per second of the captures (default 80)\n"
			   "  --collar-ms N   another collar, for all but rolls\n"
			   "  --json          one JSON object instead of a table\n"
			   "  --help          show this and exit";

enum { OPT_LABELS = 256, OPT_RATE, OPT_COLLAR, OPT_JSON, OPT_HELP };

static const struct option long_options[] = {
	{ "labels", required_argument, NULL, OPT_LABELS },
	{ "rate", required_argument, NULL, OPT_RATE },
	{ "collar-ms", required_argument, NULL, OPT_COLLAR },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

/* A leading '-': words that are no options come in their order, as option 1. */
#define SHORT_OPTIONS "-"

struct verb_score {
	double rate_hz, collar_ms;
	bool json;
	size_t pairs;
};

/* First pass: the options that hold for all files. Returns 0; VERB_BAD_USAGE after saying why; or -1 after --help. */
static int read_options(struct verb_score *v, int argc, char **argv)
{
	bool has_labels = false;
	int opt;

	optind = 0;
	while ((opt = getopt_long(argc, argv, SHORT_OPTIONS, long_options, NULL)) != -1) {
		switch (opt) {
		case 1:
			if (!has_labels)
				return verb_bad_usage("score", "%s: give --labels FILE before it", optarg);
			v->pairs++;
			break;
		case OPT_LABELS:
			has_labels = true;
			break;
		case OPT_RATE:
			if (verb_parse_double(optarg, 1, 1e6, &v->rate_hz) < 0)
				return verb_bad_usage("score", "--rate %s: not a rate", optarg);
			break;
		case OPT_COLLAR:
			if (verb_parse_double(optarg, 1, 1e5, &v->collar_ms) < 0)
				return verb_bad_usage("score", "--collar-ms %s: want 1 to 100000", optarg);
			break;
		case OPT_JSON:
			v->json = true;
			break;
		case OPT_HELP:
			puts(help);
			return -1;
		default:
			return verb_bad_usage("score", "the options are not right");
		}
	}
	if (v->pairs == 0)
		return verb_bad_usage("score", "no EVENTS file given");
	return 0;
}

static int add_events(struct score *s, const struct labels *labels, const char *path, char *ret_why, size_t why_size)
{
	struct labels detections = { 0 };
	int r = score_events_read(path, &detections, ret_why, why_size);

	if (r == 0) {
		r = score_add(s, path, labels, &detections);
		if (r < 0)
			snprintf(ret_why, why_size, "%s: %s", path, strerror(-r));
	}
	labels_deinit(&detections);
	return r;
}

/* Second pass: the files, in their order. */
static int read_files(struct score *s, int argc, char **argv, char *ret_why, size_t why_size)
{
	struct labels labels = { 0 };
	int opt, r = 0;

	optind = 0;
	while (r == 0 && (opt = getopt_long(argc, argv, SHORT_OPTIONS, long_options, NULL)) != -1) {
		if (opt == OPT_LABELS) {
			labels_deinit(&labels);
			r = labels_read(optarg, &labels, ret_why, why_size);
		} else if (opt == 1) {
			r = add_events(s, &labels, optarg, ret_why, why_size);
		}
	}
	labels_deinit(&labels);
	return r;
}

int verb_score(int argc, char **argv)
{
	struct verb_score v = { .rate_hz = 80 };
	struct score score;
	char why[512];
	int r = read_options(&v, argc, argv);

	if (r != 0)
		return r < 0 ? VERB_GOOD : r;
	score_init(&score, v.rate_hz, v.collar_ms / 1000);
	r = read_files(&score, argc, argv, why, sizeof(why));
	if (r == 0) {
		r = v.json ? score_report_json(&score, stdout) : score_report_table(&score, stdout);
		snprintf(why, sizeof(why), "standard output: %s", strerror(r < 0 ? -r : 0));
	}
	score_deinit(&score);
	if (r < 0) {
		verb_error("%s", why);
		return VERB_FAILED;
	}
	return VERB_GOOD;
}
