/* SPDX-License-Identifier: MIT */
/* Running means, so that any length and any rate take the same room. */
#include <string.h>

#include "measure.h"

#define LENGTH_US KNEAD_US_PER_S
#define BLOCK_US 50000
#define RAIL_HIGH 8388607.0 /* of a 24-bit converter */
#define RAIL_LOW (-8388608.0)

void measure_start(struct measure *m)
{
	memset(m, 0, sizeof *m);
	m->running = true;
}

static void end_block(struct measure *m, int64_t t_us)
{
	double mean_n = m->block_n / m->block_count, delta_n = mean_n - m->blocks_mean_n;

	m->blocks++;
	m->blocks_mean_n += delta_n / m->blocks;
	m->blocks_m2_n2 += delta_n * (mean_n - m->blocks_mean_n);
	m->block_us = t_us;
	m->block_n = 0;
	m->block_count = 0;
}

void measure_push(struct measure *m, const struct knead_sample *sample, int64_t t_us, const double *n_per_raw)
{
	double sum_n = 0;

	if (!m->running || sample->invalid_cells != 0)
		return;
	if (m->count++ == 0) {
		m->start_us = m->block_us = t_us;
		m->cells = sample->cells < KNEAD_CELLS_MAX ? sample->cells : KNEAD_CELLS_MAX;
	}
	m->saturated |= sample->saturated;
	for (uint32_t i = 0; i < m->cells; i++) {
		double raw = sample->raw[i];

		m->saturated |= raw == RAIL_HIGH || raw == RAIL_LOW;
		m->mean_raw[i] += (raw - m->mean_raw[i]) / m->count;
		sum_n += raw * n_per_raw[i];
	}
	m->block_n += sum_n;
	m->block_count++;
	if (t_us - m->block_us >= BLOCK_US)
		end_block(m, t_us);
	m->done = t_us - m->start_us >= LENGTH_US;
	m->running = !m->done;
}
