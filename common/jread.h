/* SPDX-License-Identifier: Apache-2.0
 *
 * jread.h -- JSON read in place: a value is the bytes of its own text, and
 * nothing is built.  The text comes from peers: every step is bounded by it, what
 * is no JSON ends a walk, and nesting costs no stack.  Core, no allocation.
 */
#ifndef MEWS_JREAD_H
#define MEWS_JREAD_H

#include "span.h"

enum jread_kind {
	JREAD_NONE, /* no value */
	JREAD_OBJECT,
	JREAD_ARRAY,
	JREAD_STRING,
	JREAD_NUMBER,
	JREAD_BOOL,
	JREAD_NULL,
};

/* The value that TEXT is, without the blanks around it; empty: none. */
struct span jread_value(struct span text);
enum jread_kind jread_kind(struct span value);

/* The member NAME of OBJECT; empty if it has none, or is no object. */
struct span jread_member(struct span object, const char *name);

/* The elements of an array, or the members of an object (then KEY is a string). */
struct jread_walk {
	struct span rest;
	bool is_object;
};
struct jread_walk jread_begin(struct span value);
bool jread_next(struct jread_walk *w, struct span *ret_key, struct span *ret_value);

/* The text of a string: in VALUE itself if it has no escapes, else written to
 * BUF, which holds at least VALUE.n bytes.  False: it is no string. */
bool jread_string(struct span value, uint8_t *buf, struct span *ret);

/* True if VALUE, a string, is TEXT. */
bool jread_is(struct span value, struct span text);

/* A whole number that is not negative; false: it is another thing. */
bool jread_uint(struct span value, uint64_t *ret);

/* True for true; for all else false. */
bool jread_true(struct span value);

#endif
