/* SPDX-License-Identifier: MIT */
/* What frame.c and the formats share. All of it lies in one struct of fixed size. */
#ifndef CORE_FRAME_INTERNAL_H
#define CORE_FRAME_INTERNAL_H

#include "choose.h"
#include "device_time.h"
#include "format.h"
#include "frame.h"
#include "k1_wire.h"
#include "skeleton.h"

#define FRAME_LINE_MAX 512 /* bytes of a line or frame without its end */
#define FRAME_FAST_MIN (FRAME_LINE_MAX + 64)
#define FRAME_BAD_RUN 20 /* rejected lines in a row that start recognition again */
#define FRAME_SILENCE_US 10000000
#define FRAME_PROBLEM_MAX 200
#define FRAME_BANNERS_MAX 4

#define LOOK_BYTES 32768
#define LOOK_MARKS 512
#define LOOK_LINES 128 /* the older half goes when it is full */

enum look_skip {
	LOOK_SKIP_REST = 1, /* up to the first line end: begun before we listened */
	LOOK_SKIP_FIRST = 2, /* the first line that is not empty */
};

/* One complete line before recognition. */
struct look_line {
	uint32_t start;
	uint16_t length;
	bool torn; /* may have lost its beginning: not evidence, never a sample */
	bool text; /* no number in it, or known chatter: never a sample */
	bool k1; /* K1 or KI with the right checksum */
	struct columns_shape {
		uint8_t separator; /* 0 = a single field */
		uint8_t fields; /* 0 = has no shape of columns */
		uint8_t numbers;
		bool pure; /* nothing but numbers and missing values */
		bool decimal_comma;
	} shape;
	uint32_t skeleton; /* hash of its skeleton, 0 = has none */
	int64_t rx_us;
};

/* What was read before a format was recognised. */
struct look {
	uint8_t bytes[LOOK_BYTES];
	uint32_t n;
	/* where lines and frames end, and when that end arrived */
	struct {
		uint32_t end;
		int64_t rx_us;
	} mark[LOOK_MARKS];
	uint32_t marks;
	struct look_line line[LOOK_LINES];
	uint32_t lines;
	uint32_t line_start, frame_start; /* of the line and of the 0x00-ended frame that are being read */
	bool line_overlong;
	uint32_t skip; /* what is still to be dropped, bits of enum look_skip */
	uint32_t skip_end, skipped; /* bytes and lines dropped by that rule */
	uint32_t k1b_run; /* right binary frames in a row */
	uint32_t replay_at, replay_mark;
};

struct k1_state {
	bool known; /* the fields below hold */
	uint16_t last_seq;
	uint32_t last_t_us;
	uint32_t cells; /* 0 = not yet known */
	int64_t device_us, seq, rx_us;
};

#define COLUMNS_FIELDS_MAX 64

struct columns_state {
	struct columns_shape shape;
	int8_t role[COLUMNS_FIELDS_MAX]; /* a cell, or enum choose_role */
	double guide[COLUMNS_FIELDS_MAX]; /* what a column of role guide always reads */
	uint32_t cells;
	struct device_time time;
	bool has_time;
};

#define LABELLED_LINES_MAX 8 /* different lines that make one sample */

struct labelled_state {
	struct skeleton line[LABELLED_LINES_MAX];
	struct {
		int8_t role[SKELETON_SLOTS_MAX];
		double guide[SKELETON_SLOTS_MAX];
	} use[LABELLED_LINES_MAX];
	uint32_t lines, cells;
	bool has_time;
	struct device_time time;
	/* the sample that is being gathered from several lines */
	uint32_t have; /* bit per cell */
	uint32_t invalid;
	double raw[KNEAD_CELLS_MAX];
	int64_t time_us;
};

struct template_state {
	uint32_t cells;
	bool has_time;
	struct device_time time;
};

enum frame_state {
	FRAME_SEARCH, /* which format? bytes are kept */
	FRAME_REPLAY, /* known: what was kept is decoded */
	FRAME_LIVE,
};

/* Firmware that is known, and can be told to tare: which byte or line does that is known of no other text. */
enum sketch {
	SKETCH_NONE,
	SKETCH_HX711_ADC, /* olkal/HX711_ADC */
	SKETCH_QWIIC_SCALE, /* SparkFun's Qwiic Scale */
	SKETCH_GRIP_FORCE, /* Open-Grip-Force */
};

struct frame {
	const struct knead_settings *settings;
	const struct format *format; /* NULL while searching */
	const struct format *named; /* by configuration, or NULL */
	enum frame_state state;
	frame_fast_fn fast; /* of the format, while nothing waits; else NULL */
	bool restarted; /* the next sample is the first after a restart of the device */
	bool tared; /* ... after it said that it has tared itself */
	enum sketch sketch; /* by its banner or its label; stays until frame_reset() */
	bool overlong; /* inside a line beyond its limit: skip to its end */
	bool last_used; /* whether the line before was used */
	bool after_cr; /* a line ended with CR: LF may follow and belongs to it */
	uint32_t bad_run;
	uint32_t fill;
	int64_t rx_us; /* arrival of the last bytes, or KNEAD_RX_UNKNOWN */
	struct knead_frame_stats stats;
	struct k1_state k1; /* outlives a new recognition: a bad stretch must not upset its time */
	union {
		struct columns_state columns;
		struct labelled_state labelled;
		struct template_state template;
	};
	uint8_t line[FRAME_LINE_MAX];

	/* text that ends a line and begins the next where the device sends no line ends; "" = lines end as usual */
	char glue[SKELETON_TEXT_MAX];
	uint32_t glue_n;

	/* names of columns, outlives a new recognition */
	char header[FRAME_LINE_MAX];
	uint32_t header_n;

	uint32_t banner[FRAME_BANNERS_MAX]; /* hashes of the last text lines before the first sample line */
	uint32_t banners, banner_at;

	enum knead_unit unit;
	bool has_info, info_is_news;
	struct knead_k1_info info;
	char problem[FRAME_PROBLEM_MAX];
	uint64_t problems;

	struct look look;
};

/* Bytes that were pushed and are neither used nor rejected yet. */
size_t frame_waiting(const struct frame *f);

/* format_k1.c */
bool k1_line_is_tagged(const uint8_t *line, size_t n); /* claims to be K1 or KI: nothing else may read it */
bool k1_line_is_right(const uint8_t *line, size_t n); /* and its checksum is right */

/* chatter.c: what boards print before they measure. */
bool chatter_is_boot(const uint8_t *line, size_t n); /* line of a boot loader, a reset, a crash */
/* Whether a text line between samples is the banner again, of a known sketch or as it stood before the first sample. */
bool chatter_is_banner(struct frame *f, const uint8_t *line, size_t n);
enum sketch chatter_sketch(const uint8_t *line, size_t n); /* SKETCH_NONE for lines that do not tell */
bool chatter_is_tare(const uint8_t *line, size_t n); /* "I have tared myself" */

/* look.c */
struct arrival look_arrival(const struct look *l, uint32_t run); /* how the last lines came */

/* columns_shape.c */
struct field {
	const uint8_t *p;
	size_t n;
	bool quoted;
};
enum field_kind { FIELD_NUMBER, FIELD_EMPTY, FIELD_NO_VALUE, FIELD_TEXT };

/* Takes the next field from *p; false when the line has no more. */
bool field_next(const uint8_t **p, const uint8_t *end, uint8_t separator, struct field *ret);
/* What is in the field; a number in *ret_value, and whether it is written as an integer in *ret_plain. */
enum field_kind field_value(const struct field *field, bool decimal_comma, double *ret_value, bool *ret_plain);
void columns_shape(const uint8_t *line, size_t n, struct columns_shape *ret);
bool columns_shape_equal(const struct columns_shape *a, const struct columns_shape *b);
/* The names that stand over lines of that shape, or NULL: in what was kept, or from before a new recognition. */
const uint8_t *columns_header(struct frame *f, const struct columns_shape *shape, size_t *ret_n);

/* Sets what every sample has. */
static inline void sample_begin(struct knead_sample *sample, uint32_t cells)
{
	sample->cells = cells;
	sample->invalid_cells = 0;
	sample->saturated = false;
	sample->has_device_us = false;
	sample->has_seq = false;
	sample->restarted = false;
	sample->tared = false;
	sample->device_us = 0;
	sample->seq = 0;
}

#endif
