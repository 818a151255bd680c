/* SPDX-License-Identifier: MIT */
/*
 * Names are read word by word: "Grip_Force_Error", "gripForce [N]" and "GRIP FORCE" are split at anything that is no
 * letter and where a small letter meets a capital. Digits are no words.
 */
#include <string.h>

#include "channel_name.h"

#define WORD_MAX 16
#define WORDS_MAX 8

struct words {
	char word[WORDS_MAX][WORD_MAX];
	unsigned count;
};

static bool is_upper(char c)
{
	return (unsigned)(c - 'A') < 26;
}

static bool is_letter(char c)
{
	return (unsigned)((c | 0x20) - 'a') < 26;
}

static void split(const char *name, struct words *ret)
{
	size_t length = 0;

	ret->count = 0;
	for (const char *p = name; ret->count < WORDS_MAX; p++) {
		bool camel = p > name && is_upper(*p) && is_letter(p[-1]) && !is_upper(p[-1]);

		if (length > 0 && (!is_letter(*p) || camel)) {
			ret->word[ret->count++][length] = '\0';
			length = 0;
		}
		if (*p == '\0')
			break;
		if (is_letter(*p) && length < WORD_MAX - 1 && ret->count < WORDS_MAX)
			ret->word[ret->count][length++] = (char)(*p | 0x20);
	}
}

static bool is_one_of(const char *word, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(word, list[i]) == 0)
			return true;
	return false;
}

#define IS_ONE_OF(word, list) is_one_of(word, list, sizeof(list) / sizeof((list)[0]))

static uint32_t word_meaning(const char *word)
{
	static const char *const time[] = { "time", "timestamp", "t", "elapsed", "uptime", "clock", "zeit", "tick",
		"ticks" };
	static const char *const us[] = { "us", "micros", "microseconds", "usec" };
	static const char *const ms[] = { "ms", "millis", "milliseconds", "msec" };
	static const char *const s[] = { "s", "sec", "secs", "second", "seconds" };
	static const char *const other[] = { "temp", "temperature", "tmp", "humidity", "price", "cost", "count",
		"counter", "seq", "sequence", "number", "no", "nr", "index", "idx", "id", "factor", "calibration",
		"offset", "tare", "average", "avg", "mean", "median", "smooth", "smoothed", "filtered", "maximal",
		"maximum", "peak", "minimal", "minimum", "error", "err", "loss", "battery", "bat", "vbat", "rssi",
		"status", "state", "flag", "flags", "position", "pos", "angle", "gyro", "acc", "accel", "moment",
		"torque", "rate", "hz", "fps", "sps", "gain", "speed", "voltage" };
	static const char *const guide[] = { "min", "max", "lo", "hi", "low", "high", "limit", "lim", "threshold",
		"thr", "guide", "ref", "reference", "target", "setpoint", "zero", "baseline" };
	static const char *const total[] = { "total", "sum" };
	uint32_t bits = 0;

	if (IS_ONE_OF(word, time))
		bits |= CHANNEL_TIME;
	if (IS_ONE_OF(word, us))
		bits |= CHANNEL_TIME | CHANNEL_IN_US;
	if (IS_ONE_OF(word, ms))
		bits |= CHANNEL_TIME | CHANNEL_IN_MS;
	if (IS_ONE_OF(word, s))
		bits |= CHANNEL_TIME | CHANNEL_IN_S;
	if (IS_ONE_OF(word, other) || strncmp(word, "cop", 3) == 0)
		bits |= CHANNEL_OTHER;
	if (IS_ONE_OF(word, guide))
		bits |= CHANNEL_GUIDE;
	if (IS_ONE_OF(word, total))
		bits |= CHANNEL_TOTAL;
	return bits;
}

static uint32_t word_rank(const char *word)
{
	static const char *const force[] = { "force", "kraft", "newton", "newtons", "grf", "thrust", "pull", "grip" };
	static const char *const load[] = { "weight", "load", "gewicht", "last", "mass", "masse", "poids", "peso", "kg",
		"kgf", "lbs", "lb", "lbf", "units" };
	static const char *const value[] = { "reading", "value", "val", "output", "cell", "loadcell", "scale", "waage",
		"press", "pressure" };
	static const char *const raw[] = { "raw", "adc", "counts", "hx" };

	return IS_ONE_OF(word, force)   ? 4
	       : IS_ONE_OF(word, load)  ? 3
	       : IS_ONE_OF(word, value) ? 2
	       : IS_ONE_OF(word, raw)   ? 1
					: 0;
}

static uint32_t words_meaning(const struct words *words)
{
	uint32_t bits = 0;

	for (unsigned i = 0; i < words->count; i++)
		bits |= word_meaning(words->word[i]);
	return bits;
}

/* Parts a name into what stands outside of brackets and what inside. */
static void part_name(const char *name, char *ret_outside, char *ret_inside)
{
	unsigned depth = 0;

	for (size_t i = 0; i < KNEAD_COLUMN_MAX - 1 && name[i] != '\0'; i++) {
		if (name[i] == '[' || name[i] == '(')
			depth++;
		if (depth > 0) {
			*ret_inside++ = name[i];
			depth -= name[i] == ']' || name[i] == ')';
			*ret_outside++ = ' ';
		} else {
			*ret_outside++ = name[i];
		}
	}
	*ret_outside = '\0';
	*ret_inside = '\0';
}

uint32_t channel_words(const char *name, uint32_t *ret_rank)
{
	char outside[KNEAD_COLUMN_MAX], inside[KNEAD_COLUMN_MAX];
	struct words words, brackets;
	uint32_t bits, rank = 0;

	part_name(name, outside, inside);
	split(outside[strspn(outside, " ")] == '\0' ? name : outside, &words);
	split(inside, &brackets);
	bits = words_meaning(&words);
	/* in brackets stand units and remarks: "Time[s]", "Channel A (Gain 128)" */
	if (bits & CHANNEL_TIME)
		bits |= words_meaning(&brackets) & (CHANNEL_IN_US | CHANNEL_IN_MS | CHANNEL_IN_S);
	for (unsigned i = 0; i < words.count; i++) {
		uint32_t r = word_rank(words.word[i]);

		rank = r > rank ? r : rank;
	}
	/* what names the number stands last: "Time_Force" is a force */
	if (words.count > 0 && word_rank(words.word[words.count - 1]) > 0)
		bits &= ~(uint32_t)(CHANNEL_TIME | CHANNEL_IN_US | CHANNEL_IN_MS | CHANNEL_IN_S);
	*ret_rank = bits & (CHANNEL_TIME | CHANNEL_OTHER) ? 0 : rank;
	return bits;
}

enum knead_unit unit_of_word(const char *word, size_t n, bool *ret_is_unit)
{
	static const struct {
		const char *word;
		enum knead_unit unit;
	} units[] = {
		{ "kg", KNEAD_UNIT_KG },
		{ "kgf", KNEAD_UNIT_KG },
		{ "Kg", KNEAD_UNIT_KG },
		{ "KG", KNEAD_UNIT_KG },
		{ "g", KNEAD_UNIT_G },
		{ "gf", KNEAD_UNIT_G },
		{ "gr", KNEAD_UNIT_G },
		{ "grams", KNEAD_UNIT_G },
		{ "N", KNEAD_UNIT_N },
		{ "Newton", KNEAD_UNIT_N },
		{ "lb", KNEAD_UNIT_LB },
		{ "lbs", KNEAD_UNIT_LB },
		{ "lbf", KNEAD_UNIT_LB },
		{ "LBS", KNEAD_UNIT_LB },
		{ "counts", KNEAD_UNIT_COUNTS },
		{ "kN", KNEAD_UNIT_UNSET },
		{ "ozf", KNEAD_UNIT_UNSET },
		{ "oz", KNEAD_UNIT_UNSET },
		{ "mV", KNEAD_UNIT_UNSET },
		{ "V", KNEAD_UNIT_UNSET },
		{ "ms", KNEAD_UNIT_UNSET },
		{ "us", KNEAD_UNIT_UNSET },
		{ "s", KNEAD_UNIT_UNSET },
		{ "Nm", KNEAD_UNIT_UNSET },
		{ "cm", KNEAD_UNIT_UNSET },
		{ "mm", KNEAD_UNIT_UNSET },
		{ "C", KNEAD_UNIT_UNSET },
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strlen(units[i].word) == n && memcmp(units[i].word, word, n) == 0) {
			*ret_is_unit = true;
			return units[i].unit;
		}
	*ret_is_unit = false;
	return KNEAD_UNIT_UNSET;
}

enum knead_unit channel_unit(const char *name)
{
	const char *open = strpbrk(name, "[("), *close = open ? strpbrk(open, "])") : NULL, *under;
	bool is_unit;

	if (open && close)
		return unit_of_word(open + 1, (size_t)(close - open - 1), &is_unit);
	under = strrchr(name, '_');
	if (!under)
		return KNEAD_UNIT_UNSET;
	if (strcmp(under, "_n") == 0)
		return KNEAD_UNIT_N;
	return unit_of_word(under + 1, strlen(under + 1), &is_unit);
}

/* Whether a word tells cells of one device apart rather than naming a quantity. */
static bool is_place(const char *word)
{
	static const char *const places[] = { "left", "right", "top", "bottom", "front", "back", "rear", "upper",
		"lower", "links", "rechts", "vorne", "hinten", "inner", "outer", "heel", "toe", "north", "south",
		"east", "west", "middle", "center", "centre", "fl", "fr", "rl", "rr", "bl", "br", "tl", "tr", "kg",
		"lbs", "lb" };

	return word[1] == '\0' || IS_ONE_OF(word, places);
}

bool channel_alike(const char *a, const char *b)
{
	struct words x, y;
	unsigned i = 0, k = 0;

	split(a, &x);
	split(b, &y);
	for (;;) {
		while (i < x.count && is_place(x.word[i]))
			i++;
		while (k < y.count && is_place(y.word[k]))
			k++;
		if (i == x.count || k == y.count)
			return i == x.count && k == y.count;
		if (strcmp(x.word[i++], y.word[k++]) != 0)
			return false;
	}
}

static size_t name_length(const char *name)
{
	size_t n = strcspn(name, "[(");

	if (n == 0)
		n = strlen(name);
	while (n > 0 && name[n - 1] == ' ')
		n--;
	return n;
}

static bool same_but_case(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char x = a[i], y = b[i];

		if (is_letter(x) && is_letter(y) ? (x | 0x20) != (y | 0x20) : x != y)
			return false;
	}
	return true;
}

bool channel_is_called(const char *name, const char *word)
{
	size_t n = strlen(word);

	if (strlen(name) == n && same_but_case(name, word, n))
		return true;
	return n > 0 && name_length(name) == n && same_but_case(name, word, n);
}
