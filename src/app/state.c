/* SPDX-License-Identifier: MIT */
/*
 * States of devices on disk. The writer thread takes one state at a time and holds no lock while the disk works.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cjson/cJSON.h>

#include "conf.h"
#include "log.h"
#include "state.h"
#include "state_file.h"
#include "wall.h"

#define RETRY_MIN_US 250000
#define RETRY_MAX_US (60 * KNEAD_US_PER_S)
#define FILE_MAX 4096 /* bytes of a state file that are read */
#define TEXT_MAX (1u << 20) /* bytes of the text that are read */
#define TEXT_NAME "bridge"

struct entry {
	char device[KNEAD_NAME_MAX];
	struct state state;
	char *text; /* instead of a state */
	bool dirty;
	struct entry *next;
};

struct state_store {
	char *directory;
	pthread_mutex_t lock; /* for all below */
	pthread_cond_t wake;
	struct entry *entries;
	bool running, stop;
	int64_t wait_us,
		retry_us; /* the disk takes nothing: how long until it is tried again, and when (CLOCK_MONOTONIC); else 0 */
	pthread_t thread;
};

int state_store_new(const char *directory, struct state_store **ret)
{
	struct state_store *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	if (directory && directory[0] != '\0') {
		s->directory = strdup(directory);
		if (!s->directory) {
			free(s);
			return -ENOMEM;
		}
	}
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->wake, NULL);
	*ret = s;
	return 0;
}

static bool add_numbers(cJSON *object, const char *key, const double *values, uint32_t count)
{
	cJSON *array = count > 0 ? cJSON_AddArrayToObject(object, key) : NULL;
	char number[CONF_NUMBER_MAX];

	for (uint32_t i = 0; array && i < count; i++)
		cJSON_AddItemToArray(array, cJSON_CreateRaw(conf_number_text(values[i], number)));
	return count == 0 || cJSON_GetArraySize(array) == (int)count;
}

static bool add_reset(cJSON *object, const struct state *state)
{
	char text[32];

	return state->session_reset_us == 0 ||
	       cJSON_AddStringToObject(object, "session_reset", wall_to_iso(state->session_reset_us, text));
}

static bool add_settings(cJSON *object, const struct state *state)
{
	cJSON *settings = state->settings_count > 0 ? cJSON_AddObjectToObject(object, "settings") : NULL;

	for (uint32_t i = 0; settings && i < state->settings_count; i++)
		if (!cJSON_AddStringToObject(settings, state->settings[i].key, state->settings[i].value))
			return false;
	return state->settings_count == 0 || settings;
}

static char *to_text(const struct state *state)
{
	cJSON *object = cJSON_CreateObject();
	char *text = NULL;

	if (cJSON_AddNumberToObject(object, "v", 1) &&
		cJSON_AddStringToObject(object, "unit", knead_unit_to_str(state->unit)) &&
		add_numbers(object, "zero_raw", state->zero_raw, state->zero_raw_count) &&
		(state->zero_serial[0] == '\0' || cJSON_AddStringToObject(object, "zero_serial", state->zero_serial)) &&
		add_numbers(object, "counts_per_n", state->counts_per_n, state->counts_per_n_count) &&
		add_reset(object, state) && add_settings(object, state))
		text = cJSON_Print(object);
	cJSON_Delete(object);
	return text;
}

static int read_numbers(const cJSON *object, const char *key, double *values, uint32_t *ret_count)
{
	const cJSON *array = cJSON_GetObjectItemCaseSensitive(object, key), *item;
	uint32_t n = 0;

	if (!array)
		return 0;
	if (!cJSON_IsArray(array) || cJSON_GetArraySize(array) > KNEAD_CELLS_MAX)
		return -EINVAL;
	cJSON_ArrayForEach(item, array)
	{
		/* cJSON reads 1e999 as infinity. */
		if (!cJSON_IsNumber(item) || !(item->valuedouble > -1e300 && item->valuedouble < 1e300))
			return -EINVAL;
		values[n++] = item->valuedouble;
	}
	*ret_count = n;
	return 0;
}

static int read_serial(const cJSON *object, char *ret, size_t size)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, "zero_serial");

	if (!item)
		return 0;
	if (!cJSON_IsString(item) || strlen(item->valuestring) >= size)
		return -EINVAL;
	snprintf(ret, size, "%s", item->valuestring);
	return 0;
}

static int read_reset(const cJSON *object, int64_t *ret_us)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, "session_reset");

	if (!item)
		return 0;
	return cJSON_IsString(item) ? wall_from_iso(item->valuestring, ret_us) : -EINVAL;
}

/* What the values mean is judged where they are used. */
static int read_settings(const cJSON *object, struct state *ret)
{
	const cJSON *settings = cJSON_GetObjectItemCaseSensitive(object, "settings"), *item;

	if (settings && (!cJSON_IsObject(settings) || cJSON_GetArraySize(settings) > STATE_SETTINGS_MAX))
		return -EINVAL;
	cJSON_ArrayForEach(item, settings)
	{
		struct state_setting *s = &ret->settings[ret->settings_count];

		if (!cJSON_IsString(item) || strlen(item->string) >= sizeof(s->key) ||
			strlen(item->valuestring) >= sizeof(s->value))
			return -EINVAL;
		snprintf(s->key, sizeof(s->key), "%s", item->string);
		snprintf(s->value, sizeof(s->value), "%s", item->valuestring);
		ret->settings_count++;
	}
	return 0;
}

static int from_text(const char *text, struct state *ret)
{
	cJSON *object = cJSON_Parse(text);
	const cJSON *unit = cJSON_GetObjectItemCaseSensitive(object, "unit");
	struct state state = { .unit = _KNEAD_UNITS };
	int r = -EINVAL;

	for (int i = 0; cJSON_IsString(unit) && i < _KNEAD_UNITS; i++)
		if (strcmp(unit->valuestring, knead_unit_to_str((enum knead_unit)i)) == 0)
			state.unit = (enum knead_unit)i;
	if (state.unit != _KNEAD_UNITS &&
		read_numbers(object, "zero_raw", state.zero_raw, &state.zero_raw_count) == 0 &&
		read_serial(object, state.zero_serial, sizeof(state.zero_serial)) == 0 &&
		read_numbers(object, "counts_per_n", state.counts_per_n, &state.counts_per_n_count) == 0 &&
		read_reset(object, &state.session_reset_us) == 0 && read_settings(object, &state) == 0)
		r = 0;
	for (uint32_t i = 0; i < state.counts_per_n_count; i++)
		if (state.counts_per_n[i] == 0)
			r = -EINVAL;
	cJSON_Delete(object);
	if (r == 0)
		*ret = state;
	return r;
}

static int read_file(const char *path, struct state *ret, char *why, size_t size)
{
	char text[FILE_MAX];
	FILE *in = state_file_open(path);
	size_t n;

	if (!in && errno == ENOENT)
		return STATE_E_NONE;
	if (!in) {
		int r = -errno;

		snprintf(why, size, "%s: cannot be read: %s", path, strerror(-r));
		return r;
	}
	n = fread(text, 1, sizeof(text) - 1, in);
	text[n] = '\0';
	fclose(in);
	if (from_text(text, ret) < 0) {
		snprintf(why, size, "%s: is no state of a device; it will be written anew", path);
		return -EINVAL;
	}
	return 0;
}

static struct entry *find_entry(struct state_store *s, const char *device)
{
	struct entry *e = s->entries;

	while (e && strcmp(e->device, device) != 0)
		e = e->next;
	return e;
}

int state_store_get(struct state_store *s, const char *device, struct state *ret, char *why, size_t size)
{
	const struct entry *e;
	char *path;
	int r;

	pthread_mutex_lock(&s->lock);
	e = find_entry(s, device);
	if (e)
		*ret = e->state;
	pthread_mutex_unlock(&s->lock);
	if (e)
		return 0;
	if (!s->directory)
		return STATE_E_NONE;
	if (asprintf(&path, "%s/%s.json", s->directory, device) < 0) {
		snprintf(why, size, "out of memory");
		return -ENOMEM;
	}
	r = read_file(path, ret, why, size);
	free(path);
	return r;
}

int state_write(const char *directory, const char *device, const struct state *state)
{
	char *text = to_text(state);
	int r = text ? state_file_write(directory, device, text) : -ENOMEM;

	cJSON_free(text);
	return r;
}

static struct entry *next_dirty(struct state_store *s)
{
	struct entry *e = s->entries;

	while (e && !e->dirty)
		e = e->next;
	return e;
}

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * KNEAD_US_PER_S + t.tv_nsec / 1000;
}

/* Said once, not each minute. With the lock. */
static void note_outcome(struct state_store *s, const struct entry *e, int r)
{
	int64_t wait_us = s->wait_us > 0 ? 2 * s->wait_us : RETRY_MIN_US;

	if (r < 0 && s->wait_us == 0)
		log_line(LOG_WARNING, "%s: its state cannot be kept in %s: %s; check the directory; trying on",
			e->device, s->directory, strerror(-r));
	else if (r == 0 && s->wait_us > 0)
		log_line(LOG_NOTICE, "%s: its state is kept in %s again", e->device, s->directory);
	s->wait_us = r == 0 ? 0 : wait_us < RETRY_MAX_US ? wait_us : RETRY_MAX_US;
	s->retry_us = r == 0 ? 0 : now_us() + s->wait_us;
}

/* Holds the lock on entry and on return. Returns 0 or a negative errno. */
static int write_entry(struct state_store *s, struct entry *e)
{
	char *text = e->text ? strdup(e->text) : to_text(&e->state);
	int r;

	e->dirty = false;
	pthread_mutex_unlock(&s->lock);
	r = text ? state_file_write(s->directory, e->device, text) : -ENOMEM;
	free(text);
	pthread_mutex_lock(&s->lock);
	note_outcome(s, e, r);
	return r;
}

/* With the lock. */
static void wait_for_work(struct state_store *s)
{
	struct timespec until = { .tv_sec = s->retry_us / KNEAD_US_PER_S,
		.tv_nsec = s->retry_us % KNEAD_US_PER_S * 1000 };

	if (s->retry_us > 0 && next_dirty(s))
		pthread_cond_clockwait(&s->wake, &s->lock, CLOCK_MONOTONIC, &until);
	else
		pthread_cond_wait(&s->wake, &s->lock);
}

static void *writer(void *user)
{
	struct state_store *s = user;

	pthread_mutex_lock(&s->lock);
	while (!s->stop) { /* what is left then is written by state_store_free() */
		struct entry *e = next_dirty(s);

		if (!e || now_us() < s->retry_us)
			wait_for_work(s);
		else if (write_entry(s, e) < 0)
			e->dirty = true;
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* The thread starts with the first state, so that a daemon without one has none. Signals stay with the loop's thread. */
static void start_writer(struct state_store *s)
{
	if (s->running || !s->directory)
		return;
	s->running = pthread_create(&s->thread, NULL, writer, s) == 0;
	if (!s->running)
		log_line(LOG_WARNING, "kneadd: no thread to keep states with; zeros are kept at the stop only");
}

/* With the lock. NULL without memory. */
static struct entry *need_entry(struct state_store *s, const char *device)
{
	struct entry *e = find_entry(s, device);

	if (e)
		return e;
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	snprintf(e->device, sizeof(e->device), "%s", device);
	e->next = s->entries;
	s->entries = e;
	return e;
}

/* With the lock. */
static void write_soon(struct state_store *s, struct entry *e)
{
	e->dirty = s->directory != NULL;
	start_writer(s);
	pthread_cond_signal(&s->wake);
}

void state_store_put(struct state_store *s, const char *device, const struct state *state)
{
	struct entry *e;

	pthread_mutex_lock(&s->lock);
	e = need_entry(s, device);
	if (e) {
		e->state = *state;
		write_soon(s, e);
	}
	pthread_mutex_unlock(&s->lock);
}

void state_store_put_text(struct state_store *s, const char *text)
{
	char *copy = strdup(text);
	struct entry *e;

	pthread_mutex_lock(&s->lock);
	e = copy ? need_entry(s, TEXT_NAME) : NULL;
	if (e) {
		free(e->text);
		e->text = copy;
		write_soon(s, e);
	}
	pthread_mutex_unlock(&s->lock);
	if (!e)
		free(copy);
}

char *state_store_get_text(struct state_store *s)
{
	char *path = NULL, *text = NULL;
	size_t n = 0;
	FILE *in;

	if (!s->directory || asprintf(&path, "%s/" TEXT_NAME ".json", s->directory) < 0)
		return NULL;
	in = state_file_open(path);
	free(path);
	if (!in)
		return NULL;
	text = calloc(1, TEXT_MAX);
	if (text)
		n = fread(text, 1, TEXT_MAX - 1, in);
	fclose(in);
	if (n > 0)
		return text;
	free(text);
	return NULL;
}

void state_store_free(struct state_store *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	if (s->running)
		pthread_join(s->thread, NULL);
	pthread_mutex_lock(&s->lock);
	for (struct entry *e = next_dirty(s); e; e = next_dirty(s))
		write_entry(s, e);
	pthread_mutex_unlock(&s->lock);
	while (s->entries) {
		struct entry *e = s->entries;

		s->entries = e->next;
		free(e->text);
		free(e);
	}
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->lock);
	free(s->directory);
	free(s);
}
