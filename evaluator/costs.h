/* SPDX-License-Identifier: Apache-2.0
 *
 * costs.h -- at which events it is measured what each rule costs: at one in so many, so that all others
 * cost what they would without.
 */
#ifndef MEWS_COSTS_H
#define MEWS_COSTS_H

#include "rule_counts.h"

struct costs {
	unsigned every; /* 0: none is */
	unsigned left;	/* events until the next one */
	uint32_t lot;
	struct rule_watch watch;
};

/* One event in EVERY, 0: none.  What is measured goes to COUNTS. */
void costs_follow(struct costs *c, uint64_t every, struct rule_counts *counts);

/* Choose the next one. */
const struct rule_watch *costs_draw(struct costs *c, struct rule_counts *counts);

/* Who watches the event that is met now; NULL: nobody. */
static inline const struct rule_watch *costs_watch(struct costs *c, struct rule_counts *counts)
{
	return c->every == 0 || --c->left > 0 ? NULL : costs_draw(c, counts);
}

#endif
