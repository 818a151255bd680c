/* SPDX-License-Identifier: MIT */
/*
 * A file is written beside its place, flushed, and renamed into it, so that a power cut leaves the old one or the new one.
 *
 * root works here too, for `knead calibrate`, in a folder that belongs to the service's user. So no link is followed and no
 * FIFO waited for: whoever has taken over the service must not lead root to other files.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state_file.h"

static int write_all(int fd, const char *text)
{
	size_t n = strlen(text);

	while (n > 0) {
		ssize_t done = write(fd, text, n);

		if (done < 0 && errno != EINTR)
			return -errno;
		if (done > 0) {
			text += done;
			n -= (size_t)done;
		}
	}
	return fsync(fd) < 0 ? -errno : 0;
}

/* The rename itself lasts only once the directory is flushed too. */
static int flush_directory(const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = 0;

	if (fd < 0)
		return -errno;
	if (fsync(fd) < 0)
		r = -errno;
	close(fd);
	return r;
}

static int replace_file(const char *directory, const char *path, const char *beside, const char *text)
{
	struct stat folder;
	int fd, r;

	/* A new file always: what lies there is left from a power cut, or was laid there. */
	unlink(beside);
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return -errno;
	/* root calibrates, the service's user reads it */
	if (geteuid() == 0 && stat(directory, &folder) == 0 && fchown(fd, folder.st_uid, folder.st_gid) < 0)
		r = -errno;
	else
		r = write_all(fd, text);
	close(fd);
	if (r == 0 && rename(beside, path) < 0)
		r = -errno;
	if (r < 0) {
		unlink(beside);
		return r;
	}
	return flush_directory(directory);
}

int state_file_write(const char *directory, const char *name, const char *text)
{
	char *path = NULL, *beside = NULL;
	int r = -ENOMEM;

	if (asprintf(&path, "%s/%s.json", directory, name) >= 0 &&
		asprintf(&beside, "%s/.%s.json.new", directory, name) >= 0)
		r = replace_file(directory, path, beside, text);
	free(path);
	free(beside);
	return r;
}

FILE *state_file_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	FILE *in = NULL;
	int error;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
		errno = EINVAL;
	else
		in = fdopen(fd, "r");
	if (!in) {
		error = errno;
		close(fd);
		errno = error;
	}
	return in;
}
