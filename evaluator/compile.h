/* SPDX-License-Identifier: Apache-2.0
 *
 * compile.h -- a condition's tree to steps: fields looked up, types checked,
 * constants read, equal checks found and shared.  At load only.
 */
#ifndef MEWS_COMPILE_H
#define MEWS_COMPILE_H

#include "ast.h"
#include "program.h"

/* How many checks one condition may come to when its macros are written out. */
#define COMPILE_MAX_STEPS (1u << 20)

/* Where a condition is wrong: byte AT of the text of OWNER (node.owner). */
struct compile_error {
	const void *owner;
	uint32_t at;
	uint32_t node_at; /* where the check begins, in the same text */
};

/* P grows; all of it is POOL's.  release frees what is not. */
void program_init(struct program *p, struct pool *pool);
void program_release(struct program *p);

/* Macros must be resolved.  0 with the first step in *RET_START (STEP_TRUE and
 * STEP_FALSE do not occur); -EINVAL with DIAG's message and *RET_ERROR; -ENOMEM. */
int compile_condition(struct program *p, struct node *n, uint32_t *ret_start, struct diag *diag,
		      struct compile_error *ret_error);

/* Check TEXT, "field" or "field[arg]", as the left side of a comparison. */
int compile_check_field(const struct static_fields *statics, struct span text, struct diag *diag);

/* Bits of enum want_extra that the expressions need. */
uint64_t program_wants(const struct program *p);

#endif
