/* SPDX-License-Identifier: MIT */
/*
 * One device: its fields, and beside them what was said for each key. What was said decides what a profile may still
 * change, what two versions of a configuration have in common, and what wins when a capture and a configuration both
 * speak.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_table.h"

static struct conf_given *given_of(const struct conf_device *d, const struct conf_key *k)
{
	return &d->given[k - conf_keys];
}

static void given_clear(struct conf_given *g)
{
	free(g->text);
	free(g->where);
	*g = (struct conf_given){ 0 };
}

struct conf_device *conf_device_new(const char *id)
{
	char why[CONF_WHY_MAX];
	struct conf_device *d;

	if (!conf_name_valid(CONF_DEVICE, id))
		return NULL;
	d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	d->given = calloc(conf_keys_count, sizeof(*d->given));
	snprintf(d->id, sizeof(d->id), "%s", id);
	knead_settings_init(&d->settings, KNEAD_PROFILE_BALL);
	for (size_t i = 0; d->given && i < conf_keys_count; i++) {
		const struct conf_key *k = &conf_keys[i];

		if (k->section == CONF_DEVICE && conf_value_parse(k, k->def, d, why, sizeof(why)) == -ENOMEM) {
			conf_device_free(d);
			return NULL;
		}
	}
	if (!d->given) {
		conf_device_free(d);
		return NULL;
	}
	return d;
}

void conf_device_free(struct conf_device *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < conf_keys_count; i++) {
		if (conf_keys[i].section != CONF_DEVICE)
			continue;
		conf_value_free(&conf_keys[i], d);
		if (d->given)
			given_clear(&d->given[i]);
	}
	free(d->given);
	free(d->where);
	free(d);
}

/* The profile in force, and its defaults for every key that nobody has given. */
static void settle_profile(struct conf_device *d)
{
	const struct conf_key *profile = conf_key_find(CONF_DEVICE, "profile");
	struct conf_device defaults;

	if (!given_of(d, profile)->text)
		d->settings.profile = strcmp(d->kind, "roller") == 0 ? KNEAD_PROFILE_ROLLER : KNEAD_PROFILE_BALL;
	knead_settings_init(&defaults.settings, d->settings.profile);
	for (size_t i = 0; i < conf_keys_count; i++) {
		const struct conf_key *k = &conf_keys[i];

		if (k->by_profile && k->type == CONF_REAL && !d->given[i].text)
			memcpy((char *)d + k->offset, (const char *)&defaults + k->offset, sizeof(double));
	}
}

/* The number of places of the geometry in force, and the key that gives them. */
static uint32_t places_of(const struct conf_device *d, const char **ret_key)
{
	switch (d->settings.geometry) {
	case KNEAD_GEOMETRY_LINE:
		*ret_key = "cell_mm";
		return d->places.mm;
	case KNEAD_GEOMETRY_RING:
		*ret_key = "cell_deg";
		return d->places.deg;
	case KNEAD_GEOMETRY_SPHERE:
		*ret_key = "cell_xyz";
		return d->places.xyz;
	case KNEAD_GEOMETRY_NONE:
	case _KNEAD_GEOMETRIES:
		break;
	}
	*ret_key = "geometry";
	return 0;
}

/* Where cells itself was not given, the places say how many there are. */
static void settle_cells(struct conf_device *d)
{
	const char *key;

	if (!conf_device_given(d, "cells"))
		d->settings.cells = places_of(d, &key);
}

int conf_device_put(struct conf_device *d, const struct conf_key *k, const char *text, const char *where,
	unsigned source, char *why, size_t size)
{
	struct conf_given g = { .source = source };
	int r;

	if (source > 0 && given_of(d, k)->source == source)
		return conf_refuse(why, size, "given twice, first at %s; keep one", given_of(d, k)->where);
	g.text = strdup(text);
	g.where = strdup(where);
	r = g.text && g.where ? conf_value_parse(k, text, d, why, size) : -ENOMEM;
	if (r < 0) {
		given_clear(&g);
		return r;
	}
	given_clear(given_of(d, k));
	*given_of(d, k) = g;
	settle_profile(d);
	settle_cells(d);
	return 0;
}

int conf_device_settle_protocol(struct conf_device *d, const struct conf_protocol *configured, char *why, size_t size)
{
	struct knead_protocol p = { 0 };
	const char *colon = strchr(d->protocol, ':');

	if (colon) {
		snprintf(p.name, sizeof(p.name), "%.*s", (int)(colon - d->protocol), d->protocol);
		if (conf_steps_parse(colon + 1, &p, why, size) < 0)
			return -EINVAL;
	} else if (d->protocol[0] != '\0') {
		while (configured && strcmp(configured->protocol.name, d->protocol) != 0)
			configured = configured->next;
		if (configured)
			p = configured->protocol;
		else if (!conf_builtin_find(d->protocol, &p))
			return conf_refuse(why, size, "no protocol is called '%s'; add [protocol %s] with steps = ...",
				d->protocol, d->protocol);
	}
	d->settings.protocol = p;
	return 0;
}

int conf_device_set(struct conf_device *d, const char *key, const char *value, char *why, size_t size)
{
	const struct conf_key *k = conf_key_find(CONF_DEVICE, key);
	char reason[CONF_WHY_MAX];
	int r;

	if (!k)
		return conf_refuse(why, size, "%s: no such key of a device", key);
	if (k->type == CONF_PROTOCOL_NAME && value[0] != '\0' && !strchr(value, ':')) {
		struct knead_protocol p;

		if (!conf_builtin_find(value, &p))
			return conf_refuse(why, size, "%s: '%s' is not built in; write NAME: STEPS", key, value);
	}
	r = conf_device_put(d, k, value, key, 0, reason, sizeof(reason));
	if (r < 0)
		return conf_refuse(why, size, "%s: %s", key, reason);
	return k->type == CONF_PROTOCOL_NAME ? conf_device_settle_protocol(d, NULL, why, size) : 0;
}

int conf_device_overlay(struct conf_device *d, const struct conf_device *over, char *why, size_t size)
{
	char reason[CONF_WHY_MAX];

	for (size_t i = 0; i < conf_keys_count; i++) {
		const struct conf_given *g = &over->given[i];

		if (g->text && conf_device_put(d, &conf_keys[i], g->text, g->where, 0, reason, sizeof(reason)) < 0)
			return conf_refuse(why, size, "%s: %s: %s", g->where, conf_keys[i].key, reason);
	}
	if (conf_device_given(over, "protocol"))
		d->settings.protocol = over->settings.protocol;
	return 0;
}

bool conf_device_given(const struct conf_device *d, const char *key)
{
	const struct conf_key *k = conf_key_find(CONF_DEVICE, key);

	return k && given_of(d, k)->text;
}

/* Where the key that a sentence begins with ("release_n: ...") was given, or where the device was named. */
static const char *where_of(const struct conf_device *d, const char *sentence)
{
	for (size_t i = 0; i < conf_keys_count; i++) {
		size_t n = strlen(conf_keys[i].key);

		if (d->given[i].where && strncmp(sentence, conf_keys[i].key, n) == 0 && sentence[n] == ':')
			return d->given[i].where;
	}
	return d->where ? d->where : "configuration";
}

int conf_device_check(const struct conf_device *d, char *why, size_t size)
{
	char reason[CONF_WHY_MAX];
	const char *key;
	uint32_t places = places_of(d, &key);
	int r = 0;

	if (d->settings.geometry != KNEAD_GEOMETRY_NONE && places == 0)
		r = conf_refuse(reason, sizeof(reason), "geometry: %s needs %s, the place of each cell",
			knead_geometry_to_str(d->settings.geometry), key);
	else if (d->settings.geometry != KNEAD_GEOMETRY_NONE && places != d->settings.cells)
		r = conf_refuse(reason, sizeof(reason), "%s: %u places for %u cells; give one for each cell", key,
			places, d->settings.cells);
	else
		r = knead_settings_check(&d->settings, reason, sizeof(reason));
	if (r < 0)
		return conf_refuse(why, size, "%s: [device %s] %s", where_of(d, reason), d->id, reason);
	return 0;
}

size_t conf_device_differences(
	const struct conf_device *a, const struct conf_device *b, conf_difference_fn fn, void *user)
{
	char text_a[CONF_TEXT_MAX], text_b[CONF_TEXT_MAX];
	size_t count = 0;

	for (size_t i = 0; i < conf_keys_count; i++) {
		const struct conf_key *k = &conf_keys[i];

		if (k->section != CONF_DEVICE)
			continue;
		if (strcmp(conf_value_format(k, a, text_a), conf_value_format(k, b, text_b)) == 0)
			continue;
		count++;
		if (fn)
			fn(user, k->key, k->unit ? k->unit : "", text_a, text_b);
	}
	if (strcmp(conf_steps_format(&a->settings.protocol, text_a),
		    conf_steps_format(&b->settings.protocol, text_b)) == 0)
		return count;
	if (fn)
		fn(user, "steps", "", text_a, text_b);
	return count + 1;
}

bool conf_device_equal(const struct conf_device *a, const struct conf_device *b)
{
	return conf_device_differences(a, b, NULL, NULL) == 0;
}

/* "NAME" of a built-in protocol, else "NAME: STEPS", so that a capture needs no configuration beside it. */
static char *protocol_text(const struct knead_protocol *p, char *buf)
{
	char steps[CONF_TEXT_MAX], steps_builtin[CONF_TEXT_MAX];
	struct knead_protocol builtin;

	conf_steps_format(p, steps);
	if (p->steps == 0 || (conf_builtin_find(p->name, &builtin) &&
				     strcmp(conf_steps_format(&builtin, steps_builtin), steps) == 0))
		snprintf(buf, CONF_TEXT_MAX, "%s", p->name);
	else
		snprintf(buf, CONF_TEXT_MAX, "%s: %.*s", p->name, CONF_TEXT_MAX - KNEAD_NAME_MAX - 3, steps);
	return buf;
}

static bool add_key(cJSON *object, const struct conf_key *k, const char *text)
{
	bool number = k->type == CONF_INT || k->type == CONF_COUNT || k->type == CONF_REAL;

	/* As raw text: cJSON would round numbers to 15 digits. */
	return number ? cJSON_AddRawToObject(object, k->key, text) : cJSON_AddStringToObject(object, k->key, text);
}

cJSON *conf_device_to_json(const struct conf_device *d)
{
	struct conf_device *plain = conf_device_new(d->id);
	cJSON *object = cJSON_CreateObject();
	bool good = plain && object;
	char why[CONF_WHY_MAX];

	for (size_t i = 0; good && i < conf_keys_count; i++) {
		const struct conf_key *k = &conf_keys[i];
		char text[CONF_TEXT_MAX], text_plain[CONF_TEXT_MAX];

		if (!k->in_capture)
			continue;
		if (k->type == CONF_PROTOCOL_NAME)
			protocol_text(&d->settings.protocol, text);
		else
			conf_value_format(k, d, text);
		if (strcmp(text, conf_value_format(k, plain, text_plain)) == 0)
			continue;
		good = add_key(object, k, text);
		/* The table has kind before profile before all that they are defaults for. */
		if (strcmp(k->key, "kind") == 0 || strcmp(k->key, "profile") == 0)
			good = good && conf_device_put(plain, k, text, "", 0, why, sizeof(why)) == 0;
	}
	conf_device_free(plain);
	if (good)
		return object;
	cJSON_Delete(object);
	return NULL;
}
