/* SPDX-License-Identifier: Apache-2.0
 *
 * follower.c -- see follower.h.
 *
 * Alerts are read and formed a batch at a time; a batch stays until all of it is delivered or
 * refused, so what comes again is the same bytes.  For each alert it is kept what was passed over
 * before it, so that the place on disk is exact at any time: it counts each record once; and when its
 * event was, so that it is known how long it took to be there.
 */
#include "follower.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>

#include "backoff.h"
#include "filter.h"
#include "log.h"

#define LEAST_NS    (100 * NS_PER_MSEC) /* before the second attempt */
#define MOST_NS	    (30 * NS_PER_SEC)
#define STACK_BYTES ((size_t)512 << 10) /* receivers' libraries want some */

/* Records that were passed over. */
struct passed {
	uint64_t filtered, lost, refused;
};

/* An alert of the batch. */
struct item {
	struct passed before;
	uint64_t event_ns; /* since the epoch; 0: it is no event's */
	bool is_beat;
};

struct follower {
	struct output *output;
	struct journal_reader *reader;
	struct cursor_file cursor;
	unsigned batch_max;
	pthread_t thread;
	bool is_running;
	bool is_new;	  /* it had no place before */
	uint64_t beat_ns; /* what heartbeats are older than is of no use; 0: there are none */
	_Atomic bool reopens, finishes, stops, ended;

	/* the thread's */
	struct backoff backoff;
	struct alert_frame alert; /* what was read last */
	char uuid[UUID_TEXT];
	struct passed passed; /* behind the last alert of the batch */
	unsigned count;	      /* alerts in the batch */
	size_t used;
	uint8_t *bytes; /* the sink's batch_bytes, and the longest alert */
	size_t cap;
	uint32_t *ends;
	struct item *items; /* as many */
	struct histogram latency;
	struct heartbeat_status beat; /* but for its state */

	pthread_mutex_t lock; /* of what others ask for */
	struct output_status status;
};

/* ---- accounts ---- */

static void add_passed(struct output_place *p, const struct passed *n)
{
	p->filtered += n->filtered;
	p->lost += n->lost;
	p->refused += n->refused;
	p->number += n->filtered + n->lost + n->refused;
}

/* Take the first N out of the batch. */
static void shift(struct follower *f, unsigned n)
{
	uint32_t from = n == 0 ? 0 : f->ends[n - 1];

	f->count -= n;
	f->used -= from;
	memmove(f->bytes, f->bytes + from, f->used);
	memmove(f->items, f->items + n, f->count * sizeof(f->items[0]));
	for (unsigned i = 0; i < f->count; i++)
		f->ends[i] = f->ends[i + n] - from;
}

/* The place as it is now, for the disk, the journal and whoever asks. */
static void save_place(struct follower *f)
{
	const struct output_place *p = &f->cursor.place;

	cursor_file_save(&f->cursor);
	journal_done(f->reader, p->number);
	pthread_mutex_lock(&f->lock);
	f->status.journalled = p->number - p->begun;
	f->status.delivered = p->delivered;
	f->status.filtered = p->filtered;
	f->status.lost = p->lost;
	f->status.refused = p->refused;
	f->status.retries = p->retries;
	f->status.last_delivery_ns = p->last_ns;
	f->status.latency = f->latency;
	f->status.heartbeat = f->beat;
	pthread_mutex_unlock(&f->lock);
}

/* The first SENT are there, now. */
static void take_latencies(struct follower *f, unsigned sent, uint64_t now_ns)
{
	for (unsigned i = 0; i < sent; i++) {
		uint64_t event_ns = f->items[i].event_ns;

		/* A clock that was set back says nothing of how long it took. */
		if (event_ns != 0 && event_ns <= now_ns)
			histogram_add(&f->latency, now_ns - event_ns);
		if (f->items[i].is_beat)
			f->beat = (struct heartbeat_status){
				.count = f->beat.count + 1,
				.last_ns = now_ns,
				.latency_ns = now_ns > event_ns ? now_ns - event_ns : 0,
			};
	}
}

/* The first SENT were delivered, the REFUSED behind them never will be. */
static void settle(struct follower *f, unsigned sent, unsigned refused)
{
	struct output_place *p = &f->cursor.place;

	for (unsigned i = 0; i < sent + refused; i++)
		add_passed(p, &f->items[i].before);
	p->delivered += sent;
	p->refused += refused;
	p->number += sent + refused;
	if (sent > 0) {
		p->last_ns = wall_now().ns;
		take_latencies(f, sent, p->last_ns);
	}
	shift(f, sent + refused);
	if (f->count == 0) {
		add_passed(p, &f->passed);
		f->passed = (struct passed){ 0 };
	}
	save_place(f);
}

static void set_state(struct follower *f, enum output_state state, const char *why)
{
	const char *name = f->output->sink.conf->name;
	enum output_state before;

	pthread_mutex_lock(&f->lock);
	before = f->status.state;
	f->status.state = state;
	if (why != NULL)
		snprintf(f->status.last_error, sizeof(f->status.last_error), "%s", why);
	pthread_mutex_unlock(&f->lock);
	if (state == before)
		return;
	if (state == OUTPUT_STATE_RETRYING)
		log_warning("output '%s' takes no alerts: %s, they wait and are tried again", name,
			    why == NULL ? "?" : why);
	else
		log_info("output '%s' takes alerts again", name);
}

/* ---- a batch ---- */

/* Of heartbeats the last ones say all that those before them said. */
static bool takes_beat(const struct follower *f)
{
	uint64_t now_ns = wall_now().ns;

	return f->output->sink.conf->heartbeat &&
	       (now_ns < f->alert.ts_ns || now_ns - f->alert.ts_ns <= f->beat_ns);
}

/* Put what was read in the output's form, at the batch's end. */
static void take_record(struct follower *f, const struct journal_record *r)
{
	bool is_beat = (r->flags & ALERT_FRAME_HEARTBEAT) != 0;
	struct sink *s = &f->output->sink;
	ssize_t n;

	if (wire_decode_alert(r->payload, &f->alert) < 0) {
		f->passed.refused++;
		return;
	}
	if (is_beat ? !takes_beat(f) : !filter_passes(s->conf, &f->alert)) {
		f->passed.filtered++;
		return;
	}
	uuid_print(r->id, f->uuid);
	n = s->ops->form(s, &(struct letter){ f->uuid, &f->alert }, &f->output->format,
			 f->bytes + f->used, f->cap - f->used);
	if (n < 0) {
		f->passed.refused++;
		return;
	}
	f->used += (size_t)n;
	f->items[f->count] = (struct item){
		.before = f->passed,
		.event_ns = f->alert.origin_generation != 0 ? f->alert.ts_ns : 0,
		.is_beat = is_beat,
	};
	f->ends[f->count++] = (uint32_t)f->used;
	f->passed = (struct passed){ 0 };
}

static bool is_full(const struct follower *f)
{
	return f->count == f->batch_max || f->used >= f->output->sink.ops->batch_bytes;
}

/* Read what there is, at most a batch. */
static void read_some(struct follower *f)
{
	struct journal_record record;
	uint64_t missed = 0;
	unsigned n = 0;

	/* What is filtered does not fill the batch: now and then the place is brought up to date. */
	while (!is_full(f) && n++ < 4096 && journal_read(f->reader, &record, &missed) > 0) {
		f->passed.lost += missed;
		missed = 0;
		take_record(f, &record);
	}
	f->passed.lost += missed;
}

/* A batch that is not full may wait for more, if the output says so. */
static void fill(struct follower *f)
{
	uint64_t wait_ns = f->output->sink.conf->batch_wait_ms * NS_PER_MSEC;
	struct mono until = mono_after(mono_now(), wait_ns), now;

	read_some(f);
	while (wait_ns > 0 && f->count > 0 && !is_full(f) && !atomic_load(&f->finishes) &&
	       (now = mono_now()).ns < until.ns) {
		journal_wait(f->reader, until.ns - now.ns);
		read_some(f);
	}
}

static void try_later(struct follower *f, const struct sink_result *r)
{
	uint64_t pause_ns = backoff_next(&f->backoff);

	f->cursor.place.retries++;
	set_state(f, OUTPUT_STATE_RETRYING, r->why);
	settle(f, r->count, 0);
	if (atomic_load(&f->finishes))
		atomic_store(&f->stops, true);
	if (r->wait_ms > 0)
		pause_ns = r->wait_ms * NS_PER_MSEC;
	if (!atomic_load(&f->stops))
		journal_pause(f->reader, pause_ns);
}

static void send_batch(struct follower *f)
{
	struct sink *s = &f->output->sink;
	struct letter letter = { f->uuid, &f->alert };
	struct batch b = {
		{ f->bytes, f->used }, f->count, f->ends, f->batch_max == 1 ? &letter : NULL
	};
	struct sink_result r = s->ops->send(s, &b);

	if (r.count > f->count)
		r.count = f->count;
	if (r.kind == SINK_SENT || r.count > 0)
		backoff_clear(&f->backoff);
	if (r.kind == SINK_AGAIN && r.count < f->count) {
		try_later(f, &r);
	} else if (r.kind == SINK_REFUSED && r.count < f->count) {
		log_rationed(LOG_LEVEL_ERROR, "output '%s' refuses an alert: %s", s->conf->name,
			     r.why == NULL ? "?" : r.why);
		settle(f, r.count, 1);
		set_state(f, OUTPUT_STATE_OK, r.why);
	} else {
		settle(f, r.kind == SINK_SOME ? r.count : f->count, 0);
		set_state(f, OUTPUT_STATE_OK, r.why);
		if (r.why != NULL)
			log_rationed(LOG_LEVEL_WARNING,
				     "output '%s': %s, and its alert counts as delivered",
				     s->conf->name, r.why);
	}
}

/* ---- the thread ---- */

static void turn(struct follower *f)
{
	struct sink *s = &f->output->sink;

	if (atomic_exchange(&f->reopens, false) && s->ops->reopen != NULL)
		s->ops->reopen(s);
	if (f->count == 0)
		fill(f);
	if (f->count > 0) {
		send_batch(f);
		return;
	}
	settle(f, 0, 0);
	if (journal_pending(f->reader) > 0)
		return;
	if (atomic_load(&f->finishes))
		atomic_store(&f->stops, true);
	else
		journal_wait(f->reader, 0);
}

static void *thread_main(void *ctx)
{
	struct follower *f = ctx;
	char name[16];

	snprintf(name, sizeof(name), "%s", f->output->sink.conf->name);
	prctl(PR_SET_NAME, name);
	while (!atomic_load(&f->stops))
		turn(f);
	atomic_store(&f->ended, true);
	return NULL;
}

/* ---- for others ---- */

struct follower *follower_new(struct output *output, struct journal *j, uint64_t beat_ns)
{
	struct follower *f = calloc(1, sizeof(*f));
	const struct sink_ops *ops = output->sink.ops;
	uint64_t max = output->sink.conf->batch_max;

	if (f == NULL)
		return NULL;
	f->output = output;
	f->beat_ns = beat_ns;
	f->batch_max = max > 0 && max < ops->batch_alerts ? (unsigned)max : ops->batch_alerts;
	f->cap = ops->batch_bytes + FORMAT_MAX_LINE;
	f->bytes = malloc(f->cap);
	f->ends = calloc(f->batch_max, sizeof(f->ends[0]));
	f->items = calloc(f->batch_max, sizeof(f->items[0]));
	if (f->bytes == NULL || f->ends == NULL || f->items == NULL) {
		free(f->bytes);
		free(f->ends);
		free(f->items);
		free(f);
		return NULL;
	}
	f->backoff = (struct backoff){ .least_ns = LEAST_NS, .most_ns = MOST_NS };
	(void)!getrandom(&f->backoff.random, sizeof(f->backoff.random), GRND_NONBLOCK);
	pthread_mutex_init(&f->lock, NULL);
	snprintf(f->status.name, sizeof(f->status.name), "%s", output->sink.conf->name);
	snprintf(f->status.kind, sizeof(f->status.kind), "%s", ops->key);
	cursor_file_open(&f->cursor, journal_dir(j), output->sink.conf->name,
			 journal_next_number(j), &f->is_new);
	return f;
}

uint64_t follower_number(const struct follower *f)
{
	return f->cursor.place.number;
}

int follower_start(struct follower *f, struct journal *j)
{
	pthread_attr_t attr;
	sigset_t all, old;
	int err;

	/* Others' places may have moved the journal's end since. */
	if (f->is_new)
		f->cursor.place.begun = f->cursor.place.number = journal_next_number(j);
	f->reader = journal_reader_new(j, f->cursor.place.number);
	if (f->reader == NULL)
		return -ENOMEM;
	save_place(f);
	/* Signals are the main thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	err = -pthread_create(&f->thread, &attr, thread_main, f);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	f->is_running = err == 0;
	return err;
}

void follower_reopen(struct follower *f)
{
	atomic_store(&f->reopens, true);
	journal_wake(f->reader);
}

void follower_status(struct follower *f, struct output_status *ret)
{
	pthread_mutex_lock(&f->lock);
	*ret = f->status;
	pthread_mutex_unlock(&f->lock);
	ret->pending = f->reader == NULL ? 0 : journal_pending(f->reader);
	ret->journalled += ret->pending;
}

void follower_finish(struct follower *f)
{
	atomic_store(&f->finishes, true);
	if (f->reader != NULL)
		journal_wake(f->reader);
}

bool follower_has_ended(struct follower *f)
{
	return !f->is_running || atomic_load(&f->ended);
}

bool follower_stop(struct follower *f)
{
	atomic_store(&f->stops, true);
	if (f->reader != NULL)
		journal_wake(f->reader);
	if (!follower_has_ended(f))
		return false;
	if (f->is_running)
		pthread_join(f->thread, NULL);
	f->is_running = false;
	return true;
}

void follower_free(struct follower *f)
{
	if (f == NULL)
		return;
	cursor_file_close(&f->cursor);
	pthread_mutex_destroy(&f->lock);
	free(f->bytes);
	free(f->ends);
	free(f->items);
	free(f);
}
