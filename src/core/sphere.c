/* SPDX-License-Identifier: MIT */
/*
 * The net load points to the place of the contact: a unit vector. Strokes need one coordinate: how far along the way the
 * place is from where the contact began. The way is the direction of the farthest place reached so far; it turns while the
 * first stroke grows and is steady from then on. Angles are small against a turn, so the chord stands for the arc.
 */
#include <math.h>
#include <string.h>

#include "sphere.h"

#define DEG_PER_RAD 57.29577951308232
#define SETTLE_US 300000 /* the origin is a mean over the onset */
#define SETTLE_SHARE 0.1
#define GROWTH 1.05 /* the way turns only for what goes clearly farther */
#define SMALLEST_MM 4.0
#define SMALLEST_DEG 3.0

static double norm(const double *v)
{
	return sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
}

void sphere_init(struct sphere *s, const struct knead_settings *settings)
{
	memset(s, 0, sizeof *s);
	s->scale = settings->radius_mm > 0 ? settings->radius_mm : DEG_PER_RAD;
	s->smallest = settings->radius_mm > 0 ? SMALLEST_MM : SMALLEST_DEG;
	for (uint32_t i = 0; i < KNEAD_CELLS_MAX; i++) {
		double length = norm(settings->cell_xyz[i]);

		for (int k = 0; k < 3; k++)
			s->axis_of[i][k] = length > 0 ? settings->cell_xyz[i][k] / length : 0;
	}
}

/* Unit vector of the net load; cells that pull count as 0. */
static bool direction(const struct sphere *s, const struct force *force, uint32_t cells, double *ret)
{
	double length;

	ret[0] = ret[1] = ret[2] = 0;
	for (uint32_t i = 0; i < cells; i++)
		for (int k = 0; force->cell_n[i] > 0 && k < 3; k++)
			ret[k] += force->cell_n[i] * s->axis_of[i][k];
	length = norm(ret);
	if (!(length > 0))
		return false;
	for (int k = 0; k < 3; k++)
		ret[k] /= length;
	return true;
}

bool sphere_place(struct sphere *s, const struct force *force, uint32_t cells, double *ret)
{
	double at[3], way[3], far;

	if (!direction(s, force, cells, at))
		return false;
	if (!s->begun) {
		s->begun = true;
		s->begun_us = force->t_us;
		s->reach = 0;
		memcpy(s->origin, at, sizeof s->origin);
		memset(s->along, 0, sizeof s->along);
	}
	for (int k = 0; k < 3; k++) {
		if (force->t_us - s->begun_us < SETTLE_US)
			s->origin[k] += SETTLE_SHARE * (at[k] - s->origin[k]);
		way[k] = (at[k] - s->origin[k]) * s->scale;
	}
	far = norm(way);
	if (far > s->smallest && far > GROWTH * s->reach) {
		s->reach = far;
		for (int k = 0; k < 3; k++)
			s->along[k] = way[k] / far;
	}
	*ret = way[0] * s->along[0] + way[1] * s->along[1] + way[2] * s->along[2];
	return true;
}
