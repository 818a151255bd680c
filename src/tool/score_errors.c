/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include "array.h"
#include "score_errors.h"

int score_errors_add(struct score_errors *e, double error)
{
	return ARRAY_ADD(e->item, e->count, e->size, fabs(error));
}

void score_errors_deinit(struct score_errors *e)
{
	free(e->item);
	*e = (struct score_errors){ 0 };
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double score_quantile(struct score_errors *e, double q)
{
	double rank = ceil(q * (double)e->count);

	if (e->count == 0)
		return NAN;
	qsort(e->item, e->count, sizeof(*e->item), compare);
	return e->item[rank < 1 ? 0 : (size_t)rank - 1];
}
