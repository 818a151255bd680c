/* SPDX-License-Identifier: MIT */
/* What is asked of a running pipeline from outside the stream. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include <knead/control.h>

#include "pipeline_internal.h"

static bool same_protocol(const struct knead_protocol *a, const struct knead_protocol *b)
{
	if (strcmp(a->name, b->name) != 0 || a->steps != b->steps)
		return false;
	for (uint32_t i = 0; i < a->steps; i++)
		if (a->step[i].kind != b->step[i].kind || a->step[i].seconds != b->step[i].seconds ||
			a->step[i].count != b->step[i].count || a->step[i].count_min != b->step[i].count_min ||
			a->step[i].seconds_max != b->step[i].seconds_max || a->step[i].within_s != b->step[i].within_s)
			return false;
	return true;
}

int knead_pipeline_configure(struct knead_pipeline *p, const struct knead_settings *settings)
{
	struct knead_settings *s = &p->settings, fresh = *s;
	bool other_protocol = !same_protocol(&s->protocol, &settings->protocol);
	char why[128];

	fresh.target_s = settings->target_s;
	fresh.press_n = settings->press_n;
	fresh.release_n = settings->release_n;
	fresh.hold_min_s = settings->hold_min_s;
	fresh.contact_cm2 = settings->contact_cm2;
	fresh.over_soft_n = settings->over_soft_n;
	fresh.over_hard_n = settings->over_hard_n;
	fresh.over_soft_kpa = settings->over_soft_kpa;
	fresh.over_hard_kpa = settings->over_hard_kpa;
	fresh.profile = settings->profile;
	fresh.protocol = settings->protocol;
	if (knead_settings_check(&fresh, why, sizeof why) < 0)
		return -EINVAL;
	*s = fresh;
	detect_configure(&p->detect);
	if (other_protocol)
		knead_pipeline_restart_protocol(p);
	return 0;
}

void knead_pipeline_restart_protocol(struct knead_pipeline *p)
{
	struct protocol *protocol = &p->detect.coach.protocol;

	protocol_init(protocol, &p->settings.protocol, &p->emit);
	if (p->detect.hold.published) /* what was held before is no part of it */
		protocol->used_us = p->detect.hold.start_us;
}

void knead_pipeline_measure(struct knead_pipeline *p)
{
	measure_start(&p->measure);
}

void knead_pipeline_measured(const struct knead_pipeline *p, struct knead_measurement *ret)
{
	const struct measure *m = &p->measure;

	memset(ret, 0, sizeof *ret);
	ret->done = m->done;
	ret->cells = m->cells;
	memcpy(ret->raw, m->mean_raw, sizeof ret->raw);
	for (uint32_t i = 0; i < m->cells && p->calib.zero.known; i++)
		ret->force_n += (m->mean_raw[i] - p->calib.zero.use[i]) * p->calib.n_per_raw[i];
	ret->sd_n = m->blocks > 1 ? sqrt(m->blocks_m2_n2 / (m->blocks - 1)) : 0;
	ret->saturated = m->saturated;
	ret->loaded = !detect_idle(&p->detect);
}

void knead_pipeline_set_zero(struct knead_pipeline *p, const double *zero_raw)
{
	zero_set(&p->calib.zero, zero_raw);
	p->calib.zero.implausible = false;
	calib_rebase(&p->calib);
}

size_t knead_pipeline_tare_bytes(const struct knead_pipeline *p, uint8_t *ret)
{
	return frame_tare(p->frame, ret);
}

int knead_pipeline_set_scale(struct knead_pipeline *p, const double *counts_per_n, uint32_t count)
{
	struct knead_settings *s = &p->settings;

	if (count != 1 && count != p->calib.cells)
		return -EINVAL;
	for (uint32_t i = 0; i < count; i++)
		if (!isfinite(counts_per_n[i]) || counts_per_n[i] == 0)
			return -EINVAL;
	s->counts_per_n_count = count;
	memcpy(s->counts_per_n, counts_per_n, count * sizeof *counts_per_n);
	calib_learn(&p->calib, frame_unit(p->frame), 0, true);
	calib_rebase(&p->calib);
	return 0;
}

void knead_pipeline_scale(const struct knead_pipeline *p, double *ret_counts_per_n)
{
	for (uint32_t i = 0; i < KNEAD_CELLS_MAX; i++)
		ret_counts_per_n[i] = 1 / p->calib.n_per_raw[i];
}

size_t knead_pipeline_end_session(struct knead_pipeline *p, struct knead_event *out, size_t cap)
{
	p->emit.out = out;
	p->emit.cap = cap;
	p->emit.n = 0;
	if (!detect_idle(&p->detect))
		detect_lost(&p->detect);
	detect_end(&p->detect);
	return p->emit.n;
}

void knead_pipeline_forget_session(struct knead_pipeline *p)
{
	struct session *s = &p->detect.session;

	if (!s->open)
		s->totals = (struct knead_session_fields){ .session_id = s->totals.session_id };
}
