/* SPDX-License-Identifier: Apache-2.0
 *
 * strmap.h -- names to numbers, while rules are loaded: grows in a pool, never
 * shrinks.  Keys must live as long as the map.  Core.
 */
#ifndef MEWS_STRMAP_H
#define MEWS_STRMAP_H

#include "pool.h"

struct strmap_entry {
	struct span text; /* p NULL: empty */
	uint32_t value;	  /* 0: just made */
};

struct strmap {
	struct pool *pool;
	struct strmap_entry *slots;
	unsigned nslots, used;
};

/* The entry of TEXT, a new one with value 0 if there is none.  Valid until the
 * next strmap_entry().  NULL: no room. */
struct strmap_entry *strmap_entry(struct strmap *m, struct span text);

/* The value of TEXT; 0 if it is not there. */
uint32_t strmap_find(const struct strmap *m, struct span text);

#endif
