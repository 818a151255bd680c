/* SPDX-License-Identifier: MIT */
/*
 * The choice, in this order:
 *
 *	1. What the user named, by name or by number.
 *	2. Time: the first channel named so that only rises; without names, the channel that only rises, most evenly.
 *	3. Not force: names of other things, counters, guides (constant, and named so or written in another form than the
 *	   channels that move).
 *	4. Of what is left, those whose names say most of force. One: that is it. Several of one kind (lc1 lc2, left right,
 *	   or no names at all and one form): the cells. As many as `cells` says: the cells.
 *	5. Else it would be a guess, and a wrong force is worse than none: refuse and say what was seen.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "channel_name.h"
#include "choose.h"

void channel_init(struct channel *c, const char *name, size_t n)
{
	memset(c, 0, sizeof(*c));
	if (n >= sizeof(c->name))
		n = sizeof(c->name) - 1;
	memcpy(c->name, name, n);
	c->unit = channel_unit(c->name);
	c->words = channel_words(c->name, &c->rank);
	c->usable = true;
	c->plain = true;
	c->constant = true;
}

void channel_note(struct channel *c, double value, bool plain)
{
	double step = value - c->last;

	if (c->count == 0) {
		c->first = value;
	} else if (step > 0) {
		c->step[c->rises++ % CHOOSE_STEPS_MAX] = step;
		c->units += step == 1;
	} else if (step < 0) {
		c->falls++;
	}
	c->constant = c->constant && (c->count == 0 || step == 0);
	c->plain = c->plain && plain;
	c->last = value;
	c->count++;
}

double channel_step(const struct channel *c)
{
	double sorted[CHOOSE_STEPS_MAX];
	uint32_t n = c->rises < CHOOSE_STEPS_MAX ? c->rises : CHOOSE_STEPS_MAX;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t k = i;

		for (; k > 0 && sorted[k - 1] > c->step[i]; k--)
			sorted[k] = sorted[k - 1];
		sorted[k] = c->step[i];
	}
	return n > 0 ? sorted[n / 2] : 0;
}

/* How unevenly a channel rises: 0 = always the same step. */
static double unevenness(const struct channel *c)
{
	uint32_t n = c->rises < CHOOSE_STEPS_MAX ? c->rises : CHOOSE_STEPS_MAX;
	double low = c->step[0], high = c->step[0];

	for (uint32_t i = 1; i < n; i++) {
		low = c->step[i] < low ? c->step[i] : low;
		high = c->step[i] > high ? c->step[i] : high;
	}
	return n > 0 ? (high - low) / (high + low) : 1;
}

/* Counts up by one each time and is not named as anything else. */
static bool is_counter(const struct channel *ch)
{
	return ch->name[0] == '\0' && ch->plain && ch->rises >= 3 && ch->units == ch->count - 1;
}

static void choose_time(struct choose *c, const struct knead_settings *settings)
{
	uint32_t values = 0;
	bool names = false;

	for (uint32_t i = 0; i < c->channels; i++) {
		names = names || c->channel[i].name[0] != '\0';
		values += c->channel[i].usable &&
			  (!is_counter(&c->channel[i]) || choose_is_clock(&c->channel[i], settings));
	}
	for (uint32_t i = 0; i < c->channels && c->time < 0; i++) {
		const struct channel *ch = &c->channel[i];

		if (ch->usable && ch->words & CHANNEL_TIME && ch->falls == 0 && 2 * ch->rises >= ch->count - 1)
			c->time = (int32_t)i;
	}
	/* a force that happens to rise beside a counter is no clock: something must be left to be the force */
	if (c->time >= 0 || values < 2)
		return;
	for (uint32_t i = 0; i < c->channels; i++) {
		const struct channel *ch = &c->channel[i];

		if (!ch->usable || (names && ch->name[0] != '\0') || !choose_is_clock(ch, settings))
			continue;
		if (c->time < 0 || unevenness(ch) < unevenness(&c->channel[c->time]))
			c->time = (int32_t)i;
	}
}

static void set_time(struct choose *c, const struct knead_settings *settings, uint32_t i)
{
	const struct channel *ch = &c->channel[i];

	c->time = (int32_t)i;
	c->role[i] = CHOOSE_TIME;
	c->time_step = channel_step(ch);
	c->time_unit_us = choose_time_unit(ch, settings, c->arrival);
}

/* The channel that the user's word means: a name, or a number from 1. -1 when there is none. */
static int32_t find_channel(const struct choose *c, const char *word)
{
	uint32_t number = 0;
	const char *p = word;

	for (uint32_t i = 0; i < c->channels; i++)
		if (channel_is_called(c->channel[i].name, word))
			return (int32_t)i;
	for (; (unsigned)(*p - '0') < 10 && number < CHOOSE_CHANNELS_MAX; p++)
		number = number * 10 + (unsigned)(*p - '0');
	return *p == '\0' && number >= 1 && number <= c->channels ? (int32_t)number - 1 : -1;
}

static int choose_named(struct choose *c, const struct knead_settings *settings, char *why, size_t size)
{
	uint32_t first = settings->columns > 1 && settings->columns > settings->cells ? 1 : 0;

	for (uint32_t i = 0; i < settings->columns; i++) {
		int32_t k;

		if (i < first && strcmp(settings->column[i], "-") == 0)
			continue;
		k = find_channel(c, settings->column[i]);
		if (k < 0 || !c->channel[k].usable) {
			snprintf(why, size, "columns: the stream has no column of numbers called '%s'",
				settings->column[i]);
			return -EINVAL;
		}
		if (i < first)
			set_time(c, settings, (uint32_t)k);
		else
			c->role[k] = (int8_t)c->cells++;
	}
	if (first == 0) {
		choose_time(c, settings);
		if (c->time >= 0 && c->role[c->time] == CHOOSE_IGNORE)
			set_time(c, settings, (uint32_t)c->time);
		else
			c->time = -1;
	}
	return 0;
}

/* Whether a constant channel seems to be there for the eye: it is written unlike those that move. */
static bool is_guide(const struct choose *c, const struct channel *ch)
{
	bool moving = false;

	if (!ch->constant || ch->rank > 1)
		return false;
	for (uint32_t i = 0; i < c->channels; i++) {
		const struct channel *other = &c->channel[i];

		if ((int32_t)i == c->time || !other->usable || other->constant)
			continue;
		if (other->plain == ch->plain)
			return false;
		moving = true;
	}
	return moving;
}

/* Candidates are marked CHOOSE_GUIDE - 1 until they get their cell. */
#define CANDIDATE (CHOOSE_GUIDE - 1)

static uint32_t mark_candidates(struct choose *c)
{
	uint32_t left = 0, best = 0, values = 0, counters;

	for (uint32_t i = 0; i < c->channels; i++)
		values += c->channel[i].usable && (int32_t)i != c->time;
	counters = 0;
	for (uint32_t i = 0; i < c->channels; i++)
		counters += (int32_t)i != c->time && c->channel[i].usable && is_counter(&c->channel[i]);
	for (uint32_t i = 0; i < c->channels; i++) {
		const struct channel *ch = &c->channel[i];

		if ((int32_t)i == c->time || !ch->usable)
			continue;
		/* a lone column is the force, whatever stands over it */
		if (values > 1 &&
			(ch->words & (CHANNEL_TIME | CHANNEL_OTHER) || (ch->words & CHANNEL_GUIDE && ch->rank == 0)))
			continue;
		if (values > 1 && is_guide(c, ch)) {
			c->role[i] = CHOOSE_GUIDE;
			continue;
		}
		if (values > counters && is_counter(ch))
			continue;
		c->role[i] = CANDIDATE;
		best = ch->rank > best ? ch->rank : best;
		if (ch->rank == 0 && ch->unit != KNEAD_UNIT_UNSET && best == 0)
			best = 1;
	}
	for (uint32_t i = 0; i < c->channels; i++) {
		const struct channel *ch = &c->channel[i];
		uint32_t rank = ch->rank == 0 && ch->unit != KNEAD_UNIT_UNSET ? 1 : ch->rank;

		if (c->role[i] != CANDIDATE)
			continue;
		if (rank < best)
			c->role[i] = CHOOSE_IGNORE;
		else
			left++;
	}
	return left;
}

/* A total beside the cells it sums up is no cell. */
static uint32_t drop_totals(struct choose *c, uint32_t left)
{
	uint32_t totals = 0;

	for (uint32_t i = 0; i < c->channels; i++)
		totals += c->role[i] == CANDIDATE && c->channel[i].words & CHANNEL_TOTAL;
	if (totals == 0 || left - totals < 2)
		return left;
	for (uint32_t i = 0; i < c->channels; i++)
		if (c->role[i] == CANDIDATE && c->channel[i].words & CHANNEL_TOTAL)
			c->role[i] = CHOOSE_IGNORE;
	return left - totals;
}

static bool are_alike(const struct choose *c)
{
	const struct channel *first = NULL;

	for (uint32_t i = 0; i < c->channels; i++) {
		const struct channel *ch = &c->channel[i];

		if (c->role[i] != CANDIDATE)
			continue;
		if (!first)
			first = ch;
		if (ch->unit != first->unit || !channel_alike(ch->name, first->name))
			return false;
		if (ch->name[0] == '\0' && ch->plain != first->plain && !ch->constant && !first->constant)
			return false;
	}
	return true;
}

static int refuse(const struct choose *c, uint32_t left, char *why, size_t size)
{
	size_t n;

	if (left == 0) {
		snprintf(why, size, "no column looks like force; name it with columns");
		return -EINVAL;
	}
	snprintf(why, size, "%u columns could be the force; name them with columns or say cells:", left);
	for (uint32_t i = 0; i < c->channels; i++) {
		n = strlen(why);
		if (c->role[i] != CANDIDATE || n + 8 >= size)
			continue;
		if (c->channel[i].name[0] != '\0')
			snprintf(why + n, size - n, " %s", c->channel[i].name);
		else
			snprintf(why + n, size - n, " %u", i + 1);
	}
	return -EINVAL;
}

static int choose_cells(struct choose *c, const struct knead_settings *settings, char *why, size_t size)
{
	uint32_t left = mark_candidates(c);

	left = drop_totals(c, left);
	if (left == 0 || left > KNEAD_CELLS_MAX || (left > 1 && left != settings->cells && !are_alike(c)) ||
		(settings->cells > 0 && settings->cells != left))
		return refuse(c, left, why, size);
	for (uint32_t i = 0; i < c->channels; i++)
		if (c->role[i] == CANDIDATE)
			c->role[i] = (int8_t)c->cells++;
	return 0;
}

int choose_roles(struct choose *c, const struct knead_settings *settings, char *why, size_t size)
{
	int r;

	c->cells = 0;
	c->time = -1;
	c->time_step = 0;
	c->time_unit_us = 0;
	c->unit = KNEAD_UNIT_UNSET;
	memset(c->role, CHOOSE_IGNORE, sizeof(c->role));
	if (settings->columns > 0) {
		r = choose_named(c, settings, why, size);
	} else {
		choose_time(c, settings);
		if (c->time >= 0)
			set_time(c, settings, (uint32_t)c->time);
		r = choose_cells(c, settings, why, size);
	}
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < c->channels && c->unit == KNEAD_UNIT_UNSET; i++)
		if (c->role[i] >= 0)
			c->unit = c->channel[i].unit;
	return 0;
}
