/* SPDX-License-Identifier: MIT */
/*
 * The timeline of a simulated capture: what the person does and when, as acts one after the other. An act is a stretch
 * of physical time outside of which the device is not touched; within it force level and position move between values
 * along minimum-jerk paths, and body, dips and vibration shape them.
 */
#ifndef TOOL_SIM_TIMELINE_H
#define TOOL_SIM_TIMELINE_H

#include "labels.h"
#include "sim.h"
#include "sim_body.h"

/* From t_s on, go to a new value within ramp_s. The next move must not begin before this one is through. */
struct sim_move {
	double t_s, ramp_s, to;
};

/* The load falls away by a part of it for a moment: 1 - depth exp(-(t - t_s)^2 / (2 sigma_s^2)). */
struct sim_dip {
	double t_s, sigma_s, depth;
};

struct sim_slice {
	size_t first, count;
};

enum sim_act_kind {
	SIM_ACT_MOVES, /* force as the moves say */
	SIM_ACT_DROP, /* something falls on the device: peak_n, ringing, gone */
};

struct sim_act {
	enum sim_act_kind kind;
	double start_s, end_s; /* no force outside */
	struct sim_slice levels, positions, dips;
	double place_mm; /* about which it happens: positions below are relative to it */
	double position_mm; /* at the start */
	double peak_n; /* SIM_ACT_DROP */
	double settle_n; /* by how much it moves the zero once it is over */
	struct sim_body body;
	/* force along the travel: 1 + slope u + bump exp(-((u - bump_at) / bump_width)^2 / 2), u = position / half_mm */
	double half_mm, slope, bump, bump_at, bump_width;
	double orbit_mm, orbit_hz; /* circles and pin-and-stretch: slow movement about the place, */
	bool round; /* in a circle, or there and back */
	double stretch, stretch_hz; /* part of the load that swings with it */
	double gun_start_s, gun_end_s, gun, gun_hz; /* massage gun: depth and rate of its vibration */
};

/* What the generator knows better than any reading of the force: rolls, vibration, drops. */
struct sim_mark {
	enum label_kind kind;
	double start_s, end_s;
	uint32_t count; /* strokes */
};

struct sim_timeline {
	int error; /* 0, or the first -ENOMEM of the calls below */
	struct sim_act *act;
	struct sim_move *level, *position;
	struct sim_dip *dip;
	struct sim_mark *mark;
	size_t acts, acts_size, levels, levels_size, positions, positions_size, dips, dips_size, marks, marks_size;
};

/*
 * Opens an act at t_s; the calls below add to the newest one. Returns it, to be filled until the next act is opened, or
 * NULL when out of memory.
 */
struct sim_act *sim_timeline_begin(struct sim_timeline *tl, enum sim_act_kind kind, double t_s);
void sim_timeline_level(struct sim_timeline *tl, double t_s, double ramp_s, double to_n);
void sim_timeline_position(struct sim_timeline *tl, double t_s, double ramp_s, double to_mm);
void sim_timeline_dip(struct sim_timeline *tl, double t_s, double sigma_s, double depth);
void sim_timeline_end(struct sim_timeline *tl, double t_s);
void sim_timeline_mark(struct sim_timeline *tl, enum label_kind kind, double start_s, double end_s, uint32_t count);
void sim_timeline_deinit(struct sim_timeline *tl);

/* What truly is at one instant. */
struct sim_moment {
	double force_n;
	double calm_n; /* the same without what is quick and no movement: dips, tremor, vibration */
	double x_mm, y_mm; /* the place of the contact: along the way that rolls take, and across it */
	double turns; /* breaths taken since some moment of this act */
};

/* A value on its way through the moves of an act. */
struct sim_track {
	const struct sim_move *move;
	size_t left; /* moves not yet begun */
	double from, to, t_s, ramp_s;
};

void sim_track_start(struct sim_track *track, const struct sim_move *moves, size_t count, double value);
/* The value at t_s, which must not go back. Minimum jerk (Flash and Hogan 1985): 10 u^3 - 15 u^4 + 6 u^5. */
double sim_track_at(struct sim_track *track, double t_s);

#endif
