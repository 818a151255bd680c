/* SPDX-License-Identifier: MIT */
/* The wire between device and host: a UART, a USB bridge that hands over in batches, and a host that is late. */
#ifndef TOOL_SIM_TRANSPORT_H
#define TOOL_SIM_TRANSPORT_H

#include "sim.h"
#include "sim_rand.h"
#include "sim_stratum.h"

struct sim_transport {
	struct sim_rand rand;
	double byte_s; /* one byte on the wire */
	double batch_s, phase_s; /* the bridge hands over at phase_s + n batch_s */
	double stall_chance;
	struct sim_range stall_s;
	double skew; /* the host's clock runs by 1 + skew, */
	double opened_s; /* from the opening of the port on */
	double free_s; /* when the wire is free again */
	double handover_s; /* of the bytes that wait, while chosen */
	bool chosen;
	int64_t last_us;
	uint8_t *byte; /* on their way, with the times at which they are through; owned */
	double *done_s;
	size_t waiting, size;
	uint8_t *batch; /* the one handed out; owned */
	size_t batch_size;
	int error; /* first -ENOMEM */
};

/* baud of the port; rate_hz of the samples. */
void sim_transport_init(struct sim_transport *t, const struct sim_options *o, int baud);
void sim_transport_deinit(struct sim_transport *t);

/* The device starts to send bytes at t_s; they queue behind what is being sent. */
void sim_transport_send(struct sim_transport *t, double t_s, const uint8_t *bytes, size_t n);
/* Returns whether a batch is handed over by now_s, and the batch; all that was sent before now_s has been told. */
bool sim_transport_take(struct sim_transport *t, double now_s, struct sim_batch *ret);

/* When something happens to the port itself at now_s, on the host's clock and after all that was handed over. */
int64_t sim_transport_mark_us(struct sim_transport *t, double now_s);

/* The lowest usual baud rate that bytes_per_s fill to at most 60 %. */
int sim_transport_baud(double bytes_per_s);

#endif
