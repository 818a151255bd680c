/* SPDX-License-Identifier: MIT */
/* How often memory was asked for, by everything that is linked into the program itself: the linker leads it here (--wrap). */
#ifndef TEST_FUZZ_ALLOCATIONS_H
#define TEST_FUZZ_ALLOCATIONS_H

#include <stdint.h>

/* malloc(), calloc(), realloc() and reallocarray() so far. For the core, which allocates at its start and never again. */
uint64_t allocations(void);

#endif
