/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_cover.h -- by which predicates a rule is woken.  A cover is a set of
 * predicates of which at least one is true whenever the condition is: while all of
 * them are false, nobody needs to look at the rule.  Of the covers that a condition
 * has, the one is taken that is rarely true and cheap to find.  Core; at load only.
 */
#ifndef MEWS_RULE_COVER_H
#define MEWS_RULE_COVER_H

#include "ast.h"
#include "program.h"

enum cover_kind {
	COVER_NONE,
	COVER_DEAD,   /* the condition can never be true at these events */
	COVER_ALWAYS, /* nothing covers it: it must always be looked at */
	COVER_SOME,
};

struct cover_item {
	struct cover_item *next;
	uint32_t predicate;
};

struct cover {
	enum cover_kind kind;
	float cost; /* of finding and of waking in vain: ns an event, roughly */
	struct cover_item *first, *last;
};

/* What is known of predicates at the events in question. */
enum cover_known { KNOWN_NOT, KNOWN_FALSE, KNOWN_TRUE };

/* KNOWN: one enum cover_known per predicate of P.  USES: how many rules ask for the value of
 * each expression anyway.  The items are SCRATCH's.  False: no room. */
bool cover_find(const struct program *p, const struct node *tree, const uint8_t *known,
		const uint32_t *uses, struct pool *scratch, struct cover *ret);

/* Can TREE be true at all, as far as is known? */
bool cover_is_alive(const struct program *p, const struct node *tree, const uint8_t *known);

#endif
