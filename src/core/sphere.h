/* SPDX-License-Identifier: MIT */
/* Place of the contact on a sphere of cells, as one coordinate along the way it goes. */
#ifndef CORE_SPHERE_H
#define CORE_SPHERE_H

#include "force.h"
#include <knead/settings.h>

struct sphere {
	float scale; /* from radians to the unit of the coordinate: mm, or degrees without a radius */
	float smallest; /* least way that tells a direction, in that unit */
	bool begun;
	int64_t begun_us;
	float origin[3]; /* where the contact began, once it has settled */
	float along[3]; /* unit vector of the way, as far as it is known */
	float reach; /* farthest from the origin */
	/* by how much the movement turns: places of 100 ms, the steps between them, the angles between those */
	struct {
		int64_t since_us;
		uint32_t samples, places, steps;
		float sum[3], place[3], step[3];
		float crossed,
			size; /* sums over the steps: product of neighbours, times the sine between them; product */
	} turn;
};

void sphere_init(struct sphere *s, const struct knead_settings *settings);

/* The unit vector of a cell that looks towards xyz; all 0 for one that looks nowhere. */
void sphere_axis(const double *xyz, float *ret);

/* A contact begins: a new origin. */
static inline void sphere_begin(struct sphere *s)
{
	s->begun = false;
}

/* Coordinate of this sample in ret, 0 at the origin; axis: of each cell. False where the cells say nothing. */
bool sphere_place(struct sphere *s, const float (*axis)[3], const struct force *force, uint32_t cells, double *ret);

/*
 * The angle in radians by which the movement has turned since the last call, fast parts counting most: about 0 for a way there
 * or back, half a turn for each half of a circle; the sign is that of the turning.
 */
double sphere_turned_rad(struct sphere *s);

#endif
