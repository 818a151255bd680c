/* SPDX-License-Identifier: MIT */
/* The configuration written down: what is in force, and the sample file with every default as a comment. */
#include <stdio.h>
#include <string.h>

#include "conf_table.h"

#define WIDTH 78 /* columns of what is written */

/* Whether reading back gives the very blank that text points at, if a line ends there. */
static bool may_break(const char *text)
{
	return text[-1] != ' ' && text[-1] != '\t' && text[1] != '\0' && !strchr(" \t#;", text[1]);
}

/* A long list goes on in indented lines, as the parser takes no line of 200. */
static void dump_value(const char *key, const char *text, FILE *out)
{
	size_t column = (size_t)fprintf(out, "%s = ", key);

	for (; *text; text++) {
		size_t word = strcspn(text + 1, " ");

		if (*text == ' ' && column > 8 && column + word > WIDTH && may_break(text)) {
			fputs("\n\t", out);
			column = 8;
			continue;
		}
		fputc(*text, out);
		column++;
	}
	fputc('\n', out);
}

static void dump_section(enum conf_section section, const char *name, const void *base, FILE *out)
{
	char text[CONF_TEXT_MAX];

	fprintf(out, "[%s%s%s]\n", conf_section_name(section), name ? " " : "", name ? name : "");
	for (size_t i = 0; i < conf_keys_count; i++)
		if (conf_keys[i].section == section)
			dump_value(conf_keys[i].key, conf_value_format(&conf_keys[i], base, text), out);
	fputc('\n', out);
}

void conf_dump(const struct conf *c, FILE *out)
{
	for (int i = 0; i < CONF_DEVICE; i++)
		dump_section((enum conf_section)i, NULL, c, out);
	for (const struct conf_device *d = c->devices; d; d = d->next)
		dump_section(CONF_DEVICE, d->id, d, out);
	for (const struct conf_protocol *p = c->protocols; p; p = p->next)
		dump_section(CONF_PROTOCOL, p->protocol.name, p, out);
}

/* Comment lines of at most WIDTH columns. */
static void write_comment(const char *text, FILE *out)
{
	while (*text) {
		size_t n = strlen(text);

		if (n > WIDTH - 2) {
			n = WIDTH - 2;
			while (n > 1 && text[n] != ' ')
				n--;
		}
		fprintf(out, "# %.*s\n", (int)n, text);
		text += n + strspn(text + n, " ");
	}
}

static void write_key(const struct conf_key *k, FILE *out)
{
	char text[CONF_TEXT_MAX], range[160];

	conf_range_text(k, range);
	snprintf(text, sizeof(text), "%s%s%s%s.", k->help, range[0] ? " (" : "", range, range[0] ? ")" : "");
	fputc('\n', out);
	write_comment(text, out);
	fprintf(out, "#%s =%s%s\n", k->key, k->def[0] ? " " : "", k->def);
}

static void write_section(enum conf_section section, FILE *out)
{
	static const char *const titles[_CONF_SECTIONS] = {
		"The broker.",
		"Home Assistant.",
		"Events on their way to the broker.",
		"The log, on standard error.",
		"A device. Copy the section for each one, with a NAME of its own: up to 32 of a-z 0-9 and -. The NAME is part of the topics.",
		"An exercise of your own, for protocol = NAME of a device.",
	};
	static const char *const names[_CONF_SECTIONS] = { [CONF_DEVICE] = "ball", [CONF_PROTOCOL] = "my-exercise" };

	fputc('\n', out);
	write_comment(titles[section], out);
	if (names[section])
		fprintf(out, "#[%s %s]\n", conf_section_name(section), names[section]);
	else
		fprintf(out, "[%s]\n", conf_section_name(section));
	for (size_t i = 0; i < conf_keys_count; i++)
		if (conf_keys[i].section == section)
			write_key(&conf_keys[i], out);
}

void conf_sample(FILE *out)
{
	write_comment(
		"kneadd.conf: configuration of kneadd. Every key stands here with its default, commented out.", out);
	write_comment("Files in kneadd.conf.d/ are read after this one, in name order; what they say wins.", out);
	write_comment(
		"A comment begins with # or ; at the start of a line, or with ; after a blank. Lists are separated by commas or blanks; an indented line goes on with the value above.",
		out);
	for (int i = 0; i < _CONF_SECTIONS; i++)
		write_section((enum conf_section)i, out);
}
