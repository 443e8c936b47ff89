/* SPDX-License-Identifier: Apache-2.0
 *
 * metrics_alert.h -- the metrics as an alert of our own, as Falco makes one now and then: its fields have
 * Falco's names (the registry knows them).  Core.
 */
#ifndef MEWS_METRICS_ALERT_H
#define MEWS_METRICS_ALERT_H

#include "arena.h"
#include "metrics.h"
#include "wire.h"

struct snapshot {
	/* settings */
	unsigned groups; /* of metrics, 1 << group */
	bool megabytes;	 /* memory in MB, else kB */
	bool with_empty; /* numbers that are 0, too */

	/* of the last one; AT_NS 0: there is none */
	uint64_t at_ns, evaluated, seen, lost;
};

/* Fill A from V, texts in ARENA; S remembers for the next. */
void snapshot_make(struct snapshot *s, const struct metrics_view *v, struct arena *arena,
		   struct alert_frame *a);

#endif
