/* SPDX-License-Identifier: Apache-2.0
 *
 * costs.c -- see costs.h.
 */
#include "costs.h"

#include "clock.h"

static uint64_t clock_ns(void)
{
	return mono_now().ns;
}

/* What a look at the clock takes when nothing comes between. */
static uint64_t clock_cost(void)
{
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < 100; i++) {
		uint64_t from = clock_ns(), ns = clock_ns() - from;

		least = ns < least ? ns : least;
	}
	return least;
}

void costs_follow(struct costs *c, uint64_t every, struct rule_counts *counts)
{
	*c = (struct costs){ .every = (unsigned)every, .left = 1, .lot = (uint32_t)clock_ns() };
	counts->weight = c->every;
	counts->clock_ns = c->every == 0 ? 0 : clock_cost();
}

/* By lot: what comes at regular intervals is met as often as all else.  On average it is the EVERYth. */
const struct rule_watch *costs_draw(struct costs *c, struct rule_counts *counts)
{
	c->lot = c->lot * 1664525 + 1013904223;
	c->left = 1 + (c->every - 1) / 2 + (unsigned)((uint64_t)(c->lot >> 8) * c->every >> 24);
	c->watch = (struct rule_watch){ clock_ns, rule_counts_took, counts };
	return &c->watch;
}
