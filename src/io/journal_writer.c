/* SPDX-License-Identifier: MIT */
/*
 * The thread of the journal.
 *
 *   open --> write, read back ... --> fails --> wait --> write or open again ...
 *
 * A full disk keeps the file open: it is tried again as it is. After any other failure the file is closed and opened anew;
 * one that is corrupt is set aside, one that is gone is made anew, both at once. Waits grow from a second to a minute. What
 * cannot be written stays in the outbox, the newest of it; what cannot be read back is delivered after the next start.
 */
#include "journal_writer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "journal.h"

#define RETRY_MIN_US 1000000
#define RETRY_MAX_US 60000000
#define PRUNE_US 3600000000 /* how often to look for what is too old, */
#define PRUNE_RECORDS 500 /* or after so many records; both only when something is written anyway */
#define KERNEL_MAX 64

struct writer {
	const struct mqtt_settings *settings;
	struct mqtt_outbox *outbox;
	sink_mqtt_log_fn log;
	void *log_user;
	struct journal *journal; /* NULL while it is not open */
	char kernel[KERNEL_MAX];
	int64_t retry_us, wait_us; /* nothing before the one; the next wait */
	int64_t prune_us;
	unsigned records; /* since it was looked for what is too old */
	bool failing, told_lost;
	bool broken; /* the file was found corrupt after it was opened */
	struct mqtt_spool_batch batch;
};

static void __attribute__((format(printf, 3, 4))) say(struct writer *w, int level, const char *format, ...)
{
	char line[512];
	int used = snprintf(line, sizeof(line), "journal: ");
	va_list list;

	va_start(list, format);
	vsnprintf(line + used, sizeof(line) - (size_t)used, format, list);
	va_end(list);
	w->log(w->log_user, level, line);
}

/* ---- the clocks ---- */

/*
 * Which boot of the machine this is: from the unit, which does not let us read it, or from the kernel. Where neither says, no other
 * run is of this boot.
 */
static void read_kernel(const char *run, char *ret)
{
	const char *given = getenv("KNEADD_BOOT_ID");
	FILE *f = given ? NULL : fopen("/proc/sys/kernel/random/boot_id", "re");

	snprintf(ret, KERNEL_MAX, "%s%s", given ? given : "unknown, run ", given ? "" : run);
	if (f && !fgets(ret, KERNEL_MAX, f))
		snprintf(ret, KERNEL_MAX, "unknown, run %s", run);
	/* as in the kernel's text, so in the unit's: without hyphens */
	size_t length = 0;
	for (const char *at = ret; *at != '\0' && *at != '\n'; at++)
		if (*at != '-')
			ret[length++] = *at;
	ret[length] = '\0';
	if (f)
		fclose(f);
}

/* From a clock that runs on while the machine is off, or from the network. */
static bool wall_is_sure(void)
{
	char set = '0';
	FILE *f = fopen("/sys/class/rtc/rtc0/hctosys", "re");

	if (f) {
		if (fread(&set, 1, 1, f) != 1)
			set = '0';
		fclose(f);
	}
	return set == '1' || access("/run/systemd/timesync/synchronized", F_OK) == 0;
}

static struct journal_now now(bool sure)
{
	struct timespec wall;

	clock_gettime(CLOCK_REALTIME, &wall);
	return (struct journal_now){
		.boottime_us = mqtt_outbox_now_us(),
		.wall_us = wall.tv_sec * 1000000LL + wall.tv_nsec / 1000,
		.wall_sure = sure,
	};
}

/* ---- failing and going on ---- */

static const char *words_for(int error)
{
	switch (error) {
	case -ENOSPC:
	case -EDQUOT:
		return "the disk is full";
	case -EROFS:
		return "the disk or the file is read-only";
	case -EACCES:
	case -EPERM:
		return "no permission to write it";
	case -EBADMSG:
		return "the file is corrupt";
	case -EBUSY:
		return "another program has the file";
	case -ENOTSUP:
		return "the file is none of this kneadd";
	case -ESTALE:
	case -ENOENT:
		return "the file or its folder is gone";
	default:
		return "the disk fails";
	}
}

/* r is what failed, why a sentence for the log. batch: what could not be written, NULL for nothing. */
static void failed(struct writer *w, int r, const char *why, struct mqtt_spool_batch *batch)
{
	bool at_once = !w->failing && (r == -EBADMSG || r == -ESTALE);

	w->broken |= r == -EBADMSG && w->journal;
	if (r != -ENOSPC) {
		journal_close(w->journal);
		w->journal = NULL;
	}
	if (!w->failing && !at_once)
		say(w, LOG_ERR, "%s (%s); the newest %d events are kept in memory until it can be written", why,
			words_for(r), MQTT_SPOOL_EVENTS);
	w->failing = true;
	mqtt_outbox_journal_failed(w->outbox, batch, words_for(r));
	w->retry_us = mqtt_outbox_now_us() + (at_once ? 0 : w->wait_us);
	if (!at_once)
		w->wait_us = w->wait_us * 2 < RETRY_MAX_US ? w->wait_us * 2 : RETRY_MAX_US;
}

static void went_well(struct writer *w)
{
	if (w->failing)
		say(w, LOG_NOTICE, "%s is written again", w->settings->journal_path);
	w->failing = false;
	w->retry_us = 0;
	w->wait_us = RETRY_MIN_US;
}

/* ---- opening ---- */

static void open_journal(struct writer *w)
{
	const struct mqtt_settings *s = w->settings;
	struct journal_options options = {
		.path = s->journal_path,
		.own = s->journal_own,
		.broken = w->broken,
		.boot = s->journal_boot,
		.kernel = w->kernel,
		.started_wall_us = s->journal_started_us,
		.late_after_us = s->late_after_us,
		.keep_days = s->journal_keep_days,
		.max_bytes = s->journal_max_bytes,
	};
	char why[256];
	int r = journal_open(&options, &w->journal, why, sizeof(why));

	if (r < 0) {
		failed(w, r, why, NULL);
		return;
	}
	w->broken = false;
	if (r == JOURNAL_E_SET_ASIDE)
		say(w, LOG_ERR, "%s", why);
	mqtt_outbox_journal_opened(w->outbox, journal_waiting(w->journal));
}

/* ---- writing ---- */

static int write_batch(struct writer *w)
{
	const struct mqtt_spool_batch *b = &w->batch;
	int r = journal_begin(w->journal);

	for (size_t i = 0; r == 0 && i < b->count; i++) {
		const struct mqtt_item *item = b->items[i];
		struct journal_record record = {
			.key = item->key,
			.device = item->device,
			.group = item->group,
			.payload = item->payload,
			.length = item->length,
			.decided_us = item->since_us,
			.wall_us = item->wall_us,
			.fate = w->settings->host ? b->fates[i] : JOURNAL_DELIVERED,
		};

		r = journal_add(w->journal, &record);
	}
	for (size_t i = 0; r == 0 && i < b->marks_count; i++)
		r = journal_mark(w->journal, b->marks[i].key, b->marks[i].fate);
	return r;
}

/* In the transaction that is open anyway. Returns 0 or a negative errno. */
static int prune(struct writer *w, uint64_t *ret_lost)
{
	struct journal_now clocks = now(false);
	int r;

	*ret_lost = 0;
	w->records += (unsigned)w->batch.count;
	if (clocks.boottime_us < w->prune_us && w->records < PRUNE_RECORDS)
		return 0;
	r = journal_prune(w->journal, &clocks, ret_lost);
	if (r != 0) /* something was there: look again next time */
		return r < 0 ? r : 0;
	w->prune_us = clocks.boottime_us + PRUNE_US;
	w->records = 0;
	return 0;
}

static void tell_lost(struct writer *w, uint64_t lost)
{
	if (lost > 0 && !w->told_lost)
		say(w, LOG_ERR, "%s has grown to its largest size with events that no broker took; the oldest give way",
			w->settings->journal_path);
	w->told_lost |= lost > 0;
}

static void write_out(struct writer *w)
{
	uint64_t lost = 0;
	int r;

	mqtt_outbox_journal_take(w->outbox, &w->batch);
	r = write_batch(w);
	if (r == 0)
		r = prune(w, &lost);
	if (r == 0)
		r = journal_commit(w->journal);
	if (r < 0) {
		char why[256];

		snprintf(why, sizeof(why), "%s", journal_why(w->journal));
		journal_rollback(w->journal);
		failed(w, r, why, &w->batch);
		return;
	}
	mqtt_outbox_journal_written(w->outbox, &w->batch, journal_waiting(w->journal), lost);
	tell_lost(w, lost);
	went_well(w);
}

/* ---- reading back ---- */

struct reading {
	struct writer *w;
	bool late; /* which of the two is read */
	bool end; /* there is no more of it */
	size_t room;
};

static bool on_record(void *user, const struct journal_record *record, enum journal_age age)
{
	struct reading *reading = user;
	const struct mqtt_settings *s = reading->w->settings;
	struct mqtt_item *item;

	if (reading->late && age == JOURNAL_FRESH)
		return false;
	if (reading->room == 0) {
		reading->end = false;
		return false;
	}
	item = mqtt_item_from_journal(record, s->base, s->event_expiry_s);
	if (!item) {
		reading->end = false;
		return false;
	}
	if (reading->late || age == JOURNAL_FRESH)
		reading->room--;
	mqtt_outbox_journal_add(reading->w->outbox, item, reading->late, age == JOURNAL_LATE);
	return true;
}

static void read_back(struct writer *w, bool late)
{
	struct reading reading = { .w = w, .late = late, .end = true };
	int64_t after = mqtt_outbox_journal_after(w->outbox, late, &reading.room);
	struct journal_now clocks = now(wall_is_sure());
	int r;

	/* Unreadable: what has not been written yet must go out all the same. */
	r = w->journal ? journal_read(w->journal, &clocks, after, on_record, &reading) : 0;
	if (r < 0) {
		char why[256];

		snprintf(why, sizeof(why), "%s", journal_why(w->journal));
		failed(w, r, why, NULL);
	}
	if (reading.end)
		mqtt_outbox_journal_end(w->outbox, late);
}

/* ---- the thread ---- */

void journal_writer_run(
	const struct mqtt_settings *settings, struct mqtt_outbox *outbox, sink_mqtt_log_fn log, void *log_user)
{
	struct writer w = {
		.settings = settings,
		.outbox = outbox,
		.log = log,
		.log_user = log_user,
		.wait_us = RETRY_MIN_US,
	};
	unsigned work;

	read_kernel(settings->journal_boot, w.kernel);
	do {
		work = mqtt_outbox_journal_wait(outbox, w.journal != NULL, w.retry_us);
		if (work & MQTT_JOURNAL_OPEN)
			open_journal(&w);
		if (w.journal && (work & MQTT_JOURNAL_WRITE))
			write_out(&w);
		if (work & (MQTT_JOURNAL_READ_FRESH | MQTT_JOURNAL_OPEN))
			read_back(&w, false);
		if (w.journal && (work & MQTT_JOURNAL_READ_LATE))
			read_back(&w, true);
	} while (!(work & MQTT_JOURNAL_LEAVE));
	journal_close(w.journal);
}
