/* SPDX-License-Identifier: Apache-2.0
 *
 * delivered.h -- what was delivered, by name, so that an alert which comes again is
 * known.  Alerts come in the order of their names, and the last one is enough, as far as whoever starts
 * again can go back; but
 * those that waited for what a runtime told come late, so of the last few each name
 * is kept.  Core.
 */
#ifndef MEWS_DELIVERED_H
#define MEWS_DELIVERED_H

#include <stdbool.h>
#include <stdint.h>

/* The event's generation and number, and the rule's.  Generation 0: it belongs to no event, and has
 * no name to know it by. */
struct alert_name {
	uint64_t generation, seq, rule;
};

enum {
	DELIVERED_RECENT = 4096, /* more than can be held, and be decided again */
	/* How far back, in numbers of one ring's frames, an evaluator goes that had to start again. */
	DELIVERED_SPAN = 4096,
};

/* Zeroed: nothing was delivered. */
struct delivered {
	bool from_start;	/* who makes the alerts may begin anew at the first of them */
	struct alert_name last; /* of those in order */
	struct alert_name recent[DELIVERED_RECENT];
	unsigned next;		     /* in RECENT */
	struct alert_name last_late; /* the greatest of those that came late */
};

/* Is it a double?  If it is not, it is noted down.  LATE: it comes behind younger ones. */
bool delivered_before(struct delivered *d, struct alert_name name, bool late);

#endif
