/* SPDX-License-Identifier: MIT */
/*
 * Replays a corpus as a plain test: runs the target on every file of the folders given, and on every beginning of the shorter
 * ones, since what was cut off is what parsers meet most. What the fuzzer wrote (its names are 40 hex digits) is cut already.
 */
#include <dirent.h>
#include <stdbool.h>
#include <string.h>

#include "fuzz.h"

#ifndef BEGINNINGS_MAX
#define BEGINNINGS_MAX 512 /* files up to this long are also tried cut off at every byte */
#endif

/* The whole file in memory of exactly its length, so that a sanitizer sees the first byte read beyond it. */
static uint8_t *read_file(const char *path, size_t *ret_n)
{
	FILE *in = fopen(path, "re");
	uint8_t *bytes = NULL;
	long n = -1;

	if (in && fseek(in, 0, SEEK_END) == 0)
		n = ftell(in);
	if (n >= 0) {
		rewind(in);
		bytes = malloc(n > 0 ? (size_t)n : 1);
	}
	if (bytes && fread(bytes, 1, (size_t)n, in) != (size_t)n) {
		free(bytes);
		bytes = NULL;
	}
	if (in)
		fclose(in);
	*ret_n = n > 0 ? (size_t)n : 0;
	return bytes;
}

static bool is_learnt(const char *path)
{
	const char *name = strrchr(path, '/') + 1;

	return strlen(name) == 40 && strspn(name, "0123456789abcdef") == 40;
}

static int run_file(const char *path)
{
	size_t n;
	uint8_t *bytes = read_file(path, &n);

	if (!bytes) {
		fprintf(stderr, "%s: cannot be read\n", path);
		return 1;
	}
	LLVMFuzzerTestOneInput(bytes, n);
	for (size_t cut = 0; n <= BEGINNINGS_MAX && cut < n && !is_learnt(path); cut++) {
		uint8_t *part = malloc(cut > 0 ? cut : 1);

		FUZZ_CHECK(part);
		memcpy(part, bytes, cut);
		LLVMFuzzerTestOneInput(part, cut);
		free(part);
	}
	free(bytes);
	return 0;
}

int main(int argc, char **argv)
{
	int files = 0, failed = 0;

	for (int i = 1; i < argc; i++) {
		DIR *dir = opendir(argv[i]);
		struct dirent *entry;
		char path[4096];

		while (dir && (entry = readdir(dir))) {
			if (entry->d_name[0] == '.')
				continue;
			snprintf(path, sizeof(path), "%s/%s", argv[i], entry->d_name);
			failed += run_file(path);
			files++;
		}
		if (dir)
			closedir(dir);
	}
	printf("%d files\n", files);
	if (files == 0)
		fprintf(stderr, "no corpus: name a folder with files\n");
	return files == 0 || failed ? 1 : 0;
}
