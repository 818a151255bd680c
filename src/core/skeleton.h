/* SPDX-License-Identifier: MIT */
/*
 * The skeleton of a line of text: the line with each number replaced by a slot. Digits glued to letters (HX711, ch1, 0x1f)
 * are text, unless the letters are a unit (12.3kg). Blanks are loose: any run of them counts as one, none beside a slot.
 */
#ifndef CORE_SKELETON_H
#define CORE_SKELETON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "choose.h"

#define SKELETON_TEXT_MAX 320
#define SKELETON_SLOTS_MAX 16

struct skeleton {
	uint32_t hash;
	uint32_t slots;
	char text[SKELETON_TEXT_MAX]; /* the slots + 1 texts around the slots, each with its NUL */
};

/* Hash of the skeleton of a line; 0 when it has no number, or nothing but numbers. */
uint32_t skeleton_hash(const uint8_t *line, size_t n);

/* Takes the skeleton of a line; false when it is too long. */
bool skeleton_learn(struct skeleton *s, const uint8_t *line, size_t n);

enum skeleton_match {
	SKELETON_NO, /* another line */
	SKELETON_YES,
	SKELETON_NO_NUMBER, /* the text fits, but in place of a number stands nan or the like; *ret_missing has its bit */
};

/* Reads the numbers of a line with that skeleton: value and whether it is an integer, per slot. */
enum skeleton_match skeleton_read(const struct skeleton *s, const uint8_t *line, size_t n, double *ret_value,
	bool *ret_plain, uint32_t *ret_missing);

/* Sets up a channel per slot: its name is the text before it, its unit stands after it or in brackets. */
void skeleton_channels(const struct skeleton *s, struct channel *ret);

#endif
