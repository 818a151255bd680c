/* SPDX-License-Identifier: MIT */
/*
 * What boards and sketches print before they measure. Boot lines hold digits, commas and colons and would pass a lax
 * parser; a banner in the middle of a stream says that the device has restarted.
 */
#include <string.h>

#include "look.h"

static bool starts_with_any(const uint8_t *line, size_t n, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(words[i]);

		if (n >= length && memcmp(line, words[i], length) == 0)
			return true;
	}
	return false;
}

#define STARTS_WITH_ANY(line, n, words) starts_with_any(line, n, words, sizeof(words) / sizeof((words)[0]))

bool chatter_is_boot(const uint8_t *line, size_t n)
{
	/* ESP32 and ESP8266 ROM, second stage, crash output and log macros */
	static const char *const words[] = { "ets ", "rst:", "boot:", "boot mode:", "mode:", "load:", "load 0x",
		"entry ", "entry:", "configsip:", "clk_drv:", "ho 0 tail", "tail ", "chksum ", "csum ",
		"ESP-ROM:", "Build:", "SPIWP:", "Saved PC:", "flash read err", "Brownout detector", "Guru Meditation",
		"Rebooting...", "Backtrace:", "Core  0", "Core  1", "ELF file SHA256", "waiting for host", "I (", "W (",
		"E (", "D (" };

	/* Numbers start with none of these letters, and most streams are numbers. */
	if (n == 0 || line[0] < 'A')
		return false;
	return STARTS_WITH_ANY(line, n, words);
}

static bool is_known_banner(const uint8_t *line, size_t n)
{
	static const char *const words[] = { "HX711 Demo", "HX711 scale demo", "HX711 calibration sketch",
		"HX711_LIB_VERSION", "Initializing the scale", "Startup is complete", "Adafruit HX711 Test", "NAU7802",
		"Qwiic Scale Example", "FS Force sensor" };

	return STARTS_WITH_ANY(line, n, words);
}

enum sketch chatter_sketch(const uint8_t *line, size_t n)
{
	static const struct {
		const char *begins;
		enum sketch sketch;
	} known[] = { { "Load_cell ", SKETCH_HX711_ADC }, { "Qwiic Scale Example", SKETCH_QWIIC_SCALE },
		{ "FS Force sensor", SKETCH_GRIP_FORCE } };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (starts_with_any(line, n, &known[i].begins, 1))
			return known[i].sketch;
	return SKETCH_NONE;
}

bool chatter_is_tare(const uint8_t *line, size_t n)
{
	static const char *const words[] = { "Tare complete", "Tare load cell", "Resetting the tare", "Tareing" };

	return STARTS_WITH_ANY(line, n, words);
}

bool chatter_is_banner(struct frame *f, const uint8_t *line, size_t n)
{
	uint32_t hash;

	if (is_known_banner(line, n))
		return true;
	if (f->banners == 0)
		return false;
	/* all kept lines in their order: a marker that comes between samples is not mistaken for a banner */
	hash = text_hash(line, n);
	f->banner_at = f->banner[f->banner_at] == hash ? f->banner_at + 1 : f->banner[0] == hash ? 1 : 0;
	if (f->banner_at < f->banners)
		return false;
	f->banner_at = 0;
	return true;
}
