/* SPDX-License-Identifier: Apache-2.0
 *
 * feed.c -- see feed.h.
 */
#include "feed.h"

#include <errno.h>

#define GAP_BOUND ((size_t)WIRE_GAP_BOUND)
#define MARK_NS	  UINT64_C(1000000000)

/* As long as no more is lost of who began, executed and ended, the room that is kept for that was not
 * all gone, and to read again those that anybody needs is cheaper than to read all. */
#define FEW_LINEAGE 1024

/* Which counter is whose cause's. */
static const uint8_t counter_of[GAP_CAUSE_COUNT] = {
	[GAP_KERNEL_BUFFER] = COLLECTOR_LOST_KERNEL,	[GAP_RING] = COLLECTOR_LOST_RING,
	[GAP_RESTART] = COLLECTOR_LOST_RESTART,		[GAP_NOT_MADE] = COLLECTOR_LOST_NOT_MADE,
	[GAP_PASSED_OVER] = COLLECTOR_LOST_PASSED_OVER,
};

void feed_init(struct feed *f, const struct feed_out *out, struct ring_counts *counts,
	       int64_t own_pid)
{
	struct selection all;

	*f = (struct feed){ .out = *out, .counts = counts, .own_pid = own_pid };
	selection_fill(&all, NULL, NULL);
	f->set = all.events;
}

/* ---- gaps ---- */

/* What may be wrong now behind us. */
static void doubt(struct feed *f, const struct loss *loss)
{
	f->doubt |= state_set_matters(loss->code);
	if (state_set_is_lineage(loss->code))
		f->lineage_lost += loss->count;
	f->stale |= loss->code == LOSS_ANY_CODE || f->lineage_lost > FEW_LINEAGE;
}

void feed_told(struct feed *f)
{
	f->stale = false;
	f->lineage_lost = 0;
}

/* COUNT 0: nobody knows how many there were. */
static void lose(struct feed *f, const struct loss *loss, uint64_t from_ns, uint64_t to_ns)
{
	struct gap_frame *g = &f->gaps[loss->cause];

	if (g->cause == GAP_NONE) {
		g->cause = loss->cause;
		g->from_ns = from_ns;
		g->count = 0;
	}
	g->to_ns = to_ns;
	g->count += loss->count;
	f->counts->v[counter_of[loss->cause]] += loss->count;
	if (loss->count == 0)
		return;
	(void)losses_add(&f->losses, loss);
	f->has_new_losses = true;
	doubt(f, loss);
}

/* What G's cause lost since the last gap that told of it. */
static void gap_fill(const struct feed *f, struct gap_frame *g)
{
	uint64_t before = f->seen_before > f->seen_at_gap ? f->seen_before : f->seen_at_gap;
	uint64_t seen = f->counts->v[COLLECTOR_SEEN];

	g->events = seen > before ? seen - before : 0;
	g->ntypes = g->ncpus = 0;
	for (unsigned i = 0; i < f->losses.count; i++) {
		const struct loss *c = &f->losses.cell[i];
		struct gap_part part;

		if (c->cause != g->cause || c->count == f->told[i])
			continue;
		part = (struct gap_part){ c->code, c->count - f->told[i] };
		g->ntypes = (uint8_t)gap_part_add(g->types, g->ntypes, &part);
		part.of = c->cpu;
		g->ncpus = (uint8_t)gap_part_add(g->cpus, g->ncpus, &part);
	}
}

static void gap_told(struct feed *f, const struct gap_frame *g)
{
	f->seen_at_gap = f->counts->v[COLLECTOR_SEEN];
	for (unsigned i = 0; i < f->losses.count; i++)
		if (f->losses.cell[i].cause == g->cause)
			f->told[i] = f->losses.cell[i].count;
}

/* Room for the gaps that wait, with what the ring puts around each. */
static size_t gaps_room(const struct feed *f)
{
	size_t room = 0;

	for (unsigned i = 0; i < GAP_CAUSE_COUNT; i++)
		if (f->gaps[i].cause != GAP_NONE)
			room += GAP_BOUND + 2 * RING_FRAME_HEADER;
	return room;
}

/* False: no room. */
static bool gap_write(struct feed *f, struct gap_frame *g, enum ring_class cls)
{
	size_t bound;
	uint8_t *p;
	ssize_t n;

	gap_fill(f, g);
	g->doubt = f->doubt;
	bound = wire_gap_bound(g);
	p = f->out.reserve(f->out.ctx, bound, cls);
	if (p == NULL)
		return false;
	n = wire_encode_gap(p, bound, g);
	if (n < 0) {
		f->out.abandon(f->out.ctx);
		return false;
	}
	f->out.submit(f->out.ctx, FRAME_GAP, 0, (size_t)n);
	f->counts->v[COLLECTOR_GAPS]++;
	gap_told(f, g);
	f->doubt = false;
	g->cause = GAP_NONE;
	return true;
}

bool feed_has_gaps(const struct feed *f)
{
	return gaps_room(f) > 0;
}

/* The gaps that wait, if behind them there is room for SIZE more: else a full ring
 * would fill up with gaps, one for each event that is dropped behind it. */
static bool gaps_write(struct feed *f, size_t size, enum ring_class cls)
{
	size_t room = gaps_room(f);

	if (room == 0)
		return true;
	if (f->out.reserve(f->out.ctx, room + size, cls) == NULL)
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

static void found_no_room(struct feed *f, const struct raw_event *ev)
{
	struct loss loss = { .cause = GAP_RING, .cpu = ev->cpu, .code = ev->code, .count = 1 };

	f->counts->v[COLLECTOR_TAKEN]++;
	lose(f, &loss, ev->ts_ns, ev->ts_ns);
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

static uint8_t *room_for(struct feed *f, size_t bound, enum ring_class cls)
{
	return gaps_write(f, bound, cls) ? f->out.reserve(f->out.ctx, bound, cls) : NULL;
}

/* Was the file opened by the name that the kernel has for it? */
static bool has_own_name(const struct raw_event *ev)
{
	const struct event_info *info = event_info(ev->code);

	for (unsigned i = 0; i < ev->nparams; i++)
		if (info->params[i].type == PT_FSPATH || info->params[i].type == PT_FSRELPATH)
			return span_eq(ev->params[i].s, ev->file.path);
	return false;
}

/* An open of which more like it can be left out. */
static void offer_mute(struct feed *f, struct raw_event *ev)
{
	if (!f->mutes_all && !has_own_name(ev))
		return;
	ev->flags |= EVENT_CAN_MUTE;
	mute_log_note(&f->mutes, ev->num, ev->mute);
}

static void put(struct feed *f, struct raw_event *ev, enum ring_class cls)
{
	size_t bound = wire_raw_event_bound(ev);
	uint8_t *p = room_for(f, bound, cls);

	if (__builtin_expect(p == NULL, 0) && cls == RING_BULK &&
	    fair_is_quiet(&f->fair, (uint32_t)ev->pid, ev->ts_ns))
		p = room_for(f, bound, RING_QUIET);
	if (p == NULL) {
		found_no_room(f, ev);
		return;
	}
	ev->num = f->counts->v[COLLECTOR_OUT] + 1;
	if (ev->mute != 0)
		offer_mute(f, ev);
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
	else if (__builtin_expect(ev->flags & EVENT_HEARTBEAT, 0))
		put(f, ev, RING_STATE); /* what is lost in a flood is told of in any case */
	else if (!event_set_has(&f->set, ev->code) || (ev->pid == f->own_pid && f->own_pid != -1))
		filter(f);
	else
		put(f, ev, state_set_class(ev->code));
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
	return v[COLLECTOR_TAKEN] + v[COLLECTOR_LOST_KERNEL] + v[COLLECTOR_LOST_NOT_MADE] +
	       v[COLLECTOR_LOST_PASSED_OVER] + v[COLLECTOR_LOST_RESTART];
}

void feed_settle(struct feed *f)
{
	uint64_t least = dealt_with(f->counts->v);

	if (f->counts->v[COLLECTOR_SEEN] < least)
		f->counts->v[COLLECTOR_SEEN] = least;
}

void feed_lost(struct feed *f, const struct loss *loss, uint64_t now_ns)
{
	lose(f, loss, f->looked_ns, now_ns);
}

void feed_counts(struct feed *f, uint64_t seen, uint64_t now_ns)
{
	f->counts->v[COLLECTOR_SEEN] = f->inherited_seen + seen;
	f->looked_ns = now_ns;
	if (now_ns - f->marked_ns < MARK_NS)
		return;
	f->seen_before = f->seen_marked;
	f->seen_marked = f->counts->v[COLLECTOR_SEEN];
	f->marked_ns = now_ns;
}

/* The cells of a predecessor, if they say no more than its counters; what these say more was lost
 * where nobody knows. */
static void inherit_losses(struct feed *f, const struct ring_counts *old, const struct losses *l)
{
	static const struct losses none;

	for (unsigned cause = GAP_NONE + 1; l != NULL && cause < GAP_CAUSE_COUNT; cause++)
		if (losses_sum(l, cause) > old->v[counter_of[cause]])
			l = NULL;
	if (l == NULL || losses_sum(l, GAP_NONE) > 0)
		l = &none;
	for (unsigned i = 0; i < l->count; i++)
		f->told[losses_add(&f->losses, &l->cell[i])] += l->cell[i].count;
	for (unsigned cause = GAP_NONE + 1; cause < GAP_CAUSE_COUNT; cause++) {
		struct loss rest = { .cause = (uint8_t)cause,
				     .cpu = LOSS_ANY_CPU,
				     .code = LOSS_ANY_CODE,
				     .count = old->v[counter_of[cause]] - losses_sum(l, cause) };

		if (rest.count > 0)
			f->told[losses_add(&f->losses, &rest)] += rest.count;
	}
	f->has_new_losses |= f->losses.count > 0;
}

void feed_inherit(struct feed *f, const struct ring_counts *old, const struct losses *losses,
		  uint64_t now_ns)
{
	const uint64_t *v = old->v;
	uint64_t dealt = dealt_with(v);
	uint64_t seen = v[COLLECTOR_SEEN] > dealt ? v[COLLECTOR_SEEN] : dealt;
	struct loss loss = { .cause = GAP_RESTART,
			     .cpu = LOSS_ANY_CPU,
			     .code = LOSS_ANY_CODE,
			     .count = seen - dealt };

	for (unsigned i = 0; i < COLLECTOR_COUNTERS; i++)
		f->counts->v[i] += v[i];
	f->counts->v[COLLECTOR_SEEN] += seen - v[COLLECTOR_SEEN];
	f->inherited_seen += seen;
	f->inherited_muted += v[COLLECTOR_MUTED];
	f->seen_at_gap += seen;
	f->seen_before += seen;
	f->seen_marked += seen;
	inherit_losses(f, old, losses);
	lose(f, &loss, 0, now_ns);
}

void feed_muted(struct feed *f, uint64_t muted)
{
	f->counts->v[COLLECTOR_MUTED] = f->inherited_muted + muted;
}

void feed_other_rules(struct feed *f, const struct ring_wants *wants)
{
	f->mutes_all = (wants->extras & WANT_MUTES_ALL) != 0;
	mute_log_begin(&f->mutes, f->counts->v[COLLECTOR_OUT] + 1);
}

void feed_sheets(struct feed *f, uint8_t *const sheets[RING_SHEETS])
{
	uint64_t version = f->counts->v[COLLECTOR_LOSS_SHEETS] + 1;

	if (!f->has_new_losses)
		return;
	if (losses_encode(sheets[version % RING_SHEETS], RING_SHEET, version, &f->losses) < 0)
		return; /* cannot be: a sheet takes a full table */
	f->counts->v[COLLECTOR_LOSS_SHEETS] = version;
	f->has_new_losses = false;
}
