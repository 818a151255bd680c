/* SPDX-License-Identifier: MIT */
/* What the delivery thread does: keep a link to the broker, bring it what lies in the outbox, and what it says to the inbox. */
#ifndef IO_MQTT_DELIVERY_H
#define IO_MQTT_DELIVERY_H

#include "mqtt_inbox.h"
#include "mqtt_outbox.h"
#include "mqtt_settings.h"

/*
 * Delivers until the outbox wishes to stop, then says goodbye within the time given there, and returns. Blocks the calling
 * thread, which must have its signals blocked. log as in sink_mqtt_options, not NULL. All arguments outlive the call.
 */
void mqtt_delivery_run(const struct mqtt_settings *settings, struct mqtt_outbox *outbox, struct mqtt_inbox *inbox,
	sink_mqtt_log_fn log, void *log_user);

#endif
