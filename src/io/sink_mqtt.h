/* SPDX-License-Identifier: MIT */
/*
 * MQTT, on a thread of its own: a bounded queue in front, libmosquitto with our own loop and our own back-off behind; and the
 * journal of the events, on another. sink_mqtt_send() never blocks and never fails for want of a broker or a disk.
 */
#ifndef IO_SINK_MQTT_H
#define IO_SINK_MQTT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One line for the log; level as in syslog.h. Called from the delivery thread, at most once per change, never after
 * sink_mqtt_free() has returned. Must be safe to call from any thread.
 */
typedef void (*sink_mqtt_log_fn)(void *user, int level, const char *line);

/* Where events lie until the broker has them, and longer. */
struct sink_mqtt_journal {
	const char *path; /* NULL = no journal */
	bool own; /* nobody else would put anything there: what is broken may be set aside */
	const char *boot; /* of this run, as in the records */
	int64_t started_wall_us; /* of this run */
	double keep_days, max_mb; /* of what is delivered; of all (10^6 bytes, 0 = no limit) */
};

struct sink_mqtt_options {
	const char *host; /* NULL or "" = none; needs a journal, which then is all there is */
	const char *base;
	const char *client_id; /* NULL or "" = one that is the same at each start on this machine */
	const char *username, *password_file; /* each may be NULL or "" */
	int port; /* 0 = 1883, with tls 8883 */
	int keepalive_s; /* at least 5 */
	int protocol; /* 5, falls back to 3.1.1 where the broker knows no better; or 4 (3.1.1) */
	bool tls; /* always verified: against ca_file, else against the system's store */
	const char *ca_file, *cert_file, *key_file; /* each may be NULL or "" */
	double late_after_s;
	bool held; /* does not connect before sink_mqtt_go(), so that what is told first waits in its order */
	bool guest; /* beside a daemon: no will, and nothing on the bridge's availability */
	const char *const *subscriptions; /* topic filters to listen to; NULL = none */
	size_t subscriptions_count;
	struct sink_mqtt_journal journal;
	sink_mqtt_log_fn log; /* NULL = nobody is told */
	void *log_user;

	/* What tests shorten; 0 takes the default. */
	int backoff_min_ms, backoff_max_ms; /* 1000, 60000 */
	int refused_ms; /* 60000: next try after refused credentials */
	int answer_ms; /* 10000: how long a broker may take to say yes to a connection */
	int look_ms; /* 2000: how long to look, after a reconnect, for what the broker has kept */
	size_t events_max, bytes_max; /* 4096, 4 MiB: events that wait */
};

enum mqtt_class {
	MQTT_NEWEST, /* only the newest of a topic is kept while offline; sent again when the broker has lost it */
	MQTT_EVENT, /* journaled, else queued, bounded; older than late_after_s: to late/ instead of event/ */
	MQTT_DROP, /* dropped while offline, and when it waited longer than its expiry */
};

/* In which order MQTT_NEWEST messages that wait together are sent: a device's state always before its "online". */
enum mqtt_rank {
	MQTT_RANK_DISCOVERY, /* who listens for it must know an entity before its state comes */
	MQTT_RANK_BRIDGE,
	MQTT_RANK_STATE,
	MQTT_RANK_AVAILABILITY, /* sent again after every reconnect */
	MQTT_RANK_REST,
	_MQTT_RANKS,
};

struct mqtt_message {
	const char *topic; /* full topic */
	const char *late_topic; /* MQTT_EVENT only, may be NULL: then dropped instead of late */
	const char *payload;
	size_t length;
	enum mqtt_class cls;
	enum mqtt_rank rank; /* MQTT_NEWEST only */
	int qos; /* 0 or 1 */
	bool retain, json;
	uint32_t expiry_s; /* 0 = none */
	const char *correlation; /* MQTT 5: correlation data of an answer; NULL = none */
	size_t correlation_length;
	int64_t decided_us; /* MQTT_EVENT: CLOCK_BOOTTIME when it was decided; 0 = now */
	const char *device,
		*group; /* MQTT_EVENT: for the journal, as in its topics and with n; NULL = not to be journaled */
	uint64_t n; /* MQTT_EVENT: number of the record, from 1 */
};

/* A message from the broker. */
struct mqtt_received {
	const char *topic;
	const char *payload; /* length bytes and a NUL; not necessarily text */
	size_t length;
	bool retained; /* somebody asked the broker to keep it: no command of now */
	const char *response_topic; /* MQTT 5: where the sender wants the answer; NULL = not said */
	const char *correlation; /* ... and what is to stand in it; NULL = nothing */
	size_t correlation_length;
};

#define MQTT_PAYLOAD_MAX 4096 /* longer messages come without their payload, with a length above this */

struct sink_mqtt_stats {
	bool connected;
	int protocol; /* 5 or 4 of the connection, else of the last one, else as configured */
	int64_t connected_since_wall_us; /* valid while connected */
	uint64_t reconnects; /* connections after the first */
	uint64_t published; /* acknowledged, or with QoS 0 written */
	uint64_t dropped_live; /* messages that are no events and that nobody got */
	uint64_t dropped_event; /* events lost: queue full, refused by the broker, or too late without a late topic */
	uint64_t late; /* events delivered to their late topic */
	uint64_t pending; /* all that waits in memory or is not acknowledged */
	bool journal, journal_ok; /* there is one; it takes what it is given */
	uint64_t journal_pending; /* events that the broker does not have, as far as the journal knows */
	char journal_why[96]; /* a few words, unless journal_ok */
};

struct sink_mqtt;

/*
 * Starts the delivery thread for options (copied). Returns 0 and the sink in *ret (sink_mqtt_free()), or a negative errno with
 * a sentence in ret_why: -EINVAL for bad options, -EACCES or -ENOENT for a password or certificate file that cannot be read.
 * A broker that is not there is no error.
 */
int sink_mqtt_new(const struct sink_mqtt_options *options, struct sink_mqtt **ret, char *ret_why, size_t why_size);

/* Whether sink_mqtt_new() would take these options: returns what it would, and starts nothing. */
int sink_mqtt_check(const struct sink_mqtt_options *options, char *ret_why, size_t why_size);

/*
 * Takes a copy of m; never blocks but for a moment of mutual exclusion, never waits for the network. What does not fit is
 * dropped and counted. From any thread. s NULL does nothing (no broker is configured).
 */
void sink_mqtt_send(struct sink_mqtt *s, const struct mqtt_message *m);
/* Sends the newest values of all topics again, in the order of their ranks. From any thread. s NULL does nothing. */
void sink_mqtt_renew(struct sink_mqtt *s);

/* Readable while messages from the broker wait; -1 for s NULL. */
int sink_mqtt_fd(const struct sink_mqtt *s);
/*
 * The oldest message that waits, for the caller to free with mqtt_received_free(), or NULL. *ret_lost is how many were dropped
 * since the last call, because too many came at once.
 */
struct mqtt_received *sink_mqtt_receive(struct sink_mqtt *s, uint64_t *ret_lost);
void mqtt_received_free(struct mqtt_received *m); /* NULL is fine */
/* An eventfd, readable after the journal has begun to fail or to work again, until the caller reads it; -1 for s NULL. */
int sink_mqtt_notice_fd(const struct sink_mqtt *s);
/* A snapshot. s NULL gives zeros. */
void sink_mqtt_stats(struct sink_mqtt *s, struct sink_mqtt_stats *ret);

/* Lets a held sink connect. At any other time, and for s NULL, it does nothing. */
void sink_mqtt_go(struct sink_mqtt *s);

/*
 * Says goodbye: sends what waits, then the bridge's "offline", waits for the acknowledgements, disconnects; all within
 * timeout_ms, and at once while there is no connection. Then what is left is written to the journal, which may take half a second
 * more. A thread that hangs in name resolution, in a connect() of the library, or in the disk cannot be ended from outside: it is
 * then left alone, ends by itself as soon as it wakes, and the last to leave frees s. NULL is fine.
 */
void sink_mqtt_free(struct sink_mqtt *s, int timeout_ms);

#endif
