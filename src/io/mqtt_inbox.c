/* SPDX-License-Identifier: MIT */
/*
 * A list behind a lock, and an eventfd that counts as a flag. Whoever floods the command topics fills the list and then loses
 * messages; memory stays bounded and the thread never waits.
 */
#include "mqtt_inbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* One block: the message and all it points to. */
struct entry {
	struct mqtt_received message; /* first: what the caller gets is the entry */
	struct entry *next;
	char data[];
};

struct mqtt_inbox {
	int fd;
	size_t limit;
	pthread_mutex_t mutex; /* guards all below */
	struct entry *first, **end;
	size_t count;
	uint64_t lost;
};

int mqtt_inbox_new(size_t limit, struct mqtt_inbox **ret)
{
	struct mqtt_inbox *b = calloc(1, sizeof(*b));

	if (!b)
		return -ENOMEM;
	b->limit = limit;
	b->end = &b->first;
	b->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (b->fd < 0) {
		int r = -errno;

		free(b);
		return r;
	}
	pthread_mutex_init(&b->mutex, NULL);
	*ret = b;
	return 0;
}

void mqtt_inbox_free(struct mqtt_inbox *b)
{
	struct mqtt_received *m;
	uint64_t lost;

	if (!b)
		return;
	while ((m = mqtt_inbox_take(b, &lost)))
		mqtt_received_free(m);
	close(b->fd);
	pthread_mutex_destroy(&b->mutex);
	free(b);
}

void mqtt_received_free(struct mqtt_received *m)
{
	free(m); /* of an entry, the first member */
}

/* Copies n bytes behind what is there already, with a NUL after them. */
static char *copy(char **to, const char *from, size_t n)
{
	char *start = *to;

	memcpy(start, from, n);
	start[n] = '\0';
	*to += n + 1;
	return start;
}

static struct entry *entry_new(const struct mqtt_received *m)
{
	size_t topic = strlen(m->topic), answer = m->response_topic ? strlen(m->response_topic) : 0;
	size_t length = m->payload ? m->length : 0;
	struct entry *e = malloc(sizeof(*e) + topic + length + answer + m->correlation_length + 4);
	char *at;

	if (!e)
		return NULL;
	at = e->data;
	e->message = *m;
	e->next = NULL;
	e->message.topic = copy(&at, m->topic, topic);
	e->message.payload = copy(&at, length > 0 ? m->payload : "", length);
	if (m->response_topic)
		e->message.response_topic = copy(&at, m->response_topic, answer);
	if (m->correlation)
		e->message.correlation = copy(&at, m->correlation, m->correlation_length);
	return e;
}

void mqtt_inbox_put(struct mqtt_inbox *b, const struct mqtt_received *m)
{
	struct entry *e = entry_new(m);

	pthread_mutex_lock(&b->mutex);
	if (e && b->count < b->limit) {
		*b->end = e;
		b->end = &e->next;
		b->count++;
		e = NULL;
	} else {
		b->lost++;
	}
	pthread_mutex_unlock(&b->mutex);
	free(e);
	while (eventfd_write(b->fd, 1) < 0 && errno == EINTR)
		;
}

int mqtt_inbox_fd(const struct mqtt_inbox *b)
{
	return b->fd;
}

struct mqtt_received *mqtt_inbox_take(struct mqtt_inbox *b, uint64_t *ret_lost)
{
	struct entry *e;
	eventfd_t count;

	pthread_mutex_lock(&b->mutex);
	*ret_lost = b->lost;
	b->lost = 0;
	e = b->first;
	if (e) {
		b->first = e->next;
		b->count--;
	}
	if (!b->first) {
		b->end = &b->first;
		while (eventfd_read(b->fd, &count) < 0 && errno == EINTR)
			;
	}
	pthread_mutex_unlock(&b->mutex);
	return e ? &e->message : NULL;
}
