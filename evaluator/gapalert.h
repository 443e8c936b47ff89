/* SPDX-License-Identifier: Apache-2.0
 *
 * gapalert.h -- no silent loss: when events are missing, that is an alert of
 * its own, in the form of Falco's drop alert.  At most one a second; gaps
 * between two are added up.  Core.
 */
#ifndef MEWS_GAPALERT_H
#define MEWS_GAPALERT_H

#include "arena.h"
#include "clock.h"
#include "wire.h"

struct gapalert {
	struct mono last; /* ns 0: there was none */
	unsigned pending; /* gaps that no alert tells of yet */
	uint64_t by_cause[GAP_CAUSE_COUNT];
	uint64_t total, ts_ns;
	bool unknown; /* of one at least nobody knows how many events it took */
};

void gapalert_add(struct gapalert *g, const struct gap_frame *gap);

/* True if there is something to tell and a second went by since the last time;
 * the caller then makes the alert. */
bool gapalert_due(struct gapalert *g, struct mono now);

/* Fill ALERT, texts in ARENA, and begin to count anew.  False: no room. */
bool gapalert_make(struct gapalert *g, struct arena *arena, struct alert_frame *alert);

#endif
