/* SPDX-License-Identifier: MIT */
/*
 * One connection to a broker, from its first packet to its last, through libmosquitto. Never reconnects: a link that is down is
 * closed, and the next is a new one, with nothing left over from the old. All calls from one thread, without any lock held.
 */
#ifndef IO_MQTT_LINK_H
#define IO_MQTT_LINK_H

#include "mqtt_inbox.h"
#include "mqtt_item.h"

#define MQTT_LINK_WINDOW 10 /* messages without acknowledgement */

struct mqtt_link_options {
	const char *host, *client_id, *username; /* username may be NULL */
	const char *password; /* may be NULL; not used after mqtt_link_open() */
	int port, keepalive_s;
	int protocol; /* 5 or 4 */
	bool tls;
	const char *ca_file, *cert_file, *key_file; /* may be NULL */
	const char *will_topic; /* NULL = no will; gets "offline", retained, when the link breaks */
	struct mqtt_inbox *inbox; /* receives what comes on subscribed topics */
};

enum mqtt_link_state {
	MQTT_LINK_OPENING,
	MQTT_LINK_UP,
	MQTT_LINK_DOWN,
};

/* Why a link is down. */
enum mqtt_link_end {
	MQTT_END_LOST, /* network or broker went away, or never answered */
	MQTT_END_SILENT, /* closed before it said anything: a broker that is gone again, or too old for the protocol */
	MQTT_END_PROTOCOL, /* the broker does not speak this protocol */
	MQTT_END_REFUSED, /* credentials or client id */
	MQTT_END_TLS, /* certificate, or no TLS on the other side */
};

struct mqtt_link;

/* Opens a link; blocks in name resolution and in connect(). Returns NULL without memory only: ask mqtt_link_state(). */
struct mqtt_link *mqtt_link_open(const struct mqtt_link_options *options);
/* Drops the connection where it stands. Every item must have been taken back with mqtt_link_next_flying(). NULL is fine. */
void mqtt_link_close(struct mqtt_link *l);

enum mqtt_link_state mqtt_link_state(const struct mqtt_link *l);
enum mqtt_link_end mqtt_link_end(const struct mqtt_link *l);
const char *mqtt_link_why(const struct mqtt_link *l); /* a few words; valid while DOWN */
void mqtt_link_fail(struct mqtt_link *l, const char *why); /* the caller has seen enough of it: LOST */

int mqtt_link_fd(const struct mqtt_link *l); /* -1 while there is none; may change with every call */
bool mqtt_link_wants_write(const struct mqtt_link *l);
/* Reads, writes, and keeps alive; call at least once a second. */
void mqtt_link_run(struct mqtt_link *l, bool readable, bool writable);

/* How many messages are not acknowledged; how many of them are late; how long the oldest of them has waited. */
unsigned mqtt_link_flying(const struct mqtt_link *l);
unsigned mqtt_link_flying_late(const struct mqtt_link *l);
int64_t mqtt_link_oldest_us(const struct mqtt_link *l, int64_t now_us);

enum {
	_MQTT_LINK_SUCCESS,
	MQTT_LINK_E_DONE, /* written, and nothing more will be heard of it (QoS 0) */
	MQTT_LINK_E_REFUSED, /* this message cannot be sent on this link, such as too large for the broker */
};
/* Sends an item (at most MQTT_LINK_WINDOW flying). 0: comes back acknowledged. -ENOTCONN: not sent, the link is down. */
int mqtt_link_send(struct mqtt_link *l, struct mqtt_item *item, int64_t now_us);
/* Sends a retained QoS 1 text that is no item. Returns 0 or -ENOTCONN. */
int mqtt_link_say(struct mqtt_link *l, const char *topic, const char *text, int64_t now_us);

/* The next acknowledged item, with *ret_refused and the broker's reason if it will not have it; or NULL. */
struct mqtt_item *mqtt_link_next_acked(struct mqtt_link *l, bool *ret_refused, const char **ret_reason);
/* The next item that is not acknowledged, for a link that is down; or NULL. */
struct mqtt_item *mqtt_link_next_flying(struct mqtt_link *l);

/* Looks whether the broker has kept expected as the retained message of topic; both must outlive the link. */
int mqtt_link_look(struct mqtt_link *l, const char *topic, const char *expected, size_t length);
bool mqtt_link_found(const struct mqtt_link *l);

/* Listens to a topic filter, from now on and not to what was kept. Returns 0 or -ENOTCONN. */
int mqtt_link_subscribe(struct mqtt_link *l, const char *filter);
/* Whether the broker has refused a subscription; true once for each. */
bool mqtt_link_unheard(struct mqtt_link *l);

/* Sends DISCONNECT, after which the broker does not send the will; the rest of what is written waits for mqtt_link_run(). */
void mqtt_link_disconnect(struct mqtt_link *l);

#endif
