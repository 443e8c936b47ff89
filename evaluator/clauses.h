/* SPDX-License-Identifier: Apache-2.0
 *
 * clauses.h -- a condition at one event, clause by clause: what each part of it
 * was, which values it saw, and which of them decided.  Every clause is compiled
 * and run by itself, apart from what rules share.  For people: core, but not for
 * the event path.
 */
#ifndef MEWS_CLAUSES_H
#define MEWS_CLAUSES_H

#include "ast.h"
#include "field.h"

struct clause {
	const struct node *node;
	bool truth;
	bool decides;	    /* the whole is what it is because of this one */
	bool negated;	    /* an odd number of `not` stands above it */
	struct span macro;  /* of which it is a part, the innermost; "" */
	struct span text;   /* of a check, cut when long */
	struct span values; /* of the fields in a check: "proc.name is 'cat'" */
	unsigned n;
	struct clause *child;
};

/* TREE (macros resolved) at E; all of it POOL's.  -ENOMEM; -EINVAL: it does not compile. */
int clauses_at(const struct node *tree, struct field_event *e, struct pool *pool,
	       struct clause **ret);

/* How many checks decided. */
unsigned clauses_deciding(const struct clause *c);

/* The checks that decided, a line each, to LINES (struct span): at most MOST of them. */
int clauses_why(const struct clause *c, unsigned most, struct pool *pool, struct pool_vec *lines);

/* In which look-ups of its field CHECK can be found (bits of enum lookup_part); 0: it is
 * only tried by itself.  -ENOMEM; -EINVAL: it does not compile. */
int clause_lookup(const struct node *check, unsigned *ret_parts);

/* A check as text of at most so many bytes, and "..." */
#define CLAUSE_TEXT 120
struct span clause_text(const struct node *check, struct pool *pool);

#endif
