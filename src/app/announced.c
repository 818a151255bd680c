/* SPDX-License-Identifier: MIT */
/*
 * {"v":1,"announced":[{"base":"knead","prefix":"homeassistant","style":"device","id":"ball-1","scalars":false,
 *   "keys":["sensor/force",...]}]}
 */
#include "announced.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "json.h"

static void record_free(struct announced_record *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->keys_count; i++)
		free(r->keys[i].name);
	free(r->keys);
	free(r->base);
	free(r->prefix);
	free(r->style);
	free(r);
}

static const char *text_of(const cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));

	return text ? text : "";
}

/* What may stand in a topic: no wildcards, no control characters. */
static bool is_plain(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f || *text == '+' || *text == '#')
			return false;
	return true;
}

/* The record that an item names, made where there is none; NULL for an item that is none of ours. */
static struct announced_record *read_record(struct announced *a, const cJSON *item)
{
	const char *id = text_of(item, "id"), *base = text_of(item, "base"), *prefix = text_of(item, "prefix"),
		   *style = text_of(item, "style");

	if (*id == '\0' || strlen(id) >= KNEAD_NAME_MAX || *base == '\0')
		return NULL;
	if (!is_plain(id) || !is_plain(base) || !is_plain(prefix) || !is_plain(style))
		return NULL;
	return announced_need(a, base, prefix, style, id);
}

/* Returns whether the text was one of ours. */
static bool read_text(struct announced *a, const char *text)
{
	char *mended = strdup(text);
	if (mended)
		json_mend(mended);
	cJSON *all = mended ? cJSON_Parse(mended) : NULL;
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(all, "announced"), *item, *key;
	bool ours = cJSON_IsArray(list);

	cJSON_ArrayForEach(item, list)
	{
		struct announced_record *r = read_record(a, item);

		if (!r)
			continue;
		r->scalars = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "scalars"));
		cJSON_ArrayForEach(key, cJSON_GetObjectItemCaseSensitive(item, "keys"))
		{
			if (cJSON_IsString(key) && strchr(key->valuestring, '/') && is_plain(key->valuestring))
				announced_add(a, r, key->valuestring);
		}
	}
	cJSON_Delete(all);
	free(mended);
	return ours;
}

int announced_new(const char *text, announced_keep_fn keep, void *user, struct announced **ret)
{
	struct announced *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	a->blank = !text || !read_text(a, text);
	a->dirty = false;
	a->keep = keep;
	a->keep_user = user;
	*ret = a;
	return 0;
}

void announced_free(struct announced *a)
{
	if (!a)
		return;
	while (a->records) {
		struct announced_record *r = a->records;

		a->records = r->next;
		record_free(r);
	}
	free(a);
}

struct announced_record *announced_find(
	const struct announced *a, const char *base, const char *prefix, const char *style, const char *id)
{
	struct announced_record *r = a->records;

	while (r && (strcmp(r->id, id) != 0 || strcmp(r->base, base) != 0 || strcmp(r->prefix, prefix) != 0 ||
			    strcmp(r->style, style) != 0))
		r = r->next;
	return r;
}

struct announced_record *announced_need(
	struct announced *a, const char *base, const char *prefix, const char *style, const char *id)
{
	struct announced_record *r = announced_find(a, base, prefix, style, id), **at = &a->records;

	if (r)
		return r;
	r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	snprintf(r->id, sizeof(r->id), "%s", id);
	r->base = strdup(base);
	r->prefix = strdup(prefix);
	r->style = strdup(style);
	if (!r->base || !r->prefix || !r->style) {
		record_free(r);
		return NULL;
	}
	while (*at)
		at = &(*at)->next;
	*at = r;
	a->dirty = true;
	return r;
}

void announced_remove(struct announced *a, struct announced_record *r)
{
	struct announced_record **at = &a->records;

	while (*at && *at != r)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = r->next;
	record_free(r);
	a->dirty = true;
}

static struct announced_key *find_key(const struct announced_record *r, const char *key)
{
	for (size_t i = 0; i < r->keys_count; i++)
		if (strcmp(r->keys[i].name, key) == 0)
			return &r->keys[i];
	return NULL;
}

bool announced_has(const struct announced_record *r, const char *key)
{
	const struct announced_key *k = find_key(r, key);

	return k && !k->gone;
}

void announced_add(struct announced *a, struct announced_record *r, const char *key)
{
	struct announced_key *keys, *known = find_key(r, key);
	char *name;

	if (known) {
		a->dirty |= known->gone;
		known->gone = false;
		return;
	}
	keys = reallocarray(r->keys, r->keys_count + 1, sizeof(*keys));
	if (!keys)
		return;
	r->keys = keys;
	name = strdup(key);
	if (!name)
		return;
	keys[r->keys_count++] = (struct announced_key){ .name = name };
	a->dirty = true;
}

void announced_gone(struct announced *a, struct announced_key *key)
{
	a->dirty |= !key->gone;
	key->gone = true;
}

void announced_set_scalars(struct announced *a, struct announced_record *r, bool scalars)
{
	a->dirty |= r->scalars != scalars;
	r->scalars = scalars;
}

static bool add_record(cJSON *list, const struct announced_record *r)
{
	cJSON *item = cJSON_CreateObject(), *keys;

	if (!cJSON_AddItemToArray(list, item) || !cJSON_AddStringToObject(item, "base", r->base) ||
		!cJSON_AddStringToObject(item, "prefix", r->prefix) ||
		!cJSON_AddStringToObject(item, "style", r->style) || !cJSON_AddStringToObject(item, "id", r->id) ||
		!cJSON_AddBoolToObject(item, "scalars", r->scalars))
		return false;
	keys = cJSON_AddArrayToObject(item, "keys");
	for (size_t i = 0; keys && i < r->keys_count; i++)
		if (!r->keys[i].gone && !cJSON_AddItemToArray(keys, cJSON_CreateString(r->keys[i].name)))
			return false;
	return keys != NULL;
}

void announced_save(struct announced *a)
{
	cJSON *all, *list;
	char *text = NULL;

	if (!a->dirty)
		return;
	a->dirty = false;
	if (!a->keep)
		return;
	all = cJSON_CreateObject();
	cJSON_AddNumberToObject(all, "v", 1);
	list = cJSON_AddArrayToObject(all, "announced");
	bool good = list != NULL;
	for (const struct announced_record *r = a->records; good && r; r = r->next)
		good = add_record(list, r);
	if (good)
		text = cJSON_PrintUnformatted(all);
	if (text)
		a->keep(a->keep_user, text);
	cJSON_free(text);
	cJSON_Delete(all);
}
