/* SPDX-License-Identifier: Apache-2.0
 *
 * rule_cover.c -- covers of trees from covers of their parts:
 *
 *   a and b    the better one of a's and b's
 *   a or b     both together
 *   not a      by De Morgan; what is negated covers nothing
 *
 * The figures are guesses at what is common on a machine.  A bad one costs time,
 * never an alert.
 */
#include "rule_cover.h"

#include "lookup.h"

static const float WAKE_COST = 60; /* ns to look at a rule that was woken in vain */

struct finder {
	const struct program *p;
	const uint8_t *known;
	const uint32_t *uses;
	struct pool *scratch;
};

/* ---- one predicate ---- */

/* Fields that have few values: one of them is nothing rare. */
static bool has_few_values(const struct expr *e)
{
	if (e->kind != EXPR_FIELD)
		return false;
	switch (e->field.id) {
	case FIELD_fd_type:
	case FIELD_fd_typechar:
	case FIELD_fd_l4proto:
	case FIELD_fd_sockfamily:
	case FIELD_evt_category:
	case FIELD_evt_io_dir:
	case FIELD_evt_res:
	case FIELD_evt_dir:
	case FIELD_evt_source:
	case FIELD_container_id:
	case FIELD_container_type:
	case FIELD_user_name:
		return true;
	default:
		return false;
	}
}

/* How often it is true, from 0 to 1. */
static float frequency(const struct predicate *q, const struct expr *left)
{
	unsigned parts = lookup_parts(q, left);

	if (q->kind == PREDICATE_ALWAYS)
		return 0.95F;
	if (parts == 0)
		return q->op == OP_REGEX || q->op == OP_IGLOB || q->op == OP_ICONTAINS ? 0.05F
		       : q->op == OP_NE						       ? 0.8F
										       : 0.5F;
	if (has_few_values(left))
		return 0.4F;
	if (q->group == GROUP_BOOL)
		return 0.3F;
	if (q->group == GROUP_NUMBER)
		return 0.1F;
	return parts == LOOKUP_EXACT ? 0.004F : 0.01F;
}

/* ns to have the value and look it up.  A process's values are asked for once per version. */
static float value_cost(const struct expr *left)
{
	if (left->of_process)
		return 2;
	if (left->kind != EXPR_FIELD)
		return 40;
	switch (left->field.id) {
	case FIELD_evt_arg:
	case FIELD_evt_args:
	case FIELD_evt_info:
	case FIELD_evt_buffer:
		return 60;
	default:
		return 20;
	}
}

/* One rule's share of it. */
static float share_of(const struct finder *f, uint32_t expr)
{
	return value_cost(program_expr(f->p, expr)) / (float)(1 + f->uses[expr]);
}

static bool cover_of_check(struct finder *f, const struct node *n, struct cover *ret)
{
	uint32_t i = n->predicate - 1;
	const struct predicate *q = program_predicate(f->p, i);
	const struct expr *left = program_expr(f->p, q->left);

	*ret = (struct cover){ .kind = COVER_SOME };
	ret->first = ret->last = pool_get(f->scratch, sizeof(*ret->first));
	if (ret->first == NULL)
		return false;
	ret->first->predicate = i;
	ret->cost = frequency(q, left) * WAKE_COST + share_of(f, q->left);
	if (lookup_parts(q, left) == 0 && q->op == OP_REGEX)
		ret->cost += left->of_process ? 5 : 50;
	return true;
}

static enum cover_known known_of(const struct program *p, const struct node *check,
				 const uint8_t *known)
{
	if (program_predicate(p, check->predicate - 1)->kind == PREDICATE_NEVER)
		return KNOWN_FALSE;
	return (enum cover_known)known[check->predicate - 1];
}

/* ---- trees ---- */

static bool cover_of(struct finder *f, const struct node *n, bool negated, struct cover *ret);

/* All must be true: one of the covers will do. */
static bool cover_of_all(struct finder *f, const struct node *n, bool negated, struct cover *ret)
{
	*ret = (struct cover){ .kind = COVER_ALWAYS };
	for (unsigned i = 0; i < n->n; i++) {
		struct cover c;

		if (!cover_of(f, n->child[i], negated, &c))
			return false;
		if (c.kind == COVER_DEAD) {
			*ret = c;
			return true;
		}
		if (c.kind == COVER_SOME && (ret->kind == COVER_ALWAYS || c.cost < ret->cost))
			*ret = c;
	}
	return true;
}

/* A value that both A and B ask for is asked for once. */
static float shared_cost(const struct finder *f, const struct cover *a, const struct cover *b)
{
	uint32_t expr = program_predicate(f->p, b->first->predicate)->left;

	for (const struct cover_item *i = a->first; i != NULL; i = i->next)
		if (program_predicate(f->p, i->predicate)->left == expr)
			return share_of(f, expr);
	return 0;
}

/* One must be true: all of the covers are needed. */
static bool cover_of_any(struct finder *f, const struct node *n, bool negated, struct cover *ret)
{
	*ret = (struct cover){ .kind = COVER_DEAD };
	for (unsigned i = 0; i < n->n; i++) {
		struct cover c;

		if (!cover_of(f, n->child[i], negated, &c))
			return false;
		if (c.kind == COVER_DEAD)
			continue;
		if (c.kind == COVER_ALWAYS || ret->kind == COVER_DEAD) {
			*ret = c;
			if (c.kind == COVER_ALWAYS)
				return true;
			continue;
		}
		ret->cost += c.cost - shared_cost(f, ret, &c);
		ret->last->next = c.first;
		ret->last = c.last;
	}
	return true;
}

static bool cover_of(struct finder *f, const struct node *n, bool negated, struct cover *ret)
{
	enum cover_known known;

	switch (n->kind) {
	case NODE_NOT:
		return cover_of(f, n->child[0], !negated, ret);
	case NODE_MACRO:
		return cover_of(f, n->child[0], negated, ret);
	case NODE_AND:
		return negated ? cover_of_any(f, n, negated, ret)
			       : cover_of_all(f, n, negated, ret);
	case NODE_OR:
		return negated ? cover_of_all(f, n, negated, ret)
			       : cover_of_any(f, n, negated, ret);
	case NODE_CHECK:
		break;
	}
	known = known_of(f->p, n, f->known);
	if (known != KNOWN_NOT) {
		*ret = (struct cover){ .kind = (known == KNOWN_TRUE) != negated ? COVER_ALWAYS
										: COVER_DEAD };
		return true;
	}
	if (negated) {
		*ret = (struct cover){ .kind = COVER_ALWAYS };
		return true;
	}
	return cover_of_check(f, n, ret);
}

bool cover_find(const struct program *p, const struct node *tree, const uint8_t *known,
		const uint32_t *uses, struct pool *scratch, struct cover *ret)
{
	struct finder f = { p, known, uses, scratch };

	return cover_of(&f, tree, false, ret);
}

/* Three values: it is false, it is true, or nobody knows yet. */
static enum cover_known tree_known(const struct program *p, const struct node *n,
				   const uint8_t *known)
{
	enum cover_known decides = n->kind == NODE_AND ? KNOWN_FALSE : KNOWN_TRUE;
	enum cover_known all = n->kind == NODE_AND ? KNOWN_TRUE : KNOWN_FALSE;

	if (n->kind == NODE_CHECK)
		return known_of(p, n, known);
	for (unsigned i = 0; i < n->n; i++) {
		enum cover_known k = tree_known(p, n->child[i], known);

		if (n->kind == NODE_MACRO)
			return k;
		if (n->kind == NODE_NOT)
			return k == KNOWN_NOT ? k : k == KNOWN_TRUE ? KNOWN_FALSE : KNOWN_TRUE;
		if (k == decides)
			return k;
		if (k == KNOWN_NOT)
			all = k;
	}
	return all;
}

bool cover_is_alive(const struct program *p, const struct node *tree, const uint8_t *known)
{
	return tree_known(p, tree, known) != KNOWN_FALSE;
}
