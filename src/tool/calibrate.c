/* SPDX-License-Identifier: MIT */
/* knead calibrate: the command line. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "calibrate.h"
#include "verbs.h"

#define STATE_FOLDER "/var/lib/knead"

static const char help[] = "Usage: knead calibrate [-c FILE] --device NAME [OPTION]...\n"
			   "\n"
			   "Guides through zero, a known weight and a check, and writes the result where\n"
			   "kneadd keeps what it measured. Refuses with the reason what cannot be right;\n"
			   "then, and after Ctrl-C, all is as it was.\n"
			   "\n"
			   "The port must be free: stop kneadd, or calibrate through it with the command\n"
			   "knead/NAME/do/calibrate.\n"
			   "\n"
			   "  -c, --config FILE  configuration (default /etc/knead/kneadd.conf)\n"
			   "  --device NAME      the device of the configuration\n"
			   "  --known-kg KG      the weight; else it is asked for\n"
			   "  --known-n N        the same as a force\n"
			   "  --state DIR        directory of kneadd's state (default $STATE_DIRECTORY,\n"
			   "                     else /var/lib/knead)\n"
			   "  --help             show this and exit";

enum { OPT_DEVICE = 256, OPT_KG, OPT_N, OPT_STATE, OPT_HELP };

/* Returns 0; VERB_BAD_USAGE after saying what is wrong; or -1 after --help. */
static int read_option(struct calibrate_options *o, int opt)
{
	switch (opt) {
	case 'c':
		o->config = optarg;
		return 0;
	case OPT_DEVICE:
		o->device = optarg;
		return 0;
	case OPT_STATE:
		o->state = optarg;
		return 0;
	case OPT_KG:
		if (verb_parse_double(optarg, 1e-3, 1e5, &o->known_n) < 0)
			return verb_bad_usage("calibrate", "--known-kg %s: want 0.001 to 100000", optarg);
		o->known_n *= KNEAD_G0_M_PER_S2;
		return 0;
	case OPT_N:
		if (verb_parse_double(optarg, 1e-2, 1e6, &o->known_n) < 0)
			return verb_bad_usage("calibrate", "--known-n %s: want 0.01 to 1000000", optarg);
		return 0;
	case OPT_HELP:
		puts(help);
		return -1;
	default:
		return verb_bad_usage("calibrate", "the options are not right");
	}
}

static int calibrate_configured(const struct calibrate_options *o)
{
	const struct conf_device *device;
	struct conf *conf;
	char why[512];
	int status;

	if (conf_load(o->config, NULL, 0, &conf, why, sizeof(why)) < 0) {
		verb_error("%s", why);
		return VERB_BAD_USAGE;
	}
	device = conf_find_device(conf, o->device);
	if (!device)
		status = verb_bad_usage("calibrate", "there is no device %s in the configuration", o->device);
	else if (device->port[0] == '\0')
		status = verb_bad_usage("calibrate", "device %s has no port in the configuration", o->device);
	else
		status = calibrate_run(o, device);
	conf_free(conf);
	return status;
}

int verb_calibrate(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "device", required_argument, NULL, OPT_DEVICE },
		{ "known-kg", required_argument, NULL, OPT_KG },
		{ "known-n", required_argument, NULL, OPT_N },
		{ "state", required_argument, NULL, OPT_STATE },
		{ "help", no_argument, NULL, OPT_HELP },
		{ NULL, 0, NULL, 0 },
	};
	const char *folder = getenv("STATE_DIRECTORY");
	struct calibrate_options o = { .state = folder && folder[0] != '\0' ? folder : STATE_FOLDER };
	int opt, r = 0;

	optind = 1;
	while (r == 0 && (opt = getopt_long(argc, argv, "c:", long_options, NULL)) != -1)
		r = read_option(&o, opt);
	if (r != 0)
		return r < 0 ? VERB_GOOD : r;
	if (optind < argc)
		return verb_bad_usage("calibrate", "%s: calibrate takes options only", argv[optind]);
	if (!o.device)
		return verb_bad_usage("calibrate", "which device? name it with --device");
	return calibrate_configured(&o);
}
