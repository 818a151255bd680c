/* SPDX-License-Identifier: MIT */
/*
 * Back-off, and telling a thing once.
 *
 *   stable port lost          news of the device
 *        |  0.1 s                  |  0.05 s
 *        `-----> try --1 s--> try -'--> try --1 s--> try --2 s--> try --4 s--> ... 30 s
 *
 * A port that is lost again soon after it opened does not start over: it keeps the wait it had, so that a device that
 * comes and goes many times a second cannot keep the processor busy or fill the log.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "port_retry.h"

void port_retry_init(struct port_retry *r)
{
	*r = (struct port_retry){ .next_us = INT64_MIN, .wait_us = PORT_RETRY_FIRST_US };
}

int64_t port_retry_deadline_us(const struct port_retry *r)
{
	return r->open ? INT64_MAX : r->next_us;
}

static void wait_longer(struct port_retry *r, int64_t now_us)
{
	r->next_us = now_us + r->wait_us;
	r->wait_us = r->wait_us * 2 < PORT_RETRY_CAP_US ? r->wait_us * 2 : PORT_RETRY_CAP_US;
}

static bool is_absence(int error)
{
	return error == -ENOENT || error == -ENODEV || error == -ENXIO || error == -EIO;
}

bool port_retry_failed(struct port_retry *r, int64_t now_us, int error, const char *why)
{
	bool news = !r->told || error != r->error || strncmp(why, r->why, sizeof(r->why) - 1) != 0;

	if (r->lost && !r->told && is_absence(error))
		news = false;
	r->open = false;
	r->tried = true;
	r->last_us = now_us;
	wait_longer(r, now_us);
	r->told = true;
	r->error = error;
	snprintf(r->why, sizeof(r->why), "%s", why);
	return news;
}

void port_retry_opened(struct port_retry *r, int64_t now_us)
{
	r->open = true;
	r->tried = true;
	r->opened_us = r->last_us = now_us;
	r->lost = r->told = false;
}

void port_retry_lost(struct port_retry *r, int64_t now_us)
{
	if (r->open && now_us - r->opened_us >= PORT_RETRY_STABLE_US) {
		r->wait_us = PORT_RETRY_FIRST_US;
		r->next_us = now_us + PORT_RETRY_LOST_US;
	} else {
		wait_longer(r, now_us);
	}
	r->open = false;
	r->tried = true;
	r->last_us = now_us;
	r->lost = true;
	r->told = false;
}

void port_retry_noticed(struct port_retry *r, int64_t now_us)
{
	int64_t soon_us = now_us + PORT_RETRY_SETTLE_US;

	if (r->open)
		return;
	if (r->tried && soon_us < r->last_us + PORT_RETRY_NEWS_US)
		soon_us = r->last_us + PORT_RETRY_NEWS_US;
	if (soon_us < r->next_us)
		r->next_us = soon_us;
	r->wait_us = PORT_RETRY_FIRST_US;
}
