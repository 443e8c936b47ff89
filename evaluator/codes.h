/* SPDX-License-Identifier: Apache-2.0
 *
 * codes.h -- which events a condition can match at all, told from its tree:
 * rules are indexed by event code, and the union of the codes is what the
 * stages before are asked for.  A set that is too large costs time; one that
 * is too small would lose alerts: what is not understood counts as all.
 */
#ifndef MEWS_CODES_H
#define MEWS_CODES_H

#include "ast.h"
#include "diag.h"

#define CODES_WORDS    8
#define CODES_SC_WORDS ((SC_COUNT + 63) / 64)

struct codes {
	uint64_t events[CODES_WORDS];	   /* bit per event code */
	uint64_t syscalls[CODES_SC_WORDS]; /* bit per Falco's system call number */
};

static inline bool codes_has(const struct codes *c, unsigned code)
{
	return code < EVENT_CODE_COUNT && (c->events[code / 64] >> (code % 64) & 1) != 0;
}

void codes_fill(struct codes *c);
unsigned codes_count(const struct codes *c); /* of events */

/* NAME as evt.type has it: its codes are added to *C (which may be NULL).
 * False: there is no such event and no such system call. */
bool codes_of_name(struct span name, struct codes *c);

/* The event names that are nearest to TEXT; NULL if none is near. */
const char *codes_suggest(struct span text);

/* -EINVAL with DIAG's message, and the node in *RET_AT: evt.type in a form that
 * the search cannot do. */
int codes_of_condition(const struct node *n, struct codes *ret, struct diag *diag,
		       const struct node **ret_at);

#endif
