/* SPDX-License-Identifier: MIT */
/*
 * What a fuzz target is: one function that takes any bytes, and a property that must hold for all of them. The name is the one that
 * libFuzzer calls; fuzz-main.c calls it with the files of the corpus in every build.
 */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property; holds in builds without assertions too. */
#define FUZZ_CHECK(property)                                                                                           \
	do {                                                                                                           \
		if (!(property)) {                                                                                     \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #property);                  \
			abort();                                                                                       \
		}                                                                                                      \
	} while (0)

#endif
