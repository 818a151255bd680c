/* SPDX-License-Identifier: MIT */
/* The command line of `knead replay`. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay.h"
#include "verbs.h"

static void print_help(void)
{
	puts("Usage: knead replay [OPTION]... FILE...\n"
	     "\n"
	     "Runs captures through the pipeline of the daemon and writes the events as\n"
	     "JSON lines. FILE is a .kcap, or the raw bytes of a port; - is standard input.\n"
	     "\n"
	     "  -c FILE              configuration; without it none is read, only defaults\n"
	     "                       and what the capture says of its device\n"
	     "  -o SECTION.KEY=VALUE  a setting that beats the file; NAME.KEY=VALUE for a\n"
	     "                       device\n"
	     "  --device NAME        which device it is; default: the capture's, else the\n"
	     "                       one that is configured, else ball\n"
	     "  --rate HZ            samples a second, where the capture has no time\n"
	     "  --speed max|N        N times as fast as it was recorded; default max\n"
	     "  --chunk BYTES        push at most so many bytes at once\n"
	     "  --explain            text instead of events: why every contact became what\n"
	     "                       it became, and how far it was from something else\n"
	     "  --diff OTHER.conf, --diff SECTION.KEY=VALUE\n"
	     "                       text instead of events: what would change with these\n"
	     "                       settings on top; one file, any number of pairs\n"
	     "  --publish            to the configured broker instead; where the daemon\n"
	     "                       uses it too, add -o mqtt.base=OTHER\n"
	     "  --help               show this and exit\n"
	     "\n"
	     "What -c and -o say of the device beats what the capture says.");
}

static int set_speed(const char *word, double *ret)
{
	if (strcmp(word, "max") == 0)
		*ret = 0;
	else if (verb_parse_double(word, 0.001, 1e6, ret) < 0)
		return verb_bad_usage("replay", "--speed: '%s' is neither max nor 0.001 to 1000000", word);
	return VERB_GOOD;
}

static int set_chunk(const char *word, size_t *ret)
{
	uint64_t value;

	if (verb_parse_u64(word, 1, 1 << 30, &value) < 0)
		return verb_bad_usage("replay", "--chunk: '%s' is not a number of bytes from 1", word);
	*ret = value;
	return VERB_GOOD;
}

static int set_rate(const char *word, const char **ret)
{
	double value;

	if (verb_parse_double(word, 0.01, 100000, &value) < 0)
		return verb_bad_usage("replay", "--rate: '%s' is not 0.01 to 100000", word);
	*ret = word;
	return VERB_GOOD;
}

/* What has a '=' is a setting, all else a file. */
static int add_diff(const char *word, struct replay_options *o)
{
	o->diff = true;
	if (strchr(word, '=')) {
		o->diffs[o->diffs_count++] = word;
		return VERB_GOOD;
	}
	if (o->diff_file[0] != '\0')
		return verb_bad_usage("replay", "--diff: '%s' is the second file; give one, and pairs besides", word);
	o->diff_file = word;
	return VERB_GOOD;
}

/* Each of these writes something of its own. */
static int check_output(const struct replay_options *o)
{
	if (o->explain && o->diff)
		return verb_bad_usage(
			"replay", "--explain and --diff each write a text of their own; give one of them");
	if (o->publish && (o->explain || o->diff))
		return verb_bad_usage("replay", "--publish sends events, %s writes text; give one of them",
			o->explain ? "--explain" : "--diff");
	return -1;
}

/* Returns an exit status, or -1 to go on. */
static int read_option(int word, const char *text, struct replay_options *o)
{
	int status = VERB_GOOD;

	switch (word) {
	case 'c':
		o->conf_file = optarg;
		break;
	case 'o':
		o->options[o->options_count++] = optarg;
		break;
	case 'd':
		o->device = optarg;
		break;
	case 'r':
		status = set_rate(optarg, &o->rate_hz);
		break;
	case 's':
		status = set_speed(optarg, &o->speed);
		break;
	case 'b':
		status = set_chunk(optarg, &o->chunk);
		break;
	case 'p':
		o->publish = true;
		break;
	case 'e':
		o->explain = true;
		break;
	case 'D':
		status = add_diff(optarg, o);
		break;
	case 'h':
		print_help();
		return VERB_GOOD;
	default:
		return verb_bad_usage("replay", "%s: is no option, or lacks its value", text);
	}
	return status == VERB_GOOD ? -1 : status;
}

int verb_replay(int argc, char **argv)
{
	static const struct option words[] = {
		{ "device", required_argument, NULL, 'd' },
		{ "rate", required_argument, NULL, 'r' },
		{ "speed", required_argument, NULL, 's' },
		{ "chunk", required_argument, NULL, 'b' },
		{ "explain", no_argument, NULL, 'e' },
		{ "diff", required_argument, NULL, 'D' },
		{ "publish", no_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct replay_options o = { .conf_file = "", .diff_file = "" };
	int word, status = -1;

	o.options = calloc((size_t)argc + 1, sizeof(*o.options));
	o.diffs = calloc((size_t)argc + 1, sizeof(*o.diffs));
	if (!o.options || !o.diffs) {
		free(o.options);
		free(o.diffs);
		return VERB_FAILED;
	}
	opterr = 0;
	while (status < 0 && (word = getopt_long(argc, argv, "c:o:h", words, NULL)) != -1)
		status = read_option(word, argv[optind - 1], &o);
	o.files = argv + optind;
	o.files_count = argc - optind;
	if (status < 0 && o.files_count == 0)
		status = verb_bad_usage("replay", "no capture given");
	if (status < 0)
		status = check_output(&o);
	if (status < 0)
		status = replay_run(&o);
	free(o.options);
	free(o.diffs);
	return status;
}
