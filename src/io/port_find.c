/* SPDX-License-Identifier: MIT */
/*
 * Serial ports as sysfs shows them: each entry of class/tty that has a device behind it. From there the way up leads to the
 * USB device with its vendor, product and serial number:
 *
 *   class/tty/ttyUSB0 -> devices/.../1-1/1-1:1.0/ttyUSB0/tty/ttyUSB0      device -> .../1-1/1-1:1.0/ttyUSB0
 *                                    `- idVendor, idProduct, serial
 *
 * sp_list_ports() would list the same, but from fixed roots and opening on-board ports to look at them; identity must be
 * testable without hardware, and looking must not disturb a device.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port_find.h"

#define USB_LEVELS_MAX 8 /* from a tty up to its USB device; real trees need three */

const struct port_roots port_system_roots = { .dev = "/dev", .sys = "/sys", .proc = "/proc" };

/* Reads one attribute without its newline; what is not printable ASCII becomes '?'. False when there is none. */
static bool read_attribute(const char *dir, const char *name, char *ret, size_t size)
{
	char path[PATH_MAX];
	ssize_t n;
	int fd;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, ret, size - 1);
	close(fd);
	if (n < 0)
		return false;
	ret[n] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	for (char *c = ret; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
	return true;
}

static bool parse_hex4(const char *text, uint16_t *ret)
{
	if (strspn(text, "0123456789abcdefABCDEF") < 4)
		return false;
	*ret = 0;
	for (int i = 0; i < 4; i++) {
		char c = text[i];

		*ret = (uint16_t)(*ret << 4 | (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10));
	}
	return true;
}

int port_usb_parse(const char *spec, struct port_usb *ret)
{
	struct port_usb usb = { 0 };

	if (strncmp(spec, "usb:", 4) != 0 || !parse_hex4(spec + 4, &usb.vendor) || spec[8] != ':' ||
		!parse_hex4(spec + 9, &usb.product))
		return -EINVAL;
	spec += 13;
	if (*spec == ':') {
		if (spec[1] == '\0' || strlen(spec + 1) >= sizeof(usb.serial))
			return -EINVAL;
		snprintf(usb.serial, sizeof(usb.serial), "%s", spec + 1);
	} else if (*spec != '\0') {
		return -EINVAL;
	}
	*ret = usb;
	return 0;
}

bool port_usb_matches(const struct port_usb *usb, const struct port_found *found)
{
	return found->usb && found->vendor == usb->vendor && found->product == usb->product &&
	       (usb->serial[0] == '\0' || strcmp(found->serial, usb->serial) == 0);
}

/* Climbs from the device of a tty to the USB device it belongs to, if it belongs to one. */
static void read_usb(const char *tty_dir, struct port_found *found)
{
	char link[PATH_MAX + 8], dir[PATH_MAX], vendor[16], product[16];

	snprintf(link, sizeof(link), "%s/device", tty_dir);
	if (!realpath(link, dir))
		return;
	for (int level = 0; level < USB_LEVELS_MAX; level++) {
		char *slash;

		if (read_attribute(dir, "idVendor", vendor, sizeof(vendor)) &&
			read_attribute(dir, "idProduct", product, sizeof(product))) {
			found->usb = parse_hex4(vendor, &found->vendor) && parse_hex4(product, &found->product);
			read_attribute(dir, "serial", found->serial, sizeof(found->serial));
			read_attribute(dir, "manufacturer", found->manufacturer, sizeof(found->manufacturer));
			read_attribute(dir, "product", found->name, sizeof(found->name));
			return;
		}
		slash = strrchr(dir, '/');
		if (!slash || slash == dir)
			return;
		*slash = '\0';
	}
}

/* The by-id link that leads to path, if udev made one. */
static void read_by_id(const struct port_roots *roots, struct port_found *found)
{
	char dir_path[PATH_MAX], target[PATH_MAX], resolved[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	snprintf(dir_path, sizeof(dir_path), "%s/serial/by-id", roots->dev);
	if (!realpath(found->path, target))
		return;
	dir = opendir(dir_path);
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		char link[PATH_MAX + NAME_MAX + 2];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(link, sizeof(link), "%s/%s", dir_path, entry->d_name);
		if (strlen(link) < sizeof(found->by_id) && realpath(link, resolved) && strcmp(resolved, target) == 0) {
			memcpy(found->by_id, link, strlen(link) + 1);
			break;
		}
	}
	closedir(dir);
}

/* Fills found from one entry of class/tty; false when there is no port behind it. */
static bool read_port(const struct port_roots *roots, const char *name, struct port_found *found)
{
	char tty_dir[PATH_MAX], device[PATH_MAX + 8], type[16];
	struct stat st;

	*found = (struct port_found){ 0 };
	if (snprintf(tty_dir, sizeof(tty_dir), "%s/class/tty/%s", roots->sys, name) >= (int)sizeof(tty_dir) ||
		snprintf(found->path, sizeof(found->path), "%s/%s", roots->dev, name) >= (int)sizeof(found->path))
		return false;
	snprintf(device, sizeof(device), "%s/device", tty_dir);
	if (stat(device, &st) < 0)
		return false;
	/* The kernel keeps slots for on-board ports that are not there: their type is 0, unknown. */
	if (read_attribute(tty_dir, "type", type, sizeof(type)) && strcmp(type, "0") == 0)
		return false;
	read_usb(tty_dir, found);
	read_by_id(roots, found);
	return true;
}

static int compare_found(const void *a, const void *b)
{
	return strverscmp(((const struct port_found *)a)->path, ((const struct port_found *)b)->path);
}

int port_find_all(const struct port_roots *roots, struct port_found **ret, size_t *ret_count)
{
	struct port_found *all = NULL, one;
	size_t count = 0, room = 0;
	char dir_path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	snprintf(dir_path, sizeof(dir_path), "%s/class/tty", roots->sys);
	dir = opendir(dir_path);
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || !read_port(roots, entry->d_name, &one))
			continue;
		if (count == room) {
			struct port_found *more = reallocarray(all, room + 8, sizeof(*all));

			if (!more) {
				free(all);
				closedir(dir);
				return -ENOMEM;
			}
			all = more;
			room += 8;
		}
		all[count++] = one;
	}
	if (dir)
		closedir(dir);
	if (count > 1)
		qsort(all, count, sizeof(*all), compare_found);
	*ret = all;
	*ret_count = count;
	return 0;
}

static size_t count_matches(const struct port_found *found, size_t count, const struct port_usb *usb)
{
	size_t matches = 0;

	for (size_t i = 0; i < count; i++)
		matches += port_usb_matches(usb, &found[i]);
	return matches;
}

static bool is_link(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

void port_find_identity(
	const struct port_found *found, size_t count, const char *spec, const char *path, char *ret, size_t size)
{
	const struct port_found *own = NULL;
	struct port_usb usb = { 0 };
	bool alone;

	for (size_t i = 0; i < count && !own; i++)
		if (strcmp(found[i].path, path) == 0)
			own = &found[i];
	if (is_link(spec) || !own || !own->usb) {
		snprintf(ret, size, "%s", is_link(spec) ? spec : path);
		return;
	}
	usb.vendor = own->vendor;
	usb.product = own->product;
	snprintf(usb.serial, sizeof(usb.serial), "%s", own->serial);
	/* Adapters with two channels have one serial number, cheap ones have none: by-id links tell the channels apart only. */
	alone = count_matches(found, count, &usb) == 1;
	if (alone && usb.serial[0] != '\0')
		snprintf(ret, size, "usb:%04x:%04x:%s", usb.vendor, usb.product, usb.serial);
	else if (alone)
		snprintf(ret, size, "usb:%04x:%04x", usb.vendor, usb.product);
	else if (usb.serial[0] != '\0' && own->by_id[0] != '\0')
		snprintf(ret, size, "%s", own->by_id);
	else
		snprintf(ret, size, "%s", strncmp(spec, "usb:", 4) == 0 ? spec : path);
}

bool port_is_serial(const struct port_roots *roots, const char *path)
{
	char real[PATH_MAX], entry[PATH_MAX + NAME_MAX];
	const char *name;
	struct stat st;

	if (!realpath(path, real) || stat(real, &st) < 0 || !S_ISCHR(st.st_mode))
		return false;
	name = strrchr(real, '/') + 1;
	snprintf(entry, sizeof(entry), "%s/class/tty/%s", roots->sys, name);
	return access(entry, F_OK) == 0;
}
