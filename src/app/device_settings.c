/* SPDX-License-Identifier: MIT */
/*
 * Settings of a device that were commanded. They are kept with its state, stand above the configuration, and take effect at once
 * without ending what is open. An empty value gives a setting back to the configuration.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <knead/control.h>

#include "device_internal.h"

/* The settings of a state as the configuration wants them. Returns how many. */
static size_t list_settings(const struct state *state, struct conf_setting *ret)
{
	for (uint32_t i = 0; i < state->settings_count; i++)
		ret[i] = (struct conf_setting){ .key = state->settings[i].key, .value = state->settings[i].value };
	return state->settings_count;
}

static int settle(struct device *d, const struct state *state, struct conf_device **ret, char *ret_why, size_t why_size)
{
	struct conf_setting settings[STATE_SETTINGS_MAX];
	size_t count = list_settings(state, settings);

	return conf_device_with(d->conf, (*d->context->conf)->protocols, settings, count, ret, ret_why, why_size);
}

void device_settings_load(struct device *d)
{
	char why[COMMAND_ERROR_MAX] = "out of memory";
	struct conf_device *fresh;

	if (settle(d, &d->state, &fresh, why, sizeof(why)) != 0) {
		log_line(LOG_WARNING,
			"%s: settings that were commanded do not fit the configuration and are dropped: %s",
			d->conf->id, why);
		d->state.settings_count = 0;
		if (settle(d, &d->state, &fresh, why, sizeof(why)) != 0)
			return; /* no memory: the configuration stands as it is */
	}
	conf_device_free(d->in_force);
	d->in_force = fresh;
}

const struct conf_device *device_settings(const struct device *d)
{
	return d->in_force ? d->in_force : d->conf;
}

static const struct state_setting *find(const struct state *state, const char *key)
{
	for (uint32_t i = 0; i < state->settings_count; i++)
		if (strcmp(state->settings[i].key, key) == 0)
			return &state->settings[i];
	return NULL;
}

struct publish_settings device_settings_published(const struct device *d, const char **keys)
{
	const struct state_setting *live = find(&d->state, "live");

	for (uint32_t i = 0; i < d->state.settings_count; i++)
		keys[i] = d->state.settings[i].key;
	return (struct publish_settings){
		.mute = live && strcmp(live->value, "OFF") == 0,
		.changed = keys,
		.changed_count = d->state.settings_count,
	};
}

static void remove_setting(struct state *state, const char *key)
{
	for (uint32_t i = 0; i < state->settings_count; i++) {
		if (strcmp(state->settings[i].key, key) != 0)
			continue;
		state->settings[i] = state->settings[--state->settings_count];
		return;
	}
}

/* Puts one commanded value into a state. Returns false, with the outcome, for what cannot be one. */
static bool put_setting(struct state *state, const cJSON *item, struct command_outcome *ret)
{
	struct state_setting *s;
	char text[STATE_VALUE_MAX];

	if (!conf_setting_known(item->string)) {
		command_fail(ret, COMMAND_UNKNOWN, "%s: no such setting", item->string);
		return false;
	}
	if (cJSON_IsBool(item))
		snprintf(text, sizeof(text), "%s", cJSON_IsTrue(item) ? "ON" : "OFF");
	else if (cJSON_IsNumber(item))
		conf_number_text(item->valuedouble, text);
	else if (cJSON_IsNull(item))
		text[0] = '\0';
	else if (!cJSON_IsString(item) || strlen(item->valuestring) >= sizeof(text)) {
		command_fail(ret, COMMAND_BAD_VALUE, "%s: must be a number, a word or ON or OFF", item->string);
		return false;
	} else
		snprintf(text, sizeof(text), "%s", item->valuestring);
	remove_setting(state, item->string);
	s = &state->settings[state->settings_count];
	if (text[0] == '\0')
		return true;
	snprintf(s->key, sizeof(s->key), "%s", item->string);
	snprintf(s->value, sizeof(s->value), "%s", text);
	state->settings_count++;
	return true;
}

int device_settings_apply(struct device *d)
{
	const char *keys[STATE_SETTINGS_MAX];
	struct publish_settings published = device_settings_published(d, keys);
	struct knead_settings settings = d->in_force->settings;

	/* the zero and the scale in force are not those of the configuration */
	settings.zero_raw_count = d->settings.zero_raw_count;
	memcpy(settings.zero_raw, d->settings.zero_raw, sizeof(settings.zero_raw));
	memcpy(settings.zero_serial, d->settings.zero_serial, sizeof(settings.zero_serial));
	settings.counts_per_n_count = d->settings.counts_per_n_count;
	memcpy(settings.counts_per_n, d->settings.counts_per_n, sizeof(settings.counts_per_n));
	d->settings = settings;
	int r = knead_pipeline_configure(d->feed.pipeline, &settings);
	return r < 0 ? r : publish_device_configure(d->context->publish, d->publish, d->in_force, &published);
}

/* The value in force of a key, for the answer. */
static bool add_value(cJSON *data, const struct state *state, const char *name, const char *key)
{
	const struct state_setting *s = find(state, key);

	return s ? cJSON_AddStringToObject(data, name, s->value) != NULL : cJSON_AddNullToObject(data, name) != NULL;
}

static cJSON *describe(const struct state *state, const cJSON *values)
{
	cJSON *data = cJSON_CreateObject();
	const cJSON *item;

	if (cJSON_GetArraySize(values) == 1) {
		cJSON_AddStringToObject(data, "key", values->child->string);
		add_value(data, state, "value", values->child->string);
		return data;
	}
	cJSON_ArrayForEach(item, values)
	{
		add_value(data, state, item->string, item->string);
	}
	return data;
}

void device_set(struct device *d, const cJSON *values, struct command_outcome *ret)
{
	struct state fresh = d->state;
	struct conf_device *in_force = NULL;
	const cJSON *item;
	int r;

	if (cJSON_GetArraySize(values) == 0) {
		command_fail(ret, COMMAND_BAD_VALUE, "no setting is named");
		return;
	}
	cJSON_ArrayForEach(item, values)
	{
		if (!put_setting(&fresh, item, ret))
			return;
	}
	r = settle(d, &fresh, &in_force, ret->error, sizeof(ret->error));
	if (r != 0) {
		ret->code = r == CONF_SETTING_E_RANGE ? COMMAND_OUT_OF_RANGE : COMMAND_BAD_VALUE;
		if (r < 0)
			command_fail(ret, COMMAND_BUSY, "out of memory");
		return;
	}
	d->state = fresh;
	conf_device_free(d->in_force);
	d->in_force = in_force;
	if (device_settings_apply(d) < 0)
		command_fail(ret, COMMAND_OUT_OF_RANGE, "the settings do not fit together");
	else
		ret->data = describe(&fresh, values);
	state_store_put(d->context->store, d->conf->id, &d->state);
	device_publish(d, true);
}
