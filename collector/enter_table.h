/* SPDX-License-Identifier: Apache-2.0
 *
 * enter_table.h -- the enter event that each thread of an old capture made last, kept
 * until the exit comes.  Bounded in threads and in bytes; what finds no room is not
 * kept, and counted.  Core.
 */
#ifndef MEWS_ENTER_TABLE_H
#define MEWS_ENTER_TABLE_H

#include "event.h"

#define ENTER_MAX_THREADS 65536u
#define ENTER_MAX_BYTES	  (64u << 20)

/* A copy of the event. */
struct enter_event {
	int64_t tid;
	uint16_t code;
	uint8_t nparams;
	struct span params[EVENT_MAX_PARAMS];
	uint8_t *bytes;
	size_t cap;
	struct enter_event *next_free;
};

struct enter_table {
	struct enter_event **slots; /* open addressing; NULL: free.  Made when the first is kept */
	struct enter_event *spare;  /* that were used, with their bytes */
	uint32_t count;
	size_t bytes;
	uint64_t seed, forgotten;
};

void enter_table_init(struct enter_table *t, uint64_t seed);
void enter_table_release(struct enter_table *t);

/* Keep this one, in the place of the thread's last one. */
void enter_table_put(struct enter_table *t, int64_t tid, uint16_t code, const struct span *params,
		     unsigned nparams);

/* NULL: there is none.  Valid until the next put() for any thread. */
const struct enter_event *enter_table_find(const struct enter_table *t, int64_t tid);

/* What find() gave stays readable until the next put(). */
void enter_table_remove(struct enter_table *t, int64_t tid);

#endif
