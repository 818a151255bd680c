/* SPDX-License-Identifier: MIT */
/*
 * The configuration: files, -o options, one table of all keys (conf_table.c). Nothing starts half-configured: an unknown
 * section or key, a duplicate, a value out of range is an error that names file and line.
 */
#ifndef IO_CONF_H
#define IO_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <cjson/cJSON.h>

#include <knead/settings.h>

struct conf_mqtt {
	char *host; /* NULL or "" = no broker */
	int port; /* 0 = 1883, with tls 8883 */
	char *base;
	char *protocol; /* "5" or "3.1.1" */
	char *client_id, *username, *password_file;
	bool tls;
	char *ca_file, *cert_file, *key_file;
	int keepalive_s;
	double live_hz;
	bool scalars, commands;
};

struct conf_device {
	char id[KNEAD_NAME_MAX]; /* NAME of [device NAME] */
	char *name; /* for people; default: id */
	char *kind; /* "ball" or "roller" */
	char *port;
	int baud;
	bool dtr, read_only;
	double settle_s;
	double live_hz; /* 0 = as [mqtt] live_hz says */
	char *protocol; /* name of a protocol, or "" */
	char *record; /* .kcap to write everything to that the port sends; "" = off */
	struct knead_settings settings;
	struct conf_device *next;
};

struct conf {
	struct conf_mqtt mqtt;
	char *discovery, *discovery_prefix;
	char *journal_path;
	double journal_keep_days, late_after_s;
	int log_level; /* LOG_ERR .. LOG_DEBUG of syslog.h */
	struct conf_device *devices; /* in the order of the file */
};

/*
 * Reads file (NULL: /etc/knead/kneadd.conf, which may be absent; its .d directory follows in name order), then options
 * ("section.key=value", "device NAME.key=value" or "NAME.key=value" where NAME is a device: made if it is new). Returns 0 and
 * the configuration in *ret (conf_free()), or -EINVAL/-errno with "file:line: what is wrong, what to do" in ret_why.
 */
int conf_load(const char *file, const char *const *options, size_t options_count, struct conf **ret, char *ret_why,
	size_t why_size);
void conf_free(struct conf *c);
struct conf_device *conf_find_device(struct conf *c, const char *id);

/* One key of one device, as the "device" object of a capture has it (JSON number or string). 0, or -EINVAL and ret_why. */
int conf_device_set(struct conf_device *d, const char *key, const char *value, char *ret_why, size_t why_size);
struct conf_device *conf_device_new(const char *id); /* with the defaults */
void conf_device_free(struct conf_device *d);
/* The keys of a device that differ from the defaults, for line 1 of a capture: JSON numbers and strings. */
cJSON *conf_device_to_json(const struct conf_device *d);

void conf_dump(const struct conf *c, FILE *out); /* --dump-config: everything in force; no secrets */
void conf_sample(FILE *out); /* config/kneadd.conf: every key with help, range and default, commented */

#endif
