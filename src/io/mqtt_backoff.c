/* SPDX-License-Identifier: MIT */
/*
 * When to try a broker again. The spread keeps the devices of a house from all coming back in the same instant after a power
 * cut; the stable time keeps a broker that accepts and then drops us from being called once a second for ever.
 */
#include "mqtt_backoff.h"

#define SPREAD_PCT 20

void mqtt_backoff_init(struct mqtt_backoff *b, int64_t min_us, int64_t max_us)
{
	*b = (struct mqtt_backoff){ .min_us = min_us, .max_us = max_us, .wait_us = min_us };
}

int64_t mqtt_backoff_next_us(struct mqtt_backoff *b, uint32_t chance)
{
	int64_t spread_us = b->wait_us * SPREAD_PCT / 100;
	int64_t wait_us = b->wait_us - spread_us + 2 * spread_us * (int64_t)chance / UINT32_MAX;

	b->wait_us = b->wait_us * 2 < b->max_us ? b->wait_us * 2 : b->max_us;
	return wait_us;
}

void mqtt_backoff_ended(struct mqtt_backoff *b, int64_t up_us)
{
	if (up_us >= MQTT_BACKOFF_STABLE_US)
		b->wait_us = b->min_us;
}
