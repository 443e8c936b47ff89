/* SPDX-License-Identifier: Apache-2.0
 *
 * collector_state.c -- state beside the events: all of it at the door and after a loss, a task's when it is asked for.
 */
#include <errno.h>
#include <string.h>

#include "collector.h"
#include "log.h"

#define SNAPSHOT_GAP_NS (5 * NS_PER_SEC)
#define ANSWERS_PART	20u /* of the time goes by answering asks, at most */

/* State that could not be told. */
void collector_count_unread(struct stage *st, struct collector *c)
{
	const struct unread *u = &c->source->unread;

	if (u->count == c->unread)
		return;
	st->counts.v[COLLECTOR_UNREAD] += u->count - c->unread;
	c->unread = u->count;
	log_rationed(LOG_LEVEL_WARNING,
		     "state of some tasks is missing: of /proc not all could be read, at last: %s",
		     strerror(u->err));
}

/* After a loss of state events. */
void collector_make_good(struct stage *st, struct collector *c, struct mono now)
{
	int err;

	if (c->feed.stale && in_line_tell(&c->in_line, st->out, SNAPSHOT_GAP_NS, now, &err) &&
	    err < 0)
		log_rationed(LOG_LEVEL_WARNING,
			     "cannot write a snapshot after events were lost: %s, trying again",
			     strerror(-err));
}

static int put_state(void *ctx, uint16_t type, struct span payload)
{
	feed_state(ctx, type, payload);
	return 0;
}

static void answer(struct collector *c, const struct ring_ask *ask, size_t budget)
{
	struct task_read_frame f = { .tid = ask->tid, .of = ask->of };
	uint8_t buf[WIRE_TASK_READ_BOUND];
	ssize_t n;

	f.gone = c->source->ops->read_again(c->source, ask, put_state, &c->feed, budget) == -ESRCH;
	n = wire_encode_task_read(buf, sizeof(buf), &f);
	if (n > 0)
		feed_state(&c->feed, FRAME_TASK_READ, span_of(buf, (size_t)n));
	c->st->counts.v[COLLECTOR_ANSWERS]++;
}

/* What the reader asks to be told again, if the ring has room and we have time: what it may cost
 * is ours to say, however much is asked. */
void collector_answer_asks(struct stage *st, struct collector *c, struct mono now)
{
	struct outlet_status ring;
	struct ring_ask ask;
	struct mono begun;
	unsigned n = 0;

	if (c->source->ops->read_again == NULL || now.ns < c->next_answers.ns)
		return;
	outlet_status(st->out, &ring);
	if (ring.used > ring.size / 4) {
		c->next_answers = mono_after(now, SOON_NS);
		return;
	}
	if (!outlet_asked(st->out, &ask))
		return;
	begun = mono_now();
	do {
		answer(c, &ask, ring.size / 16);
		outlet_status(st->out, &ring);
	} while (++n < RING_ASKS && ring.used <= ring.size / 4 && outlet_asked(st->out, &ask));
	c->source->ops->settle(c->source);
	now = mono_now();
	c->next_answers = mono_after(now, (ANSWERS_PART - 1) * mono_since(begun, now));
}

int collector_snapshot(void *ctx, struct frame_sink *sink)
{
	struct collector *c = ctx;
	int n = c->source->ops->snapshot(c->source, sink, in_line_budget(&c->in_line));

	if (n < 0)
		return n;
	feed_told(&c->feed);
	c->st->counts.v[COLLECTOR_SNAPSHOTS]++;
	c->st->counts.v[COLLECTOR_STATE_OUT] += (unsigned)n;
	return 0;
}
