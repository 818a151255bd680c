/* SPDX-License-Identifier: MIT */
/*
 * What has been announced, and not yet taken back: who, under which topics, in which style. Outlives a connection, a reload
 * and, kept in the state directory, a restart, so that what the configuration no longer has is found and cleared away, also
 * where it changed while kneadd was not running. Pure: from text to records and back.
 */
#ifndef APP_ANNOUNCED_H
#define APP_ANNOUNCED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <knead/settings.h>

/* One entity. */
struct announced_key {
	char *name; /* "PLATFORM/KEY" */
	bool gone; /* taken back, and that has arrived: not kept for the next start */
};

/* One device, or the bridge, at one place. A new base, prefix or style makes a new record. */
struct announced_record {
	struct announced_record *next;
	char *base, *prefix;
	char *style; /* "device", "components"; "off" = on its own topics alone */
	char id[KNEAD_NAME_MAX];
	bool scalars; /* value/ has been used */
	struct announced_key *keys; /* keys_count of them */
	size_t keys_count;

	/* for the publisher, not kept */
	bool stale; /* being taken back */
	unsigned teller; /* who told last, at told_us, what has this hash; 0 = nobody yet */
	int64_t told_us;
	uint32_t hash;
};

/* Keeps a text for the next start. Must not block. */
typedef void (*announced_keep_fn)(void *user, const char *text);

struct announced {
	struct announced_record *records;
	bool blank; /* nothing is known of earlier starts: anything may have been announced */
	bool dirty;
	unsigned tellers; /* publishers so far */
	announced_keep_fn keep; /* may be NULL */
	void *keep_user;
};

/* text: what was kept, or NULL. Text that is none of ours counts as nothing known. Returns 0 and *ret, or -ENOMEM. */
int announced_new(const char *text, announced_keep_fn keep, void *user, struct announced **ret);
void announced_free(struct announced *a); /* NULL is fine; keeps nothing */

/* The record of a place, or NULL. */
struct announced_record *announced_find(
	const struct announced *a, const char *base, const char *prefix, const char *style, const char *id);
/* The same, made where there is none; NULL without memory. */
struct announced_record *announced_need(
	struct announced *a, const char *base, const char *prefix, const char *style, const char *id);
void announced_remove(struct announced *a, struct announced_record *r);

/* Notes that an entity stands there. Without memory it is not remembered. */
void announced_add(struct announced *a, struct announced_record *r, const char *key);
/* Notes that its removal has arrived. */
void announced_gone(struct announced *a, struct announced_key *key);
/* Whether the entity stands there, as far as is known. */
bool announced_has(const struct announced_record *r, const char *key);
void announced_set_scalars(struct announced *a, struct announced_record *r, bool scalars);

/* Hands what there is to keep(), if it has changed since. */
void announced_save(struct announced *a);

#endif
