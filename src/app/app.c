/* SPDX-License-Identifier: MIT */
/*
 * Wiring. On SIGHUP the new configuration is compared with the old one, device by device: who did not change keeps port,
 * pipeline and open hold; who changed ends and starts again. A new configuration that is wrong changes nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "app.h"
#include "device.h"
#include "host.h"
#include "log.h"
#include "loop.h"
#include "output.h"
#include "port.h"

#define GOODBYE_STOP_MS 2000 /* of the 3 s that stopping may take */
#define GOODBYE_RELOAD_MS 300 /* the devices wait meanwhile; their ports buffer longer than this */
#define RESTART_US 200000 /* for the answer to go out */
#define WHY_MAX 768

struct app {
	const struct app_options *options;
	struct conf *conf;
	struct loop *loop;
	struct state_store *store;
	struct announced *announced;
	struct output *output;
	struct host_options host;
	struct device_context context;
	struct device **devices; /* in the order of the configuration */
	size_t devices_count;
	char boot[9];
	char *journal; /* file of the journal; NULL = none */
	uint64_t n;
	bool restart; /* asked for by command */
	bool output_refused; /* [mqtt] of conf could not be used; the next reload tries again */
	int64_t started_us, started_wall_us;
};

/* ---- configuration ---- */

static int check_ports(const struct conf *c, char *why, size_t size)
{
	char reason[256];

	for (const struct conf_device *d = c->devices; d; d = d->next) {
		if (d->port[0] == '\0') {
			snprintf(why, size, "%s: [device %s] has no port; add port = /dev/ttyUSB0 or the like",
				d->where, d->id);
			return -EINVAL;
		}
		if (port_check(d->port, reason, sizeof(reason)) < 0) {
			snprintf(why, size, "%s: [device %s] %s", d->where, d->id, reason);
			return -EINVAL;
		}
		for (const struct conf_device *e = c->devices; e != d; e = e->next) {
			if (strcmp(d->port, e->port) != 0)
				continue;
			snprintf(why, size, "%s: [device %s] has the port of [device %s]; one port feeds one device",
				d->where, d->id, e->id);
			return -EINVAL;
		}
	}
	return 0;
}

int app_load_conf(const struct app_options *o, struct conf **ret, char *why, size_t size)
{
	struct conf *c = NULL;
	int r = conf_load(o->file, o->options, o->options_count, &c, why, size);

	if (r < 0)
		return r;
	r = check_ports(c, why, size);
	if (r < 0) {
		conf_free(c);
		return r;
	}
	*ret = c;
	return 0;
}

/* ---- devices ---- */

static void tell_status(const struct app *a)
{
	size_t open = 0;

	for (size_t i = 0; i < a->devices_count; i++)
		open += device_port_open(a->devices[i]);
	loop_status("%zu of %zu ports open", open, a->devices_count);
}

/* A port was opened or closed: soon, not at once, as this comes from within a device. */
static void on_changed(void *user)
{
	struct app *a = user;

	tell_status(a);
	output_wake(a->output);
}

static struct device *find_device(const struct app *a, const char *id)
{
	for (size_t i = 0; i < a->devices_count; i++)
		if (a->devices[i] && strcmp(device_id(a->devices[i]), id) == 0)
			return a->devices[i];
	return NULL;
}

static size_t count_devices(const struct conf *c)
{
	size_t n = 0;

	for (const struct conf_device *d = c->devices; d; d = d->next)
		n++;
	return n;
}

/* Frees devices that the new configuration does not have, or has otherwise; the others go on with the new one. */
static void drop_changed_devices(struct app *a, struct conf *fresh)
{
	size_t kept = 0;

	for (size_t i = 0; i < a->devices_count; i++) {
		struct device *d = a->devices[i];
		const struct conf_device *conf = conf_find_device(fresh, device_id(d));

		if (conf && conf_device_equal(device_conf(d), conf)) {
			device_use_conf(d, conf);
			a->devices[kept++] = d;
			continue;
		}
		log_line(LOG_INFO, "%s: %s", device_id(d),
			conf ? "its configuration changed; starting again" : "removed");
		device_stop(d);
		device_leave_publisher(d);
		device_free(d);
	}
	a->devices_count = kept;
}

/* Makes the devices that are missing and brings all into the order of the configuration. */
static int add_devices(struct app *a)
{
	size_t wanted = count_devices(a->conf), n = 0;
	struct device **devices = calloc(wanted + 1, sizeof(struct device *));
	int r = 0;

	if (!devices)
		return -ENOMEM;
	for (const struct conf_device *conf = a->conf->devices; conf; conf = conf->next) {
		struct device *d = find_device(a, conf->id);

		if (!d && device_new(&a->context, conf, &d) < 0)
			r = -ENOMEM;
		if (d)
			devices[n++] = d;
	}
	free(a->devices);
	a->devices = devices;
	a->devices_count = n;
	if (wanted == 0)
		log_line(LOG_WARNING, "configuration: no device is configured; add [device NAME] with port = ...");
	return r;
}

/* ---- reload ---- */

/* Moves the devices over to a new broker connection. When fresh cannot be used the old connection stays. */
static int change_output(struct app *a, const struct conf *fresh)
{
	int r = output_check(fresh);

	if (r < 0)
		return r;
	for (size_t i = 0; i < a->devices_count; i++)
		device_leave_publisher(a->devices[i]);
	r = output_change(a->output, fresh, GOODBYE_RELOAD_MS);
	a->context.publish = output_publish(a->output);
	for (size_t i = 0; i < a->devices_count; i++) {
		int joined = device_join_publisher(a->devices[i]);

		r = r < 0 ? r : joined;
	}
	return r;
}

static void take_conf(struct app *a, struct conf *fresh)
{
	struct conf *old = a->conf;
	bool same_output = conf_output_equal(old, fresh) && !a->output_refused;

	log_set_level(fresh->log_level);
	output_set_log(a->output, fresh->log_mqtt);
	a->conf = fresh;
	drop_changed_devices(a, fresh);
	a->output_refused = !same_output && change_output(a, fresh) < 0;
	if (a->output_refused)
		log_line(LOG_ERR, "configuration: [mqtt] is not used as it stands; the old connection stays");
	publish_log_level(output_publish(a->output), log_level_to_str(fresh->log_level));
	add_devices(a);
	conf_free(old);
}

static void on_reload(void *user)
{
	struct app *a = user;
	struct conf *fresh = NULL;
	char why[WHY_MAX];

	loop_reloading();
	if (app_load_conf(a->options, &fresh, why, sizeof(why)) < 0) {
		log_line(LOG_ERR, "configuration: %s; the old one stays in force", why);
	} else {
		take_conf(a, fresh);
		log_line(LOG_INFO, "configuration: read again");
	}
	loop_ready("running");
	on_changed(a);
}

/* ---- start and stop ---- */

static void on_stop(void *user)
{
	struct app *a = user;

	log_line(LOG_INFO, "kneadd: stopping");
	/* Who says that it stops is killed when it does not: what starts again only reads everything again. */
	if (a->restart)
		loop_reloading();
	else
		loop_stopping();
	for (size_t i = 0; i < a->devices_count; i++)
		device_free(a->devices[i]);
	a->devices_count = 0;
	publish_stop(output_publish(a->output), loop_now_us(), loop_wall_us());
	loop_quit(a->loop);
}

static bool on_progress(void *user)
{
	struct app *a = user;
	bool all = true;

	for (size_t i = 0; i < a->devices_count; i++)
		all = device_progress(a->devices[i]) && all;
	return all;
}

static int draw_boot(char *ret)
{
	uint32_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return -errno;
	snprintf(ret, 9, "%08x", number);
	return 0;
}

static int open_store(struct app *a)
{
	const char *directory = getenv("STATE_DIRECTORY");

	if (!directory || directory[0] == '\0') {
		log_line(LOG_NOTICE, "kneadd: STATE_DIRECTORY is not set; zeros are not kept across restarts");
		directory = NULL;
	}
	a->context.state_directory = directory;
	if (conf_journal_path(a->conf, directory, &a->journal) != 0)
		a->journal = NULL;
	return state_store_new(directory, &a->store);
}

static void on_keep_announced(void *user, const char *text)
{
	struct app *a = user;

	state_store_put_text(a->store, text);
}

static int recall_announced(struct app *a)
{
	char *text = state_store_get_text(a->store);
	int r = announced_new(text, on_keep_announced, a, &a->announced);

	free(text);
	return r;
}

/* ---- what is commanded ---- */

static struct device *on_find(void *user, const char *id)
{
	return find_device(user, id);
}

static struct publish *on_publish(void *user)
{
	const struct app *a = user;

	return output_publish(a->output);
}

static int on_restart_due(sd_event_source *source, uint64_t due_us, void *user)
{
	on_stop(user);
	return 0;
}

/* The answer goes out first. */
static void on_restart(void *user)
{
	struct app *a = user;

	a->restart = true;
	sd_event_add_time_relative(loop_event(a->loop), NULL, LOOP_CLOCK, RESTART_US, 0, on_restart_due, a);
}

static void on_answer(void *user, command_ticket ticket, struct command_outcome *outcome)
{
	struct app *a = user;

	output_answer(a->output, ticket, outcome);
}

/* It is everybody's journal: each device says that its records may be lost. */
static void on_journal_failed(void *user, const char *why)
{
	struct app *a = user;

	for (size_t i = 0; i < a->devices_count; i++)
		device_fault(a->devices[i], KNEAD_FAULT_JOURNAL, why);
}

static int make_output(struct app *a)
{
	struct output_options options = {
		.loop = a->loop,
		.boot = a->boot,
		.announced = a->announced,
		.started_us = a->started_us,
		.started_wall_us = a->started_wall_us,
		.host = &host_commands,
		.host_user = &a->host,
		.state_directory = a->context.state_directory,
		.journal_failed = on_journal_failed,
		.user = a,
	};

	a->host = (struct host_options){ .find = on_find, .publish = on_publish, .restart = on_restart, .user = a };
	return output_new(&options, a->conf, &a->output);
}

static int app_start(struct app *a)
{
	int r;

	a->started_us = loop_now_us();
	a->started_wall_us = loop_wall_us();
	r = draw_boot(a->boot);
	if (r == 0)
		r = open_store(a);
	if (r == 0)
		r = recall_announced(a);
	if (r == 0)
		r = make_output(a);
	if (r < 0)
		return r;
	publish_log_level(output_publish(a->output), log_level_to_str(a->conf->log_level));
	a->context.loop = a->loop;
	a->context.publish = output_publish(a->output);
	a->context.store = a->store;
	a->context.conf = &a->conf;
	a->context.n = &a->n;
	a->context.journal = a->journal;
	a->context.changed = on_changed;
	a->context.answer = on_answer;
	a->context.user = a;
	r = add_devices(a);
	a->context.journal = NULL; /* from now on there is no time to read it */
	return r;
}

static void app_finish(struct app *a)
{
	for (size_t i = 0; i < a->devices_count; i++)
		device_free(a->devices[i]);
	free(a->devices);
	output_free(a->output, GOODBYE_STOP_MS);
	announced_free(a->announced);
	state_store_free(a->store);
	free(a->journal);
	loop_free(a->loop);
	conf_free(a->conf);
}

int app_run(const struct app_options *o, struct conf *conf)
{
	static const struct loop_callbacks callbacks = {
		.stop = on_stop, .reload = on_reload, .progress = on_progress
	};
	struct app a = { .options = o, .conf = conf };
	int r;

	log_set_level(conf->log_level);
	/* First, so that threads started later have the signals blocked. */
	r = loop_new(&callbacks, &a, &a.loop);
	if (r == 0)
		r = app_start(&a);
	if (r == 0) {
		log_line(LOG_INFO, "kneadd: " KNEAD_VERSION ", boot %s, %zu devices", a.boot, a.devices_count);
		loop_ready("running");
		r = loop_run(a.loop);
	}
	if (r < 0)
		log_line(LOG_ERR, "kneadd: cannot go on: %s", strerror(-r));
	app_finish(&a);
	return r < 0 ? r : a.restart ? APP_E_RESTART : 0;
}
