/* SPDX-License-Identifier: Apache-2.0
 *
 * raw_tap.c -- see raw_tap.h.
 */
#include "raw_tap.h"

#include <errno.h>
#include <stdio.h>

#include "log.h"
#include "rundir.h"
#include "state_set.h"

#define SNAPSHOT_GAP_NS (30 * NS_PER_SEC) /* a recorder that lags costs no more than that */

/* ---- open, close ---- */

static int snapshot(void *ctx, struct frame_sink *sink)
{
	struct tap *t = ctx;
	int n = t->source->ops->snapshot(t->source, sink, in_line_budget(&t->in_line));

	if (n < 0)
		return n;
	t->stale = false;
	return 0;
}

/* A predecessor's, which the reader brings: its own go on from there. */
static void inherit(void *ctx, const struct ring_counts *old, const uint8_t *sheets)
{
	struct tap *t = ctx;

	(void)sheets;
	t->counts.v[COLLECTOR_TAPPED] += old->v[COLLECTOR_TAPPED];
	t->counts.v[COLLECTOR_LOST_TAP] += old->v[COLLECTOR_LOST_TAP];
}

static void open_tap(struct tap *t, const struct stage *st, struct source *source)
{
	char door[RUN_DIR_PATH_MAX];
	struct outlet_params p = {
		.door = door,
		.reader_uid = jail_identity(STAGE_RECORDER).uid,
		.socket_gid = jail_identity(STAGE_COLLECTOR).gid,
		.size = st->conf.ring_tap_bytes,
		.snapshot = snapshot,
		.inherit = inherit,
		.ctx = t,
	};
	int err;

	*t = (struct tap){ .source = source };
	run_dir_path(door, st->run_dir, "tap", ".door");
	err = outlet_open(&p, &t->out);
	if (err < 0)
		log_rationed(LOG_LEVEL_ERROR, "cannot open '%s': %s, there are no captures", door,
			     strerror(-err));
}

void tap_close(struct tap *t)
{
	outlet_close(t->out);
	*t = (struct tap){ 0 };
}

void tap_switch(struct tap *t, struct stage *st, struct source *source, bool on)
{
	if (on == (t->out != NULL))
		return;
	if (on)
		open_tap(t, st, source);
	else
		tap_close(t);
}

/* ---- frames ---- */

/* False: no room. */
static bool write_frame(struct tap *t, uint16_t type, struct span payload)
{
	uint8_t *p = outlet_reserve(t->out, payload.n, RING_BULK);

	if (p == NULL)
		return false;
	if (payload.n > 0)
		memcpy(p, payload.p, payload.n);
	outlet_submit(t->out, type, 0, payload.n);
	t->has_frames = true;
	return true;
}

/* The gap that waits, if behind it there is room for MORE bytes. */
static bool write_gap(struct tap *t, size_t more)
{
	uint8_t buf[WIRE_GAP_BOUND];
	ssize_t n;

	if (t->gap.cause == GAP_NONE)
		return true;
	if (outlet_reserve(t->out, sizeof(buf) + more + 2 * RING_FRAME_HEADER, RING_BULK) == NULL)
		return false;
	outlet_abandon(t->out);
	n = wire_encode_gap(buf, sizeof(buf), &t->gap);
	if (n < 0 || !write_frame(t, FRAME_GAP, span_of(buf, (size_t)n)))
		return false;
	t->gap.cause = GAP_NONE;
	return true;
}

static void lose(struct tap *t, uint16_t type, struct span payload)
{
	struct raw_event ev;

	if (type != FRAME_RAW_EVENT || wire_decode_raw_event(payload, &ev) < 0) {
		t->stale = true;
		return;
	}
	t->counts.v[COLLECTOR_LOST_TAP]++;
	t->stale |= state_set_matters(ev.code);
	if (t->gap.cause == GAP_NONE)
		t->gap = (struct gap_frame){ .cause = GAP_RING, .from_ns = ev.ts_ns };
	t->gap.to_ns = ev.ts_ns;
	t->gap.count++;
}

void tap_put(struct tap *t, uint16_t type, struct span payload)
{
	if (t->out == NULL)
		return;
	if (!write_gap(t, payload.n) || !write_frame(t, type, payload))
		lose(t, type, payload);
	else
		t->counts.v[COLLECTOR_TAPPED] += type == FRAME_RAW_EVENT;
}

/* ---- turns ---- */

static void make_good(struct tap *t, struct mono now)
{
	int err;

	if (!t->stale || !in_line_tell(&t->in_line, t->out, SNAPSHOT_GAP_NS, now, &err))
		return;
	t->has_frames = true;
	if (err < 0)
		log_rationed(LOG_LEVEL_WARNING, "cannot write a snapshot to ring tap: %s",
			     strerror(-err));
}

void tap_turn(struct tap *t, struct stage *st, struct mono now)
{
	if (t->out == NULL)
		return;
	if (mono_since(t->polled, now) >= NS_PER_MSEC) {
		t->polled = now;
		outlet_poll(t->out, now);
		make_good(t, now);
	}
	if (t->has_frames)
		outlet_publish(t->out, &t->counts);
	t->has_frames = false;
	st->counts.v[COLLECTOR_TAPPED] = t->counts.v[COLLECTOR_TAPPED];
	st->counts.v[COLLECTOR_LOST_TAP] = t->counts.v[COLLECTOR_LOST_TAP];
}

void tap_status(const struct tap *t, struct stage_status *s)
{
	struct ring_status *r = &s->rings[s->nrings];
	struct outlet_status ring;

	if (t->out == NULL)
		return;
	outlet_status(t->out, &ring);
	*r = (struct ring_status){ .capacity = ring.size,
				   .used = ring.used,
				   .lost = t->counts.v[COLLECTOR_LOST_TAP],
				   .generation = ring.generation,
				   .attached = ring.has_reader };
	snprintf(r->name, sizeof(r->name), "tap");
	s->nrings++;
}
