/* SPDX-License-Identifier: Apache-2.0
 *
 * literal.h -- a constant of a condition, read by the type of the field that it
 * is compared with.  Core; at load only.
 */
#ifndef MEWS_LITERAL_H
#define MEWS_LITERAL_H

#include "diag.h"
#include "op.h"
#include "pool.h"

#define LITERAL_MAX_STRING 255

/* TEXT as a value of TYPE for operator OP; what RET keeps lies in POOL (a
 * pattern of `regex` has memory of its own: the caller frees RET->regex).
 * -EINVAL with DIAG's message; -ENOMEM. */
int literal_parse(struct span text, unsigned type, enum op_id op, struct pool *pool,
		  struct op_right *ret, struct diag *diag);

#endif
