/* SPDX-License-Identifier: MIT */
/* What the programs beside `knead` that read captures share: the settings that a capture says of its device. */
#ifndef BENCH_CAPTURE_H
#define BENCH_CAPTURE_H

#include <stdio.h>

#include "capture.h"
#include "conf.h"

/* Sets what line 1 of the capture says of its device. Returns 0, or -1 after saying on standard error what is wrong. */
static inline int bench_capture_device(const struct capture_reader *reader, struct conf_device *device)
{
	const cJSON *object = cJSON_GetObjectItemCaseSensitive(capture_header(reader), "device"), *item;
	char number[CONF_NUMBER_MAX], why[256] = "no number and no string";

	cJSON_ArrayForEach(item, object)
	{
		const char *text =
			cJSON_IsNumber(item) ? conf_number_text(item->valuedouble, number) : cJSON_GetStringValue(item);

		if (!text || conf_device_set(device, item->string, text, why, sizeof(why)) < 0) {
			fprintf(stderr, "\"device\": %s: %s\n", item->string, why);
			return -1;
		}
	}
	return 0;
}

#endif
