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

/* What was written for one key, and where ("file:line", or "-o"). */
struct conf_given {
	char *text, *where;
	unsigned source; /* number of the file or option that said so, 0 = nobody */
};

struct conf_device {
	char id[KNEAD_NAME_MAX]; /* NAME of [device NAME] */
	char *where; /* where it was named first, "file:line" */
	char *name; /* for people; default: id */
	char *kind; /* "ball" or "roller" */
	char *port;
	int baud;
	bool dtr, read_only;
	double settle_s;
	double live_hz; /* 0 = as [mqtt] live_hz says */
	char *protocol; /* name of a protocol, "NAME: STEPS", or ""; the steps are in settings.protocol */
	char *record; /* .kcap to write everything to that the port sends; "" = off */
	struct {
		uint32_t mm, deg, xyz;
	} places; /* how many were given of cell_mm, cell_deg, cell_xyz */
	struct knead_settings settings;
	struct conf_given *given; /* what was said, one per row of the table */
	struct conf_device *next;
};

/* A [protocol NAME] of the configuration; the built-in ones are not listed. */
struct conf_protocol {
	struct knead_protocol protocol;
	char *where;
	unsigned source;
	struct conf_protocol *next;
};

struct conf {
	struct conf_mqtt mqtt;
	char *discovery, *discovery_prefix;
	char *journal_path;
	double journal_keep_days, journal_max_mb, late_after_s;
	int log_level; /* LOG_ERR .. LOG_DEBUG of syslog.h */
	int log_mqtt; /* least urgent level that is published: LOG_ERR, LOG_WARNING; below LOG_ERR: none */
	struct conf_device *devices; /* in the order of the file */
	struct conf_protocol *protocols;
	struct conf_given *given; /* of the sections that exist once */
	unsigned sources; /* files and options read so far */
};

/*
 * Reads file, then the *.conf of its directory (kneadd.conf -> kneadd.conf.d) in name order, then options. file NULL is
 * /etc/knead/kneadd.conf, which may be absent; "" is no file at all. An option is "section.key=value" for mqtt,
 * homeassistant, journal and log; "device NAME.key=value", "device.NAME.key=value" or "NAME.key=value" for a device, which is
 * made if it is new; "protocol NAME.steps=value" or "protocol.NAME.steps=value". Later files and options win over earlier
 * ones; within one file a key stands once. Returns 0 and the configuration in *ret (conf_free()), or -EINVAL/-errno with
 * "file:line: what is wrong, what to do" in ret_why.
 */
int conf_load(const char *file, const char *const *options, size_t options_count, struct conf **ret, char *ret_why,
	size_t why_size);
/*
 * The same, but what needs several keys of a device is not checked yet (conf_device_check()): for those who put the
 * configuration over something else, such as the header of a capture.
 */
int conf_read(const char *file, const char *const *options, size_t options_count, struct conf **ret, char *ret_why,
	size_t why_size);
void conf_free(struct conf *c); /* NULL is fine */
struct conf_device *conf_find_device(struct conf *c, const char *id);

/*
 * The file of the journal: [journal] path, a relative one from folder; else journal.db in folder, which may be NULL or "". Returns 0 and
 * *ret (free()), 1 when there is none, or -ENOMEM.
 */
int conf_journal_path(const struct conf *c, const char *folder, char **ret);

/* Whether the sections mqtt, homeassistant and journal of two configurations come to the same. */
bool conf_output_equal(const struct conf *a, const struct conf *b);

/*
 * Tells fn of every key of a device whose value in force differs, in the order of the table: its name, its unit ("" = none)
 * and both values as they would be written. fn may be NULL. Returns how many.
 */
typedef void (*conf_difference_fn)(void *user, const char *key, const char *unit, const char *a, const char *b);
size_t conf_device_differences(
	const struct conf_device *a, const struct conf_device *b, conf_difference_fn fn, void *user);

/* Whether everything that was said for two devices comes to the same, their protocols included. */
bool conf_device_equal(const struct conf_device *a, const struct conf_device *b);

/*
 * Sets one key of one device, as the "device" object of a capture has it (JSON number or string, as text). Returns 0, or
 * -EINVAL with "key: what is wrong" in ret_why and the device as it was. "protocol" may name a built-in protocol, or carry
 * its steps ("NAME: STEPS").
 */
int conf_device_set(struct conf_device *d, const char *key, const char *value, char *ret_why, size_t why_size);
/* Sets all that was said for over on d, so that over wins. Returns 0, or a negative errno with ret_why. */
int conf_device_overlay(struct conf_device *d, const struct conf_device *over, char *ret_why, size_t why_size);
struct conf_device *conf_device_new(const char *id); /* with the defaults; NULL without memory or for a bad id */
void conf_device_free(struct conf_device *d);
/* Checks what no single key can know. Returns 0, or -EINVAL with ret_why, which begins with where the key at fault stands. */
int conf_device_check(const struct conf_device *d, char *ret_why, size_t why_size);
/* Whether the configuration (and not a default) gave this key. */
bool conf_device_given(const struct conf_device *d, const char *key);
/*
 * The keys of a device that differ from the defaults and matter to a replay, for line 1 of a capture: JSON numbers and
 * strings. Owned by the caller (cJSON_Delete()); NULL without memory.
 */
cJSON *conf_device_to_json(const struct conf_device *d);

/* Built-in protocol of that name into *ret; false when there is none. conf_builtin_name: number i, NULL beyond the last. */
bool conf_builtin_find(const char *name, struct knead_protocol *ret);
const char *conf_builtin_name(size_t i);

/* A setting that was commanded: the value as text, as it would stand in a file. */
struct conf_setting {
	const char *key, *value;
};
/* Whether a key of a device may be set by command. "live" (ON or OFF) is one of them, though no key of a file. */
bool conf_setting_known(const char *key);
enum { _CONF_SETTING_SUCCESS, CONF_SETTING_E_VALUE, CONF_SETTING_E_RANGE };
/*
 * A copy of base with settings on top, checked as a whole; protocols are those of the configuration. Returns 0 and *ret
 * (conf_device_free()); CONF_SETTING_E_VALUE for a value that is none, CONF_SETTING_E_RANGE for one out of range or at odds
 * with another, both with a sentence in ret_why; or -ENOMEM.
 */
int conf_device_with(const struct conf_device *base, const struct conf_protocol *protocols,
	const struct conf_setting *settings, size_t count, struct conf_device **ret, char *ret_why, size_t why_size);

/* Whether text may be the NAME of a device: [a-z0-9-]{1,32}, not bridge. */
bool conf_device_name_valid(const char *name);

void conf_dump(const struct conf *c, FILE *out); /* --dump-config: everything in force; no secrets */
void conf_sample(FILE *out); /* config/kneadd.conf: every key with help, range and default, commented */

/* The shortest decimal text that reads back as the very same number. buf of at least CONF_NUMBER_MAX bytes. Returns buf. */
#define CONF_NUMBER_MAX 32
char *conf_number_text(double value, char *buf);

#endif
