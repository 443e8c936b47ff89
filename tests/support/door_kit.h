/* SPDX-License-Identifier: Apache-2.0
 *
 * door_kit.h -- an outlet and an inlet over a real socket, for the tests of doors.
 * Both ends are in one process where that is enough: neither ever blocks, so a
 * test polls them in turn.
 */
#ifndef MEWS_DOOR_KIT_H
#define MEWS_DOOR_KIT_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "door.h"
#include "frame_sink.h"
#include "shm.h"

struct world {
	char dir[64], door[80];
	unsigned snapshot_frames; /* of each snapshot */
	unsigned snapshots, inherits;
	bool has_sheet; /* a predecessor's were brought */
	uint8_t sheet;	/* first byte of the second one */
	struct ring_counts inherited;
	struct outlet_params op;
	struct inlet_params ip;
};

static struct world world;

static inline int snapshot(void *ctx, struct frame_sink *sink)
{
	struct world *w = ctx;

	w->snapshots++;
	for (unsigned i = 0; i < w->snapshot_frames; i++)
		if (frame_sink_put(sink, 7, span_of(&i, sizeof(i))) < 0)
			return -ENOSPC;
	return 0;
}

static inline void inherit(void *ctx, const struct ring_counts *counts, const uint8_t *sheets)
{
	struct world *w = ctx;

	w->inherits++;
	w->has_sheet = sheets != NULL;
	w->sheet = sheets != NULL ? sheets[RING_SHEET] : 0;
	w->inherited = *counts;
}

static inline void door_begin(void)
{
	world = (struct world){ 0 };
	snprintf(world.dir, sizeof(world.dir), "/tmp/test_door.XXXXXX");
	cr_assert(mkdtemp(world.dir) != NULL);
	chmod(world.dir, 0711);
	snprintf(world.door, sizeof(world.door), "%s/a.door", world.dir);
	world.op = (struct outlet_params){ .door = world.door,
					   .reader_uid = geteuid(),
					   .socket_gid = (gid_t)-1,
					   .size = RING_MIN_SIZE,
					   .snapshot = snapshot,
					   .inherit = inherit,
					   .ctx = &world };
	world.ip = (struct inlet_params){ .door = world.door, .writer_uid = geteuid() };
}

static inline void door_end(void)
{
	unlink(world.door);
	rmdir(world.dir);
}

static inline struct outlet *new_outlet(void)
{
	struct outlet *o = NULL;

	cr_assert(eq(int, outlet_open(&world.op, &o), 0));
	return o;
}

static inline struct inlet *new_inlet(void)
{
	struct inlet *in = NULL;

	cr_assert(eq(int, inlet_open(&world.ip, &in), 0));
	return in;
}

/* Time as both ends see it: each turn is 30 ms. */
static inline struct mono turn(void)
{
	static struct mono t = { NS_PER_SEC };

	t.ns += 30 * NS_PER_MSEC;
	return t;
}

static inline void meet(struct outlet *o, struct inlet *in)
{
	for (unsigned i = 0; i < 6; i++) {
		struct mono t = turn();

		if (in != NULL)
			inlet_poll(in, t);
		if (o != NULL)
			outlet_poll(o, t);
	}
}

static inline void put(struct outlet *o, uint64_t value)
{
	uint8_t *room = outlet_reserve(o, sizeof(value), RING_BULK);

	cr_assert(room != NULL);
	memcpy(room, &value, sizeof(value));
	outlet_submit(o, 3, 0, sizeof(value));
}

static inline struct ring_counts counts_of(uint64_t n)
{
	struct ring_counts c = { 0 };

	for (unsigned i = 0; i < RING_COUNTS; i++)
		c.v[i] = n + i;
	return c;
}

/* Put FIRST..LAST and publish, with counts_of(LAST). */
static inline void put_range(struct outlet *o, uint64_t first, uint64_t last)
{
	struct ring_counts c = counts_of(last);

	for (uint64_t v = first; v <= last; v++)
		put(o, v);
	outlet_publish(o, &c);
}

/* The next frame that is no snapshot's holds VALUE. */
static inline void expect(struct inlet *in, uint64_t value)
{
	struct ring_frame f;
	uint64_t got;

	cr_assert(eq(int, inlet_next(in, &f), 1));
	cr_assert(eq(uint, f.type, 3));
	cr_assert(eq(sz, f.payload.n, sizeof(got)));
	memcpy(&got, f.payload.p, sizeof(got));
	cr_assert(eq(u64, got, value));
}

static inline void expect_range(struct inlet *in, uint64_t first, uint64_t last)
{
	for (uint64_t v = first; v <= last; v++)
		expect(in, v);
}

static inline void expect_none(struct inlet *in)
{
	struct ring_frame f;

	cr_assert(eq(int, inlet_next(in, &f), 0));
}

static inline void commit(struct inlet *in, uint64_t n)
{
	struct ring_counts c = counts_of(n);

	inlet_commit(in, &c);
}

static inline struct inlet_status status_of(const struct inlet *in)
{
	struct inlet_status s;

	inlet_status(in, &s);
	return s;
}

#endif
