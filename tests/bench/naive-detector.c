/* SPDX-License-Identifier: MIT */
/*
 * What detection is measured against: a threshold detector, as most projects that put a load cell on a serial port have
 * one. It takes the tare once, over the first second, and then looks at one sample at a time:
 *
 *	threshold  a hold begins with the first sample above 22 N and ends with the first below 8 N
 *	mean       the same with one level of 15 N, on the mean of the last 10 samples
 *
 * and what lasted 3 s is counted. It has no debounce, no filter but that mean, no zero tracking and no idea of the
 * converter's delay. Decoding and time stamps are those of knead, which is more than such a project has: only detection is
 * compared. Writes hold_end records that `knead score` reads.
 *
 * naive-detector threshold|mean CAPTURE
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_capture.h"
#include "clock.h"
#include "frame.h"

#define TARE_US 1000000
#define HOLD_MIN_S 3.0
#define MEAN_MAX 10

struct style {
	const char *name;
	double on_n, off_n;
	unsigned mean_of; /* samples, 1..MEAN_MAX */
};

static const struct style styles[] = {
	{ "threshold", 22, 8, 1 },
	{ "mean", 15, 15, MEAN_MAX },
};

struct naive {
	const struct style *style;
	double n_per_raw[KNEAD_CELLS_MAX];
	/* the tare */
	double tare_sum_n;
	unsigned tare_count;
	/* the last samples */
	double recent_n[MEAN_MAX];
	unsigned long samples;
	/* the hold */
	bool pressed;
	double start_s, last_s, peak_n, impulse_ns;
};

static void write_hold(const struct naive *d, double end_s)
{
	if (end_s - d->start_s < HOLD_MIN_S)
		return;
	printf("{\"v\":1,\"event_type\":\"hold_end\",\"start_s\":%.3f,\"end_s\":%.3f,\"duration_s\":%.3f,\"peak_n\":%.1f,"
	       "\"impulse_ns\":%.1f}\n",
		d->start_s, end_s, end_s - d->start_s, d->peak_n, d->impulse_ns);
}

/* The mean of the last samples, as many as the style asks for and have come. */
static double smooth(struct naive *d, double force_n)
{
	unsigned long count;
	double sum_n = 0;

	d->recent_n[d->samples++ % d->style->mean_of] = force_n;
	count = d->samples < d->style->mean_of ? d->samples : d->style->mean_of;
	for (unsigned long i = 0; i < count; i++)
		sum_n += d->recent_n[i];
	return sum_n / (double)count;
}

static void take_force(struct naive *d, double t_s, double force_n)
{
	double level_n = smooth(d, force_n);

	if (!d->pressed && level_n > d->style->on_n) {
		d->pressed = true;
		d->start_s = t_s;
		d->peak_n = level_n;
		d->impulse_ns = 0;
	} else if (d->pressed) {
		d->impulse_ns += level_n * (t_s - d->last_s);
		d->peak_n = level_n > d->peak_n ? level_n : d->peak_n;
		if (level_n < d->style->off_n) {
			d->pressed = false;
			write_hold(d, t_s);
		}
	}
	d->last_s = t_s;
}

static void take_sample(struct naive *d, const struct knead_sample *sample, int64_t t_us)
{
	double sum_n = 0;

	for (uint32_t i = 0; i < sample->cells; i++)
		sum_n += sample->raw[i] * d->n_per_raw[i];
	if (t_us < TARE_US) {
		d->tare_sum_n += sum_n;
		d->tare_count++;
	} else {
		take_force(d, (double)t_us / 1e6, sum_n - d->tare_sum_n / d->tare_count);
	}
}

/* ---- the capture ---- */

/* The scale of the device. Returns 0, or -1 after saying what is missing. */
static int read_scale(const struct knead_settings *s, struct naive *d)
{
	if (s->counts_per_n_count == 0) {
		fprintf(stderr, "naive-detector: the capture does not say counts_per_n\n");
		return -1;
	}
	for (uint32_t i = 0; i < KNEAD_CELLS_MAX; i++)
		d->n_per_raw[i] = 1 / s->counts_per_n[i < s->counts_per_n_count ? i : s->counts_per_n_count - 1];
	return 0;
}

static void take_bytes(struct naive *d, struct frame *frame, struct clock *clock, const struct capture_record *record)
{
	struct knead_sample sample;
	struct clock_tick tick;
	size_t used = 0;
	bool got = false;

	while (got || used < record->n) {
		used += frame_push(frame, record->bytes + used, record->n - used, record->t_us, &sample, &got);
		if (!got)
			continue;
		clock_push(clock, &sample, &tick);
		if (!tick.drop)
			take_sample(d, &sample, tick.t_us);
	}
}

static int run(struct naive *d, struct capture_reader *reader, const struct knead_settings *settings, char *ret_why,
	size_t why_size)
{
	struct frame *frame = malloc(frame_size());
	struct capture_record record;
	struct clock clock;
	int r;

	if (!frame) {
		snprintf(ret_why, why_size, "out of memory");
		return -1;
	}
	frame_init(frame, settings);
	clock_init(&clock, settings);
	while ((r = capture_read(reader, &record, ret_why, why_size)) == 0 && record.kind != CAPTURE_END) {
		if (record.kind == CAPTURE_RX)
			take_bytes(d, frame, &clock, &record);
		else if (record.kind != CAPTURE_TX)
			clock_gap(&clock, record.t_us);
	}
	if (d->pressed)
		write_hold(d, d->last_s);
	free(frame);
	return r < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
	struct capture_reader *reader = NULL;
	struct conf_device *device = conf_device_new("naive");
	struct naive d = { 0 };
	char why[512] = "out of memory";
	int r = -1;

	for (size_t i = 0; argc == 3 && i < sizeof(styles) / sizeof(styles[0]); i++)
		if (strcmp(argv[1], styles[i].name) == 0)
			d.style = &styles[i];
	if (!d.style) {
		fprintf(stderr, "usage: naive-detector threshold|mean CAPTURE\n");
	} else if (!device || capture_reader_open(argv[2], &reader, why, sizeof(why)) < 0) {
		fprintf(stderr, "naive-detector: %s\n", why);
	} else if (bench_capture_device(reader, device) == 0 && read_scale(&device->settings, &d) == 0) {
		r = run(&d, reader, &device->settings, why, sizeof(why));
		if (r < 0)
			fprintf(stderr, "naive-detector: %s\n", why);
	}
	capture_reader_free(reader);
	conf_device_free(device);
	return r < 0;
}
