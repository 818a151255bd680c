/* SPDX-License-Identifier: MIT */
/*
 * Which of the numbers of a line is force, which is time, and which is neither. Columns and labelled text both ask here:
 * by then a line is a list of channels, each with a name (perhaps none) and with what its numbers did so far.
 */
#ifndef CORE_CHOOSE_H
#define CORE_CHOOSE_H

#include <stddef.h>

#include <knead/settings.h>

#define CHOOSE_STEPS_MAX 16
#define CHOOSE_CHANNELS_MAX 64

enum choose_role { /* 0 and up: the cell of that number */
	CHOOSE_IGNORE = -1,
	CHOOSE_TIME = -2,
	CHOOSE_GUIDE = -3, /* never changes, drawn for the eye; if it ever moves it was none */
};

struct channel {
	char name[KNEAD_COLUMN_MAX]; /* "" = none */
	enum knead_unit unit; /* as the stream writes it, or unset */
	bool usable; /* all of it numbers or missing values, and at least one number */
	uint32_t words; /* what the name means: bits of channel_name.h */
	uint32_t rank; /* how much the name says of force; 0 = nothing */
	/* filled by channel_note() */
	uint32_t count;
	double first, last;
	bool plain; /* all written as integers */
	bool constant;
	uint32_t rises, falls, units; /* steps up, down, of exactly 1 */
	double step[CHOOSE_STEPS_MAX]; /* the last steps up */
};

/* How the lines came that are judged. */
struct arrival {
	double step_us; /* mean time between them, 0 = unknown */
	bool burst; /* all at once: faster than anything that sends a line a second */
};

struct choose {
	struct channel channel[CHOOSE_CHANNELS_MAX];
	uint32_t channels;
	struct arrival arrival;
	/* the answer */
	int8_t role[CHOOSE_CHANNELS_MAX];
	uint32_t cells;
	int32_t time; /* channel that is the time, or -1 */
	double time_unit_us; /* microseconds per unit of it */
	double time_step; /* its usual step, in its own unit; 0 = not seen */
	enum knead_unit unit;
};

void channel_init(struct channel *c, const char *name, size_t n);
void channel_note(struct channel *c, double value, bool plain);
/* Median of the last steps up; 0 when there was none. */
double channel_step(const struct channel *c);

/*
 * Fills the answer. Returns 0, or -EINVAL with a sentence for the user in why when it would have to guess. The channels
 * have been filled; settings name columns, cells, time_unit and rate_hz.
 */
int choose_roles(struct choose *c, const struct knead_settings *settings, char *why, size_t size);

/* choose_time.c: whether the channel may be the time by its numbers alone, and microseconds per unit. */
bool choose_is_clock(const struct channel *c, const struct knead_settings *settings);
double choose_time_unit(const struct channel *c, const struct knead_settings *settings, struct arrival arrival);

#endif
