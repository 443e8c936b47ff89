/* SPDX-License-Identifier: Apache-2.0
 *
 * merge.h -- the rings of all CPUs as one stream in the order of time.
 *
 * A record is visible a little after the moment that it is stamped with, and on
 * another CPU an older one may still be in the making.  So nothing younger than
 * a window is let go; what is older goes in order of its stamp.  A record that
 * becomes visible later than the window comes out of order: late, never lost,
 * and it holds back nobody but its own CPU.  The window is the most that a
 * record waits here once it is visible; stamps that make no sense, a second and more
 * in the future, do not wait at all.  Core: the time is an argument.
 */
#ifndef MEWS_MERGE_H
#define MEWS_MERGE_H

#include "kring.h"

#define MERGE_FUTURE_NS UINT64_C(1000000000)

struct merge_head {
	uint64_t ts_ns;
	unsigned ring;
	struct span record;
};

struct merge {
	struct kring *rings;
	unsigned nrings;
	struct merge_head *heap; /* NRINGS, oldest first; rings without a record are not in it */
	bool *in_heap;		 /* NRINGS */
	unsigned count;
	uint64_t now_ns, window_ns;
	uint64_t late;	 /* records that came out of order */
	uint64_t broken; /* rings that made no sense and were skipped */
	uint64_t last_ns;
};

/* The arrays are the caller's and live as long as the merge. */
void merge_init(struct merge *m, struct kring *rings, unsigned nrings, struct merge_head *heap,
		bool *in_heap, uint64_t window_ns);

/* Look at all rings again.  NOW in the clock of the stamps, read before the call
 * or earlier: never later than it is. */
void merge_begin(struct merge *m, uint64_t now_ns);

/* The next record that may go: 1, or 0.  It and those before it are valid until
 * merge_commit(). */
int merge_next(struct merge *m, struct span *ret);

/* All records that merge_next() gave are dealt with; the last one too. */
void merge_commit(struct merge *m);

#endif
