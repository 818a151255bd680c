/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "sim_body.h"

static double on_lines(const struct sim_body *b, double t_s)
{
	double broken = log1p(fmin(t_s, b->softens_s));

	return exp(-b->slope * broken - b->slope_then * (log1p(t_s) - broken));
}

double sim_body_relaxed(const struct sim_body *b, double t_s)
{
	double device = b->device_part * (1 - exp(-t_s / b->device_s)), tissue;

	if (b->slope > 0)
		return on_lines(b, t_s);
	tissue = b->fast_part * (1 - exp(-t_s / b->fast_s)) + b->slow_part * (1 - exp(-t_s / b->slow_s));
	return 1 - b->relax * (tissue + device);
}
