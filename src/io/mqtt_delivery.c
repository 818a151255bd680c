/* SPDX-License-Identifier: MIT */
/*
 * The delivery thread.
 *
 *   connect --> look --> deliver --> lost --> wait --> connect ...
 *                           `--> goodbye
 *
 *   connect   one try with MQTT 5, and one with 3.1.1 where the broker knows no better
 *   look      after a reconnect: has the broker kept our retained bridge/info? Then it has kept the others too
 *   deliver   at most ten unacknowledged messages; what is not acknowledged when the link breaks goes back to the outbox
 *   goodbye   what waits, "offline", DISCONNECT
 *
 * Only here is the library called, and never with a lock held: name resolution and connect() block as long as they like.
 */
#include "mqtt_delivery.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <syslog.h>

#include "mqtt_backoff.h"
#include "mqtt_link.h"
#include "mqtt_pace.h"
#include "mqtt_password.h"

#define TURN_US 1000000 /* the library's keep-alive wants to be looked at this often */
#define ACK_MIN_US 20000000 /* a broker that acknowledges nothing for so long (or the keep-alive) is given up */
#define PART_RESERVE_US 200000 /* of the time for the goodbye, kept for "offline" */

enum parting { PART_NOT, PART_DRAIN, PART_OFFLINE, PART_OVER };

struct delivery {
	const struct mqtt_settings *settings;
	struct mqtt_outbox *outbox;
	struct mqtt_inbox *inbox;
	sink_mqtt_log_fn log;
	void *log_user;
	struct mqtt_link *link; /* NULL while there is none */
	struct mqtt_backoff backoff;
	struct mqtt_pace pace;
	int64_t up_us; /* since when the link is up */
	int64_t look_by_us; /* INT64_MAX = not looking */
	struct mqtt_item *info; /* the bridge/info that a broker acknowledged last */
	enum parting parting;
	struct {
		bool outage, refused, tls; /* of this outage */
		bool up, message, unheard; /* of this link */
		bool exposed;
	} told;
};

static void __attribute__((format(printf, 3, 4))) say(struct delivery *d, int level, const char *format, ...)
{
	char line[512];
	int used = snprintf(line, sizeof(line), "broker %s:%d: ", d->settings->host, d->settings->port);
	va_list list;

	if (used < 0 || (size_t)used >= sizeof(line))
		return;
	va_start(list, format);
	vsnprintf(line + used, sizeof(line) - (size_t)used, format, list);
	va_end(list);
	d->log(d->log_user, level, line);
}

/* ---- an outage is told once, and once more when its cause turns out to be the configuration ---- */

static void tell_failure(struct delivery *d, enum mqtt_link_end end, const char *why)
{
	bool refused = end == MQTT_END_REFUSED, tls = end == MQTT_END_TLS;

	if (refused && !d->told.refused)
		say(d, LOG_ERR, "refuses the connection: %s; check username and password_file of [mqtt]", why);
	else if (tls && !d->told.tls)
		say(d, LOG_ERR, "TLS fails: %s; check host, ca_file and tls of [mqtt]", why);
	else if (!refused && !tls && !d->told.outage)
		say(d, LOG_WARNING, "%s; trying until it is back", why);
	d->told.outage = true;
	d->told.refused |= refused;
	d->told.tls |= tls;
}

/* Only once a connection is good for something: one that ends at its first message is no end of the outage. */
static void tell_success(struct delivery *d, int protocol)
{
	d->told.up = true;
	say(d, LOG_NOTICE, "connected with MQTT %s%s", protocol == 5 ? "5" : "3.1.1",
		d->settings->tls ? " over TLS" : "");
	d->told.outage = d->told.refused = d->told.tls = false;
}

static void tell_unheard(struct delivery *d)
{
	if (!d->told.unheard)
		say(d, LOG_WARNING, "does not let us listen for commands; check what this user may read");
	d->told.unheard = true;
}

static void tell_refused_message(struct delivery *d, const struct mqtt_item *item, const char *reason)
{
	if (!d->told.message)
		say(d, LOG_ERR, "does not take %s: %s; check what this user may write",
			item->late ? item->late_topic : item->topic, reason);
	d->told.message = true;
}

/* ---- waiting ---- */

/* Waits for the link (if there is one), for news in the outbox, or until by_us; then lets the link work. */
static void turn(struct delivery *d, int64_t by_us)
{
	int64_t left_us = by_us - mqtt_outbox_now_us();
	struct pollfd fds[] = {
		{ .fd = mqtt_outbox_fd(d->outbox), .events = POLLIN },
		{ .fd = d->link ? mqtt_link_fd(d->link) : -1, .events = POLLIN },
	};

	if (d->link && mqtt_link_wants_write(d->link))
		fds[1].events |= POLLOUT;
	if (poll(fds, 2, left_us > 0 ? (int)((left_us + 999) / 1000) : 0) < 0)
		fds[0].revents = fds[1].revents = 0;
	if (fds[0].revents)
		mqtt_outbox_woken(d->outbox);
	if (d->link)
		mqtt_link_run(d->link, fds[1].revents & ~POLLOUT, fds[1].revents & POLLOUT);
}

static int64_t earlier(int64_t a_us, int64_t b_us)
{
	return a_us < b_us ? a_us : b_us;
}

/* Waits between two connections; a stop ends it at once. */
static void wait_offline(struct delivery *d, int64_t wait_us)
{
	int64_t until_us = mqtt_outbox_now_us() + wait_us, by_us;

	while (!mqtt_outbox_stopping(d->outbox, &by_us) && mqtt_outbox_now_us() < until_us)
		turn(d, until_us);
}

/* ---- connecting ---- */

/* Returns whether there is a password in buf. */
static bool read_password(struct delivery *d, char *buf)
{
	const char *path = d->settings->password_path;
	bool exposed;

	if (!path)
		return false;
	if (mqtt_password_read(path, buf, &exposed) < 0) {
		tell_failure(d, MQTT_END_LOST, "knead cannot read the password file");
		return false;
	}
	if (exposed && !d->told.exposed) {
		say(d, LOG_WARNING, "everybody may read its password in %s: chmod o-r it", path);
		d->told.exposed = true;
	}
	return true;
}

static struct mqtt_link *open_link(struct delivery *d, int protocol)
{
	const struct mqtt_settings *s = d->settings;
	char password[MQTT_PASSWORD_MAX];
	struct mqtt_link_options options = {
		.host = s->host,
		.client_id = s->client_id,
		.username = s->username,
		.password = read_password(d, password) ? password : NULL,
		.port = s->port,
		.keepalive_s = s->keepalive_s,
		.protocol = protocol,
		.tls = s->tls,
		.ca_file = s->ca_file,
		.cert_file = s->cert_file,
		.key_file = s->key_file,
		.inbox = d->inbox,
		.will_topic = s->guest ? NULL : s->availability_topic,
	};
	struct mqtt_link *link = mqtt_link_open(&options);

	explicit_bzero(password, sizeof(password));
	return link;
}

/* Waits until the broker has said yes or no. */
static void await_answer(struct delivery *d)
{
	int64_t until_us = mqtt_outbox_now_us() + d->settings->answer_ms * 1000LL;

	while (mqtt_link_state(d->link) == MQTT_LINK_OPENING) {
		int64_t now_us = mqtt_outbox_now_us(), stop_by_us;

		mqtt_outbox_stopping(d->outbox, &stop_by_us);
		if (now_us >= earlier(until_us, stop_by_us))
			mqtt_link_fail(d->link, "accepts the connection but does not answer");
		else
			turn(d, earlier(now_us + TURN_US, earlier(until_us, stop_by_us)));
	}
}

/* Returns whether the link is up; if not, how and why it ended. */
static bool connect_with(struct delivery *d, int protocol, enum mqtt_link_end *ret_end, char *ret_why, size_t why_size)
{
	d->link = open_link(d, protocol);
	if (!d->link) {
		*ret_end = MQTT_END_LOST;
		snprintf(ret_why, why_size, "no memory for a connection");
		return false;
	}
	await_answer(d);
	if (mqtt_link_state(d->link) == MQTT_LINK_UP)
		return true;
	*ret_end = mqtt_link_end(d->link);
	snprintf(ret_why, why_size, "%s", mqtt_link_why(d->link));
	mqtt_link_close(d->link);
	d->link = NULL;
	return false;
}

/* One try. Returns the protocol of the link that is up; or 0 and how it ended. */
static int connect_once(struct delivery *d, enum mqtt_link_end *ret_end)
{
	char why[200];
	int64_t by_us;

	if (connect_with(d, d->settings->protocol, ret_end, why, sizeof(why)))
		return d->settings->protocol;
	bool too_old = *ret_end == MQTT_END_PROTOCOL || *ret_end == MQTT_END_SILENT;
	bool stopping = mqtt_outbox_stopping(d->outbox, &by_us);
	if (d->settings->protocol == 5 && too_old && !stopping && connect_with(d, 4, ret_end, why, sizeof(why)))
		return 4;
	if (!stopping)
		tell_failure(d, *ret_end, why);
	return 0;
}

/* ---- delivering ---- */

static void begin_link(struct delivery *d, int protocol)
{
	const struct mqtt_settings *s = d->settings;

	d->up_us = mqtt_outbox_now_us();
	d->told.up = d->told.message = d->told.unheard = false;
	d->look_by_us = INT64_MAX;
	mqtt_outbox_online(d->outbox, protocol);
	for (size_t i = 0; i < s->subscriptions_count; i++)
		mqtt_link_subscribe(d->link, s->subscriptions[i]);
	if (d->info && mqtt_link_look(d->link, s->info_topic, d->info->payload, d->info->length) == 0) {
		if (!s->guest)
			mqtt_link_say(d->link, s->availability_topic, "online", d->up_us);
		d->look_by_us = d->up_us + s->look_ms * 1000LL;
	} else {
		if (!s->guest) /* in its place among all the rest: what discovery announces comes before it */
			mqtt_outbox_put_text(d->outbox, s->availability_topic, "online", MQTT_RANK_BRIDGE);
		mqtt_outbox_renew(d->outbox, true);
	}
}

static void end_link(struct delivery *d)
{
	struct mqtt_item *item;

	while ((item = mqtt_link_next_flying(d->link)))
		mqtt_outbox_back(d->outbox, item);
	mqtt_outbox_offline(d->outbox);
	mqtt_backoff_ended(&d->backoff, mqtt_outbox_now_us() - d->up_us);
	mqtt_link_close(d->link);
	d->link = NULL;
}

static bool is_looking(const struct delivery *d)
{
	return d->look_by_us != INT64_MAX;
}

static void end_look(struct delivery *d)
{
	mqtt_outbox_renew(d->outbox, !mqtt_link_found(d->link));
	d->look_by_us = INT64_MAX;
}

static void finish(struct delivery *d, struct mqtt_item *item, enum mqtt_fate fate, const char *reason)
{
	if (fate == MQTT_REFUSED)
		tell_refused_message(d, item, reason);
	else if (strcmp(item->topic, d->settings->info_topic) == 0)
		mqtt_outbox_hold(d->outbox, &d->info, item);
	mqtt_outbox_done(d->outbox, item, fate);
}

static void send_waiting(struct delivery *d)
{
	while (mqtt_link_state(d->link) == MQTT_LINK_UP && !mqtt_link_wants_write(d->link)) {
		unsigned flying = mqtt_link_flying(d->link), late = mqtt_link_flying_late(d->link);
		int64_t now_us = mqtt_outbox_now_us();
		struct mqtt_item *item =
			mqtt_outbox_take(d->outbox, flying < MQTT_LINK_WINDOW ? MQTT_LINK_WINDOW - flying : 0,
				mqtt_pace_room(&d->pace, late, now_us));

		if (!item)
			return;
		if (item->late)
			mqtt_pace_spend(&d->pace, now_us);
		int r = mqtt_link_send(d->link, item, now_us);
		if (r < 0)
			mqtt_outbox_back(d->outbox, item);
		else if (r == MQTT_LINK_E_DONE)
			finish(d, item, MQTT_DELIVERED, NULL);
		else if (r == MQTT_LINK_E_REFUSED)
			finish(d, item, MQTT_REFUSED, "it does not fit this connection");
	}
}

/* Returns whether there was anything. */
static bool take_acknowledged(struct delivery *d)
{
	struct mqtt_item *item;
	const char *reason;
	bool refused, any = false;

	for (; (item = mqtt_link_next_acked(d->link, &refused, &reason)); any = true)
		finish(d, item, refused ? MQTT_REFUSED : MQTT_DELIVERED, reason);
	return any;
}

/* One step of the goodbye; does nothing while nobody wants to stop. */
static void part(struct delivery *d)
{
	int64_t now_us = mqtt_outbox_now_us(), by_us;

	if (!mqtt_outbox_stopping(d->outbox, &by_us))
		return;
	if (d->parting == PART_NOT) {
		d->parting = PART_DRAIN;
		if (is_looking(d))
			end_look(d);
	}
	if (d->parting == PART_DRAIN && (mqtt_outbox_empty(d->outbox) || now_us >= by_us - PART_RESERVE_US)) {
		d->parting = PART_OFFLINE;
		if (!d->settings->guest)
			mqtt_link_say(d->link, d->settings->availability_topic, "offline", now_us);
	}
	if (d->parting == PART_OFFLINE && (mqtt_link_flying(d->link) == 0 || now_us >= by_us))
		d->parting = PART_OVER;
}

/* Serves the link until it is down or the goodbye is over. */
static void deliver(struct delivery *d, int protocol)
{
	int64_t ack_us = d->settings->keepalive_s * 1000000LL, by_us;

	if (ack_us < ACK_MIN_US)
		ack_us = ACK_MIN_US;
	while (mqtt_link_state(d->link) == MQTT_LINK_UP) {
		int64_t now_us = mqtt_outbox_now_us();

		if (is_looking(d) && (mqtt_link_found(d->link) || now_us >= d->look_by_us))
			end_look(d);
		if (!is_looking(d) && d->parting < PART_OFFLINE)
			send_waiting(d);
		part(d);
		if (d->parting == PART_OVER)
			return;
		if (mqtt_outbox_stopping(d->outbox, &by_us) && d->parting == PART_DRAIN)
			by_us -= PART_RESERVE_US;
		by_us = earlier(by_us, mqtt_pace_due_us(&d->pace, now_us));
		turn(d, earlier(now_us + TURN_US, earlier(d->look_by_us, by_us)));
		bool heard = take_acknowledged(d);
		if (!d->told.up && (heard || mqtt_outbox_now_us() - d->up_us >= TURN_US))
			tell_success(d, protocol);
		if (mqtt_link_unheard(d->link))
			tell_unheard(d);
		if (mqtt_link_oldest_us(d->link, mqtt_outbox_now_us()) > ack_us)
			mqtt_link_fail(d->link, "acknowledges nothing any more");
	}
}

/* Nobody waits for a broker that does not read. */
static void disconnect(struct delivery *d)
{
	int64_t by_us;

	mqtt_outbox_stopping(d->outbox, &by_us);
	mqtt_link_disconnect(d->link);
	while (mqtt_link_state(d->link) == MQTT_LINK_UP && mqtt_link_fd(d->link) >= 0 &&
		mqtt_link_wants_write(d->link) && mqtt_outbox_now_us() < by_us)
		turn(d, by_us);
}

/* One connection from the first try to its end. Returns how long to wait before the next. */
static int64_t live_once(struct delivery *d)
{
	enum mqtt_link_end end = MQTT_END_LOST;
	int protocol = connect_once(d, &end);
	uint32_t chance;

	if (protocol != 0) {
		begin_link(d, protocol);
		deliver(d, protocol);
		if (mqtt_link_state(d->link) == MQTT_LINK_DOWN)
			tell_failure(d, mqtt_link_end(d->link), mqtt_link_why(d->link));
		else
			disconnect(d);
		end_link(d);
	} else if (end == MQTT_END_REFUSED) {
		return d->settings->refused_ms * 1000LL;
	}
	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) != sizeof(chance))
		chance = (uint32_t)mqtt_outbox_now_us() * 2654435761u;
	return mqtt_backoff_next_us(&d->backoff, chance);
}

void mqtt_delivery_run(const struct mqtt_settings *settings, struct mqtt_outbox *outbox, struct mqtt_inbox *inbox,
	sink_mqtt_log_fn log, void *log_user)
{
	struct delivery d = {
		.settings = settings,
		.outbox = outbox,
		.inbox = inbox,
		.log = log,
		.log_user = log_user,
		.look_by_us = INT64_MAX,
	};
	int64_t by_us;

	mqtt_backoff_init(&d.backoff, settings->backoff_min_ms * 1000LL, settings->backoff_max_ms * 1000LL);
	while (!mqtt_outbox_stopping(outbox, &by_us))
		wait_offline(&d, live_once(&d));
	mqtt_outbox_hold(outbox, &d.info, NULL);
}
