/* SPDX-License-Identifier: Apache-2.0
 *
 * gapalert.h -- no silent loss: when events are missing, that is an alert of
 * its own, in the form of Falco's drop alert, under Falco's settings of it.
 *
 * Gaps are added up for a second.  Then, if more than the threshold of what was met is missing and
 * the token bucket has a token, it is time to act; where there is no token they wait for
 * the next one and are told together.  Core.
 */
#ifndef MEWS_GAPALERT_H
#define MEWS_GAPALERT_H

#include "arena.h"
#include "clock.h"
#include "wire.h"

/* Bits, in the order of the setting's words. */
enum { DROP_IGNORE = 1 << 0, DROP_LOG = 1 << 1, DROP_ALERT = 1 << 2, DROP_EXIT = 1 << 3 };

/* syscall_event_drops. */
struct drop_policy {
	double threshold;	/* of what was met: as much or less may be missing */
	unsigned actions;	/* DROP_* */
	double rate, max_burst; /* tokens a second; the most that are kept */
	bool simulate;		/* a drop in each second, over any threshold */
};

struct gapalert {
	struct drop_policy policy;
	struct mono last; /* ns 0: nothing was looked at yet */
	double tokens;
	uint64_t events_in; /* at LAST */

	unsigned pending; /* gaps that no alert tells of yet */
	bool waits;	  /* for a token */
	uint64_t by_cause[GAP_CAUSE_COUNT];
	uint64_t total, events, ts_ns;
	bool unknown; /* of one at least nobody knows how many events it took */
	unsigned ntypes, ncpus;
	struct gap_part types[GAP_MAX_PARTS], cpus[GAP_MAX_PARTS];
};

void gapalert_init(struct gapalert *g, const struct drop_policy *policy);

void gapalert_add(struct gapalert *g, const struct gap_frame *gap);

enum gap_verdict {
	GAP_WAIT, /* nothing is missing, or it is too early */
	GAP_FORGET, /* below the threshold, or nobody wants to know: counted in the ledger all the same */
	GAP_HELD, /* no token: said once, when it begins to wait */
	GAP_ACT,  /* do what the policy says, then gapalert_clear() */
};

/* EVENTS_IN: how many events the caller has read so far. */
enum gap_verdict gapalert_look(struct gapalert *g, uint64_t events_in, struct mono now);

/* Fill ALERT, texts in ARENA.  False: no room. */
bool gapalert_make(const struct gapalert *g, struct arena *arena, struct alert_frame *alert);

/* What was to be told is told. */
void gapalert_clear(struct gapalert *g);

#endif
