/* SPDX-License-Identifier: Apache-2.0
 *
 * ast.h -- a condition as a tree.  Plain data from one pool: the texts in it
 * point into the condition or the pool.  Nodes are shared (a macro's by all that
 * name it) and not changed once the parser has made them, but for the notes
 * that the compiler leaves.
 */
#ifndef MEWS_AST_H
#define MEWS_AST_H

#include "op.h"
#include "pool.h"

enum operand_kind {
	OPERAND_FIELD,	/* text, perhaps [arg] */
	OPERAND_VALUE,	/* a constant */
	OPERAND_VALUES, /* (a, b): constants, perhaps none */
	OPERAND_CALL,	/* transformer: text is its name, items its arguments */
	OPERAND_TUPLE,	/* (a, b) as an argument of a transformer */
};

struct operand {
	enum operand_kind kind;
	uint32_t at; /* its first byte in the condition */
	struct span text;
	bool has_arg;
	struct span arg;
	unsigned n;
	struct operand **items;
};

enum node_kind { NODE_AND, NODE_OR, NODE_NOT, NODE_CHECK, NODE_MACRO };

struct node {
	enum node_kind kind;
	uint32_t at;
	unsigned n; /* AND, OR: at least 2; NOT: 1; MACRO: 1 when it is resolved */
	struct node **child;
	struct span name; /* MACRO; its child, once resolved, is the macro's tree */
	/* CHECK */
	struct operand *left, *right; /* right NULL: exists */
	enum op_id op;
	enum op_modifier modifier;
	/* Notes. */
	const void *owner;  /* whose text `at` counts in; NULL: the condition's own */
	uint32_t predicate; /* CHECK: its predicate + 1; 0: not compiled yet */
	uint32_t depth;	    /* of the tree below, macros included */
	uint32_t walk;	    /* a macro's tree: the last walk that came here */
};

/* As a key: equal for the same meaning, and for nothing else (the text for
 * people shows a constant and a field alike).  False: no room. */
bool ast_key_operand(const struct operand *o, struct pool_text *to);
bool ast_key_check(const struct node *n, struct pool_text *to);

/* Say in all nodes below N (a tree that is not shared yet) whose text they are. */
void ast_own(struct node *n, const void *owner);

/* As text: what Falco calls condition_compiled.  False: no room. */
bool ast_render(const struct node *n, struct pool_text *to);
bool ast_render_operand(const struct operand *o, struct pool_text *to);

#endif
