/* SPDX-License-Identifier: MIT */
/*
 * Loading: files and -o options come down to (section, key, value, where), and the table does the rest. Nothing is kept
 * of a configuration with an error in it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_table.h"

#define DEFAULT_FILE "/etc/knead/kneadd.conf"

static void protocol_free(struct conf_protocol *p)
{
	free(p->where);
	free(p);
}

void conf_free(struct conf *c)
{
	if (!c)
		return;
	while (c->devices) {
		struct conf_device *d = c->devices;

		c->devices = d->next;
		conf_device_free(d);
	}
	while (c->protocols) {
		struct conf_protocol *p = c->protocols;

		c->protocols = p->next;
		protocol_free(p);
	}
	for (size_t i = 0; i < conf_keys_count; i++) {
		if (conf_keys[i].section < CONF_DEVICE)
			conf_value_free(&conf_keys[i], c);
		if (c->given) {
			free(c->given[i].text);
			free(c->given[i].where);
		}
	}
	free(c->given);
	free(c);
}

static struct conf *conf_new(void)
{
	struct conf *c = calloc(1, sizeof(*c));
	char why[CONF_WHY_MAX];

	if (!c)
		return NULL;
	c->given = calloc(conf_keys_count, sizeof(*c->given));
	for (size_t i = 0; i < conf_keys_count; i++) {
		const struct conf_key *k = &conf_keys[i];

		if (!c->given ||
			(k->section < CONF_DEVICE && conf_value_parse(k, k->def, c, why, sizeof(why)) == -ENOMEM)) {
			conf_free(c);
			return NULL;
		}
	}
	return c;
}

struct conf_device *conf_find_device(struct conf *c, const char *id)
{
	struct conf_device *d = c->devices;

	while (d && strcmp(d->id, id) != 0)
		d = d->next;
	return d;
}

int conf_journal_path(const struct conf *c, const char *folder, char **ret)
{
	const char *name = c->journal_path[0] != '\0' ? c->journal_path : "journal.db";
	bool below = name[0] != '/' && folder && folder[0] != '\0';

	if (c->journal_path[0] == '\0' && !below)
		return 1;
	return asprintf(ret, "%s%s%s", below ? folder : "", below ? "/" : "", name) < 0 ? -ENOMEM : 0;
}

bool conf_output_equal(const struct conf *a, const struct conf *b)
{
	char text_a[CONF_TEXT_MAX], text_b[CONF_TEXT_MAX];

	for (size_t i = 0; i < conf_keys_count; i++) {
		const struct conf_key *k = &conf_keys[i];

		if (k->section < CONF_LOG &&
			strcmp(conf_value_format(k, a, text_a), conf_value_format(k, b, text_b)) != 0)
			return false;
	}
	return true;
}

static struct conf_device *need_device(struct conf *c, const char *id, const char *where)
{
	struct conf_device **at = &c->devices;

	while (*at && strcmp((*at)->id, id) != 0)
		at = &(*at)->next;
	if (*at)
		return *at;
	*at = conf_device_new(id);
	if (*at)
		(*at)->where = strdup(where);
	return *at;
}

static struct conf_protocol *need_protocol(struct conf *c, const char *name, const char *where)
{
	struct conf_protocol **at = &c->protocols;

	while (*at && strcmp((*at)->protocol.name, name) != 0)
		at = &(*at)->next;
	if (*at)
		return *at;
	*at = calloc(1, sizeof(**at));
	if (*at) {
		snprintf((*at)->protocol.name, sizeof((*at)->protocol.name), "%s", name);
		(*at)->where = strdup(where);
	}
	return *at;
}

int conf_open_section(
	struct conf *c, const char *header, const char *where, enum conf_section *ret, const char **ret_name, char *why)
{
	const char *text = header;

	for (int i = 0; i < _CONF_SECTIONS; i++) {
		const char *word = conf_section_name((enum conf_section)i);
		size_t n = strlen(word);
		bool named = i == CONF_DEVICE || i == CONF_PROTOCOL;

		if (strncmp(text, word, n) != 0 || (text[n] != '\0' && text[n] != ' ' && text[n] != '\t'))
			continue;
		text += n + strspn(text + n, " \t");
		*ret = (enum conf_section)i;
		*ret_name = named ? text : NULL;
		if (!named)
			return *text == '\0' ? 0 : conf_refuse(why, CONF_WHY_MAX, "[%s] takes no name", word);
		if (!conf_name_valid(*ret, text))
			return conf_refuse(why, CONF_WHY_MAX, "'%s' is no name for a %s; use up to %d of a-z 0-9 -%s",
				text, word, KNEAD_NAME_MAX - 1, i == CONF_DEVICE ? ", and not bridge" : "");
		if (i == CONF_DEVICE ? !need_device(c, text, where) : !need_protocol(c, text, where))
			return -ENOMEM;
		return 0;
	}
	return conf_refuse(why, CONF_WHY_MAX,
		"unknown section [%s]; there are mqtt, homeassistant, journal, log, device NAME and protocol NAME",
		text);
}

static int put_global(struct conf *c, const struct conf_key *k, const char *value, const char *where, char *why)
{
	struct conf_given *g = &c->given[k - conf_keys];
	int r;

	if (g->source == c->sources)
		return conf_refuse(why, CONF_WHY_MAX, "given twice, first at %s; keep one", g->where);
	r = conf_value_parse(k, value, c, why, CONF_WHY_MAX);
	if (r < 0)
		return r;
	free(g->where);
	g->where = strdup(where);
	g->source = c->sources;
	return g->where ? 0 : -ENOMEM;
}

static int put_protocol(
	struct conf *c, const struct conf_key *k, const char *name, const char *value, const char *where, char *why)
{
	struct conf_protocol *p = need_protocol(c, name, where);

	if (!p)
		return -ENOMEM;
	if (p->source == c->sources)
		return conf_refuse(why, CONF_WHY_MAX, "given twice, first at %s; keep one", p->where);
	p->source = c->sources;
	return conf_value_parse(k, value, p, why, CONF_WHY_MAX);
}

static int put_key(struct conf *c, enum conf_section section, const char *name, const struct conf_key *k,
	const char *value, const char *where, char *why)
{
	struct conf_device *d;

	if (section == CONF_PROTOCOL)
		return put_protocol(c, k, name, value, where, why);
	if (section != CONF_DEVICE)
		return put_global(c, k, value, where, why);
	d = need_device(c, name, where);
	return d ? conf_device_put(d, k, value, where, c->sources, why, CONF_WHY_MAX) : -ENOMEM;
}

int conf_apply(struct conf *c, const char *header, const char *key, const char *value, const char *where, char *why,
	size_t size)
{
	char reason[CONF_WHY_MAX] = "out of memory";
	enum conf_section section;
	const struct conf_key *k;
	const char *name;
	int r;

	r = conf_open_section(c, header, where, &section, &name, reason);
	if (r < 0)
		return conf_refuse(why, size, "%s", reason);
	k = conf_key_find(section, key);
	if (!k && strstr(key, "password"))
		return conf_refuse(why, size,
			"unknown key '%s' in [%s]; put the password into a file and name it with password_file in [mqtt]",
			key, header);
	if (!k)
		return conf_refuse(
			why, size, "unknown key '%s' in [%s]; 'kneadd --dump-config' shows the keys", key, header);
	r = put_key(c, section, name, k, value, where, reason);
	if (r < 0)
		return conf_refuse(why, size, "%s: %s", key, reason);
	return 0;
}

/* "mqtt.host", "device ball.port", "device.ball.port", "ball.port" -> header and key. buf is cut up. */
static int split_option(char *buf, char *header, size_t header_size, const char **ret_key)
{
	char *dot = strrchr(buf, '.');

	if (!dot || dot == buf || dot[1] == '\0')
		return -EINVAL;
	*dot = '\0';
	*ret_key = dot + 1;
	for (int i = 0; i < _CONF_SECTIONS; i++) {
		const char *word = conf_section_name((enum conf_section)i);
		size_t n = strlen(word);

		if (strncmp(buf, word, n) != 0)
			continue;
		if (buf[n] == '.' && (i == CONF_DEVICE || i == CONF_PROTOCOL))
			buf[n] = ' ';
		if (buf[n] == ' ' || (buf[n] == '\0' && i < CONF_DEVICE)) {
			snprintf(header, header_size, "%s", buf);
			return 0;
		}
	}
	snprintf(header, header_size, "device %s", buf);
	return 0;
}

static int load_option(struct conf *c, const char *option, char *why, size_t size)
{
	char left[CONF_TEXT_MAX], header[CONF_TEXT_MAX + 8], where[CONF_WHERE_MAX], reason[CONF_WHY_MAX + 128];
	size_t n = strcspn(option, "=");
	const char *key;

	if (option[n] != '=' || n >= sizeof(left))
		return conf_refuse(why, size, "-o %s: no value; write section.key=value", option);
	snprintf(left, sizeof(left), "%.*s", (int)n, option);
	/* Without the value: it may be a secret that was put here in good faith, and messages go into logs. */
	snprintf(where, sizeof(where), "-o %.*s", (int)n, option);
	if (split_option(left, header, sizeof(header), &key) < 0)
		return conf_refuse(
			why, size, "%s: no key; write section.key=value, or NAME.key=value for a device", where);
	c->sources++;
	if (conf_apply(c, header, key, option + n + 1, where, reason, sizeof(reason)) < 0)
		return conf_refuse(why, size, "%s: %s", where, reason);
	return 0;
}

/* What can only be said when everything is read. */
static int settle_protocols(struct conf *c, char *why, size_t size)
{
	char reason[CONF_WHY_MAX];

	for (struct conf_protocol *p = c->protocols; p; p = p->next)
		if (p->protocol.steps == 0)
			return conf_refuse(why, size, "%s: [protocol %s] has no steps; add steps = hold 30 or the like",
				p->where, p->protocol.name);
	for (struct conf_device *d = c->devices; d; d = d->next)
		if (conf_device_settle_protocol(d, c->protocols, reason, sizeof(reason)) < 0)
			return conf_refuse(why, size, "%s: [device %s] protocol: %s",
				d->given[conf_key_find(CONF_DEVICE, "protocol") - conf_keys].where, d->id, reason);
	return 0;
}

int conf_read(
	const char *file, const char *const *options, size_t options_count, struct conf **ret, char *why, size_t size)
{
	struct conf *c = conf_new();
	int r = c ? 0 : -ENOMEM;

	conf_refuse(why, size, "out of memory");
	if (r == 0 && (!file || file[0] != '\0'))
		r = conf_file_load(c, file ? file : DEFAULT_FILE, !file, why, size);
	if (r == 0 && (!file || file[0] != '\0'))
		r = conf_directory_load(c, file ? file : DEFAULT_FILE, why, size);
	for (size_t i = 0; r == 0 && i < options_count; i++)
		r = load_option(c, options[i], why, size);
	if (r == 0)
		r = settle_protocols(c, why, size);
	if (r < 0) {
		conf_free(c);
		return r;
	}
	*ret = c;
	return 0;
}

int conf_load(
	const char *file, const char *const *options, size_t options_count, struct conf **ret, char *why, size_t size)
{
	struct conf *c;
	int r = conf_read(file, options, options_count, &c, why, size);

	if (r < 0)
		return r;
	for (const struct conf_device *d = c->devices; r == 0 && d; d = d->next)
		r = conf_device_check(d, why, size);
	if (r < 0) {
		conf_free(c);
		return r;
	}
	*ret = c;
	return 0;
}
