/* SPDX-License-Identifier: MIT */
/* Counter and clock of K1, text and binary: unwrapped, and what they say of loss and restart. */
#ifndef CORE_K1_TIME_H
#define CORE_K1_TIME_H

#include "frame_internal.h"

#define K1_STEP_US 10000000 /* a plain next frame comes within this time */

/* Fills seq, device_us, restarted and the like of *ret for a frame that is not plainly the next. */
void k1_time_odd(struct frame *f, uint16_t seq, uint32_t t_us, struct knead_sample *ret);

/* Reads a description: the fields of the KI line after its tag, without the checksum. */
bool k1_info_read(struct frame *f, const uint8_t *p, size_t n);

static inline void k1_time(struct frame *f, uint16_t seq, uint32_t t_us, struct knead_sample *ret)
{
	struct k1_state *k1 = &f->k1;
	uint32_t step_us = t_us - k1->last_t_us;

	ret->invalid_cells = 0;
	ret->saturated = false;
	ret->has_device_us = true;
	ret->has_seq = true;
	ret->restarted = false;
	ret->tared = false;
	if (!k1->known || k1->cells == 0 || (uint16_t)(seq - k1->last_seq) != 1 || step_us - 1 >= K1_STEP_US) {
		k1_time_odd(f, seq, t_us, ret);
		return;
	}
	k1->last_seq = seq;
	k1->last_t_us = t_us;
	k1->rx_us = f->rx_us;
	ret->device_us = k1->device_us += step_us;
	ret->seq = ++k1->seq;
}

#endif
