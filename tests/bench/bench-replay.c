/* SPDX-License-Identifier: MIT */
/*
 * Samples per second of the whole path from bytes to events, in one process and from memory: what `knead replay` does
 * less reading the file and writing the records. One line for each text format of one cell.
 *
 * bench-replay [SAMPLES]           measure
 * bench-replay SAMPLES columns     write that stream to standard output, for scripts that time the program itself
 */
#include <stdio.h>
#include <string.h>

#include <knead/k1.h>
#include <knead/pipeline.h>

#include "bench.h"

enum shape { SHAPE_COLUMNS, SHAPE_TIMED, SHAPE_K1, _SHAPES };
static const char *const shape_names[_SHAPES] = { "columns", "timed", "k1" };
#define LINE_MAX_BYTES (KNEAD_K1_LINE_MAX + 1)

static size_t write_line(char *line, enum shape shape, long i)
{
	double t_s = (double)i / BENCH_RATE_HZ;
	int32_t raw = bench_counts(bench_force_n(BENCH_SESSION, t_s));

	switch (shape) {
	case SHAPE_COLUMNS:
		return (size_t)snprintf(line, LINE_MAX_BYTES, "%d\n", raw);
	case SHAPE_TIMED:
		return (size_t)snprintf(line, LINE_MAX_BYTES, "%.4f,%d\n", t_s, raw);
	default:
		return knead_k1_text_sample(line, (uint64_t)i, (uint64_t)(t_s * 1e6), &raw, 1);
	}
}

/* The stream as one block of memory, owned by the caller; NULL when there is none. */
static char *make_stream(enum shape shape, long count, size_t *ret_size)
{
	char *bytes = malloc((size_t)count * LINE_MAX_BYTES);
	size_t size = 0;

	if (!bytes)
		return NULL;
	for (long i = 0; i < count; i++)
		size += write_line(bytes + size, shape, i);
	*ret_size = size;
	return bytes;
}

static int pipeline_for(enum shape shape, struct knead_pipeline **ret)
{
	struct knead_settings s;

	knead_settings_init(&s, KNEAD_PROFILE_BALL);
	strcpy(s.format, shape == SHAPE_K1 ? "k1" : "columns");
	s.rate_hz = BENCH_RATE_HZ;
	s.cells = 1;
	s.counts_per_n_count = 1;
	s.counts_per_n[0] = BENCH_COUNTS_PER_N;
	s.zero_raw_count = 1;
	s.zero_raw[0] = BENCH_ZERO_COUNTS;
	return knead_pipeline_new(&s, ret);
}

static int measure(enum shape shape, long count)
{
	struct knead_event out[KNEAD_EVENTS_MIN];
	struct knead_pipeline *p;
	struct knead_view view;
	size_t size, at = 0, used, events = 0;
	char *bytes = make_stream(shape, count, &size);
	int64_t began_ns;
	double took_s;

	if (!bytes || pipeline_for(shape, &p) < 0) {
		free(bytes);
		return -1;
	}
	began_ns = bench_now_ns();
	while (at < size) {
		size_t n = size - at < 65536 ? size - at : 65536;
		events += knead_pipeline_push(p, bytes + at, n, KNEAD_RX_UNKNOWN, &used, out, KNEAD_EVENTS_MIN);
		at += used;
	}
	events += knead_pipeline_end(p, out, KNEAD_EVENTS_MIN);
	took_s = (double)(bench_now_ns() - began_ns) / 1e9;
	knead_pipeline_view(p, &view);
	printf("bench-replay format=%s samples=%llu events=%zu bytes=%zu seconds=%.3f samples_per_s=%.0f ns_per_sample=%.1f\n",
		shape_names[shape], (unsigned long long)view.samples, events, size, took_s,
		(double)view.samples / took_s, 1e9 * took_s / (double)view.samples);
	knead_pipeline_free(p);
	free(bytes);
	return 0;
}

static void write_stream(enum shape shape, long count)
{
	char line[LINE_MAX_BYTES] = "";

	for (long i = 0; i < count; i++) {
		size_t n = write_line(line, shape, i);
		fwrite(line, 1, n, stdout);
	}
}

int main(int argc, char **argv)
{
	long count = bench_arg(argc, argv, 1, 2000000);

	if (count < 1)
		return 2;
	for (int shape = 0; shape < _SHAPES; shape++) {
		if (argc > 2 && strcmp(argv[2], shape_names[shape]) != 0)
			continue;
		if (argc > 2)
			write_stream(shape, count);
		else if (measure(shape, count) < 0)
			return 1;
	}
	return 0;
}
