/* SPDX-License-Identifier: MIT */
/*
 * BASE/bridge/log: warnings and errors of the log for who watches from afar, while [log] mqtt asks for them. At most
 * LOG_TOPIC_PER_S messages a second; a line that comes again within LOG_TOPIC_FOLD_US is only counted, and told with its count
 * when that time is over. What could not be told is counted too. Nothing is kept for a broker that is away.
 *
 * Lines come from any thread. What the connection to the broker says of itself never comes here (log_local()): a line about
 * publishing must not be published, or it might bring the next one.
 */
#ifndef APP_LOG_TOPIC_H
#define APP_LOG_TOPIC_H

#include "sink_mqtt.h"

#define LOG_TOPIC_PER_S 5
#define LOG_TOPIC_FOLD_US 10000000

struct log_topic;

/* base is copied. sink is not owned; with NULL nothing is sent. Returns 0 and *ret, or -ENOMEM. */
int log_topic_new(struct sink_mqtt *sink, const char *base, struct log_topic **ret);
void log_topic_free(struct log_topic *t); /* NULL is fine; what is counted and not told yet is lost */

/*
 * One line of the log; level as in syslog.h, text without its prefix. now_us is any monotonic clock, wall_us is UTC. From any
 * thread.
 */
void log_topic_line(struct log_topic *t, int level, const char *text, int64_t now_us, int64_t wall_us);

/* Tells what was counted, where it is due. Returns when to call again, soon, as lines do not wake anybody. From any thread. */
int64_t log_topic_tick(struct log_topic *t, int64_t now_us, int64_t wall_us);

#endif
