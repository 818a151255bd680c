/* SPDX-License-Identifier: MIT */
/*
 * line: two neighbouring cells carry the load as the ends of a lever do, so that sum(F x) / sum(F) is the position.
 * ring: two neighbouring sectors carry it so that their forces add up to its direction.
 * sphere: three neighbours carry it in the same way, corners of the triangle through which its direction goes. Only there
 *         can be seen what goes on across the travel.
 */
#include <math.h>

#include "sim_cells.h"

#define LINE_HALF_MM 150.0

/* Points spread evenly over a sphere: the golden-angle spiral. */
static void spread_over_sphere(struct sim_cells *c)
{
	for (uint32_t i = 0; i < c->count; i++) {
		double z = 1 - (2.0 * i + 1) / c->count, r = sqrt(1 - z * z), turn = M_PI * (3 - sqrt(5)) * i;

		c->axis[i][0] = r * cos(turn);
		c->axis[i][1] = r * sin(turn);
		c->axis[i][2] = z;
	}
}

static void cross(const double *a, const double *b, double *ret)
{
	for (int k = 0; k < 3; k++)
		ret[k] = a[(k + 1) % 3] * b[(k + 2) % 3] - a[(k + 2) % 3] * b[(k + 1) % 3];
}

static double dot(const double *a, const double *b)
{
	return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* Whether no other cell lies beyond the plane through three, seen from the middle of the sphere. */
static bool is_face(const struct sim_cells *c, const uint32_t *cell, const double *normal, double height)
{
	for (uint32_t i = 0; i < c->count; i++)
		if (i != cell[0] && i != cell[1] && i != cell[2] && dot(normal, c->axis[i]) / height > 1 + 1e-9)
			return false;
	return true;
}

/* The triangle of three cells, if it is a face of the body whose corners the cells are. */
static void try_face(struct sim_cells *c, uint32_t i, uint32_t j, uint32_t k)
{
	struct sim_face face = { .cell = { i, j, k } };
	double normal[3], volume, height;

	for (int m = 0; m < 3; m++)
		cross(c->axis[face.cell[(m + 1) % 3]], c->axis[face.cell[(m + 2) % 3]], face.row[m]);
	volume = dot(face.row[0], c->axis[i]);
	for (int m = 0; m < 3; m++)
		normal[m] = face.row[0][m] + face.row[1][m] + face.row[2][m];
	height = dot(normal, c->axis[i]);
	if (fabs(volume) < 1e-9 || c->faces == SIM_FACES_MAX || !is_face(c, face.cell, normal, height))
		return;
	for (int m = 0; m < 9; m++)
		face.row[m / 3][m % 3] /= volume;
	c->face[c->faces++] = face;
}

static void find_faces(struct sim_cells *c)
{
	for (uint32_t i = 0; i < c->count; i++)
		for (uint32_t j = i + 1; j < c->count; j++)
			for (uint32_t k = j + 1; k < c->count; k++)
				try_face(c, i, j, k);
}

static void draw_path(struct sim_cells *c, struct sim_rand *rand)
{
	double turn = sim_rand_between(rand, 0, 2 * M_PI), tilt = sim_rand_between(rand, -1, 1);

	c->path[0][0] = cos(turn);
	c->path[0][1] = sin(turn);
	c->path[0][2] = 0;
	c->path[1][0] = -sin(turn) * cos(tilt);
	c->path[1][1] = cos(turn) * cos(tilt);
	c->path[1][2] = sin(tilt);
	cross(c->path[0], c->path[1], c->path[2]);
}

static void draw_shares(struct sim_cells *c, struct sim_rand *rand)
{
	double sum = 0;

	for (uint32_t i = 0; i < c->count; i++)
		sum += c->share[i] = sim_rand_between(rand, 0.5, 1.5);
	for (uint32_t i = 0; i < c->count; i++)
		c->share[i] /= sum;
}

void sim_cells_init(struct sim_cells *c, enum knead_geometry geometry, uint32_t count, struct sim_rand *rand)
{
	*c = (struct sim_cells){ .geometry = geometry, .count = count };
	draw_shares(c, rand);
	draw_path(c, rand);
	spread_over_sphere(c);
	if (geometry == KNEAD_GEOMETRY_SPHERE)
		find_faces(c);
	for (uint32_t i = 0; i < count; i++) {
		c->place_mm[i] = count > 1 ? -LINE_HALF_MM + 2 * LINE_HALF_MM * i / (count - 1) : 0;
		c->angle_rad[i] = 2 * M_PI * i / count;
	}
}

static void share_line(const struct sim_cells *c, double force_n, double position_mm, double *parts_n)
{
	double step_mm = 2 * LINE_HALF_MM / (c->count - 1), at = (position_mm + LINE_HALF_MM) / step_mm;
	uint32_t left = (uint32_t)fmax(0, fmin(c->count - 2, floor(at)));
	double part = fmax(0, fmin(1, at - left));

	parts_n[left] = force_n * (1 - part);
	parts_n[left + 1] = force_n * part;
}

static void share_ring(const struct sim_cells *c, double force_n, double position_mm, double *parts_n)
{
	double step_rad = 2 * M_PI / c->count, at = fmod(position_mm / SIM_RADIUS_MM, 2 * M_PI), beyond, a, b;
	uint32_t left;

	if (at < 0)
		at += 2 * M_PI;
	left = (uint32_t)fmin(c->count - 1, floor(at / step_rad));
	beyond = at - left * step_rad;
	a = sin(step_rad - beyond);
	b = sin(beyond);
	parts_n[left] = force_n * a / (a + b);
	parts_n[left + 1 < c->count ? left + 1 : 0] = force_n * b / (a + b);
}

static void share_sphere(const struct sim_cells *c, double force_n, double x_mm, double y_mm, double *parts_n)
{
	double along = cos(x_mm / SIM_RADIUS_MM), across = sin(x_mm / SIM_RADIUS_MM), to[3];
	double near = cos(y_mm / SIM_RADIUS_MM), aside = sin(y_mm / SIM_RADIUS_MM);

	for (int k = 0; k < 3; k++)
		to[k] = near * (along * c->path[0][k] + across * c->path[1][k]) + aside * c->path[2][k];
	for (const struct sim_face *face = c->face; face < c->face + c->faces; face++) {
		double a = dot(face->row[0], to), b = dot(face->row[1], to), d = dot(face->row[2], to);

		if (a < -1e-9 || b < -1e-9 || d < -1e-9)
			continue;
		parts_n[face->cell[0]] = force_n * a / (a + b + d);
		parts_n[face->cell[1]] = force_n * b / (a + b + d);
		parts_n[face->cell[2]] = force_n * d / (a + b + d);
		return;
	}
}

void sim_cells_share(const struct sim_cells *c, double force_n, double x_mm, double y_mm, double *ret_parts_n)
{
	for (uint32_t i = 0; i < c->count; i++)
		ret_parts_n[i] = 0;
	switch (c->geometry) {
	case KNEAD_GEOMETRY_LINE:
		share_line(c, force_n, x_mm, ret_parts_n);
		break;
	case KNEAD_GEOMETRY_RING:
		share_ring(c, force_n, x_mm, ret_parts_n);
		break;
	case KNEAD_GEOMETRY_SPHERE:
		share_sphere(c, force_n, x_mm, y_mm, ret_parts_n);
		break;
	case KNEAD_GEOMETRY_NONE:
	case _KNEAD_GEOMETRIES:
		for (uint32_t i = 0; i < c->count; i++)
			ret_parts_n[i] = force_n * c->share[i];
		break;
	}
}
