/* SPDX-License-Identifier: MIT */
/*
 * The judgement behind tare and calibration: whether one second of samples may become a zero or a scale, and which. Pure; shared
 * by the daemon's commands and the guided calibration of the tool, so that both refuse the same things.
 */
#ifndef APP_WEIGH_H
#define APP_WEIGH_H

#include <knead/control.h>

enum weigh_verdict {
	WEIGH_GOOD,
	WEIGH_SATURATED,
	WEIGH_LOADED,
	WEIGH_UNSTEADY, /* another second may be better */
	WEIGH_IMPLAUSIBLE,
	WEIGH_NO_ZERO,
	_WEIGH_VERDICTS,
};

/* What the verdicts are about: the device as it is set now. */
struct weigh {
	double capacity_n; /* 0 = unknown */
	bool calibrated; /* the scale is known, so that newtons mean something */
	bool zero_known;
};

/* May the mean become the zero? under_load: whatever lies on it is part of it. ret_why is a sentence for the user, or "". */
enum weigh_verdict weigh_zero(
	const struct weigh *w, const struct knead_measurement *m, bool under_load, const char **ret_why);

/* Is the mean fit to be one point of a calibration? */
enum weigh_verdict weigh_point(const struct weigh *w, const struct knead_measurement *m, const char **ret_why);

/*
 * The factor on every cell's counts per newton, from a load of known_n that reads as read_n by the scale in force; both are
 * differences where two points are used. sd_n is the deviation while it was read.
 */
enum weigh_verdict weigh_factor(
	const struct weigh *w, double known_n, double read_n, double sd_n, double *ret_factor, const char **ret_why);

#endif
