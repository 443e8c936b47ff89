/* SPDX-License-Identifier: Apache-2.0
 *
 * describe.h -- all that was loaded, as JSON: each rule, macro and list as it
 * was written and as it was compiled, as `falco -L` describes them.  What is a
 * set there is sorted here.  Core.
 */
#ifndef MEWS_DESCRIBE_H
#define MEWS_DESCRIBE_H

#include "jout.h"
#include "rule_loader.h"

/* L's definitions; RULES are what was made of them last.  False: no room, and what
 * J has is not whole. */
bool describe_rules(struct rule_loader *l, const struct ruleset *rules, struct jout *j);

#endif
