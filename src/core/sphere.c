/* SPDX-License-Identifier: MIT */
/*
 * The net load points to the place of the contact: a unit vector. Strokes need one coordinate: how far along the way the
 * place is from where the contact began. The way is the direction of the farthest place reached so far; it turns while the
 * first stroke grows and is steady from then on. Angles are small against a turn, so the chord stands for the arc. In a circle the
 * direction of the movement turns one way all the time (detection.md 10): that is what tells it from strokes.
 */
#include <math.h>
#include <string.h>

#include "sphere.h"

#define DEG_PER_RAD 57.29577951308232
#define SETTLE_US 300000 /* the origin is a mean over the onset */
#define SETTLE_SHARE 0.1
#define GROWTH 1.05 /* the way turns only for what goes clearly farther */
#define PLACE_US 100000
#define SMALLEST_MM 4.0
#define SMALLEST_DEG 3.0

static double norm(double x, double y, double z)
{
	return sqrt(x * x + y * y + z * z);
}

void sphere_init(struct sphere *s, const struct knead_settings *settings)
{
	memset(s, 0, sizeof *s);
	s->scale = (float)(settings->radius_mm > 0 ? settings->radius_mm : DEG_PER_RAD);
	s->smallest = settings->radius_mm > 0 ? SMALLEST_MM : SMALLEST_DEG;
}

void sphere_axis(const double *xyz, float *ret)
{
	double length = norm(xyz[0], xyz[1], xyz[2]);

	for (int k = 0; k < 3; k++)
		ret[k] = length > 0 ? (float)(xyz[k] / length) : 0;
}

/* Unit vector of the net load; cells that pull count as 0. */
static bool direction(const float (*axis)[3], const struct force *force, uint32_t cells, double *ret)
{
	double length;

	ret[0] = ret[1] = ret[2] = 0;
	for (uint32_t i = 0; i < cells; i++)
		for (int k = 0; force->cell_n[i] > 0 && k < 3; k++)
			ret[k] += force->cell_n[i] * axis[i][k];
	length = norm(ret[0], ret[1], ret[2]);
	if (!(length > 0))
		return false;
	for (int k = 0; k < 3; k++)
		ret[k] /= length;
	return true;
}

/* One more place of 100 ms: the step to it, and how far it turned from the step before, seen from outside. */
static void turn(struct sphere *s, const float *place)
{
	float step[3];
	double cross = 0;

	for (int k = 0; k < 3; k++)
		step[k] = place[k] - s->turn.place[k];
	if (s->turn.places > 1) {
		for (int k = 0; k < 3; k++) {
			int l = (k + 1) % 3, m = (k + 2) % 3;

			cross += s->origin[k] * (s->turn.step[l] * step[m] - s->turn.step[m] * step[l]);
		}
		s->turn.crossed += (float)cross;
		s->turn.size += (float)(norm(s->turn.step[0], s->turn.step[1], s->turn.step[2]) *
					norm(step[0], step[1], step[2]));
		s->turn.steps++;
	}
	memcpy(s->turn.step, step, sizeof step);
	memcpy(s->turn.place, place, sizeof s->turn.place);
	s->turn.places += s->turn.places < 2;
}

static void follow_turn(struct sphere *s, int64_t t_us, const double *way)
{
	float place[3];

	for (int k = 0; k < 3; k++)
		s->turn.sum[k] += (float)way[k];
	s->turn.samples++;
	if (t_us - s->turn.since_us < PLACE_US)
		return;
	for (int k = 0; k < 3; k++) {
		place[k] = s->turn.sum[k] / (float)s->turn.samples;
		s->turn.sum[k] = 0;
	}
	s->turn.samples = 0;
	s->turn.since_us = t_us;
	turn(s, place);
}

double sphere_turned_rad(struct sphere *s)
{
	double turned_rad = s->turn.size > 0 ? s->turn.steps * s->turn.crossed / s->turn.size : 0;

	s->turn.crossed = s->turn.size = 0;
	s->turn.steps = 0;
	return turned_rad;
}

bool sphere_place(struct sphere *s, const float (*axis)[3], const struct force *force, uint32_t cells, double *ret)
{
	double at[3], way[3], far;

	if (!direction(axis, force, cells, at))
		return false;
	if (!s->begun) {
		s->begun = true;
		s->begun_us = force->t_us;
		s->reach = 0;
		for (int k = 0; k < 3; k++)
			s->origin[k] = (float)at[k];
		memset(s->along, 0, sizeof s->along);
		memset(&s->turn, 0, sizeof s->turn);
		s->turn.since_us = force->t_us;
	}
	for (int k = 0; k < 3; k++) {
		if (force->t_us - s->begun_us < SETTLE_US)
			s->origin[k] += (float)(SETTLE_SHARE * (at[k] - s->origin[k]));
		way[k] = (at[k] - s->origin[k]) * s->scale;
	}
	follow_turn(s, force->t_us, way);
	far = norm(way[0], way[1], way[2]);
	if (far > s->smallest && far > GROWTH * s->reach) {
		s->reach = (float)far;
		for (int k = 0; k < 3; k++)
			s->along[k] = (float)(way[k] / far);
	}
	*ret = way[0] * s->along[0] + way[1] * s->along[1] + way[2] * s->along[2];
	return true;
}
