/* SPDX-License-Identifier: MIT */
/*
 * Where the events of a replay go: as lines to standard output, or through the daemon's own publisher to the broker. A
 * replay may outrun any broker, so it waits while much is unacknowledged, and gives up when nothing moves.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "event_json.h"
#include "publish.h"
#include "replay.h"
#include "sink_mqtt.h"
#include "verbs.h"

#define US_PER_S 1000000
#define PENDING_MAX 512 /* unacknowledged messages */
#define PATIENCE_US (15LL * US_PER_S) /* without any progress of the broker */
#define GOODBYE_MS 2000

struct replay_output {
	const struct conf_device *device;
	uint64_t n;
	/* the broker, when there is one */
	struct sink_mqtt *sink;
	struct publish *publish;
	struct publish_device *topics;
	int64_t due_us;
	enum knead_phase phase;
	bool had_event;
};

static int64_t clock_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

/* Waits until at most pending messages are unacknowledged. */
static int wait_for_broker(struct replay_output *out, uint64_t pending)
{
	static const struct timespec nap = { .tv_nsec = 2000000 };
	int64_t since_us = clock_us(CLOCK_MONOTONIC);
	uint64_t published = 0;
	struct sink_mqtt_stats stats;

	for (;;) {
		sink_mqtt_stats(out->sink, &stats);
		if (stats.connected && stats.pending <= pending)
			return 0;
		if (stats.published != published)
			since_us = clock_us(CLOCK_MONOTONIC);
		published = stats.published;
		if (clock_us(CLOCK_MONOTONIC) - since_us > PATIENCE_US) {
			verb_error(
				"replay: the broker takes nothing; check that it runs, and [mqtt] of the configuration");
			return -ETIMEDOUT;
		}
		nanosleep(&nap, NULL);
	}
}

static void on_sink_log(void *user, int level, const char *line)
{
	fprintf(stderr, "knead: %s\n", line);
}

static int connect_broker(struct replay_output *out, const struct conf *c)
{
	struct sink_mqtt_options options = publish_sink_options(c);
	char client_id[64], why[256];
	int r;

	if (options.host[0] == '\0') {
		verb_error("replay: no broker is configured; add -o mqtt.host=NAME");
		return -EINVAL;
	}
	/* Not the daemon's identifier: the broker would throw the daemon out. */
	snprintf(client_id, sizeof(client_id), "knead-replay-%d", (int)getpid());
	options.client_id = client_id;
	options.guest = true;
	options.log = on_sink_log;
	r = sink_mqtt_new(&options, &out->sink, why, sizeof(why));
	if (r < 0)
		verb_error("replay: %s", why);
	return r < 0 ? r : wait_for_broker(out, PENDING_MAX);
}

static int make_publisher(struct replay_output *out, const struct conf *conf)
{
	struct publish_options options = {
		.sink = out->sink,
		.conf = conf,
		.boot = "replay",
		.guest = true,
		.started_us = clock_us(CLOCK_MONOTONIC),
		.started_wall_us = clock_us(CLOCK_REALTIME),
	};

	return publish_new(&options, &out->publish);
}

int replay_output_new(const struct replay_options *o, const struct conf *conf, struct replay_output **ret)
{
	struct replay_output *out = calloc(1, sizeof(*out));
	int r = 0;

	if (!out)
		return -ENOMEM;
	if (o->publish)
		r = connect_broker(out, conf);
	if (r == 0 && o->publish)
		r = make_publisher(out, conf);
	if (r < 0) {
		sink_mqtt_free(out->sink, 0);
		free(out);
		return r;
	}
	*ret = out;
	return 0;
}

int replay_output_begin(struct replay_output *out, const struct conf_device *device)
{
	out->device = device;
	out->due_us = 0;
	return out->publish ? publish_device_add(out->publish, device, NULL, &out->topics) : 0;
}

void replay_output_end(struct replay_output *out)
{
	if (out->topics)
		publish_device_remove(out->publish, out->topics);
	out->topics = NULL;
}

static int write_line(const struct knead_event *e, const struct event_context *context)
{
	char line[EVENT_JSON_MAX + 1];
	int n = event_json(e, context, line, EVENT_JSON_MAX);

	if (n < 0)
		return n;
	line[n] = '\n';
	return fwrite(line, 1, (size_t)n + 1, stdout) == (size_t)n + 1 ? 0 : -EIO;
}

int replay_output_event(struct replay_output *out, const struct knead_event *e, int64_t wall_origin_us)
{
	struct event_context context = {
		.device = out->device->id,
		.boot = "replay",
		.n = ++out->n,
		.wall_origin_us = wall_origin_us,
	};

	if (!out->publish)
		return write_line(e, &context);
	out->had_event = true;
	publish_event(out->publish, out->topics, e, context.n, wall_origin_us);
	return wait_for_broker(out, PENDING_MAX);
}

int replay_output_view(struct replay_output *out, const struct knead_pipeline *p, int64_t wall_origin_us)
{
	int64_t now_us = clock_us(CLOCK_MONOTONIC);
	struct knead_view view;

	if (!out->publish)
		return 0;
	if (!out->had_event && knead_pipeline_phase(p) == out->phase && now_us < out->due_us)
		return 0;
	out->had_event = false;
	out->phase = knead_pipeline_phase(p);
	knead_pipeline_view(p, &view);
	out->due_us = publish_view(out->publish, out->topics, &view, wall_origin_us, now_us, clock_us(CLOCK_REALTIME));
	publish_tick(out->publish, now_us, clock_us(CLOCK_REALTIME));
	return wait_for_broker(out, PENDING_MAX);
}

int replay_flush(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	verb_error("replay: standard output cannot be written: %s", strerror(errno));
	return -EIO;
}

int replay_output_free(struct replay_output *out)
{
	int r = 0;

	if (!out)
		return 0;
	if (out->publish) {
		publish_stop(out->publish, clock_us(CLOCK_MONOTONIC), clock_us(CLOCK_REALTIME));
		r = wait_for_broker(out, 0);
		publish_free(out->publish);
		sink_mqtt_free(out->sink, r < 0 ? 0 : GOODBYE_MS);
	} else {
		r = replay_flush();
	}
	free(out);
	return r;
}
