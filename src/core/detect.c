/* SPDX-License-Identifier: MIT */
/*
 * The order in which a sample is looked at, and what one machine means for the others:
 *
 *   signal -> contact --begin/end--> hold <--roll/rest-- stroke      session and impact listen to the contacts
 *
 * A contact that had neither hold nor roll is a press, a tap, or part of an impact.
 */
#include <math.h>
#include <string.h>

#include "detect.h"

#define SLOW_PERIOD_US 49000 /* 20 samples/s and less: one sample may be a whole tap */
#define SLOW_TAP_N 15.0

void detect_init(struct detect *d, const struct knead_settings *settings, struct emit *emit)
{
	memset(d, 0, sizeof *d);
	d->settings = settings;
	d->emit = emit;
	signal_init(&d->signal, settings);
	contact_init(&d->contact, settings);
	hold_init(&d->hold, settings, emit);
	stroke_init(&d->stroke, settings, emit);
	impact_init(&d->impact, settings);
	percussion_init(&d->percussion, settings);
	session_init(&d->session, settings, emit);
	coach_init(&d->coach, settings, emit);
}

void detect_configure(struct detect *d)
{
	hold_configure(&d->hold);
	stroke_configure(&d->stroke);
	warning_configure(&d->coach.warning);
}

bool detect_idle(const struct detect *d)
{
	return d->contact.state == CONTACT_IDLE;
}

bool detect_unloaded(const struct detect *d)
{
	return d->contact.state == CONTACT_IDLE || d->contact.state == CONTACT_BRIDGE;
}

static struct session_counts counts(const struct detect *d)
{
	return (struct session_counts){
		.holds = d->hold.holds,
		.holds_met = d->hold.holds_met,
		.rolls = d->stroke.rolls_total,
		.strokes = d->stroke.strokes_total,
	};
}

struct knead_session_fields detect_session_totals(const struct detect *d)
{
	struct session_counts now = counts(d);

	return session_totals(&d->session, &now, d->hold.longest_hold_s);
}

/* Since when nothing touches the device: the end of the last contact, or the first sample. */
static int64_t idle_since_us(const struct detect *d)
{
	return d->session.known ? d->session.last_us : d->signal.first_us;
}

/* What is open, for those who wait for something to join or to be over. */
static struct coach_time coach_now(const struct detect *d)
{
	const struct contact *c = &d->contact;
	int64_t t_us = d->signal.t_us, lasted_us = (c->state == CONTACT_BRIDGE ? c->off_us : t_us) - c->on_us;
	struct coach_time now = { .t_us = t_us, .idle_us = INT64_MAX, .press_us = t_us, .pulse_us = t_us };

	if (c->state == CONTACT_IDLE) {
		now.idle_us = idle_since_us(d);
		return now;
	}
	if (lasted_us < d->hold.hold_min_us)
		now.press_us = c->on_us;
	if (d->hold.state != HOLD_EASED)
		now.pulse_us = d->hold.state == HOLD_NONE ? c->on_us : d->hold.start_us;
	now.stroke_coming = !d->hold.published && d->hold.state != HOLD_EASED;
	return now;
}

/* What has ended since the last look is told to those who count it, in the order in which it ended. */
static void tell_coach(struct detect *d)
{
	const struct hold *h = &d->hold;
	const struct stroke *st = &d->stroke;
	struct coach_time now = coach_now(d);

	while (d->holds_told != h->holds || d->strokes_told != st->strokes_total) {
		const struct hold_ended *hold = &h->ended[d->holds_told % HOLDS_KEPT];
		int64_t stroke_us = st->ended_us[d->strokes_told % STROKES_KEPT];

		if (d->strokes_told == st->strokes_total || (d->holds_told != h->holds && hold->end_us <= stroke_us)) {
			coach_hold(&d->coach, hold);
			d->holds_told++;
		} else {
			coach_stroke(&d->coach, stroke_us);
			d->strokes_told++;
		}
	}
	coach_advance(&d->coach, &now);
}

static void begin_session(struct detect *d, int64_t on_us)
{
	struct session_counts now = counts(d);

	if (!d->session.open)
		d->hold.longest_hold_s = 0;
	session_contact(&d->session, on_us, &now);
}

static void touch(struct detect *d)
{
	struct contact *c = &d->contact;
	double force_n = c->open_start ? d->signal.raw_n : d->settings->press_n;

	c->on_us = session_after_last_us(&d->session, c->on_us);
	signal_touch(&d->signal, c->on_us, force_n);
	hold_touch(&d->hold, &d->signal, c->on_us, force_n, c->open_start);
	impact_touch(&d->impact, &d->signal, c->on_us);
	percussion_begin(&d->percussion);
	d->contact_peak_n = d->contact_top_n = 0;
	d->start_u_known = false;
	d->travel_u = 0;
	if (c->gap_start)
		d->hold.flags |= KNEAD_FLAG_GAP;
	else if (c->open_start || d->implausible_zero)
		d->hold.flags |= KNEAD_FLAG_BOOT_LOADED;
	d->stroke.prior = coach_touch(&d->coach, c->on_us);
	emit_measure(d->emit, KNEAD_MEASURE_PRIOR, c->on_us, d->stroke.prior, 1);
}

static void begin(struct detect *d)
{
	int64_t idle_us = idle_since_us(d);

	begin_session(d, d->contact.on_us);
	if (d->settings->contact_events)
		emit_event(d->emit, KNEAD_EVENT_CONTACT_START, d->contact.on_us,
			hold_confidence(&d->hold, d->signal.raw_n), d->hold.flags);
	coach_contact(&d->coach, d->contact.on_us, idle_us, d->hold.flags);
	hold_press(&d->hold);
	stroke_begin(&d->stroke, d->contact.on_us, !d->contact.open_start);
}

static void emit_press(struct detect *d, enum knead_event_type type, int64_t off_us)
{
	double peak_n = type == KNEAD_EVENT_TAP ? d->contact_top_n : tally_peak_n(&d->hold.tally);
	struct knead_event *event = emit_event(d->emit, type, off_us, hold_confidence(&d->hold, peak_n), d->hold.flags);

	event->press = (struct knead_press_fields){
		.start_us = emit_time(d->emit, d->contact.on_us),
		.end_us = emit_time(d->emit, off_us),
		.peak_n = peak_n,
		.peak_kpa = knead_n_to_kpa(peak_n, d->settings->contact_cm2),
	};
	if (type == KNEAD_EVENT_PRESS && d->start_u_known &&
		(d->settings->geometry == KNEAD_GEOMETRY_LINE || d->settings->radius_mm > 0))
		event->press.travel_mm = knead_known(fabs(d->travel_u));
	if (type == KNEAD_EVENT_PRESS)
		coach_press(&d->coach, d->contact.on_us, off_us, d->hold.flags);
}

/* A touch that never became a contact: handling, part of a bounce, or at slow rates a whole tap. */
static void untouch(struct detect *d)
{
	const struct signal *s = &d->signal;
	int64_t off_us = s->level_n < d->settings->release_n ? signal_crossing_us(s, d->settings->release_n) : s->t_us;
	bool slow_tap = s->period_us >= SLOW_PERIOD_US && tally_peak_n(&d->hold.tally) > SLOW_TAP_N;
	bool bounce = impact_untouch(&d->impact, s, off_us, d->emit);

	if (!bounce && !slow_tap)
		return;
	begin_session(d, d->contact.on_us);
	coach_brief(&d->coach, d->hold.flags);
	if (slow_tap && !bounce)
		emit_press(d, KNEAD_EVENT_TAP, off_us);
	session_contact_end(&d->session, d->contact.on_us, off_us, signal_impulse_at(s, off_us, d->settings->release_n),
		tally_peak_n(&d->hold.tally));
}

static void rest(struct detect *d)
{
	hold_rest(&d->hold, &d->signal, stroke_stop(&d->stroke, d->hold.flags));
}

/* Without the prior this contact would have been taken for something else: that must show. */
static void flag_prior(struct detect *d)
{
	d->hold.flags &= ~(uint32_t)KNEAD_FLAG_PRIOR;
	if (d->stroke.doubt.by_prior)
		d->hold.flags |= KNEAD_FLAG_PRIOR;
}

/* Rolling was found: what was held before ends, the roll is announced; it may have come to rest in the meantime. */
static void roll(struct detect *d)
{
	const struct extreme *first = stroke_first(&d->stroke);
	struct tally_mark mark = extreme_mark(first, &d->hold.tally);

	flag_prior(d);
	stroke_announce(&d->stroke, hold_move(&d->hold, &d->signal, first->t_us, &mark), d->hold.flags);
	if (stroke_dwelled(&d->stroke))
		rest(d);
}

/* Ends the rolling side of a contact that ended at off_us; a rest of hold_min_s at its end is a hold. */
static void end_strokes(struct detect *d, int64_t off_us, double impulse_ns, enum knead_cause cause)
{
	if (stroke_found_at_end(&d->stroke, off_us, impulse_ns))
		roll(d);
	flag_prior(d);
	if (d->stroke.state == STROKE_ROLL &&
		off_us - stroke_rest_since_us(&d->stroke) >= knead_s_to_us(d->settings->hold_min_s))
		rest(d);
	stroke_end(&d->stroke, off_us, impulse_ns, cause, d->hold.flags);
}

static void end_contact(struct detect *d, int64_t off_us, double impulse_ns, bool lost)
{
	int64_t lasted_us = off_us - d->contact.on_us;
	bool more;

	percussion_end(&d->percussion, d->hold.flags, d->emit);
	d->hold.percussion_us = percussion_time_us(&d->percussion);
	end_strokes(d, off_us, impulse_ns, lost ? KNEAD_CAUSE_LOST : KNEAD_CAUSE_LIFTED);
	more = lost ? hold_lost(&d->hold, &d->signal, off_us) : hold_lift(&d->hold, &d->signal, off_us);
	if (!more && lasted_us > 0 && !impact_untouch(&d->impact, &d->signal, off_us, d->emit))
		emit_press(d, lasted_us < knead_s_to_us(d->settings->tap_max_s) ? KNEAD_EVENT_TAP : KNEAD_EVENT_PRESS,
			off_us);
	d->impact.watching = false;
	session_contact_end(&d->session, d->contact.on_us, off_us, impulse_ns, d->contact_peak_n);
}

static void take_step(struct detect *d, enum contact_step step)
{
	switch (step) {
	case CONTACT_STEP_TOUCH:
		touch(d);
		break;
	case CONTACT_STEP_UNTOUCH:
		untouch(d);
		break;
	case CONTACT_STEP_BEGIN:
		begin(d);
		break;
	case CONTACT_STEP_RELEASE:
		hold_fall(&d->hold, &d->signal, d->contact.off_us);
		break;
	case CONTACT_STEP_DIP:
		hold_dip(&d->hold, &d->signal, d->contact.dip_us);
		break;
	case CONTACT_STEP_END:
		end_contact(d, d->contact.off_us, d->hold.off_impulse_ns, false);
		break;
	case CONTACT_STEP_NONE:
		break;
	}
}

/* What spoils a sample spoils the contact it belongs to. */
static void flag(struct detect *d, const struct force *force, bool gap)
{
	if (gap)
		d->hold.flags |= KNEAD_FLAG_GAP;
	if (force->saturated)
		d->hold.flags |= KNEAD_FLAG_SATURATED;
	if (force->spike)
		d->hold.flags |= KNEAD_FLAG_SPIKE;
}

/* The level that a partial release is judged by. */
static double told_level_n(const struct hold *h)
{
	return h->state == HOLD_EASING || h->state == HOLD_EASED ? h->eased_level_n : h->tally.level_n;
}

/* Where the contact is, as far as the cells tell: for the travel of a press. */
static void follow_place(struct detect *d)
{
	const struct signal *s = &d->signal;

	if (!d->stroke.positional || !s->u_valid)
		return;
	if (!d->start_u_known)
		d->start_u = s->u;
	d->start_u_known = true;
	if (fabs(s->u - d->start_u) > fabs(d->travel_u))
		d->travel_u = s->u - d->start_u;
}

/* Rolling or not, since this sample. */
static void follow_strokes(struct detect *d)
{
	struct signal *s = &d->signal;

	d->stroke.settled = tally_settled(&d->hold.tally);
	d->stroke.told_until_us = hold_told_until_us(&d->hold);
	switch (stroke_push(&d->stroke, s, &d->hold.tally.now, percussion_active(&d->percussion), d->hold.flags)) {
	case STROKE_STEP_ROLL:
		roll(d);
		break;
	case STROKE_STEP_STOPPED:
		rest(d);
		break;
	case STROKE_STEP_NONE:
		flag_prior(d);
		break;
	}
	if (d->hold.state == HOLD_CANDIDATE)
		d->hold.moving = stroke_moving(&d->stroke, s->t_us);
	else if (d->hold.state == HOLD_EASING || !d->hold.target_sent)
		d->hold.moving = stroke_swinging(&d->stroke, d->hold.state == HOLD_EASING ? 2 : 1, s->t_us);
}

/* What others tell of a hold that goes on, or of a contact, stays true: nothing is told while it may have ended. */
static void follow_time(struct detect *d)
{
	const struct signal *s = &d->signal;
	struct hold *h = &d->hold;
	int64_t lasted_us = s->t_us - s->level_lag_us - h->start_us;

	coach_loaded(
		&d->coach, s->t_us, d->session.totals.loaded_s + knead_us_to_s(s->t_us - d->contact.on_us), h->flags);
	if (h->state == HOLD_ON && coach_due(&d->coach, lasted_us) && !stroke_swinging(&d->stroke, 1, s->t_us)) {
		int64_t told_us = coach_holding(&d->coach, h->start_us, lasted_us, h->flags);

		h->told_us = told_us > h->told_us ? told_us : h->told_us;
	}
}

static void follow_contact(struct detect *d, const struct force *force)
{
	struct signal *s = &d->signal;
	bool in_dip = d->contact.state == CONTACT_BRIDGE, eased = d->hold.state == HOLD_EASED;

	/* on the rail both are what they were before */
	d->contact_peak_n = s->crest_n > d->contact_peak_n ? s->crest_n : d->contact_peak_n;
	d->contact_top_n = s->raw_n > d->contact_top_n ? s->raw_n : d->contact_top_n;
	if (percussion_active(&d->percussion)) {
		d->hold.percussion_us = percussion_time_us(&d->percussion);
		d->hold.flags |= KNEAD_FLAG_PERCUSSION;
	}
	hold_push(&d->hold, s, in_dip, stroke_travelling(&d->stroke));
	if (eased && d->hold.state == HOLD_CANDIDATE)
		coach_press_again(&d->coach, d->hold.start_us, d->hold.flags);
	d->hold.flags |= coach_push(&d->coach, s, d->hold.flags);
	if (d->contact.state != CONTACT_ON)
		return;
	follow_place(d);
	follow_strokes(d);
	follow_time(d);
}

/* A touch that began before the session's deadline may yet be a contact of this session. */
static bool touched_in_time(const struct detect *d)
{
	return d->contact.state == CONTACT_TOUCH && d->contact.on_us < session_deadline_us(&d->session);
}

void detect_push(struct detect *d, const struct force *force, bool gap)
{
	enum contact_step step;

	signal_push(&d->signal, force, gap, d->contact.state != CONTACT_IDLE);
	emit_measure(d->emit, KNEAD_MEASURE_FORCE, d->signal.t_us, d->signal.level_n,
		detect_idle(d) ? 0 : told_level_n(&d->hold));
	if (d->impact.watching)
		impact_push(&d->impact, &d->signal);
	if (percussion_resolves(d->signal.period_us))
		percussion_push(&d->percussion, &d->signal, d->contact.state == CONTACT_IDLE, d->hold.flags, d->emit);
	if (d->contact.state != CONTACT_IDLE)
		flag(d, force, gap);
	while ((step = contact_next(&d->contact, &d->signal, d->was_lost, d->emit)) != CONTACT_STEP_NONE)
		take_step(d, step);
	d->was_lost = false;
	if (d->contact.state != CONTACT_IDLE)
		follow_contact(d, force);
	else if (d->impact.open)
		impact_due(&d->impact, &d->signal, true, d->hold.flags, d->emit);
	if (d->hold.holds != d->holds_told || d->strokes_told != d->stroke.strokes_total || coach_waits(&d->coach))
		tell_coach(d);
	if (d->session.open && !touched_in_time(d))
		detect_advance(d, force->t_us);
}

void detect_lost(struct detect *d)
{
	if (d->signal.has_prev) {
		bool bridging = d->contact.state == CONTACT_BRIDGE;

		if (contact_lost(&d->contact, d->signal.t_us, d->emit))
			end_contact(
				d, d->contact.off_us, bridging ? d->hold.off_impulse_ns : d->signal.impulse_ns, true);
		impact_flush(&d->impact, d->hold.flags, d->emit);
		tell_coach(d);
		coach_lost(&d->coach);
		d->was_lost = true; /* before the very first sample, nothing can be lost: that is boot_loaded */
	}
	signal_cut(&d->signal);
}

void detect_lost_since(struct detect *d, int64_t since_us)
{
	struct signal *s = &d->signal;
	struct tally_mark *now = &d->hold.tally.now;
	int64_t from_us = d->contact.on_us;

	/* what was told stays true */
	if (d->hold.published && hold_told_until_us(&d->hold) > from_us)
		from_us = hold_told_until_us(&d->hold);
	if (since_us > from_us)
		from_us = since_us;
	if (s->has_prev && d->contact.state == CONTACT_ON && from_us < s->t_us) {
		double seeming_ns = s->raw_n * knead_us_to_s(s->t_us - from_us);

		s->impulse_ns -= seeming_ns;
		now->impulse_ns -= seeming_ns;
		now->t_us = s->t_us = from_us;
		if (now->peak_us > from_us)
			now->peak_us = from_us;
	}
	detect_lost(d);
}

void detect_advance(struct detect *d, int64_t t_us)
{
	if (t_us >= session_deadline_us(&d->session))
		detect_end(d);
}

void detect_end(struct detect *d)
{
	struct knead_session_fields totals = detect_session_totals(d);

	impact_flush(&d->impact, d->hold.flags, d->emit); /* it belongs to this session */
	if (d->session.open)
		coach_session_end(&d->coach);
	session_close(&d->session, &totals);
}
