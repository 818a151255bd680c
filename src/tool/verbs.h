/* SPDX-License-Identifier: MIT */
/*
 * The verbs of knead and what they share. One file per verb; main.c has the table that names them.
 *
 * A verb gets its own words: argv[0] is the verb, argv[argc] is NULL, so that getopt_long() works on them. It answers
 * --help on standard output, tells errors through verb_error(), and returns one of enum verb_exit.
 */
#ifndef TOOL_VERBS_H
#define TOOL_VERBS_H

#include <stdbool.h>
#include <stdint.h>

enum verb_exit {
	VERB_GOOD = 0,
	VERB_FAILED = 1,
	VERB_BAD_USAGE = 2, /* or bad configuration */
	VERB_IMPOSSIBLE = 77, /* on this machine */
};

struct verb {
	const char *name;
	const char *summary; /* one line for --help, at most 60 characters */
	int (*run)(int argc, char **argv); /* returns enum verb_exit */
};

/* The verbs, one per file: int verb_NAME(int argc, char **argv); in the order of main.c's table. */
int verb_record(int argc, char **argv);
int verb_replay(int argc, char **argv);
int verb_simulate(int argc, char **argv);
int verb_score(int argc, char **argv);
int verb_list(int argc, char **argv);
int verb_calibrate(int argc, char **argv);
int verb_history(int argc, char **argv);

/* Writes "knead: " and the message, with a newline, to standard error: "what is wrong, what to do". */
void verb_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Says that a word on the command line is wrong: "knead: VERB: message; see 'knead VERB --help'". Returns VERB_BAD_USAGE,
 * so that a verb can return it on.
 */
int verb_bad_usage(const char *verb, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Read a whole number or a decimal fraction from a word of the command line. The whole word must be the number and lie in
 * [min, max]. Return 0, or -EINVAL / -ERANGE with *ret left alone.
 */
int verb_parse_double(const char *word, double min, double max, double *ret);
int verb_parse_u64(const char *word, uint64_t min, uint64_t max, uint64_t *ret);

#endif
