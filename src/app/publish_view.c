/* SPDX-License-Identifier: MIT */
/*
 * What a view is worth telling, and when.
 *
 *              at once                         else, on a change            heartbeat
 *   state      phase                           1 s after the last           60 s
 *                                              (cadence of a roll: 10 s)
 *   live       phase, first, last of a contact 1/live_hz, beyond the band   5 s while loaded
 *   session    it starts or ends               1 s after the last           60 s while it runs
 *                                              (strokes alone: 20 s)
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
#define STROKES_MIN_US 20000000 /* strokes come every second or two, and each has an event of its own */
#define CADENCE_MIN_US 10000000
#define CADENCE_BAND 2.0 /* per minute, and */
#define CADENCE_SHARE 0.1
#define SESSION_VALUES 2 /* of a session document are others, mostly: holds or strokes, and the time */

static int64_t earlier(int64_t a_us, int64_t b_us)
{
	return a_us < b_us ? a_us : b_us;
}

/* ---- state ---- */

/* It is the mean of the roll so far, which settles: told when a roll begins and ends, else seldom and only if it is another. */
static bool cadence_is_due(const struct publish_device *d, int64_t now_us)
{
	const struct publish_state *s = &d->state;
	double now = d->view.cadence_per_min, told = s->cadence_per_min;

	if (!s->sent || (now > 0) != (told > 0))
		return true;
	return now_us >= s->cadence_at_us + CADENCE_MIN_US &&
	       fabs(now - told) >= fmax(CADENCE_BAND, CADENCE_SHARE * told);
}

static void send_state(struct publish *p, struct publish_device *d, int64_t now_us)
{
	bool cadence = cadence_is_due(d, now_us);
	struct knead_view told = d->view;
	const struct knead_view *v = &told;
	char text[DOCUMENT_MAX];

	if (!cadence)
		told.cadence_per_min = d->state.cadence_per_min;
	publish_calm_phase(d, now_us);
	publish_calm_spend(d, cadence + (v->in_use != d->state.in_use));
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
		.cadence_at_us = cadence ? now_us : d->state.cadence_at_us,
	};
	int length = document_state(v, &d->calm.told, d->wall_origin_us, d->profile, d->protocol, text, sizeof(text));
	publish_send(p, d, TOPIC_STATE, NULL, text, length);
	if (length > 0)
		publish_scalars(p, d, PUBLISH_SCALARS_STATE, text);
}

static bool state_changed(const struct publish_device *d, int64_t now_us)
{
	const struct publish_state *s = &d->state;
	const struct knead_view *v = &d->view;

	return v->holding != s->holding || v->in_use != s->in_use || v->hold_id != s->hold_id ||
	       v->protocol.step != s->protocol.step || v->protocol.done != s->protocol.done ||
	       v->protocol.completed != s->protocol.completed || (v->holding && v->hold_since_us != s->hold_since_us) ||
	       v->target_s != s->target_s || fabs(v->force_n - s->force_n) > d->band_n || cadence_is_due(d, now_us) ||
	       publish_calm_phase_is_due(d, now_us);
}

static int64_t update_state(struct publish *p, struct publish_device *d, int64_t now_us)
{
	const struct publish_state *s = &d->state;
	bool at_once = !s->sent || d->view.phase != s->phase;
	bool changed = at_once || state_changed(d, now_us);

	if (at_once || now_us >= s->at_us + (changed ? STATE_MIN_US : STATE_BEAT_US)) {
		send_state(p, d, now_us);
		changed = false;
	}
	return s->at_us + (changed ? STATE_MIN_US : STATE_BEAT_US);
}

/* ---- live ---- */

static void send_live(struct publish *p, struct publish_device *d, bool loaded, int64_t now_us)
{
	char text[DOCUMENT_MAX];

	publish_calm_down(d, loaded, now_us);
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
	bool changed = fabs(d->view.force_n - l->force_n) > d->band_n || publish_calm_is_due(d, now_us);

	if (at_once || now_us >= l->at_us + (changed ? interval_us : LIVE_BEAT_US))
		send_live(p, d, loaded, now_us);
	return l->at_us + interval_us > now_us ? l->at_us + interval_us : INT64_MAX;
}

/* ---- session ---- */

static void send_session(struct publish *p, struct publish_device *d, int64_t now_us)
{
	char text[DOCUMENT_MAX];

	publish_calm_spend(d, SESSION_VALUES);
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

void publish_past_session(struct publish *p, struct publish_device *d, const struct knead_session_fields *totals,
	int64_t start_wall_us, int64_t end_wall_us)
{
	struct knead_view past = { .t_us = end_wall_us };
	char text[DOCUMENT_MAX];

	if (d->session.sent)
		return;
	past.session.start_us = start_wall_us;
	past.session.totals = *totals;
	int length = document_session(&past, 0, text, sizeof(text));
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

const char *publish_zero_owner(const struct publish_device *d)
{
	const struct knead_view *v = &d->view;

	if (!v->has_samples || !v->format)
		return NULL;
	return v->device_zero && !d->read_only ? "device" : "knead";
}

void publish_diag(struct publish *p, struct publish_device *d, int64_t now_us, int64_t wall_us)
{
	char text[DOCUMENT_MAX];

	d->diag_at_us = now_us;
	d->diag_fault = d->view.fault;
	int length = document_diag(
		&d->view, wall_us, publish_zero_owner(d), d->reason[0] != '\0' ? d->reason : NULL, text, sizeof(text));
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
	bool news = view->has_info && !d->view.has_info;
	const char *owner;
	int64_t due_us;

	d->view = *view;
	d->wall_origin_us = wall_origin_us;
	owner = publish_zero_owner(d);
	news |= owner != d->zero_owner;
	d->zero_owner = owner;
	update_availability(p, d, now_us, wall_us);
	if (news)
		publish_info(p);
	due_us = update_diag(p, d, now_us, wall_us);
	if (!view->has_samples)
		return due_us;
	publish_calm_look(d, now_us);
	if (d->online) {
		due_us = earlier(due_us, update_state(p, d, now_us));
		due_us = earlier(due_us, update_live(p, d, now_us));
	}
	due_us = earlier(due_us, update_session(p, d, now_us));
	/* What is inside its limits now may leave them at any sample. */
	return earlier(due_us, now_us + (view->phase == KNEAD_PHASE_IDLE ? LOOK_IDLE_US : LOOK_LOADED_US));
}
