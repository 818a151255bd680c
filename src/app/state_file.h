/* SPDX-License-Identifier: MIT */
/* The one way in which a file of the state directory is written and opened. */
#ifndef APP_STATE_FILE_H
#define APP_STATE_FILE_H

#include <stdio.h>

/*
 * Replaces directory/name.json by text, whole or not at all; blocks while the disk works. Returns 0 or a negative errno. The
 * file belongs to whom the directory belongs.
 */
int state_file_write(const char *directory, const char *name, const char *text);
/* Opens a plain file for reading, never a link or a FIFO. Returns NULL and sets errno when there is none; close with fclose(). */
FILE *state_file_open(const char *path);

#endif
