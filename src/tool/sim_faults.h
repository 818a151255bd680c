/* SPDX-License-Identifier: MIT */
/* What goes wrong between the converter and the port: samples that are lost, and stretches without any. */
#ifndef TOOL_SIM_FAULTS_H
#define TOOL_SIM_FAULTS_H

#include "sim.h"
#include "sim_rand.h"
#include "sim_timeline.h"

#define SIM_OUTAGES_MAX 8

/* No true sample is sent from from_s to to_s. */
struct sim_outage {
	double from_s, to_s;
	bool restarts; /* the device was off, and starts with boot chatter */
	bool unplugged; /* the port itself is gone */
	bool stuck; /* samples come, all with the reading from before */
};

struct sim_faults {
	double drop_chance, bursts_per_s, burst_max_s, duplicate_chance, reorder_chance; /* per sample, or as named */
	double boot_s; /* the device is switched on then; 0: it was on */
	struct sim_outage outage[SIM_OUTAGES_MAX]; /* in order, apart from one another */
	size_t outages;
};

bool sim_has_fault(const struct sim_options *o, enum sim_fault fault);

/* numbered: whether frames are, so that doubles and swaps can be told. */
void sim_faults_plan(struct sim_faults *f, const struct sim_options *o, const struct sim_timeline *tl, bool numbered,
	struct sim_rand *rand);

#endif
