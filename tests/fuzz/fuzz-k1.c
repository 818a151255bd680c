/* SPDX-License-Identifier: MIT */
/*
 * The project's own wire format, both ways, behind its checksum, which no fuzzer guesses. The first byte picks what the rest is:
 * bytes for COBS; samples or descriptions that are encoded and must come back the same; contents of lines or frames, anything at
 * all, that get the right checksum and must be decoded or rejected.
 */
#include <math.h>
#include <string.h>

#include <knead/k1.h>

#include "cobs.h"
#include "frame_internal.h"
#include "fuzz.h"

#define TEXT_INFO_MAX 160 /* what knead_k1_text_info() and knead_k1_binary_info() promise to need at most */
#define BINARY_INFO_MAX 192

enum mode { MODE_COBS, MODE_SAMPLES, MODE_INFO, MODE_LINES, MODE_FRAMES, _MODES };

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

/* A frame that is told its format, and what came out of it. */
struct decoder {
	struct knead_settings settings;
	struct frame *frame;
	uint64_t samples, pushed;
	struct knead_sample last;
};

static struct decoder decoder_new(const char *format)
{
	struct decoder d = { .frame = malloc(frame_size()) };

	FUZZ_CHECK(d.frame);
	knead_settings_init(&d.settings, KNEAD_PROFILE_BALL);
	strcpy(d.settings.format, format);
	return d;
}

/* Pushes bytes from memory of exactly their length. Returns how many samples came out. */
static unsigned decode(struct decoder *d, const void *bytes, size_t n)
{
	uint8_t *exact = malloc(n > 0 ? n : 1);
	const struct knead_frame_stats *stats = frame_stats(d->frame);
	unsigned samples = 0;
	size_t used = 0;
	bool got = true;

	FUZZ_CHECK(exact);
	memcpy(exact, bytes, n);
	while (got || used < n) {
		used += frame_push(d->frame, exact + used, n - used, KNEAD_RX_UNKNOWN, &d->last, &got);
		samples += got;
		for (uint32_t i = 0; got && i < d->last.cells; i++)
			FUZZ_CHECK(isfinite(d->last.raw[i]));
	}
	free(exact);
	d->pushed += n;
	FUZZ_CHECK(stats->bytes == d->pushed);
	FUZZ_CHECK(stats->bytes == stats->used_bytes + stats->rejected_bytes + frame_waiting(d->frame));
	return samples;
}

/* Encoded there is no zero inside, and decoded it is the same again; what can be decoded is encoded to something that says the same. */
static void try_cobs(const uint8_t *data, size_t size)
{
	uint8_t *encoded = malloc(COBS_MAX(size)), *decoded = malloc(size + 1), *again = malloc(size + 2);
	size_t n;

	FUZZ_CHECK(encoded && decoded && again);
	n = cobs_encode(data, size, encoded);
	FUZZ_CHECK(n > 1 && n <= COBS_MAX(size) && memchr(encoded, 0, n) == encoded + n - 1);
	FUZZ_CHECK(size == 0 || (cobs_decode(encoded, n - 1, again) == size && memcmp(again, data, size) == 0));
	n = cobs_decode(data, size, decoded);
	FUZZ_CHECK(n <= size);
	if (n > 0) {
		size_t length = cobs_encode(decoded, n, encoded);

		FUZZ_CHECK(cobs_decode(encoded, length - 1, again) == n && memcmp(again, decoded, n) == 0);
	}
	free(encoded);
	free(decoded);
	free(again);
}

static size_t encode_sample(
	bool binary, bool wide, uint64_t seq, uint64_t t_us, const int32_t *raw, uint32_t cells, uint8_t *ret)
{
	if (binary)
		return knead_k1_binary_sample(ret, seq, t_us, raw, cells, wide);
	return knead_k1_text_sample((char *)ret, seq, t_us, raw, cells);
}

/* Samples one after another, from any counter and clock on, through both wraps. */
static void try_samples(struct input *in)
{
	uint8_t how = (uint8_t)take(in, 1), *bytes;
	bool binary = how & 0x80, wide = how & 0x40;
	uint32_t cells = (uint32_t)take(in, 1) % (KNEAD_CELLS_MAX + 2);
	uint64_t seq = take(in, 2), t_us = take(in, 4), step_us = 1 + take(in, 3) % 1000000;
	struct decoder d = decoder_new(binary ? "k1b" : "k1");
	int64_t first_seq = 0, first_us = 0;
	int32_t raw[KNEAD_CELLS_MAX + 1];

	frame_init(d.frame, &d.settings);
	bytes = malloc(binary ? KNEAD_K1_FRAME_MAX : KNEAD_K1_LINE_MAX);
	FUZZ_CHECK(bytes);
	for (uint64_t k = 0; in->n > 0; k++, seq++, t_us += step_us) {
		for (uint32_t i = 0; i < cells; i++)
			raw[i] = (int32_t)(uint32_t)take(in, 4) >> (how & 15);
		size_t n = encode_sample(binary, wide, seq, t_us, raw, cells, bytes);

		FUZZ_CHECK((n > 0) == (cells >= 1 && cells <= KNEAD_CELLS_MAX));
		if (n == 0)
			break;
		FUZZ_CHECK(decode(&d, bytes, n) == 1 && d.last.cells == cells && !d.last.restarted);
		for (uint32_t i = 0; i < cells; i++)
			FUZZ_CHECK(d.last.raw[i] == raw[i]);
		first_seq = k == 0 ? d.last.seq : first_seq;
		first_us = k == 0 ? d.last.device_us : first_us;
		FUZZ_CHECK(d.last.has_seq && d.last.seq == first_seq + (int64_t)k);
		FUZZ_CHECK(d.last.has_device_us && d.last.device_us == first_us + (int64_t)(k * step_us));
	}
	FUZZ_CHECK(frame_stats(d.frame)->lost_seq == 0 && frame_stats(d.frame)->rejected_bytes == 0);
	free(bytes);
	free(d.frame);
}

static void take_name(struct input *in, char *ret, size_t size)
{
	size_t n = take(in, 1) % size;

	for (size_t i = 0; i < n; i++)
		ret[i] = (char)take(in, 1);
	ret[n] = '\0';
}

/* A number of any size, and now and then none at all. */
static double take_number(struct input *in)
{
	uint64_t bits = take(in, 8);
	double value;

	if (bits >> 56 < 0x80)
		return (double)(bits & 0xffffffff) / 1000;
	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* name as it may stand in a field. */
static void check_name(const char *name, const char *decoded)
{
	for (; *name; name++)
		if (*name >= 0x20 && *name <= 0x7e && *name != ',' && *name != '*')
			FUZZ_CHECK(*decoded++ == *name);
	FUZZ_CHECK(*decoded == '\0');
}

static void check_number(double value, double decoded)
{
	double want = isfinite(value) ? copysign(fmin(fabs(value), 1e12), value) : 0;

	FUZZ_CHECK(fabs(decoded - want) <= 0.6e-6 + fabs(want) * 1e-15);
}

static void try_info(struct input *in)
{
	bool binary = take(in, 1) & 1;
	struct knead_k1_info info = { .schema = (uint32_t)take(in, 4), .cells = (uint32_t)take(in, 1) % 18 };
	struct decoder d = decoder_new(binary ? "k1b" : "k1");
	uint8_t *bytes = malloc(binary ? BINARY_INFO_MAX : TEXT_INFO_MAX);
	const struct knead_k1_info *said;
	size_t n;

	FUZZ_CHECK(bytes);
	frame_init(d.frame, &d.settings);
	info.rate_hz = take_number(in);
	info.counts_per_n = take_number(in);
	take_name(in, info.firmware, sizeof(info.firmware));
	take_name(in, info.serial, sizeof(info.serial));
	n = binary ? knead_k1_binary_info(bytes, &info) : knead_k1_text_info((char *)bytes, &info);
	FUZZ_CHECK((n > 0) == (info.cells >= 1 && info.cells <= KNEAD_CELLS_MAX));
	FUZZ_CHECK(decode(&d, bytes, n) == 0);
	said = frame_info(d.frame);
	FUZZ_CHECK((said != NULL) == (n > 0));
	if (said) {
		FUZZ_CHECK(said->schema == info.schema && said->cells == info.cells);
		check_name(info.firmware, said->firmware);
		check_name(info.serial, said->serial);
		check_number(info.rate_hz > 0 ? info.rate_hz : 0, said->rate_hz);
		check_number(info.counts_per_n, said->counts_per_n);
	}
	free(bytes);
	free(d.frame);
}

/* Contents with their checksum: of lines up to a line feed each, or of frames up to 0xff. */
static void try_contents(const uint8_t *data, size_t size, bool binary)
{
	struct decoder d = decoder_new(binary ? "k1b" : "k1");
	uint8_t content[FRAME_LINE_MAX], bytes[COBS_MAX(FRAME_LINE_MAX) + 8];

	frame_init(d.frame, &d.settings);
	while (size > 0) {
		const uint8_t *end = memchr(data, binary ? 0xff : '\n', size);
		size_t n = end ? (size_t)(end - data) : size, length = n < FRAME_LINE_MAX - 8 ? n : FRAME_LINE_MAX - 8;
		uint16_t crc = knead_crc16(data, length);

		memcpy(content, data, length);
		if (binary) {
			content[length] = (uint8_t)crc;
			content[length + 1] = (uint8_t)(crc >> 8);
			length = cobs_encode(content, length + 2, bytes);
		} else {
			memcpy(bytes, content, length);
			length += (size_t)sprintf((char *)bytes + length, "*%04X\r\n", (unsigned)crc);
		}
		decode(&d, bytes, length);
		data += end ? n + 1 : n;
		size -= end ? n + 1 : n;
	}
	free(d.frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { .at = data + 1, .n = size - 1 };

	if (size < 1)
		return 0;
	switch ((enum mode)(data[0] % _MODES)) {
	case MODE_COBS:
		try_cobs(in.at, in.n);
		break;
	case MODE_SAMPLES:
		try_samples(&in);
		break;
	case MODE_INFO:
		try_info(&in);
		break;
	case MODE_LINES:
		try_contents(in.at, in.n, false);
		break;
	case MODE_FRAMES:
		try_contents(in.at, in.n, true);
		break;
	case _MODES:
		break;
	}
	return 0;
}
