/* SPDX-License-Identifier: MIT */
/* What the framing says of itself. */
#include "frame_internal.h"

const struct knead_frame_stats *frame_stats(const struct frame *f)
{
	return &f->stats;
}

const char *frame_format(const struct frame *f)
{
	return f->format ? f->format->name : NULL;
}

const struct knead_k1_info *frame_info(const struct frame *f)
{
	return f->has_info ? &f->info : NULL;
}

enum knead_unit frame_unit(const struct frame *f)
{
	return f->unit;
}

uint64_t frame_problems(const struct frame *f)
{
	return f->problems;
}

const char *frame_problem(const struct frame *f)
{
	return f->problem[0] != '\0' ? f->problem : NULL;
}
