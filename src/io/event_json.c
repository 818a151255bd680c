/* SPDX-License-Identifier: MIT */
/*
 * Event -> record. First the keys that every record has, then those of its type, one function per type, in the order of the
 * contract. Rounding happens here and nowhere else:
 *
 *   times            from microseconds to milliseconds; duration_s is the difference of the rounded ends
 *   s                one to three decimals        N, kPa, N s, N/s, %, mm, mm/s, Hz, per minute   one decimal
 *   targets, confidence   as short as they are    (30, 1, 0.97)
 */
#include "event_json.h"

#include "json.h"

typedef void (*put_fields_fn)(struct json *j, const struct knead_event *e, const struct event_context *context);

static void put_head(
	struct json *j, const struct knead_event *e, const struct event_context *context, const char *event_type)
{
	json_put_int(j, "v", 1);
	json_put_text(j, "event_type", event_type);
	json_put_text(j, "device", context->device);
	json_put_wall(j, "ts", context->wall_origin_us + e->t_us);
	json_put_time(j, "t_s", e->t_us);
	json_put_text(j, "boot", context->boot);
	json_put_int(j, "n", (int64_t)context->n);
}

static void put_quality(struct json *j, const struct knead_event *e)
{
	json_key(j, "confidence");
	json_number(j, e->confidence, 0, 2);
	json_key(j, "flags");
	json_open(j, '[');
	for (unsigned i = 0; i < KNEAD_FLAGS; i++)
		if (e->flags & 1u << i)
			json_text(j, knead_flag_to_str((enum knead_flag)(1u << i)));
	json_close(j, ']');
}

static void put_duration(struct json *j, int64_t start_us, int64_t end_us)
{
	json_key(j, "duration_s");
	json_ms(j, wall_us_to_ms(end_us) - wall_us_to_ms(start_us));
}

static void put_span(struct json *j, int64_t start_us, int64_t end_us)
{
	json_put_time(j, "start_s", start_us);
	json_put_time(j, "end_s", end_us);
}

static void put_maybe_seconds(struct json *j, const char *key, struct knead_maybe value)
{
	if (value.known) {
		json_put_seconds(j, key, value.value);
	} else {
		json_key(j, key);
		json_null(j);
	}
}

static void put_nothing(struct json *j, const struct knead_event *e, const struct event_context *context)
{
}

static void put_hold_start(struct json *j, const struct knead_event *e, const struct event_context *context)
{
	json_put_int(j, "hold_id", e->hold_start.hold_id);
	json_put_time(j, "start_s", e->hold_start.start_us);
	json_put_wall(j, "start", context->wall_origin_us + e->hold_start.start_us);
}

static void put_hold_target(struct json *j, const struct knead_event *e, const struct event_context *context)
{
	json_put_int(j, "hold_id", e->hold_target.hold_id);
	json_put_plain(j, "target_s", e->hold_target.target_s);
}

static void put_hold_end(struct json *j, const struct knead_event *e, const struct event_context *context)
{
	const struct knead_hold_end_fields *f = &e->hold_end;

	json_put_int(j, "hold_id", f->hold_id);
	put_span(j, f->start_us, f->end_us);
	json_put_wall(j, "start", context->wall_origin_us + f->start_us);
	json_put_wall(j, "end", context->wall_origin_us + f->end_us);
	put_duration(j, f->start_us, f->end_us);
	json_put_tenths(j, "peak_n", f->peak_n);
	json_put_maybe(j, "peak_kpa", f->peak_kpa);
	json_put_time(j, "peak_t_s", f->peak_t_us);
	json_put_tenths(j, "mean_n", f->mean_n);
	json_put_tenths(j, "min_n", f->min_n);
	json_put_tenths(j, "impulse_ns", f->impulse_ns);
	json_put_seconds(j, "time_to_peak_s", f->time_to_peak_s);
	json_put_maybe(j, "onset_n_per_s", f->onset_n_per_s);
	json_put_maybe(j, "steadiness_pct", f->steadiness_pct);
	json_put_maybe(j, "relax_pct", f->relax_pct);
	put_maybe_seconds(j, "softening_s", f->softening_s);
	json_put_maybe(j, "breath_per_min", f->breath_per_min);
	json_put_int(j, "dips", f->dips);
	json_put_plain(j, "target_s", f->target_s);
	json_put_bool(j, "target_met", f->target_met);
	json_put_text(j, "cause", knead_cause_to_str(f->cause));
}

static void put_release(struct json *j, const struct knead_event *e, const struct event_context *context)
{
	const struct knead_release_fields *f = &e->release;

	json_put_int(j, "hold_id", f->hold_id);
	json_put_text(j, "cause", knead_cause_to_str(f->cause));
	/* A release is about the end of its hold: from there back, so that both records print the same duration. */
	put_duration(j, e->t_us - knead_s_to_us(f->duration_s), e->t_us);
	json_put_tenths(j, "peak_n", f->peak_n);
	json_put_maybe(j, "peak_kpa", f->peak_kpa);
	json_put_tenths(j, "from_n", f->from_n);
	json_put_maybe(j, "residual_n", f->residual_n);
	json_put_maybe(j, "release_n_per_s", f->release_n_per_s);
	put_maybe_seconds(j, "fall_s", f->fall_s);
}

static void put_roll_start(struct json *j, const struct knead_event *e, const struct event_context *context)
{
	json_put_int(j, "roll_id", e->roll_start.roll_id);
	json_put_time(j, "start_s", e->roll_start.start_us);
	json_put_wall(j, "start", context->wall_origin_us + e->roll_start.start_us);
}

static void put_stroke(struct json *j, const struct knead_event *e, const struct event_context *context)
{
	const struct knead_stroke_fields *f = &e->stroke;

	json_put_int(j, "roll_id", f->roll_id);
	json_put_int(j, "index", f->index);
	put_span(j, f->start_us, f->end_us);
	put_duration(j, f->start_us, f->end_us);
	json_put_text(j, "direction", knead_direction_to_str(f->direction));
	json_put_maybe(j, "travel_mm", f->travel_mm);
	json_put_maybe(j, "speed_mm_s", f->speed_mm_s);
	json_put_tenths(j, "peak_n", f->peak_n);
	json_put_tenths(j, "mean_n", f->mean_n);
}

static void put_roll_end(struct json *j, const struct knead_event *e, const struct event_context *context)
{
	const struct knead_roll_end_fields *f = &e->roll_end;

	json_put_int(j, "roll_id", f->roll_id);
	put_span(j, f->start_us, f->end_us);
	put_duration(j, f->start_us, f->end_us);
	json_put_int(j, "strokes", f->strokes);
	json_put_tenths(j, "cadence_per_min", f->cadence_per_min);
	json_put_maybe(j, "travel_mm", f->travel_mm);
	json_put_maybe(j, "speed_mm_s", f->speed_mm_s);
	json_put_tenths(j, "peak_n", f->peak_n);
	json_put_tenths(j, "mean_n", f->mean_n);
	json_put_tenths(j, "impulse_ns", f->impulse_ns);
	json_put_maybe(j, "peak_trend_pct_per_stroke", f->peak_trend_pct_per_stroke);
	json_put_text(j, "cause", knead_cause_to_str(f->cause));
}

static void put_press(struct json *j, const struct knead_event *e, const struct event_context *context)
{
	const struct knead_press_fields *f = &e->press;

	put_span(j, f->start_us, f->end_us);
	put_duration(j, f->start_us, f->end_us);
	json_put_tenths(j, "peak_n", f->peak_n);
	json_put_maybe(j, "peak_kpa", f->peak_kpa);
	if (e->type == KNEAD_EVENT_PRESS)
		json_put_maybe(j, "travel_mm", f->travel_mm);
}

static void put_pulse_set(struct json *j, const struct knead_event *e, const struct event_context *context)
{
	const struct knead_pulse_set_fields *f = &e->pulse_set;

	put_span(j, f->start_us, f->end_us);
	json_put_int(j, "pulses", f->pulses);
	json_put_seconds(j, "mean_duration_s", f->mean_duration_s);
	json_key(j, "hold_ids");
	json_open(j, '[');
	for (uint32_t i = 0; i < f->pulses && i < KNEAD_PULSES_MAX; i++)
		json_int(j, f->hold_ids[i]);
	json_close(j, ']');
}

static void put_press_set(struct json *j, const struct knead_event *e, const struct event_context *context)
{
	put_span(j, e->press_set.start_us, e->press_set.end_us);
	json_put_int(j, "presses", e->press_set.presses);
}

static void put_percussion(struct json *j, const struct knead_event *e, const struct event_context *context)
{
	const struct knead_percussion_fields *f = &e->percussion;

	put_span(j, f->start_us, f->end_us);
	put_duration(j, f->start_us, f->end_us);
	json_put_tenths(j, "rate_hz", f->rate_hz);
	json_put_tenths(j, "mean_n", f->mean_n);
}

static void put_protocol(struct json *j, const struct knead_event *e, const struct event_context *context)
{
	const struct knead_protocol_fields *f = &e->protocol;

	json_put_text(j, "protocol", f->protocol);
	json_put_int(j, "step", f->step);
	json_put_int(j, "of", f->of);
	json_put_int(j, "done", f->done);
	json_put_int(j, "target", f->target);
	json_put_bool(j, "completed", f->completed);
}

static void put_session_start(struct json *j, const struct knead_event *e, const struct event_context *context)
{
	json_put_int(j, "session_id", e->session.session_id);
}

static void put_session_end(struct json *j, const struct knead_event *e, const struct event_context *context)
{
	const struct knead_session_fields *f = &e->session;

	json_put_int(j, "session_id", f->session_id);
	json_put_int(j, "holds", f->holds);
	json_put_int(j, "holds_met", f->holds_met);
	json_put_int(j, "strokes", f->strokes);
	json_put_int(j, "rolls", f->rolls);
	json_put_seconds(j, "loaded_s", f->loaded_s);
	json_put_tenths(j, "dose_ns", f->dose_ns);
	json_put_tenths(j, "peak_n", f->peak_n);
	json_put_seconds(j, "longest_hold_s", f->longest_hold_s);
}

/* Value and limit are in the unit of what was exceeded: seconds for what lasted too long, else force or pressure. */
static void put_warning(struct json *j, const struct knead_event *e, const struct event_context *context)
{
	const struct knead_warning_fields *f = &e->warning;
	bool seconds = f->kind == KNEAD_WARNING_LONG_HOLD || f->kind == KNEAD_WARNING_DOSE ||
		       f->kind == KNEAD_WARNING_REPRESS_EARLY;

	json_put_text(j, "kind", knead_warning_kind_to_str(f->kind));
	(seconds ? json_put_seconds : json_put_tenths)(j, "value", f->value);
	(seconds ? json_put_seconds : json_put_tenths)(j, "limit", f->limit);
}

static void put_fault(struct json *j, const struct knead_event *e, const struct event_context *context)
{
	json_put_text(j, "kind", knead_fault_kind_to_str(e->fault.kind));
	json_put_text(j, "detail", e->fault.detail);
}

static const put_fields_fn fields_of[_KNEAD_EVENT_TYPES] = {
	[KNEAD_EVENT_CONTACT_START] = put_nothing,
	[KNEAD_EVENT_HOLD_START] = put_hold_start,
	[KNEAD_EVENT_HOLD_TARGET] = put_hold_target,
	[KNEAD_EVENT_HOLD_END] = put_hold_end,
	[KNEAD_EVENT_RELEASE] = put_release,
	[KNEAD_EVENT_ROLL_START] = put_roll_start,
	[KNEAD_EVENT_STROKE] = put_stroke,
	[KNEAD_EVENT_ROLL_END] = put_roll_end,
	[KNEAD_EVENT_PRESS] = put_press,
	[KNEAD_EVENT_TAP] = put_press,
	[KNEAD_EVENT_IMPACT] = put_press,
	[KNEAD_EVENT_PULSE_SET_END] = put_pulse_set,
	[KNEAD_EVENT_PRESS_SET_END] = put_press_set,
	[KNEAD_EVENT_PERCUSSION_END] = put_percussion,
	[KNEAD_EVENT_PROTOCOL_STEP] = put_protocol,
	[KNEAD_EVENT_PROTOCOL_DONE] = put_protocol,
	[KNEAD_EVENT_SESSION_START] = put_session_start,
	[KNEAD_EVENT_SESSION_END] = put_session_end,
	[KNEAD_EVENT_WARNING] = put_warning,
	[KNEAD_EVENT_FAULT] = put_fault,
};

int event_json(const struct knead_event *e, const struct event_context *context, char *buf, size_t size)
{
	struct json j;

	json_init(&j, buf, size);
	json_open(&j, '{');
	put_head(&j, e, context, knead_event_type_to_str(e->type));
	put_quality(&j, e);
	fields_of[e->type](&j, e, context);
	json_close(&j, '}');
	return json_finish(&j);
}

static const char *squeeze_of(enum knead_event_type type)
{
	switch (type) {
	case KNEAD_EVENT_TAP:
	case KNEAD_EVENT_PRESS:
		return "press_end";
	case KNEAD_EVENT_HOLD_START:
		return "long_press_start";
	case KNEAD_EVENT_HOLD_END:
		return "long_press_end";
	case KNEAD_EVENT_PRESS_SET_END:
		return "multi_press_end";
	default:
		return NULL;
	}
}

int event_squeeze_json(const struct knead_event *e, const struct event_context *context, char *buf, size_t size)
{
	const char *word = squeeze_of(e->type);
	struct json j;

	if (!word)
		return 0;
	json_init(&j, buf, size);
	json_open(&j, '{');
	put_head(&j, e, context, word);
	if (e->type == KNEAD_EVENT_PRESS_SET_END)
		json_put_int(&j, "multi_press_count", e->press_set.presses);
	json_close(&j, '}');
	return json_finish(&j);
}
