/* SPDX-License-Identifier: Apache-2.0
 *
 * feed.c -- see feed.h.
 */
#include "feed.h"

#include <errno.h>

/* Longer than any encoded gap: six numbers of at most 9 bytes. */
#define GAP_BOUND 64u

/* Room for as many gaps as may wait, with what the ring puts around each. */
#define GAPS_ROOM (GAP_CAUSE_COUNT * (GAP_BOUND + 2 * RING_FRAME_HEADER))

void feed_init(struct feed *f, const struct feed_out *out, struct ring_counts *counts,
	       int64_t own_pid)
{
	*f = (struct feed){ .out = *out, .counts = counts, .own_pid = own_pid };
	state_set_with(NULL, &f->set);
}

/* ---- gaps ---- */

static void gap_add(struct feed *f, enum gap_cause cause, uint64_t from_ns, uint64_t to_ns,
		    uint64_t count)
{
	struct gap_frame *g = &f->gaps[cause];

	if (g->cause == GAP_NONE)
		*g = (struct gap_frame){ .cause = (uint8_t)cause, .from_ns = from_ns };
	g->to_ns = to_ns;
	g->count += count;
}

static bool gaps_wait(const struct feed *f)
{
	for (unsigned i = 0; i < GAP_CAUSE_COUNT; i++)
		if (f->gaps[i].cause != GAP_NONE)
			return true;
	return false;
}

/* False: no room. */
static bool gap_write(struct feed *f, struct gap_frame *g, enum ring_class cls)
{
	uint8_t *p = f->out.reserve(f->out.ctx, GAP_BOUND, cls);
	ssize_t n;

	if (p == NULL)
		return false;
	n = wire_encode_gap(p, GAP_BOUND, g);
	if (n < 0) {
		f->out.abandon(f->out.ctx);
		return false;
	}
	f->out.submit(f->out.ctx, FRAME_GAP, 0, (size_t)n);
	f->counts->v[COLLECTOR_GAPS]++;
	g->cause = GAP_NONE;
	return true;
}

/* The gaps that wait, if behind them there is room for SIZE more: else a full ring
 * would fill up with gaps, one for each event that is dropped behind it. */
static bool gaps_write(struct feed *f, size_t size, enum ring_class cls)
{
	if (!gaps_wait(f))
		return true;
	if (f->out.reserve(f->out.ctx, GAPS_ROOM + size, cls) == NULL)
		return false;
	f->out.abandon(f->out.ctx);
	for (unsigned i = 0; i < GAP_CAUSE_COUNT; i++)
		if (f->gaps[i].cause != GAP_NONE && !gap_write(f, &f->gaps[i], cls))
			return false;
	return true;
}

void feed_gaps(struct feed *f)
{
	gaps_write(f, 0, RING_BULK);
}

/* ---- events ---- */

static void lose(struct feed *f, const struct raw_event *ev)
{
	f->counts->v[COLLECTOR_TAKEN]++;
	f->counts->v[COLLECTOR_LOST_RING]++;
	gap_add(f, GAP_RING, ev->ts_ns, ev->ts_ns, 1);
	f->stale |= state_set_matters(ev->code);
}

static void refuse(struct feed *f)
{
	f->counts->v[COLLECTOR_TAKEN]++;
	f->counts->v[COLLECTOR_REFUSED]++;
}

static void filter(struct feed *f)
{
	f->counts->v[COLLECTOR_TAKEN]++;
	f->counts->v[COLLECTOR_FILTERED]++;
}

/* EV into P, which has BOUND bytes. */
static void write_event(struct feed *f, uint8_t *p, size_t bound, const struct raw_event *ev)
{
	ssize_t n = wire_encode_raw_event(p, bound, ev);

	if (n < 0) { /* cannot be: the bound is the codec's own */
		f->out.abandon(f->out.ctx);
		refuse(f);
		return;
	}
	f->out.submit(f->out.ctx, FRAME_RAW_EVENT, 0, (size_t)n);
	f->counts->v[COLLECTOR_TAKEN]++;
	f->counts->v[COLLECTOR_OUT]++;
	if (ev->flags & EVENT_TRUNCATED)
		f->counts->v[COLLECTOR_CUT]++;
}

static void put(struct feed *f, struct raw_event *ev)
{
	enum ring_class cls = state_set_class(ev->code);
	size_t bound = wire_raw_event_bound(ev);
	uint8_t *p = NULL;

	if (gaps_write(f, bound, cls))
		p = f->out.reserve(f->out.ctx, bound, cls);
	if (p == NULL) {
		lose(f, ev);
		return;
	}
	ev->num = f->counts->v[COLLECTOR_OUT] + 1;
	write_event(f, p, bound, ev);
}

static void put_recorded(struct feed *f, const struct raw_event *ev)
{
	size_t bound = wire_raw_event_bound(ev);
	uint8_t *p;

	if (bound > WIRE_MAX_PAYLOAD) {
		refuse(f);
		return;
	}
	p = f->out.reserve(f->out.ctx, bound, RING_BULK);
	if (p != NULL)
		write_event(f, p, bound, ev);
}

void feed_event(struct feed *f, struct raw_event *ev)
{
	if (f->is_recorded)
		put_recorded(f, ev);
	else if (!event_set_has(&f->set, ev->code) || (ev->pid == f->own_pid && f->own_pid != -1))
		filter(f);
	else
		put(f, ev);
}

void feed_refused(struct feed *f)
{
	refuse(f);
}

void feed_skipped(struct feed *f)
{
	filter(f);
}

void feed_state(struct feed *f, uint16_t type, struct span payload)
{
	uint8_t *p = f->out.reserve(f->out.ctx, payload.n, RING_STATE);

	if (p == NULL)
		return;
	if (payload.n > 0)
		memcpy(p, payload.p, payload.n);
	f->out.submit(f->out.ctx, type, 0, payload.n);
	f->counts->v[COLLECTOR_STATE_OUT]++;
}

/* ---- counts ---- */

static uint64_t dealt_with(const uint64_t *v)
{
	return v[COLLECTOR_TAKEN] + v[COLLECTOR_LOST_KERNEL] + v[COLLECTOR_LOST_RESTART];
}

void feed_settle(struct feed *f)
{
	uint64_t least = dealt_with(f->counts->v);

	if (f->counts->v[COLLECTOR_SEEN] < least)
		f->counts->v[COLLECTOR_SEEN] = least;
}

void feed_counts(struct feed *f, const struct source_counts *c, uint64_t now_ns)
{
	uint64_t lost = c->lost - f->looked.lost;

	if (lost > 0) {
		f->counts->v[COLLECTOR_LOST_KERNEL] += lost;
		gap_add(f, GAP_KERNEL_BUFFER, f->looked_ns, now_ns, lost);
	}
	f->stale |= c->lost_state != f->looked.lost_state;
	f->counts->v[COLLECTOR_SEEN] = f->inherited_seen + c->seen;
	f->looked = *c;
	f->looked_ns = now_ns;
}

void feed_inherit(struct feed *f, const struct ring_counts *old, uint64_t now_ns)
{
	const uint64_t *v = old->v;
	uint64_t dealt = dealt_with(v);
	uint64_t seen = v[COLLECTOR_SEEN] > dealt ? v[COLLECTOR_SEEN] : dealt;
	uint64_t lost = seen - dealt;

	for (unsigned i = 0; i < COLLECTOR_COUNTERS; i++)
		f->counts->v[i] += v[i];
	f->counts->v[COLLECTOR_SEEN] += seen - v[COLLECTOR_SEEN];
	f->counts->v[COLLECTOR_LOST_RESTART] += lost;
	f->inherited_seen += seen;
	gap_add(f, GAP_RESTART, 0, now_ns, lost);
}
