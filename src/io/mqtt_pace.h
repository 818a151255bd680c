/* SPDX-License-Identifier: MIT */
/*
 * How fast late events go out: a broker keeps only so many messages for a subscriber that reads slowly (mosquitto 1,000), and
 * throws away the rest although it has acknowledged them to us. Pure: time is an argument.
 */
#ifndef IO_MQTT_PACE_H
#define IO_MQTT_PACE_H

#include <stdint.h>

#define MQTT_PACE_WINDOW 5 /* late ones without acknowledgement, of ten in all: fresh events always find room */
#define MQTT_PACE_US 10000 /* from one to the next, on average: 100 a second */
#define MQTT_PACE_BURST 10 /* so many at once after a rest */

/* One of all zeros has rested. */
struct mqtt_pace {
	int64_t next_us; /* when the next would be due at an even pace */
};

/* How many may go out now, of which so many are not acknowledged. */
unsigned mqtt_pace_room(const struct mqtt_pace *p, unsigned flying, int64_t now_us);
/* One went out. */
void mqtt_pace_spend(struct mqtt_pace *p, int64_t now_us);
/* When there will be room again as far as pace goes; INT64_MAX = there is now. */
int64_t mqtt_pace_due_us(const struct mqtt_pace *p, int64_t now_us);

#endif
