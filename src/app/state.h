/* SPDX-License-Identifier: MIT */
/*
 * What a device must remember across restarts: its zero, a calibration that was measured, settings that were commanded. One file
 * a device, NAME.json in the state directory, replaced as a whole; beside them bridge.json, what was announced. Reading happens at start; writing on a thread of its
 * own, because flushing an SD card can take half a second.
 */
#ifndef APP_STATE_H
#define APP_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <knead/settings.h>

#define STATE_SETTINGS_MAX 12
#define STATE_KEY_MAX 16
#define STATE_VALUE_MAX 64

struct state {
	enum knead_unit unit; /* of the settings under which zero_raw was found; under another unit it means nothing */
	uint32_t zero_raw_count, counts_per_n_count; /* 0 = nothing known */
	char zero_serial[KNEAD_NAME_MAX]; /* of the device whose zero it is; "" = it never said */
	double zero_raw[KNEAD_CELLS_MAX], counts_per_n[KNEAD_CELLS_MAX];
	int64_t session_reset_us; /* UTC: totals of sessions that were over by then are not shown; 0 = never */
	uint32_t settings_count;
	struct state_setting {
		char key[STATE_KEY_MAX], value[STATE_VALUE_MAX];
	} settings[STATE_SETTINGS_MAX]; /* changed by command: they stand above the configuration */
};

static inline void state_set_zero(
	struct state *state, enum knead_unit unit, const double *raw, uint32_t cells, const char *serial)
{
	state->unit = unit;
	state->zero_raw_count = cells;
	memcpy(state->zero_raw, raw, cells * sizeof(*raw));
	snprintf(state->zero_serial, sizeof(state->zero_serial), "%s", serial);
}

struct state_store;

/* directory NULL or "": nothing is read or written, states live as long as the store. Returns 0 or -ENOMEM. */
int state_store_new(const char *directory, struct state_store **ret);
/* Writes what is not written yet, then frees. NULL is fine. */
void state_store_free(struct state_store *s);

enum { _STATE_SUCCESS, STATE_E_NONE };
/*
 * The state of a device, as last put, else from its file. Returns 0; STATE_E_NONE when there is none; or -EINVAL or -errno
 * with a sentence in ret_why when the file cannot be used.
 */
int state_store_get(struct state_store *s, const char *device, struct state *ret, char *ret_why, size_t why_size);
/* Writes a state at once, without a store: 0 or a negative errno. The file belongs to whom the directory belongs. */
int state_write(const char *directory, const char *device, const struct state *state);
/* Keeps a state, and soon writes it. Never blocks; what fails is logged. */
void state_store_put(struct state_store *s, const char *device, const struct state *state);

/*
 * The same for a text of the bridge's own (no device is called "bridge"). state_store_get_text() reads the file: the text is the
 * caller's to free, NULL when there is none or it cannot be read.
 */
void state_store_put_text(struct state_store *s, const char *text);
char *state_store_get_text(struct state_store *s);

#endif
