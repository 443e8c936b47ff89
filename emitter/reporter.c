/* SPDX-License-Identifier: Apache-2.0
 *
 * reporter.c -- see reporter.h.
 */
#include "reporter.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "duration.h"
#include "log.h"
#include "metrics_alert.h"

#define ARENA_BYTES ((size_t)128 * 1024)
#define LINE_BYTES  ((size_t)512 * 1024)
#define STACK_BYTES ((size_t)256 * 1024)

struct reporter {
	struct readings *readings;
	struct snapshot snapshot;
	struct format format; /* of the file's lines */
	uint64_t interval_ns, samples;
	bool makes_alerts;
	int fd; /* -1: no file */
	char *file;
	void (*ring)(void *ctx);
	void *ring_ctx;

	pthread_t thread;
	bool runs;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stopping;
	_Atomic bool has_mail;
	size_t mail_bytes;
	uint8_t mail[WIRE_MAX_PAYLOAD], taken[WIRE_MAX_PAYLOAD];

	struct alert_frame alert;
	uint8_t arena[ARENA_BYTES], line[LINE_BYTES];
};

/* ---- settings ---- */

unsigned reporter_groups(const struct conf *c)
{
	return 1u << METRICS_ALWAYS | (unsigned)c->metrics_rules << METRICS_RULES |
	       (unsigned)c->metrics_resources << METRICS_RESOURCES |
	       (unsigned)c->metrics_state << METRICS_STATE |
	       (unsigned)c->metrics_kernel << METRICS_KERNEL;
}

static int open_file(const char *path)
{
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
}

struct reporter *reporter_open(const struct conf *conf, struct readings *readings,
			       const struct format *format)
{
	struct reporter *r = calloc(1, sizeof(*r));
	pthread_condattr_t attr;

	if (r == NULL) {
		log_error("no snapshots of metrics: no memory");
		return NULL;
	}
	r->readings = readings;
	r->snapshot = (struct snapshot){ .groups = reporter_groups(conf),
					 .megabytes = conf->metrics_megabytes,
					 .with_empty = conf->metrics_empty };
	r->format = *format;
	r->format.json = r->format.bare = true;
	r->interval_ns = duration_parse(conf->metrics_interval);
	r->makes_alerts = conf->metrics_rule;
	r->fd = -1;
	pthread_mutex_init(&r->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&r->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (conf->metrics_file[0] == '\0')
		return r;
	r->file = strdup(conf->metrics_file);
	r->fd = open_file(conf->metrics_file);
	if (r->fd == -1)
		log_error("metrics.output_file: cannot open '%s': %s", conf->metrics_file,
			  strerror(errno));
	return r;
}

/* ---- the thread ---- */

/* Its name may be another file's by now, or nobody's: whoever rotates files need not tell us. */
static void follow_file(struct reporter *r)
{
	struct stat open_one, named;
	int fd;

	if (r->file == NULL || fstat(r->fd, &open_one) == -1)
		return;
	if (stat(r->file, &named) == -1
		    ? errno != ENOENT
		    : named.st_dev == open_one.st_dev && named.st_ino == open_one.st_ino)
		return;
	fd = open_file(r->file);
	if (fd == -1) {
		log_rationed(LOG_LEVEL_WARNING,
			     "metrics.output_file: cannot open '%s' again: %s, snapshots go on "
			     "into the file that is open",
			     r->file, strerror(errno));
		return;
	}
	close(r->fd);
	r->fd = fd;
}

/* {"output_fields":{...},"sample":N} */
static void write_line(struct reporter *r)
{
	char head[] = "{\"output_fields\":", tail[64];
	size_t at = sizeof(head) - 1;
	ssize_t n =
		format_alert(&r->format, &r->alert, r->line + at, LINE_BYTES - at - sizeof(tail));
	int m;

	if (n <= 0)
		return;
	memcpy(r->line, head, at);
	at += (size_t)n - 1; /* without the newline */
	m = snprintf(tail, sizeof(tail), ",\"sample\":%llu}\n", (unsigned long long)r->samples);
	memcpy(r->line + at, tail, (size_t)m);
	if (write(r->fd, r->line, at + (size_t)m) != (ssize_t)(at + (size_t)m))
		log_rationed(LOG_LEVEL_WARNING, "cannot write a snapshot of metrics: %s",
			     strerror(errno));
}

/* The one before, if it was not taken yet, makes room: it was a shorter look back. */
static void post(struct reporter *r)
{
	ssize_t n;

	pthread_mutex_lock(&r->lock);
	n = wire_encode_alert(r->mail, sizeof(r->mail), &r->alert);
	r->mail_bytes = n > 0 ? (size_t)n : 0;
	atomic_store_explicit(&r->has_mail, n > 0, memory_order_release);
	pthread_mutex_unlock(&r->lock);
	if (n > 0)
		r->ring(r->ring_ctx);
	else
		log_rationed(LOG_LEVEL_WARNING, "a snapshot of metrics is too long for an alert");
}

static void report(struct reporter *r)
{
	struct arena arena;

	arena_init(&arena, r->arena, sizeof(r->arena));
	r->samples++;
	snapshot_make(&r->snapshot, readings_get(r->readings), &arena, &r->alert);
	if (r->fd != -1) {
		follow_file(r);
		write_line(r);
	}
	if (r->makes_alerts)
		post(r);
	readings_put(r->readings); /* the host's name and the like are the view's */
}

static struct timespec timespec_of(struct mono t)
{
	return (struct timespec){ (time_t)(t.ns / NS_PER_SEC), (long)(t.ns % NS_PER_SEC) };
}

static void *thread_main(void *ctx)
{
	struct reporter *r = ctx;
	struct mono next = mono_now();

	prctl(PR_SET_NAME, "metrics");
	pthread_mutex_lock(&r->lock);
	while (!r->stopping) {
		struct timespec until;

		next = mono_after(next, r->interval_ns);
		until = timespec_of(next);
		while (!r->stopping &&
		       pthread_cond_timedwait(&r->wake, &r->lock, &until) != ETIMEDOUT)
			;
		if (r->stopping)
			break;
		pthread_mutex_unlock(&r->lock);
		report(r);
		if (mono_now().ns > next.ns + r->interval_ns)
			next = mono_now(); /* it was stopped: no catching up */
		pthread_mutex_lock(&r->lock);
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

int reporter_start(struct reporter *r, void (*ring)(void *ctx), void *ctx)
{
	pthread_attr_t attr;
	sigset_t all, old;
	int err;

	r->ring = ring;
	r->ring_ctx = ctx;
	/* Signals are the event loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	err = pthread_create(&r->thread, &attr, thread_main, r);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	r->runs = err == 0;
	return -err;
}

struct span reporter_take(struct reporter *r)
{
	size_t n;

	if (r == NULL || !atomic_load_explicit(&r->has_mail, memory_order_acquire))
		return SPAN_NONE;
	if (pthread_mutex_trylock(&r->lock) != 0)
		return SPAN_NONE; /* in the next turn */
	n = r->mail_bytes;
	memcpy(r->taken, r->mail, n);
	atomic_store_explicit(&r->has_mail, false, memory_order_relaxed);
	pthread_mutex_unlock(&r->lock);
	return span_of(r->taken, n);
}

void reporter_close(struct reporter *r)
{
	if (r == NULL)
		return;
	pthread_mutex_lock(&r->lock);
	r->stopping = true;
	pthread_cond_signal(&r->wake);
	pthread_mutex_unlock(&r->lock);
	if (r->runs)
		pthread_join(r->thread, NULL);
	if (r->fd != -1)
		close(r->fd);
	free(r->file);
	pthread_cond_destroy(&r->wake);
	pthread_mutex_destroy(&r->lock);
	free(r);
}
