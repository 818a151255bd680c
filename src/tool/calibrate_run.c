/* SPDX-License-Identifier: MIT */
/*
 * zero --> weight --> check --> kept
 *
 * The port is read all the while, also while a question waits for its answer, so that the pipeline sees a stream without gaps.
 * What is measured is judged by the same rules as the daemon's commands (weigh.h), and nothing is written before the last answer.
 */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <knead/control.h>

#include "calibrate.h"
#include "feed.h"
#include "port.h"
#include "state.h"
#include "verbs.h"
#include "weigh.h"

#define READ_BYTES 4096
#define TURN_MS 50
#define FIRST_SAMPLE_US (10 * KNEAD_US_PER_S)
#define STEADY_US (8 * KNEAD_US_PER_S)
#define CHECK_OFF 0.02 /* a reading this share off the weight is worth a word */

struct calibrate {
	const struct calibrate_options *options;
	const struct conf_device *device;
	struct knead_settings settings;
	struct state state;
	struct feed feed;
	struct port *port;
	int64_t start_us;
};

static int64_t clock_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * KNEAD_US_PER_S + now.tv_nsec / 1000;
}

static int64_t now_us(const struct calibrate *c)
{
	return clock_us(CLOCK_MONOTONIC) - c->start_us;
}

static void no_event(void *user, const struct knead_event *e, int64_t wall_origin_us)
{
}

/* ---- reading on ---- */

/* Waits a moment for bytes and takes them. Returns 0, or -ENODEV with the reason said. */
static int turn(struct calibrate *c)
{
	struct pollfd fd = { .fd = port_fd(c->port), .events = POLLIN };
	char bytes[READ_BYTES];
	size_t n;
	int r;

	if (poll(&fd, 1, TURN_MS) <= 0) {
		feed_advance(&c->feed, now_us(c));
		return 0;
	}
	r = port_read(c->port, bytes, sizeof(bytes), &n);
	if (r == 0)
		feed_bytes(&c->feed, bytes, n, now_us(c));
	if (r != PORT_E_GONE && r != PORT_E_END)
		return 0;
	verb_error("calibrate: %s: %s; nothing was changed", port_path(c->port),
		r == PORT_E_GONE ? port_gone_why(c->port) : "end of input");
	return -ENODEV;
}

static int await_samples(struct calibrate *c)
{
	struct knead_view view = { 0 };

	while (!view.online) {
		if (turn(c) < 0)
			return -ENODEV;
		if (now_us(c) > FIRST_SAMPLE_US) {
			verb_error("calibrate: no samples come from %s; is baud right?", port_path(c->port));
			return -ENODATA;
		}
		knead_pipeline_view(c->feed.pipeline, &view);
	}
	return 0;
}

/* Prints a question and waits for a line, reading the port meanwhile. Returns its length, or a negative errno. */
static int ask(struct calibrate *c, const char *question, char *line, size_t size)
{
	struct pollfd fd = { .fd = STDIN_FILENO, .events = POLLIN };
	size_t n = 0;
	char byte;

	printf("%s", question);
	fflush(stdout);
	for (;;) {
		if (turn(c) < 0)
			return -ENODEV;
		while (poll(&fd, 1, 0) > 0) {
			ssize_t got = read(STDIN_FILENO, &byte, 1);

			if (got < 0 && errno == EINTR)
				continue;
			if (got <= 0) {
				verb_error("calibrate: no answer; nothing was changed");
				return -ECANCELED;
			}
			if (byte == '\n') {
				line[n] = '\0';
				return (int)n;
			}
			if (n + 1 < size)
				line[n++] = byte;
		}
	}
}

/* ---- measuring ---- */

static struct weigh weigh_of(const struct calibrate *c)
{
	struct knead_view view;

	knead_pipeline_view(c->feed.pipeline, &view);
	return (struct weigh){
		.capacity_n = c->settings.capacity_n,
		.calibrated = view.calibrated,
		.zero_known = view.zero_known,
	};
}

/* One good second: tries until it is steady or the time is over. The zero may be taken under what was a load to the old one. */
static int measure(struct calibrate *c, bool zero, struct knead_measurement *ret)
{
	int64_t until_us = now_us(c) + STEADY_US;
	enum weigh_verdict verdict = WEIGH_UNSTEADY;
	const char *why = "";

	printf("   measuring ...\n");
	while (verdict == WEIGH_UNSTEADY && now_us(c) < until_us) {
		knead_pipeline_measure(c->feed.pipeline);
		do {
			if (turn(c) < 0)
				return -ENODEV;
			knead_pipeline_measured(c->feed.pipeline, ret);
		} while (!ret->done && now_us(c) < until_us + KNEAD_US_PER_S);
		if (!ret->done) {
			verb_error("calibrate: too few samples come from %s", port_path(c->port));
			return -ENODATA;
		}
		struct weigh w = weigh_of(c);
		verdict = zero ? weigh_zero(&w, ret, true, &why) : weigh_point(&w, ret, &why);
	}
	if (verdict == WEIGH_GOOD)
		return 0;
	verb_error("calibrate: %s; nothing was changed", why);
	return -EINVAL;
}

static int find_zero(struct calibrate *c)
{
	struct knead_measurement m;
	struct knead_view view;
	char line[8];
	int r = ask(c, "1. Take everything off, let it lie still, and press Enter. ", line, sizeof(line));

	if (r >= 0)
		r = measure(c, true, &m);
	if (r < 0)
		return r;
	knead_pipeline_set_zero(c->feed.pipeline, m.raw);
	knead_pipeline_view(c->feed.pipeline, &view);
	state_set_zero(&c->state, c->settings.unit, m.raw, m.cells, view.zero_serial);
	printf("   zero: ");
	for (uint32_t i = 0; i < m.cells; i++)
		printf("%s%.6g", i > 0 ? ", " : "", m.raw[i]);
	printf(", steady within %.3g N\n", m.sd_n);
	return 0;
}

static int ask_weight(struct calibrate *c, double *ret_n)
{
	char line[64];
	double kg;
	int r;

	*ret_n = c->options->known_n;
	if (*ret_n > 0) {
		printf("2. Put %.3f kg (%.1f N) on it", *ret_n / KNEAD_G0_M_PER_S2, *ret_n);
		return ask(c, ", wait until it rests, and press Enter. ", line, sizeof(line));
	}
	r = ask(c, "2. Put a known weight on it, wait until it rests, and type how many kg it has: ", line,
		sizeof(line));
	while (r >= 0 && verb_parse_double(line, 1e-3, 1e5, &kg) < 0)
		r = ask(c, "   A number of kg, such as 5 or 7.5: ", line, sizeof(line));
	if (r >= 0)
		*ret_n = kg * KNEAD_G0_M_PER_S2;
	return r;
}

static int find_scale(struct calibrate *c, double *ret_known_n)
{
	double scale[KNEAD_CELLS_MAX], factor = 1;
	struct knead_measurement m;
	const char *why;
	int r = ask_weight(c, ret_known_n);

	if (r >= 0)
		r = measure(c, false, &m);
	if (r < 0)
		return r;
	struct weigh w = weigh_of(c);
	if (weigh_factor(&w, *ret_known_n, m.force_n, m.sd_n, &factor, &why) != WEIGH_GOOD) {
		verb_error("calibrate: %s; nothing was changed", why);
		return -EINVAL;
	}
	knead_pipeline_scale(c->feed.pipeline, scale);
	c->state.counts_per_n_count = m.cells;
	printf("   counts_per_n: ");
	for (uint32_t i = 0; i < m.cells; i++) {
		c->state.counts_per_n[i] = scale[i] * factor;
		printf("%s%.6g", i > 0 ? ", " : "", c->state.counts_per_n[i]);
	}
	printf("\n");
	return knead_pipeline_set_scale(c->feed.pipeline, c->state.counts_per_n, m.cells);
}

static int check(struct calibrate *c, double known_n)
{
	struct knead_measurement m;
	char line[8];
	int r = measure(c, false, &m);

	if (r < 0)
		return r;
	printf("3. It reads %.1f N, %.3f kg.%s\n", m.force_n, m.force_n / KNEAD_G0_M_PER_S2,
		fabs(m.force_n / known_n - 1) > CHECK_OFF ? " That is more than 2 % off: it moved meanwhile." : "");
	return ask(c, "   Press Enter to keep this, Ctrl-C to leave all as it was. ", line, sizeof(line));
}

/* ---- what is kept ---- */

static int read_state(struct calibrate *c, struct state_store **ret)
{
	char why[256];
	int r = state_store_new(c->options->state, ret);

	if (r == 0)
		r = state_store_get(*ret, c->device->id, &c->state, why, sizeof(why));
	if (r == STATE_E_NONE || r == -EINVAL)
		c->state = (struct state){ 0 };
	else if (r < 0)
		verb_error("calibrate: %s", why);
	return r < 0 && r != -EINVAL ? r : 0;
}

static int keep(struct calibrate *c)
{
	int r = state_write(c->options->state, c->device->id, &c->state);

	if (r < 0)
		verb_error("calibrate: %s/%s.json cannot be written: %s; nothing was changed", c->options->state,
			c->device->id, strerror(-r));
	else
		printf("   kept in %s/%s.json; kneadd takes it when it starts\n", c->options->state, c->device->id);
	return r;
}

static int guide(struct calibrate *c)
{
	struct state_store *store = NULL;
	double known_n;
	int r = read_state(c, &store);

	if (r == 0)
		r = await_samples(c);
	if (r == 0)
		r = find_zero(c);
	if (r == 0)
		r = find_scale(c, &known_n);
	if (r == 0)
		r = check(c, known_n);
	if (r >= 0)
		r = keep(c);
	state_store_free(store);
	return r;
}

int calibrate_run(const struct calibrate_options *o, const struct conf_device *device)
{
	struct calibrate c = { .options = o, .device = device, .settings = device->settings };
	struct port_options port = {
		.spec = device->port, .baud = device->baud, .dtr = device->dtr, .settle_s = device->settle_s
	};
	char why[512];
	int r;

	if (port_open(&port, &c.port, why, sizeof(why)) < 0) {
		verb_error("calibrate: %s", why);
		return VERB_FAILED;
	}
	c.start_us = clock_us(CLOCK_MONOTONIC);
	r = feed_init(&c.feed, &c.settings, clock_us(CLOCK_REALTIME), no_event, NULL);
	if (r < 0)
		verb_error("calibrate: out of memory");
	else
		r = guide(&c);
	feed_deinit(&c.feed);
	port_free(c.port);
	return r < 0 ? VERB_FAILED : VERB_GOOD;
}
