/* SPDX-License-Identifier: MIT */
/*
 * The option table: one row per key. Parser, checks, --dump-config, the sample file and the manual page all come from it.
 * For the conf_*.c files and their tests only; everybody else includes conf.h.
 */
#ifndef IO_CONF_TABLE_H
#define IO_CONF_TABLE_H

#include "conf.h"

enum conf_section {
	CONF_MQTT,
	CONF_HOMEASSISTANT,
	CONF_JOURNAL,
	CONF_LOG,
	CONF_DEVICE,
	CONF_PROTOCOL,
	_CONF_SECTIONS,
};

enum conf_type {
	CONF_TEXT, /* char * */
	CONF_HOST, /* char *, name or address of a machine, without the rest of a URL */
	CONF_TOPIC, /* char *, usable as part of a topic */
	CONF_CHOICE, /* char *, one of choices */
	CONF_PROTOCOL_NAME, /* char *, NAME or NAME: STEPS */
	CONF_BUFFER, /* char[size] */
	CONF_ENUM, /* an enum; choices in its order, beginning at first */
	CONF_BOOL,
	CONF_INT,
	CONF_COUNT, /* uint32_t */
	CONF_REAL, /* double */
	CONF_REALS, /* double[KNEAD_CELLS_MAX][size], with the number of cells as uint32_t at count_offset */
	CONF_COLUMNS, /* column[] and columns of the settings */
	CONF_STEPS, /* struct knead_protocol */
};

struct conf_key {
	enum conf_section section;
	const char *key;
	enum conf_type type;
	size_t offset; /* in struct conf, struct conf_device or struct conf_protocol */
	size_t count_offset, size;
	const char *unit; /* for people; "" = none */
	double min, max; /* of numbers */
	int first; /* value of the first of choices */
	const char *choices; /* "a|b|c" */
	const char *def; /* default, as it would be written */
	bool by_profile; /* def holds for the profile ball only */
	bool in_capture; /* belongs to the device object of a capture */
	const char *help; /* one or more sentences without a full stop at the end */
};

extern const struct conf_key conf_keys[];
extern const size_t conf_keys_count;

#define CONF_WHY_MAX 512
#define CONF_WHERE_MAX 512
#define CONF_TEXT_MAX 2048 /* longest value, and longest text of a value */

/* "mqtt", ..., "device", "protocol". */
const char *conf_section_name(enum conf_section section);
/* Row of a key, or NULL. */
const struct conf_key *conf_key_find(enum conf_section section, const char *key);
/* Whether text may be the NAME of a device or a protocol: [a-z0-9-]{1,32}; a device may not be called bridge. */
bool conf_name_valid(enum conf_section section, const char *name);

/*
 * Reads text into the field of base that k names. Returns 0, or -EINVAL / -ENOMEM with a sentence in ret_why and the field
 * as it was.
 */
int conf_value_parse(const struct conf_key *k, const char *text, void *base, char *ret_why, size_t why_size);
/* Writes the field as it would stand in a file. buf of CONF_TEXT_MAX bytes. Returns buf. */
char *conf_value_format(const struct conf_key *k, const void *base, char *buf);
void conf_value_free(const struct conf_key *k, void *base);
/* "1 to 65535", "ball or roller", ... for help and messages; empty when anything goes. buf of 160 bytes. */
char *conf_range_text(const struct conf_key *k, char *buf);

/* Whole text, finite, C locale whatever the program's. Returns 0 or -EINVAL. */
int conf_number_parse(const char *text, double *ret);

/* Steps such as "hold 30, pulses 3x10, strokes 3-5, rest 30". The name is left alone. */
int conf_steps_parse(const char *text, struct knead_protocol *p, char *ret_why, size_t why_size);
char *conf_steps_format(const struct knead_protocol *p, char *buf); /* buf of CONF_TEXT_MAX bytes */

/* As conf_device_set(), but leaves the name of a protocol to conf_device_settle_protocol(). */
int conf_device_put(struct conf_device *d, const struct conf_key *k, const char *text, const char *where,
	unsigned source, char *ret_why, size_t why_size);
int conf_device_settle_protocol(
	struct conf_device *d, const struct conf_protocol *configured, char *ret_why, size_t why_size);

/*
 * Takes the header of a section, such as "device ball-1": *ret_name points at its NAME, or is NULL. The device or protocol
 * is made, so that a section without keys counts as well. why of CONF_WHY_MAX bytes.
 */
int conf_open_section(struct conf *c, const char *header, const char *where, enum conf_section *ret,
	const char **ret_name, char *ret_why);
/* Applies one key of a section. Returns 0 or a negative errno; ret_why then names the key, but not where it stands. */
int conf_apply(struct conf *c, const char *header, const char *key, const char *value, const char *where, char *ret_why,
	size_t why_size);
/* Read one file (an absent one is fine when optional), or the *.conf of its directory. */
int conf_file_load(struct conf *c, const char *file, bool optional, char *ret_why, size_t why_size);
int conf_directory_load(struct conf *c, const char *file, char *ret_why, size_t why_size);

int __attribute__((format(printf, 3, 4))) conf_refuse(char *why, size_t why_size, const char *format, ...);

#endif
