/* SPDX-License-Identifier: MIT */
/* Pulse sets (holds of 5 to 20 s with short rests) and press sets (presses within 3 s of one another). */
#ifndef CORE_SETS_H
#define CORE_SETS_H

#include "emit.h"

/* A hold that has ended, as far as others need to know it. */
struct hold_ended {
	uint32_t id;
	uint32_t flags;
	int64_t start_us, end_us;
	float level_n;
	enum knead_cause cause;
};

struct sets {
	struct emit *emit;

	uint32_t pulses;
	int64_t pulses_start_us, pulses_end_us;
	double pulses_sum_s, pulses_level_n; /* level: of the first */
	uint32_t first_pulse_id; /* the others follow: any other hold closes the set */
	uint32_t pulse_flags;
	double pulse_margin; /* of the member nearest to a limit, as a part of that */

	uint32_t presses;
	int64_t presses_start_us, presses_end_us;
	uint32_t press_flags;
	double press_margin;
};

void sets_init(struct sets *s, struct emit *emit);

/* A hold ended: it continues the pulse set, or closes it and may begin another. */
void sets_hold(struct sets *s, const struct hold_ended *hold);

/* A press ended. */
void sets_press(struct sets *s, int64_t start_us, int64_t end_us, uint32_t flags);

/*
 * It is t_us; what is open and may yet become a press, a pulse, began at press_us, at pulse_us (t_us: nothing is). Closes
 * what nothing can join any more.
 */
void sets_advance(struct sets *s, int64_t t_us, int64_t press_us, int64_t pulse_us);

/* Data ended or the session is over: closes both. */
void sets_close(struct sets *s);

#endif
