/* SPDX-License-Identifier: MIT */
/*
 * seq wraps at 2^16, t_us at 2^32 (71.6 minutes). A frame that is not plainly the next one is one of these:
 *
 *	late or double	seq a few back (or the same), t_us a little back	goes out as it is, older than the last one
 *	wrap or loss	t_us forward, past 2^32 at most by what the host's clock saw pass	lost samples counted
 *	restart		t_us back otherwise					time goes on from here, marked
 */
#include "k1_time.h"

#define LATE_SEQ_MAX 8
#define LATE_US_MAX 2000000
#define WRAP_US_MAX 10000000 /* a wrap without arrival times is believed when it is at most this far ahead */
#define ARRIVAL_SLACK_US 2000000

/* Whether t_us, numerically below the last one, went forward through 2^32 rather than back to a new start. */
static bool k1_is_wrap(const struct k1_state *k1, uint32_t step_us, int64_t rx_us)
{
	int64_t passed_us;

	if (step_us <= WRAP_US_MAX)
		return true;
	if (rx_us == KNEAD_RX_UNKNOWN || k1->rx_us == KNEAD_RX_UNKNOWN)
		return false;
	passed_us = rx_us - k1->rx_us;
	return (int64_t)step_us > passed_us - ARRIVAL_SLACK_US - passed_us / 8 &&
	       (int64_t)step_us < passed_us + ARRIVAL_SLACK_US + passed_us / 8;
}

static void k1_restart(struct frame *f, struct knead_sample *ret)
{
	ret->restarted = true;
	f->stats.restarts++;
	f->k1.device_us++;
	f->k1.seq++;
}

void k1_time_odd(struct frame *f, uint16_t seq, uint32_t t_us, struct knead_sample *ret)
{
	struct k1_state *k1 = &f->k1;
	uint32_t step_us = t_us - k1->last_t_us, back_us = k1->last_t_us - t_us;
	uint16_t step = (uint16_t)(seq - k1->last_seq), back = (uint16_t)(k1->last_seq - seq);

	k1->cells = ret->cells;
	if (!k1->known) {
		k1->device_us = t_us;
		k1->seq = seq;
	} else if (back <= LATE_SEQ_MAX && back_us <= LATE_US_MAX) {
		ret->device_us = k1->device_us - back_us;
		ret->seq = k1->seq - back;
		return;
	} else if (t_us > k1->last_t_us || k1_is_wrap(k1, step_us, f->rx_us)) {
		k1->device_us += step_us;
		k1->seq += step;
		f->stats.lost_seq += step > 0 ? step - 1u : 0;
	} else {
		k1_restart(f, ret);
	}
	k1->known = true;
	k1->last_seq = seq;
	k1->last_t_us = t_us;
	k1->rx_us = f->rx_us;
	ret->device_us = k1->device_us;
	ret->seq = k1->seq;
}
