/* SPDX-License-Identifier: MIT */
/*
 * Cells that say the same for ever: a wire is off, a converter hangs. A converter of full resolution is never still, so that two
 * seconds of one value are no force; how still it may be is learned while idle, because a straight ramp differs from reading
 * to reading without any noise. What such a cell said last is no force either: it counts as unloaded until it moves again.
 * At the end of its range a converter is still by nature: more load than it can say goes on being a load, and is flagged; only
 * after half a minute it is taken for a wire that is off.
 */
#include "calib.h"

#define STUCK_MS ((2 * KNEAD_US_PER_S) >> CALIB_MS_SHIFT)
#define RAIL_STUCK_MS ((30 * KNEAD_US_PER_S) >> CALIB_MS_SHIFT)
#define LOOKED_MIN 64 /* samples before the channel is known to be lively */
#define LOOKED_MAX 1024
#define LIVELY_MS 300

/* Which cells usually differ from sample to sample; called often enough that one that has just stopped is still among them. */
static void learn_lively(struct calib *c, uint32_t now_ms)
{
	for (uint32_t i = 0; i < c->cells; i++) {
		if (c->changes[i] > 0)
			c->ever |= 1u << i;
		if (now_ms - c->changed_ms[i] > LIVELY_MS || c->looked < LOOKED_MIN)
			continue;
		c->lively &= ~(1u << i);
		c->lively |= (uint32_t)(2u * c->changes[i] >= c->looked) << i;
	}
	if (c->looked < LOOKED_MAX)
		return;
	c->looked /= 2;
	for (uint32_t i = 0; i < c->cells; i++)
		c->changes[i] /= 2;
}

bool calib_find_stuck(struct calib *c, int64_t t_us, struct calib_stuck *ret)
{
	uint32_t now_ms = (uint32_t)(t_us >> CALIB_MS_SHIFT), suspects;

	if (!c->counts)
		return false;
	learn_lively(c, now_ms);
	if (c->state != CALIB_READY)
		return false;
	/* one that has never moved beside others that do is dead as well */
	suspects = (c->lively | (c->lively ? ~c->ever : 0)) & ~c->dead;
	for (uint32_t i = 0; i < c->cells; i++) {
		bool rail = calib_on_rail((double)c->b->raw[i]) && (c->ever >> i & 1);

		if (!(suspects >> i & 1) || now_ms - c->changed_ms[i] < (rail ? RAIL_STUCK_MS : STUCK_MS))
			continue;
		c->dead |= 1u << i;
		c->dead_raw[i] = c->b->raw[i];
		*ret = (struct calib_stuck){
			.cell = i,
			.rail = rail,
			.since_us = (int64_t)c->changed_ms[i] << CALIB_MS_SHIFT,
			.force_n = ((double)c->dead_raw[i] - c->zero.use[i]) * c->n_per_raw[i],
		};
		return true;
	}
	return false;
}

bool calib_revive(struct calib *c, const struct knead_sample *sample)
{
	uint32_t before = c->dead;

	for (uint32_t i = 0; c->dead >> i && i < sample->cells; i++)
		if ((float)sample->raw[i] != c->dead_raw[i] && !(sample->invalid_cells >> i & 1))
			c->dead &= ~(1u << i);
	return c->dead != before;
}
