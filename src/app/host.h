/* SPDX-License-Identifier: MIT */
/* Who carries out what is commanded: finds the device, and does what concerns the bridge itself. */
#ifndef APP_HOST_H
#define APP_HOST_H

#include "command.h"
#include "device.h"

struct host_options {
	struct device *(*find)(void *user, const char *id); /* NULL = no such device */
	struct publish *(*publish)(void *user); /* the one in use now */
	void (*restart)(void *user); /* stop soon, and start again */
	void *user;
};

/* For command_options; its user is a struct host_options. */
extern const struct command_host host_commands;

#endif
