/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_counts.h -- how often each rule matched, and what it costs.  The counts are of a process's life:
 * rules that are read again keep theirs, by source and name.  Costs are measured at one event in so
 * many, and told as if it had been at all.  Core.
 */
#ifndef MEWS_RULE_COUNTS_H
#define MEWS_RULE_COUNTS_H

#include "ruleset.h"

struct rule_count {
	uint64_t matches;
	uint64_t looks,
		ns; /* of the events at which it was measured, each times how rare they are */
};

struct rule_counts {
	unsigned n;
	struct rule_count *of; /* by the rules' ordinals */
	unsigned weight;       /* of what is measured */
	uint64_t clock_ns;     /* that to look at the clock takes, in what was measured */
};

/* Count for FRESH from here on; what was counted for OLD (NULL: nothing) goes along.  Without memory
 * nothing is counted. */
void rule_counts_follow(struct rule_counts *c, const struct ruleset *old,
			const struct ruleset *fresh);
void rule_counts_release(struct rule_counts *c);

static inline void rule_counts_add(struct rule_counts *c, const struct ruleset_rule *rule)
{
	if (rule->ordinal < c->n)
		c->of[rule->ordinal].matches++;
}

/* RULE took NS: a rule_watch's took(), with the counts. */
void rule_counts_took(void *counts, const struct ruleset_rule *rule, uint64_t ns);

/* A line of JSON for each rule of RS that matched or was measured, from number *FROM on: the length;
 * *FROM is where the next page begins, 0: there is none. */
size_t rule_counts_page(const struct rule_counts *c, const struct ruleset *rs, uint64_t *from,
			uint8_t *buf, size_t cap);

#endif
