/* SPDX-License-Identifier: MIT */
/*
 * Labelled text: each library prints its own words around the same number, so the words are learnt. A line that comes four
 * times with only its numbers different is a skeleton; lines may alternate (channel A, channel B), then a sample is
 * complete when each of its cells has come.
 *
 * One sketch prints no line ends: "Load_cell output val: 1.23Load_cell output val: 1.24". There the repeated label is
 * taken as the end of a line.
 */
#include <math.h>
#include <string.h>

#include "look.h"
#include "number.h"

#define LABELLED_RUN 4
#define LABELLED_NAMED 1 /* by name and with a single number */
#define GLUE_MIN 3

/* The lines with numbers before the newest, newest first; markers between samples have none and are passed over. */
static uint32_t labelled_lines(const struct look *l, uint32_t *ret_index, uint32_t max)
{
	uint32_t count = 0;

	for (uint32_t i = l->lines; i-- > 0 && count < max;) {
		if (l->line[i].text)
			continue;
		if (l->line[i].torn || l->line[i].skeleton == 0)
			break;
		ret_index[count++] = i;
	}
	return count;
}

/* How many different lines follow each other in turn, four rounds long; 0 when they do not. */
static uint32_t labelled_period(const struct look *l, const uint32_t *index, uint32_t count)
{
	uint32_t period = 1;

	while (period < count && l->line[index[period]].skeleton != l->line[index[0]].skeleton)
		period++;
	if (period > LABELLED_LINES_MAX || count < LABELLED_RUN * period)
		return 0;
	for (uint32_t i = period; i < LABELLED_RUN * period; i++)
		if (l->line[index[i]].skeleton != l->line[index[i - period]].skeleton)
			return 0;
	return period;
}

static void labelled_note(struct labelled_state *s, struct choose *c, const struct look *l, uint32_t line)
{
	double value[SKELETON_SLOTS_MAX];
	bool plain[SKELETON_SLOTS_MAX];
	uint32_t missing, first = 0;

	for (uint32_t k = 0; k < s->lines; first += s->line[k++].slots) {
		if (s->line[k].hash != l->line[line].skeleton ||
			skeleton_read(&s->line[k], look_text(l, &l->line[line]), l->line[line].length, value, plain,
				&missing) != SKELETON_YES)
			continue;
		for (uint32_t i = 0; i < s->line[k].slots; i++)
			channel_note(&c->channel[first + i], value[i], plain[i]);
		return;
	}
}

/* Hands the answer of choose_roles() out to the slots of each line. */
static void labelled_set_up(struct frame *f, struct labelled_state *s, const struct choose *c)
{
	uint32_t first = 0;

	for (uint32_t k = 0; k < s->lines; first += s->line[k++].slots)
		for (uint32_t i = 0; i < s->line[k].slots; i++) {
			s->use[k].role[i] = c->role[first + i];
			s->use[k].guide[i] = c->channel[first + i].last;
		}
	s->cells = c->cells;
	s->has_time = c->time >= 0;
	device_time_init(&s->time, c->time_unit_us, c->time_step);
	f->unit = c->unit;
}

/* Learns the lines at index[0..period), newest first, from all kept lines like them. */
static bool labelled_learn(struct frame *f, const uint32_t *index, uint32_t period)
{
	struct labelled_state *s = &f->labelled;
	const struct look *l = &f->look;
	uint32_t run = LABELLED_RUN * period;
	struct choose choose = { 0 };

	memset(s, 0, sizeof(*s));
	s->lines = period;
	for (uint32_t k = 0; k < period; k++) {
		const struct look_line *line = &l->line[index[period - 1 - k]];
		struct skeleton *skeleton = &s->line[k];

		if (!skeleton_learn(skeleton, look_text(l, line), line->length) ||
			choose.channels + skeleton->slots > CHOOSE_CHANNELS_MAX)
			return false;
		skeleton_channels(skeleton, &choose.channel[choose.channels]);
		choose.channels += skeleton->slots;
	}
	/* four lines that happen to look plain do not settle what the lines before left open */
	for (uint32_t i = 0; i < l->lines; i++)
		if (!l->line[i].torn)
			labelled_note(s, &choose, l, i);
	for (uint32_t i = 0; i < choose.channels; i++)
		choose.channel[i].usable = choose.channel[i].count > 0;
	choose.arrival = look_arrival(l, l->lines - index[run - 1]);
	choose.arrival.step_us *= period;
	if (choose_roles(&choose, f->settings, f->problem, sizeof(f->problem)) < 0)
		return false;
	labelled_set_up(f, s, &choose);
	return true;
}

/* The label in a block "...1.23Label: 1.24Label: 1.25...": text between two numbers that comes again and again. */
static const uint8_t *glue_find(const uint8_t *block, const uint8_t *end, size_t *ret_n)
{
	const uint8_t *label = block, *p;
	uint32_t rounds = 0;
	size_t n;
	double value;

	while (label < end &&
		(label == block || (unsigned)((*label | 0x20) - 'a') >= 26 || (unsigned)(label[-1] - '0') >= 10))
		label++;
	for (p = label; p < end && (unsigned)(*p - '0') >= 10 && *p != '-' && *p != '+';)
		p++;
	n = (size_t)(p - label);
	if (n < GLUE_MIN)
		return NULL;
	for (p = label; (size_t)(end - p) > n && memcmp(p, label, n) == 0; rounds++) {
		p = number_parse(p + n, end, &value, NULL);
		if (!p || !isfinite(value))
			return NULL;
	}
	*ret_n = n;
	return rounds >= LABELLED_RUN ? label : NULL;
}

static bool labelled_recognise_glued(struct frame *f)
{
	struct labelled_state *s = &f->labelled;
	struct look *l = &f->look;
	const uint8_t *end = l->bytes + l->n, *label, *stop;
	size_t n = 0;
	double value;

	label = glue_find(end - FRAME_LINE_MAX, end, &n);
	if (!label || n >= sizeof(f->glue) || !text_is_clean(label, (size_t)(end - label)))
		return false;
	stop = number_parse(label + n, end, &value, NULL);
	memset(s, 0, sizeof(*s));
	if (!stop || !skeleton_learn(&s->line[0], label, (size_t)(stop - label)) || s->line[0].slots != 1)
		return false;
	s->lines = 1;
	s->cells = 1;
	memcpy(f->glue, label, n);
	f->glue_n = (uint32_t)n;
	l->skip_end = (uint32_t)(stop - l->bytes);
	l->skipped = 2;
	return true;
}

static bool labelled_recognise(struct frame *f)
{
	struct look *l = &f->look;
	uint32_t index[LABELLED_RUN * LABELLED_LINES_MAX], count, period;
	const struct columns_shape *shape;
	size_t n;

	if (l->line_overlong)
		return l->line_start == l->n && labelled_recognise_glued(f);
	if (l->lines == 0 || l->line[l->lines - 1].text)
		return false;
	/* lines under a header are columns, even with words in some of them */
	shape = &l->line[l->lines - 1].shape;
	if (!f->named && shape->numbers > 0 && shape->separator != ' ' && columns_header(f, shape, &n))
		return false;
	count = labelled_lines(l, index, LABELLED_RUN * LABELLED_LINES_MAX);
	period = count > 0 ? labelled_period(l, index, count) : 0;
	return period > 0 && labelled_learn(f, index, period);
}

/* Whether any cell has a value; then the gathered sample goes out. */
static bool labelled_finish(struct labelled_state *s, struct knead_sample *ret)
{
	uint32_t all = (1u << s->cells) - 1;

	sample_begin(ret, s->cells);
	ret->invalid_cells = (s->invalid | ~s->have) & all;
	memcpy(ret->raw, s->raw, s->cells * sizeof(ret->raw[0]));
	for (uint32_t i = 0; i < s->cells; i++)
		if (ret->invalid_cells & 1u << i)
			ret->raw[i] = 0;
	ret->has_device_us = s->has_time;
	ret->device_us = s->time_us;
	s->have = 0;
	s->invalid = 0;
	return ret->invalid_cells != all;
}

/* Takes the numbers of line k into the sample that is being gathered. */
static void labelled_gather(struct labelled_state *s, uint32_t k, const double *value, uint32_t missing)
{
	for (uint32_t i = 0; i < s->line[k].slots; i++) {
		int8_t role = s->use[k].role[i];

		if (role < 0)
			continue;
		s->raw[role] = value[i];
		s->have |= 1u << role;
		if (missing & 1u << i)
			s->invalid |= 1u << role;
		else
			s->invalid &= ~(1u << role);
	}
}

/* Time and guides of line k. DECODE_NOTHING: all is well. */
static enum decode labelled_check(struct labelled_state *s, uint32_t k, const double *value, uint32_t missing)
{
	const double *guide = s->use[k].guide;
	const int8_t *role = s->use[k].role;
	uint32_t slots = s->line[k].slots;

	for (uint32_t i = 0; i < slots; i++) {
		if (role[i] == CHOOSE_GUIDE && !(missing & 1u << i) && value[i] != guide[i])
			return DECODE_RELEARN;
		if (role[i] != CHOOSE_TIME)
			continue;
		if (missing & 1u << i)
			return DECODE_REJECT + KNEAD_REJECT_BAD_NUMBER;
		if (!device_time_push(&s->time, value[i], &s->time_us))
			return DECODE_RESTART;
	}
	return DECODE_NOTHING;
}

static uint32_t labelled_cells_of(const struct labelled_state *s, uint32_t k)
{
	uint32_t cells = 0;

	for (uint32_t i = 0; i < s->line[k].slots; i++)
		if (s->use[k].role[i] >= 0)
			cells |= 1u << s->use[k].role[i];
	return cells;
}

static enum decode labelled_decode(struct frame *f, const uint8_t *line, size_t n, struct knead_sample *ret)
{
	struct labelled_state *s = &f->labelled;
	double value[SKELETON_SLOTS_MAX];
	bool plain[SKELETON_SLOTS_MAX], early = false, good = false;
	uint32_t k = 0, missing = 0, cells;
	enum decode decode;

	while (k < s->lines && skeleton_read(&s->line[k], line, n, value, plain, &missing) == SKELETON_NO)
		k++;
	if (k == s->lines)
		return DECODE_REJECT + KNEAD_REJECT_TEXT;
	cells = labelled_cells_of(s, k);
	/* a cell comes again before the others have come: the sample before is as complete as it gets */
	if (s->have & cells) {
		early = true;
		good = labelled_finish(s, ret);
	}
	decode = labelled_check(s, k, value, missing);
	if (decode != DECODE_NOTHING) {
		s->have = 0;
		return decode;
	}
	labelled_gather(s, k, value, missing);
	if (!early && s->have == (1u << s->cells) - 1)
		good = labelled_finish(s, ret);
	else if (!early)
		return DECODE_NOTHING;
	return good ? DECODE_SAMPLE : DECODE_REJECT + KNEAD_REJECT_BAD_NUMBER;
}

const struct format format_labelled = {
	.name = "labelled",
	.recognise = labelled_recognise,
	.decode = labelled_decode,
};
