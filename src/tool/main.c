/* SPDX-License-Identifier: MIT */
/* knead: the tool. This file only finds the verb and hands over; all else is in the verb's own file. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "verbs.h"

/* In the order of --help. A verb stands here once its file is in meson.build. */
static const struct verb verbs[] = {
	{ "record", "what a port sends, into a capture", verb_record },
	{ "replay", "captures through the daemon's pipeline, events out", verb_replay },
	{ "simulate", "labelled synthetic captures, or a live fake device", verb_simulate },
	{ "score", "how well event records agree with labels", verb_score },
	{ "calibrate", "zero and scale of a device, guided", verb_calibrate },
	{ "history", "sessions, holds and sums a day, from the journal", verb_history },
	{ "list", "serial ports, their names, and who holds them", verb_list },
	{ NULL, NULL, NULL },
};

static void list_verbs(FILE *out)
{
	for (const struct verb *v = verbs; v->name; v++)
		fprintf(out, "  %-10s %s\n", v->name, v->summary);
}

static void print_help(void)
{
	puts("Usage: knead VERB [OPTION]...\n"
	     "\n"
	     "Load cells in massage balls and foam rollers: captures, replay, scores.\n"
	     "\n"
	     "Verbs:");
	list_verbs(stdout);
	puts("\n"
	     "  --help      show this and exit; 'knead VERB --help' tells about a verb\n"
	     "  --help-all  show this and the help of every verb, and exit\n"
	     "  --version   show the version and exit\n"
	     "\n"
	     "Exit status: 0 good, 1 failed, 2 bad usage or bad configuration,\n"
	     "77 not possible on this machine.");
}

/* What the manual page is made of; each verb's help begins with its "Usage:". */
static int print_help_of_all(void)
{
	int worst = VERB_GOOD;

	print_help();
	for (const struct verb *v = verbs; v->name; v++) {
		char name[16], option[] = "--help";
		char *words[] = { name, option, NULL };
		int status;

		snprintf(name, sizeof(name), "%s", v->name);
		putchar('\n');
		optind = 0; /* getopt_long() begins anew */
		status = v->run(2, words);
		worst = status > worst ? status : worst;
	}
	return worst;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		verb_error("no verb given, name one of:");
		list_verbs(stderr);
		return VERB_BAD_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_help();
		return VERB_GOOD;
	}
	if (strcmp(argv[1], "--help-all") == 0)
		return print_help_of_all();
	if (strcmp(argv[1], "--version") == 0) {
		puts("knead " KNEAD_VERSION);
		return VERB_GOOD;
	}
	for (const struct verb *v = verbs; v->name; v++)
		if (strcmp(argv[1], v->name) == 0)
			return v->run(argc - 1, argv + 1);
	verb_error("%s: no such verb, use one of:", argv[1]);
	list_verbs(stderr);
	return VERB_BAD_USAGE;
}
