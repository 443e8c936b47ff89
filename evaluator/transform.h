/* SPDX-License-Identifier: Apache-2.0
 *
 * transform.h -- the functions that a condition may apply to fields: tolower,
 * basename, b64, len, join, concat, getopt ...  One table.  Core; results lie
 * in the event's arena, and when that is full there is no result.
 */
#ifndef MEWS_TRANSFORM_H
#define MEWS_TRANSFORM_H

#include "arena.h"
#include "diag.h"
#include "value.h"

#define TRANSFORM_MAX_ITEMS 1024 /* elements of a list that a transformer makes */

struct transform_type {
	uint8_t type; /* enum param_type */
	bool is_list;
	bool is_field_type; /* a number that a tuple may turn into text */
};

struct transform {
	const char *name;
	/* The type of the result for arguments of these types, of whom ARG tells
	 * whether [arg] was there.  -EINVAL with DIAG's message. */
	int (*check)(const struct transform *t, const struct transform_type *args, unsigned n,
		     const struct span *arg, struct transform_type *ret, struct diag *diag);
	/* False: no value. */
	bool (*apply)(const struct value *args, unsigned n, const struct span *arg,
		      struct arena *arena, struct value *ret);
	const char *text;
};

const struct transform *transform_find(struct span name);

/* A number as the text that it has inside a list: for tuples. */
bool transform_number_text(const struct value *v, struct arena *arena, struct value *ret);

#endif
