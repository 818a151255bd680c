/* SPDX-License-Identifier: MIT */
/* The options of the simulator: their names, and which of them go together. */
#include <errno.h>
#include <stdio.h>

#include "sim.h"

#define NAME(table, i) ((unsigned)(i) < sizeof(table) / sizeof((table)[0]) ? (table)[i] : NULL)

const char *sim_stratum_to_str(enum sim_stratum_id stratum)
{
	static const char *const names[_SIM_STRATA] = { "s0", "s1", "s2", "s3" };

	return NAME(names, stratum);
}

const char *sim_format_to_str(enum sim_format format)
{
	static const char *const names[_SIM_FORMATS] = { "k1", "k1b", "columns", "labelled" };

	return NAME(names, format);
}

const char *sim_fault_to_str(enum sim_fault fault)
{
	static const char *const names[_SIM_FAULTS] = { "dropout", "duplicate", "reorder", "stall", "spike", "reset",
		"gap", "wrap", "reconnect", "boot", "stuck", "saturate", "rate", "dead", "swap" };

	return NAME(names, fault);
}

/* How many cells a geometry takes. */
static const struct {
	uint32_t least, most;
} cells_of[_KNEAD_GEOMETRIES] = {
	[KNEAD_GEOMETRY_NONE] = { 1, KNEAD_CELLS_MAX },
	[KNEAD_GEOMETRY_LINE] = { 2, 8 },
	[KNEAD_GEOMETRY_RING] = { 3, 12 },
	[KNEAD_GEOMETRY_SPHERE] = { 4, 14 },
};

int sim_options_check(const struct sim_options *o, char *ret_why, size_t why_size)
{
	if (o->cells < cells_of[o->geometry].least || o->cells > cells_of[o->geometry].most) {
		snprintf(ret_why, why_size, "--cells: geometry %s takes %u to %u cells",
			knead_geometry_to_str(o->geometry), cells_of[o->geometry].least, cells_of[o->geometry].most);
		return -EINVAL;
	}
	if (o->cells < 2 && o->faults & (1u << SIM_FAULT_DEAD | 1u << SIM_FAULT_SWAP)) {
		snprintf(ret_why, why_size, "--fault: %s takes two cells or more",
			sim_fault_to_str(o->faults & 1u << SIM_FAULT_DEAD ? SIM_FAULT_DEAD : SIM_FAULT_SWAP));
		return -EINVAL;
	}
	if (o->length_s < SIM_LENGTH_MIN_S) {
		snprintf(ret_why, why_size, "--for: a capture takes at least %g s", SIM_LENGTH_MIN_S);
		return -EINVAL;
	}
	return 0;
}
