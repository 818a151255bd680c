/* SPDX-License-Identifier: MIT */
/*
 * When to try a port again, and what of it is worth a log line: the part of port_watch that is pure. Time is an argument
 * (microseconds, monotonic, any origin).
 */
#ifndef IO_PORT_RETRY_H
#define IO_PORT_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#define PORT_RETRY_FIRST_US 1000000 /* first wait after a failure; doubles */
#define PORT_RETRY_CAP_US 30000000 /* longest wait */
#define PORT_RETRY_STABLE_US 10000000 /* open this long: the next loss starts from the first wait again */
#define PORT_RETRY_LOST_US 100000 /* from the loss of a stable port to the first try */
#define PORT_RETRY_SETTLE_US 50000 /* from news of the device to the try: udev sets its permissions meanwhile */
#define PORT_RETRY_NEWS_US 250000 /* from one try to the next, however much news comes */

struct port_retry {
	bool open;
	bool tried; /* at least one try or loss: last_us is valid */
	int64_t opened_us, last_us; /* last_us: the last try or loss */
	int64_t next_us, wait_us;
	bool lost; /* lost and not opened since: that it is not there needs no telling again */
	bool told; /* error and why below have been told */
	int error;
	char why[256];
};

/* Nothing tried yet: the first try is due at once. */
void port_retry_init(struct port_retry *r);

/* When to try next: INT64_MIN at once, INT64_MAX while the port is open. */
int64_t port_retry_deadline_us(const struct port_retry *r);

/*
 * The try at now_us failed. Returns whether that is news: error or the sentence differ from the last failure told, and it is
 * more than that a device whose loss was told is not there.
 */
bool port_retry_failed(struct port_retry *r, int64_t now_us, int error, const char *why);

void port_retry_opened(struct port_retry *r, int64_t now_us);

/* The open port was lost at now_us: always news. */
void port_retry_lost(struct port_retry *r, int64_t now_us);

/* Something happened where the device would appear: try soon, and start the waits again from the first. */
void port_retry_noticed(struct port_retry *r, int64_t now_us);

#endif
