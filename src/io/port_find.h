/* SPDX-License-Identifier: MIT */
/*
 * Which serial ports there are, and how to find one again. The roots are arguments, so that a copied or made-up tree
 * serves as well as the running system.
 */
#ifndef IO_PORT_FIND_H
#define IO_PORT_FIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PORT_PATH_MAX 256
#define PORT_IDENTITY_MAX 320

/* Where /dev, /sys and /proc are. Strings live as long as whoever uses the struct. */
struct port_roots {
	const char *dev, *sys, *proc;
};
extern const struct port_roots port_system_roots;

struct port_found {
	char path[PORT_PATH_MAX]; /* below roots->dev, such as /dev/ttyUSB0 */
	char by_id[PORT_PATH_MAX]; /* link below roots->dev/serial/by-id, or "" */
	bool usb; /* vendor and product are known */
	uint16_t vendor, product;
	char serial[64], manufacturer[64],
		name[64]; /* as the USB device says; printable ASCII, "" where it says nothing */
};

/* usb:VID:PID[:SERIAL] taken apart. */
struct port_usb {
	uint16_t vendor, product;
	char serial[64]; /* "" = any */
};

/*
 * Lists the serial ports (USB and on-board; no consoles, no pseudo-terminals, no empty on-board slots), in the order of
 * their names, 2 before 10. Opens none of them. Returns 0 and an array of *ret_count in *ret (free()), NULL when there is
 * none; or -ENOMEM. A root that is missing is a system without ports.
 */
int port_find_all(const struct port_roots *roots, struct port_found **ret, size_t *ret_count);

/* Takes a specification apart. Returns 0, or -EINVAL when it is not usb:VID:PID[:SERIAL] with four hex digits each. */
int port_usb_parse(const char *spec, struct port_usb *ret);
bool port_usb_matches(const struct port_usb *usb, const struct port_found *found);

/*
 * The name under which to look again for a port that was opened as spec and turned out to be path: spec itself where
 * it is a link that the system keeps (by-id and the like); else usb:VID:PID:SERIAL, or usb:VID:PID without a serial number,
 * when that names this port and no other of found[]; else the by-id link of a device with a serial number; else spec when it
 * is usb:..., or the path. Writes at most size bytes into ret.
 */
void port_find_identity(
	const struct port_found *found, size_t count, const char *spec, const char *path, char *ret, size_t size);

/* Whether the file at path is a terminal device that the system lists as a serial port or console (no pty). */
bool port_is_serial(const struct port_roots *roots, const char *path);

#endif
