/* SPDX-License-Identifier: Apache-2.0
 *
 * output_expr.h -- transformers in an output: join("-", (proc.name, fd.name)).
 * Between output.c and output_expr.c; nobody else includes it.
 */
#ifndef MEWS_OUTPUT_EXPR_H
#define MEWS_OUTPUT_EXPR_H

#include "field.h"
#include "pool.h"

struct output_expr;

/* The fields that an output names, in order; there is room for CAP. */
struct output_refs {
	struct field_ref *refs;
	unsigned n, cap;
};

/* The transformer with which TEXT begins, *RET_LEN bytes of it; the fields in it
 * are added to REFS.  TEXT must live as long as the result, which is POOL's.
 * -EINVAL, -ENOENT with DIAG's message; -ENOMEM. */
int output_expr_parse(struct span text, struct pool *pool, struct output_refs *refs,
		      struct output_expr **ret, size_t *ret_len, struct diag *diag);

/* Its text at E; "<NA>" if there is none. */
struct span output_expr_text(const struct output_expr *x, const struct field_ref *refs,
			     struct field_event *e);

/* A field as it stands in an output.  -EINVAL: it is for conditions only. */
int output_field_check(const struct field_ref *ref, struct diag *diag);

#endif
