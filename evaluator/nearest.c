/* SPDX-License-Identifier: Apache-2.0
 *
 * nearest.c -- the best of many tries, by suggest.h's distance.
 */
#include "nearest.h"

#include "suggest.h"

void nearest_begin(struct nearest *n, struct span wanted)
{
	*n = (struct nearest){ wanted, suggest_limit(wanted.n), NULL };
}

void nearest_try(struct nearest *n, const char *name)
{
	unsigned d = suggest_distance(n->wanted, span_str(name), n->distance);

	if (d > n->distance || (n->best != NULL && d == n->distance))
		return;
	n->distance = d;
	n->best = name;
}
