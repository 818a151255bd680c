/* SPDX-License-Identifier: MIT */
/* What the publish_*.c files share: the publisher, its devices, and the one way to send. */
#ifndef APP_PUBLISH_INTERNAL_H
#define APP_PUBLISH_INTERNAL_H

#include "documents.h"
#include "ha_discovery.h"
#include "publish.h"

#define REASON_MAX 96
#define SCALARS_MAX 80 /* keys of state, hold and session together, with room */

struct publish_scalar {
	uint32_t topic, value; /* hashes of the topic and of what was sent last */
};

/* What a state document said last. */
struct publish_state {
	bool sent;
	int64_t at_us;
	enum knead_phase phase;
	bool holding, in_use;
	uint32_t hold_id;
	struct knead_protocol_fields protocol;
	int64_t hold_since_us;
	double target_s, force_n, cadence_per_min;
	int64_t cadence_at_us;
};

/* What the calm values of live say, and since when. */
struct publish_calm {
	struct document_calm told;
	enum knead_phase phase; /* the one at hand, and since when */
	int64_t phase_us;
	double pressed_n; /* the force of the pressure that was told */
	int64_t force_us, pressure_us;
	double spent; /* changes of any value of late, see publish_calm.c */
	int64_t spent_us; /* until when they were reckoned */
};

struct publish_live {
	bool loaded; /* the last one was of a contact */
	int64_t at_us;
	enum knead_phase phase;
	double force_n;
	uint64_t seq;
};

struct publish_session {
	bool sent, active;
	int64_t at_us, start_us;
	struct knead_session_fields totals;
};

struct publish_device {
	struct publish_device *next;
	char id[KNEAD_NAME_MAX], protocol[KNEAD_NAME_MAX];
	char *name, *kind;
	enum knead_profile profile;
	bool pressure; /* contact_cm2 is not 0 */
	bool read_only; /* nothing is ever written to it */
	double live_hz; /* 0 = off */
	double band_n; /* a change of force below this is none */

	bool online;
	const char *zero_owner; /* as info says it */
	char reason[REASON_MAX]; /* why it is offline; "" = not said */
	struct knead_view view; /* the last one; has_samples false before */
	int64_t wall_origin_us;

	struct publish_state state;
	struct publish_live live;
	struct publish_calm calm;
	struct publish_session session;
	int64_t diag_at_us; /* INT64_MIN = never sent */
	uint32_t diag_fault;
	struct publish_scalar scalars[SCALARS_MAX];
	size_t scalars_count;
};

/* Steps of taking back what is no longer so: publish_clear.c. */
enum publish_round { PUBLISH_ROUND_NONE, PUBLISH_ROUND_MIGRATE, PUBLISH_ROUND_TELL, PUBLISH_ROUND_CLEAR };

#define PUBLISH_BRIDGE "bridge" /* its id among the devices, whose name it cannot be */

struct publish {
	struct sink_mqtt *sink;
	char *base, *discovery, *prefix; /* discovery: "device", "components" or "off" */
	char **protocols; /* names to choose from, protocols_count of them */
	size_t protocols_count;
	bool commands;
	char log_level[16];
	struct announced *announced;
	bool announced_own; /* made here */
	unsigned teller; /* this publisher, among those that have used it; from 1 */
	enum publish_round round;
	int64_t round_us; /* since when */
	char boot[KNEAD_NAME_MAX];
	double live_hz;
	uint32_t event_expiry_s;
	bool scalars, guest;
	int64_t started_us, started_wall_us;
	struct publish_device *devices; /* in the order in which they were added */
	int64_t health_at_us; /* INT64_MIN = never sent */
	bool has_info;
	uint32_t info_hash; /* of the bridge/info sent last; valid if has_info */
	char *text; /* room for info and health, grows with the devices */
	size_t text_size;
	struct document_device *rows; /* one per device, for the same */
	size_t rows_count;
};

/* Rows of the topic table: retain, QoS, expiry and class of each are in publish_send.c. */
enum publish_topic {
	TOPIC_AVAILABILITY,
	TOPIC_INFO,
	TOPIC_CONFIG,
	TOPIC_STATE,
	TOPIC_HOLD,
	TOPIC_SESSION,
	TOPIC_DIAG,
	TOPIC_HEALTH,
	TOPIC_VALUE,
	TOPIC_LIVE,
	TOPIC_EVENT,
	TOPIC_SQUEEZE,
	_TOPICS,
};

/*
 * Sends text on a topic of device d (NULL: of the bridge); leaf is the group of TOPIC_EVENT and the key of TOPIC_VALUE, else
 * NULL. A length of 0 or below (a document that could not be written) sends nothing.
 */
void publish_send(struct publish *p, const struct publish_device *d, enum publish_topic topic, const char *leaf,
	const char *text, int length);

/* Sends the record of event n, on the topic of its group. */
void publish_send_event(
	struct publish *p, const struct publish_device *d, const char *group, uint64_t n, const char *text, int length);

/* Removes what stands retained on a topic of a device that may not be there any more, or of the bridge. leaf as above. */
void publish_empty(struct publish *p, const char *base, const char *id, enum publish_topic topic, const char *leaf);

/* The documents that are copied to value/, each with its own prefix, because they share names of keys. */
enum publish_scalars { PUBLISH_SCALARS_STATE, PUBLISH_SCALARS_SESSION, PUBLISH_SCALARS_HOLD };
/* Sends the keys of a document that have changed as scalars, if the configuration wants them. */
void publish_scalars(struct publish *p, struct publish_device *d, enum publish_scalars of, const char *text);
/* Removes the copies of all keys of a document. */
void publish_empty_scalars(
	struct publish *p, const char *base, const char *id, enum publish_scalars of, const char *text);

/* FNV-1a of a text. */
uint32_t publish_hash(const char *text);

/* Whose zero is the zero: "knead" or "device"; NULL before samples have come. */
const char *publish_zero_owner(const struct publish_device *d);

/* Sends bridge/info if it says anything new. */
void publish_info(struct publish *p);

/*
 * Tells Home Assistant what there is, if it is news; not again within a few seconds of the last time, as it is not ready for
 * that. Returns when to call again.
 */
int64_t publish_announce(struct publish *p, int64_t now_us);
/* One step of taking back, if it is due. Returns when to call again. */
int64_t publish_clear(struct publish *p, int64_t now_us);
/* Removes all that was ever copied to value/. */
void publish_clear_scalars(struct publish *p, const char *base, const char *id);
/* What is told of a device, or with NULL of the bridge; r is its record or NULL. */
struct ha_device publish_describe(
	const struct publish *p, const struct publish_device *d, const struct announced_record *r);
/* Whether the broker has all that was sent; and when it is worth asking again. */
bool publish_arrived(const struct publish *p);
int64_t publish_poll_us(const struct publish *p, int64_t now_us);
/* Sends text on a topic of discovery; length 0 removes what stands there. */
void publish_send_discovery(struct publish *p, const char *topic, const char *text, size_t length);

/* Sends diag at once. */
void publish_diag(struct publish *p, struct publish_device *d, int64_t now_us, int64_t wall_us);

/* So many values of what is published have changed, or events were told. */
void publish_calm_spend(struct publish_device *d, int changes);
/* Whether the force or the pressure of a contact has changed so much, or for so long, that it is worth telling. */
bool publish_calm_is_due(const struct publish_device *d, int64_t now_us);
/* Before each look: takes note of the phase. */
void publish_calm_look(struct publish_device *d, int64_t now_us);
/* Whether the phase has lasted long enough to be told as the calm one. */
bool publish_calm_phase_is_due(const struct publish_device *d, int64_t now_us);
/* Before each state message: brings the calm phase up to date if that is due. */
void publish_calm_phase(struct publish_device *d, int64_t now_us);
/* Before each live message: brings the calm values up to date where they are due; all of them if not loaded (any more). */
void publish_calm_down(struct publish_device *d, bool loaded, int64_t now_us);

#define PUBLISH_DIAG_US 30000000
#define PUBLISH_HEALTH_US 60000000

#endif
