/* SPDX-License-Identifier: MIT */
/* kneadd: the daemon. This file reads the command line and hands over. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "log.h"

enum { EXIT_GOOD = 0, EXIT_FAILED = 1, EXIT_BAD_USAGE = 2 };

static const char help[] = "Usage: kneadd [OPTION]...\n"
			   "\n"
			   "Turns the samples of load cells in massage balls and foam rollers into\n"
			   "holds, releases and strokes on MQTT.\n"
			   "\n"
			   "  -c FILE              configuration, default /etc/knead/kneadd.conf;\n"
			   "                       FILE.d/*.conf is read after it\n"
			   "  -o SECTION.KEY=VALUE  a setting that beats the files; NAME.KEY=VALUE for\n"
			   "                       a device, which is made if it is new\n"
			   "  --check-config       check the configuration and exit\n"
			   "  --dump-config        write the configuration in force and exit\n"
			   "  --foreground-log     log for a terminal, not for the journal\n"
			   "  --help               show this and exit\n"
			   "  --version            show the version and exit\n"
			   "\n"
			   "SIGHUP reads the configuration again, SIGTERM stops. State is kept in\n"
			   "$STATE_DIRECTORY. Exit status: 0 good, 1 failed, 2 bad usage or bad\n"
			   "configuration.\n";

struct command_line {
	struct app_options app;
	const char **options;
	char **argv;
	bool check, dump, plain, done;
};

static int bad_usage(const char *word, const char *message)
{
	fprintf(stderr, "kneadd: %s: %s; see 'kneadd --help'\n", word, message);
	return EXIT_BAD_USAGE;
}

/* Returns an exit status; *ret is good to run with only when that is EXIT_GOOD and not done. */
static int read_command_line(int argc, char **argv, struct command_line *ret)
{
	enum { CHECK = 256, DUMP, PLAIN, HELP, VERSION };
	static const struct option words[] = {
		{ "check-config", no_argument, NULL, CHECK },
		{ "dump-config", no_argument, NULL, DUMP },
		{ "foreground-log", no_argument, NULL, PLAIN },
		{ "help", no_argument, NULL, HELP },
		{ "version", no_argument, NULL, VERSION },
		{ NULL, 0, NULL, 0 },
	};
	int word;

	opterr = 0;
	while ((word = getopt_long(argc, argv, "c:o:h", words, NULL)) != -1) {
		switch (word) {
		case 'c':
			ret->app.file = optarg;
			break;
		case 'o':
			ret->options[ret->app.options_count++] = optarg;
			break;
		case CHECK:
			ret->check = true;
			break;
		case DUMP:
			ret->dump = true;
			break;
		case PLAIN:
			ret->plain = true;
			break;
		case 'h':
		case HELP:
			fputs(help, stdout);
			ret->done = true;
			return EXIT_GOOD;
		case VERSION:
			puts("kneadd " KNEAD_VERSION);
			ret->done = true;
			return EXIT_GOOD;
		default:
			return bad_usage(argv[optind - 1], "is no option, or lacks its value");
		}
	}
	if (optind < argc)
		return bad_usage(argv[optind], "is no option");
	if (ret->app.file && ret->app.file[0] == '\0')
		return bad_usage("-c", "needs the name of a file");
	return EXIT_GOOD;
}

/* The same program with the same arguments; returns only if that fails. All descriptors of ours close themselves. */
static void start_again(char **argv)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvp(argv[0], argv);
	log_line(LOG_ERR, "kneadd: cannot start again: %s", strerror(errno));
}

static int run(const struct command_line *line)
{
	struct conf *conf;
	char why[768];

	if (app_load_conf(&line->app, &conf, why, sizeof(why)) < 0) {
		fprintf(stderr, "kneadd: %s\n", why);
		return EXIT_BAD_USAGE;
	}
	if (line->check || line->dump) {
		if (line->dump)
			app_dump_conf(conf, stdout);
		conf_free(conf);
		return fflush(stdout) == 0 ? EXIT_GOOD : EXIT_FAILED;
	}
	log_set_plain(line->plain);
	switch (app_run(&line->app, conf)) {
	case 0:
		return EXIT_GOOD;
	case APP_E_RESTART:
		start_again(line->argv);
		return EXIT_FAILED;
	default:
		return EXIT_FAILED;
	}
}

int main(int argc, char **argv)
{
	struct command_line line = { 0 };
	int status;

	line.options = calloc((size_t)argc, sizeof(*line.options));
	if (!line.options)
		return EXIT_FAILED;
	line.app.options = line.options;
	line.argv = argv;
	status = read_command_line(argc, argv, &line);
	if (status == EXIT_GOOD && !line.done)
		status = run(&line);
	free(line.options);
	return status;
}
