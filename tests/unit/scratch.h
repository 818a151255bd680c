/* SPDX-License-Identifier: MIT */
/* A folder of one test's own: files, links and trees in it, and all of it gone afterwards. Included after cmocka.h. */
#ifndef TEST_SCRATCH_H
#define TEST_SCRATCH_H

#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct scratch {
	char dir[64];
};

/* cmocka setup and teardown: *state is the scratch. */
static inline int scratch_make(void **state)
{
	struct scratch *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	strcpy(s->dir, "/tmp/knead-test-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	*state = s;
	return 0;
}

static inline int scratch_remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	return remove(path);
}

static inline int scratch_remove(void **state)
{
	struct scratch *s = *state;

	assert_int_equal(nftw(s->dir, scratch_remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	free(s);
	return 0;
}

/* The full path of name; good until the fourth call from now. */
static inline const char *scratch_path(struct scratch *s, const char *name)
{
	static char paths[4][512];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", s->dir, name);
	return path;
}

/* Makes the folders that lead to name. */
static inline const char *scratch_parents(struct scratch *s, const char *name)
{
	char part[512];

	for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%s/%.*s", s->dir, (int)(slash - name), name);
		mkdir(part, 0755);
	}
	return scratch_path(s, name);
}

static inline void scratch_write_bytes(struct scratch *s, const char *name, const void *bytes, size_t n)
{
	FILE *out = fopen(scratch_parents(s, name), "we");

	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, n, out), n);
	assert_int_equal(fclose(out), 0);
}

static inline void scratch_write(struct scratch *s, const char *name, const char *text)
{
	scratch_write_bytes(s, name, text, strlen(text));
}

static inline void scratch_link(struct scratch *s, const char *name, const char *target)
{
	assert_int_equal(symlink(target, scratch_parents(s, name)), 0);
}

/* Whether fd gets readable (or hangs up) in good time. Waits for the kernel, never for time to pass. */
static inline int scratch_wait(int fd)
{
	struct pollfd one = { .fd = fd, .events = POLLIN };

	return poll(&one, 1, 5000) == 1;
}

#endif
