/* SPDX-License-Identifier: Apache-2.0
 *
 * valueset.h -- a set of constants: is this value one of them?  Equality is of
 * bytes, and of lengths, for strings, of 64 bits for numbers.  Core; built in a
 * pool, constant after.
 */
#ifndef MEWS_VALUESET_H
#define MEWS_VALUESET_H

#include "op.h"
#include "pool.h"

struct valueset;

/* Of N constants of GROUP (STRING, BYTES, NUMBER, BOOL, IP).  NULL: no room. */
struct valueset *valueset_new(struct pool *pool, enum op_group group, const struct op_right *items,
			      unsigned n);

bool valueset_has(const struct valueset *s, const struct value *v);

/* Which of the distinct values V is, counted from 1 in the order of ITEMS; 0: none. */
unsigned valueset_find(const struct valueset *s, const struct value *v);
unsigned valueset_number(const struct valueset *s, enum op_group group, const struct op_right *r);

/* How many distinct values are in it. */
unsigned valueset_count(const struct valueset *s);

#endif
