/* SPDX-License-Identifier: MIT */
/* Place of the contact on a sphere of cells, as one coordinate along the way it goes. */
#ifndef CORE_SPHERE_H
#define CORE_SPHERE_H

#include "force.h"
#include <knead/settings.h>

struct sphere {
	double axis_of[KNEAD_CELLS_MAX][3]; /* unit vector of each cell */
	double scale; /* from radians to the unit of the coordinate: mm, or degrees without a radius */
	double smallest; /* least way that tells a direction, in that unit */
	bool begun;
	int64_t begun_us;
	double origin[3]; /* where the contact began, once it has settled */
	double along[3]; /* unit vector of the way, as far as it is known */
	double reach; /* farthest from the origin */
};

void sphere_init(struct sphere *s, const struct knead_settings *settings);

/* A contact begins: a new origin. */
static inline void sphere_begin(struct sphere *s)
{
	s->begun = false;
}

/* Coordinate of this sample in ret, 0 at the origin; false where the cells say nothing. */
bool sphere_place(struct sphere *s, const struct force *force, uint32_t cells, double *ret);

#endif
