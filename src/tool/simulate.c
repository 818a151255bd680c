/* SPDX-License-Identifier: MIT */
/* knead simulate: labelled synthetic captures, or a live fake device on a pseudo-terminal. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "capture.h"
#include "sim.h"
#include "sim_play.h"
#include "verbs.h"

struct simulate {
	struct sim_options options;
	bool has_scenario, has_geometry, has_length;
	const char *out_path, *labels_path, *details_path, *link_path;
	double speed;
};

static const char help[] = "Usage: knead simulate --scenario NAME [OPTION]... -O FILE [--labels FILE]\n"
			   "       knead simulate --scenario NAME [OPTION]... --pty LINK\n"
			   "\n"
			   "Makes up what a kneaded device sends, and tells what truly happened.\n"
			   "\n"
			   "  --scenario NAME     idle hold pulses press-set strokes roll composite taps\n"
			   "                      handling percussion session mixed\n"
			   "  --stratum S         s0 clean, s1 typical (default), s2 hard, s3 harder\n"
			   "  --seed N            decides everything (default 1)\n"
			   "  --for SECONDS       length (default: by scenario, 120 to 300; --pty: no end)\n"
			   "  --rate HZ           nominal samples per second, 5 to 4000 (default 80);\n"
			   "                      10 and 80 run up to 17 % fast, as an HX711 does\n"
			   "  --cells N           1 to 16 (default 1)\n"
			   "  --geometry G        none line ring sphere (default: line from 2 cells on)\n"
			   "  --format F          k1 (default), k1b; columns, labelled: counts without time\n"
			   "  --counts-per-n C    scale (default 8400)\n"
			   "  --profile P         ball (default) roller wall gentle\n"
			   "  --fault F           dropout duplicate reorder stall spike reset gap wrap\n"
			   "                      reconnect boot stuck saturate rate dead swap; may be\n"
			   "                      given several times\n"
			   "  -O, --output FILE   capture to write; a name that does not end in .kcap gets\n"
			   "                      the raw bytes of the port; - is standard output\n"
			   "  --labels FILE       labels.csv to write: kind,start_s,end_s,peak_n,count\n"
			   "  --details FILE      the same and what else is true of each event: impulse,\n"
			   "                      first touch, breathing, relaxation, softening, dips,\n"
			   "                      passes, travel, vibration rate, turning points\n"
			   "  --pty LINK          play it live on a pseudo-terminal, with LINK leading to\n"
			   "                      it, seed after seed, until interrupted\n"
			   "  --speed N           times as fast as the clock, with --pty (default 1)\n"
			   "  --help              show this and exit";

enum {
	OPT_SCENARIO = 256,
	OPT_STRATUM,
	OPT_SEED,
	OPT_FOR,
	OPT_RATE,
	OPT_CELLS,
	OPT_GEOMETRY,
	OPT_FORMAT,
	OPT_COUNTS_PER_N,
	OPT_PROFILE,
	OPT_FAULT,
	OPT_LABELS,
	OPT_DETAILS,
	OPT_PTY,
	OPT_SPEED,
	OPT_HELP,
};

static const struct option long_options[] = {
	{ "scenario", required_argument, NULL, OPT_SCENARIO },
	{ "stratum", required_argument, NULL, OPT_STRATUM },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "for", required_argument, NULL, OPT_FOR },
	{ "rate", required_argument, NULL, OPT_RATE },
	{ "cells", required_argument, NULL, OPT_CELLS },
	{ "geometry", required_argument, NULL, OPT_GEOMETRY },
	{ "format", required_argument, NULL, OPT_FORMAT },
	{ "counts-per-n", required_argument, NULL, OPT_COUNTS_PER_N },
	{ "profile", required_argument, NULL, OPT_PROFILE },
	{ "fault", required_argument, NULL, OPT_FAULT },
	{ "output", required_argument, NULL, 'O' },
	{ "labels", required_argument, NULL, OPT_LABELS },
	{ "details", required_argument, NULL, OPT_DETAILS },
	{ "pty", required_argument, NULL, OPT_PTY },
	{ "speed", required_argument, NULL, OPT_SPEED },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

/* The names of an enum, so that one function finds them all. */
#define NAMED(to_str, type)                                                                                            \
	static const char *to_str##_of(unsigned i)                                                                     \
	{                                                                                                              \
		return to_str((type)i);                                                                                \
	}
NAMED(sim_scenario_to_str, enum sim_scenario)
NAMED(sim_stratum_to_str, enum sim_stratum_id)
NAMED(sim_format_to_str, enum sim_format)
NAMED(sim_fault_to_str, enum sim_fault)
NAMED(knead_geometry_to_str, enum knead_geometry)
NAMED(knead_profile_to_str, enum knead_profile)

/* Finds word among the names. Returns 0, or VERB_BAD_USAGE after saying so. */
static int find_name(const char *option, const char *word, const char *(*name)(unsigned), unsigned *ret)
{
	for (unsigned i = 0; name(i); i++)
		if (strcmp(word, name(i)) == 0) {
			*ret = i;
			return 0;
		}
	return verb_bad_usage("simulate", "--%s %s: no such name", option, word);
}

static int read_name(struct simulate *s, int opt, const char *word)
{
	struct sim_options *o = &s->options;
	unsigned found = 0;
	int r;

	switch (opt) {
	case OPT_SCENARIO:
		r = find_name("scenario", word, sim_scenario_to_str_of, &found);
		o->scenario = (enum sim_scenario)found;
		s->has_scenario = true;
		return r;
	case OPT_STRATUM:
		r = find_name("stratum", word, sim_stratum_to_str_of, &found);
		o->stratum = (enum sim_stratum_id)found;
		return r;
	case OPT_GEOMETRY:
		r = find_name("geometry", word, knead_geometry_to_str_of, &found);
		o->geometry = (enum knead_geometry)found;
		s->has_geometry = true;
		return r;
	case OPT_FORMAT:
		r = find_name("format", word, sim_format_to_str_of, &found);
		o->format = (enum sim_format)found;
		return r;
	case OPT_PROFILE:
		r = find_name("profile", word, knead_profile_to_str_of, &found);
		o->profile = (enum knead_profile)found;
		return r;
	default:
		r = find_name("fault", word, sim_fault_to_str_of, &found);
		o->faults |= 1u << found;
		return r;
	}
}

static int read_number(struct simulate *s, int opt, const char *name, const char *word)
{
	struct sim_options *o = &s->options;
	uint64_t whole = o->cells;
	int r;

	if (opt == OPT_SEED)
		r = verb_parse_u64(word, 0, UINT64_MAX, &o->seed);
	else if (opt == OPT_CELLS)
		r = verb_parse_u64(word, 1, KNEAD_CELLS_MAX, &whole);
	else if (opt == OPT_RATE)
		r = verb_parse_double(word, 5, 4000, &o->rate_hz);
	else if (opt == OPT_COUNTS_PER_N)
		r = verb_parse_double(word, 0.01, 1e6, &o->counts_per_n);
	else if (opt == OPT_SPEED)
		r = verb_parse_double(word, 0.001, 1000, &s->speed);
	else
		r = verb_parse_double(word, SIM_LENGTH_MIN_S, 1e6, &o->length_s);
	o->cells = (uint32_t)whole;
	s->has_length |= opt == OPT_FOR;
	if (r < 0)
		return verb_bad_usage(
			"simulate", "--%s %s: %s", name, word, r == -ERANGE ? "out of range" : "not a number");
	return 0;
}

/* Returns 0; VERB_BAD_USAGE after saying what is wrong; or -1 after --help. */
static int read_options(struct simulate *s, int argc, char **argv)
{
	int opt, index = 0, r = 0;

	optind = 1;
	while (r == 0 && (opt = getopt_long(argc, argv, "O:", long_options, &index)) != -1) {
		switch (opt) {
		case '?':
			return verb_bad_usage("simulate", "the options are not right");
		case OPT_HELP:
			puts(help);
			return -1;
		case 'O':
			s->out_path = optarg;
			break;
		case OPT_LABELS:
			s->labels_path = optarg;
			break;
		case OPT_DETAILS:
			s->details_path = optarg;
			break;
		case OPT_PTY:
			s->link_path = optarg;
			break;
		case OPT_SEED:
		case OPT_CELLS:
		case OPT_RATE:
		case OPT_COUNTS_PER_N:
		case OPT_SPEED:
		case OPT_FOR:
			r = read_number(s, opt, long_options[index].name, optarg);
			break;
		default:
			r = read_name(s, opt, optarg);
		}
	}
	if (r == 0 && optind < argc)
		return verb_bad_usage("simulate", "%s: unexpected word", argv[optind]);
	return r;
}

static int check_options(struct simulate *s)
{
	char why[160];

	if (!s->has_scenario)
		return verb_bad_usage("simulate", "no --scenario given");
	if (!s->out_path == !s->link_path)
		return verb_bad_usage("simulate", "give either -O FILE or --pty LINK");
	if (s->link_path && (s->labels_path || s->details_path))
		return verb_bad_usage("simulate", "--%s goes with -O: what is played live has no end",
			s->labels_path ? "labels" : "details");
	if (!s->has_geometry && s->options.cells > 1)
		s->options.geometry = KNEAD_GEOMETRY_LINE;
	if (!s->has_length)
		s->options.length_s = sim_scenario_length_s(s->options.scenario);
	if (sim_options_check(&s->options, why, sizeof(why)) < 0)
		return verb_bad_usage("simulate", "%s", why);
	return 0;
}

static int play(struct simulate *s)
{
	double for_s = s->has_length ? s->options.length_s : 0;
	char why[256];

	/* One long capture a day has no seams to stumble over; but faults come once or twice in a capture, so keep it short. */
	if (!s->has_length && s->options.faults == 0)
		s->options.length_s = 86400;
	if (sim_play(&s->options, s->link_path, s->speed, for_s, why, sizeof(why)) < 0) {
		verb_error("%s", why);
		return VERB_FAILED;
	}
	return VERB_GOOD;
}

static bool wants_capture(const char *path)
{
	size_t n = strlen(path);

	return n >= 5 && strcmp(path + n - 5, ".kcap") == 0;
}

/* Writes the stream as a capture. 0 or a negative errno. */
static int write_capture(struct sim *sim, const char *path)
{
	struct capture_writer *w = NULL;
	struct sim_batch batch = { 0 };
	cJSON *header = sim_header(sim);
	int r = header ? capture_writer_new(path, header, &w) : -ENOMEM, closed;

	cJSON_Delete(header);
	if (r < 0)
		return r;
	r = capture_write_mark(w, 0, "open");
	while (r >= 0 && (r = sim_next(sim, &batch)) == 0)
		r = batch.mark ? capture_write_mark(w, batch.t_us, batch.mark)
			       : capture_write_rx(w, batch.t_us, batch.bytes, batch.n);
	if (r >= 0)
		r = capture_write_mark(w, batch.t_us, "end");
	closed = capture_writer_close(w);
	return r < 0 ? r : closed;
}

/* Writes the bytes of the port alone. 0 or a negative errno. */
static int write_raw(struct sim *sim, const char *path)
{
	FILE *out = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
	struct sim_batch batch;
	int r = 0;

	if (!out)
		return -errno;
	while (r == 0 && (r = sim_next(sim, &batch)) == 0)
		if (!batch.mark && fwrite(batch.bytes, 1, batch.n, out) != batch.n)
			r = -EIO;
	if (fflush(out) != 0 && r >= 0)
		r = -errno;
	if (out != stdout && fclose(out) != 0 && r >= 0)
		r = -errno;
	return r < 0 ? r : 0;
}

static int write_files(struct simulate *s)
{
	const char *path = s->out_path;
	struct sim *sim = NULL;
	int r = sim_new(&s->options, &sim);

	if (r == 0)
		r = wants_capture(path) ? write_capture(sim, path) : write_raw(sim, path);
	if (r == 0 && s->details_path) {
		path = s->details_path;
		r = labels_write(sim_labels(sim), path, true);
	}
	if (r == 0 && s->labels_path) {
		path = s->labels_path;
		r = labels_write(sim_labels(sim), path, false);
	}
	sim_free(sim);
	if (r < 0) {
		verb_error("%s: %s", path, strerror(-r));
		return VERB_FAILED;
	}
	return VERB_GOOD;
}

int verb_simulate(int argc, char **argv)
{
	struct simulate s = {
		.options = {
			.stratum = SIM_S1,
			.seed = 1,
			.rate_hz = 80,
			.cells = 1,
			.counts_per_n = 8400,
		},
		.speed = 1,
	};
	int r = read_options(&s, argc, argv);

	if (r < 0)
		return VERB_GOOD;
	if (r == 0)
		r = check_options(&s);
	if (r != 0)
		return r;
	return s.out_path ? write_files(&s) : play(&s);
}
