/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the state of a device, as a power cut, a bad card or an older version may leave them. Refused with a sentence, or
 * taken: then every number is a number, what is written of it is short enough to be read and reads back as the same, and the
 * settings in it fit a configuration or are refused as a whole.
 */
#include <math.h>
#include <string.h>

#include <knead/pipeline.h>

#include "conf.h"
#include "fuzz.h"
#include "memory_file.h"

/* The two directions of it are its own affair, and reach no header. */
#include "state.c" /* NOLINT(bugprone-suspicious-include) */

/* A file in memory is a link, which a state may not be; nothing is written here. */
FILE *state_file_open(const char *path)
{
	return fopen(path, "re");
}

int state_file_write(const char *directory, const char *name, const char *text)
{
	return -EROFS;
}

static void check_state(const struct state *s)
{
	FUZZ_CHECK(s->unit < _KNEAD_UNITS);
	FUZZ_CHECK(s->zero_raw_count <= KNEAD_CELLS_MAX && s->counts_per_n_count <= KNEAD_CELLS_MAX);
	for (uint32_t i = 0; i < s->zero_raw_count; i++)
		FUZZ_CHECK(isfinite(s->zero_raw[i]));
	for (uint32_t i = 0; i < s->counts_per_n_count; i++)
		FUZZ_CHECK(isfinite(s->counts_per_n[i]) && s->counts_per_n[i] != 0);
	FUZZ_CHECK(s->settings_count <= STATE_SETTINGS_MAX);
	for (uint32_t i = 0; i < s->settings_count; i++) {
		FUZZ_CHECK(memchr(s->settings[i].key, 0, STATE_KEY_MAX) != NULL);
		FUZZ_CHECK(memchr(s->settings[i].value, 0, STATE_VALUE_MAX) != NULL);
	}
}

static bool equal(const struct state *a, const struct state *b)
{
	if (a->unit != b->unit || a->zero_raw_count != b->zero_raw_count ||
		a->counts_per_n_count != b->counts_per_n_count || a->settings_count != b->settings_count)
		return false;
	for (uint32_t i = 0; i < a->settings_count; i++)
		if (strcmp(a->settings[i].key, b->settings[i].key) != 0 ||
			strcmp(a->settings[i].value, b->settings[i].value) != 0)
			return false;
	for (uint32_t i = 0; i < a->zero_raw_count; i++)
		if (a->zero_raw[i] != b->zero_raw[i])
			return false;
	for (uint32_t i = 0; i < a->counts_per_n_count; i++)
		if (a->counts_per_n[i] != b->counts_per_n[i])
			return false;
	return true;
}

static int read_text(const void *text, size_t n, struct state *ret)
{
	struct memory_file f = memory_file(text, n);
	char why[256] = "";
	int r = read_file(f.path, ret, why, sizeof(why));

	close(f.fd);
	FUZZ_CHECK(r == 0 || (r == -EINVAL && strncmp(why, f.path, strlen(f.path)) == 0));
	return r;
}

/* What a device makes of it. */
static void use(const struct state *s)
{
	struct conf_device *base = conf_device_new("ball"), *in_force = NULL;
	struct conf_setting settings[STATE_SETTINGS_MAX];
	struct knead_pipeline *pipeline = NULL;
	struct knead_settings fresh;
	char why[256] = "";
	int r;

	FUZZ_CHECK(base);
	for (uint32_t i = 0; i < s->settings_count; i++)
		settings[i] = (struct conf_setting){ .key = s->settings[i].key, .value = s->settings[i].value };
	r = conf_device_with(base, NULL, settings, s->settings_count, &in_force, why, sizeof(why));
	FUZZ_CHECK((r == 0) == (in_force != NULL) && (r == 0 || why[0] != '\0'));
	fresh = in_force ? in_force->settings : base->settings;
	fresh.counts_per_n_count = s->counts_per_n_count;
	memcpy(fresh.counts_per_n, s->counts_per_n, sizeof(fresh.counts_per_n));
	fresh.zero_raw_count = s->zero_raw_count;
	memcpy(fresh.zero_raw, s->zero_raw, sizeof(fresh.zero_raw));
	if (knead_settings_check(&fresh, why, sizeof(why)) == 0) {
		FUZZ_CHECK(knead_pipeline_new(&fresh, &pipeline) == 0);
		knead_pipeline_free(pipeline);
	}
	conf_device_free(in_force);
	conf_device_free(base);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct state state = { 0 }, again = { 0 };
	char *text;

	if (read_text(data, size, &state) < 0)
		return 0;
	check_state(&state);
	text = to_text(&state);
	FUZZ_CHECK(text && read_text(text, strlen(text), &again) == 0 && equal(&state, &again));
	cJSON_free(text);
	use(&state);
	return 0;
}
