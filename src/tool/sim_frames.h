/* SPDX-License-Identifier: MIT */
/* What the device writes to its port: samples in one of the formats, descriptions, boot chatter. */
#ifndef TOOL_SIM_FRAMES_H
#define TOOL_SIM_FRAMES_H

#include <knead/k1.h>

#include "sim.h"

#define SIM_FRAME_MAX 512

struct sim_frames {
	enum sim_format format;
	uint32_t cells;
	struct knead_k1_info info;
	uint64_t seq;
	int64_t clock_us; /* what the device's clock says at physical time 0 */
};

/* seq and clock_us: what the device's counter and clock say when the capture begins. */
void sim_frames_init(struct sim_frames *f, const struct sim_options *o, uint64_t seq, int64_t clock_us);

/* Writes one frame into buf of SIM_FRAME_MAX bytes; returns its length. t_us is physical time. */
size_t sim_frames_sample(struct sim_frames *f, int64_t t_us, const int32_t *counts, uint8_t *buf);
/* What a listener gets first from a device that is running already: the rest of a frame, and a description. */
size_t sim_frames_tail(struct sim_frames *f, int64_t t_us, const int32_t *counts, uint8_t *buf);
/* The description that devices send once a second; 0 where the format has none. */
size_t sim_frames_info(const struct sim_frames *f, uint8_t *buf);
/* The device starts again at t_us: its counter from 0, its clock from 0.3 s; what the boot loader prints. */
size_t sim_frames_boot(struct sim_frames *f, int64_t t_us, uint8_t *buf);

/* Whether frames are numbered, so that doubles and swaps can be told. */
bool sim_frames_numbered(const struct sim_frames *f);

#endif
