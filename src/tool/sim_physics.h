/* SPDX-License-Identifier: MIT */
/* From the timeline to the contact force and position, step by step. */
#ifndef TOOL_SIM_PHYSICS_H
#define TOOL_SIM_PHYSICS_H

#include "sim_rand.h"
#include "sim_timeline.h"

/* What the body adds, all of it slow. */
struct sim_slow {
	double part, extra_n, x_mm, y_mm, turns; /* of the load; heartbeat; wander of the place; breaths taken */
};

struct sim_physics {
	const struct sim_timeline *tl;
	const struct sim_act *act; /* the running one, or the next */
	const struct sim_act *acts_end;
	struct sim_rand rand;
	double dt_s;
	bool running; /* act has begun */
	struct sim_track level, position;
	size_t dip; /* first dip of the act that is not over */
	/* body: redrawn every few milliseconds, straight lines in between */
	uint32_t slow_steps, slow_left;
	double slow_dt_s;
	struct sim_slow now, step;
	double sway_raw, sway, place_raw, place, breath_phase, breath_wander, heart_phase;
	double tremor_cos, tremor_sin, turn_cos, turn_sin; /* a phasor, turned a little each step */
};

/* tl must outlive p; steps are dt_s long. */
void sim_physics_init(struct sim_physics *p, const struct sim_timeline *tl, uint64_t seed, double dt_s);

/* Whether steps up to to_s must be made: false means that there is no force, and no need to step. */
bool sim_physics_active(const struct sim_physics *p, double to_s);

/*
 * What is at t_s, one step after the last call, or any later when not active until then. Returns the act that
 * ended with this step, for what it leaves behind, or NULL.
 */
const struct sim_act *sim_physics_step(struct sim_physics *p, double t_s, struct sim_moment *ret);

#endif
