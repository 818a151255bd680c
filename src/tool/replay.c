/* SPDX-License-Identifier: MIT */
/*
 * knead replay: captures through the pipeline of the daemon, by the same feed, with the times the capture carries.
 *
 * Settings of the device: defaults, then the capture's own "device" object, then what -c and -o say of the device. It is
 * called as --device says, else as the capture says where the configuration has that device or none, else as the one device
 * of the configuration, else "ball". Without -c no file is read, so that a replay gives the same on every machine.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "capture.h"
#include "feed.h"
#include "replay.h"
#include "verbs.h"

#define US_PER_S 1000000
#define PACED_CHUNK 256 /* a raw file at a given speed is pushed in pieces that take a fraction of a second */

struct replay {
	const struct replay_options *options;
	struct conf *conf;
	struct replay_output *out;
	/* the file at hand */
	const char *path;
	struct capture_reader *reader;
	struct conf_device *device;
	struct feed feed;
	int64_t began_us; /* monotonic, for --speed */
	bool rate_known, no_rate;
	int result; /* of the first output that failed */
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
	interrupted = 1;
}

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

/* ---- the device ---- */

static const char *device_name(const struct replay *r)
{
	const cJSON *id = cJSON_GetObjectItemCaseSensitive(capture_header(r->reader), "id");
	struct conf_device *devices = r->conf->devices;

	if (r->options->device)
		return r->options->device;
	if (cJSON_IsString(id) && (!devices || conf_find_device(r->conf, id->valuestring)))
		return id->valuestring;
	if (devices && !devices->next)
		return devices->id;
	return cJSON_IsString(id) ? id->valuestring : "ball";
}

static int set_from_header(struct replay *r)
{
	const cJSON *object = cJSON_GetObjectItemCaseSensitive(capture_header(r->reader), "device"), *item;
	char number[CONF_NUMBER_MAX], why[256] = "must be a number or a string";

	cJSON_ArrayForEach(item, object)
	{
		const char *text =
			cJSON_IsNumber(item) ? conf_number_text(item->valuedouble, number) : cJSON_GetStringValue(item);

		if (!text || conf_device_set(r->device, item->string, text, why, sizeof(why)) < 0) {
			verb_error("%s:1: \"device\": %s: %s", r->path, item->string, why);
			return VERB_FAILED;
		}
	}
	return VERB_GOOD;
}

static int make_device(struct replay *r)
{
	const char *name = device_name(r);
	const struct conf_device *configured = conf_find_device(r->conf, name);
	char why[768];
	int status;

	r->device = conf_device_new(name);
	if (!r->device)
		return verb_bad_usage("replay", "'%s' cannot be the name of a device; use up to 32 of a-z 0-9 -", name);
	status = set_from_header(r);
	if (status != VERB_GOOD)
		return status;
	if ((configured && conf_device_overlay(r->device, configured, why, sizeof(why)) < 0) ||
		(r->options->rate_hz &&
			conf_device_set(r->device, "rate_hz", r->options->rate_hz, why, sizeof(why)) < 0) ||
		conf_device_check(r->device, why, sizeof(why)) < 0) {
		verb_error("%s: %s", r->path, why);
		return VERB_BAD_USAGE;
	}
	return VERB_GOOD;
}

/* ---- events and time ---- */

/* Without any rate the times of a raw file would be invented: then nothing is written at all. */
static bool check_rate(struct replay *r)
{
	struct knead_view view;

	if (r->rate_known || capture_is_kcap(r->reader))
		return true;
	knead_pipeline_view(r->feed.pipeline, &view);
	r->no_rate = view.has_samples && view.rate_assumed;
	r->rate_known = view.has_samples && !view.rate_assumed;
	return !r->no_rate;
}

static void on_event(void *user, const struct knead_event *e, int64_t wall_origin_us)
{
	struct replay *r = user;

	if (r->result == 0 && check_rate(r))
		r->result = replay_output_event(r->out, e, wall_origin_us);
}

/* Waits until it is time for what lies t_us after the begin of the file. */
static void keep_pace(const struct replay *r, int64_t t_us)
{
	int64_t due_us = r->began_us + (int64_t)((double)t_us / r->options->speed);
	struct timespec until = { .tv_sec = due_us / US_PER_S, .tv_nsec = due_us % US_PER_S * 1000 };

	while (!interrupted && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		continue;
}

static void feed_record_bytes(struct replay *r, const struct capture_record *record)
{
	bool paced_raw = r->options->speed > 0 && record->t_us == KNEAD_RX_UNKNOWN;
	size_t chunk = r->options->chunk > 0 ? r->options->chunk : paced_raw ? PACED_CHUNK : record->n;
	struct knead_view view;

	for (size_t at = 0; at < record->n && r->result == 0 && !r->no_rate && !interrupted; at += chunk) {
		size_t n = record->n - at < chunk ? record->n - at : chunk;

		feed_bytes(&r->feed, record->bytes + at, n, record->t_us);
		if (paced_raw) {
			knead_pipeline_view(r->feed.pipeline, &view);
			keep_pace(r, view.t_us);
		}
	}
}

/* Returns whether the capture goes on. */
static bool feed_record(struct replay *r, const struct capture_record *record)
{
	if (r->options->speed > 0 && record->t_us != KNEAD_RX_UNKNOWN)
		keep_pace(r, record->t_us);
	if (interrupted)
		return false;
	switch (record->kind) {
	case CAPTURE_RX:
		feed_record_bytes(r, record);
		break;
	case CAPTURE_OPEN:
	case CAPTURE_CLOSE:
	case CAPTURE_GAP:
		feed_break(&r->feed, record->t_us);
		break;
	case CAPTURE_END:
		feed_end(&r->feed, record->t_us);
		return false;
	case CAPTURE_TX:
		break;
	}
	if (r->result == 0)
		r->result = replay_output_view(r->out, r->feed.pipeline, feed_wall_origin_us(&r->feed));
	return r->result == 0 && !r->no_rate;
}

/* ---- files ---- */

static int no_rate(const struct replay *r)
{
	verb_error("%s: neither the file nor the settings tell how fast the samples came; add --rate HZ", r->path);
	return VERB_BAD_USAGE;
}

/* Says so when bytes came and no sample of them. A recording may be like that; another file is none of a port, then. */
static int check_samples(const struct replay *r)
{
	struct knead_view view;

	knead_pipeline_view(r->feed.pipeline, &view);
	if (view.has_samples || view.stats.bytes == 0)
		return VERB_GOOD;
	verb_error("%s: no sample was found in it; name its format with -o %s.format=NAME, or its columns", r->path,
		r->device->id);
	return capture_is_kcap(r->reader) ? VERB_GOOD : VERB_FAILED;
}

static int feed_file(struct replay *r)
{
	struct capture_record record;
	char why[512];
	int got;

	r->began_us = now_us();
	while ((got = capture_read(r->reader, &record, why, sizeof(why))) == 0) {
		if (!feed_record(r, &record))
			break;
	}
	if (got < 0) {
		verb_error("%s", why);
		return VERB_FAILED;
	}
	if (got == 1 || interrupted)
		feed_end(&r->feed, KNEAD_RX_UNKNOWN);
	if (!check_rate(r))
		return no_rate(r);
	if (r->result < 0)
		return VERB_FAILED;
	return interrupted ? VERB_GOOD : check_samples(r);
}

static int open_file(struct replay *r, const char *path)
{
	char why[512];
	int status;

	r->path = path;
	r->rate_known = r->no_rate = false;
	if (capture_reader_open(path, &r->reader, why, sizeof(why)) < 0) {
		verb_error("%s", why);
		return VERB_FAILED;
	}
	status = make_device(r);
	if (status != VERB_GOOD)
		return status;
	if (replay_output_begin(r->out, r->device) < 0 ||
		feed_init(&r->feed, &r->device->settings, capture_start_wall_us(r->reader), on_event, r) < 0) {
		verb_error("%s: out of memory", path);
		return VERB_FAILED;
	}
	return VERB_GOOD;
}

static void close_file(struct replay *r)
{
	replay_output_end(r->out);
	feed_deinit(&r->feed);
	conf_device_free(r->device);
	r->device = NULL;
	capture_reader_free(r->reader);
	r->reader = NULL;
}

static int replay_files(struct replay *r)
{
	const struct replay_options *o = r->options;
	int status = VERB_GOOD;

	for (int i = 0; i < o->files_count && status == VERB_GOOD && !interrupted; i++) {
		status = open_file(r, o->files[i]);
		if (status == VERB_GOOD)
			status = feed_file(r);
		close_file(r);
	}
	return status;
}

static int run(const struct replay_options *o)
{
	struct replay r = { .options = o };
	char why[768];
	int status;

	if (conf_read(o->conf_file, o->options, o->options_count, &r.conf, why, sizeof(why)) < 0) {
		verb_error("%s", why);
		return VERB_BAD_USAGE;
	}
	if (replay_output_new(o, r.conf, &r.out) < 0) {
		conf_free(r.conf);
		return VERB_FAILED;
	}
	if (o->speed > 0) {
		struct sigaction action = { .sa_handler = on_interrupt };

		sigaction(SIGINT, &action, NULL);
		sigaction(SIGTERM, &action, NULL);
	}
	status = replay_files(&r);
	if (replay_output_free(r.out) < 0 && status == VERB_GOOD)
		status = VERB_FAILED;
	conf_free(r.conf);
	return status;
}

/* ---- command line ---- */

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
		{ "publish", no_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct replay_options o = { .conf_file = "" };
	int word, status = -1;

	o.options = calloc((size_t)argc + 1, sizeof(*o.options));
	if (!o.options)
		return VERB_FAILED;
	opterr = 0;
	while (status < 0 && (word = getopt_long(argc, argv, "c:o:h", words, NULL)) != -1)
		status = read_option(word, argv[optind - 1], &o);
	o.files = argv + optind;
	o.files_count = argc - optind;
	if (status < 0 && o.files_count == 0)
		status = verb_bad_usage("replay", "no capture given");
	if (status < 0)
		status = run(&o);
	free(o.options);
	return status;
}
