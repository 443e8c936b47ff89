/* SPDX-License-Identifier: Apache-2.0
 *
 * explain.h -- a rule for people who want to know what became of it: the condition
 * as written and as compiled, which checks it shares, what it looks at; and at an
 * event of a test, what each part of it was.  Core.
 */
#ifndef MEWS_EXPLAIN_H
#define MEWS_EXPLAIN_H

#include "line.h"
#include "ruletest.h"

/* The rule that is called NAME, else the only one that has NAME in its name, in any case.
 * NULL with DIAG's message: none, and what may be meant, or several. */
const struct ruleset_rule *explain_find_rule(const struct ruleset *rules, struct span name,
					     struct diag *diag);

/* The same for tests. */
const struct ruletest *explain_find_test(const struct ruletests *tests, struct span name,
					 struct diag *diag);

/* RULE, one of RULES, onto T.  -ENOMEM. */
int explain_rule(struct line *t, const struct ruleset *rules, const struct ruleset_rule *rule);

/* RULE at each event of TEST.  -ENOMEM and what ruletest_stage_play() returns. */
int explain_test(struct line *t, struct ruletest_stage *stage, const struct ruletest *test,
		 const struct ruleset_rule *rule);

#endif
