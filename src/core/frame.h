/* SPDX-License-Identifier: MIT */
/*
 * Bytes -> samples: recognition of the format, synchronisation, length, checksum, rejects by reason.
 *
 * Drivers stand in one table (format.h); this module only owns the line buffer, the recognition and the counters.
 * Nothing is ever sent to the device. Lines are bounded (512 bytes), resynchronisation is by byte. What was read before the
 * format was recognised is kept (64 lines at most, with their arrival times) and decoded once it is, so that recognition
 * costs no samples but the first two lines.
 */
#ifndef CORE_FRAME_H
#define CORE_FRAME_H

#include <knead/format.h>
#include <knead/k1.h>
#include <knead/sample.h>
#include <knead/settings.h>

struct frame; /* defined in frame_internal.h, embedded by the pipeline through frame_size() */

size_t frame_size(void);
/* settings must outlive the frame. */
void frame_init(struct frame *f, const struct knead_settings *settings);

/*
 * Takes bytes until a sample is complete or the bytes are used up; returns how many were taken. *ret_got tells whether *ret
 * holds a sample. Samples that wait (after recognition) come out with n == 0 too, so loop while (got || used < n). It also
 * stops behind the line with which a problem begins.
 * rx_us is when the bytes arrived, or KNEAD_RX_UNKNOWN.
 */
size_t frame_push(
	struct frame *f, const uint8_t *bytes, size_t n, int64_t rx_us, struct knead_sample *ret, bool *ret_got);

/* The port was closed or bytes were lost: forget partial lines, recognise again. Counters go on. */
void frame_reset(struct frame *f);

const struct knead_frame_stats *frame_stats(const struct frame *f);
const char *frame_format(const struct frame *f); /* recognised format, or NULL */
const struct knead_k1_info *frame_info(const struct frame *f); /* the device's description, or NULL */
bool frame_info_news(
	struct frame *f); /* whether a description has come since the last call, the same as before or another */
enum knead_unit frame_unit(const struct frame *f); /* unit that the stream itself names, or KNEAD_UNIT_UNSET */
/* What makes the device tare itself, in ret of FRAME_TARE_MAX bytes; 0 when it cannot, or nobody knows how. */
#define FRAME_TARE_MAX 32
size_t frame_tare(const struct frame *f, uint8_t *ret);
/* Why recognition refuses to guess (ambiguous columns, ...): a sentence, or NULL. Stays until recognition or frame_reset(). */
const char *frame_problem(const struct frame *f);
uint64_t frame_problems(const struct frame *f); /* how often one began */

#endif
