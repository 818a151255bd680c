/* SPDX-License-Identifier: MIT */
/* knead record: what a port sends, into a capture. This file reads the command line and settles which device is meant. */
#include <getopt.h>
#include <stdio.h>

#include "conf.h"
#include "record.h"
#include "verbs.h"

static const char help[] = "Usage: knead record [-c FILE] --device NAME -O FILE [OPTION]...\n"
			   "       knead record --port PATH [--baud N] -O FILE [OPTION]...\n"
			   "\n"
			   "Writes what a device sends into a capture (.kcap) until interrupted, and shows\n"
			   "rate, force, phase and errors meanwhile. Waits for an unplugged device.\n"
			   "\n"
			   "  -c, --config FILE  configuration (default /etc/knead/kneadd.conf)\n"
			   "  --device NAME      the device of the configuration; with --port its name\n"
			   "  --port PATH        what to read: /dev/..., usb:VID:PID[:SERIAL], pty:PATH,\n"
			   "                     tcp://HOST:PORT, - or a file; see 'knead list'\n"
			   "  --baud N           speed of a serial port (default 115200)\n"
			   "  --format F         format of the data (default auto)\n"
			   "  --for SECONDS      stop after this long\n"
			   "  --note TEXT        kept in line 1 of the capture\n"
			   "  -O, --output FILE  capture to write, replaced if it exists; - is standard\n"
			   "                     output\n"
			   "  --help             show this and exit";

static int set(struct conf_device *device, const char *key, const char *value)
{
	char why[300];

	if (!value || conf_device_set(device, key, value, why, sizeof(why)) == 0)
		return VERB_GOOD;
	return verb_bad_usage("record", "%s", why);
}

static int record_device(const struct record_options *o, struct conf_device *device)
{
	char why[300];
	int status = set(device, "port", o->port);

	if (status == VERB_GOOD)
		status = set(device, "baud", o->baud);
	if (status == VERB_GOOD)
		status = set(device, "format", o->format);
	if (status != VERB_GOOD)
		return status;
	if (!device->port || device->port[0] == '\0')
		return verb_bad_usage("record", "device %s has no port, name one with --port", device->id);
	if (conf_device_check(device, why, sizeof(why)) < 0) {
		verb_error("record: %s", why);
		return VERB_BAD_USAGE;
	}
	return record_run(o, device);
}

static int record_configured(const struct record_options *o)
{
	struct conf_device *device;
	struct conf *conf;
	char why[512];
	int status;

	if (conf_load(o->config, NULL, 0, &conf, why, sizeof(why)) < 0) {
		verb_error("%s", why);
		return VERB_BAD_USAGE;
	}
	device = conf_find_device(conf, o->device);
	status = device ? record_device(o, device)
			: verb_bad_usage("record", "there is no device %s in the configuration", o->device);
	conf_free(conf);
	return status;
}

static int record_unconfigured(const struct record_options *o)
{
	struct conf_device *device = conf_device_new(o->device ? o->device : "ball");
	int status;

	if (!device)
		return verb_bad_usage(
			"record", "'%s' cannot be the name of a device; use up to 32 of a-z 0-9 -", o->device);
	status = record_device(o, device);
	conf_device_free(device);
	return status;
}

enum { OPT_DEVICE = 256, OPT_PORT, OPT_BAUD, OPT_FORMAT, OPT_FOR, OPT_NOTE, OPT_HELP };

/* Returns 0; VERB_BAD_USAGE after saying what is wrong; or -1 after --help. */
static int read_option(struct record_options *o, int opt)
{
	switch (opt) {
	case 'c':
		o->config = optarg;
		return 0;
	case 'O':
		o->output = optarg;
		return 0;
	case OPT_DEVICE:
		o->device = optarg;
		return 0;
	case OPT_PORT:
		o->port = optarg;
		return 0;
	case OPT_BAUD:
		o->baud = optarg;
		return 0;
	case OPT_FORMAT:
		o->format = optarg;
		return 0;
	case OPT_NOTE:
		o->note = optarg;
		return 0;
	case OPT_FOR:
		if (verb_parse_double(optarg, 0.001, 1e9, &o->for_s) < 0)
			return verb_bad_usage("record", "--for %s: not a number of seconds", optarg);
		return 0;
	case OPT_HELP:
		puts(help);
		return -1;
	default:
		return verb_bad_usage("record", "the options are not right");
	}
}

int verb_record(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "device", required_argument, NULL, OPT_DEVICE },
		{ "port", required_argument, NULL, OPT_PORT },
		{ "baud", required_argument, NULL, OPT_BAUD },
		{ "format", required_argument, NULL, OPT_FORMAT },
		{ "for", required_argument, NULL, OPT_FOR },
		{ "note", required_argument, NULL, OPT_NOTE },
		{ "output", required_argument, NULL, 'O' },
		{ "help", no_argument, NULL, OPT_HELP },
		{ NULL, 0, NULL, 0 },
	};
	struct record_options o = { 0 };
	int opt, r = 0;

	optind = 1;
	while (r == 0 && (opt = getopt_long(argc, argv, "c:O:", long_options, NULL)) != -1)
		r = read_option(&o, opt);
	if (r != 0)
		return r < 0 ? VERB_GOOD : r;
	if (optind < argc)
		return verb_bad_usage("record", "%s: record takes options only", argv[optind]);
	if (!o.output)
		return verb_bad_usage("record", "no capture to write, name one with -O");
	if (!o.port && !o.device)
		return verb_bad_usage("record", "nothing to read, name a --device or a --port");
	if (o.config && !o.device)
		return verb_bad_usage("record", "which device of %s? name it with --device", o.config);
	return o.config || !o.port ? record_configured(&o) : record_unconfigured(&o);
}
