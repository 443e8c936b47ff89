/* SPDX-License-Identifier: Apache-2.0
 *
 * substrings.h -- a set of strings as an Aho-Corasick automaton: one pass over a
 * text finds all of them that are in it, in time linear in the text, however many
 * there are.  Core; built in a pool, constant after.
 */
#ifndef MEWS_SUBSTRINGS_H
#define MEWS_SUBSTRINGS_H

#include "prefixes.h"

struct substrings;

/* Of N strings, none empty.  NULL: no room. */
struct substrings *substrings_new(struct pool *pool, const struct needle *needles, unsigned n);

/* A string that is there twice may be told twice. */
void substrings_find(const struct substrings *t, struct span text, needle_hit *hit, void *ctx);

#endif
