/* SPDX-License-Identifier: MIT */
/* A simulated capture taken apart, for the tests of the simulator. Include after cmocka.h. */
#ifndef SIMULATED_H
#define SIMULATED_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define COUNTS_PER_N 8400.0
#define PRESS_N 8.0

/* One K1 line as the device sent it. */
struct row {
	unsigned seq;
	double clock_us; /* wraps */
	double counts;
};

/* What happened to the port. */
struct mark {
	int64_t t_us;
	const char *words;
};

#define MARKS 8

struct capture {
	struct mark mark[MARKS];
	size_t marks;
	struct labels labels; /* belongs to sim */
	struct sim *sim;
	char *bytes;
	size_t size;
	struct row *row;
	size_t rows;
	double length_s, delay_s;
};

static inline struct sim_options options_for(enum sim_scenario scenario, enum sim_stratum_id stratum, double rate_hz)
{
	return (struct sim_options){
		.scenario = scenario,
		.stratum = stratum,
		.rate_hz = rate_hz,
		.cells = 1,
		.counts_per_n = COUNTS_PER_N,
		.length_s = 120,
		.seed = 11,
	};
}

/* Splits the bytes into the K1 lines that are whole. Spoils the line ends. */
static inline void read_rows(struct capture *c)
{
	c->row = calloc(c->size / 16 + 1, sizeof(*c->row));
	assert_non_null(c->row);
	for (char *save, *line = strtok_r(c->bytes, "\r\n", &save); line; line = strtok_r(NULL, "\r\n", &save)) {
		struct row *row = &c->row[c->rows];

		c->rows += sscanf(line, "K1,%u,%lf,%lf*", &row->seq, &row->clock_us, &row->counts) == 3;
	}
}

static inline void run(const struct sim_options *o, struct capture *c)
{
	struct sim_batch batch;
	int64_t last_us = 0;
	size_t room = 0;
	cJSON *header;
	int r;

	*c = (struct capture){ 0 };
	assert_int_equal(sim_new(o, &c->sim), 0);
	while ((r = sim_next(c->sim, &batch)) == 0) {
		assert_true(batch.t_us >= last_us);
		last_us = batch.t_us;
		if (batch.mark) {
			assert_true(c->marks < MARKS);
			c->mark[c->marks++] = (struct mark){ .t_us = batch.t_us, .words = batch.mark };
			continue;
		}
		assert_true(batch.n > 0);
		if (c->size + batch.n + 1 > room) {
			room = 2 * (c->size + batch.n + 1);
			c->bytes = realloc(c->bytes, room);
			assert_non_null(c->bytes);
		}
		memcpy(c->bytes + c->size, batch.bytes, batch.n);
		c->size += batch.n;
		c->bytes[c->size] = '\0';
	}
	assert_int_equal(r, 1);
	c->length_s = (double)last_us / 1e6;
	c->labels = *sim_labels(c->sim);
	header = sim_header(c->sim);
	c->delay_s = cJSON_GetObjectItem(cJSON_GetObjectItem(header, "device"), "delay_ms")->valuedouble / 1000;
	cJSON_Delete(header);
}

static inline void done(struct capture *c)
{
	free(c->row);
	free(c->bytes);
	sim_free(c->sim);
}

static inline size_t count_labels(const struct capture *c, enum label_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < c->labels.count; i++)
		n += c->labels.item[i].kind == kind;
	return n;
}

#endif
