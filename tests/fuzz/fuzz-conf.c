/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a configuration file: refused with a message that names file and line, or taken and then written down such
 * that it reads back as the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "fuzz.h"
#include "memory_file.h"

static struct conf *load(const void *text, size_t n, char *why, size_t why_size)
{
	struct conf *c = NULL;
	struct memory_file f = memory_file(text, n);
	int r = conf_load(f.path, NULL, 0, &c, why, why_size);

	close(f.fd);
	FUZZ_CHECK((r < 0) == (c == NULL));
	return c;
}

static char *dump(const struct conf *c, size_t *ret_n)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_n);

	FUZZ_CHECK(out);
	conf_dump(c, out);
	fclose(out);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[512] = "", *first, *second;
	size_t first_n = 0, second_n = 0;
	struct conf *c = load(data, size, why, sizeof(why)), *again;

	if (!c) {
		FUZZ_CHECK(strncmp(why, "/proc/self/fd/", 14) == 0);
		return 0;
	}
	first = dump(c, &first_n);
	again = load(first, first_n, why, sizeof(why));
	/* A text that fills a line, or one of several lines with a '=' in it, cannot always be broken where it was. */
	FUZZ_CHECK(again || strstr(why, "indented lines") || strstr(why, "too long"));
	if (again) {
		second = dump(again, &second_n);
		FUZZ_CHECK(strcmp(first, second) == 0);
		free(second);
	}
	free(first);
	conf_free(again);
	conf_free(c);
	return 0;
}
