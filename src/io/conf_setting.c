/* SPDX-License-Identifier: MIT */
/*
 * Settings that come by command: a few keys of a device, on top of what the configuration says. They are put through the very
 * table and checks of the configuration, so that nothing gets in that a file could not say.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "conf_table.h"

static const char *const settable[] = { "target_s", "press_n", "release_n", "hold_min_s", "contact_cm2", "over_soft_n",
	"over_hard_n", "profile", "protocol", "live", "live_hz" };

bool conf_setting_known(const char *key)
{
	for (size_t i = 0; i < sizeof(settable) / sizeof(settable[0]); i++)
		if (strcmp(settable[i], key) == 0)
			return true;
	return false;
}

/* A number that is no good is out of range; what is no number is no value at all. */
static int kind_of_error(const char *key, const char *value)
{
	const struct conf_key *k = conf_key_find(CONF_DEVICE, key);
	double number;

	return k && k->type == CONF_REAL && conf_number_parse(value, &number) == 0 ? CONF_SETTING_E_RANGE
										   : CONF_SETTING_E_VALUE;
}

/* "none" or "" is no protocol; else one of the configuration, or a built-in one. */
static int set_protocol(
	struct conf_device *d, const struct conf_protocol *protocols, const char *name, char *ret_why, size_t why_size)
{
	if (strchr(name, ':')) {
		conf_refuse(ret_why, why_size, "protocol: give the name of one");
		return -EINVAL;
	}
	for (; protocols && strcmp(name, "none") != 0; protocols = protocols->next) {
		if (strcmp(protocols->protocol.name, name) != 0)
			continue;
		d->settings.protocol = protocols->protocol;
		return 0;
	}
	return conf_device_set(d, "protocol", strcmp(name, "none") == 0 ? "" : name, ret_why, why_size);
}

static int set_one(struct conf_device *d, const struct conf_protocol *protocols, const struct conf_setting *setting,
	char *ret_why, size_t why_size)
{
	bool live = strcmp(setting->key, "live") == 0;

	if (live && strcmp(setting->value, "ON") != 0 && strcmp(setting->value, "OFF") != 0)
		return conf_refuse(ret_why, why_size, "live: ON or OFF");
	if (live)
		return 0;
	if (strcmp(setting->key, "protocol") == 0)
		return set_protocol(d, protocols, setting->value, ret_why, why_size);
	return conf_device_set(d, setting->key, setting->value, ret_why, why_size);
}

/* The profile brings defaults for others: it goes first, as in the table. */
static int set_all(struct conf_device *d, const struct conf_protocol *protocols, const struct conf_setting *settings,
	size_t count, char *ret_why, size_t why_size)
{
	for (int others = 0; others < 2; others++) {
		for (size_t i = 0; i < count; i++) {
			const struct conf_setting *s = &settings[i];

			if ((strcmp(s->key, "profile") != 0) != others)
				continue;
			if (!conf_setting_known(s->key)) {
				conf_refuse(ret_why, why_size, "%s: no such setting", s->key);
				return CONF_SETTING_E_VALUE;
			}
			if (set_one(d, protocols, s, ret_why, why_size) < 0)
				return kind_of_error(s->key, s->value);
		}
	}
	return 0;
}

int conf_device_with(const struct conf_device *base, const struct conf_protocol *protocols,
	const struct conf_setting *settings, size_t count, struct conf_device **ret, char *ret_why, size_t why_size)
{
	struct conf_device *d = conf_device_new(base->id);
	int r;

	if (!d)
		return -ENOMEM;
	r = conf_device_overlay(d, base, ret_why, why_size);
	if (r == 0)
		r = set_all(d, protocols, settings, count, ret_why, why_size);
	if (r == 0 && conf_device_check(d, ret_why, why_size) < 0)
		r = CONF_SETTING_E_RANGE;
	if (r != 0) {
		conf_device_free(d);
		return r;
	}
	*ret = d;
	return 0;
}

bool conf_device_name_valid(const char *name)
{
	return conf_name_valid(CONF_DEVICE, name);
}
