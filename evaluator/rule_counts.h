/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_counts.h -- how often each rule matched.  The counts are of a process's life: rules that are
 * read again keep theirs, by source and name.  Core.
 */
#ifndef MEWS_RULE_COUNTS_H
#define MEWS_RULE_COUNTS_H

#include "ruleset.h"

struct rule_counts {
	unsigned n;
	uint64_t *matches; /* by the rules' ordinals */
};

/* Count for FRESH from here on; what was counted for OLD (NULL: nothing) goes along.  Without memory
 * nothing is counted. */
void rule_counts_follow(struct rule_counts *c, const struct ruleset *old,
			const struct ruleset *fresh);
void rule_counts_release(struct rule_counts *c);

static inline void rule_counts_add(struct rule_counts *c, const struct ruleset_rule *rule)
{
	if (rule->ordinal < c->n)
		c->matches[rule->ordinal]++;
}

/* A line of JSON for each rule of RS that matched, from number *FROM on: the length; *FROM is where
 * the next page begins, 0: there is none. */
size_t rule_counts_page(const struct rule_counts *c, const struct ruleset *rs, uint64_t *from,
			uint8_t *buf, size_t cap);

#endif
