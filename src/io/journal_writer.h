/* SPDX-License-Identifier: MIT */
/* What the journal's own thread does: write what lies in the outbox, read back what waits, and wait for the disk meanwhile. */
#ifndef IO_JOURNAL_WRITER_H
#define IO_JOURNAL_WRITER_H

#include "mqtt_outbox.h"
#include "mqtt_settings.h"

/*
 * Serves the journal of settings until mqtt_outbox_stop_journal(), writes what is there and returns. Blocks the calling
 * thread, which must have its signals blocked. log as in sink_mqtt_options, not NULL. All arguments outlive the call.
 */
void journal_writer_run(
	const struct mqtt_settings *settings, struct mqtt_outbox *outbox, sink_mqtt_log_fn log, void *log_user);

#endif
