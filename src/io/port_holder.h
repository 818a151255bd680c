/* SPDX-License-Identifier: MIT */
/* Who is in the way when a port cannot be opened, and the sentence that tells the user. */
#ifndef IO_PORT_HOLDER_H
#define IO_PORT_HOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct port_holder {
	char name[64]; /* of the process, printable ASCII */
	pid_t pid;
	bool suspected; /* not seen to hold it, but known to grab serial ports, and its descriptors may not be looked at */
};

/*
 * Looks through all processes below proc ("/proc") for one that has the device at path open. Returns 0 and the first one in
 * *ret, a suspected one only when no certain one is found; 1 when none is found; negative errno when path or proc cannot be
 * looked at. The caller's own process counts as well.
 */
int port_holder_find(const char *proc, const char *path, struct port_holder *ret);

/*
 * Writes into ret_why, for a port at path that could not be opened because of error (negative errno): what is wrong, who is at
 * fault, what to do. For -EBUSY it looks for the holder below proc. Returns error.
 */
int port_explain(int error, const char *proc, const char *path, char *ret_why, size_t why_size);

#endif
