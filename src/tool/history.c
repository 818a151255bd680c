/* SPDX-License-Identifier: MIT */
/* knead history: sessions, holds and the sums of each day, from the journal of kneadd. Reads only, while kneadd runs too. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conf.h"
#include "history_view.h"
#include "verbs.h"

#define STATE_FOLDER "/var/lib/knead"
#define DAYS_DEFAULT 7
#define DAYS_MAX 36500

static const char help[] = "Usage: knead history [OPTION]...\n"
			   "\n"
			   "Sessions, holds and the sums of each day, from the journal of kneadd: what\n"
			   "began in the last 7 days, unless said otherwise. Days and times are local.\n"
			   "It only reads, and may be asked while kneadd runs. A session whose end is -\n"
			   "still runs, or power was cut: its sums are those of what is there.\n"
			   "\n"
			   "  -c FILE              configuration, default /etc/knead/kneadd.conf: where\n"
			   "                       the journal is\n"
			   "  -o SECTION.KEY=VALUE  a setting that beats the file, as journal.path=FILE\n"
			   "  --state DIR          directory of kneadd's state (default $STATE_DIRECTORY,\n"
			   "                       else /var/lib/knead)\n"
			   "  --device NAME        of one device only\n"
			   "  --days N             today and the N-1 days before it\n"
			   "  --since TIME         from then on: YYYY-MM-DD, 'YYYY-MM-DD HH:MM'\n"
			   "  --until TIME         up to then; a day alone means to its end\n"
			   "  --json               one object: sessions, holds, days\n"
			   "  --csv                one table, its first column says what a row is\n"
			   "  --help               show this and exit";

enum format { FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV };

struct options {
	const char *config, *state;
	const char **settings;
	size_t settings_count;
	struct history_query query;
	bool has_since, has_days, has_until;
	enum format format;
};

enum {
	OPT_STATE = 256,
	OPT_DEVICE,
	OPT_DAYS,
	OPT_SINCE,
	OPT_UNTIL,
	OPT_JSON,
	OPT_CSV,
	OPT_HELP,
};

static int set_days(struct options *o, const char *word)
{
	uint64_t days;

	if (verb_parse_u64(word, 1, DAYS_MAX, &days) < 0)
		return verb_bad_usage("history", "--days: '%s' is not a number from 1 to %d", word, DAYS_MAX);
	o->has_days = true;
	o->query.since_us = history_days_ago((int64_t)time(NULL) * KNEAD_US_PER_S, (int)days - 1);
	return VERB_GOOD;
}

static int set_time(const char *name, const char *word, bool end, int64_t *ret, bool *ret_has)
{
	if (history_time(word, end, ret) < 0)
		return verb_bad_usage(
			"history", "--%s: '%s' is no time such as 2026-11-20 or '2026-11-20 08:30'", name, word);
	*ret_has = true;
	return VERB_GOOD;
}

static int set_format(struct options *o, enum format format)
{
	if (o->format != FORMAT_TABLE && o->format != format)
		return verb_bad_usage("history", "either --json or --csv");
	o->format = format;
	return VERB_GOOD;
}

/* Returns 0, a status to end with, or -1 after help. */
static int read_option(struct options *o, int opt)
{
	switch (opt) {
	case 'c':
		o->config = optarg;
		return VERB_GOOD;
	case 'o':
		o->settings[o->settings_count++] = optarg;
		return VERB_GOOD;
	case OPT_STATE:
		o->state = optarg;
		return VERB_GOOD;
	case OPT_DEVICE:
		o->query.device = optarg;
		return VERB_GOOD;
	case OPT_DAYS:
		return set_days(o, optarg);
	case OPT_SINCE:
		return set_time("since", optarg, false, &o->query.since_us, &o->has_since);
	case OPT_UNTIL:
		return set_time("until", optarg, true, &o->query.until_us, &o->has_until);
	case OPT_JSON:
		return set_format(o, FORMAT_JSON);
	case OPT_CSV:
		return set_format(o, FORMAT_CSV);
	case OPT_HELP:
		puts(help);
		return -1;
	default:
		return verb_bad_usage("history", "the options are not right");
	}
}

static int read_options(int argc, char **argv, struct options *o)
{
	static const struct option long_options[] = {
		{ "state", required_argument, NULL, OPT_STATE },
		{ "device", required_argument, NULL, OPT_DEVICE },
		{ "days", required_argument, NULL, OPT_DAYS },
		{ "since", required_argument, NULL, OPT_SINCE },
		{ "until", required_argument, NULL, OPT_UNTIL },
		{ "json", no_argument, NULL, OPT_JSON },
		{ "csv", no_argument, NULL, OPT_CSV },
		{ "help", no_argument, NULL, OPT_HELP },
		{ NULL, 0, NULL, 0 },
	};
	int opt, r = 0;

	optind = 1;
	while (r == 0 && (opt = getopt_long(argc, argv, "c:o:", long_options, NULL)) != -1)
		r = read_option(o, opt);
	if (r != 0)
		return r;
	if (optind < argc)
		return verb_bad_usage("history", "%s: history takes options only", argv[optind]);
	if (o->has_days && o->has_since)
		return verb_bad_usage("history", "either --days or --since");
	if (!o->has_days && !o->has_since && !o->has_until)
		o->query.since_us = history_days_ago((int64_t)time(NULL) * KNEAD_US_PER_S, DAYS_DEFAULT - 1);
	return VERB_GOOD;
}

/* Returns a status; *ret (free()) is the file of the journal. */
static int find_journal(const struct options *o, char **ret)
{
	struct conf *conf;
	char why[512];
	int r;

	if (conf_load(o->config, o->settings, o->settings_count, &conf, why, sizeof(why)) < 0) {
		verb_error("%s", why);
		return VERB_BAD_USAGE;
	}
	r = conf_journal_path(conf, o->state, ret);
	conf_free(conf);
	if (r == 0)
		return VERB_GOOD;
	verb_error("history: out of memory");
	return VERB_FAILED;
}

static int show(const struct options *o, const char *path)
{
	struct history_view view = { 0 };
	char why[768];
	int r = history_read(path, &o->query, &view.history, why, sizeof(why));

	if (r < 0) {
		verb_error("history: %s", why);
		return VERB_FAILED;
	}
	r = history_view_sum(&view);
	if (r == 0 && o->format == FORMAT_JSON)
		history_print_json(&view);
	else if (r == 0 && o->format == FORMAT_CSV)
		history_print_csv(&view);
	else if (r == 0)
		history_print_table(&view);
	history_view_deinit(&view);
	if (r < 0)
		verb_error("history: out of memory");
	else if (fflush(stdout) != 0)
		verb_error("history: standard output cannot be written: %s", strerror(errno));
	else
		return VERB_GOOD;
	return VERB_FAILED;
}

int verb_history(int argc, char **argv)
{
	const char *folder = getenv("STATE_DIRECTORY");
	struct options o = { .state = folder && folder[0] != '\0' ? folder : STATE_FOLDER,
		.query = { .since_us = INT64_MIN, .until_us = INT64_MAX } };
	char *path = NULL;
	int r;

	o.settings = calloc((size_t)argc, sizeof(*o.settings));
	r = o.settings ? read_options(argc, argv, &o) : VERB_FAILED;
	if (r == VERB_GOOD)
		r = find_journal(&o, &path);
	if (r == VERB_GOOD)
		r = show(&o, path);
	free(path);
	free(o.settings);
	return r < 0 ? VERB_GOOD : r;
}
