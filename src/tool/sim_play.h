/* SPDX-License-Identifier: MIT */
/* A simulated device that one can open: a pseudo-terminal on which the stream is played as it would come. */
#ifndef TOOL_SIM_PLAY_H
#define TOOL_SIM_PLAY_H

#include "sim.h"

/*
 * Makes a pseudo-terminal, a symbolic link at link_path to it, and plays captures of o, one after the other with seeds
 * counting up, speed times as fast as the clock, until SIGINT or SIGTERM, or for for_s seconds of stream time unless that
 * is 0. Takes the link away at the end. Nobody needs to listen: what is not read in time is lost, as on a real port.
 * Returns 0, or a negative errno with a sentence in ret_why.
 */
int sim_play(
	const struct sim_options *o, const char *link_path, double speed, double for_s, char *ret_why, size_t why_size);

#endif
