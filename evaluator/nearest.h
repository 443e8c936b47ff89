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
	unsigned distance; /* of BEST; before there is one, what still counts as near */
	const char *best;  /* NULL: nothing was near */
};

void nearest_begin(struct nearest *n, struct span wanted);
void nearest_try(struct nearest *n, const char *name);

#endif
