/* SPDX-License-Identifier: Apache-2.0
 *
 * feed.h -- what happens to an event between the source and ring raw, and the
 * ledger of it:
 *
 *   SEEN  = TAKEN + LOST_KERNEL + LOST_NOT_MADE + LOST_PASSED_OVER + LOST_RESTART
 *         + what waits in the kernel's buffers
 *   TAKEN = OUT + REFUSED + LOST_RING + FILTERED
 *
 * A full ring never stops the feed: events are dropped and counted, and where they
 * are missing a GAP frame goes down the line before the next one that has room.  Each loss
 * is also in the table of losses, whose cells of a cause add up to the cause's counter.
 * With a recorded source it is the ring that waits: reserve() gives room, or NULL when
 * all is over, and then the event in hand counts as not taken.
 * Core: the ring is three functions, the time an argument.
 */
#ifndef MEWS_FEED_H
#define MEWS_FEED_H

#include "counter.h"
#include "fair.h"
#include "mute.h"
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
	bool doubt;	       /* or may be: the next gap says so, who needs to know asks */
	uint64_t lineage_lost; /* since the last snapshot */

	struct mute_log mutes;
	bool mutes_all; /* opens by other names than the kernel's, too */
	struct fair fair;
	struct losses losses;
	uint64_t told[LOSSES_CELLS]; /* of each cell's count: in gaps that are written */
	bool has_new_losses;	     /* that are on no sheet */

	uint64_t looked_ns; /* at the source's counts */
	uint64_t inherited_seen, inherited_muted;

	/* SEEN at the last gap; a second ago or more, and at the last look before that. */
	uint64_t seen_at_gap, seen_before, seen_marked, marked_ns;
};

void feed_init(struct feed *f, const struct feed_out *out, struct ring_counts *counts,
	       int64_t own_pid);

/* One event of the source; stamps EV->num. */
void feed_event(struct feed *f, struct raw_event *ev);

/* The source left out MUTED events, of which nobody wanted to be told. */
void feed_muted(struct feed *f, uint64_t muted);

/* What is said from here on to be muted is said for other rules than before. */
void feed_other_rules(struct feed *f, const struct ring_wants *wants);

/* One that made no sense; one that is nothing by itself. */
void feed_refused(struct feed *f);
void feed_skipped(struct feed *f);

/* State that comes in line. */
void feed_state(struct feed *f, uint16_t type, struct span payload);

/* The ring is about to be published: what was taken was seen, though the last look
 * at the source's counts may have been before.  The next look says it exactly. */
void feed_settle(struct feed *f);

/* The source lost this up to NOW; what it met in all: SEEN. */
void feed_lost(struct feed *f, const struct loss *loss, uint64_t now_ns);
void feed_counts(struct feed *f, uint64_t seen, uint64_t now_ns);

/* A predecessor died and left OLD and its table of losses (NULL: there is none that can be read): go
 * on counting from there, and book as lost what it had seen and not taken. */
void feed_inherit(struct feed *f, const struct ring_counts *old, const struct losses *losses,
		  uint64_t now_ns);

/* Losses that are on no sheet are written to the one that the counter LOSS_SHEETS does not name, and
 * that counts on, so it names it with the next frames.  SHEETS: room for both.  They are published before the
 * next call, or the one in force would be overwritten. */
void feed_sheets(struct feed *f, uint8_t *const sheets[RING_SHEETS]);

/* All that there is was told again. */
void feed_told(struct feed *f);

/* Write gaps that wait, if there is room that any event might have. */
void feed_gaps(struct feed *f);

/* Are there gaps that wait? */
bool feed_has_gaps(const struct feed *f);

#endif
