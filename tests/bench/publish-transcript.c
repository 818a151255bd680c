/* SPDX-License-Identifier: MIT */
/*
 * What kneadd would publish of a capture, in stream time: the daemon's own feed and publisher, with its defaults, before a sink
 * that writes each message as one line "SECONDS TOPIC PAYLOAD". An hour takes a few seconds.
 *
 * publish-transcript CAPTURE
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_capture.h"
#include "feed.h"
#include "publish.h"
#include "sink_mqtt.h"

struct transcript {
	struct publish *publish;
	struct publish_device *device;
	struct feed feed;
	uint64_t n;
	int64_t due_us, tick_us;
	enum knead_phase phase;
	bool had_event;
};

static int64_t now_us;

/* In the place of the real sink. */
void sink_mqtt_send(struct sink_mqtt *s, const struct mqtt_message *m)
{
	if (m->topic)
		printf("%.3f %s %.*s\n", (double)now_us / 1e6, m->topic, (int)m->length, m->payload);
}

void sink_mqtt_renew(struct sink_mqtt *s)
{
}

void sink_mqtt_stats(struct sink_mqtt *s, struct sink_mqtt_stats *ret)
{
	*ret = (struct sink_mqtt_stats){ .connected = true, .protocol = 5 };
}

static void on_event(void *user, const struct knead_event *e, int64_t wall_origin_us)
{
	struct transcript *t = user;

	t->had_event = true;
	publish_event(t->publish, t->device, e, ++t->n, wall_origin_us);
}

/* As the daemon does after each read: when there is something to tell, or it was asked to look again. */
static void look(struct transcript *t)
{
	int64_t wall_us = feed_wall_origin_us(&t->feed) + now_us;
	struct knead_view view;

	if (now_us >= t->tick_us)
		t->tick_us = publish_tick(t->publish, now_us, wall_us);
	if (!t->had_event && knead_pipeline_phase(t->feed.pipeline) == t->phase && now_us < t->due_us)
		return;
	t->had_event = false;
	t->phase = knead_pipeline_phase(t->feed.pipeline);
	knead_pipeline_view(t->feed.pipeline, &view);
	t->due_us = publish_view(t->publish, t->device, &view, feed_wall_origin_us(&t->feed), now_us, wall_us);
}

static int run(struct transcript *t, struct capture_reader *reader)
{
	struct capture_record record;
	char why[512];
	int r;

	while ((r = capture_read(reader, &record, why, sizeof(why))) == 0 && record.kind != CAPTURE_END) {
		now_us = record.t_us;
		if (record.kind == CAPTURE_RX)
			feed_bytes(&t->feed, record.bytes, record.n, record.t_us);
		else if (record.kind != CAPTURE_TX)
			feed_break(&t->feed, record.t_us);
		look(t);
	}
	if (r < 0)
		fprintf(stderr, "publish-transcript: %s\n", why);
	return r < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
	struct transcript t = { 0 };
	struct publish_options options = { .boot = "5f3a91c2" };
	struct capture_reader *reader = NULL;
	struct conf *conf = NULL;
	struct conf_device *device = conf_device_new("ball-1");
	char why[768] = "usage: publish-transcript CAPTURE";
	int r = -1;

	if (argc == 2 && device && capture_reader_open(argv[1], &reader, why, sizeof(why)) == 0 &&
		bench_capture_device(reader, device) == 0 && conf_read(NULL, NULL, 0, &conf, why, sizeof(why)) == 0) {
		options.conf = conf;
		if (feed_init(&t.feed, &device->settings, capture_start_wall_us(reader), on_event, &t) == 0 &&
			publish_new(&options, &t.publish) == 0 &&
			publish_device_add(t.publish, device, NULL, &t.device) == 0)
			r = run(&t, reader);
		else
			fprintf(stderr, "publish-transcript: out of memory\n");
	} else {
		fprintf(stderr, "publish-transcript: %s\n", why);
	}
	publish_free(t.publish);
	feed_deinit(&t.feed);
	conf_free(conf);
	capture_reader_free(reader);
	conf_device_free(device);
	return r < 0;
}
