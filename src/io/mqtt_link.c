/* SPDX-License-Identifier: MIT */
/*
 * One connection to a broker.
 *
 *   open --> OPENING --CONNACK 0--> UP --> DOWN
 *               `---- refused, closed, TLS ---^
 *
 * Why a new library handle for each connection: the library's own reconnect forgets to reload the system's certificates,
 * keeps messages of its own that it sends again, and after some return codes never tries again. A fresh handle has no past.
 * Acknowledgements are noted in the callbacks and handed out afterwards, so that nobody does anything inside a callback.
 */
#include "mqtt_link.h"
#include "mqtt_packet.h"

#include <errno.h>
#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if LIBMOSQUITTO_VERSION_NUMBER < 2001000 /* from then on a part of mosquitto.h */
#include <mqtt_protocol.h>
#endif

#define SYSTEM_CERTIFICATES "/etc/ssl/certs"
#define FLIGHTS (MQTT_LINK_WINDOW + 2) /* and two texts: online, offline */

enum flight_state { FLIGHT_FREE, FLIGHT_FLYING, FLIGHT_ACKED };

struct flight {
	enum flight_state state;
	struct mqtt_item *item; /* NULL for a text of mqtt_link_say() */
	int mid, reason;
	int64_t sent_us;
};

struct mqtt_link {
	struct mosquitto *mosq;
	int protocol;
	bool tls;
	enum mqtt_link_state state;
	enum mqtt_link_end end;
	char why[200], library_error[160];
	struct flight flights[FLIGHTS];
	struct mqtt_inbox *inbox;
	bool unheard; /* a subscription was refused */
	struct {
		const char *topic, *expected;
		size_t length;
		bool found;
	} look;
};

/* ---- going down ---- */

static void go_down(struct mqtt_link *l, enum mqtt_link_end end, const char *why)
{
	if (l->state == MQTT_LINK_DOWN)
		return;
	l->state = MQTT_LINK_DOWN;
	l->end = end;
	snprintf(l->why, sizeof(l->why), "%s", why);
}

void mqtt_link_fail(struct mqtt_link *l, const char *why)
{
	go_down(l, MQTT_END_LOST, why);
}

/* A call of the library returned rc; error is errno right after it. */
static void go_down_by(struct mqtt_link *l, int rc, int error)
{
	bool closed = rc == MOSQ_ERR_CONN_LOST || (rc == MOSQ_ERR_ERRNO && error == ECONNRESET);

	if (rc == MOSQ_ERR_TLS || rc == MOSQ_ERR_TLS_HANDSHAKE || (l->tls && l->library_error[0] != '\0'))
		go_down(l, MQTT_END_TLS, l->library_error[0] != '\0' ? l->library_error : mosquitto_strerror(rc));
	else if (closed && l->state == MQTT_LINK_OPENING)
		go_down(l, MQTT_END_SILENT, "closes the connection without an answer");
	else if (closed)
		go_down(l, MQTT_END_LOST, "closed the connection");
	else if (rc == MOSQ_ERR_EAI)
		go_down(l, MQTT_END_LOST, "the name does not resolve");
	else if (rc == MOSQ_ERR_KEEPALIVE)
		go_down(l, MQTT_END_LOST, "does not answer any more");
	else if (rc == MOSQ_ERR_ERRNO)
		go_down(l, MQTT_END_LOST, strerror(error));
	else
		go_down(l, MQTT_END_LOST, mosquitto_strerror(rc));
}

/* ---- callbacks ---- */

static void on_connect(struct mosquitto *mosq, void *user, int code, int flags, const mosquitto_property *properties)
{
	struct mqtt_link *l = user;
	bool five = l->protocol == 5;
	const char *said = five ? mosquitto_reason_string(code) : mosquitto_connack_string(code);

	if (code == 0)
		l->state = MQTT_LINK_UP;
	else if (code == (five ? MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION : CONNACK_REFUSED_PROTOCOL_VERSION))
		go_down(l, MQTT_END_PROTOCOL, said);
	else if (five ? code == MQTT_RC_SERVER_UNAVAILABLE || code == MQTT_RC_SERVER_BUSY
		      : code == CONNACK_REFUSED_SERVER_UNAVAILABLE)
		go_down(l, MQTT_END_LOST, said);
	else
		go_down(l, MQTT_END_REFUSED, said);
}

static void on_disconnect(struct mosquitto *mosq, void *user, int code, const mosquitto_property *properties)
{
	struct mqtt_link *l = user;

	/* From 128 on it is what the broker said when it closed, such as "session taken over". */
	if (code >= MQTT_RC_UNSPECIFIED)
		go_down(l, MQTT_END_LOST, mosquitto_reason_string(code));
}

static void on_publish(struct mosquitto *mosq, void *user, int mid, int reason, const mosquitto_property *properties)
{
	struct mqtt_link *l = user;

	for (size_t i = 0; i < FLIGHTS; i++)
		if (l->flights[i].state == FLIGHT_FLYING && l->flights[i].mid == mid) {
			l->flights[i].state = FLIGHT_ACKED;
			l->flights[i].reason = reason;
		}
}

static void on_message(struct mosquitto *mosq, void *user, const struct mosquitto_message *message,
	const mosquitto_property *properties)
{
	struct mqtt_link *l = user;

	if (!l->look.topic || strcmp(message->topic, l->look.topic) != 0)
		mqtt_packet_take(l->inbox, message, properties);
	else if (message->retain)
		l->look.found = (size_t)message->payloadlen == l->look.length &&
				memcmp(message->payload, l->look.expected, l->look.length) == 0;
}

static void on_subscribe(struct mosquitto *mosq, void *user, int mid, int count, const int *granted,
	const mosquitto_property *properties)
{
	struct mqtt_link *l = user;

	for (int i = 0; i < count; i++)
		l->unheard |= granted[i] >= MQTT_RC_UNSPECIFIED;
}

/* "OpenSSL Error[0]: error:0A000086:SSL routines::certificate verify failed" -> the words at its end. */
static const char *words_of(const char *line)
{
	const char *words = strstr(line, "::");

	if (words)
		return words + 2;
	return strncmp(line, "Error: ", 7) == 0 ? line + 7 : line;
}

static void on_log(struct mosquitto *mosq, void *user, int level, const char *line)
{
	struct mqtt_link *l = user;

	/* The library says what is wrong with a certificate in its log only; the first line tells the cause. */
	if (level != MOSQ_LOG_ERR || l->library_error[0] != '\0')
		return;
	snprintf(l->library_error, sizeof(l->library_error), "%s", words_of(line));
	l->library_error[strcspn(l->library_error, ".\n")] = '\0';
}

/* ---- opening ---- */

/* A key with a passphrase would make the TLS library ask for it on the terminal: a daemon has none. */
static int on_passphrase(char *buf, int size, int writing, void *user)
{
	return 0;
}

static int set_tls(struct mqtt_link *l, const struct mqtt_link_options *o)
{
	const char *folder = o->ca_file ? NULL : SYSTEM_CERTIFICATES;
	int rc = mosquitto_tls_set(l->mosq, o->ca_file, folder, o->cert_file, o->key_file, on_passphrase);

	if (rc)
		return rc;
	/* 1 = verify; "tlsv1.2" is the least, newer is taken. */
	return mosquitto_tls_opts_set(l->mosq, 1, "tlsv1.2", NULL);
}

static int set_up(struct mqtt_link *l, const struct mqtt_link_options *o)
{
	int version = o->protocol == 5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311;
	int rc = mosquitto_int_option(l->mosq, MOSQ_OPT_PROTOCOL_VERSION, version);

	mosquitto_connect_v5_callback_set(l->mosq, on_connect);
	mosquitto_disconnect_v5_callback_set(l->mosq, on_disconnect);
	mosquitto_publish_v5_callback_set(l->mosq, on_publish);
	mosquitto_message_v5_callback_set(l->mosq, on_message);
	mosquitto_subscribe_v5_callback_set(l->mosq, on_subscribe);
	mosquitto_log_callback_set(l->mosq, on_log);
	if (!rc) /* an event must not wait for the acknowledgement of the one before */
		rc = mosquitto_int_option(l->mosq, MOSQ_OPT_TCP_NODELAY, 1);
	if (!rc && o->will_topic)
		rc = mosquitto_will_set_v5(l->mosq, o->will_topic, (int)strlen("offline"), "offline", 1, true, NULL);
	if (!rc && o->username)
		rc = mosquitto_username_pw_set(l->mosq, o->username, o->password);
	if (!rc && o->tls)
		rc = set_tls(l, o);
	return rc;
}

static int connect_to(struct mqtt_link *l, const struct mqtt_link_options *o)
{
	mosquitto_property *properties = NULL;
	int rc = 0;

	if (o->protocol == 5) /* said, not left out: commands that were queued while we were away would be stale */
		rc = mosquitto_property_add_int32(&properties, MQTT_PROP_SESSION_EXPIRY_INTERVAL, 0);
	errno = 0;
	if (!rc)
		rc = mosquitto_connect_bind_v5(l->mosq, o->host, o->port, o->keepalive_s, NULL, properties);
	int error = errno;
	mosquitto_property_free_all(&properties);
	errno = error;
	return rc;
}

struct mqtt_link *mqtt_link_open(const struct mqtt_link_options *options)
{
	struct mqtt_link *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->protocol = options->protocol;
	l->tls = options->tls;
	l->inbox = options->inbox;
	l->mosq = mosquitto_new(options->client_id, true, l);
	if (!l->mosq) {
		free(l);
		return NULL;
	}
	int rc = set_up(l, options);
	if (!rc)
		rc = connect_to(l, options);
	if (rc)
		go_down_by(l, rc, errno);
	return l;
}

void mqtt_link_close(struct mqtt_link *l)
{
	if (!l)
		return;
	mosquitto_destroy(l->mosq);
	free(l);
}

/* ---- while it stands ---- */

enum mqtt_link_state mqtt_link_state(const struct mqtt_link *l)
{
	return l->state;
}

enum mqtt_link_end mqtt_link_end(const struct mqtt_link *l)
{
	return l->end;
}

const char *mqtt_link_why(const struct mqtt_link *l)
{
	return l->why;
}

int mqtt_link_fd(const struct mqtt_link *l)
{
	return mosquitto_socket(l->mosq);
}

bool mqtt_link_wants_write(const struct mqtt_link *l)
{
	return mosquitto_want_write(l->mosq);
}

void mqtt_link_run(struct mqtt_link *l, bool readable, bool writable)
{
	int rc = 0;

	errno = 0;
	if (readable)
		rc = mosquitto_loop_read(l->mosq, 1);
	if (!rc && writable)
		rc = mosquitto_loop_write(l->mosq, 1);
	if (!rc)
		rc = mosquitto_loop_misc(l->mosq);
	if (rc)
		go_down_by(l, rc, errno);
}

void mqtt_link_disconnect(struct mqtt_link *l)
{
	mosquitto_disconnect_v5(l->mosq, MQTT_RC_NORMAL_DISCONNECTION, NULL);
}

int mqtt_link_look(struct mqtt_link *l, const char *topic, const char *expected, size_t length)
{
	l->look.topic = topic;
	l->look.expected = expected;
	l->look.length = length;
	return mosquitto_subscribe(l->mosq, NULL, topic, 0) ? -ENOTCONN : 0;
}

bool mqtt_link_found(const struct mqtt_link *l)
{
	return l->look.found;
}

int mqtt_link_subscribe(struct mqtt_link *l, const char *filter)
{
	return mqtt_packet_subscribe(l->mosq, l->protocol, filter) ? -ENOTCONN : 0;
}

bool mqtt_link_unheard(struct mqtt_link *l)
{
	bool unheard = l->unheard;

	l->unheard = false;
	return unheard;
}

/* ---- messages ---- */

static void take_off(struct mqtt_link *l, struct mqtt_item *item, int mid, int64_t now_us)
{
	for (size_t i = 0; i < FLIGHTS; i++)
		if (l->flights[i].state == FLIGHT_FREE) {
			l->flights[i] =
				(struct flight){ .state = FLIGHT_FLYING, .item = item, .mid = mid, .sent_us = now_us };
			return;
		}
}

static bool is_about_the_message(int rc)
{
	return rc == MOSQ_ERR_PAYLOAD_SIZE || rc == MOSQ_ERR_OVERSIZE_PACKET || rc == MOSQ_ERR_MALFORMED_UTF8 ||
	       rc == MOSQ_ERR_INVAL || rc == MOSQ_ERR_QOS_NOT_SUPPORTED || rc == MOSQ_ERR_RETAIN_NOT_SUPPORTED;
}

int mqtt_link_send(struct mqtt_link *l, struct mqtt_item *item, int64_t now_us)
{
	int mid = 0;

	errno = 0;
	int rc = mqtt_packet_publish(l->mosq, l->protocol, item, &mid);

	if (is_about_the_message(rc))
		return MQTT_LINK_E_REFUSED;
	if (rc) {
		go_down_by(l, rc, errno);
		return -ENOTCONN;
	}
	if (item->qos == 0)
		return MQTT_LINK_E_DONE;
	take_off(l, item, mid, now_us);
	return 0;
}

int mqtt_link_say(struct mqtt_link *l, const char *topic, const char *text, int64_t now_us)
{
	int mid = 0;

	errno = 0;
	int rc = mosquitto_publish_v5(l->mosq, &mid, topic, (int)strlen(text), text, 1, true, NULL);

	if (rc) {
		go_down_by(l, rc, errno);
		return -ENOTCONN;
	}
	take_off(l, NULL, mid, now_us);
	return 0;
}

unsigned mqtt_link_flying(const struct mqtt_link *l)
{
	unsigned count = 0;

	for (size_t i = 0; i < FLIGHTS; i++)
		count += l->flights[i].state == FLIGHT_FLYING;
	return count;
}

unsigned mqtt_link_flying_late(const struct mqtt_link *l)
{
	unsigned count = 0;

	for (size_t i = 0; i < FLIGHTS; i++)
		count += l->flights[i].state == FLIGHT_FLYING && l->flights[i].item && l->flights[i].item->late;
	return count;
}

int64_t mqtt_link_oldest_us(const struct mqtt_link *l, int64_t now_us)
{
	int64_t oldest_us = 0;

	for (size_t i = 0; i < FLIGHTS; i++)
		if (l->flights[i].state == FLIGHT_FLYING && now_us - l->flights[i].sent_us > oldest_us)
			oldest_us = now_us - l->flights[i].sent_us;
	return oldest_us;
}

struct mqtt_item *mqtt_link_next_acked(struct mqtt_link *l, bool *ret_refused, const char **ret_reason)
{
	for (size_t i = 0; i < FLIGHTS; i++) {
		struct flight *f = &l->flights[i];

		if (f->state != FLIGHT_ACKED)
			continue;
		f->state = FLIGHT_FREE;
		if (!f->item)
			continue;
		*ret_refused = f->reason >= MQTT_RC_UNSPECIFIED;
		*ret_reason = mosquitto_reason_string(f->reason);
		return f->item;
	}
	return NULL;
}

struct mqtt_item *mqtt_link_next_flying(struct mqtt_link *l)
{
	for (size_t i = 0; i < FLIGHTS; i++) {
		struct flight *f = &l->flights[i];

		if (f->state == FLIGHT_FREE)
			continue;
		f->state = FLIGHT_FREE;
		if (f->item)
			return f->item;
	}
	return NULL;
}
