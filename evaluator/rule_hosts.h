/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_hosts.h -- the names of hosts that conditions ask for: what fd.sip.name and its like are
 * compared with.  Somebody who has a network must resolve them.  Core; at load only.
 */
#ifndef MEWS_RULE_HOSTS_H
#define MEWS_RULE_HOSTS_H

#include "ast.h"
#include "strmap.h"
#include "wire.h"

struct rule_hosts {
	struct strmap seen;    /* each text once */
	struct pool_vec names; /* struct span, in the pool */
	unsigned others;       /* texts that can be no host's name */
};

static inline void rule_hosts_init(struct rule_hosts *h, struct pool *pool)
{
	*h = (struct rule_hosts){ .seen = { .pool = pool } };
}

/* Those of TREE too.  False: no room. */
bool rule_hosts_add(struct rule_hosts *h, const struct node *tree);

/* As many as RET holds; how many it does not. */
unsigned rule_hosts_get(const struct rule_hosts *h, struct host_names *ret);

#endif
