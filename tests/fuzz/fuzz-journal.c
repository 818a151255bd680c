/* SPDX-License-Identifier: MIT */
/*
 * Any journal that a kneadd may find: rows of any kind in tables of ours, or any bytes as the file. It is opened, set aside or refused
 * with a sentence; what waits is read in order and becomes messages; marking and removing do what they say; and what `knead
 * history` tells of it are numbers.
 *
 * Input: a byte that picks rows or a file and the clocks. Rows: a byte of enum row each, and its values, each a byte of enum value
 * and what it needs. A file: its bytes.
 */
#include <dirent.h>
#include <math.h>
#include <string.h>

#include "fuzz.h"
#include "history.h"
#include "journal_internal.h"
#include "mqtt_item.h"

#define ROWS_MAX 40
#define TEXT_MAX 250

enum row { ROW_RUN, ROW_EVENT, _ROWS };
enum value { VALUE_SMALL, VALUE_NUMBER, VALUE_TEXT, VALUE_BLOB, VALUE_REAL, VALUE_WALL, _VALUES };

/* Bytes that are taken from the front; zeros when they are used up. */
struct input {
	const uint8_t *at;
	size_t n;
};

static uint64_t take(struct input *in, unsigned bytes)
{
	uint64_t value = 0;

	for (; bytes > 0 && in->n > 0; bytes--, in->n--)
		value = value << 8 | *in->at++;
	return value;
}

/* ---- a folder in memory where there is one ---- */

static char folder[64], path[96];

static void make_folder(void)
{
	snprintf(folder, sizeof(folder), "/dev/shm/knead-fuzz-XXXXXX");
	if (!mkdtemp(folder)) {
		snprintf(folder, sizeof(folder), "/tmp/knead-fuzz-XXXXXX");
		FUZZ_CHECK(mkdtemp(folder));
	}
	snprintf(path, sizeof(path), "%s/journal.db", folder);
}

static void remove_folder(void)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char file[400];

	FUZZ_CHECK(dir);
	while ((entry = readdir(dir))) {
		snprintf(file, sizeof(file), "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] != '.')
			remove(file);
	}
	closedir(dir);
	FUZZ_CHECK(remove(folder) == 0);
}

/* ---- what lies there ---- */

static void bind(sqlite3_stmt *s, int column, struct input *in)
{
	uint64_t bits;
	double real;
	size_t n;

	switch ((enum value)(take(in, 1) % _VALUES)) {
	case VALUE_SMALL:
		sqlite3_bind_int64(s, column, (int8_t)take(in, 1));
		break;
	case VALUE_NUMBER:
		sqlite3_bind_int64(s, column, (int64_t)take(in, 8));
		break;
	case VALUE_REAL:
		bits = take(in, 8);
		memcpy(&real, &bits, sizeof(real));
		sqlite3_bind_double(s, column, real);
		break;
	case VALUE_WALL:
		sqlite3_bind_int64(s, column, INT64_C(1795162800000000) - (int64_t)take(in, 4) * 1000);
		break;
	case VALUE_TEXT:
		n = take(in, 1) % TEXT_MAX;
		n = n < in->n ? n : in->n;
		sqlite3_bind_text(s, column, (const char *)in->at, (int)n, SQLITE_TRANSIENT);
		take(in, (unsigned)n);
		break;
	case VALUE_BLOB:
		n = take(in, 1) % TEXT_MAX;
		n = n < in->n ? n : in->n;
		sqlite3_bind_blob(s, column, in->at, (int)n, SQLITE_TRANSIENT);
		take(in, (unsigned)n);
		break;
	case _VALUES:
		break;
	}
}

/* What another program, or an older one, may have put there. */
static void write_rows(struct input *in)
{
	static const char *const sql[_ROWS] = {
		"INSERT OR REPLACE INTO run (no, boot, kernel, started_us) VALUES (?, ?, ?, ?)",
		"INSERT OR REPLACE INTO event (key, device, grp, payload, decided_us, wall_us, done)"
		" VALUES (?, ?, ?, ?, ?, ?, ?)",
	};
	static const int columns[_ROWS] = { 4, 7 };
	sqlite3 *db;

	FUZZ_CHECK(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK);
	for (int row = 0; row < ROWS_MAX && in->n > 0; row++) {
		unsigned which = (unsigned)take(in, 1) % _ROWS;
		sqlite3_stmt *s;

		FUZZ_CHECK(sqlite3_prepare_v2(db, sql[which], -1, &s, NULL) == SQLITE_OK);
		for (int i = 1; i <= columns[which]; i++)
			bind(s, i, in);
		sqlite3_step(s);
		sqlite3_finalize(s);
	}
	FUZZ_CHECK(sqlite3_close(db) == SQLITE_OK);
}

static void write_file(const struct input *in)
{
	FILE *out = fopen(path, "we");

	FUZZ_CHECK(out && fwrite(in->at, 1, in->n, out) == in->n && fclose(out) == 0);
}

/* ---- what is made of it ---- */

struct reading {
	const struct journal_now *now;
	int64_t last_key;
	unsigned records, most;
	int64_t keys[ROWS_MAX + 1];
};

static bool on_record(void *user, const struct journal_record *record, enum journal_age age)
{
	struct reading *r = user;
	struct mqtt_item *item = mqtt_item_from_journal(record, "knead", 60);

	FUZZ_CHECK(record->key > r->last_key);
	FUZZ_CHECK(age == JOURNAL_FRESH || age == JOURNAL_LATE);
	FUZZ_CHECK(record->payload[record->length] == '\0' && record->fate == JOURNAL_WAITS);
	FUZZ_CHECK(item && item->length == record->length && strncmp(item->topic, "knead/", 6) == 0);
	mqtt_item_unref(item);
	r->last_key = record->key;
	if (r->records < ROWS_MAX + 1)
		r->keys[r->records] = record->key;
	r->records++;
	return r->records < r->most;
}

static struct journal *open_journal(const char *kernel)
{
	struct journal_options options = {
		.path = path,
		.own = true,
		.boot = "5f3a91c2",
		.kernel = kernel,
		.started_wall_us = INT64_C(1795162800000000),
		.late_after_us = 60000000,
		.keep_days = 90,
		.max_bytes = 1 << 20,
	};
	struct journal *j = NULL;
	char why[512] = "";
	int r = journal_open(&options, &j, why, sizeof(why));

	FUZZ_CHECK(r >= 0 ? j != NULL : why[0] != '\0');
	return r >= 0 ? j : NULL;
}

static unsigned read_all(struct journal *j, const struct journal_now *now, struct reading *r)
{
	*r = (struct reading){ .now = now, .last_key = INT64_MIN, .most = UINT32_MAX };
	if (journal_read(j, now, INT64_MIN, on_record, r) < 0)
		FUZZ_CHECK(journal_why(j)[0] != '\0');
	return r->records;
}

/* A record of ours goes in, is there, and is done with; those that were there are marked and removed. */
static void use(struct journal *j, const struct journal_now *now)
{
	struct journal_record record = { .key = journal_key(JOURNAL_RUN_NOW, 1),
		.device = "ball",
		.group = "hold",
		.payload = "{\"v\":1}",
		.length = 7,
		.decided_us = now->boottime_us,
		.wall_us = now->wall_us };
	struct reading before, after;
	unsigned count = read_all(j, now, &before);
	uint64_t lost = 0;

	if (journal_begin(j) == 0 && journal_add(j, &record) == 0 && journal_commit(j) == 0) {
		unsigned more = read_all(j, now, &after);

		FUZZ_CHECK(more >= count && more <= count + 1);
	} else {
		journal_rollback(j);
	}
	FUZZ_CHECK(journal_waiting(j) < UINT32_MAX);
	if (journal_begin(j) == 0) {
		unsigned marked = 0;

		while (marked < before.records && marked <= ROWS_MAX &&
			journal_mark(j, before.keys[marked], JOURNAL_DELIVERED) == 0)
			marked++;
		journal_prune(j, now, &lost);
		if (journal_commit(j) != 0)
			journal_rollback(j);
		else if (marked == count)
			FUZZ_CHECK(read_all(j, now, &after) <= 1); /* but for ours nothing waits any more */
	}
	FUZZ_CHECK(journal_waiting(j) < UINT32_MAX);
}

static void check_session(const struct history_session *s)
{
	const struct knead_session_fields *t = &s->totals;

	FUZZ_CHECK(memchr(s->device, 0, sizeof(s->device)) && memchr(s->boot, 0, sizeof(s->boot)));
	FUZZ_CHECK(isfinite(t->loaded_s) && isfinite(t->dose_ns) && isfinite(t->peak_n) && isfinite(t->longest_hold_s));
}

/* What `knead history` makes of it, beside whoever writes. */
static void look_back(void)
{
	struct history_query query = { .since_us = INT64_MIN, .until_us = INT64_MAX };
	struct history_session last;
	struct history h = { 0 };
	char why[512] = "";
	int r = history_read(path, &query, &h, why, sizeof(why));

	FUZZ_CHECK(r <= 0 && (r == 0 || why[0] != '\0'));
	for (size_t i = 0; i < h.sessions_count; i++)
		check_session(&h.sessions[i]);
	for (size_t i = 0; i < h.holds_count; i++) {
		const struct history_hold *e = &h.holds[i];

		FUZZ_CHECK(memchr(e->device, 0, sizeof(e->device)) && memchr(e->cause, 0, sizeof(e->cause)));
		FUZZ_CHECK(
			isfinite(e->duration_s) && isfinite(e->target_s) && isfinite(e->peak_n) && isfinite(e->mean_n));
		FUZZ_CHECK(isfinite(e->peak_kpa.value) && isfinite(e->steadiness_pct.value));
	}
	history_deinit(&h);
	if (history_last_session(path, "ball", &last, why, sizeof(why)) == 0)
		check_session(&last);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { .at = data + 1, .n = size - 1 };
	struct journal_now now = { .boottime_us = 3600000000, .wall_us = INT64_C(1795162800000000) };
	struct journal *j;

	if (size < 1)
		return 0;
	now.wall_sure = data[0] & 2;
	if (data[0] & 4)
		now.wall_us = 5000000;
	make_folder();
	if (data[0] & 1) {
		write_file(&in);
	} else {
		j = open_journal("one");
		FUZZ_CHECK(j);
		journal_close(j);
		write_rows(&in);
	}
	look_back();
	j = open_journal(data[0] & 8 ? "one" : "two");
	if (j) {
		use(j, &now);
		look_back();
	}
	journal_close(j);
	remove_folder();
	return 0;
}
