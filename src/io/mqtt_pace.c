/* SPDX-License-Identifier: MIT */
/* A late event may go out as long as it is not further ahead of the even pace than a burst. */
#include "mqtt_pace.h"

#define AHEAD_US ((int64_t)MQTT_PACE_US * (MQTT_PACE_BURST - 1))

unsigned mqtt_pace_room(const struct mqtt_pace *p, unsigned flying, int64_t now_us)
{
	if (p->next_us - now_us > AHEAD_US)
		return 0;
	return flying < MQTT_PACE_WINDOW ? MQTT_PACE_WINDOW - flying : 0;
}

void mqtt_pace_spend(struct mqtt_pace *p, int64_t now_us)
{
	p->next_us = (p->next_us > now_us ? p->next_us : now_us) + MQTT_PACE_US;
}

int64_t mqtt_pace_due_us(const struct mqtt_pace *p, int64_t now_us)
{
	return p->next_us - now_us > AHEAD_US ? p->next_us - AHEAD_US : INT64_MAX;
}
