/* SPDX-License-Identifier: MIT */
/*
 * What is said to a device: to tare, to blink. Only in a format that is recognised, only when somebody asks for it, and never
 * where read_only stands: what is a command to one device spoils another.
 */
#include <string.h>

#include <knead/control.h>
#include <knead/k1.h>

#include "device_internal.h"

#define WORD_BYTES 32

static bool say(struct device *d, const uint8_t *bytes, size_t n)
{
	return n > 0 && device_port_open(d) && !d->conf->read_only && port_write(d->port, bytes, n) == (int)n;
}

bool device_owns_zero(const struct device *d)
{
	struct knead_view view;

	knead_pipeline_view(d->feed.pipeline, &view);
	return view.device_zero && device_port_open(d) && !d->conf->read_only && !d->tare_deaf;
}

bool device_tell_tare(struct device *d)
{
	uint8_t bytes[KNEAD_TARE_MAX];

	return say(d, bytes, knead_pipeline_tare_bytes(d->feed.pipeline, bytes));
}

/* K1 is the format that has a word for it. */
bool device_tell_blink(struct device *d)
{
	uint8_t bytes[WORD_BYTES];
	struct knead_view view;
	size_t n = 0;

	knead_pipeline_view(d->feed.pipeline, &view);
	if (view.format && strcmp(view.format, "k1") == 0)
		n = knead_k1_text_word((char *)bytes, "blink");
	else if (view.format && strcmp(view.format, "k1b") == 0)
		n = knead_k1_binary_word(bytes, "blink");
	return say(d, bytes, n);
}
