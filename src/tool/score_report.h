/* SPDX-License-Identifier: MIT */
/* The score as a table for people and as JSON for programs. */
#ifndef TOOL_SCORE_REPORT_H
#define TOOL_SCORE_REPORT_H

#include <stdio.h>

#include "score_count.h"

/* Both sort the errors in s. Return 0, or a negative errno. */
int score_report_table(struct score *s, FILE *out);
int score_report_json(struct score *s, FILE *out);

#endif
