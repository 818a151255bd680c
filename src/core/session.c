/* SPDX-License-Identifier: MIT */
/* Sessions. session_end is about the end of the last contact, decided session_gap_s later. */
#include <string.h>

#include "session.h"

void session_init(struct session *s, const struct knead_settings *settings, struct emit *emit)
{
	memset(s, 0, sizeof *s);
	s->settings = settings;
	s->emit = emit;
	s->next_id = 1;
}

void session_contact(struct session *s, int64_t on_us, const struct session_counts *counts)
{
	struct knead_event *event;

	s->in_contact = true;
	if (s->open)
		return;
	s->open = s->known = true;
	s->start_us = s->last_us = on_us;
	s->at_start = *counts;
	s->totals = (struct knead_session_fields){ .session_id = s->next_id++ };
	event = emit_event(s->emit, KNEAD_EVENT_SESSION_START, on_us, 1, 0);
	event->session.session_id = s->totals.session_id;
}

void session_contact_end(struct session *s, int64_t on_us, int64_t off_us, double impulse_ns, double peak_n)
{
	s->in_contact = false;
	s->last_us = off_us;
	s->totals.loaded_s += knead_us_to_s(off_us - on_us);
	s->totals.dose_ns += impulse_ns;
	if (peak_n > s->totals.peak_n)
		s->totals.peak_n = peak_n;
}

struct knead_session_fields session_totals(
	const struct session *s, const struct session_counts *counts, double longest_hold_s)
{
	struct knead_session_fields totals = s->totals;

	if (!s->open)
		return totals;
	totals.holds = counts->holds - s->at_start.holds;
	totals.holds_met = counts->holds_met - s->at_start.holds_met;
	totals.rolls = counts->rolls - s->at_start.rolls;
	totals.strokes = counts->strokes - s->at_start.strokes;
	totals.longest_hold_s = longest_hold_s;
	return totals;
}

void session_close(struct session *s, const struct knead_session_fields *totals)
{
	if (!s->open)
		return;
	s->totals = *totals;
	s->open = false;
	emit_event(s->emit, KNEAD_EVENT_SESSION_END, s->last_us, 1, 0)->session = s->totals;
}
