/* SPDX-License-Identifier: MIT */
/*
 * The broker's password. It is read at each connection, so that a new one works without a restart, and kept nowhere: the
 * caller wipes it when the library has its copy.
 */
#include "mqtt_password.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CREDENTIAL "mqtt-password"

static bool given(const char *text)
{
	return text && *text != '\0';
}

int mqtt_password_find(const char *password_file, const char *credentials_dir, char **ret)
{
	char *path;

	if (given(password_file)) {
		path = strdup(password_file);
		if (!path)
			return -ENOMEM;
		*ret = path;
		return 0;
	}
	if (!given(credentials_dir))
		return 1;
	if (asprintf(&path, "%s/%s", credentials_dir, CREDENTIAL) < 0)
		return -ENOMEM;
	if (access(path, F_OK) < 0) {
		free(path);
		return 1;
	}
	*ret = path;
	return 0;
}

/* Reads at most size bytes; returns how many, or a negative errno. */
static ssize_t read_all(int fd, char *buf, size_t size)
{
	size_t have = 0;

	while (have < size) {
		ssize_t n = read(fd, buf + have, size - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

int mqtt_password_read(const char *path, char *buf, bool *ret_exposed)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = fstat(fd, &st) < 0 ? -errno : read_all(fd, buf, MQTT_PASSWORD_MAX);
	close(fd);
	if (n < 0)
		return (int)n;
	size_t length = 0;
	while (length < (size_t)n && buf[length] != '\n' && buf[length] != '\r' && buf[length] != '\0')
		length++;
	if (length == MQTT_PASSWORD_MAX) {
		explicit_bzero(buf, MQTT_PASSWORD_MAX);
		return -E2BIG;
	}
	explicit_bzero(buf + length, (size_t)n - length);
	buf[length] = '\0';
	*ret_exposed = st.st_mode & S_IROTH;
	return 0;
}
