/* SPDX-License-Identifier: MIT */
/* --dump-config: what a running daemon would have in force, the settings that were commanded included. */
#include <stdlib.h>

#include "app.h"
#include "state.h"

#define STATE_FOLDER "/var/lib/knead" /* of the service, for a person who asks from a shell */
#define WHY_MAX 768

/* Puts what was commanded on top of one device, in the list at *at. Says so in a comment, as in no file it stands. */
static void overlay(struct conf *conf, struct conf_device **at, const struct state *state, FILE *out)
{
	struct conf_setting settings[STATE_SETTINGS_MAX] = { 0 };
	struct conf_device *in_force, *base = *at;
	char why[WHY_MAX] = "out of memory";

	for (uint32_t i = 0; i < state->settings_count; i++)
		settings[i] = (struct conf_setting){ state->settings[i].key, state->settings[i].value };
	if (conf_device_with(base, conf->protocols, settings, state->settings_count, &in_force, why, sizeof(why)) !=
		0) {
		fprintf(out, "# [device %s]: what was commanded does not fit and is not used: %s\n", base->id, why);
		return;
	}
	for (uint32_t i = 0; i < state->settings_count; i++)
		fprintf(out, "# [device %s] %s: by command\n", base->id, settings[i].key);
	in_force->next = base->next;
	*at = in_force;
	conf_device_free(base);
}

void app_dump_conf(struct conf *conf, FILE *out)
{
	const char *folder = getenv("STATE_DIRECTORY");
	struct state_store *store = NULL;
	struct state state;
	char why[WHY_MAX];

	if (state_store_new(folder ? folder : STATE_FOLDER, &store) == 0) {
		for (struct conf_device **at = &conf->devices; *at; at = &(*at)->next)
			if (state_store_get(store, (*at)->id, &state, why, sizeof(why)) == 0 &&
				state.settings_count > 0)
				overlay(conf, at, &state, out);
		state_store_free(store);
	}
	conf_dump(conf, out);
}
