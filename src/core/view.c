/* SPDX-License-Identifier: MIT */
/* What is true now, for the state, live and diag topics: a snapshot taken when somebody asks. */
#include <string.h>

#include "pipeline_internal.h"

/* A jump that may yet be a spike is shown at once, though nothing is decided by it. */
enum knead_phase knead_pipeline_phase(const struct knead_pipeline *p)
{
	enum knead_phase phase = p->online ? detect_phase(&p->detect) : KNEAD_PHASE_IDLE;
	double waiting_n;

	if (!p->online || !calib_waiting(&p->calib, &waiting_n))
		return phase;
	if (phase == KNEAD_PHASE_IDLE && waiting_n > p->settings.press_n)
		return KNEAD_PHASE_TOUCH;
	return waiting_n < p->settings.release_n ? KNEAD_PHASE_IDLE : phase;
}

static void view_session(const struct knead_pipeline *p, struct knead_view *v)
{
	const struct session *session = &p->detect.session;

	v->session.known = session->known;
	v->session.active = session->open;
	v->session.start_us = emit_time(&p->emit, session->start_us);
	v->session.totals = detect_session_totals(&p->detect);
	v->in_use = session->open;
}

static void view_hold(const struct knead_pipeline *p, struct knead_view *v)
{
	const struct hold *h = &p->detect.hold;

	v->phase = knead_pipeline_phase(p);
	v->holding = v->phase == KNEAD_PHASE_HOLDING;
	v->hold_id = h->published ? h->id : v->holding ? h->next_id : h->id;
	v->hold_since_us = emit_time(&p->emit, h->start_us);
	v->target_s = p->settings.target_s;
	v->protocol = protocol_now(&p->detect.coach.protocol);
	v->cadence_per_min = stroke_cadence_per_min(&p->detect.stroke);
}

bool pipeline_device_owns(const struct knead_pipeline *p)
{
	uint8_t bytes[FRAME_TARE_MAX];

	return p->calib.device_zero && frame_tare(p->frame, bytes) > 0;
}

static void view_diagnosis(const struct knead_pipeline *p, struct knead_view *v)
{
	const struct knead_k1_info *info = frame_info(p->frame);

	v->rate_hz = clock_rate_hz(&p->clock);
	v->rate_assumed = clock_rate_assumed(&p->clock);
	v->calibrated = p->calib.calibrated;
	v->noise_n = p->calib.zero.noise.sd_n;
	v->cells = p->calib.cells;
	v->zero_known = p->calib.zero.known;
	memcpy(v->zero_raw, p->calib.zero.use, sizeof v->zero_raw);
	memcpy(v->zero_serial, p->serial, sizeof v->zero_serial);
	v->zero_drift_n = zero_drift_n(&p->calib.zero, p->calib.n_per_raw);
	v->device_zero = pipeline_device_owns(p);
	v->tares = p->tares;
	v->overload = p->detect.signal.saturated;
	v->gaps = p->gaps;
	v->fault = p->fault;
	v->format = frame_format(p->frame);
	v->has_info = info != NULL;
	if (info)
		v->info = *info;
	v->stats = *frame_stats(p->frame);
}

void knead_pipeline_view(const struct knead_pipeline *p, struct knead_view *ret)
{
	memset(ret, 0, sizeof *ret);
	ret->has_samples = p->has_sample;
	ret->online = p->online;
	ret->t_us = clock_last_us(&p->clock);
	ret->origin_rx_us = p->origin.rx_us;
	ret->samples = p->samples;
	ret->force_n = p->detect.signal.raw_n;
	calib_waiting(&p->calib, &ret->force_n);
	ret->pressure_kpa = knead_n_to_kpa(ret->force_n, p->settings.contact_cm2);
	view_hold(p, ret);
	view_session(p, ret);
	view_diagnosis(p, ret);
}
