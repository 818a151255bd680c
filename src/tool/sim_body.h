/* SPDX-License-Identifier: MIT */
/* What a body and the device under it do while they are pressed: drawn once per act. */
#ifndef TOOL_SIM_BODY_H
#define TOOL_SIM_BODY_H

/* All zero for acts too short for it. */
struct sim_body {
	/* relaxation: two exponentials of tissue, one of the device, as far as the posture lets them show (relax) */
	double relax, fast_part, fast_s, slow_part, slow_s, device_part, device_s;
	/* or, where slope is not 0, a straight line in log-log which breaks to a second slope softens_s after the touch */
	double slope, softens_s, slope_then;
	double breath, breath_hz, sway, sway_s, tremor, tremor_hz, heart_n, heart_hz;
};

/* What is left of the load t_s after the touch, 1 at 0. */
double sim_body_relaxed(const struct sim_body *b, double t_s);

#endif
