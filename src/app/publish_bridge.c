/* SPDX-License-Identifier: MIT */
/* What the bridge says of itself: bridge/info when it has changed, bridge/health every minute. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "publish_internal.h"

#define TEXT_FIRST 1024
#define TEXT_MAX (1u << 20)

/* Resident memory in KiB; 0 where the kernel does not tell. */
static long resident_kb(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	long total, resident = 0;

	if (!f)
		return 0;
	if (fscanf(f, "%ld %ld", &total, &resident) != 2)
		resident = 0;
	fclose(f);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static void fill_row(const struct publish_device *d, struct document_device *row)
{
	const struct knead_view *v = &d->view;

	*row = (struct document_device){
		.id = d->id,
		.name = d->name,
		.kind = d->kind,
		.serial = v->has_info ? v->info.serial : NULL,
		.zero_owner = d->zero_owner,
		.reason = d->reason[0] != '\0' ? d->reason : NULL,
		.online = d->online,
		.rate_hz = v->rate_hz,
		.has_frame = v->has_samples,
		.last_frame_wall_us = d->wall_origin_us + v->t_us,
	};
}

/* One row per device. Returns how many, or -ENOMEM. */
static int fill_rows(struct publish *p)
{
	size_t count = 0;

	for (const struct publish_device *d = p->devices; d; d = d->next)
		count++;
	if (count > p->rows_count) {
		struct document_device *rows = reallocarray(p->rows, count, sizeof(*rows));

		if (!rows)
			return -ENOMEM;
		p->rows = rows;
		p->rows_count = count;
	}
	count = 0;
	for (const struct publish_device *d = p->devices; d; d = d->next)
		fill_row(d, &p->rows[count++]);
	return (int)count;
}

static int grow_text(struct publish *p)
{
	size_t size = p->text_size > 0 ? 2 * p->text_size : TEXT_FIRST;
	char *text = size <= TEXT_MAX ? realloc(p->text, size) : NULL;

	if (!text)
		return -ENOMEM;
	p->text = text;
	p->text_size = size;
	return 0;
}

/* Writes a document of the bridge into p->text, however long it is. Returns its length, or a negative errno. */
static int write_document(struct publish *p, struct document_bridge *b,
	int (*document)(const struct document_bridge *b, char *buf, size_t size))
{
	int r = fill_rows(p);

	if (r < 0)
		return r;
	sink_mqtt_stats(p->sink, &b->mqtt);
	b->started_wall_us = p->started_wall_us;
	b->boot = p->boot;
	b->discovery = p->discovery;
	b->log_level = p->log_level;
	b->devices = p->rows;
	b->devices_count = (size_t)r;
	while (p->text_size == 0 || (r = document(b, p->text, p->text_size)) == -ENOBUFS)
		if (grow_text(p) < 0)
			return -ENOMEM;
	return r;
}

void publish_info(struct publish *p)
{
	struct document_bridge b = { 0 };
	int length = write_document(p, &b, document_info);
	uint32_t hash;

	if (length < 0)
		return;
	hash = publish_hash(p->text);
	if (p->has_info && hash == p->info_hash)
		return;
	p->has_info = true;
	p->info_hash = hash;
	publish_send(p, NULL, TOPIC_INFO, NULL, p->text, length);
}

/* A machine without a clock of its own learns the time of day after its start. */
static void follow_clock(struct publish *p, int64_t now_us, int64_t wall_us)
{
	int64_t step_us = wall_us - p->started_wall_us - (now_us - p->started_us);

	if (llabs(step_us) < KNEAD_US_PER_S)
		return;
	p->started_wall_us += step_us;
	publish_info(p);
}

const char *publish_health(struct publish *p, int64_t now_us, int64_t wall_us)
{
	struct document_bridge b = {
		.wall_us = wall_us,
		.uptime_s = knead_us_to_s(now_us - p->started_us),
		.rss_kb = resident_kb(),
	};
	int length;

	follow_clock(p, now_us, wall_us);
	length = write_document(p, &b, document_health);
	p->health_at_us = now_us;
	publish_send(p, NULL, TOPIC_HEALTH, NULL, p->text, length);
	return length > 0 ? p->text : NULL;
}

int64_t publish_tick(struct publish *p, int64_t now_us, int64_t wall_us)
{
	int64_t announce_us = publish_announce(p, now_us);

	publish_info(p); /* the protocol may be another one by now */
	if (p->health_at_us == INT64_MIN || now_us >= p->health_at_us + PUBLISH_HEALTH_US)
		publish_health(p, now_us, wall_us);
	return announce_us < p->health_at_us + PUBLISH_HEALTH_US ? announce_us : p->health_at_us + PUBLISH_HEALTH_US;
}

void publish_log_level(struct publish *p, const char *level)
{
	snprintf(p->log_level, sizeof(p->log_level), "%s", level);
	publish_info(p);
}
