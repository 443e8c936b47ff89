/* SPDX-License-Identifier: Apache-2.0
 *
 * lookup.h -- all that rules ask of one field, as one look-up: given the field's
 * value, which of the predicates about it may be true?  What it costs depends on
 * the value's length, not on the number of rules.
 *
 *   EXACT    = in         a hash set
 *   PREFIX   startswith pmatch glob       a tree of bytes
 *   SUFFIX   endswith                     the same, backwards
 *   INSIDE   contains glob                an Aho-Corasick automaton
 *
 * It never leaves out a predicate that is true; it may name one that is not
 * (a glob by its first letters): whoever asks then looks at the predicate.
 * Core; built in a pool, constant after.
 */
#ifndef MEWS_LOOKUP_H
#define MEWS_LOOKUP_H

#include "prefixes.h"
#include "program.h"

enum lookup_part {
	LOOKUP_EXACT = 1 << 0,
	LOOKUP_PREFIX = 1 << 1,
	LOOKUP_SUFFIX = 1 << 2,
	LOOKUP_INSIDE = 1 << 3,
};

struct lookup;

/* NULL: no room. */
struct lookup *lookup_new(struct pool *pool);

/* The parts (enum lookup_part) in which Q, about LEFT, would be; 0: it can only be tried by itself. */
unsigned lookup_parts(const struct predicate *q, const struct expr *left);

/* Put Q in, to be told as ID.  False: no room. */
bool lookup_add(struct lookup *l, const struct predicate *q, uint32_t id);

/* All are in.  False: no room. */
bool lookup_seal(struct lookup *l);

/* HIT is called for each predicate in PARTS (and perhaps in others) that may be true of V,
 * which is no list.  A predicate may be told more than once. */
void lookup_find(const struct lookup *l, unsigned parts, const struct value *v, needle_hit *hit,
		 void *ctx);

#endif
