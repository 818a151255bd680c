/* SPDX-License-Identifier: MIT */
/*
 * One way in: a decoded sample at a time, one read a sample, or reads of any size, give the same events. The forces come from a
 * generator of its own with a seed that is printed: presses, holds, swings and noise, by one cell and by two.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <knead/k1.h>
#include <knead/pipeline.h>

#include "event_json.h"

#define RATE_HZ 80
#define SAMPLES (90 * RATE_HZ)
#define COUNTS_PER_N 1000
#define EVENTS_MAX 512
#define TEXT_MAX (1 << 17)

struct run {
	struct knead_pipeline *pipeline;
	struct knead_event event[EVENTS_MAX];
	size_t events;
	char text[TEXT_MAX]; /* the events as they are written, when it has ended */
};

struct stream {
	uint32_t cells;
	struct knead_sample sample[SAMPLES];
};

static uint64_t random_state;

/* xorshift64: a number from 0 to below 1 */
static double uniform(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (double)(random_state >> 11) / 9007199254740992.0;
}

/* The force goes straight from one level to the next; every third level is none. */
static void make(struct stream *s, uint32_t cells, uint64_t seed)
{
	double force_n = 0, to_n = 0, place = 0.5, to_place = 0.5;
	int left = RATE_HZ;

	printf("# seed %llu, %u cells\n", (unsigned long long)seed, cells);
	random_state = seed;
	memset(s, 0, sizeof *s);
	s->cells = cells;
	for (int i = 0; i < SAMPLES; i++) {
		struct knead_sample *sample = &s->sample[i];

		if (left-- == 0) {
			left = (int)((0.2 + 4 * uniform()) * RATE_HZ);
			to_n = uniform() < 0.33 ? 0 : 20 + 120 * uniform();
			to_place = uniform();
		}
		force_n += (to_n - force_n) * 0.1;
		place += (to_place - place) * 0.02;
		sample->cells = cells;
		sample->rx_us = (int64_t)i * 1000000 / RATE_HZ + 3000;
		sample->has_device_us = sample->has_seq = true;
		sample->device_us = (int64_t)i * 1000000 / RATE_HZ;
		sample->seq = i;
		for (uint32_t k = 0; k < cells; k++) {
			double share = cells == 1 ? 1 : k == 0 ? place : 1 - place;

			sample->raw[k] = (int)((force_n * share + uniform() / 5) * COUNTS_PER_N);
		}
	}
}

static void begin(struct run *r, uint32_t cells)
{
	struct knead_settings settings;

	knead_settings_init(&settings, KNEAD_PROFILE_BALL);
	strcpy(settings.format, "auto");
	settings.cells = cells;
	settings.rate_hz = RATE_HZ;
	settings.counts_per_n_count = 1;
	settings.counts_per_n[0] = COUNTS_PER_N;
	settings.zero_raw_count = cells;
	settings.contact_events = true;
	if (cells == 2) {
		settings.geometry = KNEAD_GEOMETRY_LINE;
		settings.cell_mm[0] = -150;
		settings.cell_mm[1] = 150;
	}
	memset(r, 0, sizeof *r);
	assert_int_equal(knead_pipeline_new(&settings, &r->pipeline), 0);
}

/* Ends it and writes its events: what a reader sees is what is compared. */
static void end(struct run *r)
{
	struct event_context context = { .device = "ball", .boot = "replay" };
	size_t length = 0;
	int n;

	r->events += knead_pipeline_end(r->pipeline, r->event + r->events, EVENTS_MAX - r->events);
	knead_pipeline_free(r->pipeline);
	assert_true(r->events + KNEAD_EVENTS_MIN < EVENTS_MAX);
	for (size_t i = 0; i < r->events; i++) {
		context.n = i + 1;
		n = event_json(&r->event[i], &context, r->text + length, TEXT_MAX - length - 2);
		assert_true(n > 0);
		length += (size_t)n;
		r->text[length++] = '\n';
	}
	r->text[length] = '\0';
}

static void push_bytes(struct run *r, const char *bytes, size_t n, int64_t rx_us)
{
	size_t used;

	r->events +=
		knead_pipeline_push(r->pipeline, bytes, n, rx_us, &used, r->event + r->events, EVENTS_MAX - r->events);
	assert_int_equal(used, n);
}

static void by_sample(const struct stream *s, struct run *r)
{
	begin(r, s->cells);
	for (int i = 0; i < SAMPLES; i++)
		r->events += knead_pipeline_push_sample(
			r->pipeline, &s->sample[i], r->event + r->events, EVENTS_MAX - r->events);
	end(r);
}

static size_t write_sample(const struct knead_sample *sample, char *buf, bool binary)
{
	int32_t raw[KNEAD_CELLS_MAX];

	for (uint32_t k = 0; k < sample->cells; k++)
		raw[k] = (int32_t)sample->raw[k];
	if (binary)
		return knead_k1_binary_sample(
			(uint8_t *)buf, (uint64_t)sample->seq, (uint64_t)sample->device_us, raw, sample->cells, false);
	return knead_k1_text_sample(buf, (uint64_t)sample->seq, (uint64_t)sample->device_us, raw, sample->cells);
}

/* Reads of up to batch samples; each arrives with its last sample. */
static void by_read(const struct stream *s, struct run *r, int batch, bool binary)
{
	char buf[64 * KNEAD_K1_LINE_MAX];
	size_t n = 0;
	int waiting = 0;

	assert_true(batch <= 63);
	begin(r, s->cells);
	if (binary)
		push_bytes(r, "", 1, 0); /* an empty frame: it begins between two */
	for (int i = 0; i < SAMPLES; i++) {
		n += write_sample(&s->sample[i], buf + n, binary);
		if (++waiting < 1 + (int)(uniform() * batch) && i + 1 < SAMPLES)
			continue;
		push_bytes(r, buf, n, s->sample[i].rx_us);
		n = 0;
		waiting = 0;
	}
	end(r);
}

static struct stream stream;
static struct run one, other;

static const uint64_t seeds[] = { 1, 20261120, 0x6b6e656164 };

static void one_sample_a_call_gives_what_one_a_read_gives(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++)
		for (uint32_t cells = 1; cells <= 2; cells++) {
			make(&stream, cells, seeds[i]);
			by_sample(&stream, &one);
			by_read(&stream, &other, 1, false);
			assert_true(one.events > 10);
			assert_string_equal(one.text, other.text);
		}
}

static void reads_of_any_number_of_samples_give_what_one_gives(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++)
		for (uint32_t cells = 1; cells <= 2; cells++) {
			make(&stream, cells, seeds[i]);
			by_sample(&stream, &one);
			by_read(&stream, &other, 40, false);
			assert_string_equal(one.text, other.text);
		}
}

static void binary_frames_give_what_samples_give(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof seeds / sizeof seeds[0]; i++)
		for (uint32_t cells = 1; cells <= 2; cells++) {
			make(&stream, cells, seeds[i]);
			by_sample(&stream, &one);
			by_read(&stream, &other, 40, true);
			assert_string_equal(one.text, other.text);
		}
}

static void a_sample_that_is_changed_on_the_way_is_found(void **state)
{
	(void)state;
	make(&stream, 1, seeds[0]);
	by_sample(&stream, &one);
	for (int i = SAMPLES / 2; i < SAMPLES / 2 + RATE_HZ; i++)
		stream.sample[i].raw[0] += 90 * COUNTS_PER_N;
	by_read(&stream, &other, 40, false);
	assert_string_not_equal(one.text, other.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_sample_a_call_gives_what_one_a_read_gives),
		cmocka_unit_test(reads_of_any_number_of_samples_give_what_one_gives),
		cmocka_unit_test(binary_frames_give_what_samples_give),
		cmocka_unit_test(a_sample_that_is_changed_on_the_way_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
