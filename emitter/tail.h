/* SPDX-License-Identifier: Apache-2.0
 *
 * tail.h -- the youngest records of the journal in memory, as many as fit: what is put in at the
 * end pushes the oldest out.  Core: the memory is the caller's.
 */
#ifndef MEWS_TAIL_H
#define MEWS_TAIL_H

#include "span.h"

struct tail {
	uint8_t *mem;
	uint64_t cap;	     /* a multiple of 8 */
	uint64_t begin, end; /* free-running; begin is where record FIRST lies */
	uint64_t first, next;
};

/* A place in it: valid as long as its record is there. */
struct tail_place {
	uint64_t at, number;
};

void tail_init(struct tail *t, void *mem, size_t cap, uint64_t next);

/* Put RECORD there under the number t->next.  It is at most half as large as the tail. */
void tail_put(struct tail *t, struct span record);

/* Let go of all of it; the next one is NUMBER. */
void tail_clear(struct tail *t, uint64_t next);

/* Record NUMBER; PLACE, zeroed at first, makes the next call with the next number fast.  Empty: it is
 * not there. */
struct span tail_get(const struct tail *t, uint64_t number, struct tail_place *place);

#endif
