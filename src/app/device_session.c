/* SPDX-License-Identifier: MIT */
/* What a device can be asked to do with its session and its protocol: done at once, and answered at once. */
#include <string.h>

#include <knead/control.h>

#include "device_internal.h"

/* Not by the host's clock alone: a device whose samples come in bursts may be ahead of it. */
static void forget_totals(struct device *d, const struct knead_view *view)
{
	int64_t now_us = d->wall_start_us + loop_now_us() - d->start_us;
	int64_t stream_us = feed_wall_origin_us(&d->feed) + view->t_us;

	knead_pipeline_forget_session(d->feed.pipeline);
	d->has_past = false;
	d->state.session_reset_us = stream_us > now_us ? stream_us : now_us;
	state_store_put(d->context->store, d->conf->id, &d->state);
}

void device_end_session(struct device *d, bool forget, struct command_outcome *ret)
{
	char text[DOCUMENT_MAX];
	struct knead_view view;

	feed_end_session(&d->feed);
	knead_pipeline_view(d->feed.pipeline, &view);
	if (view.session.known && document_session(&view, feed_wall_origin_us(&d->feed), text, sizeof(text)) > 0)
		ret->data = cJSON_Parse(text);
	if (forget)
		forget_totals(d, &view);
	device_publish(d, true);
}

static void describe_protocol(struct device *d, struct command_outcome *ret)
{
	const struct knead_protocol *p = &device_settings(d)->settings.protocol;

	ret->data = cJSON_CreateObject();
	if (p->steps > 0)
		cJSON_AddStringToObject(ret->data, "protocol", p->name);
	else
		cJSON_AddNullToObject(ret->data, "protocol");
	cJSON_AddNumberToObject(ret->data, "step", p->steps > 0);
	cJSON_AddNumberToObject(ret->data, "of", p->steps);
}

void device_guide(struct device *d, const char *word, struct command_outcome *ret)
{
	if (word[0] != '\0') {
		cJSON *values = cJSON_CreateObject();

		cJSON_AddStringToObject(values, "protocol", word);
		device_set(d, values, ret);
		cJSON_Delete(values);
		cJSON_Delete(ret->data);
		ret->data = NULL;
		if (ret->code != COMMAND_OK)
			return;
	} else if (device_settings(d)->settings.protocol.steps == 0) {
		command_fail(ret, COMMAND_BAD_VALUE, "no protocol is chosen; send its name");
		return;
	}
	knead_pipeline_restart_protocol(d->feed.pipeline);
	device_publish(d, true);
	describe_protocol(d, ret);
}
