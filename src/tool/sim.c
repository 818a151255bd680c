/* SPDX-License-Identifier: MIT */
/*
 * The simulator's main line: conversion after conversion, from the contact force to frames on the wire; and the faults
 * that are asked for. Physics steps are a whole part of the conversion period, so that the filter needs no resampling.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"
#include "sim_adc.h"
#include "sim_describe.h"
#include "sim_faults.h"
#include "sim_frames.h"
#include "sim_physics.h"
#include "sim_scenario.h"
#include "sim_transport.h"
#include "sim_truth.h"

#define PHYSICS_HZ 4000
#define STEPS_MIN 4
#define OPEN_S 0.7 /* the port is open that long before a device that is switched on speaks */
#define SPARED_S 0.5 /* nothing is lost at the very start: the first sample is the origin of time */

struct sim {
	struct sim_options options;
	struct sim_timeline timeline;
	struct sim_physics physics;
	struct sim_cells cells;
	struct sim_adc adc;
	struct sim_frames frames;
	struct sim_transport transport;
	struct sim_truth truth;
	struct sim_rand rand; /* of losses and faults */
	int baud;
	double true_rate_hz, dt_s, now_s;
	uint32_t steps;
	uint64_t conversion;
	struct sim_faults faults;
	double burst_end_s, next_info_s, origin_s,
		last_s; /* ... time stamps of the first true sample and of the last */
	int32_t last_counts[KNEAD_CELLS_MAX]; /* of that */
	const char *mark; /* of the port, to be told before any bytes that come later */
	bool begun, held, finished;
	uint8_t held_frame[SIM_FRAME_MAX]; /* waits for the next to overtake it, while held */
	size_t held_size;
	size_t outages_over;
	bool out; /* within an outage */
};

/* Bytes of a usual frame, for the choice of the baud rate. */
static double frame_bytes(const struct sim_options *o)
{
	switch (o->format) {
	case SIM_K1:
		return 26 + 8 * o->cells;
	case SIM_K1B:
		return 12 + 3 * o->cells;
	case SIM_COLUMNS:
		return 2 + 8 * o->cells;
	case SIM_LABELLED:
	case _SIM_FORMATS:
		break;
	}
	return 4 + 14 * o->cells;
}

/* HX711 and the like clock themselves, up to 17 % fast at 10 and 80; the rest have crystals. */
static double draw_true_rate_hz(struct sim *s)
{
	if (sim_has_fault(&s->options, SIM_FAULT_RATE))
		return s->options.rate_hz * sim_rand_log_between(&s->rand, 3.0 / 4, 4.0 / 3);
	if (s->options.rate_hz == 10 || s->options.rate_hz == 80)
		return s->options.rate_hz * (1 + sim_rand_between(&s->rand, 0, 0.17));
	return s->options.rate_hz * (1 + 100e-6 * sim_rand_between(&s->rand, -1, 1));
}

/* Where counter and clock stand at the start: anywhere, or so that both wrap at about a third of the capture. */
static void start_frames(struct sim *s)
{
	double third_s = s->options.length_s / 3;
	uint64_t seq = sim_rand_count(&s->rand, 0, 0xffff);
	int64_t clock_us = sim_rand_count(&s->rand, 1000000, 2000000000);

	if (sim_has_fault(&s->options, SIM_FAULT_WRAP)) {
		seq = 0x10000 - (uint64_t)fmin(0xffff, third_s * s->true_rate_hz);
		clock_us = (INT64_C(1) << 32) - (int64_t)(fmin(third_s, 4000) * 1e6);
	}
	sim_frames_init(&s->frames, &s->options, seq, clock_us);
}

static int set_up(struct sim *s)
{
	const struct sim_options *o = &s->options;
	struct knead_settings limits;
	int error;

	sim_rand_init(&s->rand, o->seed, 5);
	s->true_rate_hz = draw_true_rate_hz(s);
	s->steps = (uint32_t)fmax(STEPS_MIN, round(PHYSICS_HZ / s->true_rate_hz));
	s->dt_s = 1 / (s->true_rate_hz * s->steps);
	knead_settings_init(&limits, o->profile);
	error = sim_scenario_draft(o, &s->timeline);
	if (error < 0)
		return error;
	sim_physics_init(&s->physics, &s->timeline, o->seed, s->dt_s);
	sim_cells_init(&s->cells, o->geometry, o->cells, &s->rand);
	s->baud = sim_transport_baud(frame_bytes(o) * s->true_rate_hz);
	sim_transport_init(&s->transport, o, s->baud);
	sim_truth_init(&s->truth, &s->timeline, &limits, o->geometry == KNEAD_GEOMETRY_NONE, s->dt_s);
	start_frames(s);
	sim_faults_plan(&s->faults, o, &s->timeline, sim_frames_numbered(&s->frames), &s->rand);
	if (s->faults.boot_s > 0) {
		sim_truth_blind(&s->truth, -HUGE_VAL);
		s->transport.opened_s = s->faults.boot_s - OPEN_S;
	}
	return sim_adc_init(&s->adc, o, s->true_rate_hz, s->steps);
}

int sim_new(const struct sim_options *o, struct sim **ret)
{
	struct sim *s = calloc(1, sizeof(*s));
	int error;

	if (!s)
		return -ENOMEM;
	s->options = *o;
	error = set_up(s);
	if (error < 0) {
		sim_free(s);
		return error;
	}
	*ret = s;
	return 0;
}

void sim_free(struct sim *s)
{
	if (!s)
		return;
	sim_timeline_deinit(&s->timeline);
	sim_adc_deinit(&s->adc);
	sim_transport_deinit(&s->transport);
	sim_truth_deinit(&s->truth);
	free(s);
}

/*
 * The force during the running conversion. Step s stands for the instant (s + 1 - boxes / 2) steps: the boxes, each steps
 * long and end to end, then have their centre exactly half the filter's length before the conversion's end.
 */
static void press(struct sim *s)
{
	double first = (double)s->conversion * s->steps + 1 - s->adc.boxes / 2.0;
	double parts_n[KNEAD_CELLS_MAX];
	struct sim_moment moment;

	if (!sim_physics_active(&s->physics, (first + s->steps) * s->dt_s))
		return;
	for (uint32_t i = 0; i < s->steps; i++) {
		double t_s = (first + i) * s->dt_s;
		const struct sim_act *over = sim_physics_step(&s->physics, t_s, &moment);

		if (over)
			sim_adc_unload(&s->adc, over->settle_n);
		sim_truth_push(&s->truth, t_s, &moment);
		if (moment.force_n == 0)
			continue;
		sim_cells_share(&s->cells, moment.force_n, moment.x_mm, moment.y_mm, parts_n);
		sim_adc_push(&s->adc, i, parts_n);
	}
}

static void end_outage(struct sim *s, const struct sim_outage *outage)
{
	s->out = false;
	s->outages_over++;
	if (outage->unplugged)
		s->mark = "open";
	if (outage->restarts) {
		uint8_t chatter[SIM_FRAME_MAX];
		size_t n = sim_frames_boot(&s->frames, (int64_t)(s->now_s * 1e6), chatter);

		sim_transport_send(&s->transport, s->now_s - (outage->unplugged ? 0 : 0.2), chatter, n);
	}
}

/* Whether an outage hides the sample of now; it begins and ends here. */
static bool is_out(struct sim *s)
{
	const struct sim_outage *outage = &s->faults.outage[s->outages_over];

	if (s->outages_over >= s->faults.outages || s->now_s <= outage->from_s)
		return false;
	if (s->now_s >= outage->to_s) {
		end_outage(s, outage);
		return false;
	}
	if (!s->out) {
		s->out = true;
		sim_truth_blind(&s->truth, s->last_s - sim_adc_delay_s(&s->adc));
		if (outage->unplugged)
			s->mark = "close";
	}
	return true;
}

/* Whether the sample of now is lost on its way. */
static bool is_lost(struct sim *s)
{
	if (s->now_s - s->origin_s < SPARED_S)
		return false;
	if (sim_rand_chance(&s->rand, s->faults.bursts_per_s / s->true_rate_hz))
		s->burst_end_s = s->now_s + sim_rand_between(&s->rand, 1 / s->true_rate_hz, s->faults.burst_max_s);
	return s->now_s < s->burst_end_s || sim_rand_chance(&s->rand, s->faults.drop_chance);
}

/* What the port gives before the first whole sample. */
static void begin(struct sim *s, const int32_t *counts)
{
	uint8_t tail[SIM_FRAME_MAX];
	size_t n = sim_frames_tail(&s->frames, (int64_t)round((s->now_s - 1 / s->true_rate_hz) * 1e6), counts, tail);

	sim_transport_send(&s->transport, fmax(0, s->now_s - 1 / s->true_rate_hz), tail, n);
	sim_truth_see(&s->truth, s->now_s - sim_adc_delay_s(&s->adc));
	s->origin_s = s->last_s = s->now_s;
	s->next_info_s = s->now_s + 1;
	s->begun = true;
}

static void send_sample(struct sim *s, const int32_t *counts)
{
	uint8_t frame[SIM_FRAME_MAX];
	size_t n = sim_frames_sample(&s->frames, (int64_t)round(s->now_s * 1e6), counts, frame);
	bool spared = s->now_s - s->origin_s < SPARED_S;

	if (!spared && !s->held && sim_rand_chance(&s->rand, s->faults.reorder_chance)) {
		for (size_t i = 0; i < n; i++)
			s->held_frame[i] = frame[i];
		s->held_size = n;
		s->held = true;
		return;
	}
	sim_transport_send(&s->transport, s->now_s, frame, n);
	if (s->held)
		sim_transport_send(&s->transport, s->now_s, s->held_frame, s->held_size);
	s->held = false;
	if (!spared && sim_rand_chance(&s->rand, s->faults.duplicate_chance))
		sim_transport_send(&s->transport, s->now_s, frame, n);
}

/* One more true sample is through. */
static void take_true(struct sim *s, const int32_t *counts)
{
	/* Where nothing was hidden this changes nothing. */
	sim_truth_see(&s->truth, s->now_s - sim_adc_delay_s(&s->adc));
	s->last_s = s->now_s;
	memcpy(s->last_counts, counts, sizeof(s->last_counts));
}

static void convert(struct sim *s)
{
	int32_t counts[KNEAD_CELLS_MAX] = { 0 };
	uint8_t info[SIM_FRAME_MAX];
	bool out;

	press(s);
	sim_adc_convert(&s->adc, counts);
	s->conversion++;
	s->now_s = (double)s->conversion / s->true_rate_hz;
	if (s->now_s < s->faults.boot_s)
		return;
	if (!s->begun)
		begin(s, counts);
	out = is_out(s);
	if (is_lost(s) || (out && !s->faults.outage[s->outages_over].stuck)) {
		s->frames.seq++;
		return;
	}
	if (!out)
		take_true(s, counts);
	send_sample(s, s->last_counts);
	if (s->now_s < s->next_info_s)
		return;
	s->next_info_s = s->now_s + 1;
	sim_transport_send(&s->transport, s->now_s, info, sim_frames_info(&s->frames, info));
}

/* Whether something happens to the port now; it closes once what was on its way has been read. */
static bool take_mark(struct sim *s, struct sim_batch *ret)
{
	if (!s->mark || (s->out && s->transport.waiting > 0))
		return false;
	*ret = (struct sim_batch){ .t_us = sim_transport_mark_us(&s->transport, s->now_s), .mark = s->mark };
	s->mark = NULL;
	return true;
}

int sim_next(struct sim *s, struct sim_batch *ret)
{
	while (!s->finished) {
		/* Bytes told so far are all that started before now; at the end the wire runs empty. */
		bool over = s->now_s >= s->options.length_s;

		if (take_mark(s, ret) || sim_transport_take(&s->transport, over ? HUGE_VAL : s->now_s, ret))
			return 0;
		if (s->transport.error < 0)
			return s->transport.error;
		if (!over) {
			convert(s);
			continue;
		}
		if (sim_truth_finish(&s->truth, s->origin_s) < 0)
			return -ENOMEM;
		s->finished = true;
	}
	return 1;
}

const struct labels *sim_labels(const struct sim *s)
{
	return &s->truth.labels;
}

cJSON *sim_header(const struct sim *s)
{
	double zero_raw[KNEAD_CELLS_MAX];

	for (uint32_t i = 0; i < s->options.cells; i++)
		zero_raw[i] = s->adc.cell[i].zero_counts;
	return sim_describe(&s->options, &s->cells, s->baud, 1000 * sim_adc_delay_s(&s->adc),
		sim_has_fault(&s->options, SIM_FAULT_BOOT) ? zero_raw : NULL);
}
