/* SPDX-License-Identifier: MIT */
/*
 * A device from its making to its end: settings with the kept zero, recording, topics. Input comes from device_port.c.
 *
 * The wall clock is read when the device is made. Event times are that plus the monotonic time since, so a step of the clock
 * changes nothing while somebody presses or has pressed of late, and the recording, which carries that one reading, replays
 * to the same times. But a machine that has no clock of its own starts with a wrong one and is set right by the network some
 * time later: as long as nothing was told, and after a long rest, the clock that is then is followed.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device_internal.h"
#include "event_json.h"

#define US_PER_MS 1000
#define US_PER_S 1000000

/* The wall clock is followed where it has gone another way by so much, and nothing was told for so long. */
#define CLOCK_STEP_US US_PER_S
#define CLOCK_REST_US (3600LL * US_PER_S)

/* The zero is kept when it moved this far, at most so often. */
#define KEEP_MOVED_N 0.05
#define KEEP_FIRST_US (60LL * US_PER_S)
#define KEEP_PERIOD_US (300LL * US_PER_S)

/* ---- zero and calibration ---- */

static void load_state(struct device *d)
{
	char why[256];
	int r = state_store_get(d->context->store, d->conf->id, &d->state, why, sizeof(why));

	if (r < 0)
		log_line(LOG_WARNING, "%s: %s", d->conf->id, why);
	if (r != 0)
		d->state = (struct state){ 0 };
	device_settings_load(d);
	d->settings = device_settings(d)->settings;
	if (d->state.counts_per_n_count > 0) {
		d->settings.counts_per_n_count = d->state.counts_per_n_count;
		memcpy(d->settings.counts_per_n, d->state.counts_per_n, sizeof(d->settings.counts_per_n));
	}
	if (d->settings.zero_raw_count == 0 && d->state.unit == d->settings.unit) {
		d->settings.zero_raw_count = d->state.zero_raw_count;
		memcpy(d->settings.zero_raw, d->state.zero_raw, sizeof(d->settings.zero_raw));
		memcpy(d->settings.zero_serial, d->state.zero_serial, sizeof(d->settings.zero_serial));
	}
	if (knead_settings_check(&d->settings, why, sizeof(why)) < 0) {
		log_line(LOG_WARNING, "%s: its kept zero does not fit the configuration and is not used: %s",
			d->conf->id, why);
		d->settings = device_settings(d)->settings;
	}
}

static void keep_zero(struct device *d, const struct knead_view *view)
{
	bool moved = !d->zero_kept || fabs(view->zero_drift_n - d->kept_drift_n) > KEEP_MOVED_N;
	bool other = strcmp(view->zero_serial, d->state.zero_serial) != 0;

	/* Without a sample yet there are no cells: what is kept is all that is known. */
	if (!view->zero_known || view->cells == 0 || !(moved || other) || view->cells > KNEAD_CELLS_MAX ||
		conf_device_given(d->conf, "zero_raw"))
		return;
	state_set_zero(&d->state, d->settings.unit, view->zero_raw, view->cells, view->zero_serial);
	state_store_put(d->context->store, d->conf->id, &d->state);
	d->zero_kept = true;
	d->kept_drift_n = view->zero_drift_n;
}

/* ---- recording ---- */

static cJSON *recording_header(const struct device *d)
{
	struct conf_device in_force = *device_settings(d);
	cJSON *header = cJSON_CreateObject(), *device;
	char start[32];

	in_force.settings = d->settings;
	device = conf_device_to_json(&in_force);
	if (device && cJSON_AddStringToObject(header, "start", wall_to_iso(d->wall_start_us, start)) &&
		cJSON_AddStringToObject(header, "id", d->conf->id) &&
		cJSON_AddStringToObject(header, "port", d->conf->port) &&
		cJSON_AddNumberToObject(header, "baud", d->conf->baud) &&
		cJSON_AddItemToObject(header, "device", device))
		return header;
	cJSON_Delete(device);
	cJSON_Delete(header);
	return NULL;
}

/* The recording before is kept once, under another name: it may be the one that shows why we were started again. */
static int start_recording(struct device *d, const char *path)
{
	cJSON *header = recording_header(d);
	char *old = NULL;
	int r = -ENOMEM;

	if (header && asprintf(&old, "%s.old", path) >= 0) {
		rename(path, old);
		r = capture_writer_new(path, header, &d->capture);
	}
	free(old);
	cJSON_Delete(header);
	return r;
}

static void open_recording(struct device *d)
{
	const char *folder = d->context->state_directory, *record = d->conf->record;
	char *path = NULL;
	int r;

	if (record[0] == '\0')
		return;
	r = asprintf(&path, "%s%s%s", folder && record[0] != '/' ? folder : "", folder && record[0] != '/' ? "/" : "",
		record);
	r = r < 0 ? -ENOMEM : start_recording(d, path);
	if (r < 0)
		log_line(LOG_ERR, "%s: record: %s cannot be written: %s; nothing is recorded", d->conf->id, record,
			strerror(-r));
	else
		log_line(LOG_INFO, "%s: recording to %s", d->conf->id, path);
	free(path);
}

static void check_recording(struct device *d, int r)
{
	if (r == 0)
		return;
	log_line(LOG_ERR, "%s: record: %s: %s; recording stops", d->conf->id, d->conf->record, strerror(-r));
	capture_writer_close(d->capture);
	d->capture = NULL;
}

void device_record_mark(struct device *d, int64_t t_us, const char *words)
{
	if (d->capture)
		check_recording(d, capture_write_mark(d->capture, t_us, words));
}

void device_record_bytes(struct device *d, int64_t t_us, const void *bytes, size_t n)
{
	if (d->capture)
		check_recording(d, capture_write_rx(d->capture, t_us, bytes, n));
}

/* ---- topics ---- */

static void on_event(void *user, const struct knead_event *e, int64_t wall_origin_us)
{
	struct device *d = user;

	d->had_event = true;
	if (e->type != KNEAD_EVENT_FAULT)
		d->clock_fixed_until_us = loop_now_us() + CLOCK_REST_US;
	publish_event(d->context->publish, d->publish, e, ++*d->context->n, wall_origin_us);
	if (e->type == KNEAD_EVENT_FAULT)
		log_limited(&d->fault_limit, loop_now_us(), LOG_WARNING, "%s: fault %s: %s", d->conf->id,
			knead_fault_kind_to_str(e->fault.kind), e->fault.detail);
	else
		log_line(LOG_DEBUG, "%s: %s at %.3f s", d->conf->id, knead_event_type_to_str(e->type),
			knead_us_to_s(e->t_us));
}

void device_fault(struct device *d, enum knead_fault_kind kind, const char *detail)
{
	int64_t origin_us = feed_wall_origin_us(&d->feed);
	struct knead_event e = {
		.type = KNEAD_EVENT_FAULT,
		.t_us = d->wall_start_us + loop_now_us() - d->start_us - origin_us,
		.origin_rx_us = KNEAD_RX_UNKNOWN,
		.confidence = 1,
		.fault = { .kind = kind },
	};

	snprintf(e.fault.detail, sizeof(e.fault.detail), "%s", detail);
	on_event(d, &e, origin_us);
}

/* The zero went along with the device's own tare: what was kept of the one before is wrong now. */
static void mind_tares(struct device *d, const struct knead_view *view)
{
	if (view->tares == d->tares_seen)
		return;
	d->tares_seen = view->tares;
	log_line(LOG_NOTICE, "%s: the device has tared itself; the zero went along", d->conf->id);
	d->zero_kept = false;
	keep_zero(d, view);
}

static void follow_clock(struct device *d, const struct knead_view *view, int64_t now_us)
{
	int64_t step_us = loop_wall_us() - d->wall_start_us - (now_us - d->start_us);
	char start[32];

	if (llabs(step_us) < CLOCK_STEP_US || now_us < d->clock_fixed_until_us || view->phase != KNEAD_PHASE_IDLE ||
		view->in_use)
		return;
	step_us = step_us / US_PER_MS * US_PER_MS;
	log_line(LOG_NOTICE, "%s: the clock of the machine was set by %.3f s; times of events follow", d->conf->id,
		knead_us_to_s(step_us));
	d->wall_start_us += step_us;
	feed_shift_wall(&d->feed, step_us);
	if (d->capture && capture_write_start(d->capture, wall_to_iso(d->wall_start_us, start)) < 0)
		log_line(LOG_WARNING, "%s: the recording keeps its time of start, which is wrong", d->conf->id);
}

/* must: whether or not anything seems to be due. While offline every input may be the one that changes it. */
void device_publish(struct device *d, bool must)
{
	enum knead_phase phase = knead_pipeline_phase(d->feed.pipeline);
	int64_t now_us = loop_now_us();
	struct knead_view view;

	if (!must && d->online && !d->had_event && phase == d->phase && now_us < d->publish_due_us)
		return;
	knead_pipeline_view(d->feed.pipeline, &view);
	if (!must && !view.online && !d->had_event && now_us < d->publish_due_us)
		return;
	d->had_event = false;
	d->phase = phase;
	d->online = view.online;
	view.device_zero = view.device_zero && !d->tare_deaf;
	mind_tares(d, &view);
	follow_clock(d, &view, now_us);
	d->publish_due_us = publish_view(
		d->context->publish, d->publish, &view, feed_wall_origin_us(&d->feed), now_us, loop_wall_us());
	if (now_us >= d->keep_due_us) {
		keep_zero(d, &view);
		d->keep_due_us = now_us + KEEP_PERIOD_US;
	}
}

int device_join_publisher(struct device *d)
{
	const char *keys[STATE_SETTINGS_MAX];
	struct publish_settings settings = device_settings_published(d, keys);
	int r = publish_device_add(d->context->publish, device_settings(d), &settings, &d->publish);

	if (r < 0)
		return r;
	device_publish(d, true);
	if (d->has_past)
		publish_past_session(
			d->context->publish, d->publish, &d->past.totals, d->past.start_us, d->past.end_us);
	return 0;
}

void device_leave_publisher(struct device *d)
{
	if (d->publish)
		publish_device_remove(d->context->publish, d->publish);
	d->publish = NULL;
}

/* The totals shown outlive a restart. */
static void load_past(struct device *d)
{
	char why[256];
	int r;

	if (!d->context->journal)
		return;
	r = history_last_session(d->context->journal, d->conf->id, &d->past, why, sizeof(why));
	d->has_past = r == 0 && d->past.end_us > d->state.session_reset_us;
	if (r < 0 && r != -ENOENT)
		log_line(LOG_DEBUG, "%s: its last session is not known: %s", d->conf->id, why);
}

/* ---- life ---- */

static int device_start(struct device *d)
{
	int r;

	r = feed_init(&d->feed, &d->settings, d->wall_start_us, on_event, d);
	if (r == 0)
		r = device_join_publisher(d);
	if (r == 0)
		open_recording(d);
	return r == 0 ? device_port_start(d) : r;
}

int device_new(const struct device_context *context, const struct conf_device *conf, struct device **ret)
{
	struct device *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	d->context = context;
	d->conf = conf;
	d->armed_us = INT64_MAX;
	d->last_us = -1;
	d->start_us = loop_now_us();
	d->wall_start_us = loop_wall_us() / US_PER_MS * US_PER_MS;
	d->keep_due_us = d->start_us + KEEP_FIRST_US;
	load_state(d);
	load_past(d);
	r = device_start(d);
	if (r < 0) {
		log_line(LOG_ERR, "%s: cannot be started: %s", conf->id, strerror(-r));
		device_leave_publisher(d);
		device_port_stop(d);
		feed_deinit(&d->feed);
		capture_writer_close(d->capture);
		conf_device_free(d->in_force);
		free(d);
		return r;
	}
	*ret = d;
	return 0;
}

void device_stop(struct device *d)
{
	struct knead_view view;
	int64_t t_us;

	if (d->stopped)
		return;
	d->stopped = true;
	device_port_read_out(d);
	t_us = device_time_us(d);
	knead_pipeline_view(d->feed.pipeline, &view);
	keep_zero(d, &view);
	feed_end(&d->feed, t_us);
	device_record_mark(d, t_us, "end");
	if (d->capture)
		check_recording(d, capture_flush(d->capture));
	device_publish(d, true);
	device_actions_free(d);
	device_port_stop(d);
}

void device_free(struct device *d)
{
	if (!d)
		return;
	device_stop(d);
	capture_writer_close(d->capture);
	feed_deinit(&d->feed);
	conf_device_free(d->in_force);
	free(d);
}

const char *device_id(const struct device *d)
{
	return d->conf->id;
}

const struct conf_device *device_conf(const struct device *d)
{
	return d->conf;
}

void device_use_conf(struct device *d, const struct conf_device *conf)
{
	d->conf = conf;
	device_settings_load(d); /* protocols may have other steps by now */
	if (device_settings_apply(d) < 0)
		log_line(LOG_WARNING, "%s: its settings do not fit the running device", conf->id);
}
