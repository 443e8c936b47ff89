/* SPDX-License-Identifier: Apache-2.0
 *
 * json_bounded.h -- jansson with a bound on depth, and what is asked of its values
 * all the time.  Bytes are bounded by whoever fetched them.  Core.
 */
#ifndef MEWS_JSON_BOUNDED_H
#define MEWS_JSON_BOUNDED_H

#include <jansson.h>

#include "span.h"

#define JSON_DEPTH_MAX 48

/* NULL: it is no JSON, too deep, or there is no memory.  To be json_decref()ed. */
json_t *json_bounded_read(struct span text);

/* The member NAME of V, NULL if V is no object. */
static inline json_t *json_at(const json_t *v, const char *name)
{
	return json_object_get(v, name);
}

/* The text of a string, in it; empty: V is none. */
static inline struct span json_text(const json_t *v)
{
	return json_is_string(v) ? span_of(json_string_value(v), json_string_length(v)) : SPAN_NONE;
}

static inline struct span json_text_at(const json_t *v, const char *name)
{
	return json_text(json_at(v, name));
}

#endif
