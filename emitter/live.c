/* SPDX-License-Identifier: Apache-2.0
 *
 * live.c -- see live.h.
 */
#include "live.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "follower.h"
#include "format_parts.h"
#include "log.h"
#include "lossalert.h"
#include "pulse.h"

#define BATCH_BYTES ((size_t)256 * 1024)
#define LOOK_BACK   1024 /* records: more than a predecessor can have had in its hands */
#define TICK_NS	    NS_PER_SEC
#define BEATS	    3		       /* may be missing */
#define FIRST_NS    (120 * NS_PER_SEC) /* until the first stages are ready, on a slow host */
#define LOSS_NS	    (10 * NS_PER_SEC)  /* between two alerts about one output */
#define FINISH_NS   (2 * NS_PER_SEC)
#define FSYNC_NS    NS_PER_SEC
#define SPOOL_LEAST ((uint64_t)8 << 20) /* in which segments have a size that is worth it */

/* What an output had lost when it was said last. */
struct said {
	uint64_t lost;
	struct mono at;
};

struct live {
	struct outputs *os;
	struct journal *journal;
	struct follower *followers[CONF_MAX_OUTPUTS];
	struct said said[CONF_MAX_OUTPUTS];
	uint64_t patience_ns;			      /* with heartbeats; 0: there are none */
	struct heartbeat_status beat;		      /* that came here */
	struct pulse pulse, pulses[CONF_MAX_OUTPUTS]; /* here, and at the outputs' ends */
	struct mono last_tick;
	const char *boot;

	struct uuid had[LOOK_BACK];
	unsigned nhad;

	uint64_t next; /* of what is put in */
	unsigned count;
	size_t used;
	uint8_t *batch; /* BATCH_BYTES and the longest record */

	struct alert_frame alert;
	uint8_t *wire;	       /* of an alert that is made here */
	struct recent *recent; /* NULL: nobody looks on */
};

/* ---- opening ---- */

static void take_id(void *ctx, const struct journal_record *r)
{
	struct live *l = ctx;

	l->had[l->nhad++ % LOOK_BACK] = r->id;
}

static void sweep(struct live *l)
{
	const char *names[CONF_MAX_OUTPUTS];

	for (unsigned i = 0; i < l->os->count; i++)
		names[i] = l->os->all[i].sink.conf->name;
	cursor_file_sweep(journal_dir(l->journal), journal_next_number(l->journal), names,
			  l->os->count);
}

/* All places are known before the first thread runs: the journal goes on behind the last of them. */
static int start(struct live *l)
{
	int err = journal_start(l->journal);

	for (unsigned i = 0; i < l->os->count; i++) {
		l->followers[i] = follower_new(&l->os->all[i], l->journal, l->patience_ns);
		if (l->followers[i] == NULL)
			return -ENOMEM;
		journal_skip_to(l->journal, follower_number(l->followers[i]));
	}
	for (unsigned i = 0; i < l->os->count && err == 0; i++)
		err = follower_start(l->followers[i], l->journal);
	return err;
}

static void release(struct live *l)
{
	free(l->batch);
	free(l->wire);
	free(l);
}

static struct live *make(struct outputs *os, const char *boot)
{
	struct live *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->os = os;
	l->boot = boot;
	l->batch = malloc(BATCH_BYTES + JOURNAL_MAX_RECORD);
	l->wire = malloc(WIRE_MAX_PAYLOAD);
	if (l->batch != NULL && l->wire != NULL)
		return l;
	release(l);
	return NULL;
}

int live_open(const struct conf *conf, const char *dir, const char *boot, struct outputs *os,
	      struct live **ret)
{
	struct journal_params p = {
		.dir = dir,
		.disk_bytes = conf->spool_bytes < SPOOL_LEAST ? SPOOL_LEAST : conf->spool_bytes,
		.memory_bytes = conf->spool_memory_bytes,
		.fsync = (enum journal_fsync)conf->spool_fsync,
		.fsync_ns = FSYNC_NS,
	};
	struct live *l = make(os, boot);
	int err;

	if (l == NULL)
		return -ENOMEM;
	err = journal_open(&p, &l->journal);
	if (err < 0) {
		release(l);
		return err;
	}
	l->patience_ns = conf->heartbeat_ns == 0 ? 0 : BEATS * conf->heartbeat_ns + TICK_NS;
	journal_look_back(l->journal, LOOK_BACK, take_id, l);
	l->nhad = l->nhad < LOOK_BACK ? l->nhad : LOOK_BACK;
	sweep(l);
	err = start(l);
	if (err < 0) {
		(void)live_close(l);
		return err;
	}
	for (unsigned i = 0; i < os->count; i++) {
		struct output_status s;

		follower_status(l->followers[i], &s);
		l->said[i].lost = s.lost;
		if (s.pending > 0)
			log_info("output '%s' has %llu alerts before it from last time", s.name,
				 (unsigned long long)s.pending);
	}
	l->next = journal_next_number(l->journal);
	*ret = l;
	return 0;
}

void live_skip_to(struct live *l, uint64_t number)
{
	live_flush(l);
	journal_skip_to(l->journal, number);
	l->next = journal_next_number(l->journal);
}

uint64_t live_next(const struct live *l)
{
	return l->next - l->count;
}

bool live_had(struct live *l, const struct uuid *id)
{
	for (unsigned i = 0; i < l->nhad; i++) {
		if (memcmp(&l->had[i], id, sizeof(*id)) != 0)
			continue;
		l->had[i] = l->had[--l->nhad];
		return true;
	}
	return false;
}

/* ---- putting in ---- */

void live_flush(struct live *l)
{
	journal_append(l->journal, span_of(l->batch, l->used), l->count);
	l->used = 0;
	l->count = 0;
}

void live_put(struct live *l, const struct uuid *id, uint32_t flags, struct span payload)
{
	struct journal_record r = {
		.number = l->next, .id = *id, .flags = flags, .payload = payload
	};
	ssize_t n = journal_encode(journal_key_of(l->journal), l->batch + l->used,
				   BATCH_BYTES + JOURNAL_MAX_RECORD - l->used, &r);

	/* A frame of the ring is no longer than a record's payload may be. */
	BUG_ON(n < 0);
	if (l->recent != NULL)
		recent_put(l->recent, journal_key_of(l->journal), l->next,
			   span_of(l->batch + l->used, (size_t)n));
	l->used += (size_t)n;
	l->count++;
	l->next++;
	if (l->used >= BATCH_BYTES)
		live_flush(l);
}

/* ---- now and then ---- */

void live_put_report(struct live *l, struct span payload)
{
	struct span parts[] = { span_str(l->boot), payload };
	struct uuid id = uuid_of(parts, ARRAY_LEN(parts));

	live_put(l, &id, 0, payload);
}

bool live_put_own(struct live *l, const struct alert_frame *a)
{
	ssize_t n = wire_encode_alert(l->wire, WIRE_MAX_PAYLOAD, a);

	if (n < 0)
		return false;
	live_put_report(l, span_of(l->wire, (size_t)n));
	return true;
}

/* Say what outputs have lost since it was said last. */
static void look_at_losses(struct live *l, struct mono now, uint64_t *ret_made)
{
	for (unsigned i = 0; i < l->os->count; i++) {
		struct said *said = &l->said[i];
		struct output_status s;
		char text[160];

		follower_status(l->followers[i], &s);
		if (s.lost <= said->lost ||
		    (said->at.ns != 0 && mono_since(said->at, now) < LOSS_NS))
			continue;
		log_error("the spool let go of %llu alerts before output '%s' had them",
			  (unsigned long long)(s.lost - said->lost), s.name);
		lossalert_make(s.name, s.lost - said->lost, s.lost, wall_now().ns, text, &l->alert);
		*ret_made += live_put_own(l, &l->alert);
		*said = (struct said){ s.lost, now };
	}
}

/* What P says at OUTPUT (NULL: here), by COUNT.  True: an alert was made. */
static bool look_at_pulse(struct live *l, struct pulse *p, uint64_t count, const char *output,
			  uint64_t patience_ns, struct mono now)
{
	enum pulse_change change = pulse_look(p, count, patience_ns, now);
	uint64_t silent_ns = change == PULSE_STOPPED ? mono_since(p->seen, now) : 0;
	char text[PULSE_TEXT];

	if (change == PULSE_NONE)
		return false;
	pulse_alert(output, silent_ns, wall_now().ns, text, &l->alert);
	if (change == PULSE_STOPPED)
		log_error("%s", text);
	else
		log_info("%s", text);
	return live_put_own(l, &l->alert);
}

/* Where none comes in, no output is to blame for it. */
static void look_at_pulses(struct live *l, struct mono now, uint64_t *ret_made)
{
	uint64_t patience_ns = l->patience_ns;

	if (l->beat.count == 0 && patience_ns < FIRST_NS)
		patience_ns = FIRST_NS;
	*ret_made += look_at_pulse(l, &l->pulse, l->beat.count, NULL, patience_ns, now);
	for (unsigned i = 0; i < l->os->count; i++) {
		struct output_status s;

		if (!l->os->all[i].sink.conf->heartbeat)
			continue;
		if (l->beat.count == 0 || l->pulse.missing)
			pulse_excuse(&l->pulses[i], now);
		follower_status(l->followers[i], &s);
		*ret_made += look_at_pulse(l, &l->pulses[i], s.heartbeat.count, s.name,
					   l->patience_ns, now);
	}
}

void live_beat(struct live *l, uint64_t event_ns)
{
	uint64_t now_ns = wall_now().ns;

	l->beat.count++;
	l->beat.last_ns = now_ns;
	l->beat.latency_ns = now_ns > event_ns ? now_ns - event_ns : 0;
}

void live_tick(struct live *l, struct mono now, uint64_t *ret_made)
{
	if (mono_since(l->last_tick, now) < TICK_NS)
		return;
	l->last_tick = now;
	journal_tick(l->journal, now);
	look_at_losses(l, now, ret_made);
	if (l->patience_ns > 0)
		look_at_pulses(l, now, ret_made);
}

void live_reopen(struct live *l)
{
	for (unsigned i = 0; i < l->os->count; i++)
		follower_reopen(l->followers[i]);
}

static enum heartbeat_state state_of(const struct live *l, const struct pulse *p)
{
	if (l->patience_ns == 0)
		return HEARTBEAT_OFF;
	return p->missing ? HEARTBEAT_MISSING : HEARTBEAT_OK;
}

void live_status(struct live *l, struct stage_status *ret)
{
	struct journal_status j;

	ret->heartbeat = l->beat;
	ret->heartbeat.state = state_of(l, &l->pulse);
	ret->noutputs = l->os->count < CONTROL_MAX_OUTPUTS ? l->os->count : CONTROL_MAX_OUTPUTS;
	for (unsigned i = 0; i < ret->noutputs; i++) {
		follower_status(l->followers[i], &ret->outputs[i]);
		if (l->os->all[i].sink.conf->heartbeat)
			ret->outputs[i].heartbeat.state = state_of(l, &l->pulses[i]);
	}
	journal_status(l->journal, &j);
	ret->spool = (struct spool_status){ .is_used = true,
					    .on_disk = j.on_disk,
					    .records = j.records_on_disk,
					    .bytes = j.bytes_on_disk,
					    .segments = j.segments,
					    .dropped = j.dropped,
					    .damaged = j.damaged };
	memcpy(ret->spool.why, j.why, sizeof(ret->spool.why));
}

/* ---- for who looks on ---- */

void live_show(struct live *l, struct recent *recent)
{
	l->recent = recent;
}

/* Its length; 0: there is no room for it any more. */
static size_t put_line(const struct format *f, const struct alert_frame *a, uint8_t *buf,
		       size_t cap, bool is_first)
{
	struct line line;

	line_init(&line, buf, cap);
	if (!format_put_object(&line, f, a) || (is_first && line_length(&line) < 0)) {
		line_init(&line, buf, cap);
		format_put_short(&line, f, a);
	}
	line_put_char(&line, '\n');
	return line_length(&line) < 0 ? 0 : (size_t)line_length(&line);
}

size_t live_list(struct live *l, uint64_t *from, const struct format *f, uint8_t *buf, size_t cap)
{
	struct journal_record r;
	size_t n = 0, start, end, put;
	struct span record;
	uint64_t first;

	live_flush(l);
	(void)journal_recent(l->journal, *from, &first);
	*from = *from < first ? first : *from;
	while ((record = journal_recent(l->journal, *from, &first)).n > 0) {
		/* Our own memory: it is whole. */
		if (journal_next(journal_key_of(l->journal), record, &r, &start, &end) &&
		    wire_decode_alert(r.payload, &l->alert) == 0) {
			put = put_line(f, &l->alert, buf + n, cap - n, n == 0);
			if (put == 0)
				break;
			n += put;
		}
		++*from;
	}
	return n;
}

/* ---- the end ---- */

static bool have_ended(struct live *l)
{
	for (unsigned i = 0; i < l->os->count; i++)
		if (l->followers[i] != NULL && !follower_has_ended(l->followers[i]))
			return false;
	return true;
}

static void wait_for_end(struct live *l, uint64_t most_ns)
{
	static const struct timespec pause = { 0, 2 * (long)NS_PER_MSEC };
	struct mono from = mono_now();

	while (!have_ended(l) && mono_since(from, mono_now()) < most_ns)
		nanosleep(&pause, NULL);
}

static bool stop_all(struct live *l)
{
	bool all = true;

	for (unsigned i = 0; i < l->os->count; i++)
		if (l->followers[i] != NULL)
			all = follower_stop(l->followers[i]) && all;
	return all;
}

bool live_close(struct live *l)
{
	bool all = true;

	if (l == NULL)
		return true;
	if (l->count > 0)
		live_flush(l);
	for (unsigned i = 0; i < l->os->count; i++)
		if (l->followers[i] != NULL)
			follower_finish(l->followers[i]);
	wait_for_end(l, FINISH_NS);
	if (!stop_all(l)) {
		wait_for_end(l, FINISH_NS / 4);
		all = stop_all(l);
	}
	/* One that is stuck goes when the process does: what is on disk is whole at any time. */
	if (!all)
		return false;
	for (unsigned i = 0; i < l->os->count; i++)
		follower_free(l->followers[i]);
	journal_close(l->journal);
	release(l);
	return true;
}
