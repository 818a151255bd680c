/* SPDX-License-Identifier: MIT */
/*
 * Going out: under MQTT 5 a message carries its expiry, what it is made of and, as an answer, the correlation data.
 *
 * Coming in: with 3.1.1 a message that the broker had kept comes with the retain flag when we subscribe, and a retained one that is sent
 * now comes without. With MQTT 5 the first does not come at all and the second keeps its flag. In both cases the flag means: no
 * command of now.
 */
#include "mqtt_packet.h"

#include <errno.h>
#include <mosquitto.h>
#include <stdlib.h>
#if LIBMOSQUITTO_VERSION_NUMBER < 2001000 /* from then on a part of mosquitto.h */
#include <mqtt_protocol.h>
#endif

/* What goes with a message under MQTT 5; a list for mosquitto_property_free_all(), or NULL. */
static int properties_of(const struct mqtt_item *item, mosquitto_property **ret)
{
	int rc = 0;

	if (item->json) {
		rc = mosquitto_property_add_byte(ret, MQTT_PROP_PAYLOAD_FORMAT_INDICATOR, 1);
		if (!rc)
			rc = mosquitto_property_add_string(ret, MQTT_PROP_CONTENT_TYPE, "application/json");
	}
	if (!rc && item->correlation)
		rc = mosquitto_property_add_binary(
			ret, MQTT_PROP_CORRELATION_DATA, item->correlation, (uint16_t)item->correlation_length);
	if (!rc && item->expiry_s > 0 && !item->late)
		rc = mosquitto_property_add_int32(ret, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL, item->expiry_s);
	if (!rc && item->json && item->retain)
		rc = mosquitto_property_add_string_pair(ret, MQTT_PROP_USER_PROPERTY, "schema", "knead/1");
	return rc;
}

int mqtt_packet_publish(struct mosquitto *mosq, int protocol, const struct mqtt_item *item, int *ret_mid)
{
	const char *topic = item->late ? item->late_topic : item->topic;
	mosquitto_property *properties = NULL;
	int rc = protocol == 5 ? properties_of(item, &properties) : 0;

	if (!rc)
		rc = mosquitto_publish_v5(
			mosq, ret_mid, topic, (int)item->length, item->payload, item->qos, item->retain, properties);
	int error = errno;
	mosquitto_property_free_all(&properties);
	errno = error;
	return rc;
}

int mqtt_packet_subscribe(struct mosquitto *mosq, int protocol, const char *filter)
{
	int options = MQTT_SUB_OPT_NO_LOCAL | MQTT_SUB_OPT_SEND_RETAIN_NEVER | MQTT_SUB_OPT_RETAIN_AS_PUBLISHED;

	return mosquitto_subscribe_v5(mosq, NULL, filter, 1, protocol == 5 ? options : 0, NULL);
}

void mqtt_packet_take(
	struct mqtt_inbox *inbox, const struct mosquitto_message *message, const mosquitto_property *properties)
{
	char *response_topic = NULL;
	void *correlation = NULL;
	uint16_t correlation_length = 0;
	size_t length = (size_t)message->payloadlen;

	if (!inbox)
		return;
	if (properties) {
		mosquitto_property_read_string(properties, MQTT_PROP_RESPONSE_TOPIC, &response_topic, false);
		mosquitto_property_read_binary(
			properties, MQTT_PROP_CORRELATION_DATA, &correlation, &correlation_length, false);
	}
	struct mqtt_received m = {
		.topic = message->topic,
		.payload = length <= MQTT_PAYLOAD_MAX ? message->payload : NULL,
		.length = length,
		.retained = message->retain,
		.response_topic = response_topic,
		.correlation = correlation,
		.correlation_length = correlation_length,
	};
	mqtt_inbox_put(inbox, &m);
	free(response_topic);
	free(correlation);
}
