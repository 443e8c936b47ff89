/* SPDX-License-Identifier: Apache-2.0
 *
 * parse.h -- a condition's text to its tree.  The whole language; nothing is
 * known of fields, macros or types here.
 */
#ifndef MEWS_PARSE_H
#define MEWS_PARSE_H

#include "ast.h"
#include "diag.h"

#define PARSE_DEPTH_DEFAULT 100	 /* of a condition by itself */
#define PARSE_DEPTH_RULES   1000 /* of rules and macros */

/* 0 with the tree in POOL; -EINVAL with DIAG's message and place (line and
 * column within TEXT; *RET_AT the byte, if it is not NULL); -ENOMEM.  TEXT must
 * live as long as the tree.  DEPTH counts nested productions. */
int parse_condition(struct span text, unsigned depth, struct pool *pool, struct node **ret,
		    struct diag *diag, size_t *ret_at);

/* A transformer with its arguments, with which TEXT begins: it, and how long it
 * is.  -EINVAL with DIAG's message; -ENOMEM. */
int parse_transformer(struct span text, unsigned depth, struct pool *pool, struct operand **ret,
		      size_t *ret_len, struct diag *diag);

#endif
