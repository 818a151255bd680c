/* SPDX-License-Identifier: MIT */
/*
 * k1 and k1b carry the device's clock and counter. columns and labelled are what the common sketches print: counts, one
 * or one per cell, and no time at all; there only the arrival tells when.
 */
#include <stdio.h>
#include <string.h>

#include "sim_frames.h"

void sim_frames_init(struct sim_frames *f, const struct sim_options *o, uint64_t seq, int64_t clock_us)
{
	*f = (struct sim_frames){
		.format = o->format,
		.cells = o->cells,
		.seq = seq,
		.clock_us = clock_us,
		.info = {
			.schema = 1,
			.cells = o->cells,
			.firmware = "simulate",
			.serial = "SIM1",
			.rate_hz = o->rate_hz,
			.counts_per_n = o->counts_per_n,
		},
	};
}

bool sim_frames_numbered(const struct sim_frames *f)
{
	return f->format == SIM_K1 || f->format == SIM_K1B;
}

static size_t text_sample(const struct sim_frames *f, const int32_t *counts, char *buf)
{
	size_t n = 0;

	for (uint32_t i = 0; i < f->cells; i++) {
		const char *separator = i > 0 ? "," : "";

		if (f->format == SIM_COLUMNS)
			n += (size_t)sprintf(buf + n, "%s%d", separator, (int)counts[i]);
		else if (f->cells == 1)
			n += (size_t)sprintf(buf + n, "Reading: %d", (int)counts[i]);
		else
			n += (size_t)sprintf(buf + n, "%scell%u:%d", separator, i + 1, (int)counts[i]);
	}
	return n + (size_t)sprintf(buf + n, "\r\n");
}

size_t sim_frames_sample(struct sim_frames *f, int64_t t_us, const int32_t *counts, uint8_t *buf)
{
	uint64_t seq = f->seq++, clock_us = (uint64_t)(t_us + f->clock_us);

	switch (f->format) {
	case SIM_K1:
		return knead_k1_text_sample((char *)buf, seq, clock_us, counts, f->cells);
	case SIM_K1B:
		return knead_k1_binary_sample(buf, seq, clock_us, counts, f->cells, false);
	case SIM_COLUMNS:
	case SIM_LABELLED:
	case _SIM_FORMATS:
		break;
	}
	return text_sample(f, counts, (char *)buf);
}

size_t sim_frames_tail(struct sim_frames *f, int64_t t_us, const int32_t *counts, uint8_t *buf)
{
	uint8_t whole[SIM_FRAME_MAX];
	size_t n = sim_frames_sample(f, t_us, counts, whole), kept = n / 2;

	memcpy(buf, whole + n - kept, kept);
	return kept + sim_frames_info(f, buf + kept);
}

size_t sim_frames_info(const struct sim_frames *f, uint8_t *buf)
{
	if (f->format == SIM_K1)
		return knead_k1_text_info((char *)buf, &f->info);
	if (f->format == SIM_K1B)
		return knead_k1_binary_info(buf, &f->info);
	return 0;
}

size_t sim_frames_boot(struct sim_frames *f, int64_t t_us, uint8_t *buf)
{
	static const char chatter[] = "\r\nets Jul 29 2019 12:21:46\r\n"
				      "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n"
				      "mode:DIO, clock div:1\r\n"
				      "load:0x3fff0018,len:4\r\n";

	f->seq = 0;
	f->clock_us = 300000 - t_us;
	memcpy(buf, chatter, sizeof(chatter) - 1);
	return sizeof(chatter) - 1;
}
