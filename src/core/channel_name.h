/* SPDX-License-Identifier: MIT */
/* What the name of a channel says: time, force, something else; its unit; whether two names are of one kind. */
#ifndef CORE_CHANNEL_NAME_H
#define CORE_CHANNEL_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <knead/settings.h>

enum channel_words {
	CHANNEL_TIME = 1 << 0,
	CHANNEL_OTHER = 1 << 1, /* temperature, counter, average, position, error, ...: never force */
	CHANNEL_GUIDE = 1 << 2, /* limits that are drawn along */
	CHANNEL_TOTAL = 1 << 3,
	CHANNEL_IN_US = 1 << 4, /* unit of a time */
	CHANNEL_IN_MS = 1 << 5,
	CHANNEL_IN_S = 1 << 6,
};

/* Bits of enum channel_words. *ret_rank: 0 = says nothing of force, else the higher the surer. */
uint32_t channel_words(const char *name, uint32_t *ret_rank);

/* Unit that a name carries at its end or in brackets: "Force [N]", "Load(kg)", "force_n". */
enum knead_unit channel_unit(const char *name);

/* The unit that the word of n characters names; *ret_is_unit is set for units that knead cannot use, too. */
enum knead_unit unit_of_word(const char *word, size_t n, bool *ret_is_unit);

/* Whether two names differ only in a number, a letter or a side: "lc1", "lc2"; "left", "right". */
bool channel_alike(const char *a, const char *b);

/* Whether the user's word means the channel of that name: the same but for case, blanks and a unit in brackets. */
bool channel_is_called(const char *name, const char *word);

#endif
