/* SPDX-License-Identifier: MIT */
/*
 * Splits a line into texts and slots. A number that belongs to a name ("Load_cell 1 output val:", "Channel A (Gain 128):")
 * is text, too: a small whole number after a word that counts things, with more text behind it.
 */
#include <math.h>
#include <string.h>

#include "channel_name.h"
#include "number.h"
#include "skeleton.h"

#define INDEX_DIGITS_MAX 3

static bool is_letter(uint8_t c)
{
	return (unsigned)((c | 0x20) - 'a') < 26 || c == '_';
}

static bool is_digit(uint8_t c)
{
	return (unsigned)(c - '0') < 10;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* Length of the letters at p. */
static size_t word_length(const uint8_t *p, const uint8_t *end)
{
	size_t n = 0;

	while (p + n < end && is_letter(p[n]))
		n++;
	return n;
}

/* Whether the word before p (blanks skipped) is one that numbers things. */
static bool after_index_word(const uint8_t *line, const uint8_t *p)
{
	static const char *const words[] = { "cell", "loadcell", "channel", "ch", "sensor", "gain", "scale", "adc",
		"hx" };
	const uint8_t *stop = p, *start;
	char word[12];
	size_t n;

	while (stop > line && is_blank(stop[-1]))
		stop--;
	start = stop;
	while (start > line && (unsigned)((start[-1] | 0x20) - 'a') < 26)
		start--;
	n = (size_t)(stop - start);
	if (n == 0 || n >= sizeof(word) || stop == p)
		return false;
	for (size_t i = 0; i < n; i++)
		word[i] = (char)(start[i] | 0x20);
	word[n] = '\0';
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

/* Whether the number from p to stop is part of a name. */
static bool is_index(const uint8_t *line, const uint8_t *p, const uint8_t *stop, const uint8_t *end, bool plain)
{
	const uint8_t *q = stop;
	bool is_unit;
	size_t n;

	if (!plain || stop - p > INDEX_DIGITS_MAX || !is_digit(*p) || !after_index_word(line, p))
		return false;
	while (q < end && is_blank(*q))
		q++;
	n = word_length(q, end);
	unit_of_word((const char *)q, n, &is_unit);
	return q < end && (*q == ':' || *q == ')' || *q == '=' || (n > 0 && !is_unit));
}

/* Reads the number at p; NULL when what stands there is text. */
static const uint8_t *slot_at(const uint8_t *line, const uint8_t *p, const uint8_t *end, double *ret, bool *ret_plain)
{
	const uint8_t *stop;
	bool is_unit = false;
	size_t n;

	if (!is_digit(*p) && !((*p == '-' || *p == '+') && p + 1 < end && is_digit(p[1])))
		return NULL;
	if (p > line && (is_letter(p[-1]) || is_digit(p[-1]) || (p[-1] == '.' && is_digit(*p))))
		return NULL;
	stop = number_parse(p, end, ret, ret_plain);
	if (!stop || is_index(line, p, stop, end, *ret_plain))
		return NULL;
	n = word_length(stop, end);
	if (n > 0)
		unit_of_word((const char *)stop, n, &is_unit);
	return n == 0 || (is_unit && (stop + n == end || !is_digit(stop[n]))) ? stop : NULL;
}

/* What a walk over a line meets, in order. */
struct walk {
	const uint8_t *line, *p, *end;
	bool blank; /* blanks were passed over: one belongs before the next character, unless a slot is beside it */
	bool beside_slot;
};

enum walk_item { WALK_END, WALK_CHAR, WALK_SLOT };

/* Skips what is left of a word or number that is text, so that its digits are not looked at one by one. */
static enum walk_item walk_next(struct walk *w, uint8_t *ret_char)
{
	double value;
	bool plain;
	const uint8_t *stop;

	while (w->p < w->end && is_blank(*w->p)) {
		w->blank = true;
		w->p++;
	}
	if (w->p == w->end)
		return WALK_END;
	stop = slot_at(w->line, w->p, w->end, &value, &plain);
	if (stop) {
		w->p = stop;
		w->blank = false;
		w->beside_slot = true;
		return WALK_SLOT;
	}
	if (w->blank && !w->beside_slot) {
		w->blank = false;
		*ret_char = ' ';
		return WALK_CHAR;
	}
	w->blank = false;
	w->beside_slot = false;
	*ret_char = *w->p++;
	return WALK_CHAR;
}

uint32_t skeleton_hash(const uint8_t *line, size_t n)
{
	struct walk w = { .line = line, .p = line, .end = line + n, .beside_slot = true };
	uint32_t hash = 2166136261u, slots = 0, texts = 0; /* FNV-1a */
	enum walk_item item;
	uint8_t c = 0;

	while ((item = walk_next(&w, &c)) != WALK_END) {
		if (item == WALK_SLOT) {
			slots++;
			c = 0;
		} else if (c != ' ' && c != ',' && c != ';') {
			texts++;
		}
		hash = (hash ^ c) * 16777619u;
	}
	if (slots == 0 || slots > SKELETON_SLOTS_MAX || texts == 0)
		return 0;
	return hash ? hash : 1;
}

bool skeleton_learn(struct skeleton *s, const uint8_t *line, size_t n)
{
	struct walk w = { .line = line, .p = line, .end = line + n, .beside_slot = true };
	enum walk_item item;
	size_t length = 0;
	uint8_t c = 0;

	s->hash = skeleton_hash(line, n);
	s->slots = 0;
	while ((item = walk_next(&w, &c)) != WALK_END) {
		if (length + 2 > sizeof(s->text))
			return false;
		/* a blank before a slot counts for nothing */
		if (item == WALK_SLOT && length > 0 && s->text[length - 1] == ' ')
			length--;
		s->text[length++] = item == WALK_SLOT ? '\0' : (char)c;
		s->slots += item == WALK_SLOT;
	}
	s->text[length] = '\0';
	return s->hash != 0;
}

/* Matches text loosely at p; returns what follows it, or NULL. */
static const uint8_t *match_text(const char *text, const uint8_t *p, const uint8_t *end)
{
	while (p < end && is_blank(*p))
		p++;
	for (; *text != '\0'; text++) {
		if (*text != ' ') {
			if (p == end || *p != (uint8_t)*text)
				return NULL;
			p++;
			continue;
		}
		if (p == end || !is_blank(*p))
			return NULL;
		while (p < end && is_blank(*p))
			p++;
	}
	while (p < end && is_blank(*p))
		p++;
	return p;
}

enum skeleton_match skeleton_read(const struct skeleton *s, const uint8_t *line, size_t n, double *ret_value,
	bool *ret_plain, uint32_t *ret_missing)
{
	const uint8_t *p = line, *end = line + n;
	const char *text = s->text;

	*ret_missing = 0;
	for (uint32_t i = 0; i <= s->slots; i++) {
		const uint8_t *stop;

		p = match_text(text, p, end);
		if (!p)
			return SKELETON_NO;
		if (i == s->slots)
			break;
		text += strlen(text) + 1;
		stop = p < end ? slot_at(line, p, end, &ret_value[i], &ret_plain[i]) : NULL;
		if (!stop || !isfinite(ret_value[i])) {
			size_t word = stop ? (size_t)(stop - p) : number_no_value(p, end);

			if (word == 0)
				return SKELETON_NO;
			*ret_missing |= 1u << i;
			ret_value[i] = 0;
			ret_plain[i] = true;
			stop = p + word;
		}
		p = stop;
	}
	if (p != end)
		return SKELETON_NO;
	return *ret_missing ? SKELETON_NO_NUMBER : SKELETON_YES;
}

static bool is_name_char(char c)
{
	return is_letter((uint8_t)c) || is_digit((uint8_t)c) || c == ')' || c == ']' || c == '(' || c == '[';
}

/*
 * The unit right after a number: " lbs", "kg" or, as OpenScale prints it, ",kg,". Returns how much of the text it takes, 0
 * when there is none; a word before ':' or '=' names the next number.
 */
static size_t unit_after(const char *text, enum knead_unit *ret)
{
	const char *p = text + strspn(text, " ,;");
	size_t n = word_length((const uint8_t *)p, (const uint8_t *)p + strlen(p));
	bool is_unit = false;

	*ret = unit_of_word(p, n, &is_unit);
	p += n;
	if (n == 0 || !is_unit || p[strspn(p, " ")] == ':' || p[strspn(p, " ")] == '=')
		return 0;
	return (size_t)(p - text);
}

/* The part of the text before a slot that names it, without the unit of the slot before. */
static void slot_name(const char *text, bool after_slot, const char **ret, size_t *ret_n)
{
	const char *start = text, *stop = text + strlen(text);
	enum knead_unit unit;

	if (after_slot)
		start += unit_after(text, &unit);
	while (stop > start && !is_name_char(stop[-1]))
		stop--;
	for (const char *p = start; p < stop; p++)
		if (*p == ',' || *p == ';' || *p == '|')
			start = p + 1;
	while (start < stop && !is_name_char(*start))
		start++;
	if (stop - start >= KNEAD_COLUMN_MAX)
		start = stop - (KNEAD_COLUMN_MAX - 1);
	*ret = start;
	*ret_n = (size_t)(stop - start);
}

/* Numbers joined by nothing but one of these are a date or a time of day, no quantity. */
static bool is_joint(const char *text)
{
	return strcmp(text, ":") == 0 || strcmp(text, "/") == 0 || strcmp(text, ".") == 0 || strcmp(text, "T") == 0;
}

/* A word in a field of its own that says nothing ("D2,17,...") tells records apart; it is not the name of what follows. */
static bool is_tag(const char *text, const struct channel *c)
{
	return strpbrk(text, ",;") != NULL && c->words == 0 && c->rank == 0 && c->unit == KNEAD_UNIT_UNSET;
}

void skeleton_channels(const struct skeleton *s, struct channel *ret)
{
	const char *text = s->text;

	for (uint32_t i = 0; i < s->slots; i++) {
		const char *next = text + strlen(text) + 1, *name;
		enum knead_unit unit;
		size_t n;

		slot_name(text, i > 0, &name, &n);
		channel_init(&ret[i], name, n);
		if (is_tag(name + n, &ret[i]))
			channel_init(&ret[i], "", 0);
		if (unit_after(next, &unit) > 0 && unit != KNEAD_UNIT_UNSET)
			ret[i].unit = unit;
		if ((i > 0 && is_joint(text)) || (i + 1 < s->slots && is_joint(next)))
			ret[i].words |= CHANNEL_OTHER;
		text = next;
	}
}
