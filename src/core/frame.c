/* SPDX-License-Identifier: MIT */
/*
 * Bytes -> lines and frames -> samples.
 *
 *	SEARCH  all bytes are kept, with the arrival of each line end; after each one the formats look at what is there
 *	REPLAY  a format holds: what was kept goes through the same code as live bytes, with its own arrival times
 *	LIVE    one line at a time; a sample line that lies whole in the caller's bytes is decoded there
 *
 *	          recognised               kept bytes used up
 *	SEARCH ----------------> REPLAY ----------------------> LIVE
 *	   ^                                                      |
 *	   +---- restart, 20 bad lines, silence, frame_reset -----+
 *
 * Each byte ends up counted as used or as rejected, exactly once: when its line is judged, or when it leaves what is kept.
 */
#include <string.h>

#include "frame_internal.h"
#include "look.h"

size_t frame_size(void)
{
	return sizeof(struct frame);
}

static void frame_start_search(struct frame *f, uint32_t skip)
{
	const struct format *named = f->named;

	f->state = FRAME_SEARCH;
	f->format = NULL;
	f->bad_run = 0;
	f->unit = KNEAD_UNIT_UNSET;
	f->glue_n = 0;
	f->banner_at = 0;
	look_init(&f->look, skip);
	if (named && named->checked) {
		f->state = FRAME_LIVE;
		f->format = named;
		named->start(f);
	}
}

/* What is dropped when nothing is known of where we are in the stream. A named format is sooner sure of itself. */
static uint32_t frame_skip_all(const struct frame *f)
{
	return f->named ? LOOK_SKIP_REST : LOOK_SKIP_REST | LOOK_SKIP_FIRST;
}

void frame_init(struct frame *f, const struct knead_settings *settings)
{
	memset(f, 0, sizeof(*f));
	f->settings = settings;
	f->named = format_find(settings->format);
	f->rx_us = KNEAD_RX_UNKNOWN;
	frame_start_search(f, frame_skip_all(f));
}

static void frame_reject(struct frame *f, size_t bytes, enum knead_reject reason)
{
	f->stats.rejected_bytes += bytes;
	f->stats.rejects[reason]++;
	f->last_used = false;
}

size_t frame_waiting(const struct frame *f)
{
	size_t kept = f->state == FRAME_SEARCH   ? f->look.n
		      : f->state == FRAME_REPLAY ? f->look.n - f->look.replay_at
						 : 0;

	return kept + f->fill;
}

void frame_reset(struct frame *f)
{
	size_t waiting = frame_waiting(f);

	if (waiting > 0)
		frame_reject(f, waiting, KNEAD_REJECT_PARTIAL);
	f->fill = 0;
	f->overlong = false;
	f->after_cr = false;
	f->restarted = false;
	f->tared = false;
	f->sketch = SKETCH_NONE;
	f->fast = NULL;
	f->rx_us = KNEAD_RX_UNKNOWN;
	f->problem[0] = '\0';
	f->header_n = 0;
	f->banners = 0;
	f->k1.known = false;
	f->stats.resyncs++;
	frame_start_search(f, frame_skip_all(f));
}

/* Recognition starts again with a line that is not known to be whole, because the device restarted or bytes went bad. */
static void frame_again(struct frame *f, bool restarted, uint32_t skip)
{
	f->stats.resyncs++;
	if (restarted) {
		f->stats.restarts++;
		f->restarted = true;
	}
	frame_start_search(f, skip);
}

/* One line of the recognised format has proved bad. */
static void frame_bad(struct frame *f, size_t bytes, enum knead_reject reason)
{
	frame_reject(f, bytes, reason);
	if (++f->bad_run < FRAME_BAD_RUN || f->state != FRAME_LIVE)
		return;
	if (f->named && f->named->checked) {
		f->bad_run = 0;
		f->stats.resyncs++;
		f->named->start(f);
		return;
	}
	frame_again(f, false, LOOK_SKIP_FIRST | (f->overlong ? LOOK_SKIP_REST : 0));
}

static void frame_text(struct frame *f, const uint8_t *line, size_t n, size_t bytes)
{
	if (!f->format->checked && chatter_is_tare(line, n))
		f->tared = true;
	if (f->state == FRAME_LIVE && !f->format->checked &&
		(chatter_is_boot(line, n) || chatter_is_banner(f, line, n))) {
		frame_reject(f, bytes, KNEAD_REJECT_TEXT);
		frame_again(f, true, 0);
		return;
	}
	frame_bad(f, bytes, KNEAD_REJECT_TEXT);
}

/*
 * Judges one line or frame of n bytes; with its end it is `bytes` long. Returns whether *ret holds a sample.
 */
static bool frame_take(
	struct frame *f, const uint8_t *line, size_t n, size_t bytes, int64_t rx_us, struct knead_sample *ret)
{
	enum decode decode;

	if (n == 0) {
		*(f->last_used ? &f->stats.used_bytes : &f->stats.rejected_bytes) += bytes;
		return false;
	}
	if (!f->format->binary && !text_is_clean(line, n)) {
		frame_bad(f, bytes, KNEAD_REJECT_BAD_BYTE);
		return false;
	}
	decode = f->format->decode(f, line, n, ret);
	if (decode == DECODE_RESTART && f->state == FRAME_REPLAY) {
		/* what is known of the format was learnt from later lines: go on, the line itself is lost */
		f->restarted = true;
		f->stats.restarts++;
		frame_reject(f, bytes, KNEAD_REJECT_PARTIAL);
	} else if (decode == DECODE_RESTART || decode == DECODE_RELEARN) {
		frame_reject(f, bytes, KNEAD_REJECT_PARTIAL);
		if (f->state == FRAME_LIVE)
			frame_again(f, decode == DECODE_RESTART, 0);
	} else if (decode == DECODE_REJECT + KNEAD_REJECT_TEXT) {
		frame_text(f, line, n, bytes);
	} else if (decode >= DECODE_REJECT) {
		frame_bad(f, bytes, (enum knead_reject)(decode - DECODE_REJECT));
	} else {
		f->stats.used_bytes += bytes;
		f->last_used = true;
		f->bad_run = 0;
		f->banner_at = 0;
	}
	if (decode != DECODE_SAMPLE)
		return false;
	f->stats.samples++;
	ret->rx_us = rx_us;
	if (f->restarted) {
		ret->restarted = true;
		f->restarted = false;
	}
	if (f->tared) {
		ret->tared = true;
		f->tared = false;
	}
	return true;
}

/* Where the device sends no line ends: whether the bytes so far end with the text that begins a new line. */
static bool frame_is_glued(const struct frame *f)
{
	return f->glue_n > 0 && f->fill > f->glue_n && memcmp(f->line + f->fill - f->glue_n, f->glue, f->glue_n) == 0;
}

/* Adds bytes of a line whose end is not among them. Returns whether that completed a sample. */
static bool frame_add(
	struct frame *f, const uint8_t *bytes, size_t n, size_t *ret_taken, int64_t rx_us, struct knead_sample *ret)
{
	for (size_t i = 0; i < n; i++) {
		if (f->overlong) {
			f->stats.rejected_bytes++;
			continue;
		}
		if (f->fill == FRAME_LINE_MAX) {
			size_t fill = f->fill;

			f->fill = 0;
			f->overlong = true;
			frame_bad(f, fill, KNEAD_REJECT_TOO_LONG);
			*ret_taken = i;
			return false;
		}
		f->line[f->fill++] = bytes[i];
		if (frame_is_glued(f)) {
			uint32_t glue_n = f->glue_n;
			size_t length = f->fill - glue_n;
			bool got;

			f->fill = 0;
			got = frame_take(f, f->line, length, length, rx_us, ret);
			*ret_taken = i + 1;
			if (f->state == FRAME_SEARCH) {
				f->stats.rejected_bytes += glue_n;
				return got;
			}
			memcpy(f->line, f->glue, glue_n);
			f->fill = glue_n;
			return got;
		}
	}
	*ret_taken = n;
	return false;
}

/* Length of what stands before the first line or frame end, or n. */
static size_t frame_find_end(const struct frame *f, const uint8_t *bytes, size_t n)
{
	if (f->format->binary) {
		const uint8_t *end = memchr(bytes, 0, n);

		return end ? (size_t)(end - bytes) : n;
	}
	for (size_t i = 0; i < n; i++)
		if (bytes[i] <= '\r' && (bytes[i] == '\n' || bytes[i] == '\r'))
			return i;
	return n;
}

/* Takes an LF that follows the CR of the line before, whatever has become of that line. Returns whether it was one. */
static bool frame_take_lf(struct frame *f, uint8_t byte)
{
	bool belongs = f->after_cr && byte == '\n';

	f->after_cr = false;
	if (belongs)
		*(f->last_used ? &f->stats.used_bytes : &f->stats.rejected_bytes) += 1;
	return belongs;
}

/*
 * Takes bytes of a recognised format up to the end of one line at most. Returns how many; *ret_got tells of a sample.
 * The state may be FRAME_SEARCH afterwards.
 */
static size_t frame_decode(
	struct frame *f, const uint8_t *bytes, size_t n, int64_t rx_us, struct knead_sample *ret, bool *ret_got)
{
	size_t length, end, taken, fill;

	if (frame_take_lf(f, bytes[0]))
		return 1;
	length = frame_find_end(f, bytes, n);
	f->after_cr = length + 1 == n && bytes[length] == '\r' && !f->format->binary;
	end = length + 1 < n && bytes[length] == '\r' && bytes[length + 1] == '\n' ? 2 : 1;
	if (f->overlong && length < n) {
		f->stats.rejected_bytes += length + end;
		f->overlong = false;
		f->last_used = false;
		return length + end;
	}
	if (length < n && f->fill == 0 && length <= FRAME_LINE_MAX && f->glue_n == 0) {
		*ret_got = frame_take(f, bytes, length, length + end, rx_us, ret);
		return length + end;
	}
	*ret_got = frame_add(f, bytes, length, &taken, rx_us, ret);
	if (taken < length || *ret_got || length == n || f->state == FRAME_SEARCH)
		return taken;
	fill = f->fill;
	f->fill = 0;
	*ret_got = frame_take(f, f->line, fill, fill + end, rx_us, ret);
	return taken + end;
}

/* A format holds. What is kept goes to it, but for the lines that may be torn. */
static void frame_lock(struct frame *f, const struct format *format)
{
	struct look *l = &f->look;

	f->format = format;
	f->state = FRAME_REPLAY;
	f->fill = 0;
	f->overlong = false;
	f->problem[0] = '\0';
	l->replay_mark = 0;
	l->replay_at = 0;
	if (format->checked)
		return;
	look_sketch(f);
	look_banners(f);
	if (l->skip_end > 0) {
		f->stats.rejected_bytes += l->skip_end;
		f->stats.rejects[KNEAD_REJECT_PARTIAL] += l->skipped;
		l->replay_at = l->skip_end;
	}
}

/* Decodes kept bytes until a sample comes out or none are left. */
static bool frame_replay(struct frame *f, struct knead_sample *ret)
{
	struct look *l = &f->look;
	bool got = false;

	while (!got && l->replay_at < l->n) {
		uint32_t end = l->n;
		int64_t rx_us = KNEAD_RX_UNKNOWN;

		while (l->replay_mark < l->marks && l->mark[l->replay_mark].end <= l->replay_at)
			l->replay_mark++;
		if (l->replay_mark < l->marks) {
			end = l->mark[l->replay_mark].end;
			rx_us = l->mark[l->replay_mark].rx_us;
		}
		l->replay_at +=
			(uint32_t)frame_decode(f, l->bytes + l->replay_at, end - l->replay_at, rx_us, ret, &got);
	}
	if (l->replay_at == l->n) {
		f->state = FRAME_LIVE;
		f->bad_run = 0;
		l->n = 0;
		l->replay_at = 0;
	}
	return got;
}

/* Keeps bytes until a format is recognised, or there is a problem where there was none. Returns how many were taken. */
static size_t frame_search(struct frame *f, const uint8_t *bytes, size_t n, int64_t rx_us)
{
	bool had_problem = f->problem[0] != '\0';

	for (size_t i = 0; i < n; i++) {
		enum look_event event = look_add(f, bytes[i], rx_us);

		if (event == LOOK_NOTHING)
			continue;
		for (size_t k = 0; format_at(k); k++) {
			const struct format *format = format_at(k);

			if (f->named ? format != f->named : format->by_name)
				continue;
			if (format->binary != (event == LOOK_FRAME))
				continue;
			if (format->recognise(f)) {
				frame_lock(f, format);
				return i + 1;
			}
		}
		if (!had_problem && f->problem[0] != '\0') {
			f->problems++;
			return i + 1;
		}
	}
	return n;
}

/* Bytes arrive at another time than the last. After a long silence it may be another device, or a torn line. */
static void frame_mind_silence(struct frame *f, int64_t rx_us)
{
	bool silent = rx_us != KNEAD_RX_UNKNOWN && f->rx_us != KNEAD_RX_UNKNOWN && rx_us > f->rx_us &&
		      (uint64_t)rx_us - (uint64_t)f->rx_us > FRAME_SILENCE_US;

	f->rx_us = rx_us;
	if (!silent || f->state != FRAME_LIVE)
		return;
	if (f->fill > 0)
		frame_reject(f, f->fill, KNEAD_REJECT_PARTIAL);
	f->fill = 0;
	f->overlong = false;
	if (f->named && f->named->checked)
		return;
	frame_again(f, false, frame_skip_all(f));
}

/* Whole sample lines may be decoded where they lie, while nothing waits and nothing is to be said of the next sample. */
static frame_fast_fn frame_fast(const struct frame *f)
{
	bool plain = f->state == FRAME_LIVE && f->fill == 0 && !f->overlong && !f->restarted && f->glue_n == 0;

	return plain ? f->format->fast : NULL;
}

/* Kept apart so that the short way through frame_push() stays short. */
static __attribute__((noinline)) size_t frame_push_any(
	struct frame *f, const uint8_t *bytes, size_t n, int64_t rx_us, struct knead_sample *ret, bool *ret_got)
{
	uint64_t problems = f->problems;
	size_t used = 0;

	*ret_got = false;
	if (n > 0 && rx_us != f->rx_us)
		frame_mind_silence(f, rx_us);
	while (!*ret_got && f->problems == problems && (used < n || f->state == FRAME_REPLAY)) {
		if (f->state == FRAME_REPLAY)
			*ret_got = frame_replay(f, ret);
		else if (f->state == FRAME_SEARCH && !frame_take_lf(f, bytes[used]))
			used += frame_search(f, bytes + used, n - used, rx_us);
		else if (f->state == FRAME_SEARCH)
			used++;
		else
			used += frame_decode(f, bytes + used, n - used, rx_us, ret, ret_got);
	}
	f->stats.bytes += used;
	f->fast = frame_fast(f);
	return used;
}

size_t frame_push(
	struct frame *f, const uint8_t *bytes, size_t n, int64_t rx_us, struct knead_sample *ret, bool *ret_got)
{
	size_t used;

	if (!f->fast || n < FRAME_FAST_MIN || rx_us != f->rx_us)
		return frame_push_any(f, bytes, n, rx_us, ret, ret_got);
	used = f->fast(f, bytes, ret);
	if (used == 0)
		return frame_push_any(f, bytes, n, rx_us, ret, ret_got);
	f->stats.bytes += used;
	f->stats.used_bytes += used;
	f->stats.samples++;
	f->bad_run = 0;
	f->last_used = true;
	ret->rx_us = rx_us;
	*ret_got = true;
	return used;
}
