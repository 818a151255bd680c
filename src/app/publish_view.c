/* SPDX-License-Identifier: MIT */
/*
 * What a view is worth telling, and when.
 *
 *              at once                         else, on a change            heartbeat
 *   state      phase                           1 s after the last           60 s
 *   live       phase, first, last of a contact 1/live_hz, beyond the band   5 s while loaded
 *   session    it starts or ends               1 s after the last           60 s while it runs
 *                                              (strokes alone: 10 s)
 *   diag       faults, online, offline         -                            30 s
 *
 * There is no debounce that waits for silence: a change is told as soon as its limit allows, with the newest values.
 */
#include <math.h>
#include <stdio.h>

#include "publish_internal.h"

#define STATE_MIN_US 1000000
#define STATE_BEAT_US 60000000
#define LIVE_BEAT_US 5000000
#define LOOK_LOADED_US 100000 /* how often to look whether the force has left the band */
#define LOOK_IDLE_US 1000000
#define STROKES_MIN_US 10000000 /* strokes come every second or two, and each has an event of its own */
#define CADENCE_BAND 2.0 /* per minute, and */
#define CADENCE_SHARE 0.1
#define CALM_FORCE_S 1.2
#define CALM_PRESSURE_S 3.0

static int64_t earlier(int64_t a_us, int64_t b_us)
{
	return a_us < b_us ? a_us : b_us;
}

/* ---- state ---- */

static void send_state(struct publish *p, struct publish_device *d, int64_t now_us)
{
	const struct knead_view *v = &d->view;
	char text[DOCUMENT_MAX];

	d->state = (struct publish_state){
		.sent = true,
		.at_us = now_us,
		.phase = v->phase,
		.holding = v->holding,
		.in_use = v->in_use,
		.hold_id = v->hold_id,
		.protocol = v->protocol,
		.hold_since_us = v->hold_since_us,
		.target_s = v->target_s,
		.force_n = v->force_n,
		.cadence_per_min = v->cadence_per_min,
	};
	int length = document_state(v, d->wall_origin_us, d->profile, d->protocol, text, sizeof(text));
	publish_send(p, d, TOPIC_STATE, NULL, text, length);
	if (length > 0)
		publish_scalars(p, d, PUBLISH_SCALARS_STATE, text);
}

static bool state_changed(const struct publish_device *d)
{
	const struct publish_state *s = &d->state;
	const struct knead_view *v = &d->view;

	return v->holding != s->holding || v->in_use != s->in_use || v->hold_id != s->hold_id ||
	       v->protocol.step != s->protocol.step || v->protocol.done != s->protocol.done ||
	       v->protocol.completed != s->protocol.completed || (v->holding && v->hold_since_us != s->hold_since_us) ||
	       v->target_s != s->target_s || fabs(v->force_n - s->force_n) > d->band_n ||
	       fabs(v->cadence_per_min - s->cadence_per_min) >= fmax(CADENCE_BAND, CADENCE_SHARE * s->cadence_per_min);
}

static int64_t update_state(struct publish *p, struct publish_device *d, int64_t now_us)
{
	const struct publish_state *s = &d->state;
	bool at_once = !s->sent || d->view.phase != s->phase;
	bool changed = at_once || state_changed(d);

	if (at_once || now_us >= s->at_us + (changed ? STATE_MIN_US : STATE_BEAT_US)) {
		send_state(p, d, now_us);
		changed = false;
	}
	return s->at_us + (changed ? STATE_MIN_US : STATE_BEAT_US);
}

/* ---- calm ---- */

/*
 * Whoever keeps each state for ever wants few of them: a change is worth one the sooner the greater it is. One of all the
 * value (a contact begins, a stroke ends) after calm_s, one of a tenth of it after ten times calm_s, one of less than the band
 * never. What rested at 0 for long rises at once.
 */
static bool is_worth(double now_n, double told_n, int64_t waited_us, double calm_s, double band_n)
{
	double change_n = fabs(now_n - told_n);
	double waited_s = (double)waited_us / KNEAD_US_PER_S;

	return change_n > band_n && change_n * waited_s >= calm_s * fmax(now_n, told_n);
}

static bool force_is_worth(const struct publish_device *d, int64_t now_us)
{
	const struct publish_calm *c = &d->calm;

	return is_worth(d->view.force_n, c->told.force_n, now_us - c->force_us, CALM_FORCE_S, d->band_n);
}

/* The pressure is the force over again, on an area that a touch does not have yet. */
static bool pressure_is_worth(const struct publish_device *d, int64_t now_us)
{
	const struct publish_calm *c = &d->calm;

	return d->view.phase != KNEAD_PHASE_TOUCH &&
	       is_worth(d->view.force_n, c->pressed_n, now_us - c->pressure_us, CALM_PRESSURE_S, d->band_n);
}

/* Before a live message. The last one of a contact tells what is there. */
static void calm_down(struct publish_device *d, bool loaded, int64_t now_us)
{
	struct publish_calm *c = &d->calm;

	if (!loaded || force_is_worth(d, now_us)) {
		c->told.force_n = d->view.force_n;
		c->force_us = now_us;
	}
	if (!loaded || !c->told.pressure_kpa.known || pressure_is_worth(d, now_us)) {
		c->told.pressure_kpa = d->view.pressure_kpa;
		c->pressed_n = d->view.force_n;
		c->pressure_us = now_us;
	}
}

/* ---- live ---- */

static void send_live(struct publish *p, struct publish_device *d, bool loaded, int64_t now_us)
{
	char text[DOCUMENT_MAX];

	calm_down(d, loaded, now_us);
	d->live = (struct publish_live){
		.loaded = loaded,
		.at_us = now_us,
		.phase = d->view.phase,
		.force_n = d->view.force_n,
		.seq = d->live.seq + 1,
	};
	int length = document_live(&d->view, &d->calm.told, d->wall_origin_us, (now_us - p->started_us) / 1000,
		d->live.seq, text, sizeof(text));
	publish_send(p, d, TOPIC_LIVE, NULL, text, length);
}

static int64_t update_live(struct publish *p, struct publish_device *d, int64_t now_us)
{
	const struct publish_live *l = &d->live;
	bool loaded = d->view.phase != KNEAD_PHASE_IDLE;

	if (d->live_hz <= 0 || (!loaded && !l->loaded))
		return INT64_MAX;
	int64_t interval_us = (int64_t)(KNEAD_US_PER_S / d->live_hz);
	bool at_once = loaded != l->loaded || d->view.phase != l->phase;
	bool changed = fabs(d->view.force_n - l->force_n) > d->band_n || force_is_worth(d, now_us) ||
		       pressure_is_worth(d, now_us);

	if (at_once || now_us >= l->at_us + (changed ? interval_us : LIVE_BEAT_US))
		send_live(p, d, loaded, now_us);
	return l->at_us + interval_us > now_us ? l->at_us + interval_us : INT64_MAX;
}

/* ---- session ---- */

static void send_session(struct publish *p, struct publish_device *d, int64_t now_us)
{
	char text[DOCUMENT_MAX];

	d->session = (struct publish_session){
		.sent = true,
		.active = d->view.session.active,
		.at_us = now_us,
		.start_us = d->view.session.start_us,
		.totals = d->view.session.totals,
	};
	int length = document_session(&d->view, d->wall_origin_us, text, sizeof(text));
	publish_send(p, d, TOPIC_SESSION, NULL, text, length);
	if (length > 0)
		publish_scalars(p, d, PUBLISH_SCALARS_SESSION, text);
}

/* The loaded time, dose and peak grow all the time: they come along, and with the heartbeat. */
static int64_t update_session(struct publish *p, struct publish_device *d, int64_t now_us)
{
	const struct knead_session_fields *now = &d->view.session.totals, *then = &d->session.totals;
	const struct publish_session *s = &d->session;

	if (!d->view.session.known)
		return INT64_MAX;
	bool at_once = !s->sent || d->view.session.active != s->active || now->session_id != then->session_id;
	bool changed = now->holds != then->holds || now->holds_met != then->holds_met || now->rolls != then->rolls;
	bool stroked = now->strokes != then->strokes;
	int64_t wait_us = changed ? STATE_MIN_US : stroked ? STROKES_MIN_US : STATE_BEAT_US;

	if (at_once || ((s->active || changed || stroked) && now_us >= s->at_us + wait_us)) {
		send_session(p, d, now_us);
		wait_us = STATE_BEAT_US;
		changed = stroked = false;
	}
	return s->active || changed || stroked ? s->at_us + wait_us : INT64_MAX;
}

/* ---- diag and availability ---- */

void publish_diag(struct publish *p, struct publish_device *d, int64_t now_us, int64_t wall_us)
{
	char text[DOCUMENT_MAX];

	d->diag_at_us = now_us;
	d->diag_fault = d->view.fault;
	int length = document_diag(&d->view, wall_us, d->reason[0] != '\0' ? d->reason : NULL, text, sizeof(text));
	publish_send(p, d, TOPIC_DIAG, NULL, text, length);
}

static int64_t update_diag(struct publish *p, struct publish_device *d, int64_t now_us, int64_t wall_us)
{
	if (d->diag_at_us == INT64_MIN || d->view.fault != d->diag_fault || now_us >= d->diag_at_us + PUBLISH_DIAG_US)
		publish_diag(p, d, now_us, wall_us);
	return d->diag_at_us + PUBLISH_DIAG_US;
}

/* The state goes first: whoever sees "online" may read what is true now. */
static void update_availability(struct publish *p, struct publish_device *d, int64_t now_us, int64_t wall_us)
{
	if (d->view.online == d->online)
		return;
	d->online = d->view.online;
	d->live.loaded = false;
	if (d->online) {
		d->reason[0] = '\0';
		send_state(p, d, now_us);
	} else {
		snprintf(d->reason, sizeof(d->reason), "no data");
	}
	publish_send(p, d, TOPIC_AVAILABILITY, NULL, d->online ? "online" : "offline", d->online ? 6 : 7);
	publish_diag(p, d, now_us, wall_us);
	publish_info(p);
}

int64_t publish_view(struct publish *p, struct publish_device *d, const struct knead_view *view, int64_t wall_origin_us,
	int64_t now_us, int64_t wall_us)
{
	bool serial_is_new = view->has_info && !d->view.has_info;
	int64_t due_us;

	d->view = *view;
	d->wall_origin_us = wall_origin_us;
	update_availability(p, d, now_us, wall_us);
	if (serial_is_new)
		publish_info(p);
	due_us = update_diag(p, d, now_us, wall_us);
	if (!view->has_samples)
		return due_us;
	if (d->online) {
		due_us = earlier(due_us, update_state(p, d, now_us));
		due_us = earlier(due_us, update_live(p, d, now_us));
	}
	due_us = earlier(due_us, update_session(p, d, now_us));
	/* What is inside its limits now may leave them at any sample. */
	return earlier(due_us, now_us + (view->phase == KNEAD_PHASE_IDLE ? LOOK_IDLE_US : LOOK_LOADED_US));
}
