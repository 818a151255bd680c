/* SPDX-License-Identifier: MIT */
/* Scenarios: which acts a capture is made of, and the pauses between them. */
#ifndef TOOL_SIM_SCENARIO_H
#define TOOL_SIM_SCENARIO_H

#include "sim_timeline.h"

#define SIM_LEAD_S 3.2 /* idle at the start of every capture, at least */
#define SIM_TAIL_S 3.2 /* and at its end */

/* Fills an empty timeline for options. Returns 0 or -ENOMEM; the timeline may be deinited either way. */
int sim_scenario_draft(const struct sim_options *options, struct sim_timeline *tl);

#endif
