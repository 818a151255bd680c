/* SPDX-License-Identifier: MIT */
/*
 * What happened in a capture, as a story: one per touch of the device, made of the steps and measurements that the trace of
 * the pipeline tells. It holds facts only; replay_explain.c puts them into words, replay_whatif.c works out what other
 * settings would have made of them. Times are stream time as in the events.
 */
#ifndef TOOL_REPLAY_STORY_H
#define TOOL_REPLAY_STORY_H

#include <knead/pipeline.h>

enum moment_kind {
	MOMENT_DIP, /* under release_n: a = seconds, b = lowest force */
	MOMENT_HOLD, /* hold_start is certain: a = seconds it waited beyond hold_min_s */
	MOMENT_EASED, /* under half of its level for bridge_s: a = the level */
	MOMENT_SAGGED, /* under half of its level, but back: a = seconds, since the last dip in it */
	MOMENT_FIRM, /* pressed again after easing: a = the level before */
	MOMENT_LIGHTER, /* the lighter load is a hold of its own */
	MOMENT_RULE, /* the passes so far make a roll: a = the smallest, as shown, b = evenness, c = pace */
	MOMENT_ROLL, /* the roll begins */
	MOMENT_REST, /* the roll came to rest under load */
	MOMENT_GAP, /* samples are missing before it: a = seconds */
};

struct moment {
	enum moment_kind kind;
	int64_t t_us;
	double a, b, c;
};

/* What lay before the first sample of a touch. */
enum story_before { BEFORE_SAMPLE, BEFORE_NOTHING, BEFORE_LOSS, BEFORE_GAP };

/* One comparison with the rule of a roll: of every measure the value and its limit. */
struct rule_look {
	bool known;
	int64_t t_us;
	double value[_KNEAD_MEASURES], limit[_KNEAD_MEASURES];
	enum knead_measure worst; /* what stood most against it, or least for it */
	double excess; /* by what factor; up to 1: the rule holds */
};

struct story {
	bool contact; /* else a touch that was not confirmed */
	bool lost; /* data ended */
	enum story_before before; /* with anything but a sample, what is loaded there may have begun before */
	int64_t on_us, off_us;
	double confirmed_s; /* from the crossing to the sample that confirmed it, or ended the touch */
	double peak_n; /* highest level, from sample to sample */
	double apart_s; /* longest time under release_n since the contact before; negative: there is none */
	double prior;
	double zero_drift_n, noise_n; /* when it began */
	struct moment *moments;
	size_t count, size;
	/* the lowest valley of a hold that its force came back from, as share of its level; 1 = none */
	double valley_share, valley_n;
	int64_t valley_us;
	/* movement */
	uint32_t swings; /* most passes in a row, seen while it was no roll */
	double swings_needed, swing_largest, swing_limit;
	double swing_row; /* largest size that as many passes in a row had as a roll needs */
	struct rule_look best; /* nearest to a roll, or the one that made it the first one */
	bool rolled;
	/* vibration and drops */
	double vibration_n, vibration_limit_n, cycles_s, cycles_limit_s;
	bool drop_known;
	double value[_KNEAD_MEASURES], limit[_KNEAD_MEASURES]; /* rise, fade, ring */
	uint32_t spikes;
	double spike_n;
};

struct telling {
	const struct knead_settings *settings;
	const struct knead_pipeline *pipeline;
	struct story *stories; /* in order of time */
	size_t count, size;
	bool no_memory;
	/* outside of contacts */
	double idle_peak_n; /* highest force that stood for the time of confirmation */
	int64_t idle_peak_us;
	uint32_t spikes, gaps, losses;
	double spike_n, gap_s, loss_s; /* largest, longest */

	/* of the sample at hand */
	int64_t now_us;
	enum story_before before, next_before; /* of the sample at hand, and of the next one */
	double level_n, prev_level_n, told_level_n;
	int64_t prev_us;
	/* of what is open */
	enum { TELLING_IDLE, TELLING_TOUCH, TELLING_CONTACT, TELLING_BRIDGE } state;
	struct story *open;
	bool ending; /* it has ended with the sample at hand */
	int64_t fall_us, ease_us, ease_since_us;
	double dip_n, ease_level_n;
	bool easing;
	struct rule_look look;
	double row[4]; /* sizes of the newest passes, newest first */
	double low_share, low_n; /* of a valley in the making */
	int64_t low_us;
	/* idle */
	bool had_contact, below;
	int64_t below_us;
	double apart_s, peak_n;
	int64_t peak_us;
	struct {
		int64_t t_us;
		double level_n;
	} recent[32];
	uint32_t recent_next;
};

/*
 * Between contacts, for replay_story.c: the next sample, and the end of time under release_n at until_us. Of that the longest
 * stretch is kept: it is what bridge_s would have to be.
 */
void telling_watch_idle(struct telling *t);
void telling_end_stretch(struct telling *t, int64_t until_us);

/* Begins to listen to p, whose settings they are; both must outlive it. */
void telling_init(struct telling *t, struct knead_pipeline *p, const struct knead_settings *settings);
void telling_deinit(struct telling *t);

/* Data has ended: what is still open is closed. */
void telling_finish(struct telling *t);

#endif
