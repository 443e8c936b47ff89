/* SPDX-License-Identifier: Apache-2.0
 *
 * nearest.h -- which known name somebody may have meant: the one with the
 * smallest edit distance, if that is small for its length.  Core.
 */
#ifndef MEWS_NEAREST_H
#define MEWS_NEAREST_H

#include "span.h"

struct nearest {
	struct span wanted;
	unsigned distance; /* of the best; before there is one, what still counts as near */
	const char *best;  /* NULL: nothing was near, or it was tried as a span */
	struct span span;  /* the same as a span; SPAN_NONE: nothing was near */
};

void nearest_begin(struct nearest *n, struct span wanted);
void nearest_try(struct nearest *n, const char *name);
void nearest_try_span(struct nearest *n, struct span name);

#endif
