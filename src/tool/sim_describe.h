/* SPDX-License-Identifier: MIT */
/* The header of a simulated capture: all that a replay must know of the device. */
#ifndef TOOL_SIM_DESCRIBE_H
#define TOOL_SIM_DESCRIBE_H

#include "sim_cells.h"

/*
 * Returns the header, owned by the caller, or NULL when out of memory. zero_raw: what each cell reads unloaded, where that
 * must be known from before; else NULL.
 */
cJSON *sim_describe(
	const struct sim_options *o, const struct sim_cells *cells, int baud, double delay_ms, const double *zero_raw);

#endif
