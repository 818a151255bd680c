/* SPDX-License-Identifier: MIT */
/*
 * Line 1 of a simulated capture. The keys under "device" are those of the configuration, so that the capture replays by
 * itself; "note" tells how to make the same capture again.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim_describe.h"

#define CAPACITY_N 1000

/* Numbers in one string, separated by commas; vectors of size numbers each. */
static const char *list(char *buf, size_t buf_size, const double *value, uint32_t count, uint32_t size)
{
	size_t n = 0;

	buf[0] = '\0';
	for (uint32_t i = 0; i < count * size && n < buf_size; i++)
		n += (size_t)snprintf(buf + n, buf_size - n, "%s%.*f", i > 0 ? "," : "", size > 1 ? 4 : 2, value[i]);
	return buf;
}

/* Every call below may fail for want of memory; one that did leaves a key out, which the last check finds. */
static void add_geometry(cJSON *device, const struct sim_options *o, const struct sim_cells *cells)
{
	char buf[768];
	double degrees[KNEAD_CELLS_MAX];

	cJSON_AddStringToObject(device, "geometry", knead_geometry_to_str(o->geometry));
	switch (o->geometry) {
	case KNEAD_GEOMETRY_LINE:
		cJSON_AddStringToObject(device, "cell_mm", list(buf, sizeof(buf), cells->place_mm, o->cells, 1));
		break;
	case KNEAD_GEOMETRY_RING:
		for (uint32_t i = 0; i < o->cells; i++)
			degrees[i] = cells->angle_rad[i] * 180 / M_PI;
		cJSON_AddStringToObject(device, "cell_deg", list(buf, sizeof(buf), degrees, o->cells, 1));
		cJSON_AddNumberToObject(device, "radius_mm", SIM_RADIUS_MM);
		break;
	case KNEAD_GEOMETRY_SPHERE:
		cJSON_AddStringToObject(device, "cell_xyz", list(buf, sizeof(buf), cells->axis[0], o->cells, 3));
		cJSON_AddNumberToObject(device, "radius_mm", SIM_RADIUS_MM);
		break;
	case KNEAD_GEOMETRY_NONE:
	case _KNEAD_GEOMETRIES:
		break;
	}
}

cJSON *sim_describe(
	const struct sim_options *o, const struct sim_cells *cells, int baud, double delay_ms, const double *zero_raw)
{
	cJSON *header = cJSON_CreateObject(), *device = cJSON_AddObjectToObject(header, "device");
	char note[128], zeros[768];

	cJSON_AddNumberToObject(header, "baud", baud);
	cJSON_AddStringToObject(device, "format", sim_format_to_str(o->format));
	cJSON_AddStringToObject(device, "unit", "counts");
	cJSON_AddNumberToObject(device, "cells", o->cells);
	cJSON_AddNumberToObject(device, "counts_per_n", o->counts_per_n);
	cJSON_AddNumberToObject(device, "capacity_n", CAPACITY_N);
	cJSON_AddNumberToObject(device, "rate_hz", o->rate_hz);
	cJSON_AddNumberToObject(device, "delay_ms", round(delay_ms * 1000) / 1000);
	if (zero_raw)
		cJSON_AddStringToObject(device, "zero_raw", list(zeros, sizeof(zeros), zero_raw, o->cells, 1));
	add_geometry(device, o, cells);
	cJSON_AddStringToObject(device, "profile", knead_profile_to_str(o->profile));
	snprintf(note, sizeof(note), "simulated: scenario %s, stratum %s, seed %llu", sim_scenario_to_str(o->scenario),
		sim_stratum_to_str(o->stratum), (unsigned long long)o->seed);
	if (!cJSON_AddStringToObject(header, "note", note) || !cJSON_HasObjectItem(device, "profile")) {
		cJSON_Delete(header);
		return NULL;
	}
	return header;
}
