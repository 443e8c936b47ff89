/* SPDX-License-Identifier: Apache-2.0
 *
 * capture.c -- see capture.h.  The state engine is the enricher's, as it is: what it
 * says of changes is not wanted, only what it knows.
 */
#include "capture.h"

#include <errno.h>
#include <stdlib.h>

#include "enrich.h"
#include "history.h"
#include "recording.h"

struct capture {
	struct capture_params p;
	struct enrich *state; /* as it is before the first frame of the history */
	uint64_t state_counts[ENRICHER_COUNTERS];
	uint64_t generation; /* of the frames that come */
	uint64_t folded_num; /* of the last event that left the history; 0: none */
	struct history history;

	struct recording *rec; /* NULL: no file is open */
	uint64_t next;	       /* the place of the first frame that it has not got */
	uint64_t until_ns;     /* its last event's time, at most */
	struct mono over_at;   /* the same by the clock, where no events come */
	struct mono close_at;  /* ns 0: it is not at its end yet */
	struct mono hold_until;
	uint64_t last_ts, last_num; /* of the match before */

	struct raw_event ev;
	uint8_t out[WIRE_MAX_PAYLOAD];
};

/* ---- the state before the history ---- */

static uint8_t *out_reserve(void *ctx, size_t cap)
{
	struct capture *c = ctx;

	return cap <= sizeof(c->out) ? c->out : NULL;
}

static void out_submit(void *ctx, uint16_t type, size_t len)
{
	(void)ctx;
	(void)type;
	(void)len;
}

static void out_abandon(void *ctx)
{
	(void)ctx;
}

static void count(struct capture *c, enum recorder_counter counter, uint64_t n)
{
	c->p.counts[counter] += n;
}

/* The frame's event in c->ev; false: it is none, or makes no sense. */
static bool is_event(struct capture *c, const struct ring_frame *f)
{
	return f->type == FRAME_RAW_EVENT && wire_decode_raw_event(f->payload, &c->ev) == 0 &&
	       event_info(c->ev.code) != NULL;
}

/* The oldest frame goes from the history into the state.  False: there is none. */
static bool fold_oldest(struct capture *c)
{
	struct ring_frame frame;

	if (history_at(&c->history, c->history.first, &frame) == 0)
		return false;
	if (is_event(c, &frame))
		c->folded_num = c->ev.num;
	if (enrich_frame(c->state, &frame, c->generation) < 0)
		count(c, RECORDER_REFUSED, 1);
	history_drop(&c->history);
	return true;
}

/* Is the history's oldest frame older than what belongs into a file for MATCH? */
static bool is_before(struct capture *c, const struct capture_frame *match)
{
	uint64_t from = match->ts_ns > c->p.before_ns ? match->ts_ns - c->p.before_ns : 0;
	struct ring_frame frame;

	if (history_at(&c->history, c->history.first, &frame) == 0)
		return false;
	if (!is_event(c, &frame))
		return true;
	return c->ev.ts_ns < from && c->ev.num != match->num;
}

/* ---- the file ---- */

static void close_file(struct capture *c, int err)
{
	uint64_t size = 0;
	int closed;

	if (err == 0 || err == -EFBIG) {
		int flushed = recording_flush(c->rec);

		if (flushed < 0)
			err = flushed;
	}
	closed = c->p.files.close(c->p.files.ctx, &size);
	if (err == 0)
		err = closed;
	count(c, RECORDER_LEFT_OUT, recording_counts(c->rec)->left_out);
	recording_free(c->rec);
	c->rec = NULL;
	count(c, RECORDER_BYTES, size);
	if (err == -EFBIG) {
		count(c, RECORDER_LIMITED, 1);
		count(c, RECORDER_LIMITED_BYTES, size);
	} else if (err < 0) {
		count(c, RECORDER_FAILED, 1);
	}
}

static void fail(struct capture *c, int err, struct mono now)
{
	close_file(c, err);
	if (err != -EFBIG)
		c->hold_until = mono_after(now, CAPTURE_HOLD_NS);
}

static int write_frame(struct capture *c, const struct ring_frame *f)
{
	int err;

	if (f->type != FRAME_RAW_EVENT)
		return recording_state(c->rec, f->type, f->payload);
	if (c->ev.pid != -1 && c->ev.pid == c->p.own_pid)
		return 0;
	err = recording_event(c->rec, &c->ev);
	if (err == 0)
		count(c, RECORDER_WRITTEN, 1);
	return err;
}

/* What has come since, as far as the file's time goes.  0, or what writing said. */
static int write_on(struct capture *c)
{
	struct ring_frame frame;
	uint64_t next;
	int err = 0;

	while (err == 0 && (next = history_at(&c->history, c->next, &frame)) != 0) {
		if (frame.type == FRAME_RAW_EVENT) {
			if (!is_event(c, &frame)) {
				c->next = next;
				continue;
			}
			if (c->ev.ts_ns > c->until_ns)
				break;
		}
		err = write_frame(c, &frame);
		c->next = next;
	}
	return err < 0 ? err : recording_flush(c->rec);
}

/* Has the file all that belongs into it? */
static bool is_complete(const struct capture *c, struct mono now)
{
	struct ring_frame frame;

	return history_at(&c->history, c->next, &frame) != 0 || now.ns >= c->over_at.ns;
}

static int put_state(void *ctx, uint16_t type, struct span payload)
{
	struct capture *c = ctx;

	return recording_state(c->rec, type, payload);
}

static void extend(struct capture *c, const struct capture_frame *m, struct mono now)
{
	uint64_t until =
		m->ts_ns > UINT64_MAX - m->duration_ns ? UINT64_MAX : m->ts_ns + m->duration_ns;
	struct mono over = { now.ns > UINT64_MAX - m->duration_ns ? UINT64_MAX
								  : now.ns + m->duration_ns };

	if (until > c->until_ns)
		c->until_ns = until;
	if (over.ns > c->over_at.ns)
		c->over_at = over;
	c->close_at = (struct mono){ 0 };
}

static void begin_file(struct capture *c, const struct capture_frame *m, struct mono now)
{
	struct recording_params p = { .write = c->p.files.write,
				      .ctx = c->p.files.ctx,
				      .state_bytes = c->p.state_bytes,
				      .max_pid = c->p.max_pid };
	int err;

	while (is_before(c, m) || enrich_in_snapshot(c->state))
		if (!fold_oldest(c))
			break;
	count(c, RECORDER_LATE, c->folded_num >= m->num && c->folded_num != 0);
	err = c->p.files.open(c->p.files.ctx, m);
	if (err == 0 && (err = recording_new(&p, &c->rec)) < 0) {
		uint64_t size;

		(void)c->p.files.close(c->p.files.ctx, &size);
	}
	if (err < 0) {
		count(c, RECORDER_FAILED, 1);
		c->hold_until = mono_after(now, CAPTURE_HOLD_NS);
		return;
	}
	count(c, RECORDER_FILES, 1);
	c->next = c->history.first;
	c->until_ns = 0;
	c->over_at = (struct mono){ 0 };
	extend(c, m, now);
	count(c, RECORDER_LEFT_OUT, c->state_counts[ENRICHER_MEMORY_REFUSED]);
	c->state_counts[ENRICHER_MEMORY_REFUSED] = 0;
	err = enrich_raw_snapshot(c->state, put_state, c);
	if (err == 0)
		err = write_on(c);
	if (err < 0)
		fail(c, err, now);
}

/* ---- what comes in ---- */

void capture_frame(struct capture *c, const struct ring_frame *frame, uint64_t generation)
{
	if (frame->type == FRAME_RAW_EVENT)
		count(c, RECORDER_IN, 1);
	count(c, RECORDER_GAPS, frame->type == FRAME_GAP);
	c->generation = generation;
	while (!history_put(&c->history, frame)) {
		/* What the file has not got is behind its end, unless it has to be written now. */
		if (c->rec != NULL && c->next == c->history.first) {
			int err = write_on(c);

			if (err < 0 || c->next == c->history.first)
				close_file(c, err);
		}
		if (!fold_oldest(c)) {
			count(c, RECORDER_REFUSED, 1);
			return;
		}
	}
}

void capture_match(struct capture *c, const struct capture_frame *m, struct mono now)
{
	bool is_double = m->ts_ns == c->last_ts && m->num == c->last_num;
	int err;

	count(c, RECORDER_ASKED, 1);
	if (m->tid != -1 && m->tid == c->p.own_pid) {
		count(c, RECORDER_OWN, 1);
		return;
	}
	c->last_ts = m->ts_ns;
	c->last_num = m->num;
	if (c->rec != NULL && (err = write_on(c)) < 0)
		fail(c, err, now);
	if (c->rec != NULL && m->ts_ns <= c->until_ns) {
		count(c, RECORDER_EXTENDED, 1);
		extend(c, m, now);
		return;
	}
	if (c->rec != NULL)
		close_file(c, 0);
	if (is_double)
		return;
	if (now.ns < c->hold_until.ns)
		count(c, RECORDER_FAILED, 1);
	else
		begin_file(c, m, now);
}

void capture_step(struct capture *c, struct mono now)
{
	int err;

	if (c->rec == NULL)
		return;
	if ((err = write_on(c)) < 0)
		fail(c, err, now);
	else if (!is_complete(c, now))
		return;
	else if (c->close_at.ns == 0)
		c->close_at = mono_after(now, CAPTURE_GRACE_NS);
	else if (now.ns >= c->close_at.ns)
		close_file(c, 0);
}

void capture_end(struct capture *c)
{
	if (c->rec != NULL)
		close_file(c, write_on(c));
}

void capture_people(struct capture *c, struct span passwd, struct span group)
{
	enrich_host_users(c->state, passwd, group);
}

/* ---- making ---- */

int capture_new(const struct capture_params *p, struct capture **ret)
{
	struct capture *c = calloc(1, sizeof(*c));
	struct ring_wants nothing = { .version = 1 };
	int err = -ENOMEM;

	if (c != NULL) {
		struct enrich_params ep = {
			.sink = { c, out_reserve, out_submit, out_abandon },
			.counts = c->state_counts,
			.seed = p->seed,
			.threads = p->threads,
		};

		c->p = *p;
		if ((err = history_init(&c->history, p->history_bytes)) == 0)
			err = enrich_new(&ep, &c->state);
	}
	if (err < 0) {
		capture_free(c);
		return err;
	}
	enrich_want(c->state, &nothing);
	*ret = c;
	return 0;
}

void capture_free(struct capture *c)
{
	if (c == NULL)
		return;
	enrich_free(c->state);
	recording_free(c->rec);
	history_release(&c->history);
	free(c);
}

uint64_t capture_may_grow(const struct capture *c)
{
	return c->p.history_bytes + 2 * c->p.state_bytes + enrich_may_grow(c->state);
}

void capture_status(const struct capture *c, struct capture_status *ret)
{
	struct enrich_status es;

	enrich_status(c->state, &es);
	*ret = (struct capture_status){ .is_open = c->rec != NULL,
					.history_bytes =
						(size_t)(c->history.end - c->history.first),
					.history_max = c->history.cap,
					.threads = es.threads.used };
}
