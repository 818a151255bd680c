/* SPDX-License-Identifier: MIT */
/*
 * The whole path, from bytes to events: any chunking, silence, gaps, restarts, the end; and the traps other projects fell into
 * that concern the core (T1 to T4, T11, T14), each named.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "event_json.h"

#include <knead/pipeline.h>

#define EVENTS_MAX 256
#define STREAM_MAX (1 << 23)

/* A ball: 80 samples/s, one cell, 400 counts per newton, zero at 20000; its stream, and what comes of it. */
struct ball {
	struct knead_settings settings;
	struct knead_pipeline *pipeline;
	struct knead_event events[EVENTS_MAX];
	size_t count;
	char *stream;
	size_t length;
	uint64_t seq;
	int64_t t_us, step_us;
	int64_t rx_us; /* of the next push; KNEAD_RX_UNKNOWN: a file */
	uint32_t noise;
	const char *serial; /* said once a second; NULL: never */
	double zero_raw;
};

static int ball_make(void **state)
{
	struct ball *b = calloc(1, sizeof *b);

	assert_non_null(b);
	b->stream = malloc(STREAM_MAX);
	assert_non_null(b->stream);
	knead_settings_init(&b->settings, KNEAD_PROFILE_BALL);
	b->settings.cells = 1;
	b->settings.counts_per_n_count = b->settings.zero_raw_count = 1;
	b->settings.counts_per_n[0] = 400;
	b->settings.zero_raw[0] = 20000;
	b->step_us = 12500;
	b->rx_us = KNEAD_RX_UNKNOWN;
	b->noise = 1;
	b->zero_raw = 20000;
	*state = b;
	return 0;
}

static int ball_free(void **state)
{
	struct ball *b = *state;

	knead_pipeline_free(b->pipeline);
	free(b->stream);
	free(b);
	return 0;
}

static void open_pipeline(struct ball *b)
{
	knead_pipeline_free(b->pipeline);
	b->pipeline = NULL;
	b->count = 0;
	assert_int_equal(knead_pipeline_new(&b->settings, &b->pipeline), 0);
}

static void describe(struct ball *b)
{
	struct knead_k1_info info = { .schema = 1, .cells = 1, .rate_hz = 80, .counts_per_n = 400 };

	snprintf(info.serial, sizeof info.serial, "%s", b->serial);
	b->length += knead_k1_text_info(b->stream + b->length, &info);
}

/* Appends seconds of a force that goes in a straight line from a to b, as K1 text, with noise of that amplitude in N. */
static void ramp(struct ball *b, double seconds, double from_n, double to_n, double noise_n)
{
	int64_t n = llround(seconds * 1e6 / (double)b->step_us);

	for (int64_t i = 1; i <= n; i++) {
		double force_n = from_n + (to_n - from_n) * (double)i / (double)n;
		int32_t raw;

		b->noise = b->noise * 1664525 + 1013904223;
		force_n += noise_n * ((double)(b->noise >> 8) / (1 << 23) - 1);
		raw = (int32_t)lround(b->zero_raw + 400 * force_n);
		if (b->serial && b->seq % 80 == 60)
			describe(b);
		b->length += knead_k1_text_sample(b->stream + b->length, b->seq++, (uint64_t)b->t_us, &raw, 1);
		b->t_us += b->step_us;
		assert_true(b->length < STREAM_MAX - KNEAD_K1_LINE_MAX);
	}
}

static void take(struct ball *b, const struct knead_event *events, size_t n)
{
	for (size_t i = 0; i < n && b->count < EVENTS_MAX; i++)
		b->events[b->count++] = events[i];
}

/* Pushes the stream so far in chunks and forgets it. */
static void push_chunks(struct ball *b, size_t chunk)
{
	struct knead_event out[KNEAD_EVENTS_MIN];

	for (size_t at = 0; at < b->length;) {
		size_t n = b->length - at < chunk ? b->length - at : chunk, used;

		take(b, out,
			knead_pipeline_push(b->pipeline, b->stream + at, n, b->rx_us, &used, out, KNEAD_EVENTS_MIN));
		assert_true(used > 0 && used <= n);
		at += used;
	}
	b->length = 0;
}

static void finish(struct ball *b)
{
	struct knead_event out[KNEAD_EVENTS_MIN];

	take(b, out, knead_pipeline_end(b->pipeline, out, KNEAD_EVENTS_MIN));
}

static void advance(struct ball *b, int64_t now_us)
{
	struct knead_event out[KNEAD_EVENTS_MIN];

	take(b, out, knead_pipeline_advance(b->pipeline, now_us, out, KNEAD_EVENTS_MIN));
}

static size_t count_of(const struct ball *b, enum knead_event_type type)
{
	size_t n = 0;

	for (size_t i = 0; i < b->count; i++)
		n += b->events[i].type == type;
	return n;
}

/* The only event of its type. */
static const struct knead_event *only(const struct ball *b, enum knead_event_type type)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->events[i].type == type) {
			assert_int_equal(count_of(b, type), 1);
			return &b->events[i];
		}
	fail_msg("no event of type %s", knead_event_type_to_str(type));
	return NULL;
}

static void one_hold(struct ball *b, double seconds)
{
	ramp(b, 3, 0, 0, 0.1);
	ramp(b, 0.5, 0, 100, 0.1);
	ramp(b, seconds, 100, 100, 0.1);
	ramp(b, 0.3, 100, 0, 0.1);
	ramp(b, 3, 0, 0, 0.1);
}

/* The records as they would be written: bytes between the fields of a struct mean nothing. */
static void assert_same_events(const struct knead_event *a, const struct knead_event *b, size_t count)
{
	struct event_context context = { .device = "ball", .boot = "replay", .n = 1 };
	char text_a[EVENT_JSON_MAX], text_b[EVENT_JSON_MAX];

	for (size_t i = 0; i < count; i++) {
		assert_true(event_json(&a[i], &context, text_a, sizeof text_a) > 0);
		assert_true(event_json(&b[i], &context, text_b, sizeof text_b) > 0);
		assert_string_equal(text_a, text_b);
		assert_int_equal(a[i].origin_rx_us, b[i].origin_rx_us);
	}
}

static void the_same_bytes_give_the_same_events_in_any_chunking(void **state)
{
	static const size_t chunks[] = { 1, 7, 64, 4096, STREAM_MAX };
	struct ball *b = *state;
	static struct knead_event first[EVENTS_MAX];
	size_t first_count = 0;

	for (size_t k = 0; k < sizeof chunks / sizeof chunks[0]; k++) {
		b->seq = 0;
		b->t_us = 0;
		b->noise = 7;
		open_pipeline(b);
		one_hold(b, 12);
		one_hold(b, 1);
		ramp(b, 1, 0, 80, 0.1);
		push_chunks(b, chunks[k]);
		finish(b);
		if (k == 0) {
			first_count = b->count;
			memcpy(first, b->events, b->count * sizeof first[0]);
			assert_int_equal(count_of(b, KNEAD_EVENT_HOLD_END), 1);
			assert_int_equal(count_of(b, KNEAD_EVENT_PRESS), 2);
		}
		assert_int_equal(b->count, first_count);
		assert_same_events(b->events, first, first_count);
	}
}

/* Trap T1: the zero eats the hold. */
static void t1_ten_minutes_of_steady_load_lose_nothing(void **state)
{
	struct ball *b = *state;
	const struct knead_hold_end_fields *f;
	struct knead_view view;

	open_pipeline(b);
	ramp(b, 15, 0, 0, 0);
	ramp(b, 20, 0, 100, 0);
	ramp(b, 600, 100, 100, 0);
	push_chunks(b, 4096);
	knead_pipeline_view(b->pipeline, &view);
	assert_float_equal(view.force_n, 100, 0.1);
	ramp(b, 0.2, 100, 0, 0);
	ramp(b, 3, 0, 0, 0);
	push_chunks(b, 4096);
	f = &only(b, KNEAD_EVENT_HOLD_END)->hold_end;
	assert_float_equal(f->peak_n, 100, 0.1);
	/* the mean of the plateau; the 20 s of onset weigh as the straight line that they were, from 8 N on */
	assert_float_equal(f->impulse_ns, 600 * 100 + 18.4 * 54 + 0.19 * 52.5, 60);
	knead_pipeline_view(b->pipeline, &view);
	assert_float_equal(view.force_n, 0, 0.1);
}

static void t1_loaded_at_the_start_sets_no_zero(void **state)
{
	struct ball *b = *state;
	struct knead_view view;

	open_pipeline(b);
	ramp(b, 5, 100, 100, 0.1);
	push_chunks(b, 4096);
	knead_pipeline_view(b->pipeline, &view);
	assert_float_equal(view.force_n, 100, 0.2);
	assert_float_equal(view.zero_raw[0], 20000, 1e-6);
	assert_int_equal(only(b, KNEAD_EVENT_HOLD_START)->flags, KNEAD_FLAG_BOOT_LOADED);
}

/* Trap T3: the summary again with every sample. */
static void t3_one_hold_and_ten_minutes_of_idle_give_one_record_of_each_kind(void **state)
{
	struct ball *b = *state;

	open_pipeline(b);
	one_hold(b, 40);
	ramp(b, 600, 0, 0, 0.1);
	push_chunks(b, 4096);
	assert_int_equal(b->count, 6);
	only(b, KNEAD_EVENT_SESSION_START);
	only(b, KNEAD_EVENT_HOLD_START);
	only(b, KNEAD_EVENT_HOLD_TARGET);
	only(b, KNEAD_EVENT_HOLD_END);
	only(b, KNEAD_EVENT_RELEASE);
	only(b, KNEAD_EVENT_SESSION_END);
}

/* Trap T4: chatter at the edge. */
static void t4_noise_around_a_level_gives_at_most_one_contact(void **state)
{
	struct ball *b = *state;
	size_t contacts;

	open_pipeline(b);
	ramp(b, 15, 0, 0, 0.1);
	ramp(b, 3, 0, 8, 0.1);
	ramp(b, 20, 8, 8, 1);
	ramp(b, 0.5, 8, 0, 0.1);
	ramp(b, 3, 0, 0, 0.1);
	push_chunks(b, 4096);
	contacts = count_of(b, KNEAD_EVENT_HOLD_END) + count_of(b, KNEAD_EVENT_PRESS) + count_of(b, KNEAD_EVENT_TAP);
	assert_true(contacts <= 1);
	b->count = 0;
	ramp(b, 0.5, 0, 50, 0.1);
	ramp(b, 5, 50, 50, 0.1);
	ramp(b, 0.5, 50, 5, 0.1);
	ramp(b, 20, 5, 5, 1);
	ramp(b, 0.5, 5, 0, 0.1);
	ramp(b, 3, 0, 0, 0.1);
	push_chunks(b, 4096);
	contacts = count_of(b, KNEAD_EVENT_HOLD_END) + count_of(b, KNEAD_EVENT_PRESS) + count_of(b, KNEAD_EVENT_TAP);
	assert_int_equal(contacts, 1);
}

/* Trap T11: a load that reads negative is shown signed, named, and makes no contact. */
static void t11_a_negative_load_is_signed_and_named(void **state)
{
	struct ball *b = *state;
	struct knead_view view;

	open_pipeline(b);
	ramp(b, 12, 0, 0, 0.1);
	ramp(b, 0.5, 0, -100, 0.1);
	ramp(b, 25, -100, -100, 0.1);
	push_chunks(b, 4096);
	knead_pipeline_view(b->pipeline, &view);
	assert_float_equal(view.force_n, -100, 0.5);
	assert_int_equal(b->count, 1);
	assert_int_equal(only(b, KNEAD_EVENT_FAULT)->fault.kind, KNEAD_FAULT_ZERO_SHIFT);
	assert_non_null(strstr(b->events[0].fault.detail, "inverted"));
}

static void a_port_that_stays_closed_says_since_when_no_sample_came(void **state)
{
	struct knead_event out[KNEAD_EVENTS_MIN];
	struct ball *b = *state;

	open_pipeline(b);
	b->rx_us = 1000000;
	ramp(b, 3, 0, 0, 0.1);
	push_chunks(b, 4096);
	take(b, out, knead_pipeline_gap(b->pipeline, 1500000, out, KNEAD_EVENTS_MIN));
	advance(b, 11500000);
	assert_string_equal(only(b, KNEAD_EVENT_FAULT)->fault.detail, "no sample for 10.5 s");
}

static void silence_of_two_seconds_ends_a_hold_at_its_last_sample(void **state)
{
	struct ball *b = *state;
	const struct knead_event *e;
	int64_t deadline_us;

	open_pipeline(b);
	b->rx_us = 1000000;
	ramp(b, 3, 0, 0, 0.1);
	ramp(b, 0.5, 0, 100, 0.1);
	ramp(b, 10, 100, 100, 0.1);
	push_chunks(b, 4096);
	deadline_us = knead_pipeline_deadline_us(b->pipeline);
	assert_int_equal(deadline_us, 3000000);
	advance(b, deadline_us - 1);
	assert_int_equal(count_of(b, KNEAD_EVENT_HOLD_END), 0);
	advance(b, deadline_us);
	e = only(b, KNEAD_EVENT_HOLD_END);
	assert_int_equal(e->hold_end.cause, KNEAD_CAUSE_LOST);
	assert_int_equal(e->hold_end.end_us, b->t_us - b->step_us);
	assert_int_equal(only(b, KNEAD_EVENT_FAULT)->fault.kind, KNEAD_FAULT_NO_DATA);
	/* told once; next comes the end of the session, by the host's clock */
	deadline_us = knead_pipeline_deadline_us(b->pipeline);
	assert_int_equal(deadline_us, 1000000 + 120000000);
	advance(b, deadline_us);
	only(b, KNEAD_EVENT_SESSION_END);
	assert_int_equal(knead_pipeline_deadline_us(b->pipeline), INT64_MAX);
}

/* Live is woken by its timer, replay sees the next bytes: both must say the same, in the same order. */
static void a_deadline_before_the_next_bytes_fires_first(void **state)
{
	struct ball *b = *state;
	static struct knead_event live[EVENTS_MAX];
	size_t live_count = 0;

	for (int timer = 1; timer >= 0; timer--) {
		b->seq = 0;
		b->t_us = 0;
		b->noise = 3;
		open_pipeline(b);
		b->rx_us = 0;
		ramp(b, 3, 0, 0, 0.1);
		ramp(b, 0.5, 0, 100, 0.1);
		ramp(b, 5, 100, 100, 0.1);
		push_chunks(b, 4096);
		if (timer)
			advance(b, knead_pipeline_deadline_us(b->pipeline) + 700);
		b->rx_us = 2500000;
		b->t_us += 2500000;
		ramp(b, 1, 100, 100, 0.1);
		ramp(b, 0.3, 100, 0, 0.1);
		ramp(b, 3, 0, 0, 0.1);
		push_chunks(b, 4096);
		finish(b);
		if (timer) {
			live_count = b->count;
			memcpy(live, b->events, b->count * sizeof live[0]);
		}
	}
	assert_int_equal(b->count, live_count);
	assert_same_events(b->events, live, live_count);
	assert_int_equal(only(b, KNEAD_EVENT_HOLD_END)->hold_end.cause, KNEAD_CAUSE_LOST);
	assert_true(only(b, KNEAD_EVENT_PRESS)->flags & KNEAD_FLAG_GAP);
}

static void a_closed_port_ends_what_is_open_and_keeps_zero_ids_and_session(void **state)
{
	struct ball *b = *state;
	struct knead_event out[KNEAD_EVENTS_MIN];
	struct knead_view view;

	open_pipeline(b);
	b->rx_us = 0;
	ramp(b, 3, 0, 0, 0.1);
	ramp(b, 0.5, 0, 100, 0.1);
	ramp(b, 5, 100, 100, 0.1);
	push_chunks(b, 4096);
	take(b, out, knead_pipeline_gap(b->pipeline, 100000, out, KNEAD_EVENTS_MIN));
	assert_int_equal(only(b, KNEAD_EVENT_HOLD_END)->hold_end.cause, KNEAD_CAUSE_LOST);
	knead_pipeline_view(b->pipeline, &view);
	assert_false(view.online);
	assert_true(view.session.active);
	b->count = 0;
	b->rx_us = 6000000;
	b->seq = 0;
	b->t_us = 0; /* the board started again with the cable */
	one_hold(b, 5);
	push_chunks(b, 4096);
	assert_int_equal(only(b, KNEAD_EVENT_HOLD_END)->hold_end.hold_id, 2);
	assert_int_equal(count_of(b, KNEAD_EVENT_SESSION_START), 0);
	knead_pipeline_view(b->pipeline, &view);
	assert_true(view.online);
	assert_float_equal(view.zero_raw[0], 20000, 40);
}

/* Trap T14: what a board prints when it starts is no sample, and its silence no fault. */
/* A ball with a serial number is used, pulled out with nobody at it, and plugged in again after four seconds. */
static void use_and_pull(struct ball *b)
{
	struct knead_event out[KNEAD_EVENTS_MIN];

	b->settings.counts_per_n_count = 0; /* the device says it */
	b->serial = "A1";
	open_pipeline(b);
	b->rx_us = 0;
	one_hold(b, 5);
	push_chunks(b, 4096);
	only(b, KNEAD_EVENT_HOLD_END);
	take(b, out, knead_pipeline_gap(b->pipeline, 100000, out, KNEAD_EVENTS_MIN));
	b->count = 0;
	b->rx_us = 4000000;
	b->seq = 0;
	b->t_us = 0;
}

static void another_ball_in_the_same_place_has_its_own_zero_and_is_no_load(void **state)
{
	struct ball *b = *state;
	struct knead_view view;

	use_and_pull(b);
	b->serial = "B2";
	b->zero_raw = 20000 + 30 * 400; /* thirty newtons by the zero of the first */
	ramp(b, 4, 0, 0, 0.1);
	push_chunks(b, 4096);
	assert_int_equal(b->count, 0);
	one_hold(b, 5);
	push_chunks(b, 4096);
	assert_float_equal(knead_us_to_s(only(b, KNEAD_EVENT_HOLD_END)->hold_end.end_us -
					 only(b, KNEAD_EVENT_HOLD_END)->hold_end.start_us),
		5.75, 0.1);
	assert_float_equal(only(b, KNEAD_EVENT_HOLD_END)->hold_end.peak_n, 100, 0.5);
	knead_pipeline_view(b->pipeline, &view);
	assert_float_equal(view.zero_raw[0], b->zero_raw, 40);
	assert_string_equal(view.info.serial, "B2");
}

static void the_same_ball_again_keeps_its_zero_and_what_is_pressed_counts_once_it_has_named_itself(void **state)
{
	struct ball *b = *state;

	use_and_pull(b);
	ramp(b, 6, 100, 100, 0.1);
	ramp(b, 0.3, 100, 0, 0.1);
	ramp(b, 3, 0, 0, 0.1);
	push_chunks(b, 4096);
	assert_true(only(b, KNEAD_EVENT_HOLD_END)->flags & KNEAD_FLAG_GAP);
	assert_float_equal(only(b, KNEAD_EVENT_HOLD_END)->hold_end.peak_n, 100, 0.5);
	assert_float_equal(knead_us_to_s(only(b, KNEAD_EVENT_HOLD_END)->hold_end.end_us -
					 only(b, KNEAD_EVENT_HOLD_END)->hold_end.start_us),
		5.5, 0.2);
}

static void a_ball_that_does_not_name_itself_again_is_taken_for_the_same_after_two_seconds(void **state)
{
	struct ball *b = *state;

	use_and_pull(b);
	b->serial = NULL;
	ramp(b, 6, 100, 100, 0.1);
	ramp(b, 0.3, 100, 0, 0.1);
	ramp(b, 3, 0, 0, 0.1);
	push_chunks(b, 4096);
	assert_float_equal(knead_us_to_s(only(b, KNEAD_EVENT_HOLD_END)->hold_end.end_us -
					 only(b, KNEAD_EVENT_HOLD_END)->hold_end.start_us),
		4.25, 0.2);
}

static void t14_boot_chatter_gives_no_sample_and_five_seconds_of_silence_no_fault(void **state)
{
	static const char chatter[] =
		"ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n"
		"mode:DIO, clock div:1\r\nload:0x3fff0018,len:4\r\nload:0x3fff001c,len:1044\r\n"
		"entry 0x400806b4\r\nHX711 Demo\r\nInitializing the scale\r\n";
	struct ball *b = *state;
	struct knead_view view;

	open_pipeline(b);
	b->rx_us = 0;
	advance(b, 0);
	memcpy(b->stream, chatter, sizeof chatter - 1);
	b->length = sizeof chatter - 1;
	push_chunks(b, 7);
	advance(b, 5000000);
	assert_int_equal(b->count, 0);
	knead_pipeline_view(b->pipeline, &view);
	assert_false(view.has_samples);
	assert_int_equal(view.stats.samples, 0);
	advance(b, 10000000);
	assert_int_equal(only(b, KNEAD_EVENT_FAULT)->fault.kind, KNEAD_FAULT_NO_DATA);
	assert_string_equal(
		only(b, KNEAD_EVENT_FAULT)->fault.detail, "no sample within 10 s of opening, but bytes came");
	b->rx_us = 11000000;
	one_hold(b, 5);
	push_chunks(b, 4096);
	only(b, KNEAD_EVENT_HOLD_END);
}

static void delay_ms_is_taken_off_every_time(void **state)
{
	struct ball *b = *state;
	int64_t start_us;

	open_pipeline(b);
	one_hold(b, 5);
	push_chunks(b, 4096);
	start_us = only(b, KNEAD_EVENT_HOLD_END)->hold_end.start_us;
	b->settings.delay_ms = 25;
	b->seq = 0;
	b->t_us = 0;
	b->noise = 1;
	open_pipeline(b);
	one_hold(b, 5);
	push_chunks(b, 4096);
	assert_int_equal(only(b, KNEAD_EVENT_HOLD_END)->hold_end.start_us, start_us - 25000);
	assert_int_equal(only(b, KNEAD_EVENT_HOLD_START)->t_us, start_us - 25000);
}

/* Gain and thresholds scaled together, time shifted, idle in front: the same events. */
static void scale_shift_and_idle_change_nothing(void **state)
{
	struct ball *b = *state;
	static struct knead_event plain[EVENTS_MAX];
	size_t n;

	open_pipeline(b);
	one_hold(b, 8);
	push_chunks(b, 4096);
	n = b->count;
	memcpy(plain, b->events, n * sizeof plain[0]);
	b->settings.counts_per_n[0] = 200;
	b->settings.press_n *= 2;
	b->settings.release_n *= 2;
	b->seq = 65000;
	b->t_us = 4294000000; /* the device's 32-bit clock wraps on the way */
	b->noise = 1;
	open_pipeline(b);
	one_hold(b, 8);
	push_chunks(b, 4096);
	assert_int_equal(b->count, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(b->events[i].type, plain[i].type);
		assert_int_equal(b->events[i].t_us, plain[i].t_us);
	}
	assert_float_equal(
		only(b, KNEAD_EVENT_HOLD_END)->hold_end.impulse_ns, 2 * plain[n - 2].hold_end.impulse_ns, 0.5);
}

/* The decision may wait for another sample; what is shown does not. */
static void press_and_release_show_within_two_samples(void **state)
{
	struct ball *b = *state;
	struct knead_view view;

	open_pipeline(b);
	ramp(b, 3, 0, 0, 0);
	push_chunks(b, 4096);
	assert_int_equal(knead_pipeline_phase(b->pipeline), KNEAD_PHASE_IDLE);
	ramp(b, 0.025, 150, 150, 0);
	push_chunks(b, 4096);
	assert_int_equal(knead_pipeline_phase(b->pipeline), KNEAD_PHASE_TOUCH);
	knead_pipeline_view(b->pipeline, &view);
	assert_float_equal(view.force_n, 150, 0.1);
	ramp(b, 5, 150, 150, 0);
	push_chunks(b, 4096);
	assert_int_equal(knead_pipeline_phase(b->pipeline), KNEAD_PHASE_HOLDING);
	ramp(b, 0.025, 0, 0, 0);
	push_chunks(b, 4096);
	assert_int_equal(knead_pipeline_phase(b->pipeline), KNEAD_PHASE_IDLE);
	/* a spike of one sample shows nothing */
	ramp(b, 3, 0, 0, 0);
	ramp(b, 0.0125, 900, 900, 0);
	ramp(b, 0.0125, 0, 0, 0);
	push_chunks(b, 4096);
	assert_int_equal(knead_pipeline_phase(b->pipeline), KNEAD_PHASE_IDLE);
}

static void an_uncalibrated_device_is_said_to_be_so(void **state)
{
	struct ball *b = *state;
	struct knead_view view;

	knead_settings_init(&b->settings, KNEAD_PROFILE_BALL);
	open_pipeline(b);
	ramp(b, 3, 0, 0, 0.1);
	push_chunks(b, 4096);
	knead_pipeline_view(b->pipeline, &view);
	assert_false(view.calibrated);
	b->settings.unit = KNEAD_UNIT_N;
	open_pipeline(b);
	ramp(b, 3, 0, 0, 0.1);
	push_chunks(b, 4096);
	knead_pipeline_view(b->pipeline, &view);
	assert_true(view.calibrated);
}

static void nothing_comes_after_the_end_and_an_empty_stream_ends_quietly(void **state)
{
	struct ball *b = *state;

	open_pipeline(b);
	finish(b);
	assert_int_equal(b->count, 0);
	open_pipeline(b);
	ramp(b, 3, 0, 0, 0.1);
	ramp(b, 0.5, 0, 100, 0.1);
	ramp(b, 5, 100, 100, 0.1);
	push_chunks(b, 4096);
	finish(b);
	assert_int_equal(only(b, KNEAD_EVENT_HOLD_END)->hold_end.cause, KNEAD_CAUSE_LOST);
	assert_int_equal(b->events[b->count - 1].type, KNEAD_EVENT_SESSION_END);
	b->count = 0;
	finish(b);
	assert_int_equal(b->count, 0);
}

#define test(f) cmocka_unit_test_setup_teardown(f, ball_make, ball_free)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_same_bytes_give_the_same_events_in_any_chunking),
		test(t1_ten_minutes_of_steady_load_lose_nothing),
		test(t1_loaded_at_the_start_sets_no_zero),
		test(t3_one_hold_and_ten_minutes_of_idle_give_one_record_of_each_kind),
		test(t4_noise_around_a_level_gives_at_most_one_contact),
		test(t11_a_negative_load_is_signed_and_named),
		test(a_port_that_stays_closed_says_since_when_no_sample_came),
		test(silence_of_two_seconds_ends_a_hold_at_its_last_sample),
		test(a_deadline_before_the_next_bytes_fires_first),
		test(a_closed_port_ends_what_is_open_and_keeps_zero_ids_and_session),
		test(another_ball_in_the_same_place_has_its_own_zero_and_is_no_load),
		test(the_same_ball_again_keeps_its_zero_and_what_is_pressed_counts_once_it_has_named_itself),
		test(a_ball_that_does_not_name_itself_again_is_taken_for_the_same_after_two_seconds),
		test(t14_boot_chatter_gives_no_sample_and_five_seconds_of_silence_no_fault),
		test(delay_ms_is_taken_off_every_time),
		test(scale_shift_and_idle_change_nothing),
		test(press_and_release_show_within_two_samples),
		test(an_uncalibrated_device_is_said_to_be_so),
		test(nothing_comes_after_the_end_and_an_empty_stream_ends_quietly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
