/* SPDX-License-Identifier: MIT */
/*
 * What a device can be asked to do. Tare and calibration look at one second of samples; when that was unsteady they look again,
 * until their time is over. They refuse with the reason instead of setting what would be wrong for days.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <knead/control.h>

#include "device_internal.h"
#include "weigh.h"

#define LOOK_US 100000
#define LOOK_SLACK_US 20000
#define TIMEOUT_S 5.0
#define TIMEOUT_MAX_S 60.0
#define POINTS 2
#define OWN_TARE_US 5000000 /* how long a device may take to tare itself */
#define OWN_ZERO_N 0.5

enum action_kind { ACTION_NONE, ACTION_TARE, ACTION_CALIBRATE };

struct device_action {
	enum action_kind kind;
	command_ticket ticket;
	int64_t until_us;
	bool force; /* tare under load too */
	bool own, told; /* the zero is the device's own; it has been told to tare */
	double known_n;
	int point; /* 0: one-point calibration */
	sd_event_source *timer;
	struct {
		bool known;
		double known_n, raw[KNEAD_CELLS_MAX];
	} first; /* of a two-point calibration */
};

/* ---- outcomes ---- */

static void finish(struct device *d, struct command_outcome *outcome)
{
	struct device_action *a = d->action;

	a->kind = ACTION_NONE;
	sd_event_source_set_enabled(a->timer, SD_EVENT_OFF);
	d->context->answer(d->context->user, a->ticket, outcome);
}

static void refuse(struct device *d, enum command_code code, const char *sentence)
{
	struct command_outcome outcome = { 0 };

	command_fail(&outcome, code, "%s", sentence);
	finish(d, &outcome);
}

static enum command_code code_of(enum weigh_verdict verdict)
{
	static const enum command_code codes[_WEIGH_VERDICTS] = { COMMAND_OK, COMMAND_SATURATED, COMMAND_LOADED,
		COMMAND_UNSTEADY, COMMAND_IMPLAUSIBLE, COMMAND_NOT_CALIBRATED };

	return codes[verdict];
}

static struct weigh weigh_of(const struct device *d)
{
	struct knead_view view;

	knead_pipeline_view(d->feed.pipeline, &view);
	return (struct weigh){
		.capacity_n = d->settings.capacity_n,
		.calibrated = view.calibrated,
		.zero_known = view.zero_known,
	};
}

static void add_numbers(cJSON *to, const char *key, const double *values, uint32_t count)
{
	cJSON *list = cJSON_AddArrayToObject(to, key);
	char number[CONF_NUMBER_MAX];

	for (uint32_t i = 0; list && i < count; i++)
		cJSON_AddItemToArray(list, cJSON_CreateRaw(conf_number_text(values[i], number)));
}

/* ---- zero and scale ---- */

/* Sets and keeps a zero: what was configured as zero_raw comes back with the next start. */
static void set_zero(struct device *d, const double *raw, uint32_t cells)
{
	struct knead_view view;

	knead_pipeline_view(d->feed.pipeline, &view);
	knead_pipeline_set_zero(d->feed.pipeline, raw);
	d->settings.zero_raw_count = cells;
	memcpy(d->settings.zero_raw, raw, cells * sizeof(*raw));
	state_set_zero(&d->state, d->settings.unit, raw, cells, view.zero_serial);
	d->zero_kept = true;
	d->kept_drift_n = 0;
	state_store_put(d->context->store, d->conf->id, &d->state);
	log_line(LOG_NOTICE, "%s: the zero was set by command", d->conf->id);
}

/* Multiplies the scale of every cell, in counts per newton, and keeps it. Returns 0 or -EINVAL. */
static int rescale(struct device *d, double factor, uint32_t cells, double *ret_counts_per_n)
{
	double scale[KNEAD_CELLS_MAX];

	knead_pipeline_scale(d->feed.pipeline, scale);
	for (uint32_t i = 0; i < cells; i++)
		ret_counts_per_n[i] = scale[i] * factor;
	int r = knead_pipeline_set_scale(d->feed.pipeline, ret_counts_per_n, cells);
	if (r < 0)
		return r;
	d->settings.counts_per_n_count = d->state.counts_per_n_count = cells;
	memcpy(d->settings.counts_per_n, ret_counts_per_n, cells * sizeof(double));
	memcpy(d->state.counts_per_n, ret_counts_per_n, cells * sizeof(double));
	state_store_put(d->context->store, d->conf->id, &d->state);
	log_line(LOG_NOTICE, "%s: the scale was set by command", d->conf->id);
	return 0;
}

/* ---- what a good second becomes ---- */

static void end_tare(struct device *d, const double *zero_raw, uint32_t cells)
{
	struct command_outcome outcome = { .code = COMMAND_OK, .data = cJSON_CreateObject() };
	struct knead_view view;

	knead_pipeline_view(d->feed.pipeline, &view);
	set_zero(d, zero_raw, cells);
	add_numbers(outcome.data, "zero_raw", zero_raw, cells);
	cJSON_AddStringToObject(outcome.data, "zero_owner", d->action->own ? "device" : "knead");
	cJSON_AddNumberToObject(outcome.data, "noise_n", round(view.noise_n * 1000) / 1000);
	finish(d, &outcome);
	device_publish(d, true);
}

/* All cells say what a device says that has just tared itself. */
static bool at_device_zero(const struct device *d, const struct knead_measurement *m)
{
	double scale[KNEAD_CELLS_MAX];

	knead_pipeline_scale(d->feed.pipeline, scale);
	for (uint32_t i = 0; i < m->cells; i++)
		if (fabs(m->raw[i] / scale[i]) > OWN_ZERO_N)
			return false;
	return true;
}

/* Where the zero is the device's own it is told to tare, and looked at once more; one that does not obey has none. */
static void end_tare_steady(struct device *d, const struct knead_measurement *m)
{
	static const double zeros[KNEAD_CELLS_MAX];
	struct device_action *a = d->action;

	if (a->own && !a->told) {
		a->told = true;
		a->until_us = loop_now_us() + OWN_TARE_US;
		if (!device_tell_tare(d))
			refuse(d, COMMAND_UNSUPPORTED, "its port cannot be written to");
		else
			knead_pipeline_measure(d->feed.pipeline);
		return;
	}
	if (a->own && !at_device_zero(d, m)) {
		if (loop_now_us() < a->until_us) {
			knead_pipeline_measure(d->feed.pipeline);
			return;
		}
		log_line(LOG_NOTICE, "%s: it was told to tare and does not; its zero is kept here from now on",
			d->conf->id);
		d->tare_deaf = true;
		a->own = false;
	}
	end_tare(d, a->own ? zeros : m->raw, m->cells);
}

/* Returns whether a load that reads as read_n gives a scale, which then is in force; else the command has been refused. */
static bool end_calibration(struct device *d, double known_n, double read_n, const struct knead_measurement *m)
{
	struct command_outcome outcome = { .code = COMMAND_OK };
	double scale[KNEAD_CELLS_MAX], factor = 0;
	struct weigh w = weigh_of(d);
	const char *why;
	enum weigh_verdict verdict = weigh_factor(&w, known_n, read_n, m->sd_n, &factor, &why);

	if (verdict != WEIGH_GOOD || rescale(d, factor, m->cells, scale) < 0) {
		refuse(d, verdict == WEIGH_GOOD ? COMMAND_IMPLAUSIBLE : code_of(verdict), why);
		return false;
	}
	outcome.data = cJSON_CreateObject();
	add_numbers(outcome.data, "counts_per_n", scale, m->cells);
	finish(d, &outcome);
	device_publish(d, true);
	return true;
}

static void end_first_point(struct device *d, const struct knead_measurement *m)
{
	struct command_outcome outcome = { .code = COMMAND_OK, .data = cJSON_CreateObject() };
	struct device_action *a = d->action;

	a->first.known = true;
	a->first.known_n = a->known_n;
	memcpy(a->first.raw, m->raw, sizeof(a->first.raw));
	cJSON_AddNumberToObject(outcome.data, "point", 1);
	finish(d, &outcome);
}

/* The straight line through two points gives scale and zero. */
static void end_second_point(struct device *d, const struct knead_measurement *m)
{
	struct device_action *a = d->action;
	double scale[KNEAD_CELLS_MAX], zero[KNEAD_CELLS_MAX], read_n = 0, known_n = a->known_n - a->first.known_n;

	knead_pipeline_scale(d->feed.pipeline, scale);
	for (uint32_t i = 0; i < m->cells; i++) {
		read_n += (m->raw[i] - a->first.raw[i]) / scale[i];
		zero[i] = a->first.raw[i] - (m->raw[i] - a->first.raw[i]) * (a->first.known_n / known_n);
	}
	if (!end_calibration(d, known_n, read_n, m))
		return;
	a->first.known = false;
	set_zero(d, zero, m->cells);
}

static void end_good(struct device *d, const struct knead_measurement *m)
{
	struct device_action *a = d->action;
	struct weigh w = weigh_of(d);

	if (a->kind == ACTION_TARE)
		end_tare_steady(d, m);
	else if (a->point == 1)
		end_first_point(d, m);
	else if (a->point == 2)
		end_second_point(d, m);
	else if (!w.zero_known)
		refuse(d, COMMAND_NOT_CALIBRATED, "the zero is not known yet: tare first");
	else
		end_calibration(d, a->known_n, m->force_n, m);
}

/* ---- looking ---- */

static void judge(struct device *d, const struct knead_measurement *m)
{
	struct device_action *a = d->action;
	struct weigh w = weigh_of(d);
	const char *why;
	enum weigh_verdict verdict =
		a->kind == ACTION_TARE ? weigh_zero(&w, m, a->force, &why) : weigh_point(&w, m, &why);

	if (verdict == WEIGH_GOOD)
		end_good(d, m);
	else if (verdict == WEIGH_UNSTEADY && loop_now_us() < a->until_us)
		knead_pipeline_measure(d->feed.pipeline);
	else
		refuse(d, code_of(verdict), why);
}

static int on_look(sd_event_source *source, uint64_t due_us, void *user)
{
	struct device *d = user;
	struct knead_measurement m;
	struct knead_view view;

	knead_pipeline_view(d->feed.pipeline, &view);
	knead_pipeline_measured(d->feed.pipeline, &m);
	if (!view.online)
		refuse(d, COMMAND_NO_DATA, "no samples come from it");
	else if (m.done)
		judge(d, &m);
	else if (loop_now_us() >= d->action->until_us + KNEAD_US_PER_S)
		refuse(d, COMMAND_NO_DATA, "too few samples come from it");
	if (d->action->kind == ACTION_NONE)
		return 0;
	sd_event_source_set_time(source, due_us + LOOK_US);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int ready(struct device *d)
{
	if (!d->action)
		d->action = calloc(1, sizeof(*d->action));
	if (!d->action)
		return -ENOMEM;
	if (d->action->timer)
		return 0;
	return sd_event_add_time(loop_event(d->context->loop), &d->action->timer, LOOP_CLOCK, (uint64_t)loop_now_us(),
		LOOK_SLACK_US, on_look, d);
}

static void start(
	struct device *d, enum action_kind kind, double timeout_s, command_ticket ticket, struct command_outcome *ret)
{
	struct device_action *a = d->action;

	a->kind = kind;
	a->told = false;
	a->own = kind == ACTION_TARE && device_owns_zero(d);
	a->ticket = ticket;
	a->until_us = loop_now_us() + (int64_t)(timeout_s * KNEAD_US_PER_S);
	knead_pipeline_measure(d->feed.pipeline);
	sd_event_source_set_time(a->timer, (uint64_t)(loop_now_us() + LOOK_US));
	sd_event_source_set_enabled(a->timer, SD_EVENT_ONESHOT);
	ret->code = COMMAND_LATER;
}

/* A number among the arguments. Returns false, with the outcome, for one that is none or out of range. */
static bool take_number(
	const cJSON *args, const char *key, double min, double max, double *ret, struct command_outcome *outcome)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(args, key);

	if (!item)
		return true;
	if (!cJSON_IsNumber(item))
		command_fail(outcome, COMMAND_BAD_VALUE, "%s must be a number", key);
	else if (!(item->valuedouble >= min && item->valuedouble <= max))
		command_fail(outcome, COMMAND_OUT_OF_RANGE, "%s must be %g to %g", key, min, max);
	else
		*ret = item->valuedouble;
	return outcome->code == COMMAND_OK;
}

static void tare(struct device *d, const cJSON *args, command_ticket ticket, struct command_outcome *ret)
{
	double timeout_s = TIMEOUT_S;
	struct knead_view view;

	knead_pipeline_view(d->feed.pipeline, &view);
	d->action->force = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(args, "force"));
	if (!take_number(args, "timeout_s", 1, TIMEOUT_MAX_S, &timeout_s, ret))
		return;
	if (view.phase != KNEAD_PHASE_IDLE && !d->action->force)
		command_fail(ret, COMMAND_LOADED, "something is on it: take it off, or send {\"force\":true}");
	else
		start(d, ACTION_TARE, timeout_s, ticket, ret);
}

static void calibrate(struct device *d, const cJSON *args, command_ticket ticket, struct command_outcome *ret)
{
	double known_n = NAN, known_kg = NAN, point = 0, timeout_s = TIMEOUT_S;

	if (!take_number(args, "known_n", 0, 1e6, &known_n, ret) ||
		!take_number(args, "known_kg", 0, 1e5, &known_kg, ret) ||
		!take_number(args, "point", 1, POINTS, &point, ret) ||
		!take_number(args, "timeout_s", 1, TIMEOUT_MAX_S, &timeout_s, ret))
		return;
	if (!isnan(known_kg))
		known_n = known_kg * KNEAD_G0_M_PER_S2;
	if (isnan(known_n)) {
		command_fail(ret, COMMAND_BAD_VALUE, "say what lies on it: {\"known_n\":98.07} or {\"known_kg\":10}");
	} else if (known_n == 0 && point != 1) {
		command_fail(ret, COMMAND_OUT_OF_RANGE, "a weight must be more than 0");
	} else if (point == 2 && !d->action->first.known) {
		command_fail(ret, COMMAND_NOT_CALIBRATED, "the first point is missing: send \"point\":1 before");
	} else {
		d->action->known_n = known_n;
		d->action->point = (int)point;
		start(d, ACTION_CALIBRATE, timeout_s, ticket, ret);
	}
}

/* ---- all of them ---- */

static void identify(struct device *d, struct command_outcome *ret)
{
	if (!device_tell_blink(d))
		command_fail(ret, COMMAND_UNSUPPORTED, "it cannot show which one it is");
}

void device_do(struct device *d, const char *verb, const char *word, const cJSON *args, command_ticket ticket,
	struct command_outcome *ret)
{
	bool measures = strcmp(verb, "tare") == 0 || strcmp(verb, "calibrate") == 0;

	if (measures && ready(d) < 0)
		command_fail(ret, COMMAND_BUSY, "out of memory");
	else if (measures && d->action->kind != ACTION_NONE)
		command_fail(ret, COMMAND_BUSY, "a tare or calibration is under way");
	else if (measures && !d->online)
		command_fail(ret, COMMAND_NO_DATA, "no samples come from it");
	else if (strcmp(verb, "tare") == 0)
		tare(d, args, ticket, ret);
	else if (measures)
		calibrate(d, args, ticket, ret);
	else if (strcmp(verb, "session_end") == 0 || strcmp(verb, "session_start") == 0)
		device_end_session(d, false, ret);
	else if (strcmp(verb, "session_reset") == 0)
		device_end_session(d, true, ret);
	else if (strcmp(verb, "protocol_start") == 0)
		device_guide(d, word, ret);
	else if (strcmp(verb, "protocol_stop") == 0)
		device_guide(d, "none", ret);
	else if (strcmp(verb, "identify") == 0)
		identify(d, ret);
	else
		command_fail(ret, COMMAND_UNKNOWN, "%s: no such command", verb);
}

void device_actions_free(struct device *d)
{
	if (!d->action)
		return;
	sd_event_source_disable_unref(d->action->timer);
	free(d->action);
	d->action = NULL;
}
