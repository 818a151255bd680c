/* SPDX-License-Identifier: MIT */
/*
 * Any topic and payload as a command. The first byte chooses what comes with it (a response topic, correlation data, retained);
 * then a topic up to a newline, then the payload. A command of ours is answered exactly once, on a topic that one may publish to,
 * with one JSON object that says ok or why not; anything else is not answered, and a retained one never is.
 */
#include <string.h>

#include <cjson/cJSON.h>

#include "command.h"
#include "conf.h"
#include "fuzz.h"
#include "log.h"

#define TOPIC_MAX 300

static struct {
	unsigned answers, calls;
	char topic[TOPIC_MAX];
	size_t correlation_length;
} seen;
static command_ticket waiting;

void log_line(int level, const char *format, ...)
{
	FUZZ_CHECK(level >= LOG_ERR && level <= LOG_DEBUG && format);
}

void sink_mqtt_send(struct sink_mqtt *s, const struct mqtt_message *m)
{
	cJSON *answer = cJSON_ParseWithLength(m->payload, m->length);
	const char *status = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, "status"));

	FUZZ_CHECK(status && (strcmp(status, "ok") == 0 || strcmp(status, "error") == 0));
	FUZZ_CHECK(cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(answer, "data")));
	FUZZ_CHECK((strcmp(status, "ok") == 0) == !cJSON_GetObjectItemCaseSensitive(answer, "code"));
	FUZZ_CHECK(!m->retain && m->topic[0] != '\0' && m->topic[0] != '$' && !strpbrk(m->topic, "+#"));
	FUZZ_CHECK(strlen(m->topic) < sizeof(seen.topic));
	cJSON_Delete(answer);
	seen.answers++;
	strcpy(seen.topic, m->topic);
	seen.correlation_length = m->correlation_length;
}

/* The host takes what the settings' own rules take, and everything else as it comes. */
static void on_set(void *user, const char *device, const cJSON *values, struct command_outcome *ret)
{
	seen.calls++;
	FUZZ_CHECK(cJSON_IsObject(values));
	if (cJSON_GetArraySize(values) % 2 == 1)
		command_fail(ret, COMMAND_UNKNOWN, "%s: no such setting", values->child->string);
	else
		ret->data = cJSON_Duplicate(values, true);
}

static void on_do(void *user, const char *device, const char *verb, const char *word, const cJSON *args,
	command_ticket ticket, struct command_outcome *ret)
{
	seen.calls++;
	FUZZ_CHECK(ticket != 0 && strlen(verb) < 64 && strlen(word) < 64);
	FUZZ_CHECK(!args || cJSON_IsObject(args));
	if (strcmp(verb, "later") != 0)
		return;
	waiting = ticket;
	ret->code = COMMAND_LATER;
}

static void on_bridge(void *user, const char *verb, const cJSON *args, struct command_outcome *ret)
{
	seen.calls++;
	if (!cJSON_IsObject(args))
		command_fail(ret, COMMAND_BAD_VALUE, "%s", "args must be an object");
}

static const struct command_host host = { .device_set = on_set, .device_do = on_do, .bridge = on_bridge };

static void check_answer(const struct mqtt_received *m, bool ours)
{
	bool legal = m->response_topic && m->response_topic[0] != '$';

	FUZZ_CHECK(seen.answers == (ours ? 1 : 0));
	if (ours && legal) {
		FUZZ_CHECK(strcmp(seen.topic, m->response_topic) == 0);
		FUZZ_CHECK(seen.correlation_length == m->correlation_length);
	}
	FUZZ_CHECK(seen.calls <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct command_options options = { .base = "knead", .host = &host };
	struct command_outcome late = { .code = COMMAND_OK };
	struct command *c;
	char topic[TOPIC_MAX] = "", *payload;
	size_t n = 0;

	if (size < 1)
		return 0;
	while (1 + n < size && data[1 + n] != '\n' && data[1 + n] != '\0' && n + 1 < sizeof(topic))
		n++;
	memcpy(topic, data + 1, n);
	n += 1 + (1 + n < size);
	payload = calloc(1, size - n + 1);
	FUZZ_CHECK(payload && command_new(&options, &c) == 0);
	memcpy(payload, data + n, size - n);
	struct mqtt_received m = {
		.topic = topic,
		.payload = payload,
		.length = size - n,
		.response_topic = data[0] & 1 ? data[0] & 2 ? "$SYS/x" : "somebody/answers" : NULL,
		.correlation = data[0] & 4 ? "\0\1\2" : NULL,
		.correlation_length = data[0] & 4 ? 3 : 0,
	};
	memset(&seen, 0, sizeof(seen));
	waiting = 0;
	command_take(c, &m);
	if (waiting) {
		FUZZ_CHECK(seen.answers == 0);
		command_answer(c, waiting, &late);
		command_answer(c, waiting, &late); /* a second time is nobody's */
		FUZZ_CHECK(seen.answers == 1);
	}
	check_answer(&m, seen.answers > 0 || seen.calls > 0);
	memset(&seen, 0, sizeof(seen));
	command_refuse(c, &m, COMMAND_RETAINED);
	FUZZ_CHECK(seen.answers == 0 && seen.calls == 0);
	command_refuse(c, &m, COMMAND_RATE_LIMITED);
	FUZZ_CHECK(seen.answers <= 1 && seen.calls == 0);
	command_free(c);
	free(payload);
	return 0;
}
