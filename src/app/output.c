/* SPDX-License-Identifier: MIT */
/* Holds the parts of the way to the broker together, and makes and ends them in the right order. */
#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include "inbound.h"
#include "log.h"
#include "log_topic.h"

#define TICK_SLACK_US 250000
#define WHY_MAX 768
#define FAULT_PAUSE_US 60000000 /* a disk that fails every other second is told once a minute */

struct output {
	struct output_options options;
	struct sink_mqtt *sink; /* NULL = no broker configured */
	struct publish *publish;
	struct command *command;
	struct inbound *inbound;
	struct log_topic *log_topic;
	bool log_listens;
	sd_event_source *tick, *notice;
	int64_t fault_us; /* when the last failure of the journal was told, INT64_MIN / 2 = never */
};

static void on_sink_log(void *user, int level, const char *line)
{
	log_local(level, "%s", line);
}

static void on_log_line(void *user, int level, const char *text)
{
	log_topic_line(user, level, text, loop_now_us(), loop_wall_us());
}

int output_check(const struct conf *conf)
{
	struct sink_mqtt_options options = publish_sink_options(conf);
	char why[WHY_MAX];
	int r = conf->mqtt.host[0] == '\0' ? 0 : sink_mqtt_check(&options, why, sizeof(why));

	if (r < 0)
		log_line(LOG_ERR, "mqtt: %s", why);
	return r;
}

/* The library reads the key; that everybody else may too is for us to say. (The password is looked at where it is read.) */
static void look_at_key(const char *path)
{
	struct stat st;

	if (path[0] != '\0' && stat(path, &st) == 0 && (st.st_mode & S_IROTH))
		log_line(LOG_WARNING, "mqtt: everybody may read our key in %s: chmod o-r it", path);
}

/* Where events lie until the broker has them. *ret_path: free(); NULL when there is no place for it. */
static void use_journal(
	const struct output *o, const struct conf *conf, struct sink_mqtt_options *options, char **ret_path)
{
	*ret_path = NULL;
	if (conf_journal_path(conf, o->options.state_directory, ret_path) != 0) {
		*ret_path = NULL;
		log_line(LOG_NOTICE,
			"journal: there is no state directory and no path in [journal]; events wait for the "
			"broker in memory, and there is no history");
		return;
	}
	options->journal = (struct sink_mqtt_journal){
		.path = *ret_path,
		.own = conf->journal_path[0] == '\0',
		.boot = o->options.boot,
		.started_wall_us = o->options.started_wall_us,
		.keep_days = conf->journal_keep_days,
		.max_mb = conf->journal_max_mb,
	};
}

/* The journal has begun to fail, or works again. */
static int on_notice(sd_event_source *source, int fd, uint32_t events, void *user)
{
	struct output *o = user;
	int64_t now_us = loop_now_us();
	struct sink_mqtt_stats stats;
	eventfd_t count;

	/* Read before the look: what changes after it is told again. */
	eventfd_read(fd, &count);
	sink_mqtt_stats(o->sink, &stats);
	if (!stats.journal || stats.journal_ok || now_us - o->fault_us < FAULT_PAUSE_US)
		return 0;
	o->fault_us = now_us;
	o->options.journal_failed(o->options.user, stats.journal_why);
	publish_health(o->publish, now_us, loop_wall_us());
	return 0;
}

static int connect_broker(struct output *o, const struct conf *conf)
{
	struct sink_mqtt_options options = publish_sink_options(conf);
	struct inbound_filters filters;
	char why[WHY_MAX], *journal;
	int r;

	use_journal(o, conf, &options, &journal);
	if (options.host[0] == '\0')
		log_line(LOG_NOTICE, "mqtt: no broker is configured; nothing is published");
	if (options.host[0] == '\0' && !journal)
		return 0;
	look_at_key(conf->mqtt.key_file);
	inbound_filters(conf, &filters);
	options.subscriptions = filters.list;
	options.subscriptions_count = filters.count;
	options.log = on_sink_log;
	options.held = true; /* until everything was told once: discovery goes before "online" */
	r = sink_mqtt_new(&options, &o->sink, why, sizeof(why));
	if (r < 0)
		log_line(LOG_ERR, "mqtt: %s", why);
	free(journal);
	if (r == 0)
		r = sd_event_add_io(
			loop_event(o->options.loop), &o->notice, sink_mqtt_notice_fd(o->sink), EPOLLIN, on_notice, o);
	return r < 0 ? r : 0;
}

static int make_publisher(struct output *o, const struct conf *conf, struct publish **ret)
{
	struct publish_options options = {
		.conf = conf,
		.announced = o->options.announced,
		.boot = o->options.boot,
		.started_us = o->options.started_us,
		.started_wall_us = o->options.started_wall_us,
	};

	return publish_new(&options, ret);
}

static void on_command(void *user, const struct mqtt_received *m)
{
	struct output *o = user;

	command_take(o->command, m);
}

static void on_refused(void *user, const struct mqtt_received *m, enum command_code code)
{
	struct output *o = user;

	command_refuse(o->command, m, code);
}

static int listen_to_broker(struct output *o, const struct conf *conf)
{
	struct inbound_options inbound = {
		.event = loop_event(o->options.loop),
		.sink = o->sink,
		.conf = conf,
		.command = on_command,
		.refused = on_refused,
		.user = o,
	};
	struct command_options command = {
		.sink = o->sink,
		.base = conf->mqtt.base,
		.host = o->options.host,
		.host_user = o->options.host_user,
	};
	int r = command_new(&command, &o->command);

	return r < 0 ? r : inbound_new(&inbound, &o->inbound);
}

static int on_tick(sd_event_source *source, uint64_t due_us, void *user)
{
	struct output *o = user;
	int64_t next_us = publish_tick(o->publish, loop_now_us(), loop_wall_us());
	int64_t log_us = o->log_listens ? log_topic_tick(o->log_topic, loop_now_us(), loop_wall_us()) : next_us;

	next_us = log_us < next_us ? log_us : next_us;
	sink_mqtt_go(o->sink);
	sd_event_source_set_time(source, (uint64_t)next_us);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* Connects the publisher to the broker of a configuration. */
static int begin(struct output *o, const struct conf *conf)
{
	int r = connect_broker(o, conf);

	publish_set_sink(o->publish, o->sink);
	if (r == 0)
		r = listen_to_broker(o, conf);
	if (r == 0)
		r = log_topic_new(o->sink, conf->mqtt.base, &o->log_topic);
	if (r == 0)
		output_set_log(o, conf->log_mqtt);
	return r;
}

static void end(struct output *o, int timeout_ms)
{
	o->notice = sd_event_source_disable_unref(o->notice);
	log_set_listener(-1, NULL, NULL);
	o->log_listens = false;
	log_topic_free(o->log_topic);
	inbound_free(o->inbound);
	command_free(o->command);
	publish_free(o->publish);
	sink_mqtt_free(o->sink, timeout_ms);
	o->log_topic = NULL;
	o->inbound = NULL;
	o->command = NULL;
	o->publish = NULL;
	o->sink = NULL;
}

int output_new(const struct output_options *options, const struct conf *conf, struct output **ret)
{
	struct output *o = calloc(1, sizeof(*o));
	int r;

	if (!o)
		return -ENOMEM;
	o->options = *options;
	o->fault_us = INT64_MIN / 2;
	r = make_publisher(o, conf, &o->publish);
	if (r == 0)
		r = begin(o, conf);
	if (r == 0)
		r = sd_event_add_time(loop_event(options->loop), &o->tick, LOOP_CLOCK, 0, TICK_SLACK_US, on_tick, o);
	if (r < 0) {
		output_free(o, 0);
		return r;
	}
	*ret = o;
	return 0;
}

void output_free(struct output *o, int timeout_ms)
{
	if (!o)
		return;
	sd_event_source_disable_unref(o->tick);
	end(o, timeout_ms);
	free(o);
}

int output_change(struct output *o, const struct conf *conf, int timeout_ms)
{
	struct publish *fresh = NULL;
	int r = make_publisher(o, conf, &fresh);

	if (r < 0)
		return r;
	publish_stop(o->publish, loop_now_us(), loop_wall_us());
	end(o, timeout_ms);
	o->publish = fresh;
	r = begin(o, conf);
	output_wake(o);
	return r;
}

void output_answer(struct output *o, command_ticket ticket, struct command_outcome *outcome)
{
	command_answer(o->command, ticket, outcome);
}

void output_set_log(struct output *o, int level)
{
	o->log_listens = o->log_topic && level >= LOG_ERR;
	log_set_listener(level, o->log_listens ? on_log_line : NULL, o->log_topic);
}

struct publish *output_publish(const struct output *o)
{
	return o->publish;
}

void output_wake(struct output *o)
{
	sd_event_source_set_time(o->tick, 0);
	sd_event_source_set_enabled(o->tick, SD_EVENT_ONESHOT);
}
