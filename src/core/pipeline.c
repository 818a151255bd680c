/* SPDX-License-Identifier: MIT */
/*
 * The data path: bytes -> frame -> clock -> calib -> detect -> events. The only file that knows the order.
 *
 * Silence is judged by arrival time: two seconds without a sample end what is open at the last real sample and report
 * no_data. Deadlines before the arrival of new bytes fire before those bytes are looked at, so that a live run, which is
 * woken by timers, and a replay, which only sees the next chunk, do the same things in the same order.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline_internal.h"

#define SAMPLE_EVENTS_MAX 32 /* most that one sample, deadline or gap may cause; a test holds it to that */
#define LOST_US (2 * KNEAD_US_PER_S)
#define FIRST_SAMPLE_US (10 * KNEAD_US_PER_S) /* after opening: bootloaders and settling take their time */
#define LEARN_US (2 * KNEAD_US_PER_S) /* how long a KI line is awaited where nobody told the scale */
#define CHECK_US (KNEAD_US_PER_S / 10)
#define RATE_CHECK_US (10 * KNEAD_US_PER_S)
#define RATE_TOLERANCE 0.25
#define ZERO_SHIFT_SHARE 0.02
#define ZERO_SHIFT_N 10.0 /* where the capacity is not known */
#define SATURATED_RUN 3
#define SATURATED_OVER_US (10 * KNEAD_US_PER_S) /* a load about the limit comes and goes: one fault */

int knead_pipeline_new(const struct knead_settings *settings, struct knead_pipeline **ret)
{
	size_t own = (sizeof(struct knead_pipeline) + 63) & ~(size_t)63;
	struct knead_pipeline *p;
	char why[128];

	if (knead_settings_check(settings, why, sizeof why) < 0)
		return -EINVAL;
	p = calloc(1, own + frame_size());
	if (!p)
		return -ENOMEM;
	p->settings = *settings;
	p->frame = (struct frame *)((char *)p + own);
	p->emit.delay_us = knead_s_to_us(settings->delay_ms / 1000);
	memcpy(p->serial, settings->zero_serial, sizeof p->serial);
	p->rx_us = p->sample_rx_us = p->opened_rx_us = p->emit.origin_rx_us = KNEAD_RX_UNKNOWN;
	frame_init(p->frame, &p->settings);
	clock_init(&p->clock, &p->settings);
	origin_init(&p->origin);
	calib_init(&p->calib, &p->settings);
	retare_init(&p->retare);
	retare_fresh(&p->retare);
	detect_init(&p->detect, &p->settings, &p->emit);
	*ret = p;
	return 0;
}

void knead_pipeline_free(struct knead_pipeline *p)
{
	free(p);
}

void knead_pipeline_set_trace(struct knead_pipeline *p, knead_trace_fn fn, void *user)
{
	p->emit.trace = fn;
	p->emit.trace_user = user;
}

static void emit_into(struct knead_pipeline *p, struct knead_event *out, size_t cap)
{
	p->emit.out = out;
	p->emit.cap = cap;
	p->emit.n = 0;
}

/* A fault is told once, when it begins. */
static bool fault_begins(struct knead_pipeline *p, enum knead_fault_kind kind, bool present)
{
	uint32_t bit = 1u << kind;
	bool begins = present && !(p->fault & bit);

	p->fault = present ? p->fault | bit : p->fault & ~bit;
	return begins;
}

/* Out of the way: detect_force() is to stay small enough to be put in line. */
static __attribute__((cold, noinline)) void tell_spike(const struct knead_pipeline *p, const struct force *force)
{
	emit_measure(&p->emit, KNEAD_MEASURE_SPIKE, force->t_us, p->calib.spike_n, 0);
}

static void detect_force(struct knead_pipeline *p, const struct force *force)
{
	if (force->spike)
		tell_spike(p, force);
	p->detect.signal.unsure = p->clock.late;
	p->detect.implausible_zero = p->calib.zero.implausible;
	detect_push(&p->detect, force, p->gap_open);
	p->gap_open = false;
	calib_track(&p->calib, force, detect_unloaded(&p->detect));
}

/* What still waits for its neighbour comes out: nothing more belongs to it. */
static void flush(struct knead_pipeline *p, bool lost)
{
	struct force force;

	if (calib_flush(&p->calib, lost, &force))
		detect_force(p, &force);
	while (calib_more(&p->calib, &force))
		detect_force(p, &force);
}

static void lose(struct knead_pipeline *p)
{
	flush(p, true);
	detect_lost(&p->detect);
	p->gap_open = false;
	p->online = false;
}

/* The scale may come from the stream: the unit it names, or a KI line. */
static void learn(struct knead_pipeline *p, int64_t t_us)
{
	const struct knead_k1_info *info = frame_info(p->frame);
	const char *format = frame_format(p->frame);
	bool may_say = format && (strcmp(format, "k1") == 0 || strcmp(format, "k1b") == 0);
	bool final = info || !may_say || t_us >= LEARN_US;

	calib_learn(&p->calib, frame_unit(p->frame), info ? info->counts_per_n : 0, final);
	p->learned = p->calib.state != CALIB_WAIT_SCALE;
}

static void check_zero(struct knead_pipeline *p, int64_t t_us)
{
	double limit_n = p->settings.capacity_n > 0 ? ZERO_SHIFT_SHARE * p->settings.capacity_n : ZERO_SHIFT_N;
	double drift_n = zero_drift_n(&p->calib.zero, p->calib.n_per_raw);
	double idle_n = p->calib.zero.mean_n;
	bool negative = idle_n < -p->settings.press_n - limit_n;

	if (fault_begins(p, KNEAD_FAULT_ZERO_SHIFT, fabs(drift_n) > limit_n || negative)) {
		if (negative)
			emit_fault(&p->emit, KNEAD_FAULT_ZERO_SHIFT, t_us,
				"reads %.0f N without load: wrong zero, or inverted wiring (negative counts_per_n)",
				idle_n);
		else
			emit_fault(&p->emit, KNEAD_FAULT_ZERO_SHIFT, t_us, "zero moved by %.1f N since start", drift_n);
	}
}

static void check_rate(struct knead_pipeline *p, int64_t t_us)
{
	double hz = clock_rate_hz(&p->clock), expected_hz = p->settings.rate_hz;
	bool off = expected_hz > 0 && hz > 0 && !clock_rate_assumed(&p->clock) &&
		   fabs(hz / expected_hz - 1) > RATE_TOLERANCE;

	if (fault_begins(p, KNEAD_FAULT_RATE, off))
		emit_fault(&p->emit, KNEAD_FAULT_RATE, t_us, "%.1f samples/s, rate_hz says %.1f", hz, expected_hz);
}

/*
 * A cell that has said the same for two seconds: what it carried then is unknown since, and what was open ends there. From
 * now on the other cells count.
 */
static void check_stuck(struct knead_pipeline *p, int64_t t_us)
{
	struct calib_stuck stuck;
	const char *what;

	if (p->calib.dead == 0)
		p->fault &= ~(1u << KNEAD_FAULT_STUCK);
	while (calib_find_stuck(&p->calib, t_us, &stuck)) {
		flush(p, true);
		if (fabs(stuck.force_n) > p->settings.release_n / 2)
			detect_lost_since(&p->detect, stuck.since_us);
		what = stuck.rail ? "at the end of its range for 30 s: a wire is off" : "the same reading for 2 s";
		if (p->calib.cells == 1)
			emit_fault(&p->emit, KNEAD_FAULT_STUCK, t_us, "%s", what);
		else
			emit_fault(&p->emit, KNEAD_FAULT_STUCK, t_us, "cell %u: %s", stuck.cell + 1, what);
		p->fault |= 1u << KNEAD_FAULT_STUCK;
	}
}

/* Faults of the sensor, ten times a second; those of rate and zero every ten seconds. */
static void check_faults(struct knead_pipeline *p, int64_t t_us)
{
	p->check_us = t_us + CHECK_US;
	if (p->calib.saturated_run >= SATURATED_RUN)
		p->saturated_until_us = t_us + SATURATED_OVER_US;
	if (fault_begins(p, KNEAD_FAULT_SATURATED, t_us < p->saturated_until_us))
		emit_fault(&p->emit, KNEAD_FAULT_SATURATED, t_us,
			"the converter is at its limit: overload, or a wire is off");
	check_stuck(p, t_us);
	if (t_us < p->rate_check_us)
		return;
	p->rate_check_us = t_us + RATE_CHECK_US;
	check_rate(p, t_us);
	if (detect_idle(&p->detect))
		check_zero(p, t_us);
}

static void note_sample(struct knead_pipeline *p, const struct knead_sample *sample)
{
	p->has_sample = p->online = true;
	p->samples++;
	p->sample_rx_us = sample->rx_us;
	p->fault &= ~(1u << KNEAD_FAULT_NO_DATA);
	if (sample->rx_us != p->origin.last_rx_us) {
		origin_push(&p->origin, clock_last_us(&p->clock), sample->rx_us, detect_idle(&p->detect));
		p->emit.origin_rx_us = p->origin.rx_us;
	}
}

/* Samples are missing before this one, or the device has started again. */
static void missing(struct knead_pipeline *p, const struct clock_tick *tick)
{
	if (tick->restarted || tick->gap_us > LOST_US)
		lose(p);
	else
		flush(p, false);
	if (tick->restarted)
		retare_fresh(&p->retare);
	p->gaps++;
	emit_measure(&p->emit, KNEAD_MEASURE_GAP, tick->t_us, knead_us_to_s(tick->gap_us), knead_us_to_s(LOST_US));
	p->gap_open = tick->gap_us > 0 && tick->gap_us <= LOST_US;
}

/* The device has tared itself: the zero goes along. Returns whether the sample is to be kept out of detection. */
static __attribute__((noinline)) bool move_zero(
	struct knead_pipeline *p, enum retare_verdict verdict, const double *zero_raw)
{
	if (verdict == RETARE_WAIT)
		return true;
	/* what was read before counts by the zero before; what waits in calib.c was read since */
	if (p->retare.run == 0 && p->calib.parked_count == 0)
		flush(p, false);
	if (verdict == RETARE_LOSE)
		detect_lost(&p->detect);
	calib_move_zero(&p->calib, zero_raw);
	p->tares++;
	return false;
}

/* The device has described itself. With another serial number than before it is another: nothing of the first holds of it. */
static void identify(struct knead_pipeline *p)
{
	const char *serial = frame_info(p->frame)->serial;

	p->nameless = false;
	if (serial[0] == '\0' || strcmp(serial, p->serial) == 0)
		return;
	if (p->serial[0] != '\0') {
		lose(p);
		calib_forget(&p->calib);
		p->learned = false;
	}
	memcpy(p->serial, serial, sizeof p->serial);
}

/*
 * Whether a sample cannot be judged, because nobody knows whose it is: the zero of one ball is a load on another. Who told a
 * serial number before tells it again within a second; who does not is taken for the same.
 */
static bool is_nameless(struct knead_pipeline *p, int64_t t_us)
{
	if (p->nameless_until_us == INT64_MAX)
		p->nameless_until_us = t_us + LEARN_US;
	p->nameless = t_us < p->nameless_until_us;
	return p->nameless;
}

static void push_sample(struct knead_pipeline *p, const struct knead_sample *sample)
{
	double zero_raw[KNEAD_CELLS_MAX];
	enum retare_verdict verdict;
	struct clock_tick tick;
	struct force force;

	clock_push(&p->clock, sample, &tick);
	if (tick.drop)
		return;
	if (tick.gap_us > 0 || tick.restarted)
		missing(p, &tick);
	if (frame_info_news(p->frame))
		identify(p);
	if (!p->learned)
		learn(p, tick.t_us);
	note_sample(p, sample);
	if (p->nameless && is_nameless(p, tick.t_us))
		return;
	if (p->clock.period_us != p->period_us) {
		p->period_us = p->clock.period_us;
		signal_set_period(&p->detect.signal, clock_period_us(&p->clock));
	}
	measure_push(&p->measure, sample, tick.t_us, p->calib.n_per_raw);
	if (p->calib.dead && calib_revive(&p->calib, sample)) {
		flush(p, true);
		detect_lost(&p->detect);
	}
	if (sample->tared)
		retare_told(&p->retare, tick.t_us);
	if (retare_awaited(&p->retare))
		retare_circumstances(&p->retare, !detect_idle(&p->detect), pipeline_device_owns(p));
	verdict = retare_push(&p->retare, &p->calib, sample, tick.t_us, zero_raw);
	if (verdict != RETARE_NOTHING && move_zero(p, verdict, zero_raw))
		return;
	if (calib_push(&p->calib, sample, tick.t_us, &force))
		detect_force(p, &force);
	while (calib_more(&p->calib, &force))
		detect_force(p, &force);
	if (tick.t_us >= p->check_us)
		check_faults(p, tick.t_us);
}

/* Asked whenever the framing stops without a sample: what is told must not depend on how many bytes came together. */
static void check_format(struct knead_pipeline *p)
{
	const char *problem = frame_problem(p->frame);

	fault_begins(p, KNEAD_FAULT_FORMAT, problem != NULL);
	if (frame_problems(p->frame) == p->problems)
		return;
	p->problems = frame_problems(p->frame);
	emit_fault(&p->emit, KNEAD_FAULT_FORMAT, clock_last_us(&p->clock), "%s", problem);
}

/* When silence is to be reported by arrival time; INT64_MAX: never, or already done. */
static int64_t silence_deadline_us(const struct knead_pipeline *p)
{
	if (p->fault & 1u << KNEAD_FAULT_NO_DATA)
		return INT64_MAX;
	if (p->online && p->sample_rx_us != KNEAD_RX_UNKNOWN)
		return p->sample_rx_us + LOST_US;
	return p->opened_rx_us != KNEAD_RX_UNKNOWN ? p->opened_rx_us + FIRST_SAMPLE_US : INT64_MAX;
}

/* The session's end by arrival time, while no sample tells the time. */
static int64_t session_rx_deadline_us(const struct knead_pipeline *p)
{
	int64_t deadline_us = session_deadline_us(&p->detect.session);

	if (p->online || deadline_us == INT64_MAX || p->sample_rx_us == KNEAD_RX_UNKNOWN)
		return INT64_MAX;
	return p->sample_rx_us + (deadline_us - clock_last_us(&p->clock));
}

int64_t knead_pipeline_deadline_us(const struct knead_pipeline *p)
{
	int64_t silence_us = silence_deadline_us(p), session_us = session_rx_deadline_us(p);

	return silence_us < session_us ? silence_us : session_us;
}

static void report_silence(struct knead_pipeline *p)
{
	int64_t deadline_us = silence_deadline_us(p);

	if (p->online)
		lose(p);
	if (!fault_begins(p, KNEAD_FAULT_NO_DATA, true))
		return;
	/* where samples came before, the port may be closed: nothing is said of an opening then */
	if (p->sample_rx_us != KNEAD_RX_UNKNOWN)
		emit_fault(&p->emit, KNEAD_FAULT_NO_DATA, clock_last_us(&p->clock), "no sample for %.1f s",
			knead_us_to_s(deadline_us - p->sample_rx_us));
	else
		emit_fault(&p->emit, KNEAD_FAULT_NO_DATA, clock_last_us(&p->clock),
			"no sample within %.0f s of opening%s", knead_us_to_s(FIRST_SAMPLE_US),
			frame_stats(p->frame)->bytes > 0 ? ", but bytes came" : "");
}

/* Fires what is due at now_us, in order, and remembers the time. */
static void advance_to(struct knead_pipeline *p, int64_t now_us)
{
	if (now_us == KNEAD_RX_UNKNOWN)
		return;
	if (p->rx_us == KNEAD_RX_UNKNOWN || now_us > p->rx_us)
		p->rx_us = now_us;
	if (p->opened_rx_us == KNEAD_RX_UNKNOWN)
		p->opened_rx_us = p->rx_us;
	if (silence_deadline_us(p) <= p->rx_us)
		report_silence(p);
	if (session_rx_deadline_us(p) <= p->rx_us)
		detect_advance(&p->detect, session_deadline_us(&p->detect.session));
}

size_t knead_pipeline_push(struct knead_pipeline *p, const void *bytes, size_t n, int64_t rx_us, size_t *ret_used,
	struct knead_event *out, size_t cap)
{
	const uint8_t *byte = bytes;
	struct knead_sample sample;
	size_t used = 0;
	bool got = true;

	emit_into(p, out, cap);
	/* Once for all that came together: samples that were only recognised now may be old enough to make something due. */
	if (rx_us > p->rx_us || p->rx_us == KNEAD_RX_UNKNOWN)
		advance_to(p, rx_us);
	if (rx_us != KNEAD_RX_UNKNOWN)
		rx_us = p->rx_us;
	while ((got || used < n) && p->emit.n + SAMPLE_EVENTS_MAX <= cap) {
		used += frame_push(p->frame, byte + used, n - used, rx_us, &sample, &got);
		if (got)
			push_sample(p, &sample);
		else
			check_format(p);
	}
	*ret_used = used;
	return p->emit.n;
}

size_t knead_pipeline_push_sample(
	struct knead_pipeline *p, const struct knead_sample *sample, struct knead_event *out, size_t cap)
{
	emit_into(p, out, cap);
	advance_to(p, sample->rx_us);
	push_sample(p, sample);
	return p->emit.n;
}

size_t knead_pipeline_advance(struct knead_pipeline *p, int64_t now_us, struct knead_event *out, size_t cap)
{
	emit_into(p, out, cap);
	advance_to(p, now_us);
	return p->emit.n;
}

size_t knead_pipeline_gap(struct knead_pipeline *p, int64_t rx_us, struct knead_event *out, size_t cap)
{
	emit_into(p, out, cap);
	advance_to(p, rx_us);
	lose(p);
	frame_reset(p->frame);
	retare_fresh(&p->retare);
	clock_gap(&p->clock, rx_us);
	p->nameless = p->serial[0] != '\0';
	p->nameless_until_us = INT64_MAX;
	p->opened_rx_us = rx_us;
	p->fault &= ~(1u << KNEAD_FAULT_NO_DATA | 1u << KNEAD_FAULT_FORMAT);
	return p->emit.n;
}

size_t knead_pipeline_end(struct knead_pipeline *p, struct knead_event *out, size_t cap)
{
	emit_into(p, out, cap);
	if (p->ended)
		return 0;
	p->ended = true;
	lose(p);
	detect_end(&p->detect);
	return p->emit.n;
}
