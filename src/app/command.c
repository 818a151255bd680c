/* SPDX-License-Identifier: MIT */
/*
 * Commands. A settings payload that is one JSON object sets all its keys or none; everything else under set/ is one plain
 * value, empty for "as configured". Nothing that comes from the broker is trusted: topics are taken apart piece by piece,
 * payloads may be any bytes.
 */
#include "command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "log.h"

#define PENDING_MAX 8 /* commands under way */
#define ANSWER_EXPIRY_S 30
#define TOPIC_MAX 256
#define WORD_MAX 64
#define TRANSACTION_MAX 128

enum command_kind { COMMAND_SET, COMMAND_DO, COMMAND_REQUEST };

/* Where a command came from, and where its answer goes. */
struct command_source {
	enum command_kind kind;
	char device[WORD_MAX], verb[WORD_MAX];
	char answer_topic[TOPIC_MAX];
	char *correlation;
	size_t correlation_length;
	char transaction[TRANSACTION_MAX]; /* "" = none */
};

struct pending {
	command_ticket ticket; /* 0 = free */
	struct command_source source;
};

struct command {
	struct sink_mqtt *sink;
	char *base;
	const struct command_host *host;
	void *host_user;
	struct pending pending[PENDING_MAX];
	command_ticket last_ticket;
};

const char *command_code_to_str(enum command_code code)
{
	static const char *const names[_COMMAND_CODES] = {
		"ok",
		"later",
		"unknown",
		"bad_value",
		"out_of_range",
		"loaded",
		"unsteady",
		"saturated",
		"no_data",
		"implausible",
		"not_calibrated",
		"unsupported",
		"busy",
		"rate_limited",
		"retained",
	};

	return (unsigned)code < _COMMAND_CODES ? names[code] : NULL;
}

void command_fail(struct command_outcome *ret, enum command_code code, const char *format, ...)
{
	va_list list;

	ret->code = code;
	va_start(list, format);
	vsnprintf(ret->error, sizeof(ret->error), format, list);
	va_end(list);
}

int command_new(const struct command_options *options, struct command **ret)
{
	struct command *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->sink = options->sink;
	c->base = strdup(options->base);
	c->host = options->host;
	c->host_user = options->host_user;
	if (!c->base) {
		free(c);
		return -ENOMEM;
	}
	*ret = c;
	return 0;
}

static void source_deinit(struct command_source *s)
{
	free(s->correlation);
	*s = (struct command_source){ 0 };
}

void command_free(struct command *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < PENDING_MAX; i++)
		source_deinit(&c->pending[i].source);
	free(c->base);
	free(c);
}

/* ---- the topic ---- */

/* Takes the next part of a topic, up to its end or '/', into word. Returns what follows, or NULL when it is too long. */
static const char *next_part(const char *topic, char *word, size_t size)
{
	size_t n = strcspn(topic, "/");

	if (n >= size)
		return NULL;
	memcpy(word, topic, n);
	word[n] = '\0';
	return topic[n] == '/' ? topic + n + 1 : topic + n;
}

/* BASE/DEVICE/set[/KEY], BASE/DEVICE/do/VERB, BASE/bridge/request/VERB. Returns whether the topic is one of them. */
static bool read_topic(const struct command *c, const char *topic, struct command_source *ret)
{
	size_t n = strlen(c->base);
	char kind[WORD_MAX];

	if (strncmp(topic, c->base, n) != 0 || topic[n] != '/' || strpbrk(topic, "+#"))
		return false;
	topic = next_part(topic + n + 1, ret->device, sizeof(ret->device));
	topic = topic ? next_part(topic, kind, sizeof(kind)) : NULL;
	if (!topic || strchr(topic, '/') || !next_part(topic, ret->verb, sizeof(ret->verb)))
		return false;
	if (strcmp(ret->device, "bridge") == 0)
		ret->kind = COMMAND_REQUEST;
	else
		ret->kind = strcmp(kind, "set") == 0 ? COMMAND_SET : COMMAND_DO;
	return strcmp(kind, ret->kind == COMMAND_REQUEST ? "request" : ret->kind == COMMAND_SET ? "set" : "do") == 0;
}

/* A topic that one may publish to, and that fits. */
static bool is_legal(const char *topic)
{
	return topic && topic[0] != '\0' && topic[0] != '$' && !strpbrk(topic, "+#") && strlen(topic) < TOPIC_MAX;
}

static void choose_answer_topic(const struct command *c, const struct mqtt_received *m, struct command_source *s)
{
	const char *leaf = s->kind == COMMAND_REQUEST ? "response" : "result";

	if (is_legal(m->response_topic))
		snprintf(s->answer_topic, sizeof(s->answer_topic), "%s", m->response_topic);
	else if (snprintf(s->answer_topic, sizeof(s->answer_topic), "%s/%s/%s/%s", c->base, s->device, leaf,
			 s->kind == COMMAND_SET ? "set" : s->verb) >= TOPIC_MAX)
		s->answer_topic[0] = '\0';
	if (!is_legal(m->response_topic) || !m->correlation)
		return;
	s->correlation = malloc(m->correlation_length + 1);
	if (!s->correlation)
		return;
	memcpy(s->correlation, m->correlation, m->correlation_length);
	s->correlation_length = m->correlation_length;
}

/* ---- the answer ---- */

static char *answer_text(const struct command_source *s, const struct command_outcome *outcome)
{
	cJSON *answer = cJSON_CreateObject(), *data = outcome->data ? outcome->data : cJSON_CreateObject();
	bool ok = outcome->code == COMMAND_OK;
	char *text = NULL;

	if (cJSON_AddNumberToObject(answer, "v", 1) && cJSON_AddStringToObject(answer, "status", ok ? "ok" : "error") &&
		(ok || (cJSON_AddStringToObject(answer, "code", command_code_to_str(outcome->code)) &&
			       cJSON_AddStringToObject(answer, "error", outcome->error))) &&
		(s->transaction[0] == '\0' || cJSON_AddStringToObject(answer, "transaction", s->transaction)) &&
		cJSON_AddItemToObject(answer, "data", data)) {
		data = NULL;
		text = cJSON_PrintUnformatted(answer);
		if (text)
			json_mend(text); /* what was sent to us is quoted, and may be cut short */
	}
	cJSON_Delete(data);
	cJSON_Delete(answer);
	return text;
}

/* Logs and answers; takes over outcome->data. */
static void finish(struct command *c, const struct command_source *s, struct command_outcome *outcome)
{
	static const char *const kinds[] = { "set", "do", "request" };
	char *text = answer_text(s, outcome);

	outcome->data = NULL;
	log_line(outcome->code == COMMAND_OK ? LOG_INFO : LOG_WARNING, "%s: %s %s: %s%s%s", s->device, kinds[s->kind],
		s->verb, command_code_to_str(outcome->code), outcome->code == COMMAND_OK ? "" : ": ",
		outcome->code == COMMAND_OK ? "" : outcome->error);
	if (text && s->answer_topic[0] != '\0') {
		struct mqtt_message m = {
			.topic = s->answer_topic,
			.payload = text,
			.length = strlen(text),
			.cls = MQTT_DROP,
			.qos = 1,
			.json = true,
			.expiry_s = ANSWER_EXPIRY_S,
			.correlation = s->correlation,
			.correlation_length = s->correlation_length,
		};
		sink_mqtt_send(c->sink, &m);
	}
	cJSON_free(text);
}

/* ---- the payload ---- */

/* The payload as text without a NUL inside, or NULL. */
static const char *as_text(const struct mqtt_received *m)
{
	return strlen(m->payload) == m->length ? m->payload : NULL;
}

/* The payload as one JSON object, owned by the caller, or NULL. */
static cJSON *as_object(const struct mqtt_received *m)
{
	const char *end;
	cJSON *json = cJSON_ParseWithLengthOpts(m->payload, m->length, &end, false);

	if (cJSON_IsObject(json) && end + strspn(end, " \t\r\n") == m->payload + m->length)
		return json;
	cJSON_Delete(json);
	return NULL;
}

static void take_set(
	struct command *c, struct command_source *s, const struct mqtt_received *m, struct command_outcome *ret)
{
	const char *text = as_text(m);
	bool single = s->verb[0] != '\0';
	cJSON *values = single ? cJSON_CreateObject() : as_object(m);

	if (!values)
		command_fail(ret, COMMAND_BAD_VALUE, "the payload must be one JSON object of settings");
	else if (single && (!text || strlen(text) >= WORD_MAX))
		command_fail(
			ret, COMMAND_BAD_VALUE, "%s must be a plain value of up to %d bytes", s->verb, WORD_MAX - 1);
	else if (single && !cJSON_AddStringToObject(values, s->verb, text))
		command_fail(ret, COMMAND_BUSY, "out of memory");
	else
		c->host->device_set(c->host_user, s->device, values, ret);
	cJSON_Delete(values);
}

static command_ticket reserve(struct command *c, struct pending **ret)
{
	for (size_t i = 0; i < PENDING_MAX; i++) {
		if (c->pending[i].ticket != 0)
			continue;
		*ret = &c->pending[i];
		if (++c->last_ticket == 0)
			c->last_ticket = 1;
		return c->last_ticket;
	}
	return 0;
}

static void take_do(
	struct command *c, struct command_source *s, const struct mqtt_received *m, struct command_outcome *ret)
{
	const char *text = as_text(m);
	cJSON *args = as_object(m);
	struct pending *pending = NULL;
	command_ticket ticket = reserve(c, &pending);
	char word[WORD_MAX] = "";

	if (!args && (!text || strlen(text) >= WORD_MAX)) {
		command_fail(ret, COMMAND_BAD_VALUE, "the payload must be PRESS, a word or one JSON object");
	} else if (ticket == 0) {
		command_fail(ret, COMMAND_BUSY, "too many commands are under way");
	} else {
		if (!args && strcmp(text, "PRESS") != 0)
			snprintf(word, sizeof(word), "%s", text);
		c->host->device_do(c->host_user, s->device, s->verb, word, args, ticket, ret);
	}
	cJSON_Delete(args);
	if (ret->code != COMMAND_LATER || !pending)
		return;
	pending->ticket = ticket;
	pending->source = *s; /* the correlation data goes with it */
	s->correlation = NULL;
}

static void take_request(
	struct command *c, struct command_source *s, const struct mqtt_received *m, struct command_outcome *ret)
{
	cJSON *object = as_object(m);
	const char *text = as_text(m);
	const cJSON *transaction = cJSON_GetObjectItemCaseSensitive(object, "transaction");
	const cJSON *args = cJSON_GetObjectItemCaseSensitive(object, "args");

	if (cJSON_IsString(transaction))
		snprintf(s->transaction, sizeof(s->transaction), "%s", transaction->valuestring);
	if (!object && !(text && (text[0] == '\0' || strcmp(text, "PRESS") == 0)))
		command_fail(ret, COMMAND_BAD_VALUE, "the payload must be one JSON object");
	else
		c->host->bridge(c->host_user, s->verb, args, ret);
	cJSON_Delete(object);
}

/* ---- in and out ---- */

/* Returns whether the topic is a command's, with an outcome for a verb that is too long. */
static bool begin(struct command *c, const struct mqtt_received *m, struct command_source *s)
{
	*s = (struct command_source){ 0 };
	if (!read_topic(c, m->topic, s)) {
		log_line(LOG_WARNING, "mqtt: %s is no command", m->topic);
		return false;
	}
	choose_answer_topic(c, m, s);
	return true;
}

void command_take(struct command *c, const struct mqtt_received *m)
{
	struct command_outcome outcome = { .code = COMMAND_OK };
	struct command_source source;

	if (!begin(c, m, &source))
		return;
	switch (source.kind) {
	case COMMAND_SET:
		take_set(c, &source, m, &outcome);
		break;
	case COMMAND_DO:
		take_do(c, &source, m, &outcome);
		break;
	case COMMAND_REQUEST:
		take_request(c, &source, m, &outcome);
		break;
	}
	if (outcome.code != COMMAND_LATER)
		finish(c, &source, &outcome);
	source_deinit(&source);
}

void command_refuse(struct command *c, const struct mqtt_received *m, enum command_code code)
{
	struct command_outcome outcome = { .code = code };
	struct command_source source;

	if (code == COMMAND_RETAINED) {
		log_line(LOG_WARNING, "mqtt: a retained command on %s is ignored; remove it there", m->topic);
		return;
	}
	if (!begin(c, m, &source))
		return;
	if (code == COMMAND_RATE_LIMITED)
		command_fail(&outcome, code, "more than ten commands in a second");
	else
		command_fail(&outcome, code, "the payload is longer than %d bytes", MQTT_PAYLOAD_MAX);
	finish(c, &source, &outcome);
	source_deinit(&source);
}

void command_answer(struct command *c, command_ticket ticket, struct command_outcome *outcome)
{
	for (size_t i = 0; i < PENDING_MAX; i++) {
		if (ticket == 0 || c->pending[i].ticket != ticket)
			continue;
		finish(c, &c->pending[i].source, outcome);
		source_deinit(&c->pending[i].source);
		c->pending[i].ticket = 0;
		return;
	}
	cJSON_Delete(outcome->data);
	outcome->data = NULL;
}
