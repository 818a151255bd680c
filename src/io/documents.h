/* SPDX-License-Identifier: MIT */
/*
 * The JSON documents that stand on a topic: live, state, session, diag, health, info, config. Pure functions from what is known
 * to text; when they are sent is the publisher's business. Keys and their order are those of docs/mqtt; what is unknown is null.
 */
#ifndef IO_DOCUMENTS_H
#define IO_DOCUMENTS_H

#include <knead/pipeline.h>

#include "conf.h"
#include "sink_mqtt.h"

/* Enough for every document of one device. info and health grow with the devices. */
#define DOCUMENT_MAX 2048

/* Each writes a NUL-terminated text and returns its length, or -ENOBUFS. wall_origin_us is UTC of stream time 0. */

/* Values that change only where it is worth keeping: what a recorder of states stores. */
struct document_calm {
	double force_n;
	struct knead_maybe pressure_kpa;
	enum knead_phase phase;
	bool holding;
};

/* up_ms is monotonic since the start of the program, seq counts live messages from 1. */
int document_live(const struct knead_view *v, const struct document_calm *calm, int64_t wall_origin_us, int64_t up_ms,
	uint64_t seq, char *buf, size_t size);

/* protocol may be "" = none. */
int document_state(const struct knead_view *v, const struct document_calm *calm, int64_t wall_origin_us,
	enum knead_profile profile, const char *protocol, char *buf, size_t size);

/* Needs v->session.known. */
int document_session(const struct knead_view *v, int64_t wall_origin_us, char *buf, size_t size);

/*
 * wall_us is now. zero_owner: whose zero is the zero, "knead" or "device"; NULL = not known yet. reason (NULL = none) says why
 * the device is offline; without it the faults of v do.
 */
int document_diag(const struct knead_view *v, int64_t wall_us, const char *zero_owner, const char *reason, char *buf,
	size_t size);

/* live_hz in force, 0 = no live messages. changed names the settings that a command changed. */
int document_config(const struct conf_device *d, double live_hz, const char *const *changed, size_t changed_count,
	char *buf, size_t size);

struct document_device {
	const char *id, *name, *kind;
	const char *serial; /* NULL = not said */
	const char *zero_owner; /* as of document_diag() */
	const char *reason; /* NULL = none */
	bool online;
	double rate_hz; /* 0 = unknown */
	bool has_frame;
	int64_t last_frame_wall_us; /* valid if has_frame */
};

struct document_bridge {
	int64_t wall_us, started_wall_us; /* now, and the start of the program */
	double uptime_s;
	long rss_kb; /* 0 = unknown */
	const char *boot, *discovery, *log_level;
	struct sink_mqtt_stats mqtt;
	const struct document_device *devices;
	size_t devices_count;
};

int document_info(const struct document_bridge *b, char *buf, size_t size);
int document_health(const struct document_bridge *b, char *buf, size_t size);

#endif
