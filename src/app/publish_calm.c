/* SPDX-License-Identifier: MIT */
/*
 * The calm values - force, pressure, phase, holding - for whoever keeps each value for ever, and wants few of them.
 *
 * A change of the force is worth one the sooner the greater it is. One of all the value (a contact begins, a stroke ends) after
 * CALM_FORCE_S, one of a tenth of it after ten times that, one of less than the band never. What rested at 0 for long rises at
 * once.
 *
 *	force      ______/""\_/""\_/""\_/""\_____/""""""\_______
 *	told       ______|""""|__|"""""|___|"____|"""""""|______
 *
 * And the more has been told of late, the longer it takes: what is told anyway - events, totals - counts into the same allowance
 * of so many changes an hour, and the calm values make do with what is left of it. So an hour of holds shows each swing, and an
 * hour of strokes, each with an event of its own, one force in some seconds. When the allowance is all but used up, the phase
 * has to last some seconds too before it is told. Nothing but the calm values waits for the allowance.
 */
#include <math.h>

#include "publish_internal.h"

#define CALM_FORCE_S 1.2
#define CALM_PRESSURE_S 3.0
#define CALM_PHASE_S                                                                                                   \
	4.0 /* so long must a phase last when nothing is left of the allowance, and not at all when half of it is */
#define PER_HOUR 2600.0 /* changes that are forgotten in an hour */
#define EASY 40.0 /* so many spent, and nothing is slower yet */
#define MOST 120.0 /* more than these are not kept in mind */
#define SLOWEST 8.0 /* times as long, with the most of them */
#define EXPIRED_US 15000000 /* so long after a contact force and pressure are not known any more, */
#define EXPIRED 4 /* which is a change of both, as is that they are known again */

static double spent(const struct publish_device *d, int64_t now_us)
{
	double forgotten = PER_HOUR / 3600 * (double)(now_us - d->calm.spent_us) / KNEAD_US_PER_S;

	return fmax(0, d->calm.spent - forgotten);
}

/* Times as long as at ease. */
static double slowness(const struct publish_device *d, int64_t now_us)
{
	return 1 + (SLOWEST - 1) * fmax(0, spent(d, now_us) - EASY) / (MOST - EASY);
}

void publish_calm_spend(struct publish_device *d, int changes)
{
	d->calm.spent = fmin(MOST, d->calm.spent + changes);
}

void publish_calm_look(struct publish_device *d, int64_t now_us)
{
	struct publish_calm *c = &d->calm;

	c->spent = spent(d, now_us);
	c->spent_us = now_us;
	if (c->phase != d->view.phase)
		c->phase_us = now_us;
	c->phase = d->view.phase;
}

/* ---- phase ---- */

bool publish_calm_phase_is_due(const struct publish_device *d, int64_t now_us)
{
	const struct publish_calm *c = &d->calm;
	double used = fmax(0, 2 * spent(d, now_us) / MOST - 1);

	if (c->told.phase == d->view.phase && c->told.holding == d->view.holding)
		return false;
	return now_us >= c->phase_us + (int64_t)(used * CALM_PHASE_S * KNEAD_US_PER_S);
}

void publish_calm_phase(struct publish_device *d, int64_t now_us)
{
	struct document_calm *told = &d->calm.told;

	if (!publish_calm_phase_is_due(d, now_us))
		return;
	publish_calm_spend(d, (told->phase != d->view.phase) + (told->holding != d->view.holding));
	told->phase = d->view.phase;
	told->holding = d->view.holding;
}

/* ---- force and pressure ---- */

static bool is_worth(double now_n, double told_n, int64_t waited_us, double calm_s, double band_n)
{
	double change_n = fabs(now_n - told_n);
	double waited_s = (double)waited_us / KNEAD_US_PER_S;

	return change_n > band_n && change_n * waited_s >= calm_s * fmax(now_n, told_n);
}

static bool force_is_worth(const struct publish_device *d, int64_t now_us)
{
	const struct publish_calm *c = &d->calm;

	return is_worth(
		d->view.force_n, c->told.force_n, now_us - c->force_us, CALM_FORCE_S * slowness(d, now_us), d->band_n);
}

/* The pressure is the force over again, on an area that a touch does not have yet. */
static bool pressure_is_worth(const struct publish_device *d, int64_t now_us)
{
	const struct publish_calm *c = &d->calm;

	return d->view.phase != KNEAD_PHASE_TOUCH && is_worth(d->view.force_n, c->pressed_n, now_us - c->pressure_us,
							     CALM_PRESSURE_S * slowness(d, now_us), d->band_n);
}

bool publish_calm_is_due(const struct publish_device *d, int64_t now_us)
{
	return force_is_worth(d, now_us) || pressure_is_worth(d, now_us);
}

/* The end of a contact is told at once, unless nothing of it was. */
static bool fell(const struct publish_device *d, double told_n)
{
	return fabs(d->view.force_n - told_n) > d->band_n;
}

void publish_calm_down(struct publish_device *d, bool loaded, int64_t now_us)
{
	struct publish_calm *c = &d->calm;
	bool force = loaded ? force_is_worth(d, now_us) : fell(d, c->told.force_n);
	bool pressure = loaded ? pressure_is_worth(d, now_us) : fell(d, c->pressed_n);

	publish_calm_spend(d, force + pressure + (now_us > d->live.at_us + EXPIRED_US ? EXPIRED : 0));
	if (force) {
		c->told.force_n = d->view.force_n;
		c->force_us = now_us;
	}
	if (pressure || !c->told.pressure_kpa.known) {
		c->told.pressure_kpa = d->view.pressure_kpa;
		c->pressed_n = d->view.force_n;
		c->pressure_us = now_us;
	}
}
