/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_schema.h -- a rules file held against the shape that Falco's JSON schema
 * gives it: which keys there are, and of what kind their values.  It is for
 * information: what the schema refuses may load all the same.  Core.
 */
#ifndef MEWS_RULE_SCHEMA_H
#define MEWS_RULE_SCHEMA_H

#include "pool.h"
#include "ytree.h"

/* More than this is not said of one file. */
#define RULE_SCHEMA_MAX 1000

/* Of which items: all, as Falco says it, or all but tests, which Falco does not know. */
enum rule_schema_items { RULE_SCHEMA_ALL, RULE_SCHEMA_BUT_TESTS };

/* What is wrong with F's documents, in words, pushed to RET as struct span, all
 * from POOL.  False: no room. */
bool rule_schema_check(const struct yfile *f, enum rule_schema_items items, struct pool *pool,
		       struct pool_vec *ret);

#endif
