/* SPDX-License-Identifier: MIT */
/*
 * Nanoseconds that detection takes for one decoded sample: no bytes, no text. One line for each kind of load and number
 * of cells. Samples are made beforehand; the worst single sample is told too.
 *
 * bench-detector [SAMPLES [LOAD]]
 */
#include <stdio.h>
#include <string.h>

#include <knead/pipeline.h>

#include "bench.h"

#define CELLS_MAX 4

static void settings_for(struct knead_settings *s, uint32_t cells)
{
	knead_settings_init(s, KNEAD_PROFILE_BALL);
	s->unit = KNEAD_UNIT_COUNTS;
	s->rate_hz = BENCH_RATE_HZ;
	s->cells = cells;
	s->counts_per_n_count = 1;
	s->counts_per_n[0] = BENCH_COUNTS_PER_N;
	s->zero_raw_count = cells;
	for (uint32_t i = 0; i < cells; i++) {
		s->zero_raw[i] = BENCH_ZERO_COUNTS;
		s->cell_mm[i] = 50.0 * i;
	}
	s->geometry = cells > 1 ? KNEAD_GEOMETRY_LINE : KNEAD_GEOMETRY_NONE;
}

/* Counts of all cells at sample i. One cell bears it all; four share it by their distance from the place of the contact. */
static void fill(float *raw, enum bench_load load, uint32_t cells, long i)
{
	double t_s = (double)i / BENCH_RATE_HZ, force_n = bench_force_n(load, t_s), sum = 0, share[CELLS_MAX];

	for (uint32_t c = 0; c < cells; c++) {
		double apart = cells > 1 ? bench_place(load, t_s) - (double)c / (cells - 1) : 0;
		share[c] = fmax(0, 1 - 2 * fabs(apart));
		sum += share[c];
	}
	for (uint32_t c = 0; c < cells; c++)
		raw[c] = (float)bench_counts(force_n * share[c] / sum);
}

/* The sample that decoding would hand over: only what changes is written, so that memory does not set the pace. */
static void set(struct knead_sample *sample, const float *raw, uint32_t cells, long i)
{
	sample->device_us = i * 1000000 / BENCH_RATE_HZ;
	for (uint32_t c = 0; c < cells; c++)
		sample->raw[c] = raw[c];
}

/* One pass; with worst_ns the clock is read for each sample, which about doubles the mean. Returns the number of events. */
static size_t pass(struct knead_pipeline *p, const float *raw, uint32_t cells, long count, int64_t *worst_ns)
{
	struct knead_sample sample = { .cells = cells, .has_device_us = true, .rx_us = KNEAD_RX_UNKNOWN };
	struct knead_event out[KNEAD_EVENTS_MIN];
	size_t events = 0;

	for (long i = 0; i < count; i++) {
		int64_t before_ns = worst_ns ? bench_now_ns() : 0, took_ns;

		set(&sample, raw + i * cells, cells, i);
		events += knead_pipeline_push_sample(p, &sample, out, KNEAD_EVENTS_MIN);
		if (!worst_ns)
			continue;
		took_ns = bench_now_ns() - before_ns;
		*worst_ns = took_ns > *worst_ns ? took_ns : *worst_ns;
	}
	return events;
}

static int run(enum bench_load load, uint32_t cells, long count)
{
	struct knead_settings settings;
	struct knead_pipeline *timed = NULL, *watched = NULL;
	float *raw = malloc((size_t)count * cells * sizeof *raw);
	int64_t began_ns, took_ns, worst_ns = 0;
	size_t events;
	int r = -1;

	settings_for(&settings, cells);
	if (!raw || knead_pipeline_new(&settings, &timed) < 0 || knead_pipeline_new(&settings, &watched) < 0)
		goto out;
	for (long i = 0; i < count; i++)
		fill(raw + i * cells, load, cells, i);
	began_ns = bench_now_ns();
	events = pass(timed, raw, cells, count, NULL);
	took_ns = bench_now_ns() - began_ns;
	pass(watched, raw, cells, count, &worst_ns);
	printf("bench-detector load=%s cells=%u samples=%ld events=%zu ns_per_sample=%.1f worst_ns=%lld\n",
		bench_load_names[load], cells, count, events, (double)took_ns / (double)count, (long long)worst_ns);
	r = 0;
out:
	knead_pipeline_free(timed);
	knead_pipeline_free(watched);
	free(raw);
	return r;
}

int main(int argc, char **argv)
{
	long count = bench_arg(argc, argv, 1, 2000000);
	static const uint32_t cells[] = { 1, CELLS_MAX };

	if (count < 1)
		return 2;
	for (int load = 0; load < _BENCH_LOADS; load++) {
		if (argc > 2 && strcmp(argv[2], bench_load_names[load]) != 0)
			continue;
		for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
			if (run(load, cells[i], count) < 0)
				return 1;
	}
	return 0;
}
