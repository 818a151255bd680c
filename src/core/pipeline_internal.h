/* SPDX-License-Identifier: MIT */
/* What the pipeline is made of; shared by pipeline.c (the data path) and view.c (what is shown of it). */
#ifndef CORE_PIPELINE_INTERNAL_H
#define CORE_PIPELINE_INTERNAL_H

#include "calib.h"
#include "clock.h"
#include "detect.h"
#include "frame.h"
#include "measure.h"
#include "origin.h"
#include "retare.h"

struct knead_pipeline {
	struct knead_settings settings;
	struct emit emit;
	struct frame *frame; /* lies behind this struct, in the same allocation */
	struct clock clock;
	struct origin origin;
	struct calib calib;
	struct measure measure;
	struct retare retare;
	uint64_t tares; /* of the device itself */
	struct detect detect;

	bool learned; /* the scale is settled */
	char serial[sizeof(
		((struct knead_k1_info *)0)->serial)]; /* of the device whose zero it is; "" = it never said */
	bool nameless; /* the port was opened again: it may be another device, and has not said yet */
	int64_t nameless_until_us; /* of stream time; INT64_MAX: until LEARN_US after the next sample */
	bool has_sample; /* at least one accepted */
	bool online;
	bool ended;
	bool gap_open; /* the next conditioned sample comes after missing ones */
	uint64_t samples, gaps;
	int64_t rx_us; /* latest arrival time told, or KNEAD_RX_UNKNOWN */
	int64_t sample_rx_us; /* arrival of the last accepted sample */
	int64_t opened_rx_us; /* since when a sample is awaited */
	uint32_t fault; /* bits 1 << enum knead_fault_kind */
	uint64_t problems; /* of the framing, that were told */
	int64_t saturated_until_us;
	int64_t check_us, rate_check_us; /* next look at the faults */
	double period_us; /* that the signal knows */
};

/* Whether the device's own zero is the zero: it says a force or a mass, and it can be told to tare. */
bool pipeline_device_owns(const struct knead_pipeline *p);

#endif
