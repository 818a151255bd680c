/* SPDX-License-Identifier: MIT */
/* knead list: which serial ports there are, under which names, and who holds them. Opens none of them. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "port_find.h"
#include "port_holder.h"
#include "verbs.h"

static const char help[] = "Usage: knead list [--json]\n"
			   "\n"
			   "Lists the serial ports: path, USB vendor:product, serial number, who holds it\n"
			   "open, and the link of /dev/serial/by-id. Each of path, link, usb:VID:PID and\n"
			   "usb:VID:PID:SERIAL may stand as port in kneadd.conf; the last two and the link\n"
			   "find the device again when it comes back under another number.\n"
			   "\n"
			   "  --json         the same as a JSON array\n"
			   "  --sysroot DIR  look at dev, sys and proc below DIR instead of /\n"
			   "  --help         show this and exit";

struct row {
	const struct port_found *found;
	char usb[16], held_by[96];
	struct port_holder holder;
	bool held;
};

static void fill_row(struct row *row, const struct port_roots *roots, const struct port_found *found)
{
	*row = (struct row){ .found = found };
	if (found->usb)
		snprintf(row->usb, sizeof(row->usb), "%04x:%04x", found->vendor, found->product);
	row->held = port_holder_find(roots->proc, found->path, &row->holder) == 0 && !row->holder.suspected;
	if (row->held)
		snprintf(row->held_by, sizeof(row->held_by), "%s (%ld)", row->holder.name, (long)row->holder.pid);
}

static const char *or_dash(const char *text)
{
	return text[0] ? text : "-";
}

static int widest(int width, const char *text)
{
	int n = (int)strlen(text);

	return n > width ? n : width;
}

static void print_table(const struct row *rows, size_t count)
{
	int path = widest(0, "PORT"), serial = widest(0, "SERIAL"), held = widest(0, "HELD BY");

	for (size_t i = 0; i < count; i++) {
		path = widest(path, rows[i].found->path);
		serial = widest(serial, rows[i].found->serial);
		held = widest(held, rows[i].held_by);
	}
	printf("%-*s  %-9s  %-*s  %-*s  %s\n", path, "PORT", "USB", serial, "SERIAL", held, "HELD BY", "BY-ID");
	for (size_t i = 0; i < count; i++)
		printf("%-*s  %-9s  %-*s  %-*s  %s\n", path, rows[i].found->path, or_dash(rows[i].usb), serial,
			or_dash(rows[i].found->serial), held, or_dash(rows[i].held_by), or_dash(rows[i].found->by_id));
}

static void add_text(cJSON *object, const char *key, const char *text)
{
	if (text[0])
		cJSON_AddStringToObject(object, key, text);
	else
		cJSON_AddNullToObject(object, key);
}

static int print_json(const struct row *rows, size_t count)
{
	cJSON *array = cJSON_CreateArray();
	char *text;

	for (size_t i = 0; i < count; i++) {
		cJSON *object = cJSON_CreateObject();
		cJSON *holder;

		cJSON_AddItemToArray(array, object);
		add_text(object, "path", rows[i].found->path);
		add_text(object, "by_id", rows[i].found->by_id);
		add_text(object, "usb", rows[i].usb);
		add_text(object, "serial", rows[i].found->serial);
		add_text(object, "manufacturer", rows[i].found->manufacturer);
		add_text(object, "product", rows[i].found->name);
		if (!rows[i].held) {
			cJSON_AddNullToObject(object, "held_by");
			continue;
		}
		holder = cJSON_AddObjectToObject(object, "held_by");
		cJSON_AddStringToObject(holder, "name", rows[i].holder.name);
		cJSON_AddNumberToObject(holder, "pid", (double)rows[i].holder.pid);
	}
	text = cJSON_Print(array);
	cJSON_Delete(array);
	if (!text) {
		verb_error("list: out of memory");
		return VERB_FAILED;
	}
	puts(text);
	cJSON_free(text);
	return VERB_GOOD;
}

static int list(const struct port_roots *roots, bool json)
{
	struct port_found *found;
	struct row *rows;
	size_t count;
	int r = VERB_GOOD;

	if (port_find_all(roots, &found, &count) < 0) {
		verb_error("list: out of memory");
		return VERB_FAILED;
	}
	rows = calloc(count + 1, sizeof(*rows));
	if (!rows) {
		free(found);
		verb_error("list: out of memory");
		return VERB_FAILED;
	}
	for (size_t i = 0; i < count; i++)
		fill_row(&rows[i], roots, &found[i]);
	if (json)
		r = print_json(rows, count);
	else if (count == 0)
		puts("no serial ports: plug the device in, then see 'dmesg | tail' if it is still not here");
	else
		print_table(rows, count);
	free(rows);
	free(found);
	return r;
}

/* The roots below another one; the strings live until the next call. */
static struct port_roots roots_below(const char *dir)
{
	static char dev[PORT_PATH_MAX], sys[PORT_PATH_MAX], proc[PORT_PATH_MAX];

	snprintf(dev, sizeof(dev), "%s/dev", dir);
	snprintf(sys, sizeof(sys), "%s/sys", dir);
	snprintf(proc, sizeof(proc), "%s/proc", dir);
	return (struct port_roots){ .dev = dev, .sys = sys, .proc = proc };
}

int verb_list(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "sysroot", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct port_roots roots = port_system_roots;
	bool json = false;
	int opt;

	optind = 1;
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (opt) {
		case 'j':
			json = true;
			break;
		case 's':
			roots = roots_below(optarg);
			break;
		case 'h':
			puts(help);
			return VERB_GOOD;
		default:
			return verb_bad_usage("list", "the options are not right");
		}
	}
	if (optind < argc)
		return verb_bad_usage("list", "%s: list takes no words", argv[optind]);
	return list(&roots, json);
}
