/* SPDX-License-Identifier: MIT */
/* A wrong zero or scale is wrong for days: what is in doubt is refused, with the reason. */
#include <math.h>

#include "weigh.h"

#define QUIET_N 0.5 /* most standard deviation of a quiet sensor */
#define STEADY_SHARE 0.005 /* ... or, under a weight or an unknown scale, this share of what it reads */
#define WEIGHT_SDS 20 /* a weight that is less than so many deviations says nothing */
#define LEAST_SHARE 0.01 /* of full scale: a lighter weight says too little */

static enum weigh_verdict say(enum weigh_verdict verdict, const char *sentence, const char **ret_why)
{
	*ret_why = sentence;
	return verdict;
}

static enum weigh_verdict is_steady(
	const struct weigh *w, const struct knead_measurement *m, bool weighs, const char **ret_why)
{
	double limit_n = QUIET_N;

	if (weighs || !w->calibrated)
		limit_n = fmax(limit_n, STEADY_SHARE * fabs(m->force_n));
	if (m->saturated)
		return say(WEIGH_SATURATED, "the converter is at its limit: overload, or a wire is off", ret_why);
	if (m->sd_n > limit_n)
		return say(WEIGH_UNSTEADY, "the readings do not stand still", ret_why);
	return say(WEIGH_GOOD, "", ret_why);
}

enum weigh_verdict weigh_zero(
	const struct weigh *w, const struct knead_measurement *m, bool under_load, const char **ret_why)
{
	enum weigh_verdict verdict = is_steady(w, m, false, ret_why);

	if (verdict == WEIGH_SATURATED)
		return verdict;
	if (m->loaded && !under_load)
		return say(WEIGH_LOADED, "something is on it: take it off, or set the zero by force", ret_why);
	if (verdict == WEIGH_GOOD && w->capacity_n > 0 && w->zero_known && fabs(m->force_n) > w->capacity_n)
		return say(WEIGH_IMPLAUSIBLE, "the zero would move by more than capacity_n", ret_why);
	return verdict;
}

enum weigh_verdict weigh_point(const struct weigh *w, const struct knead_measurement *m, const char **ret_why)
{
	return is_steady(w, m, true, ret_why);
}

enum weigh_verdict weigh_factor(
	const struct weigh *w, double known_n, double read_n, double sd_n, double *ret_factor, const char **ret_why)
{
	double factor = read_n / known_n;

	if (w->capacity_n > 0 && fabs(known_n) < LEAST_SHARE * w->capacity_n)
		return say(WEIGH_IMPLAUSIBLE, "the weight is less than 1 % of capacity_n: take a heavier one", ret_why);
	if (read_n == 0 || fabs(read_n) < WEIGHT_SDS * sd_n)
		return say(WEIGH_IMPLAUSIBLE, "the weight hardly shows in the readings: is it on the device?", ret_why);
	if (!isfinite(factor) || factor == 0)
		return say(WEIGH_IMPLAUSIBLE, "no scale comes of these readings", ret_why);
	*ret_factor = factor;
	return say(WEIGH_GOOD, "", ret_why);
}
