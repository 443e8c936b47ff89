/* SPDX-License-Identifier: Apache-2.0
 *
 * prefixes.h -- a set of strings as a tree of their bytes: one walk along a text
 * finds all of them that it begins with (or, built backwards, ends with),
 * however many there are.  Core; built in a pool, constant after.
 */
#ifndef MEWS_PREFIXES_H
#define MEWS_PREFIXES_H

#include "pool.h"

/* A string, and the number by which it is told. */
struct needle {
	struct span text;
	uint32_t id;
};

/* Called for each string that is found. */
typedef void needle_hit(void *ctx, uint32_t id);

struct prefixes;

enum prefixes_way { PREFIXES_FORWARDS, PREFIXES_BACKWARDS };

/* Of N strings, whose bytes must live as long as the set; NEEDLES is sorted in
 * passing.  NULL: no room. */
struct prefixes *prefixes_new(struct pool *pool, struct needle *needles, unsigned n,
			      enum prefixes_way way);

/* Returns how many bytes of TEXT the walk went: the first that no string of the set goes on with. */
size_t prefixes_find(const struct prefixes *t, struct span text, needle_hit *hit, void *ctx);

#endif
