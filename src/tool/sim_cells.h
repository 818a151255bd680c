/* SPDX-License-Identifier: MIT */
/* Where the cells sit, and how they share a force that acts at a position. */
#ifndef TOOL_SIM_CELLS_H
#define TOOL_SIM_CELLS_H

#include "sim.h"
#include "sim_rand.h"

#define SIM_RADIUS_MM 60.0 /* of rings and spheres */

/* Three neighbours on a sphere, and the rows whose products with a direction are their parts of a load from there. */
struct sim_face {
	uint32_t cell[3];
	double row[3][3];
};

#define SIM_FACES_MAX (4 * KNEAD_CELLS_MAX)

struct sim_cells {
	enum knead_geometry geometry;
	uint32_t count;
	double place_mm[KNEAD_CELLS_MAX]; /* line */
	double angle_rad[KNEAD_CELLS_MAX]; /* ring */
	double axis[KNEAD_CELLS_MAX][3]; /* sphere: unit vectors */
	struct sim_face face[SIM_FACES_MAX];
	uint32_t faces;
	double share[KNEAD_CELLS_MAX]; /* none: fixed shares, sum 1 */
	double path[3][3]; /* sphere: perpendicular unit vectors; the first two span the great circle of the travel */
};

void sim_cells_init(struct sim_cells *c, enum knead_geometry geometry, uint32_t count, struct sim_rand *rand);

/* Splits force_n at x_mm along the travel and y_mm across it among the cells; the parts sum to force_n. */
void sim_cells_share(const struct sim_cells *c, double force_n, double x_mm, double y_mm, double *ret_parts_n);

#endif
