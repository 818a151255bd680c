/* SPDX-License-Identifier: MIT */
/*
 * Bytes leave the device one after the other at the baud rate. The bridge hands over whatever has come in at its ticks,
 * frames cut where they may be; the reading host wakes up a little later, and now and then much later.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "sim_transport.h"

#define JITTER_S 0.0003

int sim_transport_baud(double bytes_per_s)
{
	static const int usual[] = { 115200, 230400, 460800, 921600, 2000000, 3000000, 4000000 };
	size_t i = 0;

	while (i + 1 < sizeof(usual) / sizeof(usual[0]) && bytes_per_s * 10 > 0.6 * usual[i])
		i++;
	return usual[i];
}

void sim_transport_init(struct sim_transport *t, const struct sim_options *o, int baud)
{
	const struct sim_stratum *st = sim_stratum(o->stratum);
	bool timed = o->format == SIM_K1 || o->format == SIM_K1B;
	double handovers_per_s;

	*t = (struct sim_transport){ .byte_s = 10.0 / baud, .stall_chance = st->stall_chance, .stall_s = st->stall_s };
	sim_rand_init(&t->rand, o->seed, 4);
	t->batch_s = sim_rand_chance(&t->rand, st->slow_batch_chance) ? 0.016 : 0.001;
	t->phase_s = t->batch_s * sim_rand_uniform(&t->rand);
	/* Where the device has a clock, that is the time of the labels, and the host's is the wrong one. */
	t->skew = timed ? 50e-6 * sim_rand_between(&t->rand, -1, 1) : 0;
	handovers_per_s = fmin(o->rate_hz, 1 / t->batch_s);
	if (o->faults & 1u << SIM_FAULT_STALL) {
		t->stall_chance = 0.1 / handovers_per_s;
		t->stall_s = (struct sim_range){ 0.2, 1 };
	}
}

void sim_transport_deinit(struct sim_transport *t)
{
	free(t->byte);
	free(t->done_s);
	free(t->batch);
	*t = (struct sim_transport){ 0 };
}

/* Room for n more bytes on their way. */
static int make_room(struct sim_transport *t, size_t n)
{
	size_t bigger = (t->waiting + n) * 2;
	uint8_t *byte;
	double *done_s;

	if (t->waiting + n <= t->size)
		return 0;
	byte = realloc(t->byte, bigger);
	if (byte)
		t->byte = byte;
	done_s = reallocarray(t->done_s, bigger, sizeof(*done_s));
	if (done_s)
		t->done_s = done_s;
	if (!byte || !done_s)
		return -ENOMEM;
	t->size = bigger;
	return 0;
}

void sim_transport_send(struct sim_transport *t, double t_s, const uint8_t *bytes, size_t n)
{
	if (t->error < 0 || (t->error = make_room(t, n)) < 0)
		return;
	t->free_s = fmax(t->free_s, t_s);
	for (size_t i = 0; i < n; i++) {
		t->free_s += t->byte_s;
		t->byte[t->waiting] = bytes[i];
		t->done_s[t->waiting++] = t->free_s;
	}
}

static void choose_handover(struct sim_transport *t)
{
	/* The nanosecond keeps rounding from choosing a tick just before the byte. */
	t->handover_s = t->phase_s + t->batch_s * ceil((t->done_s[0] - t->phase_s) / t->batch_s) + 1e-9;
	if (sim_rand_chance(&t->rand, t->stall_chance))
		t->handover_s += sim_rand_in(&t->rand, t->stall_s);
	t->chosen = true;
}

int64_t sim_transport_mark_us(struct sim_transport *t, double now_s)
{
	t->last_us = (int64_t)fmax((double)t->last_us, (now_s - t->opened_s) * (1 + t->skew) * 1e6);
	return t->last_us;
}

bool sim_transport_take(struct sim_transport *t, double now_s, struct sim_batch *ret)
{
	double read_s;
	size_t n = 0;

	if (t->waiting == 0 || t->error < 0)
		return false;
	if (!t->chosen)
		choose_handover(t);
	if (t->handover_s > now_s)
		return false;
	while (n < t->waiting && t->done_s[n] <= t->handover_s)
		n++;
	if (n > t->batch_size) {
		uint8_t *batch = realloc(t->batch, n);

		if (!batch) {
			t->error = -ENOMEM;
			return false;
		}
		t->batch = batch;
		t->batch_size = n;
	}
	memcpy(t->batch, t->byte, n);
	t->waiting -= n;
	memmove(t->byte, t->byte + n, t->waiting);
	memmove(t->done_s, t->done_s + n, t->waiting * sizeof(*t->done_s));
	t->chosen = false;
	read_s = t->handover_s + sim_rand_exponential(&t->rand, JITTER_S);
	sim_transport_mark_us(t, read_s);
	*ret = (struct sim_batch){ .t_us = t->last_us, .bytes = t->batch, .n = n };
	return true;
}
