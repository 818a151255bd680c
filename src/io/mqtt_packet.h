/* SPDX-License-Identifier: MIT */
/* Between our messages and the library's: what goes out with its properties, what comes in for the inbox. */
#ifndef IO_MQTT_PACKET_H
#define IO_MQTT_PACKET_H

#include <mosquitto.h>

#include "mqtt_inbox.h"
#include "mqtt_item.h"

/* Publishes an item, a late one on its late topic. Returns a code of the library, 0 = good; *ret_mid is then its number. */
int mqtt_packet_publish(struct mosquitto *mosq, int protocol, const struct mqtt_item *item, int *ret_mid);

/*
 * Subscribes with QoS 1. MQTT 5 (protocol 5): nothing of our own, nothing that was kept, and the retain flag as its sender set
 * it. Returns a code of the library, 0 = good.
 */
int mqtt_packet_subscribe(struct mosquitto *mosq, int protocol, const char *filter);

/* Copies a message of a callback into the inbox; inbox NULL drops it. properties may be NULL (3.1.1). */
void mqtt_packet_take(
	struct mqtt_inbox *inbox, const struct mosquitto_message *message, const mosquitto_property *properties);

#endif
