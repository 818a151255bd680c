/* SPDX-License-Identifier: MIT */
/* The configuration: table, files, options, messages, and what it is written down as. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf_table.h"

static const char *shipped; /* config/kneadd.conf, from the command line */

struct folder {
	char path[64], file[96];
};

static int make_folder(void **state)
{
	struct folder *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	strcpy(f->path, "/tmp/test-conf-XXXXXX");
	assert_non_null(mkdtemp(f->path));
	snprintf(f->file, sizeof(f->file), "%s/kneadd.conf", f->path);
	*state = f;
	return 0;
}

static int remove_folder(void **state)
{
	char command[128];
	struct folder *f = *state;

	snprintf(command, sizeof(command), "rm -r '%s'", f->path);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

static void write_file(const char *path, const char *text)
{
	FILE *out = fopen(path, "we");

	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
}

static struct conf *load(void **state, const char *text)
{
	struct folder *f = *state;
	struct conf *c = NULL;
	char why[CONF_WHY_MAX] = "";

	write_file(f->file, text);
	if (conf_load(f->file, NULL, 0, &c, why, sizeof(why)) < 0)
		fail_msg("%s", why);
	return c;
}

/* The message without the folder in front: "kneadd.conf:2: ..." */
static const char *refused(void **state, const char *text)
{
	static char why[CONF_WHY_MAX + 600];
	struct folder *f = *state;
	struct conf *c = NULL;

	write_file(f->file, text);
	why[0] = '\0';
	if (conf_load(f->file, NULL, 0, &c, why, sizeof(why)) == 0) {
		conf_free(c);
		fail_msg("was taken: %s", text);
	}
	assert_null(c);
	assert_memory_equal(why, f->path, strlen(f->path));
	return why + strlen(f->path) + 1;
}

static void assert_begins(const char *text, const char *with)
{
	if (strncmp(text, with, strlen(with)) != 0)
		fail_msg("\"%s\" does not begin with \"%s\"", text, with);
}

static struct conf_device *device(struct conf *c, const char *id)
{
	struct conf_device *d = conf_find_device(c, id);

	assert_non_null(d);
	return d;
}

static char *dump(const struct conf *c)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	assert_non_null(out);
	conf_dump(c, out);
	fclose(out);
	return text;
}

static void every_row_is_complete_and_stands_once(void **state)
{
	for (size_t i = 0; i < conf_keys_count; i++) {
		const struct conf_key *k = &conf_keys[i];
		size_t n = strlen(k->help);

		assert_ptr_equal(conf_key_find(k->section, k->key), k);
		assert_non_null(k->def);
		assert_true(n > 10 && k->help[n - 1] != '.');
		if (k->type == CONF_INT || k->type == CONF_COUNT || k->type == CONF_REAL || k->type == CONF_REALS)
			assert_true(k->min < k->max);
	}
}

static void defaults_of_the_table_are_those_of_the_core(void **state)
{
	struct conf_device *d = conf_device_new("ball");
	struct knead_settings core;

	knead_settings_init(&core, KNEAD_PROFILE_BALL);
	assert_non_null(d);
	assert_memory_equal(&d->settings, &core, sizeof(core));
	assert_string_equal(d->kind, "ball");
	assert_int_equal(d->baud, 115200);
	assert_true(d->dtr);
	conf_device_free(d);
}

static void no_file_and_an_empty_file_give_the_defaults(void **state)
{
	struct conf *empty = load(state, ""), *none = NULL;
	char why[CONF_WHY_MAX], *a, *b;

	assert_int_equal(conf_load("", NULL, 0, &none, why, sizeof(why)), 0);
	a = dump(empty);
	b = dump(none);
	assert_string_equal(a, b);
	assert_string_equal(none->mqtt.host, "localhost");
	assert_string_equal(none->discovery, "device");
	assert_int_equal(none->log_level, 6);
	assert_null(none->devices);
	free(a);
	free(b);
	conf_free(empty);
	conf_free(none);
}

/* Each numeric row at its limits, and just beyond. */
static void limits_hold_for_every_number(void **state)
{
	for (size_t i = 0; i < conf_keys_count; i++) {
		const struct conf_key *k = &conf_keys[i];
		double step = k->type == CONF_REAL ? 0.001 : 1;
		char low[CONF_NUMBER_MAX], high[CONF_NUMBER_MAX], under[CONF_NUMBER_MAX], over[CONF_NUMBER_MAX];
		char why[CONF_WHY_MAX];
		struct conf_device *d;
		struct conf c = { 0 };
		void *base;

		if (k->type != CONF_INT && k->type != CONF_COUNT && k->type != CONF_REAL)
			continue;
		d = conf_device_new("x");
		base = k->section == CONF_DEVICE ? (void *)d : (void *)&c;
		conf_number_text(k->min, low);
		conf_number_text(k->max, high);
		conf_number_text(k->min - step, under);
		conf_number_text(k->max + step, over);
		assert_int_equal(conf_value_parse(k, low, base, why, sizeof(why)), 0);
		assert_int_equal(conf_value_parse(k, high, base, why, sizeof(why)), 0);
		assert_true(conf_value_parse(k, under, base, why, sizeof(why)) < 0);
		assert_true(conf_value_parse(k, over, base, why, sizeof(why)) < 0);
		assert_non_null(strstr(why, "out of range"));
		conf_device_free(d);
	}
}

static void a_number_is_the_whole_text_in_plain_digits(void **state)
{
	static const char *const bad[] = { "", "1e", "0x10", "nan", "inf", "-inf", "1,5", "1.5N", "1 5", "--1", ".",
		"e5", "1e999" };
	static const struct {
		const char *text;
		double value;
	} good[] = { { "1.5", 1.5 }, { "-2", -2 }, { "+3", 3 }, { "1e3", 1000 }, { ".5", 0.5 }, { "5.", 5 } };
	double value = 42;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (conf_number_parse(bad[i], &value) == 0)
			fail_msg("'%s' was taken", bad[i]);
	assert_true(value == 42);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(conf_number_parse(good[i].text, &value), 0);
		assert_true(value == good[i].value);
	}
}

static void a_number_is_written_so_that_it_reads_back_the_same(void **state)
{
	static const double values[] = { 0, 1, -1, 0.1, 1.0 / 3, 83121.123456789012, 1e-300, 1e300, 115200, 4000000,
		2.0 / 3 * 1e7, 8388607.4999999991 };
	char text[CONF_NUMBER_MAX];
	double back;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		assert_int_equal(conf_number_parse(conf_number_text(values[i], text), &back), 0);
		assert_memory_equal(&back, &values[i], sizeof(back));
	}
	assert_string_equal(conf_number_text(115200, text), "115200");
	assert_string_equal(conf_number_text(0.1, text), "0.1");
	assert_string_equal(conf_number_text(4000000, text), "4000000");
}

static void messages_name_file_and_line_and_the_key(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "[mqtt]\nhots = a\n", "kneadd.conf:2: unknown key 'hots' in [mqtt]" },
		{ "[mqqt]\nhost = a\n", "kneadd.conf:1: unknown section [mqqt]" },
		{ "; comment\n\n[mqqt]\n", "kneadd.conf:3: unknown section [mqqt]" },
		{ "host = a\n", "kneadd.conf:1: a key before any [section]" },
		{ "[mqtt]\nport = 70000\n", "kneadd.conf:2: port: 70000 is out of range; use 0 to 65535" },
		{ "[mqtt]\nport = 12.5\n", "kneadd.conf:2: port: '12.5' is not a whole number" },
		{ "[mqtt]\nport = 1883 # here\n", "kneadd.conf:2: port: '1883 # here' is not a number" },
		{ "[mqtt]\ntls = perhaps\n", "kneadd.conf:2: tls: 'perhaps' is neither yes nor no" },
		{ "[mqtt]\nprotocol = 4\n", "kneadd.conf:2: protocol: '4' is not known; use 5 or 3.1.1" },
		{ "[mqtt]\nbase = kn\xe4"
		  "d\n",
			"kneadd.conf:2: base: is not UTF-8, and a topic must be" },
		{ "[homeassistant]\nprefix = a\xc3\n", "kneadd.conf:2: prefix: is not UTF-8, and a topic must be" },
		{ "[mqtt]\nbase = a/#\n", "kneadd.conf:2: base: 'a/#' cannot begin a topic" },
		{ "[mqtt]\nhost = a\n\nhost = b\n", "kneadd.conf:4: host: given twice, first at " },
		{ "[mqtt]\npassword = x\n",
			"kneadd.conf:2: unknown key 'password' in [mqtt]; put the password into a file" },
		{ "[mqtt]\nhost\n", "kneadd.conf:2: neither a [section] nor key = value" },
		{ "[mqtt]\nhost =;none\n", "kneadd.conf:2: host: a value cannot have a word that begins with ';'" },
		{ "[mqtt]\nhost = a\x01z\n", "kneadd.conf:2: host: has a control character in it" },
		{ "[mqtt x]\n", "kneadd.conf:1: [mqtt] takes no name" },
		{ "[device Ball]\n", "kneadd.conf:1: 'Ball' is no name for a device" },
		{ "[device]\n", "kneadd.conf:1: '' is no name for a device" },
		{ "[device bridge]\n", "kneadd.conf:1: 'bridge' is no name for a device" },
		{ "[device a]\npress_n = nan\n", "kneadd.conf:2: press_n: 'nan' is not a number" },
		{ "[device a]\npress_n = 4\n[device a]\npress_n = 5\n", "kneadd.conf:4: press_n: given twice" },
		{ "[device a]\npress_n = 4\nrelease_n = 4.5\n", "kneadd.conf:3: [device a] release_n: 4.5 must be" },
		{ "[device a]\n\ngeometry = line\n", "kneadd.conf:3: [device a] geometry: line needs cell_mm" },
		{ "[device a]\ncells = 3\ngeometry = line\ncell_mm = 0 40\n",
			"kneadd.conf:4: [device a] cell_mm: 2 places for 3 cells" },
		{ "[device a]\ncell_xyz = 1 2 3 4\n", "kneadd.conf:2: cell_xyz: 4 numbers do not make groups of 3" },
		{ "[device a]\ncounts_per_n = 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n",
			"kneadd.conf:2: counts_per_n: more than 16 numbers" },
		{ "[device a]\nformat = nonsense\n",
			"kneadd.conf:2: [device a] format: no format is called 'nonsense'" },
		{ "[device a]\nprotocol = mine\n", "kneadd.conf:2: [device a] protocol: no protocol is called 'mine'" },
		{ "[protocol mine]\n", "kneadd.conf:1: [protocol mine] has no steps" },
		{ "[protocol mine]\nsteps = jump 3\n", "kneadd.conf:2: steps: 'jump 3' is no step" },
		{ "[device a]\nport = x\n  baud = 9600\n", "kneadd.conf:3: indented lines go on with the value above" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_begins(refused(state, cases[i].text), cases[i].message);
}

static void a_line_too_long_for_the_parser_is_refused_not_cut(void **state)
{
	char text[400] = "[mqtt]\nhost = ";

	memset(text + strlen(text), 'a', 300);
	assert_begins(refused(state, text), "kneadd.conf:2: the line is too long");
}

static void a_file_that_is_named_must_be_there(void **state)
{
	struct conf *c = NULL;
	char why[CONF_WHY_MAX];

	assert_int_equal(conf_load("/nonexistent/kneadd.conf", NULL, 0, &c, why, sizeof(why)), -2);
	assert_begins(why, "/nonexistent/kneadd.conf: cannot be read");
	assert_true(conf_load("/", NULL, 0, &c, why, sizeof(why)) < 0);
	assert_null(c);
}

static void later_files_win_in_name_order_and_options_last(void **state)
{
	static const char *const options[] = { "mqtt.username=from-option" };
	struct folder *f = *state;
	char path[160], why[CONF_WHY_MAX];
	struct conf *c = NULL;

	snprintf(path, sizeof(path), "%s.d", f->file);
	assert_int_equal(mkdir(path, 0700), 0);
	write_file(f->file, "[mqtt]\nhost = main\nclient_id = main\nusername = main\nca_file = main\n");
	snprintf(path, sizeof(path), "%s.d/20-b.conf", f->file);
	write_file(path, "[mqtt]\nhost = b\n");
	snprintf(path, sizeof(path), "%s.d/10-a.conf", f->file);
	write_file(path, "[mqtt]\nhost = a\nclient_id = a\nusername = a\n");
	snprintf(path, sizeof(path), "%s.d/30-c.conf.off", f->file);
	write_file(path, "[mqtt]\nhost = never\n");
	assert_int_equal(conf_load(f->file, options, 1, &c, why, sizeof(why)), 0);
	assert_string_equal(c->mqtt.host, "b");
	assert_string_equal(c->mqtt.client_id, "a");
	assert_string_equal(c->mqtt.username, "from-option");
	assert_string_equal(c->mqtt.ca_file, "main");
	conf_free(c);
}

static void an_option_names_its_key_in_any_of_the_forms(void **state)
{
	static const char *const options[] = { "mqtt.port=1", "log.level=debug", "device one.baud=1200",
		"device.two.baud=2400", "three.baud=9600", "three.baud=19200", "protocol own.steps=hold 5",
		"protocol.other.steps=rest 5", "one.protocol=own", "two.protocol=other", "homeassistant.discovery=off",
		"journal.keep_days=3" };
	struct conf *c = NULL;
	char why[CONF_WHY_MAX];

	if (conf_load("", options, sizeof(options) / sizeof(options[0]), &c, why, sizeof(why)) < 0)
		fail_msg("%s", why);
	assert_int_equal(c->mqtt.port, 1);
	assert_int_equal(c->log_level, 7);
	assert_int_equal(device(c, "one")->baud, 1200);
	assert_int_equal(device(c, "two")->baud, 2400);
	assert_int_equal(device(c, "three")->baud, 19200);
	assert_true(device(c, "one")->settings.protocol.step[0].kind == KNEAD_STEP_HOLD);
	assert_true(device(c, "two")->settings.protocol.step[0].kind == KNEAD_STEP_REST);
	assert_string_equal(c->discovery, "off");
	assert_true(c->journal_keep_days == 3);
	conf_free(c);
}

static void a_bad_option_is_named(void **state)
{
	static const struct {
		const char *option, *message;
	} cases[] = {
		{ "mqtt.host", "-o mqtt.host: no value" },
		{ "mqtt.password=a",
			"-o mqtt.password: unknown key 'password' in [mqtt]; put the password into a file" },
		{ "mqtt.host=u:p@a", "-o mqtt.host: host: write the name or the address alone" },
		{ "mqtt.host=mqtt://a", "-o mqtt.host: host: write the name or the address alone" },
		{ "host=a", "-o host: no key" },
		{ "mqtt.hots=a", "-o mqtt.hots: unknown key 'hots' in [mqtt]" },
		{ "ball.hots=a", "-o ball.hots: unknown key 'hots' in [device ball]" },
		{ "Ball.port=a", "-o Ball.port: 'Ball' is no name for a device" },
		{ "ball.baud=fast", "-o ball.baud: baud: 'fast' is not a number" },
		{ "ball.release_n=9", "-o ball.release_n: [device ball] release_n: 9 must be" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conf *c = NULL;
		char why[CONF_WHY_MAX];

		assert_int_equal(conf_load("", &cases[i].option, 1, &c, why, sizeof(why)), -22);
		assert_begins(why, cases[i].message);
	}
}

static void a_profile_changes_only_what_was_not_given_whatever_the_order(void **state)
{
	struct conf *c = load(state, "[device a]\ntarget_s = 45\nprofile = gentle\n"
				     "[device b]\nprofile = gentle\ntarget_s = 45\npress_n = 8\n"
				     "[device c]\nkind = roller\n"
				     "[device d]\nprofile = ball\nkind = roller\n");

	assert_true(device(c, "a")->settings.press_n == 4 && device(c, "a")->settings.release_n == 2.5);
	assert_true(device(c, "a")->settings.target_s == 45 && device(c, "a")->settings.contact_cm2 == 55);
	assert_true(device(c, "b")->settings.press_n == 8 && device(c, "b")->settings.target_s == 45);
	assert_true(device(c, "c")->settings.profile == KNEAD_PROFILE_ROLLER);
	assert_true(device(c, "c")->settings.contact_cm2 == 55 && device(c, "c")->settings.press_n == 8);
	assert_true(device(c, "d")->settings.profile == KNEAD_PROFILE_BALL);
	assert_true(device(c, "d")->settings.contact_cm2 == 10);
	conf_free(c);
}

static void lists_take_commas_blanks_and_further_lines(void **state)
{
	struct conf *c = load(state, "[device a]\ncounts_per_n = 100, -200 300\ncells = 3\nzero_raw = 1,2,3\n"
				     "columns = time, 2 , left\n"
				     "[device s]\ngeometry = sphere\ncell_xyz = 1 0 0,\n\t0 1 0,  ; the second\n"
				     "\t0 0 -1\nport = x\n");
	const struct knead_settings *s = &device(c, "a")->settings;

	assert_int_equal(s->counts_per_n_count, 3);
	assert_true(s->counts_per_n[1] == -200 && s->zero_raw[2] == 3);
	assert_int_equal(s->columns, 3);
	assert_string_equal(s->column[2], "left");
	s = &device(c, "s")->settings;
	assert_int_equal(s->cells, 3);
	assert_true(s->cell_xyz[0][0] == 1 && s->cell_xyz[1][1] == 1 && s->cell_xyz[2][2] == -1);
	assert_string_equal(device(c, "s")->port, "x");
	conf_free(c);
}

static void steps_of_a_protocol_are_read_and_written_the_same(void **state)
{
	static const char text[] =
		"hold 30, pulses 3x10, strokes 3-5, strokes 4, rest 7.5, hold 30-60, strokes 3-5 within 60";
	static const char *const bad[] = { "", "hold", "hold 0", "hold 3601", "pulses 3", "pulses 0x10", "pulses x10",
		"strokes 5-3", "strokes 3-", "strokes 101", "rest -1", "hold 30,", "hold 30 s", "holds 30",
		"hold 60-30", "hold 30-", "hold -30", "strokes 3-5 within", "strokes 3 within 0", "hold 30 within 60",
		"rest 5-10" };
	struct knead_protocol p = { 0 };
	char why[CONF_WHY_MAX], back[CONF_TEXT_MAX];

	assert_int_equal(conf_steps_parse(text, &p, why, sizeof(why)), 0);
	assert_int_equal(p.steps, 7);
	assert_true(p.step[0].seconds_max == 30 && p.step[5].seconds_max == 60 && p.step[6].within_s == 60);
	assert_true(p.step[1].kind == KNEAD_STEP_PULSES && p.step[1].count == 3 && p.step[1].seconds == 10);
	assert_true(p.step[2].count_min == 3 && p.step[2].count == 5 && p.step[3].count_min == 4);
	assert_string_equal(conf_steps_format(&p, back), text);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (conf_steps_parse(bad[i], &p, why, sizeof(why)) == 0)
			fail_msg("'%s' was taken", bad[i]);
	assert_int_equal(p.steps, 7);
}

static void built_in_protocols_are_known_and_a_section_beats_them(void **state)
{
	static const char *const names[] = { "hold30", "pulse3x10", "stretch3-5", "compress-then-stretch", "lean30-60",
		"gentle" };
	struct conf *c = load(state, "[device a]\nprotocol = hold30\n[device b]\nprotocol = pulse3x10\n"
				     "[protocol hold30]\nsteps = hold 31\n");
	struct knead_protocol p;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_true(conf_builtin_find(names[i], &p) && p.steps > 0);
	assert_true(device(c, "a")->settings.protocol.step[0].seconds == 31);
	assert_string_equal(device(c, "b")->settings.protocol.name, "pulse3x10");
	assert_int_equal(device(c, "b")->settings.protocol.step[0].count, 3);
	conf_free(c);
}

static const char rich[] =
	"[mqtt]\nhost = broker\ntls = yes\nlive_hz = 0.5\n[log]\nlevel = warning\n"
	"[device a]\nname = The Ball\nport = usb:1a86:7523\nprofile = gentle\npress_n = 8\nunit = kg\nrecord = a.kcap\n"
	"zero_raw = 83121.123456789012\ncounts_per_n = -0.1\nprotocol = own\ncontact_events = on\n"
	"[device r]\nkind = roller\ncells = 2\ngeometry = line\ncell_mm = 0 120\nrate_hz = 80\ncolumns = - 2 3\n"
	"[protocol own]\nsteps = hold 5, rest 3\n";

static void a_dump_reads_back_as_the_same_configuration(void **state)
{
	struct conf *first = load(state, rich), *second;
	char *a = dump(first), *b;

	second = load(state, a);
	b = dump(second);
	assert_string_equal(a, b);
	assert_true(conf_device_equal(device(first, "a"), device(second, "a")));
	assert_true(conf_device_equal(device(first, "r"), device(second, "r")));
	free(a);
	free(b);
	conf_free(first);
	conf_free(second);
}

static void a_device_survives_the_header_of_a_capture(void **state)
{
	struct conf *c = load(state, rich);
	char why[CONF_WHY_MAX];

	for (struct conf_device *d = c->devices; d; d = d->next) {
		struct conf_device *back = conf_device_new(d->id);
		cJSON *object = conf_device_to_json(d), *read;
		char *text = cJSON_PrintUnformatted(object);

		read = cJSON_Parse(text);
		for (cJSON *item = read->child; item; item = item->next) {
			char number[CONF_NUMBER_MAX];

			assert_true(cJSON_IsNumber(item) || cJSON_IsString(item));
			if (conf_device_set(back, item->string,
				    cJSON_IsNumber(item) ? conf_number_text(item->valuedouble, number)
							 : item->valuestring,
				    why, sizeof(why)) < 0)
				fail_msg("%s", why);
		}
		assert_memory_equal(&back->settings, &d->settings, sizeof(back->settings));
		assert_null(cJSON_GetObjectItem(read, "port"));
		assert_null(cJSON_GetObjectItem(read, "record"));
		cJSON_free(text);
		cJSON_Delete(object);
		cJSON_Delete(read);
		conf_device_free(back);
	}
	conf_free(c);
}

static void a_key_set_badly_leaves_the_device_as_it_was(void **state)
{
	struct conf_device *d = conf_device_new("a"), *plain = conf_device_new("a");
	static const char *const sets[][2] = { { "press_n", "x" }, { "zero_raw", "1 x" }, { "profile", "soft" },
		{ "nothing", "1" }, { "protocol", "unknown" }, { "protocol", "own: jump" }, { "geometry", "cube" } };
	char why[CONF_WHY_MAX];

	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		assert_int_equal(conf_device_set(d, sets[i][0], sets[i][1], why, sizeof(why)), -22);
		assert_begins(why, sets[i][0]);
		assert_true(conf_device_equal(d, plain));
		assert_false(conf_device_given(d, sets[i][0]));
	}
	conf_device_free(d);
	conf_device_free(plain);
}

static void what_was_given_over_a_capture_wins_and_the_rest_stays(void **state)
{
	struct conf *c = load(state, "[device a]\nprofile = gentle\nbridge_s = 0.25\n");
	struct conf_device *d = conf_device_new("a");
	char why[CONF_WHY_MAX];

	assert_int_equal(conf_device_set(d, "press_n", "6", why, sizeof(why)), 0);
	assert_int_equal(conf_device_set(d, "bridge_s", "0.75", why, sizeof(why)), 0);
	assert_int_equal(conf_device_overlay(d, device(c, "a"), why, sizeof(why)), 0);
	assert_true(d->settings.press_n == 6 && d->settings.bridge_s == 0.25 && d->settings.release_n == 2.5);
	conf_device_free(d);
	conf_free(c);
}

static void devices_are_equal_only_when_every_key_and_the_protocol_are(void **state)
{
	struct conf *a = load(state, rich), *b, *c, *d;
	char text[sizeof(rich) + 64];

	b = load(state, rich);
	snprintf(text, sizeof(text), "%.*srest 4\n", (int)strlen(rich) - 7, rich);
	c = load(state, text);
	snprintf(text, sizeof(text), "%s[device r]\nbaud = 9600\n", rich);
	d = load(state, text);
	assert_true(conf_device_equal(device(a, "a"), device(b, "a")));
	assert_false(conf_device_equal(device(a, "a"), device(c, "a")));
	assert_true(conf_device_equal(device(a, "r"), device(c, "r")));
	assert_false(conf_device_equal(device(a, "r"), device(d, "r")));
	conf_free(a);
	conf_free(b);
	conf_free(c);
	conf_free(d);
}

static char *sample(void)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	assert_non_null(out);
	conf_sample(out);
	fclose(out);
	return text;
}

static void the_shipped_file_is_the_generated_one(void **state)
{
	char *text = sample(), *file = calloc(1, 65536);
	FILE *in = fopen(shipped, "re");

	assert_non_null(in);
	assert_non_null(file);
	assert_true(fread(file, 1, 65535, in) > 0);
	fclose(in);
	assert_string_equal(file, text);
	free(file);
	free(text);
}

/* Every "#key = default" line made a key again: the defaults must be legal, and the same as without any file. */
static void the_sample_uncommented_is_the_default_configuration(void **state)
{
	char *text = sample(), *uncommented = calloc(1, strlen(text) + 1), *with, *without, *save = NULL;
	struct conf *c, *plain = load(state, "[device ball]\n");

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		assert_true(strlen(line) < 80);
		if (strncmp(line, "#[protocol", 10) == 0)
			break;
		if (line[0] == '[' || (line[0] == '#' && line[1] != ' '))
			strcat(strcat(uncommented, line + (line[0] == '#')), "\n");
	}
	c = load(state, uncommented);
	with = dump(c);
	without = dump(plain);
	assert_string_equal(with, without);
	free(with);
	free(without);
	free(text);
	free(uncommented);
	conf_free(c);
	conf_free(plain);
}

int main(int argc, char **argv)
{
#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_complete_and_stands_once),
		cmocka_unit_test(defaults_of_the_table_are_those_of_the_core),
		IN_FOLDER(no_file_and_an_empty_file_give_the_defaults),
		cmocka_unit_test(limits_hold_for_every_number),
		cmocka_unit_test(a_number_is_the_whole_text_in_plain_digits),
		cmocka_unit_test(a_number_is_written_so_that_it_reads_back_the_same),
		IN_FOLDER(messages_name_file_and_line_and_the_key),
		IN_FOLDER(a_line_too_long_for_the_parser_is_refused_not_cut),
		cmocka_unit_test(a_file_that_is_named_must_be_there),
		IN_FOLDER(later_files_win_in_name_order_and_options_last),
		cmocka_unit_test(an_option_names_its_key_in_any_of_the_forms),
		cmocka_unit_test(a_bad_option_is_named),
		IN_FOLDER(a_profile_changes_only_what_was_not_given_whatever_the_order),
		IN_FOLDER(lists_take_commas_blanks_and_further_lines),
		cmocka_unit_test(steps_of_a_protocol_are_read_and_written_the_same),
		IN_FOLDER(built_in_protocols_are_known_and_a_section_beats_them),
		IN_FOLDER(a_dump_reads_back_as_the_same_configuration),
		IN_FOLDER(a_device_survives_the_header_of_a_capture),
		cmocka_unit_test(a_key_set_badly_leaves_the_device_as_it_was),
		IN_FOLDER(what_was_given_over_a_capture_wins_and_the_rest_stays),
		IN_FOLDER(devices_are_equal_only_when_every_key_and_the_protocol_are),
		cmocka_unit_test(the_shipped_file_is_the_generated_one),
		IN_FOLDER(the_sample_uncommented_is_the_default_configuration),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: test-conf kneadd.conf\n");
		return 2;
	}
	shipped = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
