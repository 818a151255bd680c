/* SPDX-License-Identifier: MIT */
/* A file that is nowhere on disk, for what reads a path. */
#ifndef TEST_FUZZ_MEMORY_FILE_H
#define TEST_FUZZ_MEMORY_FILE_H

#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

struct memory_file {
	int fd; /* owned: close() */
	char path[32]; /* under which it can be opened, however often */
};

static inline struct memory_file memory_file(const void *data, size_t size)
{
	struct memory_file f = { .fd = memfd_create("fuzz", MFD_CLOEXEC) };

	FUZZ_CHECK(f.fd >= 0);
	FUZZ_CHECK(write(f.fd, data, size) == (ssize_t)size);
	snprintf(f.path, sizeof(f.path), "/proc/self/fd/%d", f.fd);
	return f;
}

#endif
