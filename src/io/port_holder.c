/* SPDX-License-Identifier: MIT */
/*
 * A busy port is useless news without a name. Who locked it (another knead) stands in /proc/locks for all to read. Every process shows its open files
 * as links in /proc/PID/fd; a device is the same when its device number is, whatever the path. Pseudo-terminals count their
 * numbers anew in every container, so for them it must be the same file.
 *
 * A daemon without privileges may not look into the descriptors of root's processes. Then the programs that are known
 * to grab serial ports are named as suspects, since anybody may read their names.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port_holder.h"
#include "port_internal.h"

#define GROUP_UNSEEN 65534 /* how any group looks from a user namespace that does not have it, as the service's */

static const char *const usual_suspects[] = { "ModemManager", "brltty", "gpsd", "agetty" };

static bool same_device(const struct stat *a, const struct stat *b)
{
	if (S_ISCHR(a->st_mode) && S_ISCHR(b->st_mode) && !port_stat_is_pty(a))
		return a->st_rdev == b->st_rdev;
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* 1: this process has the device open; 0: it has not; negative errno: its descriptors may not be looked at. */
static int holds(const char *proc, const char *pid, const struct stat *device)
{
	char path[PATH_MAX];
	struct dirent *entry;
	struct stat st;
	int found = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s/fd", proc, pid);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (!found && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && fstatat(dirfd(dir), entry->d_name, &st, 0) == 0)
			found = same_device(&st, device);
	closedir(dir);
	return found;
}

static void read_name(const char *proc, const char *pid, char *ret, size_t size)
{
	char path[PATH_MAX];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "%s/%s/comm", proc, pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, ret, size - 1);
		close(fd);
	}
	ret[n > 0 ? n : 0] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	for (char *c = ret; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
	if (ret[0] == '\0')
		snprintf(ret, size, "a process");
}

static bool is_suspect(const char *name)
{
	for (size_t i = 0; i < sizeof(usual_suspects) / sizeof(usual_suspects[0]); i++)
		if (strcmp(name, usual_suspects[i]) == 0)
			return true;
	return false;
}

/* The process that has the file locked with flock(), or 0. */
static pid_t find_locker(const char *proc, const struct stat *device)
{
	char path[PATH_MAX], line[256], wanted[64];
	long pid, found = 0;
	FILE *locks;

	snprintf(wanted, sizeof(wanted), " %02x:%02x:%llu ", major(device->st_dev), minor(device->st_dev),
		(unsigned long long)device->st_ino);
	snprintf(path, sizeof(path), "%s/locks", proc);
	locks = fopen(path, "re");
	/* 1: FLOCK  ADVISORY  WRITE 512 00:05:131 0 EOF */
	while (locks && found <= 0 && fgets(line, sizeof(line), locks))
		if (strstr(line, wanted) && sscanf(line, "%*d: FLOCK %*s %*s %ld", &pid) == 1)
			found = pid;
	if (locks)
		fclose(locks);
	return (pid_t)(found > 0 ? found : 0);
}

static int find_opener(const char *proc, const struct stat *device, struct port_holder *ret)
{
	struct port_holder holder = { .pid = 0 }, suspect = { .pid = 0 };
	struct dirent *entry;
	int held = 0;
	DIR *dir = opendir(proc);

	if (!dir)
		return -errno;
	while (held <= 0 && (entry = readdir(dir))) {
		char *end;
		long pid = strtol(entry->d_name, &end, 10);

		if (pid <= 0 || *end != '\0')
			continue;
		held = holds(proc, entry->d_name, device);
		if (held == 0)
			continue;
		holder = (struct port_holder){ .pid = (pid_t)pid, .suspected = held < 0 };
		read_name(proc, entry->d_name, holder.name, sizeof(holder.name));
		if (held < 0 && suspect.pid == 0 && is_suspect(holder.name))
			suspect = holder;
	}
	closedir(dir);
	if (held <= 0 && suspect.pid == 0)
		return 1;
	*ret = held > 0 ? holder : suspect;
	return 0;
}

int port_holder_find(const char *proc, const char *path, struct port_holder *ret)
{
	struct port_holder holder = { .pid = 0 };
	struct stat device;
	char pid[16];

	if (stat(path, &device) < 0)
		return -errno;
	holder.pid = find_locker(proc, &device);
	if (holder.pid == 0)
		return find_opener(proc, &device, ret);
	snprintf(pid, sizeof(pid), "%ld", (long)holder.pid);
	read_name(proc, pid, holder.name, sizeof(holder.name));
	*ret = holder;
	return 0;
}

static void explain_busy(const char *proc, const char *path, char *ret_why, size_t why_size)
{
	struct port_holder holder = { .pid = 0 };

	if (port_holder_find(proc, path, &holder) != 0)
		snprintf(ret_why, why_size,
			"port %s is held by another process, find it with 'sudo fuser -v %s' and stop it", path, path);
	else if (holder.pid == getpid())
		snprintf(ret_why, why_size,
			"port %s is already open in this very program, give each device a port of its own", path);
	else if (holder.suspected)
		snprintf(ret_why, why_size,
			"port %s is held by another process, probably %s (pid %ld), stop it or make it leave the port alone; "
			"'sudo fuser -v %s' is certain",
			path, holder.name, (long)holder.pid, path);
	else
		snprintf(ret_why, why_size, "port %s is held by %s (pid %ld), stop it or make it leave the port alone",
			path, holder.name, (long)holder.pid);
}

static void explain_permission(const char *path, char *ret_why, size_t why_size)
{
	struct group *group = NULL;
	struct stat st;

	if (stat(path, &st) == 0 && st.st_gid != 0 && st.st_gid != GROUP_UNSEEN && (st.st_mode & S_IRGRP))
		group = getgrgid(st.st_gid);
	snprintf(ret_why, why_size,
		"no permission to open port %s, the user must be in group %s: 'sudo usermod -aG %s USER', then log in again",
		path, group ? group->gr_name : "dialout", group ? group->gr_name : "dialout");
}

int port_explain(int error, const char *proc, const char *path, char *ret_why, size_t why_size)
{
	switch (error) {
	case -EBUSY:
	case -EWOULDBLOCK:
		explain_busy(proc, path, ret_why, why_size);
		return -EBUSY;
	case -EACCES:
	case -EPERM:
		explain_permission(path, ret_why, why_size);
		return error;
	case -ENOENT:
	case -ENODEV:
	case -ENXIO:
		snprintf(ret_why, why_size, "port %s is not there, plug the device in or see 'knead list' for its name",
			path);
		return error;
	case -EIO:
		snprintf(ret_why, why_size, "port %s: its other side is closed, start what writes to it", path);
		return error;
	default:
		snprintf(ret_why, why_size, "port %s cannot be opened: %s", path, strerror(-error));
		return error;
	}
}
