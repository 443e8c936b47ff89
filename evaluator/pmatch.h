/* SPDX-License-Identifier: Apache-2.0
 *
 * pmatch.h -- a set of path prefixes as a tree of components: one walk tells
 * whether any of them is a directory above a path, or the path itself, however
 * many there are.  Core; built in a pool, constant after.
 */
#ifndef MEWS_PMATCH_H
#define MEWS_PMATCH_H

#include "pool.h"

struct pmatch;

/* NULL: no room. */
struct pmatch *pmatch_new(struct pool *pool);

/* False: no room.  Empty components do not count; a shorter path absorbs the
 * longer ones below it. */
bool pmatch_add(struct pmatch *m, struct pool *pool, struct span path);

bool pmatch_match(const struct pmatch *m, struct span path);

#endif
