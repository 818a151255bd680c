/* SPDX-License-Identifier: MIT */
/*
 * The options of a sink. A file that cannot be read is found here, at the start, and not in the night of the first reconnect;
 * whether its content is any good shows only when a broker is there.
 */
#include "mqtt_settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mqtt_password.h"

#define PORT_PLAIN 1883
#define PORT_TLS 8883
#define KEEPALIVE_S 5 /* the library takes no less */
#define EVENTS_MAX 4096
#define BYTES_MAX (4u << 20)
#define BYTES_PER_MB 1000000

static int or_default(int given, int standard)
{
	return given > 0 ? given : standard;
}

static void copy_numbers(struct mqtt_settings *s, const struct sink_mqtt_options *o)
{
	s->port = or_default(o->port, o->tls ? PORT_TLS : PORT_PLAIN);
	s->keepalive_s = o->keepalive_s;
	s->protocol = o->protocol;
	s->tls = o->tls;
	s->guest = o->guest;
	s->backoff_min_ms = or_default(o->backoff_min_ms, 1000);
	s->backoff_max_ms = or_default(o->backoff_max_ms, 60000);
	s->refused_ms = or_default(o->refused_ms, 60000);
	s->answer_ms = or_default(o->answer_ms, 10000);
	s->look_ms = or_default(o->look_ms, 2000);
	s->events_max = o->events_max > 0 ? o->events_max : EVENTS_MAX;
	s->bytes_max = o->bytes_max > 0 ? o->bytes_max : BYTES_MAX;
	s->late_after_us = (int64_t)(o->late_after_s * 1e6);
	s->event_expiry_s = (uint32_t)(o->late_after_s + 0.999);
	s->journal_own = o->journal.own;
	s->journal_started_us = o->journal.started_wall_us;
	s->journal_keep_days = o->journal.keep_days;
	s->journal_max_bytes = (int64_t)(o->journal.max_mb * BYTES_PER_MB);
}

/* Copies a text; nothing for NULL and "". Returns 0 or -ENOMEM. */
static int copy(char **ret, const char *text)
{
	if (!text || *text == '\0')
		return 0;
	*ret = strdup(text);
	return *ret ? 0 : -ENOMEM;
}

/*
 * A client id that stays the same over restarts: a connection that died unnoticed, after a power cut say, is then taken over
 * and ended by the next. With a new id each time the broker would find it dead a minute later, and publish its will, "offline",
 * over our "online".
 */
static int make_client_id(const char *base, char **ret)
{
	char machine[256] = "";
	uint64_t hash = 14695981039346656037u; /* FNV-1a: the machine's id itself is nobody's business */
	FILE *f = fopen("/etc/machine-id", "re");

	if (!f || !fgets(machine, sizeof(machine), f) || machine[0] == '\n')
		gethostname(machine, sizeof(machine) - 1);
	if (f)
		fclose(f);
	for (const char *at = machine; *at != '\0'; at++)
		hash = (hash ^ (unsigned char)*at) * 1099511628211u;
	for (const char *at = base; *at != '\0'; at++)
		hash = (hash ^ (unsigned char)*at) * 1099511628211u;
	return asprintf(ret, "kneadd-%016llx", (unsigned long long)hash) < 0 ? -ENOMEM : 0;
}

static int copy_subscriptions(struct mqtt_settings *s, const struct sink_mqtt_options *o)
{
	s->subscriptions = calloc(o->subscriptions_count + 1, sizeof(*s->subscriptions));
	if (!s->subscriptions)
		return -ENOMEM;
	for (size_t i = 0; i < o->subscriptions_count; i++) {
		s->subscriptions[i] = strdup(o->subscriptions[i]);
		if (!s->subscriptions[i])
			return -ENOMEM;
		s->subscriptions_count++;
	}
	return 0;
}

static int copy_texts(struct mqtt_settings *s, const struct sink_mqtt_options *o)
{
	int r = copy(&s->host, o->host);

	r = r < 0 ? r : copy(&s->client_id, o->client_id);
	r = r < 0 || s->client_id ? r : make_client_id(o->base, &s->client_id);
	r = r < 0 ? r : copy(&s->username, o->username);
	r = r < 0 ? r : copy(&s->ca_file, o->ca_file);
	r = r < 0 ? r : copy(&s->cert_file, o->cert_file);
	r = r < 0 ? r : copy(&s->key_file, o->key_file);
	r = r < 0 ? r : copy(&s->base, o->base);
	r = r < 0 ? r : copy(&s->journal_path, o->journal.path);
	r = r < 0 ? r : copy(&s->journal_boot, o->journal.path ? o->journal.boot : NULL);
	r = r < 0 ? r : copy_subscriptions(s, o);
	r = r < 0 ? r : mqtt_password_find(o->password_file, getenv("CREDENTIALS_DIRECTORY"), &s->password_path);
	if (r < 0)
		return r;
	if (asprintf(&s->availability_topic, "%s/bridge/availability", o->base) < 0)
		s->availability_topic = NULL;
	if (asprintf(&s->info_topic, "%s/bridge/info", o->base) < 0)
		s->info_topic = NULL;
	return s->availability_topic && s->info_topic ? 0 : -ENOMEM;
}

static int check(const struct sink_mqtt_options *o, char *ret_why, size_t why_size)
{
	const char *why = NULL;

	if ((!o->host || *o->host == '\0') && !o->journal.path)
		why = "host of [mqtt] is empty: name a broker";
	else if (!o->base || *o->base == '\0' || strpbrk(o->base, "+#"))
		why = "base of [mqtt] must be a topic without + and #";
	else if (o->port < 0 || o->port > UINT16_MAX)
		why = "port of [mqtt] must be 1 to 65535";
	else if (o->keepalive_s < KEEPALIVE_S || o->keepalive_s > UINT16_MAX)
		why = "keepalive_s of [mqtt] must be 5 to 65535";
	else if (o->protocol != 5 && o->protocol != 4)
		why = "protocol of [mqtt] must be 5 or 3.1.1";
	else if (o->cert_file && *o->cert_file && !(o->key_file && *o->key_file))
		why = "cert_file of [mqtt] needs key_file";
	if (!why)
		return 0;
	snprintf(ret_why, why_size, "%s", why);
	return -EINVAL;
}

static int check_readable(const char *path, const char *key, char *ret_why, size_t why_size)
{
	if (!path || access(path, R_OK) == 0)
		return 0;
	int error = errno;
	snprintf(ret_why, why_size, "%s of [mqtt]: cannot read %s: %s", key, path, strerror(error));
	return -error;
}

int mqtt_settings_init(struct mqtt_settings *s, const struct sink_mqtt_options *options, char *ret_why, size_t why_size)
{
	int r;

	*s = (struct mqtt_settings){ 0 };
	r = check(options, ret_why, why_size);
	if (r < 0)
		return r;
	copy_numbers(s, options);
	r = copy_texts(s, options);
	if (r < 0) {
		snprintf(ret_why, why_size, "no memory for the settings of the broker");
		return r;
	}
	r = check_readable(s->password_path, "password_file", ret_why, why_size);
	r = r < 0 ? r : check_readable(s->ca_file, "ca_file", ret_why, why_size);
	r = r < 0 ? r : check_readable(s->cert_file, "cert_file", ret_why, why_size);
	r = r < 0 ? r : check_readable(s->key_file, "key_file", ret_why, why_size);
	return r;
}

void mqtt_settings_deinit(struct mqtt_settings *s)
{
	char **texts[] = { &s->host, &s->client_id, &s->username, &s->password_path, &s->ca_file, &s->cert_file,
		&s->key_file, &s->base, &s->availability_topic, &s->info_topic, &s->journal_path, &s->journal_boot };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free(*texts[i]);
	for (size_t i = 0; i < s->subscriptions_count; i++)
		free(s->subscriptions[i]);
	free(s->subscriptions);
	*s = (struct mqtt_settings){ 0 };
}
