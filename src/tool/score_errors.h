/* SPDX-License-Identifier: MIT */
/* Errors of one quantity, kept whole so that their quantiles are exact. */
#ifndef TOOL_SCORE_ERRORS_H
#define TOOL_SCORE_ERRORS_H

#include <stddef.h>

struct score_errors {
	double *item; /* without sign; owned */
	size_t count, size;
};

int score_errors_add(struct score_errors *e, double error); /* its size counts, not its sign. 0 or -ENOMEM */
void score_errors_deinit(struct score_errors *e); /* frees and resets to empty */

/* The error that the fraction q of all does not exceed (nearest rank; 0.5 is the median); NAN without any. Sorts them. */
double score_quantile(struct score_errors *e, double q);

#endif
