/* SPDX-License-Identifier: MIT */
/* When to try a broker again. Pure: time and chance are arguments. */
#ifndef IO_MQTT_BACKOFF_H
#define IO_MQTT_BACKOFF_H

#include <stdint.h>

#define MQTT_BACKOFF_STABLE_US 30000000 /* a link that held this long starts over from the first wait */

struct mqtt_backoff {
	int64_t min_us, max_us, wait_us;
};

void mqtt_backoff_init(struct mqtt_backoff *b, int64_t min_us, int64_t max_us);

/*
 * The wait before the next try: from min to max, doubling, each spread by 20 % up or down. chance is any number; all of its
 * values are equally likely.
 */
int64_t mqtt_backoff_next_us(struct mqtt_backoff *b, uint32_t chance);

/* A link ended after it was up for up_us. */
void mqtt_backoff_ended(struct mqtt_backoff *b, int64_t up_us);

#endif
