/* SPDX-License-Identifier: MIT */
/* What is known of a stream and its device. */
#include <string.h>

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

static size_t tare_text(const char *text, uint8_t *ret)
{
	size_t n = strlen(text);

	memcpy(ret, text, n);
	return n;
}

/* Known of the project's own format, and of firmware that tells which it is. */
size_t frame_tare(const struct frame *f, uint8_t *ret)
{
	static const char *const texts[] = {
		[SKETCH_HX711_ADC] = "t", [SKETCH_QWIIC_SCALE] = "t", [SKETCH_GRIP_FORCE] = "RESET\n"
	};

	if (!f->format)
		return 0;
	if (strcmp(f->format->name, "k1") == 0)
		return knead_k1_text_word((char *)ret, "tare");
	if (strcmp(f->format->name, "k1b") == 0)
		return knead_k1_binary_word(ret, "tare");
	return strcmp(f->format->name, "labelled") == 0 && f->sketch != SKETCH_NONE ? tare_text(texts[f->sketch], ret)
										    : 0;
}
