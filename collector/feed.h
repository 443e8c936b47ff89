/* SPDX-License-Identifier: Apache-2.0
 *
 * feed.h -- what happens to an event between the source and ring raw, and the
 * ledger of it:
 *
 *   SEEN  = TAKEN + LOST_KERNEL + LOST_RESTART + what waits in the kernel's buffers
 *   TAKEN = OUT + REFUSED + LOST_RING + FILTERED
 *
 * A full ring never stops the feed: events are dropped and counted, and where they
 * are missing a GAP frame goes down the line before the next one that has room.
 * With a recorded source it is the ring that waits: reserve() gives room, or NULL when
 * all is over, and then the event in hand counts as not taken.
 * Core: the ring is three functions, the time an argument.
 */
#ifndef MEWS_FEED_H
#define MEWS_FEED_H

#include "counter.h"
#include "source.h"

/* Ring raw as the feed sees it: outlet_reserve() and so on; in a test, an array. */
struct feed_out {
	void *ctx;
	uint8_t *(*reserve)(void *ctx, size_t cap, enum ring_class cls);
	void (*submit)(void *ctx, uint16_t type, uint16_t flags, size_t len);
	void (*abandon)(void *ctx);
};

struct feed {
	struct feed_out out;
	struct ring_counts *counts; /* the stage's */
	struct event_set set;	    /* what is collected */
	int64_t own_pid;	    /* whose events are left out; -1: nobody's */
	bool is_recorded;	    /* as of the source */

	struct gap_frame gaps[GAP_CAUSE_COUNT]; /* that are not written yet; cause 0: none */
	bool stale;				/* state behind is wrong until a snapshot */

	struct source_counts looked; /* the source's counts at the last look */
	uint64_t looked_ns;
	uint64_t inherited_seen;
};

void feed_init(struct feed *f, const struct feed_out *out, struct ring_counts *counts,
	       int64_t own_pid);

/* One event of the source; stamps EV->num. */
void feed_event(struct feed *f, struct raw_event *ev);

/* One that made no sense; one that is nothing by itself. */
void feed_refused(struct feed *f);
void feed_skipped(struct feed *f);

/* State that comes in line. */
void feed_state(struct feed *f, uint16_t type, struct span payload);

/* The ring is about to be published: what was taken was seen, though the last look
 * at the source's counts may have been before.  The next look says it exactly. */
void feed_settle(struct feed *f);

/* What the source says it met and lost up to NOW. */
void feed_counts(struct feed *f, const struct source_counts *c, uint64_t now_ns);

/* A predecessor died and left OLD: go on counting from there, and book as lost what
 * it had seen and not taken. */
void feed_inherit(struct feed *f, const struct ring_counts *old, uint64_t now_ns);

/* Write gaps that wait, if there is room that any event might have. */
void feed_gaps(struct feed *f);

#endif
