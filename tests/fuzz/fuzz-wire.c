/* SPDX-License-Identifier: MIT */
/*
 * Any bytes of a device, from the port to the JSON records, through the very calls that kneadd makes. What comes out is a story
 * that can be true (story.h); each byte is used, rejected or waiting; time never goes back; no memory is asked for on the way;
 * and the same bytes in other pieces tell the same story to the last digit.
 *
 * Input: a head of HEAD bytes that picks format, body, settings and pieces, then the bytes. 0xfe and a byte below _ACTIONS in
 * them are no bytes of the device but something that happens to it.
 */
#include <math.h>
#include <string.h>

#include <knead/control.h>

#include "allocations.h"
#include "fuzz.h"
#include "story.h"

#define HEAD 8
#define ESCAPE 0xfe
#define READ_MAX 4096
#define BYTES_MAX 65536

enum action {
	ACTION_WAIT, /* nothing comes for a while: deadlines fire */
	ACTION_PAUSE, /* the same, and nobody looks */
	ACTION_GAP,
	ACTION_END_SESSION,
	ACTION_FORGET_SESSION,
	ACTION_MEASURE,
	ACTION_ZERO,
	ACTION_SCALE,
	ACTION_CONFIGURE,
	ACTION_RESTART_PROTOCOL,
	_ACTIONS,
};

struct player {
	struct knead_settings settings;
	struct knead_pipeline *pipeline;
	struct knead_event out[KNEAD_EVENTS_MIN];
	int64_t rx_us, step_us;
	size_t read, piece; /* bytes that come together; into how large pieces they are cut */
	struct story story;
};

static const struct knead_protocol protocol = {
	.name = "all",
	.steps = 4,
	.step = { { .kind = KNEAD_STEP_HOLD, .seconds = 2 }, { .kind = KNEAD_STEP_STROKES, .count_min = 2, .count = 3 },
		{ .kind = KNEAD_STEP_REST, .seconds = 1 }, { .kind = KNEAD_STEP_PULSES, .seconds = 5, .count = 2 } },
};

static void set_up_body(struct knead_settings *s, uint8_t body)
{
	s->geometry = (enum knead_geometry)(body & 3);
	s->cells = (body >> 2) % 7;
	if (s->geometry != KNEAD_GEOMETRY_NONE && s->cells < 2)
		s->cells = 2;
	for (uint32_t i = 0; i < KNEAD_CELLS_MAX; i++) {
		s->cell_mm[i] = 20.0 * i;
		s->cell_deg[i] = 22.5 * i;
		s->cell_xyz[i][i % 3] = i < 3 ? 1 : -1;
	}
	s->radius_mm = body & 0x20 ? 60 : 0;
	s->contact_events = body & 0x40;
	if (body & 0x80)
		s->protocol = protocol;
}

static void set_up_columns(struct knead_settings *s, uint8_t columns)
{
	static const char *const names[] = { "1", "2", "3", "force", "time", "-" };

	s->columns = columns % 4;
	for (uint32_t i = 0; i < s->columns; i++)
		strcpy(s->column[i], names[(columns / 4 + i) % 6]);
}

static void set_up(struct player *p, const uint8_t *head)
{
	static const char *const formats[] = { "auto", "auto", "k1", "k1b", "columns", "labelled", "template", "auto" };
	static const char *const templates[] = { "{time} {value} kg", "{skip}:{value},{value}", "{value}",
		"[{value}]" };
	static const int64_t steps_us[] = { 1000, 12500, 100000, 0 };
	static const size_t pieces[] = { 1, 2, 7, 64 };
	static const double forces_n[] = { 0, 1, 400, -20 };
	struct knead_settings *s = &p->settings;

	knead_settings_init(s, (enum knead_profile)(head[0] >> 4 & 3));
	strcpy(s->format, formats[head[0] & 7]);
	strcpy(s->line_template, templates[head[0] >> 6]);
	set_up_body(s, head[1]);
	set_up_columns(s, head[2]);
	s->time_unit = (enum knead_time_unit)(head[3] & 3);
	s->unit = (enum knead_unit)((head[3] >> 2) % _KNEAD_UNITS);
	s->counts_per_n_count = head[4] & 3 ? 1 : 0;
	s->counts_per_n[0] = forces_n[head[4] & 3];
	s->zero_raw_count = head[4] & 4 ? s->cells : 0;
	s->capacity_n = head[4] & 8 ? 500 : 0;
	s->rate_hz = head[4] & 16 ? 80 : 0;
	s->delay_ms = head[4] & 32 ? 30 : 0;
	/* Holds that a few hundred bytes can tell. */
	s->hold_min_s = head[4] & 64 ? 0.5 : 3;
	s->target_s = head[4] & 128 ? 1 : 30;
	s->session_gap_s = 20;
	s->over_soft_n = 100;
	s->over_hard_n = 200;
	p->read = head[5] & 128 ? READ_MAX : 1 + (head[5] & 127);
	p->step_us = steps_us[head[6] & 3];
	p->rx_us = p->step_us == 0 ? KNEAD_RX_UNKNOWN
		   : head[6] & 4   ? INT64_C(1000000000000000)
		   : head[6] & 8   ? -INT64_C(5000000)
				   : 0;
	p->piece = pieces[head[7] & 3];
}

static void check_bytes(const struct player *p, uint64_t pushed)
{
	const struct knead_frame_stats *stats = frame_stats(p->pipeline->frame);

	FUZZ_CHECK(stats->bytes == pushed);
	FUZZ_CHECK(stats->used_bytes + stats->rejected_bytes <= stats->bytes);
}

static void push(struct player *p, const uint8_t *bytes, size_t n)
{
	while (n > 0) {
		size_t used = 0, count;

		count = knead_pipeline_push(p->pipeline, bytes, n, p->rx_us, &used, p->out, KNEAD_EVENTS_MIN);
		FUZZ_CHECK(used > 0 && used <= n);
		story_take(&p->story, p->pipeline, p->out, count);
		bytes += used;
		n -= used;
	}
}

static void pass(struct player *p, int64_t us)
{
	if (p->rx_us != KNEAD_RX_UNKNOWN)
		p->rx_us += us;
}

static void take(struct player *p, size_t n)
{
	story_take(&p->story, p->pipeline, p->out, n);
}

static void configure(struct player *p, uint8_t how)
{
	struct knead_settings s = p->settings;

	s.hold_min_s = 0.45 + (how & 3);
	s.target_s = 1 + (how >> 2 & 7) * 5.0;
	s.press_n = how & 32 ? 20 : s.press_n;
	s.protocol = how & 64 ? protocol : (struct knead_protocol){ 0 };
	if (knead_pipeline_configure(p->pipeline, &s) != 0)
		return;
	p->settings = s;
	story_settings(&p->story, &s);
}

static void act(struct player *p, enum action what, uint8_t how)
{
	double value[KNEAD_CELLS_MAX];
	struct knead_measurement measured;

	for (uint32_t i = 0; i < KNEAD_CELLS_MAX; i++)
		value[i] = (how - 128.0) * 1000;
	switch (what) {
	case ACTION_WAIT:
		pass(p, how * INT64_C(50000));
		if (p->rx_us != KNEAD_RX_UNKNOWN)
			take(p, knead_pipeline_advance(p->pipeline, p->rx_us, p->out, KNEAD_EVENTS_MIN));
		break;
	case ACTION_PAUSE:
		pass(p, how * INT64_C(50000));
		break;
	case ACTION_GAP:
		take(p, knead_pipeline_gap(p->pipeline, p->rx_us, p->out, KNEAD_EVENTS_MIN));
		break;
	case ACTION_END_SESSION:
		take(p, knead_pipeline_end_session(p->pipeline, p->out, KNEAD_EVENTS_MIN));
		break;
	case ACTION_FORGET_SESSION:
		knead_pipeline_forget_session(p->pipeline);
		break;
	case ACTION_MEASURE:
		knead_pipeline_measured(p->pipeline, &measured);
		FUZZ_CHECK(!measured.done || (isfinite(measured.force_n) && isfinite(measured.sd_n)));
		knead_pipeline_measure(p->pipeline);
		break;
	case ACTION_ZERO:
		knead_pipeline_set_zero(p->pipeline, value);
		break;
	case ACTION_SCALE:
		FUZZ_CHECK((knead_pipeline_set_scale(p->pipeline, value, 1) == 0) == (value[0] != 0));
		break;
	case ACTION_CONFIGURE:
		configure(p, how);
		break;
	case ACTION_RESTART_PROTOCOL:
		knead_pipeline_restart_protocol(p->pipeline);
		break;
	case _ACTIONS:
		break;
	}
}

/* Bytes that came together, in pieces. */
static void read_bytes(struct player *p, const uint8_t *bytes, size_t n, size_t piece)
{
	for (size_t i = 0; i < n; i += piece)
		push(p, bytes + i, n - i < piece ? n - i : piece);
	pass(p, p->step_us);
}

/* Length of what comes before the next action, at most limit. */
static size_t plain(const uint8_t *data, size_t n, size_t limit)
{
	for (size_t i = 0; i < n && i < limit; i++)
		if (data[i] == ESCAPE && n - i >= 3 && data[i + 1] < _ACTIONS)
			return i;
	return n < limit ? n : limit;
}

/* Plays all of it, in reads whole or cut to pieces. Returns what came of it. */
static struct story play(const uint8_t *data, size_t size, bool whole, struct knead_frame_stats *ret_stats)
{
	struct player *p = calloc(1, sizeof(*p));
	uint64_t allocated, pushed = 0;
	struct story story;

	FUZZ_CHECK(p);
	set_up(p, data);
	data += HEAD;
	size -= HEAD;
	if (knead_pipeline_new(&p->settings, &p->pipeline) != 0) {
		free(p);
		return (struct story){ 0 };
	}
	allocated = allocations();
	story_init(&p->story, &p->settings);
	while (size > 0) {
		size_t n = plain(data, size, p->read);

		if (n > 0) {
			read_bytes(p, data, n, whole ? n : p->piece);
			pushed += n;
		} else {
			act(p, (enum action)data[1], data[2]);
			n = 3;
		}
		check_bytes(p, pushed);
		data += n;
		size -= n;
	}
	take(p, knead_pipeline_end(p->pipeline, p->out, KNEAD_EVENTS_MIN));
	story_end(&p->story);
	FUZZ_CHECK(allocations() == allocated);
	*ret_stats = *frame_stats(p->pipeline->frame);
	story = p->story;
	knead_pipeline_free(p->pipeline);
	free(p);
	return story;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct knead_frame_stats whole_stats = { 0 }, cut_stats = { 0 };
	struct story whole, cut;

	if (size < HEAD || size > BYTES_MAX)
		return 0;
	whole = play(data, size, true, &whole_stats);
	cut = play(data, size, false, &cut_stats);
	FUZZ_CHECK(whole.events == cut.events && whole.sum == cut.sum);
	FUZZ_CHECK(memcmp(&whole_stats, &cut_stats, sizeof(whole_stats)) == 0);
	return 0;
}
