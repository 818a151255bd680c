/* SPDX-License-Identifier: MIT */
#include <stddef.h>

#include "allocations.h"

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t n);
void *__real_realloc(void *p, size_t n);
void *__real_reallocarray(void *p, size_t count, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t n);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_reallocarray(void *p, size_t count, size_t n);

static uint64_t count_so_far;

uint64_t allocations(void)
{
	return count_so_far;
}

void *__wrap_malloc(size_t n)
{
	count_so_far++;
	return __real_malloc(n);
}

void *__wrap_calloc(size_t count, size_t n)
{
	count_so_far++;
	return __real_calloc(count, n);
}

void *__wrap_realloc(void *p, size_t n)
{
	count_so_far++;
	return __real_realloc(p, n);
}

void *__wrap_reallocarray(void *p, size_t count, size_t n)
{
	count_so_far++;
	return __real_reallocarray(p, count, n);
}
