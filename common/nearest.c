/* SPDX-License-Identifier: Apache-2.0
 *
 * nearest.c -- the best of many tries, by suggest.h's distance.
 */
#include "nearest.h"

#include "suggest.h"

void nearest_begin(struct nearest *n, struct span wanted)
{
	*n = (struct nearest){ wanted, suggest_limit(wanted.n), NULL, SPAN_NONE };
}

static bool is_nearer(struct nearest *n, struct span name)
{
	unsigned d = suggest_distance(n->wanted, name, n->distance);

	if (d > n->distance || (n->span.p != NULL && d == n->distance))
		return false;
	n->distance = d;
	n->span = name;
	n->best = NULL;
	return true;
}

void nearest_try_span(struct nearest *n, struct span name)
{
	(void)is_nearer(n, name);
}

void nearest_try(struct nearest *n, const char *name)
{
	if (is_nearer(n, span_str(name)))
		n->best = name;
}
