/* SPDX-License-Identifier: Apache-2.0
 *
 * source.h -- where events come from: the live kernel (sensor.c), a capture, an
 * array in a test.  The collector's loop knows only this table.
 */
#ifndef MEWS_SOURCE_H
#define MEWS_SOURCE_H

#include "door.h"
#include "state_set.h"
#include "wire.h"

struct source;

#define SOURCE_END INT32_MIN

/* What the source met and what it lost before it could be taken; they only grow. */
struct source_counts {
	uint64_t seen, lost;
	uint64_t lost_state; /* of LOST: events that state is folded from */
};

struct source_ops {
	const char *name;

	/* A turn begins: look what there is. */
	void (*begin)(struct source *s);

	/* The next event, in order, stamped in ns since the epoch; its spans are valid
	 * until commit().  1; 0: none now; -EPROTO: one that made no sense was taken
	 * and dropped; SOURCE_END; another negative errno: the source failed for good. */
	int (*next)(struct source *s, struct raw_event *ret);

	/* The events that next() gave are dealt with. */
	void (*commit)(struct source *s);

	/* Give these events, and no others if that is cheap. */
	void (*want)(struct source *s, const struct event_set *set);

	void (*count)(struct source *s, struct source_counts *ret);

	/* All tasks, their files and the host into SINK: SNAPSHOT_BEGIN ... SNAPSHOT_END.
	 * It fits into BUDGET bytes: on a host with too much for it, details are left
	 * out before tasks are.  How many frames, or negative errno. */
	int (*snapshot)(struct source *s, struct frame_sink *sink, size_t budget);

	/* Now, in the clock of the events' stamps. */
	uint64_t (*now)(struct source *s);

	/* Sleep until there may be events, at most TIMEOUT_NS. */
	void (*wait)(struct source *s, uint64_t timeout_ns);

	/* Takes NULL. */
	void (*close)(struct source *s);
};

/* The first member of each source's own struct. */
struct source {
	const struct source_ops *ops;
	int64_t own_pid; /* this process as the events name it; -1: not known */
};

#endif
