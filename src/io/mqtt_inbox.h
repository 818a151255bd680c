/* SPDX-License-Identifier: MIT */
/*
 * What the broker says to us, on its way from the delivery thread to the program's loop: bounded, in order, copied. Neither side
 * waits for the other.
 */
#ifndef IO_MQTT_INBOX_H
#define IO_MQTT_INBOX_H

#include "sink_mqtt.h"

struct mqtt_inbox;

/* Holds at most so many messages. Returns 0 and *ret, or a negative errno. */
int mqtt_inbox_new(size_t limit, struct mqtt_inbox **ret);
void mqtt_inbox_free(struct mqtt_inbox *b); /* NULL is fine */

/* Copies m. Beyond the limit, or without memory, it is dropped and counted. From the delivery thread. */
void mqtt_inbox_put(struct mqtt_inbox *b, const struct mqtt_received *m);

/* Readable while something waits. */
int mqtt_inbox_fd(const struct mqtt_inbox *b);
/* The oldest message, owned by the caller (mqtt_received_free()), or NULL. *ret_lost: dropped since the last call. */
struct mqtt_received *mqtt_inbox_take(struct mqtt_inbox *b, uint64_t *ret_lost);

#endif
