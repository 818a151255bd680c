/* SPDX-License-Identifier: MIT */
/* Where the broker's password comes from: a file, or a systemd credential. Never the command line, never the configuration. */
#ifndef IO_MQTT_PASSWORD_H
#define IO_MQTT_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

#define MQTT_PASSWORD_MAX 1024

/*
 * The file to read: password_file, or mqtt-password in credentials_dir (the value of $CREDENTIALS_DIRECTORY) if it is there,
 * each argument may be NULL or "". Returns 0 and a path in *ret (free()), 1 when there is none, or -ENOMEM.
 */
int mqtt_password_find(const char *password_file, const char *credentials_dir, char **ret);

/*
 * Reads the first line of path, without its end, into buf of MQTT_PASSWORD_MAX bytes. Returns 0, -E2BIG when it is longer, or
 * the errno of what failed. *ret_exposed tells whether others than owner and group may read the file.
 */
int mqtt_password_read(const char *path, char *buf, bool *ret_exposed);

#endif
