/* SPDX-License-Identifier: MIT */
/* Commands to devices go on to device.h; the bridge's own are few and short. */
#include "host.h"

#include <string.h>

#include "log.h"
#include "loop.h"

static struct device *find(const struct host_options *o, const char *id, struct command_outcome *ret)
{
	struct device *d = o->find(o->user, id);

	if (!d)
		command_fail(ret, COMMAND_UNKNOWN, "%s: no such device", id);
	return d;
}

static void on_device_set(void *user, const char *id, const cJSON *values, struct command_outcome *ret)
{
	struct device *d = find(user, id, ret);

	if (d)
		device_set(d, values, ret);
}

static void on_device_do(void *user, const char *id, const char *verb, const char *word, const cJSON *args,
	command_ticket ticket, struct command_outcome *ret)
{
	struct device *d = find(user, id, ret);

	if (d)
		device_do(d, verb, word, args, ticket, ret);
}

static void set_log_level(const struct host_options *o, const cJSON *args, struct command_outcome *ret)
{
	const cJSON *level = cJSON_GetObjectItemCaseSensitive(args, "level");
	int number = cJSON_IsString(level) ? log_level_from_str(level->valuestring) : -1;

	if (number < 0) {
		command_fail(ret, COMMAND_BAD_VALUE, "args: {\"level\": error, warning, notice, info or debug}");
		return;
	}
	log_set_level(number);
	publish_log_level(o->publish(o->user), level->valuestring);
	ret->data = cJSON_CreateObject();
	cJSON_AddStringToObject(ret->data, "level", level->valuestring);
}

static void forget(const struct host_options *o, const cJSON *args, struct command_outcome *ret)
{
	const cJSON *device = cJSON_GetObjectItemCaseSensitive(args, "device");

	if (!cJSON_IsString(device) || !conf_device_name_valid(device->valuestring))
		command_fail(ret, COMMAND_BAD_VALUE, "args: {\"device\": NAME}");
	else if (o->find(o->user, device->valuestring))
		command_fail(ret, COMMAND_BUSY, "%s is configured; take it out of the configuration first",
			device->valuestring);
	else
		publish_forget(o->publish(o->user), device->valuestring);
}

static void on_bridge(void *user, const char *verb, const cJSON *args, struct command_outcome *ret)
{
	const struct host_options *o = user;
	const char *health;

	if (strcmp(verb, "health") == 0) {
		health = publish_health(o->publish(o->user), loop_now_us(), loop_wall_us());
		ret->data = health ? cJSON_Parse(health) : NULL;
	} else if (strcmp(verb, "rediscover") == 0) {
		publish_again(o->publish(o->user));
	} else if (strcmp(verb, "forget") == 0) {
		forget(o, args, ret);
	} else if (strcmp(verb, "log_level") == 0) {
		set_log_level(o, args, ret);
	} else if (strcmp(verb, "restart_daemon") == 0) {
		o->restart(o->user);
	} else {
		command_fail(ret, COMMAND_UNKNOWN, "%s: no such request", verb);
	}
}

const struct command_host host_commands = {
	.device_set = on_device_set,
	.device_do = on_device_do,
	.bridge = on_bridge,
};
