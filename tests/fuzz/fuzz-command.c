/* SPDX-License-Identifier: MIT */
/*
 * Any messages from a broker to a whole kneadd but for its port and its clocks: what the library's callback hands over goes through
 * the inbox, the loop, the commands and a device that is measuring, to what is published of it.
 *
 * A command is answered exactly once, on a topic that one may publish to, with one JSON object that says ok or why not; a retained
 * one never is; what is no command is not answered. Everything that is published is on a topic of ours, and JSON that can be read.
 *
 * Input: a byte that picks the configuration, then messages with 0xff between them, each a byte of enum with, a topic up to a line
 * feed, and the payload. With KEPT in the first byte what comes before the first 0xff is what an earlier start has kept of its
 * announcements.
 */
#include <stdarg.h>
#include <string.h>

#include <mosquitto.h>
#include <mqtt_protocol.h>

#include "device_internal.h"
#include "fuzz.h"
#include "host.h"
#include "inbound.h"
#include "memory_file.h"
#include "mqtt_packet.h"
#include "texts.h"

#define TOPIC_MAX 300
#define MESSAGES_MAX 64
#define ANSWERS "somebody/answers"
#define INBOX_MAX 64
#define KEPT 0x80
#define TURNS_MAX 40 /* of the loop, for one message */
#define LAST_TURNS_MAX 4000

/* What comes with a message. */
enum with {
	WITH_RESPONSE = 1, /* an address for the answer, and the number of the message with it */
	WITH_ILLEGAL = 2, /* the same, but nobody may publish there */
	WITH_RETAIN = 4,
	WITH_WAIT = 8, /* after a second, not at once */
	WITH_IDLE = 16, /* a second of samples of an empty ball comes first */
	WITH_LOAD = 32, /* a second of samples of a loaded one */
	WITH_NO_PROPERTIES = 64, /* as MQTT 3.1.1 has it */
};

static const char *const configurations[] = {
	"[mqtt]\nscalars = yes\n[device ball]\nport = x\nunit = n\nformat = columns\nrate_hz = 20\n",
	"[homeassistant]\ndiscovery = components\n[device ball]\nport = x\ncounts_per_n = 40\nprotocol = hold30\n"
	"format = columns\nread_only = yes\n",
	"[homeassistant]\ndiscovery = off\n[device ball]\nport = x\nkind = roller\ncells = 2\ngeometry = line\n"
	"cell_mm = 0 100\nformat = columns\n[protocol mine]\nsteps = hold 5, strokes 3-5, rest 2\n",
};
#define CONFIGURATIONS (sizeof(configurations) / sizeof(configurations[0]))

/* What the sink stands for: the inbox and what has been answered. */
struct sink_mqtt {
	struct mqtt_inbox *inbox;
	unsigned answers; /* on topics of ours */
	uint8_t answered[MESSAGES_MAX]; /* by the address of the message */
};

struct house {
	struct conf *conf;
	sd_event *event;
	struct sink_mqtt sink;
	bool kept; /* announcements of an earlier start */
	struct announced *announced;
	struct publish *publish;
	struct state_store *store;
	struct device_context context;
	struct device *device;
	struct command *command;
	struct inbound *inbound;
	struct host_options host;
	uint64_t n;
	unsigned expected, retained; /* commands that must be answered; and those that must not */
};

static struct house *house; /* for what has no argument for it */
static int64_t clock_us;

/* ---- clocks, port, log and sink, instead of the real ones ---- */

int64_t loop_now_us(void)
{
	return clock_us;
}

int64_t loop_wall_us(void)
{
	return clock_us + INT64_C(1795162800000000);
}

sd_event *loop_event(const struct loop *l)
{
	return house->event;
}

int64_t device_time_us(struct device *d)
{
	return clock_us - d->start_us;
}

int device_port_start(struct device *d)
{
	return 0;
}

void device_port_read_out(struct device *d)
{
}

void device_port_stop(struct device *d)
{
}

bool device_port_open(const struct device *d)
{
	return true;
}

static void __attribute__((format(printf, 2, 0))) note(int level, const char *format, va_list list)
{
	char line[1024];

	FUZZ_CHECK(level >= LOG_ERR && level <= LOG_DEBUG);
	FUZZ_CHECK(vsnprintf(line, sizeof(line), format, list) > 0);
}

void log_line(int level, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	note(level, format, list);
	va_end(list);
}

void log_local(int level, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	note(level, format, list);
	va_end(list);
}

void log_limited(struct log_limit *limit, int64_t now_us, int level, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	note(level, format, list);
	va_end(list);
}

int log_level_from_str(const char *name)
{
	return strcmp(name, "debug") == 0 ? LOG_DEBUG : strcmp(name, "error") == 0 ? LOG_ERR : -1;
}

const char *log_level_to_str(int level)
{
	return level >= LOG_ERR && level <= LOG_DEBUG ? "info" : NULL;
}

void log_set_level(int level)
{
	FUZZ_CHECK(level >= LOG_ERR && level <= LOG_DEBUG);
}

void log_set_listener(int level, log_listener_fn fn, void *user)
{
}

int sink_mqtt_fd(const struct sink_mqtt *s)
{
	return mqtt_inbox_fd(s->inbox);
}

struct mqtt_received *sink_mqtt_receive(struct sink_mqtt *s, uint64_t *ret_lost)
{
	return mqtt_inbox_take(s->inbox, ret_lost);
}

void sink_mqtt_renew(struct sink_mqtt *s)
{
}

void sink_mqtt_stats(struct sink_mqtt *s, struct sink_mqtt_stats *ret)
{
	*ret = (struct sink_mqtt_stats){ .connected = true, .protocol = 5, .connected_since_wall_us = loop_wall_us() };
}

static void check_answer(struct sink_mqtt *s, const struct mqtt_message *m)
{
	cJSON *answer = cJSON_ParseWithLength(m->payload, m->length);
	const char *status = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(answer, "status"));

	FUZZ_CHECK(status && (strcmp(status, "ok") == 0 || strcmp(status, "error") == 0));
	FUZZ_CHECK(cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(answer, "data")));
	FUZZ_CHECK((strcmp(status, "ok") == 0) == !cJSON_GetObjectItemCaseSensitive(answer, "code"));
	FUZZ_CHECK(!m->retain);
	cJSON_Delete(answer);
	s->answers++;
	if (strcmp(m->topic, ANSWERS) != 0)
		return;
	FUZZ_CHECK(m->correlation_length == 1 && (uint8_t)m->correlation[0] < MESSAGES_MAX);
	FUZZ_CHECK(++s->answered[(uint8_t)m->correlation[0]] == 1);
}

void sink_mqtt_send(struct sink_mqtt *s, const struct mqtt_message *m)
{
	bool ours = strncmp(m->topic, "knead/", 6) == 0 || strncmp(m->topic, "homeassistant/", 14) == 0;

	/* what an earlier start has announced is taken back where it was */
	FUZZ_CHECK(ours || strcmp(m->topic, ANSWERS) == 0 || (house->kept && m->length == 0));
	FUZZ_CHECK(!strpbrk(m->topic, "+#") && (!m->late_topic || !strpbrk(m->late_topic, "+#")));
	FUZZ_CHECK((m->qos == 0 || m->qos == 1) && m->cls <= MQTT_DROP);
	if (m->json && m->length > 0)
		text_check(m->payload, m->length);
	if (strcmp(m->topic, ANSWERS) == 0 || strstr(m->topic, "/result/") || strstr(m->topic, "/response/"))
		check_answer(s, m);
}

/* ---- the house ---- */

static struct device *find(void *user, const char *id)
{
	struct house *h = user;

	return strcmp(id, device_id(h->device)) == 0 ? h->device : NULL;
}

static struct publish *publisher(void *user)
{
	return ((struct house *)user)->publish;
}

static void ignore(void *user)
{
}

static void on_answer(void *user, command_ticket ticket, struct command_outcome *outcome)
{
	command_answer(((struct house *)user)->command, ticket, outcome);
}

static void on_command(void *user, const struct mqtt_received *m)
{
	command_take(((struct house *)user)->command, m);
}

static void on_refused(void *user, const struct mqtt_received *m, enum command_code code)
{
	command_refuse(((struct house *)user)->command, m, code);
}

/* What is kept of the announcements can be read at the next start. */
static void on_keep(void *user, const char *text)
{
	struct announced *again;

	text_check(text, strlen(text));
	FUZZ_CHECK(announced_new(text, NULL, NULL, &again) == 0 && !again->blank);
	announced_free(again);
}

/* Read once for each of them: it does not change. */
static struct conf *configuration(size_t i)
{
	static struct conf *read[CONFIGURATIONS];
	struct memory_file f;
	char why[512];

	if (read[i])
		return read[i];
	f = memory_file(configurations[i], strlen(configurations[i]));
	if (conf_load(f.path, NULL, 0, &read[i], why, sizeof(why)) < 0)
		fprintf(stderr, "%s\n", why);
	FUZZ_CHECK(read[i] != NULL);
	close(f.fd);
	return read[i];
}

/* kept: the announcements of an earlier start, or NULL. */
static void move_in(struct house *h, uint8_t how, const char *kept)
{
	struct publish_options options = { .sink = &h->sink, .boot = "5f3a91c2" };
	struct command_options command = { .sink = &h->sink, .base = "knead", .host = &host_commands };
	struct inbound_options inbound = { .command = on_command, .refused = on_refused, .user = h };

	house = h;
	h->kept = kept;
	clock_us = 1000000; /* long ago: whatever the loop waits for is due */
	h->conf = configuration((how & ~KEPT) % CONFIGURATIONS);
	options.conf = h->conf;
	FUZZ_CHECK(sd_event_new(&h->event) >= 0);
	FUZZ_CHECK(mqtt_inbox_new(INBOX_MAX, &h->sink.inbox) == 0);
	FUZZ_CHECK(announced_new(kept, on_keep, NULL, &h->announced) == 0);
	options.announced = h->announced;
	FUZZ_CHECK(publish_new(&options, &h->publish) == 0);
	FUZZ_CHECK(state_store_new(NULL, &h->store) == 0);
	h->context = (struct device_context){
		.publish = h->publish,
		.store = h->store,
		.conf = &h->conf,
		.n = &h->n,
		.changed = ignore,
		.answer = on_answer,
		.user = h,
	};
	FUZZ_CHECK(device_new(&h->context, h->conf->devices, &h->device) == 0);
	h->host = (struct host_options){ .find = find, .publish = publisher, .restart = ignore, .user = h };
	command.host_user = &h->host;
	FUZZ_CHECK(command_new(&command, &h->command) == 0);
	inbound.event = h->event;
	inbound.sink = &h->sink;
	inbound.conf = h->conf;
	FUZZ_CHECK(inbound_new(&inbound, &h->inbound) == 0);
}

static void move_out(struct house *h)
{
	inbound_free(h->inbound);
	device_free(h->device);
	command_free(h->command);
	publish_free(h->publish);
	announced_save(h->announced);
	announced_free(h->announced);
	state_store_free(h->store);
	mqtt_inbox_free(h->sink.inbox);
	sd_event_unref(h->event);
}

/* A second of samples, 20 of them, as the port would bring them. */
static void weigh(struct house *h, double force_n)
{
	for (int i = 0; i < 20; i++) {
		char line[64];
		double each = force_n * 40 + i % 3;
		int n = h->conf->devices->settings.cells == 2 ? snprintf(line, sizeof(line), "%.1f,%.1f\n", each, each)
							      : snprintf(line, sizeof(line), "%.1f\n", each);

		clock_us += 50000;
		feed_bytes(&h->device->feed, line, (size_t)n, device_time_us(h->device));
		device_publish(h->device, false);
	}
	publish_tick(h->publish, clock_us, loop_wall_us());
}

static void run_loop(struct house *h, int turns)
{
	while (turns-- > 0 && sd_event_run(h->event, 0) > 0)
		;
}

/* Whether the topic is one that is a command's, by its shape alone: BASE/DEVICE/KIND or BASE/DEVICE/KIND/VERB. */
static bool is_command(const char *topic)
{
	char copy[TOPIC_MAX], *rest = copy, *part[4] = { 0 };
	size_t parts = 0;

	strcpy(copy, topic);
	while (rest && parts < 4)
		part[parts++] = strsep(&rest, "/");
	if (rest || parts < 3 || strcmp(part[0], "knead") != 0 || strpbrk(topic, "+#"))
		return false;
	if (strlen(part[1]) >= 64 || (parts == 4 && strlen(part[3]) >= 64))
		return false;
	if (strcmp(part[1], "bridge") == 0)
		return strcmp(part[2], "request") == 0;
	return strcmp(part[2], "do") == 0 || strcmp(part[2], "set") == 0;
}

/* One message as the library's callback has it. */
static void receive(struct house *h, uint8_t index, uint8_t with, const uint8_t *bytes, size_t n)
{
	const uint8_t *end = n > 0 ? memchr(bytes, '\n', n) : NULL;
	size_t length = end ? (size_t)(end - bytes) : n;
	char topic[TOPIC_MAX] = "";
	mosquitto_property *properties = NULL;
	struct mosquitto_message m = { .topic = topic, .retain = with & WITH_RETAIN };
	uint8_t *payload;

	memcpy(topic, bytes, length < sizeof(topic) ? length : sizeof(topic) - 1);
	n = end ? n - length - 1 : 0;
	payload = malloc(n > 0 ? n : 1);
	FUZZ_CHECK(payload);
	if (n > 0)
		memcpy(payload, end + 1, n);
	m.payload = n > 0 ? payload : NULL;
	m.payloadlen = (int)n;
	if (with & (WITH_RESPONSE | WITH_ILLEGAL) && !(with & WITH_NO_PROPERTIES)) {
		FUZZ_CHECK(mosquitto_property_add_string(&properties, MQTT_PROP_RESPONSE_TOPIC,
				   with & WITH_ILLEGAL ? "$SYS/+/x" : ANSWERS) == 0);
		FUZZ_CHECK(mosquitto_property_add_binary(&properties, MQTT_PROP_CORRELATION_DATA, &index, 1) == 0);
	}
	mqtt_packet_take(h->sink.inbox, &m, properties);
	mosquitto_property_free_all(&properties);
	free(payload);
	if (is_command(topic))
		*(m.retain ? &h->retained : &h->expected) += 1;
}

static void take_message(struct house *h, uint8_t index, const uint8_t *bytes, size_t n)
{
	uint8_t with = n > 0 ? bytes[0] : 0;

	if (with & WITH_IDLE)
		weigh(h, 0);
	if (with & WITH_LOAD)
		weigh(h, 100);
	if (with & WITH_WAIT)
		clock_us += 1000000;
	if (n > 1)
		receive(h, index, with, bytes + 1, n - 1);
	clock_us += 1000;
	run_loop(h, TURNS_MAX);
	FUZZ_CHECK(h->sink.answers <= h->expected);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct house h = { 0 };
	char *kept = NULL;
	uint8_t how;

	if (size < 1)
		return 0;
	how = *data++;
	size--;
	if (how & KEPT) {
		const uint8_t *end = memchr(data, 0xff, size);
		size_t n = end ? (size_t)(end - data) : size;

		kept = strndup((const char *)data, n);
		FUZZ_CHECK(kept);
		data += n;
		size -= n;
	}
	move_in(&h, how, kept);
	free(kept);
	for (uint8_t index = 0; size > 0 && index < MESSAGES_MAX; index++) {
		const uint8_t *end = memchr(data, 0xff, size);
		size_t n = end ? (size_t)(end - data) : size;

		take_message(&h, index, data, n);
		n += end ? 1 : 0;
		data += n;
		size -= n;
	}
	/* What takes its time is answered after its time at the latest. */
	clock_us += 70000000;
	run_loop(&h, LAST_TURNS_MAX);
	FUZZ_CHECK(h.sink.answers == h.expected);
	move_out(&h);
	return 0;
}
