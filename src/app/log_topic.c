/* SPDX-License-Identifier: MIT */
/*
 * A short list of the lines told lately, and the times of the last messages. The lock is held while a message is handed to the
 * sink, which only copies it, and which logs nothing on the way.
 */
#include "log_topic.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "log.h"

#define LINES 8
#define TEXT_MAX 512
#define MESSAGE_MAX (2 * TEXT_MAX + 128) /* quotes and backslashes take two bytes */
#define TOPIC_MAX 256
#define EXPIRY_S 300
#define SECOND_US 1000000
#define LOOK_US (2 * SECOND_US) /* lines come from other threads, which do not wake the caller of the tick */

/* A line told lately. */
struct line {
	int level; /* 0 = free */
	char text[TEXT_MAX];
	int64_t told_us;
	unsigned long again; /* how often it has come since */
};

struct log_topic {
	pthread_mutex_t mutex; /* guards all below */
	struct sink_mqtt *sink;
	char topic[TOPIC_MAX];
	struct line lines[LINES];
	int64_t sent_us[LOG_TOPIC_PER_S]; /* ring; INT64_MIN / 2 = never */
	unsigned oldest;
	unsigned long left_out;
};

int log_topic_new(struct sink_mqtt *sink, const char *base, struct log_topic **ret)
{
	struct log_topic *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	pthread_mutex_init(&t->mutex, NULL);
	t->sink = sink;
	snprintf(t->topic, sizeof(t->topic), "%s/bridge/log", base);
	for (size_t i = 0; i < LOG_TOPIC_PER_S; i++)
		t->sent_us[i] = INT64_MIN / 2;
	*ret = t;
	return 0;
}

void log_topic_free(struct log_topic *t)
{
	if (!t)
		return;
	pthread_mutex_destroy(&t->mutex);
	free(t);
}

static bool may_send(const struct log_topic *t, int64_t now_us)
{
	return now_us - t->sent_us[t->oldest] >= SECOND_US;
}

static void send(struct log_topic *t, int level, const char *text, unsigned long count, int64_t now_us, int64_t wall_us)
{
	char message[MESSAGE_MAX];
	struct json j;

	json_init(&j, message, sizeof(message));
	json_open(&j, '{');
	json_put_int(&j, "v", 1);
	json_put_wall(&j, "ts", wall_us);
	json_put_text(&j, "level", log_level_to_str(level > LOG_ERR ? level : LOG_ERR));
	json_put_text(&j, "message", text);
	json_put_int(&j, "count", (int64_t)count);
	json_close(&j, '}');
	int length = json_finish(&j);
	if (length < 0)
		return;
	struct mqtt_message m = {
		.topic = t->topic,
		.payload = message,
		.length = (size_t)length,
		.cls = MQTT_DROP,
		.json = true,
		.expiry_s = EXPIRY_S,
	};
	sink_mqtt_send(t->sink, &m);
	t->sent_us[t->oldest] = now_us;
	t->oldest = (t->oldest + 1) % LOG_TOPIC_PER_S;
}

/* Sends, or counts what there is no room for. Returns whether it was sent. */
static bool tell(struct log_topic *t, int level, const char *text, unsigned long count, int64_t now_us, int64_t wall_us)
{
	if (!may_send(t, now_us)) {
		t->left_out += count;
		return false;
	}
	send(t, level, text, count, now_us, wall_us);
	return true;
}

static void tell_left_out(struct log_topic *t, int64_t now_us, int64_t wall_us)
{
	if (t->left_out == 0 || !may_send(t, now_us))
		return;
	send(t, LOG_WARNING, "kneadd: lines came too fast and were left out here; the log of the system has them",
		t->left_out, now_us, wall_us);
	t->left_out = 0;
}

/* What came again since a line was told. The line is free afterwards if it did not. */
static void tell_again(struct log_topic *t, struct line *l, int64_t now_us, int64_t wall_us)
{
	if (l->again > 0) {
		tell(t, l->level, l->text, l->again, now_us, wall_us);
		l->told_us = now_us;
		l->again = 0;
	} else {
		l->level = 0;
	}
}

/* The line of that text; else one for it: free, or the one told longest ago. */
static struct line *find(struct log_topic *t, int level, const char *text, bool *ret_known)
{
	struct line *best = &t->lines[0];

	for (struct line *l = t->lines; l < t->lines + LINES; l++) {
		*ret_known = l->level == level && strcmp(l->text, text) == 0;
		if (*ret_known)
			return l;
		if (best->level != 0 && (l->level == 0 || l->told_us < best->told_us))
			best = l;
	}
	return best;
}

static void take(struct log_topic *t, int level, const char *text, int64_t now_us, int64_t wall_us)
{
	bool known;
	struct line *l = find(t, level, text, &known);

	if (known && now_us < l->told_us + LOG_TOPIC_FOLD_US) {
		l->again++;
		return;
	}
	if (!known && l->level != 0 && l->again > 0)
		tell_again(t, l, now_us, wall_us);
	unsigned long count = known ? l->again + 1 : 1;

	l->level = level;
	snprintf(l->text, sizeof(l->text), "%s", text);
	l->told_us = now_us;
	l->again = 0;
	tell(t, level, l->text, count, now_us, wall_us);
}

void log_topic_line(struct log_topic *t, int level, const char *text, int64_t now_us, int64_t wall_us)
{
	char cut[TEXT_MAX];

	snprintf(cut, sizeof(cut), "%s", text);
	pthread_mutex_lock(&t->mutex);
	tell_left_out(t, now_us, wall_us);
	take(t, level, cut, now_us, wall_us);
	pthread_mutex_unlock(&t->mutex);
}

int64_t log_topic_tick(struct log_topic *t, int64_t now_us, int64_t wall_us)
{
	int64_t next_us = now_us + LOOK_US;

	pthread_mutex_lock(&t->mutex);
	tell_left_out(t, now_us, wall_us);
	for (struct line *l = t->lines; l < t->lines + LINES; l++) {
		if (l->level != 0 && now_us >= l->told_us + LOG_TOPIC_FOLD_US)
			tell_again(t, l, now_us, wall_us);
		if (l->again > 0 && l->told_us + LOG_TOPIC_FOLD_US < next_us)
			next_us = l->told_us + LOG_TOPIC_FOLD_US;
	}
	if (t->left_out > 0)
		next_us = now_us + SECOND_US;
	pthread_mutex_unlock(&t->mutex);
	return next_us;
}
