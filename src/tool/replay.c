/* SPDX-License-Identifier: MIT */
/*
 * knead replay: captures through the pipeline of the daemon, by the same feed, with the times the capture carries.
 *
 * Settings of the device: defaults, then the capture's own "device" object, then what -c and -o say of the device. It is
 * called as --device says, else as the capture says where the configuration has that device or none, else as the one device
 * of the configuration, else "ball". Without -c no file is read, so that a replay gives the same on every machine.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "capture.h"
#include "feed.h"
#include "replay.h"
#include "replay_diff.h"
#include "replay_explain.h"
#include "verbs.h"

#define US_PER_S 1000000
#define PACED_CHUNK 256 /* a raw file at a given speed is pushed in pieces that take a fraction of a second */

/* One run of the file at hand: its device, and the pipeline that makes events of its bytes. */
struct lane {
	struct replay *replay;
	enum diff_side side;
	struct conf_device *device;
	struct feed feed;
	bool rate_known, no_rate;
};

struct replay {
	const struct replay_options *options;
	struct conf *conf, *other; /* other: what --diff says, or NULL */
	/* where events go: one of these */
	struct replay_output *out;
	struct explain *explain;
	struct diff *diff;
	/* the file at hand */
	const char *path;
	struct capture_reader *reader;
	struct lane lanes[_DIFF_SIDES]; /* both see the same bytes */
	size_t lanes_count;
	int64_t began_us; /* monotonic, for --speed */
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
	/* --diff may be the first to name a device */
	struct conf *conf = r->other && !r->conf->devices ? r->other : r->conf;

	if (r->options->device)
		return r->options->device;
	if (cJSON_IsString(id) && (!conf->devices || conf_find_device(conf, id->valuestring)))
		return id->valuestring;
	if (conf->devices && !conf->devices->next)
		return conf->devices->id;
	return cJSON_IsString(id) ? id->valuestring : "ball";
}

static int set_from_header(const struct replay *r, struct conf_device *device)
{
	const cJSON *object = cJSON_GetObjectItemCaseSensitive(capture_header(r->reader), "device"), *item;
	char number[CONF_NUMBER_MAX], why[256] = "must be a number or a string";

	cJSON_ArrayForEach(item, object)
	{
		const char *text =
			cJSON_IsNumber(item) ? conf_number_text(item->valuedouble, number) : cJSON_GetStringValue(item);

		if (!text || conf_device_set(device, item->string, text, why, sizeof(why)) < 0) {
			verb_error("%s:1: \"device\": %s: %s", r->path, item->string, why);
			return VERB_FAILED;
		}
	}
	return VERB_GOOD;
}

static int make_device(const struct replay *r, struct lane *lane)
{
	const char *name = device_name(r);
	const struct conf_device *configured = conf_find_device(r->conf, name);
	const struct conf_device *other = lane->side == DIFF_AFTER ? conf_find_device(r->other, name) : NULL;
	char why[768];
	int status;

	lane->device = conf_device_new(name);
	if (!lane->device)
		return verb_bad_usage("replay", "'%s' cannot be the name of a device; use up to 32 of a-z 0-9 -", name);
	status = set_from_header(r, lane->device);
	if (status != VERB_GOOD)
		return status;
	if ((configured && conf_device_overlay(lane->device, configured, why, sizeof(why)) < 0) ||
		(r->options->rate_hz &&
			conf_device_set(lane->device, "rate_hz", r->options->rate_hz, why, sizeof(why)) < 0) ||
		(other && conf_device_overlay(lane->device, other, why, sizeof(why)) < 0) ||
		conf_device_check(lane->device, why, sizeof(why)) < 0) {
		verb_error("%s: %s", r->path, why);
		return VERB_BAD_USAGE;
	}
	if (lane->side == DIFF_AFTER && !other) {
		verb_error("%s: --diff says nothing of its device; write %s.KEY=VALUE or [device %s]", r->path, name,
			name);
		return VERB_BAD_USAGE;
	}
	return VERB_GOOD;
}

/* ---- events and time ---- */

/* Without any rate the times of a raw file would be invented: then nothing is written at all. */
static bool check_rate(struct lane *lane)
{
	struct knead_view view;

	if (lane->rate_known || capture_is_kcap(lane->replay->reader))
		return true;
	knead_pipeline_view(lane->feed.pipeline, &view);
	lane->no_rate = view.has_samples && view.rate_assumed;
	lane->rate_known = view.has_samples && !view.rate_assumed;
	return !lane->no_rate;
}

static void on_event(void *user, const struct knead_event *e, int64_t wall_origin_us)
{
	struct lane *lane = user;
	struct replay *r = lane->replay;

	if (r->result != 0 || !check_rate(lane))
		return;
	if (r->explain)
		r->result = explain_event(r->explain, e, wall_origin_us);
	else if (r->diff)
		r->result = diff_event(r->diff, lane->side, e);
	else
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

static void feed_record_bytes(struct replay *r, struct lane *lane, const struct capture_record *record)
{
	bool paced_raw = r->options->speed > 0 && record->t_us == KNEAD_RX_UNKNOWN;
	size_t chunk = r->options->chunk > 0 ? r->options->chunk : paced_raw ? PACED_CHUNK : record->n;
	struct knead_view view;

	for (size_t at = 0; at < record->n && r->result == 0 && !lane->no_rate && !interrupted; at += chunk) {
		size_t n = record->n - at < chunk ? record->n - at : chunk;

		feed_bytes(&lane->feed, record->bytes + at, n, record->t_us);
		if (paced_raw) {
			knead_pipeline_view(lane->feed.pipeline, &view);
			keep_pace(r, view.t_us);
		}
	}
}

static void feed_lane(struct replay *r, struct lane *lane, const struct capture_record *record)
{
	switch (record->kind) {
	case CAPTURE_RX:
		feed_record_bytes(r, lane, record);
		break;
	case CAPTURE_OPEN:
	case CAPTURE_CLOSE:
	case CAPTURE_GAP:
		feed_break(&lane->feed, record->t_us);
		break;
	case CAPTURE_END:
		feed_end(&lane->feed, record->t_us);
		break;
	case CAPTURE_TX:
		break;
	}
}

/* Returns whether the capture goes on. */
static bool feed_record(struct replay *r, const struct capture_record *record)
{
	struct lane *lane = &r->lanes[0];

	if (r->options->speed > 0 && record->t_us != KNEAD_RX_UNKNOWN)
		keep_pace(r, record->t_us);
	if (interrupted)
		return false;
	for (size_t i = 0; i < r->lanes_count; i++)
		feed_lane(r, &r->lanes[i], record);
	if (record->kind == CAPTURE_END)
		return false;
	if (r->result == 0 && r->out)
		r->result = replay_output_view(r->out, lane->feed.pipeline, feed_wall_origin_us(&lane->feed));
	return r->result == 0 && !lane->no_rate;
}

/* ---- files ---- */

static int no_rate(const struct replay *r)
{
	verb_error("%s: neither the file nor the settings tell how fast the samples came; add --rate HZ", r->path);
	return VERB_BAD_USAGE;
}

/* Says so when bytes came and no sample of them. A recording may be like that; another file is none of a port, then. */
static int check_samples(const struct replay *r, const struct lane *lane)
{
	struct knead_view view;

	knead_pipeline_view(lane->feed.pipeline, &view);
	if (view.has_samples || view.stats.bytes == 0)
		return VERB_GOOD;
	verb_error("%s: no sample was found in it; name its format with -o %s.format=NAME, or its columns", r->path,
		lane->device->id);
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
	for (size_t i = 0; i < r->lanes_count; i++) {
		if (got == 1 || interrupted)
			feed_end(&r->lanes[i].feed, KNEAD_RX_UNKNOWN);
		if (!check_rate(&r->lanes[i]))
			return no_rate(r);
	}
	if (r->result < 0)
		return VERB_FAILED;
	return interrupted ? VERB_GOOD : check_samples(r, &r->lanes[0]);
}

static int open_lane(struct replay *r, struct lane *lane, enum diff_side side)
{
	int status;

	*lane = (struct lane){ .replay = r, .side = side };
	status = make_device(r, lane);
	if (status != VERB_GOOD)
		return status;
	if (feed_init(&lane->feed, &lane->device->settings, capture_start_wall_us(r->reader), on_event, lane) < 0) {
		verb_error("%s: out of memory", r->path);
		return VERB_FAILED;
	}
	return VERB_GOOD;
}

static int open_file(struct replay *r, const char *path)
{
	struct lane *lane = &r->lanes[0];
	int status = VERB_GOOD;
	char why[512];

	r->path = path;
	r->lanes_count = 0;
	if (capture_reader_open(path, &r->reader, why, sizeof(why)) < 0) {
		verb_error("%s", why);
		return VERB_FAILED;
	}
	do
		status = open_lane(r, &r->lanes[r->lanes_count], (enum diff_side)r->lanes_count);
	while (r->lanes_count++ == 0 && status == VERB_GOOD && r->diff);
	if (status != VERB_GOOD)
		return status;
	if (r->options->explain)
		r->explain = explain_new(path, lane->device, lane->feed.pipeline);
	if ((r->options->explain && !r->explain) || (r->out && replay_output_begin(r->out, lane->device) < 0)) {
		verb_error("%s: out of memory", path);
		return VERB_FAILED;
	}
	return VERB_GOOD;
}

/* What is told of a file as a whole. */
static int write_file(struct replay *r)
{
	int result = 0;

	if (r->explain)
		result = explain_write(r->explain, stdout);
	if (r->diff)
		result = diff_write(r->diff, r->path, r->lanes[0].device, r->lanes[1].device, stdout);
	if (result < 0)
		verb_error("%s: out of memory", r->path);
	return result < 0 ? VERB_FAILED : VERB_GOOD;
}

static void close_file(struct replay *r)
{
	if (r->out)
		replay_output_end(r->out);
	explain_free(r->explain);
	r->explain = NULL;
	for (size_t i = 0; i < r->lanes_count; i++) {
		feed_deinit(&r->lanes[i].feed);
		conf_device_free(r->lanes[i].device);
	}
	r->lanes_count = 0;
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
		if (status == VERB_GOOD)
			status = write_file(r);
		close_file(r);
	}
	if (status == VERB_GOOD && r->diff)
		diff_write_total(r->diff, stdout);
	return status;
}

/* Reads the configuration, and the other one. */
static int read_settings(struct replay *r)
{
	const struct replay_options *o = r->options;
	char why[768];

	if (conf_read(o->conf_file, o->options, o->options_count, &r->conf, why, sizeof(why)) < 0 ||
		(o->diff && conf_read(o->diff_file, o->diffs, o->diffs_count, &r->other, why, sizeof(why)) < 0)) {
		verb_error("%s", why);
		return VERB_BAD_USAGE;
	}
	return VERB_GOOD;
}

/* Makes the one place where events go. */
static int open_output(struct replay *r)
{
	if (r->options->diff)
		r->diff = diff_new();
	else if (!r->options->explain && replay_output_new(r->options, r->conf, &r->out) < 0)
		return VERB_FAILED;
	return r->options->diff && !r->diff ? VERB_FAILED : VERB_GOOD;
}

int replay_run(const struct replay_options *o)
{
	struct replay r = { .options = o };
	int status = read_settings(&r);

	if (status == VERB_GOOD)
		status = open_output(&r);
	if (status == VERB_GOOD && o->speed > 0) {
		struct sigaction action = { .sa_handler = on_interrupt };

		sigaction(SIGINT, &action, NULL);
		sigaction(SIGTERM, &action, NULL);
	}
	if (status == VERB_GOOD)
		status = replay_files(&r);
	if (r.out ? replay_output_free(r.out) < 0 : replay_flush() < 0)
		status = status == VERB_GOOD ? VERB_FAILED : status;
	diff_free(r.diff);
	conf_free(r.other);
	conf_free(r.conf);
	return status;
}
