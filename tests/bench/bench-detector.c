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

/* One cell bears it all; four share it by their distance from the place of the contact. */
static void fill(struct knead_sample *sample, enum bench_load load, uint32_t cells, long i)
{
	double t_s = (double)i / BENCH_RATE_HZ, force_n = bench_force_n(load, t_s), sum = 0, share[4];

	*sample = (struct knead_sample){ .cells = cells,
		.has_device_us = true,
		.device_us = i * 1000000 / BENCH_RATE_HZ,
		.rx_us = KNEAD_RX_UNKNOWN };
	for (uint32_t c = 0; c < cells; c++) {
		double apart = cells > 1 ? bench_place(load, t_s) - (double)c / (cells - 1) : 0;
		share[c] = fmax(0, 1 - 2 * fabs(apart));
		sum += share[c];
	}
	for (uint32_t c = 0; c < cells; c++)
		sample->raw[c] = bench_counts(force_n * share[c] / sum);
}

static int run(enum bench_load load, uint32_t cells, long count)
{
	struct knead_settings settings;
	struct knead_pipeline *p;
	struct knead_event out[KNEAD_EVENTS_MIN];
	struct knead_sample *samples = malloc((size_t)count * sizeof *samples);
	size_t events = 0;
	int64_t began_ns, took_ns, worst_ns = 0;

	settings_for(&settings, cells);
	if (!samples || knead_pipeline_new(&settings, &p) < 0) {
		free(samples);
		return -1;
	}
	for (long i = 0; i < count; i++)
		fill(&samples[i], load, cells, i);
	began_ns = bench_now_ns();
	for (long i = 0; i < count; i++)
		events += knead_pipeline_push_sample(p, &samples[i], out, KNEAD_EVENTS_MIN);
	took_ns = bench_now_ns() - began_ns;
	/* A second pass, because reading the clock for each sample would double the mean. */
	knead_pipeline_free(p);
	if (knead_pipeline_new(&settings, &p) < 0) {
		free(samples);
		return -1;
	}
	for (long i = 0; i < count; i++) {
		int64_t before_ns = bench_now_ns(), one_ns;
		knead_pipeline_push_sample(p, &samples[i], out, KNEAD_EVENTS_MIN);
		one_ns = bench_now_ns() - before_ns;
		worst_ns = one_ns > worst_ns ? one_ns : worst_ns;
	}
	printf("bench-detector load=%s cells=%u samples=%ld events=%zu ns_per_sample=%.1f worst_ns=%lld\n",
		bench_load_names[load], cells, count, events, (double)took_ns / (double)count, (long long)worst_ns);
	knead_pipeline_free(p);
	free(samples);
	return 0;
}

int main(int argc, char **argv)
{
	long count = bench_arg(argc, argv, 1, 500000);
	static const uint32_t cells[] = { 1, 4 };

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
