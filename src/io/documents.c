/* SPDX-License-Identifier: MIT */
/*
 * The JSON documents of the topics. Written with the same writer, and so with the same rounding, as the event records.
 */
#include "documents.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "json.h"

static void begin(struct json *j, char *buf, size_t size)
{
	json_init(j, buf, size);
	json_open(j, '{');
	json_put_int(j, "v", 1);
}

static int end(struct json *j)
{
	json_close(j, '}');
	return json_finish(j);
}

/* A number for which 0 means that it is not there. */
static void put_if_any(struct json *j, const char *key, double value, int min, int max)
{
	json_key(j, key);
	json_number(j, value != 0 ? value : NAN, min, max);
}

static void put_setting(struct json *j, const char *key, double value)
{
	json_key(j, key);
	json_number(j, value, 1, 3);
}

static void put_count_if_any(struct json *j, const char *key, uint32_t value)
{
	json_key(j, key);
	if (value > 0)
		json_int(j, value);
	else
		json_null(j);
}

static const char *text_if_any(const char *text)
{
	return text && *text != '\0' ? text : NULL;
}

int document_live(const struct knead_view *v, const struct document_calm *calm, int64_t wall_origin_us, int64_t up_ms,
	uint64_t seq, char *buf, size_t size)
{
	struct json j;

	begin(&j, buf, size);
	json_put_wall(&j, "ts", wall_origin_us + v->t_us);
	json_put_int(&j, "up_ms", up_ms);
	json_put_int(&j, "seq", (int64_t)seq);
	json_put_tenths(&j, "force_n", v->force_n);
	json_put_maybe(&j, "pressure_kpa", v->pressure_kpa);
	json_key(&j, "load_kg");
	json_number(&j, knead_n_to_kg(v->force_n), 2, 2);
	json_put_text(&j, "phase", knead_phase_to_str(v->phase));
	json_put_tenths(&j, "calm_n", calm->force_n);
	json_put_maybe(&j, "calm_kpa", calm->pressure_kpa);
	return end(&j);
}

/* How far the guided protocol is: the words of its events, in the flat state with their noun. */
static void put_protocol(struct json *j, const struct knead_protocol_fields *f)
{
	static const char *const keys[] = { "step_of", "step_done", "step_target", "protocol_completed" };
	bool any = f->step > 0;

	put_count_if_any(j, "step", f->step);
	if (any) {
		json_put_int(j, keys[0], f->of);
		json_put_int(j, keys[1], f->done);
		json_put_int(j, keys[2], f->target);
		json_put_bool(j, keys[3], f->completed);
	}
	for (uint32_t i = 0; !any && i < sizeof keys / sizeof keys[0]; i++)
		json_put_text(j, keys[i], NULL);
}

int document_state(const struct knead_view *v, const struct document_calm *calm, int64_t wall_origin_us,
	enum knead_profile profile, const char *protocol, char *buf, size_t size)
{
	struct json j;

	begin(&j, buf, size);
	json_put_wall(&j, "ts", wall_origin_us + v->t_us);
	json_put_text(&j, "phase", knead_phase_to_str(v->phase));
	json_put_bool(&j, "holding", v->holding);
	json_put_bool(&j, "in_use", v->in_use);
	put_count_if_any(&j, "hold_id", v->hold_id);
	if (v->holding)
		json_put_wall(&j, "hold_since", wall_origin_us + v->hold_since_us);
	else
		json_put_text(&j, "hold_since", NULL);
	json_put_plain(&j, "target_s", v->target_s);
	json_put_tenths(&j, "force_n", v->force_n);
	json_key(&j, "cadence_per_min");
	json_number(&j, v->cadence_per_min, 0, 1);
	json_put_text(&j, "profile", knead_profile_to_str(profile));
	json_put_text(&j, "protocol", text_if_any(protocol));
	put_protocol(&j, &v->protocol);
	json_put_text(&j, "calm_phase", knead_phase_to_str(calm->phase));
	json_put_bool(&j, "calm_holding", calm->holding);
	return end(&j);
}

int document_session(const struct knead_view *v, int64_t wall_origin_us, char *buf, size_t size)
{
	const struct knead_session_fields *f = &v->session.totals;
	struct json j;

	begin(&j, buf, size);
	json_put_wall(&j, "ts", wall_origin_us + v->t_us);
	json_put_int(&j, "session_id", f->session_id);
	json_put_bool(&j, "active", v->session.active);
	json_put_wall(&j, "start", wall_origin_us + v->session.start_us);
	json_put_int(&j, "holds", f->holds);
	json_put_int(&j, "holds_met", f->holds_met);
	json_put_int(&j, "strokes", f->strokes);
	json_put_int(&j, "rolls", f->rolls);
	json_put_seconds(&j, "loaded_s", f->loaded_s);
	json_put_tenths(&j, "dose_ns", f->dose_ns);
	json_put_tenths(&j, "peak_n", f->peak_n);
	json_put_seconds(&j, "longest_hold_s", f->longest_hold_s);
	return end(&j);
}

/* Text that is no sample is normal (banners, boot chatter); what is counted here was meant to be one. */
static uint64_t frame_errors(const struct knead_frame_stats *stats)
{
	static const enum knead_reject errors[] = { KNEAD_REJECT_BAD_BYTE, KNEAD_REJECT_TOO_LONG, KNEAD_REJECT_BAD_CRC,
		KNEAD_REJECT_BAD_FRAME, KNEAD_REJECT_COLUMNS, KNEAD_REJECT_BAD_NUMBER };
	uint64_t sum = 0;

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		sum += stats->rejects[errors[i]];
	return sum;
}

/* The faults that are present, such as "stuck, rate"; NULL for none. */
static const char *name_faults(uint32_t faults, char *buf, size_t size)
{
	size_t length = 0;

	for (unsigned kind = 0; kind < _KNEAD_FAULT_KINDS && length < size; kind++)
		if (faults & 1u << kind)
			length += (size_t)snprintf(buf + length, size - length, "%s%s", length > 0 ? ", " : "",
				knead_fault_kind_to_str((enum knead_fault_kind)kind));
	return length > 0 ? buf : NULL;
}

static void put_zero(struct json *j, const struct knead_view *v)
{
	json_key(j, "zero_raw");
	if (!v->zero_known) {
		json_null(j);
		return;
	}
	json_open(j, '[');
	for (uint32_t cell = 0; cell < v->cells && cell < KNEAD_CELLS_MAX; cell++)
		json_number(j, v->zero_raw[cell], 0, 3);
	json_close(j, ']');
}

int document_diag(
	const struct knead_view *v, int64_t wall_us, const char *zero_owner, const char *reason, char *buf, size_t size)
{
	char faults[128];
	struct json j;

	begin(&j, buf, size);
	json_put_wall(&j, "ts", wall_us);
	put_if_any(&j, "rate_hz", v->rate_hz, 1, 1);
	json_put_int(&j, "frames", (int64_t)v->stats.samples);
	json_put_int(&j, "frame_errors", (int64_t)frame_errors(&v->stats));
	json_put_int(&j, "resyncs", (int64_t)v->stats.resyncs);
	json_put_int(&j, "gaps", (int64_t)v->gaps);
	put_if_any(&j, "noise_n", v->noise_n, 1, 3);
	put_zero(&j, v);
	json_put_tenths(&j, "zero_drift_n", v->zero_drift_n);
	json_put_text(&j, "zero_owner", zero_owner);
	json_put_bool(&j, "overload", v->overload);
	json_put_text(&j, "problem", reason ? reason : name_faults(v->fault, faults, sizeof(faults)));
	return end(&j);
}

int document_config(const struct conf_device *d, double live_hz, const char *const *changed, size_t changed_count,
	char *buf, size_t size)
{
	const struct knead_settings *s = &d->settings;
	struct json j;

	begin(&j, buf, size);
	json_put_plain(&j, "target_s", s->target_s);
	put_setting(&j, "press_n", s->press_n);
	put_setting(&j, "release_n", s->release_n);
	put_setting(&j, "hold_min_s", s->hold_min_s);
	put_setting(&j, "contact_cm2", s->contact_cm2);
	put_if_any(&j, "over_soft_n", s->over_soft_n, 1, 3);
	put_if_any(&j, "over_hard_n", s->over_hard_n, 1, 3);
	json_put_text(&j, "profile", knead_profile_to_str(s->profile));
	json_put_text(&j, "protocol", text_if_any(s->protocol.name));
	json_put_bool(&j, "live", live_hz > 0);
	json_put_plain(&j, "live_hz", live_hz);
	json_key(&j, "changed");
	json_open(&j, '[');
	for (size_t i = 0; i < changed_count; i++)
		json_text(&j, changed[i]);
	json_close(&j, ']');
	return end(&j);
}

int document_info(const struct document_bridge *b, char *buf, size_t size)
{
	struct json j;

	begin(&j, buf, size);
	json_put_text(&j, "name", "kneadd");
	json_put_text(&j, "version", KNEAD_VERSION);
	json_put_wall(&j, "started", b->started_wall_us);
	json_put_text(&j, "boot", b->boot);
	json_put_int(&j, "schema", 1);
	json_put_text(&j, "log_level", text_if_any(b->log_level));
	json_key(&j, "mqtt");
	json_open(&j, '{');
	json_put_int(&j, "protocol", b->mqtt.protocol); /* the level: 5, or 4 which is 3.1.1 */
	json_put_text(&j, "discovery", b->discovery);
	json_close(&j, '}');
	json_key(&j, "devices");
	json_open(&j, '[');
	for (const struct document_device *d = b->devices; d < b->devices + b->devices_count; d++) {
		json_open(&j, '{');
		json_put_text(&j, "id", d->id);
		json_put_text(&j, "name", d->name);
		json_put_text(&j, "kind", d->kind);
		json_put_text(&j, "serial", text_if_any(d->serial));
		json_put_text(&j, "zero_owner", d->zero_owner);
		json_put_bool(&j, "online", d->online);
		json_put_text(&j, "problem", d->reason);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	return end(&j);
}

static void put_link(struct json *j, const struct sink_mqtt_stats *s)
{
	json_key(j, "mqtt");
	json_open(j, '{');
	json_put_int(j, "protocol", s->protocol); /* the level: 5, or 4 which is 3.1.1 */
	if (s->connected)
		json_put_wall(j, "connected_since", s->connected_since_wall_us);
	else
		json_put_text(j, "connected_since", NULL);
	json_put_int(j, "reconnects", (int64_t)s->reconnects);
	json_put_int(j, "published", (int64_t)s->published);
	json_key(j, "dropped");
	json_open(j, '{');
	json_put_int(j, "live", (int64_t)s->dropped_live);
	json_put_int(j, "event", (int64_t)s->dropped_event);
	json_close(j, '}');
	json_put_int(j, "late", (int64_t)s->late);
	json_close(j, '}');
}

static void put_journal(struct json *j, const struct sink_mqtt_stats *s)
{
	if (!s->journal) {
		json_put_text(j, "journal", NULL);
		return;
	}
	json_key(j, "journal");
	json_open(j, '{');
	json_put_int(j, "pending", (int64_t)s->journal_pending);
	json_put_bool(j, "ok", s->journal_ok);
	json_put_text(j, "problem", s->journal_ok ? NULL : s->journal_why);
	json_close(j, '}');
}

int document_health(const struct document_bridge *b, char *buf, size_t size)
{
	struct json j;

	begin(&j, buf, size);
	json_put_wall(&j, "ts", b->wall_us);
	json_put_int(&j, "uptime_s", (int64_t)b->uptime_s);
	put_count_if_any(&j, "rss_kb", (uint32_t)b->rss_kb);
	put_link(&j, &b->mqtt);
	put_journal(&j, &b->mqtt);
	json_key(&j, "devices");
	json_open(&j, '{');
	for (const struct document_device *d = b->devices; d < b->devices + b->devices_count; d++) {
		json_key(&j, d->id);
		json_open(&j, '{');
		json_put_bool(&j, "online", d->online);
		put_if_any(&j, "rate_hz", d->rate_hz, 1, 1);
		if (d->has_frame)
			json_put_wall(&j, "last_frame", d->last_frame_wall_us);
		else
			json_put_text(&j, "last_frame", NULL);
		json_close(&j, '}');
	}
	json_close(&j, '}');
	return end(&j);
}
