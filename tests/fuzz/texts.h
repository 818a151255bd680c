/* SPDX-License-Identifier: MIT */
/* What holds of every JSON text that goes out, whatever came in: checked here, with FUZZ_CHECK(). */
#ifndef TEST_FUZZ_TEXTS_H
#define TEST_FUZZ_TEXTS_H

#include <knead/pipeline.h>

/*
 * One JSON object of n bytes with a NUL behind them: no key twice, no number that is none or has no business there, no byte that
 * is no UTF-8.
 */
void text_check(const char *text, size_t n);

/* Writes the record of an event and the word a button has for it, and checks them. Returns a sum of the record. */
uint64_t text_check_event(const struct knead_event *e, uint64_t n);

/* Writes what can be said of a view, and checks it. */
void text_check_view(const struct knead_view *view);

/* sum with so many bytes more. */
uint64_t text_sum(uint64_t sum, const void *bytes, size_t n);

#endif
